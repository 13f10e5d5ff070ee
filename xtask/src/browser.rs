//! Sees to it that the browser which tests drive is there.

use std::process::{Command, Stdio};

/// What is needed, by the command that shows that it is there, and Debian's package of it.
const NEEDED: [(&str, &str); 2] = [("chromium", "chromium"), ("chromedriver", "chromium-driver")];

/// Installs what is missing, as root; as anybody else, says what to install.
pub(crate) fn install() -> Result<(), String> {
    let missing: Vec<&str> = NEEDED.iter().filter(|(command, _)| !runs(command)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    if !is_root() {
        return Err(format!("tests of pages need a browser; run this as root, and try again: {wanted}"));
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
    let left = NEEDED.iter().find(|(command, _)| !runs(command));
    left.map_or(Ok(()), |(command, _)| Err(format!("`{command}` does not run though it was installed")))
}

fn runs(command: &str) -> bool {
    let tried = Command::new(command).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    let told = Command::new("id").arg("-u").output();
    told.is_ok_and(|told| told.stdout.trim_ascii() == b"0")
}
