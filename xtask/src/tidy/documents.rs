//! Documents: a path that they name is there, the code map has every crate, and every folder of the server's.

use super::files::File;
use std::collections::BTreeSet;

/// The document with the code map.
const CODE_MAP: &str = "ARCHITECTURE.md";
/// Documents whose paths are held against the tree.
const DOCUMENTS: [&str; 3] = [CODE_MAP, "README.md", "scenarios/README.md"];
/// Crates whose folders have a table of their own.
const BY_FOLDER: [&str; 2] = ["app", "server"];
/// The heading of the index, in which each row says where something is.
const INDEX: &str = "## Where is what";
/// Endings by which what stands in backquotes is known as a path.
const ENDINGS: [&str; 6] = [".rs", ".md", ".cedar", ".bin", ".jsonl", ".json"];

pub(super) fn faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| DOCUMENTS.contains(&file.path.as_str())) {
        faults.extend(missing(file, files));
    }
    if let Some(map) = files.iter().find(|file| file.path == CODE_MAP) {
        faults.extend(unmapped(&map.text, files));
        faults.extend(lost(&map.text, files));
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

/// Rows of the index without a path, or with one that is not there.
fn lost(map: &str, files: &[File]) -> Vec<String> {
    let rows: Vec<&str> =
        (map.lines().skip_while(|line| *line != INDEX).skip(1).take_while(|line| !line.starts_with('#')))
            .filter(|line| line.starts_with('|'))
            .skip(2)
            .collect();
    if rows.is_empty() {
        return vec![format!(
            "{CODE_MAP}: has no table below `{INDEX}`; say where one finds what has no name of its own"
        )];
    }
    let is_there =
        |path: &str| files.iter().any(|file| file.path == path || file.path.starts_with(&format!("{path}/")));
    let mut faults = Vec::new();
    for row in rows {
        let paths: Vec<&str> = row.split('|').nth(2).unwrap_or_default().split('`').skip(1).step_by(2).collect();
        let missing: Vec<&str> = paths.iter().copied().filter(|path| !is_there(path)).collect();
        if paths.is_empty() || !missing.is_empty() {
            faults.push(format!(
                "{CODE_MAP}: of {row:?} there is no `{}`; name paths from the root",
                missing.join("`, `")
            ));
        }
    }
    faults
}

/// Crates without a row of the code map, and folders that a table of folders lacks, or names in vain.
fn unmapped(map: &str, files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for path in files.iter().map(|file| file.path.as_str()) {
        let ["crates", name, "Cargo.toml"] = path.split('/').collect::<Vec<_>>()[..] else { continue };
        if !map.contains(&format!("| `{name}` |")) {
            faults.push(format!("{CODE_MAP}: the code map has no row `{name}`; say what is there"));
        }
    }
    for crate_name in BY_FOLDER {
        faults.extend(folders(map, crate_name, files));
    }
    faults
}

/// What is wrong with the table of a crate's folders: `| folder of `app/src` | what |`, with each folder of the first
/// level in the first cell of one row, where those that go together stand in the same one.
fn folders(map: &str, crate_name: &str, files: &[File]) -> Vec<String> {
    let source = format!("crates/{crate_name}/src/");
    let of = |file: &File| Some(file.path.strip_prefix(&source)?.split_once('/')?.0.to_owned());
    let there: BTreeSet<String> = files.iter().filter_map(of).collect();
    let named: BTreeSet<String> = rows(map, crate_name).into_iter().flatten().collect();
    let unnamed = there.difference(&named);
    let head = head(crate_name);
    let unnamed =
        unnamed.map(|name| format!("{CODE_MAP}: `{source}{name}` is in no row below `{head}`; say what is there"));
    let gone =
        named.difference(&there).map(|name| format!("{CODE_MAP}: there is no folder `{source}{name}`; take it out"));
    unnamed.chain(gone).collect()
}

/// How the table of a crate's folders begins.
fn head(crate_name: &str) -> String {
    format!("| folder of `{crate_name}/src` |")
}

/// The folders that each row of a crate's table names, in the table's order.
fn rows(map: &str, crate_name: &str) -> Vec<Vec<String>> {
    let head = head(crate_name);
    let rows = map.lines().skip_while(|line| !line.starts_with(&head)).skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(|name| name.trim_matches('/').to_owned()).collect();
    cells.map(names).collect()
}

/// The rows of the table of folders of the crate whose modules begin in the file `root`, where it has to have one.
pub(super) fn folder_rows(root: &str, files: &[File]) -> Option<Vec<Vec<String>>> {
    let crate_name = BY_FOLDER.iter().find(|name| root == format!("crates/{name}/src/lib.rs"))?;
    let map = files.iter().find(|file| file.path == CODE_MAP);
    Some(map.map_or_else(Vec::new, |map| rows(&map.text, crate_name)))
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

    fn files(paths: &[&str]) -> Vec<File> {
        paths.iter().map(|path| File { path: (*path).to_owned(), text: String::new() }).collect()
    }

    #[test]
    fn crates_and_folders_are_mapped_and_no_others() {
        let files = files(&[
            "crates/app/Cargo.toml",
            "crates/app/src/x/y.rs",
            "crates/app/src/z/deep/w.rs",
            "crates/app/src/v.rs",
        ]);
        let map = "| `app` | the app |\n\n| folder of `app/src` | what |\n|---|---|\n| `x`, `z/` | all |\n";
        assert_eq!(unmapped(map, &files), Vec::<String>::new());
        let one = map.replace(", `z/`", ", `gone`");
        let faults = unmapped(&one, &files);
        assert!(faults.len() == 2 && faults[0].contains("src/z`") && faults[1].contains("src/gone`"), "{faults:?}");
        assert_eq!(unmapped("nothing", &files).len(), 3);
    }

    #[test]
    fn the_index_names_what_is_there() {
        let files = files(&["crates/a/src/b.rs"]);
        let index = |path: &str| format!("{INDEX}\n\n| what | where |\n|---|---|\n| b | {path} |\n\n## More\n");
        assert_eq!(lost(&index("`crates/a/src/b.rs`, `crates/a`"), &files), Vec::<String>::new());
        for faulty in ["", "`crates/a/src`, `b.rs`", "`crates/b`"] {
            assert_eq!(lost(&index(faulty), &files).len(), 1, "{faulty}");
        }
        assert_eq!(lost("| b | c |", &files).len(), 1);
    }
}
