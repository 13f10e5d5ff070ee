//! libFuzzer over the properties of `crates/fuzz`, on the stable toolchain.

use crate::cargo::cargo;
use std::{fs, path::Path, process::Command};

/// What libFuzzer needs compiled into the code that it drives: which edges ran, and what was compared.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";
const MANIFEST: &str = "fuzz/Cargo.toml";
const CORPUS: &str = "fuzz/corpus";
/// Seconds that one input may take, and megabytes.
const LIMITS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=4096"];

/// Fuzzes the targets named, or all, for so many seconds each.
pub(crate) fn run(seconds: &str, targets: &[&str]) -> Result<(), String> {
    if seconds.parse::<u32>().is_err() {
        return Err(format!("`{seconds}` is no number of seconds"));
    }
    if !Command::new("c++").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Err("libFuzzer is C++ and there is no compiler for it; run `apt-get install g++`".to_owned());
    }
    cargo(&["run", "--quiet", "--package", "remit-fuzz", "--", CORPUS], &[], "see above")?;
    let host = host()?;
    // With a target named, build scripts and macros are left as they are.
    let build = ["build", "--release", "--manifest-path", MANIFEST, "--target", &host];
    cargo(&build, &[("RUSTFLAGS", INSTRUMENTED)], "mend what does not compile")?;
    let known = names()?;
    if let Some(unknown) = targets.iter().find(|target| !known.iter().any(|name| name == *target)) {
        return Err(format!("`{unknown}` is no target; there are {}", known.join(", ")));
    }
    for name in known.iter().filter(|name| targets.is_empty() || targets.contains(&name.as_str())) {
        fuzz(name, seconds, &host)?;
    }
    Ok(())
}

fn host() -> Result<String, String> {
    let told = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc -vV: {error}"))?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(ToOwned::to_owned).ok_or_else(|| "rustc -vV names no host".to_owned())
}

/// The targets, each of which has a folder of seeds.
fn names() -> Result<Vec<String>, String> {
    let folders = fs::read_dir(CORPUS).map_err(|error| format!("{CORPUS}: {error}"))?;
    let mut names: Vec<String> =
        folders.flatten().map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    Ok(names)
}

fn fuzz(name: &str, seconds: &str, host: &str) -> Result<(), String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "fuzz/target".into(), std::path::PathBuf::from);
    let binary = target.join(host).join("release").join(name);
    let artifacts = Path::new("fuzz/artifacts").join(name);
    fs::create_dir_all(&artifacts).map_err(|error| format!("{}: {error}", artifacts.display()))?;
    eprintln!("── {name} for {seconds} seconds");
    let status = Command::new(&binary)
        .args(LIMITS)
        .args([format!("-max_total_time={seconds}"), format!("-artifact_prefix={}/", artifacts.display())])
        .args(["-print_final_stats=1", "-verbosity=0"])
        .arg(Path::new(CORPUS).join(name))
        .status()
        .map_err(|error| format!("{}: {error}", binary.display()))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{name}` does not hold; the input is in {}: make it a test, then mend it", artifacts.display()))
}
