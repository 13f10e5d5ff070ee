//! Documents: a path that they name is there, the code map has every crate, and every folder of the server's.

use super::files::File;

/// The document with the code map.
const CODE_MAP: &str = "ARCHITECTURE.md";
/// Documents whose paths are held against the tree.
const DOCUMENTS: [&str; 3] = [CODE_MAP, "README.md", "scenarios/README.md"];
/// Endings by which what stands in backquotes is known as a path.
const ENDINGS: [&str; 6] = [".rs", ".md", ".cedar", ".bin", ".jsonl", ".json"];

pub(super) fn faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| DOCUMENTS.contains(&file.path.as_str())) {
        faults.extend(missing(file, files));
    }
    if let Some(map) = files.iter().find(|file| file.path == CODE_MAP) {
        faults.extend(unmapped(&map.text, files));
    }
    faults
}

/// Paths that the document names and that are not there.
fn missing(document: &File, files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in document.text.lines().enumerate() {
        for named in line.split('`').skip(1).step_by(2).filter(|named| is_path(named)) {
            if !files.iter().any(|file| is_end_of(named, &file.path)) {
                let at = format!("{}:{}", document.path, number + 1);
                faults.push(format!("{at}: there is no `{named}`; name it as it is, or leave it out"));
            }
        }
    }
    faults
}

/// Whether it is a path of the repository. What begins with `/` is one of the interface.
fn is_path(named: &str) -> bool {
    let plain = named.chars().all(|c| c.is_ascii_alphanumeric() || "/_-.".contains(c)) && !named.starts_with('/');
    plain && ENDINGS.iter().any(|ending| named.ends_with(ending) && named.len() > ending.len())
}

/// Whether `named`, in which a folder `src` may be left out, is the end of `path`.
fn is_end_of(named: &str, path: &str) -> bool {
    let ends = |path: &str| path == named || path.ends_with(&format!("/{named}"));
    ends(path) || ends(&path.replace("/src/", "/"))
}

/// Crates without a row of the code map, and folders of the server's that are not named.
fn unmapped(map: &str, files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for path in files.iter().map(|file| file.path.as_str()) {
        let named = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["crates", name, "Cargo.toml"] => format!("| `{name}` |"),
            ["crates", "server", "src", folder, _] => format!("`{folder}/`"),
            _ => continue,
        };
        let fault = format!("{CODE_MAP}: the code map has no {named}; say what is there");
        if !map.contains(&named) && !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_its_end_and_is_there() {
        for (named, path, there) in [
            ("app/off.rs", "crates/server/src/app/off.rs", true),
            ("server/app/off.rs", "crates/server/src/app/off.rs", true),
            ("off.rs", "crates/server/src/app/off.rs", true),
            ("ff.rs", "crates/server/src/app/off.rs", false),
            ("http/off.rs", "crates/server/src/app/off.rs", false),
        ] {
            assert_eq!(is_path(named).then(|| is_end_of(named, path)), Some(there), "{named}");
        }
        for no in ["App::read", ".rs", "/v1/a.json", "POST /v1/a.json", "forms/*.toml", "models/"] {
            assert!(!is_path(no), "{no}");
        }
    }

    #[test]
    fn crates_and_folders_are_mapped() {
        let file = |path: &str| File { path: path.to_owned(), text: String::new() };
        let files = [file("crates/a/Cargo.toml"), file("crates/server/src/app/x.rs"), file("crates/server/src/y.rs")];
        assert_eq!(unmapped("| `a` | | with `app/` |", &files), Vec::<String>::new());
        assert_eq!(unmapped("nothing", &files).len(), 2);
    }
}
