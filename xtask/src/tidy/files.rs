//! The files of the repository, and what programs say of it.

use std::{fs, io, path::Path, process::Command};

/// Folders that are made by building and testing, and what tools keep.
const LEFT_OUT: [&str; 4] = ["target", ".git", "node_modules", "__pycache__"];

/// A file of the repository.
pub(crate) struct File {
    /// Its path from the root.
    pub(crate) path: String,
    /// What it says; empty where it is not text.
    pub(crate) text: String,
}

pub(super) fn files() -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    walk(Path::new("."), &mut files).map_err(|error| format!("reading the files of the repository: {error}"))?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && !LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            walk(&path, files)?;
        } else if kind.is_file() {
            let text = String::from_utf8(fs::read(&path)?).unwrap_or_default();
            let path = path.strip_prefix(".").unwrap_or(&path).to_string_lossy().into_owned();
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// What a program prints.
pub(super) fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let told = || format!("{program} {}", arguments.join(" "));
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{}: {error}", told()))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", told(), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
