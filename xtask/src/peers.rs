//! Installs what other people's programs need that verify what Remit publishes and sends, beside the build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The programs, with the versions of what they use.
const PROGRAMS: &str = "crates/cli/tests/attacks/peers";
/// What the bench compares with.
const COMPARED: &str = "crates/bench/python/requirements.txt";
/// Simulators of queues that the bench compares with.
const SIMULATORS: &str = "crates/bench/python/simulators.txt";
/// OpenAI's own client, against which answers of AI services are held.
const CLIENT: &str = "crates/responders/tests/http/forms/requirements.txt";

/// An authorization server with a service behind it, and a delegate of a customer's.
const SERVERS: &str = "crates/server/tests/http/peers";

/// Installs what is not there yet in the versions that are written down.
pub(crate) fn install() -> Result<(), String> {
    let place = kept()?;
    python(&place.join("python"), &format!("{PROGRAMS}/requirements.txt"))?;
    python(&place.join("openai"), CLIENT)?;
    python(&place.join("refunds"), &format!("{SERVERS}/requirements.txt"))?;
    python(&place.join("schemathesis"), &format!("{SERVERS}/schemathesis/requirements.txt"))?;
    npm(&place.join("npm"), PROGRAMS)?;
    npm(&place.join("delegate"), SERVERS)?;
    once(&place.join("ledger-go"), &[format!("{PROGRAMS}/ledger.go")], |to| {
        // Debian's packages of Go's modules lie in a GOPATH.
        let go = [("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOFLAGS", "")];
        let mut build = Command::new("go");
        build.args(["build", "-o"]).arg(to).arg(format!("{PROGRAMS}/ledger.go")).envs(go);
        run(build.env("GOCACHE", place.join("go-cache")))
    })
}

/// Installs what the bench compares with, PyTorch among it, and says where.
pub(crate) fn compared() -> Result<(), String> {
    said("bench", COMPARED)
}

/// Installs the simulators that the bench compares with, and says where.
pub(crate) fn simulators() -> Result<(), String> {
    said("simulators", SIMULATORS)
}

fn said(name: &str, requirements: &str) -> Result<(), String> {
    let place = kept()?.join(name);
    python(&place, requirements)?;
    println!("{}", place.display());
    Ok(())
}

/// An environment of Python with what a list of requirements names, in just these versions.
pub(crate) fn python(place: &Path, requirements: &str) -> Result<(), String> {
    once(place, &[requirements.to_owned()], |to| {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(to))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement", requirements];
        run(Command::new(to.join("bin/pip")).args(pip))
    })
}

/// Packages of npm that a folder's lock file names, in just these versions.
fn npm(place: &Path, folder: &str) -> Result<(), String> {
    let files = ["package.json", "package-lock.json"];
    once(place, &files.map(|file| format!("{folder}/{file}")), |to| {
        fs::create_dir_all(to).map_err(|error| error.to_string())?;
        for file in files {
            fs::copy(Path::new(folder).join(file), to.join(file)).map_err(|error| error.to_string())?;
        }
        run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(to))
    })
}

/// Where cargo lets integration tests keep what they need.
pub(crate) fn kept() -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    std::path::absolute(target.join("tmp/peers")).map_err(|error| error.to_string())
}

/// Makes something out of files, unless it was made out of just these before.
fn once(to: &Path, files: &[String], make: impl Fn(&Path) -> Result<(), String>) -> Result<(), String> {
    let read = |file: &String| fs::read_to_string(file).map_err(|error| format!("{file}: {error}"));
    let of: String = files.iter().map(read).collect::<Result<_, _>>()?;
    let stamp = to.with_extension("made-of");
    if to.exists() && fs::read_to_string(&stamp).is_ok_and(|made| made == of) {
        return Ok(());
    }
    let wrong = |error: std::io::Error| format!("{}: {error}", stamp.display());
    fs::create_dir_all(to.parent().unwrap_or(to)).map_err(wrong)?;
    make(to)?;
    fs::write(&stamp, of).map_err(wrong)
}

fn run(command: &mut Command) -> Result<(), String> {
    eprintln!("── {command:?}");
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed; is the registry of its packages reached?")) }
}
