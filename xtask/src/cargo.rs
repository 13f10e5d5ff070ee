//! Runs cargo.

use std::process::Command;

/// Runs cargo with these arguments and variables; on failure says which, and the cure.
pub(crate) fn cargo(arguments: &[&str], variables: &[(&str, &str)], cure: &str) -> Result<(), String> {
    let told = format!("cargo {}", arguments.join(" "));
    eprintln!("── {told}");
    let status = Command::new("cargo")
        .args(arguments)
        .envs(variables.iter().copied())
        .status()
        .map_err(|error| format!("{told}: {error}; is cargo on the PATH?"))?;
    if status.success() { Ok(()) } else { Err(format!("{told} failed; {cure}")) }
}
