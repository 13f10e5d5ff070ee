//! A program that others' libraries make: it is told one step at a time, and says what came of it.

use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The program, which is told one step at a time.
pub(crate) struct Program {
    process: Child,
    steps: ChildStdin,
    told: BufReader<ChildStdout>,
}

impl Program {
    /// Starts one of those beside the tests.
    pub(crate) fn start(script: &str, given: &[&str]) -> Self {
        let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers/delegate");
        assert!(installed.exists(), "{} is not there; `cargo xtask install` installs it", installed.display());
        let script = format!("{}/tests/http/peers/{script}", env!("CARGO_MANIFEST_DIR"));
        // Debian's Node is older than what others wrote takes.
        let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
        let node = installed.join(format!("node_modules/node-linux-{processor}/bin/node"));
        let mut command = Command::new(node);
        command.arg(script).arg(installed).args(given).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (steps, told) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, steps, told }
    }

    /// What came of a step.
    pub(crate) fn step(&mut self, step: &Value) -> Value {
        writeln!(self.steps, "{step}").unwrap();
        self.hear()
    }

    /// What it says next.
    pub(crate) fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))
    }

    /// What came of a step that is done.
    pub(crate) fn done(&mut self, step: &Value) -> Value {
        let told = self.step(step);
        assert_eq!(told["ok"], true, "{step}: {told}");
        told
    }

    /// With which error a step was refused.
    pub(crate) fn refused(&mut self, step: &Value) -> (Value, Value) {
        let mut told = self.step(step);
        assert_eq!(told["ok"], false, "{step}: {told}");
        (told["error"].take(), told["description"].take())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
