//! What documents show as run is run, by the real command, from top to bottom of each page in a directory of its own.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

#[expect(dead_code, reason = "the other test reads the rest of them")]
mod blocks;

use blocks::{blocks, commands};
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output},
};

#[test]
fn what_is_shown_as_run_ends_well() {
    let mut places: BTreeMap<String, tempfile::TempDir> = BTreeMap::new();
    let mut ran = 0;
    let program = Path::new(env!("CARGO_BIN_EXE_remit")).parent().unwrap();
    let path = std::env::join_paths(
        [program.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let path = path.unwrap();
    for block in blocks().iter().filter(|block| block.language() == "sh" && block.is("run")) {
        let place = places.entry(block.page.clone()).or_insert_with(|| tempfile::tempdir().unwrap());
        for command in commands(block) {
            let mut shell = Command::new("sh");
            let output = shell.args(["-ec", &command]).current_dir(place.path()).env("PATH", &path).output();
            let Output { status, stdout, stderr } = output.unwrap();
            let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
            assert!(status.success(), "{}: {command}: {said}", block.at);
            ran += 1;
        }
    }
    println!("{ran} commands ran");
    assert!(ran >= 6, "{ran}");
}
