//! Everything that automates: test.

use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask test     everything that must hold: format, lints, tests, documentation";

fn main() -> ExitCode {
    let task = std::env::args().nth(1).unwrap_or_default();
    let done = match task.as_str() {
        "test" => test(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Result<(), String> {
    cargo(&["fmt", "--all", "--check"], "run `cargo fmt --all`")?;
    cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"], "mend what clippy names")?;
    cargo(&["test", "--workspace", "--quiet"], "mend what failed")?;
    cargo(&["doc", "--workspace", "--no-deps", "--quiet"], "mend the documentation")
}

/// Runs cargo with these arguments; on failure says which, and the cure.
fn cargo(arguments: &[&str], cure: &str) -> Result<(), String> {
    let told = format!("cargo {}", arguments.join(" "));
    eprintln!("── {told}");
    let status = Command::new("cargo")
        .args(arguments)
        .env("RUSTDOCFLAGS", "-D warnings")
        .status()
        .map_err(|error| format!("{told}: {error}; is cargo on the PATH?"))?;
    if status.success() { Ok(()) } else { Err(format!("{told} failed; {cure}")) }
}
