//! Attacks on the built program, for longer than the tests have time for.

use crate::{cargo::cargo, install::install};

/// Each is a test of this name in `crates/cli/tests/attacks`.
const ATTACKS: [&str; 8] = ["kills", "races", "power", "clocks", "flips", "disk", "connections", "peers"];

/// Attacks for so many rounds in the ways named, or in all, one after another.
pub(crate) fn run(rounds: &str, attacks: &[&str]) -> Result<(), String> {
    if rounds.parse::<u32>().is_err() {
        return Err(format!("`{rounds}` is no number of rounds"));
    }
    if let Some(unknown) = attacks.iter().find(|attack| !ATTACKS.contains(attack)) {
        return Err(format!("`{unknown}` is no attack; there are {}", ATTACKS.join(", ")));
    }
    install()?;
    let chosen = if attacks.is_empty() { &ATTACKS[..] } else { attacks };
    let tests: Vec<String> = chosen.iter().map(|attack| format!("{attack}::{attack}")).collect();
    let mut arguments = vec!["test", "--release", "--package", "remit-cli", "--test", "attacks", "--"];
    arguments.extend(["--nocapture", "--test-threads=1", "--exact"]);
    arguments.extend(tests.iter().map(String::as_str));
    cargo(&arguments, &[("REMIT_SOAK_ROUNDS", rounds)], "what was promised does not hold: see above")
}
