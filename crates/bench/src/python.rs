//! Python with the packages that Remit is compared with, in the versions that `python/requirements.txt` names.

use anyhow::{Context as _, bail};
use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// Where the programs lie.
pub(crate) const PROGRAMS: &str = "crates/bench/python";

/// An environment of Python with these packages, beside the build.
#[derive(Debug)]
pub(crate) struct Python {
    place: PathBuf,
}

impl Python {
    /// Installs the packages, unless they are there.
    pub(crate) fn installed() -> anyhow::Result<Self> {
        Self::with("bench")
    }

    /// Installs simulators of queues, unless they are there.
    pub(crate) fn simulators() -> anyhow::Result<Self> {
        Self::with("simulators")
    }

    fn with(what: &str) -> anyhow::Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let install = Command::new(cargo).args(["xtask", "install", what]).stderr(Stdio::inherit()).output();
        let install = install.context("`cargo xtask install` did not start; run the bench by `cargo xtask bench`")?;
        if !install.status.success() {
            bail!("`cargo xtask install {what}` failed; is the registry of Python's packages reached?");
        }
        let said = String::from_utf8(install.stdout)?;
        let place = said.lines().last().context("`cargo xtask install` did not say where the packages are")?;
        Ok(Self { place: place.into() })
    }

    /// Where it may keep what is made with it.
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// One of its commands.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.place.join("bin").join(name));
        // Numeric libraries choose for themselves what suits the processor.
        command.env_remove("OPENBLAS_CORETYPE").env_remove("OPENBLAS_L2_SIZE");
        command.env("PYTHONPATH", PROGRAMS).env("PYTHONWARNINGS", "ignore").env("PYTHONDONTWRITEBYTECODE", "1");
        command
            .env("HF_HUB_OFFLINE", "1")
            .env("HF_HUB_DISABLE_PROGRESS_BARS", "1")
            .env("TRANSFORMERS_VERBOSITY", "error")
            .env("TQDM_DISABLE", "1");
        command
    }
}

/// A program that is ended when it is not needed any more.
#[derive(Debug)]
pub(crate) struct Ended(pub(crate) Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // What has ended by itself needs nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program that answers each line with a line.
#[derive(Debug)]
pub(crate) struct Talk {
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    _program: Ended,
}

impl Talk {
    /// Starts it.
    pub(crate) fn with(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (asks, answers) = (child.stdin.take(), child.stdout.take());
        let program = Ended(child);
        let (asks, answers) = asks.zip(answers).context("the program has no pipes")?;
        Ok(Self { asks, answers: BufReader::new(answers), _program: program })
    }

    /// The next line that it writes.
    pub(crate) fn hear<T: serde::de::DeserializeOwned>(&mut self) -> anyhow::Result<T> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("the program ended; what it wrote above says why");
        }
        serde_json::from_str(&line).with_context(|| format!("it wrote {line:?}"))
    }

    /// Asks, and hears the answer.
    pub(crate) fn ask<T: serde::de::DeserializeOwned>(&mut self, question: &serde_json::Value) -> anyhow::Result<T> {
        writeln!(self.asks, "{question}")?;
        self.hear()
    }
}
