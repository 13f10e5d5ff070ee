//! Sees to it that the programs are there that tests drive, attack with, or are checked by.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// What is needed: how to see that it is there, and Debian's package of it.
const NEEDED: [(Seen, &str); 11] = [
    (Seen::Runs("chromium", "--version"), "chromium"),
    (Seen::Runs("chromedriver", "--version"), "chromium-driver"),
    (Seen::Runs("nginx", "-v"), "nginx-light"),
    (Seen::Runs("strace", "--version"), "strace"),
    (Seen::Runs("faketime", "--version"), "faketime"),
    (Seen::Runs("go", "version"), "golang-go"),
    (Seen::Lies("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog"), "golang-golang-x-mod-dev"),
    (Seen::Imports("ensurepip"), "python3-venv"),
    (Seen::Runs("npm", "--version"), "npm"),
    (Seen::Runs("curl", "--version"), "curl"),
    (Seen::Runs("systemd-analyze", "--version"), "systemd"),
];

/// How something is seen to be there.
enum Seen {
    /// A command that runs with this argument.
    Runs(&'static str, &'static str),
    /// A folder.
    Lies(&'static str),
    /// A module of Python's.
    Imports(&'static str),
}

impl Seen {
    fn is_there(&self) -> bool {
        match self {
            Self::Runs(command, argument) => runs(command, &[argument]),
            Self::Lies(path) => Path::new(path).exists(),
            Self::Imports(module) => runs("python3", &["-c", &format!("import {module}")]),
        }
    }
}

/// Installs what is missing, as root; as anybody else, says what to install.
pub(crate) fn install() -> Result<(), String> {
    let missing: Vec<&str> = NEEDED.iter().filter(|(seen, _)| !seen.is_there()).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    if !is_root() {
        return Err(format!("tests need more programs; run this as root, and try again: {wanted}"));
    }
    for told in ["apt-get update", &wanted] {
        eprintln!("── {told}");
        let mut parts = told.split(' ');
        let status = Command::new(parts.next().unwrap_or_default())
            .args(parts)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status();
        let status = status.map_err(|error| format!("{told}: {error}; install {} by hand", missing.join(" and ")))?;
        if !status.success() {
            return Err(format!("{told} failed; install {} by hand", missing.join(" and ")));
        }
    }
    let left = NEEDED.iter().find(|(seen, _)| !seen.is_there());
    left.map_or(Ok(()), |(_, package)| Err(format!("`{package}` does not work though it was installed")))
}

fn runs(command: &str, arguments: &[&str]) -> bool {
    let tried = Command::new(command).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    let told = Command::new("id").arg("-u").output();
    told.is_ok_and(|told| told.stdout.trim_ascii() == b"0")
}
