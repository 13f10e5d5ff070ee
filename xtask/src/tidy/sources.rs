//! Sources: no file is longer than one reads at once. Those in Rust begin with what they are for, and have no long
//! lines.

use super::files::File;

/// Lines of a file at most.
const LINES_MAX: usize = 500;
/// Columns of a line at most, as the formatter keeps them where it can.
const COLUMNS_MAX: usize = 120;

/// How the names of other code end that people write here.
const CODE: [&str; 11] = ["cedar", "cedarschema", "css", "html", "js", "mjs", "py", "rs", "sh", "toml", "yml"];
/// What of TOML is long by what it is, with the reason.
const LONG: [(&str, &str); 2] = [
    ("/bundle.toml", "a bundle's manifest is one file"),
    ("/tests/", "tests in tables are rows of data, read one by one"),
];

pub(super) fn faults(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let long = files.iter().filter(|file| is_held(&file.path)).filter_map(|file| too_long(&file.path, &file.text));
    long.chain(rust.flat_map(|file| of_rust(&file.path, &file.text))).collect()
}

/// Whether a file may have so many lines and no more.
fn is_held(path: &str) -> bool {
    let Some((_, end)) = path.rsplit_once('.') else { return false };
    let long = |(part, _): &(&str, &str)| path.contains(part);
    CODE.contains(&end) && (end != "toml" || !LONG.iter().any(long))
}

fn too_long(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LINES_MAX)
        .then(|| format!("{path}: has {lines} lines, more than {LINES_MAX}; give a part of it a file of its own"))
}

fn of_rust(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        faults.push(format!("{path}:1: begin it with `//!` and a sentence that says what it is for"));
    }
    for (number, line) in text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > COLUMNS_MAX {
            faults.push(format!("{path}:{}: has {columns} columns, more than {COLUMNS_MAX}", number + 1));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_too_long_is_named_with_its_place() {
        let long = "//! A.\n".to_owned() + &"x".repeat(121);
        assert_eq!(of_rust("a.rs", &long), ["a.rs:2: has 121 columns, more than 120"]);
        assert!(too_long("a.py", &"\n".repeat(501)).is_some() && too_long("a.py", &"\n".repeat(500)).is_none());
        assert_eq!(of_rust("a.rs", "use a;\n").len(), 1);
        assert!(of_rust("a.rs", "//! A.\n").is_empty());
    }

    #[test]
    fn all_code_is_held_and_data_is_not() {
        assert!(
            ["a/chat.js", "bundles/bank/policies/a.cedar", "a/tests/b.py", "a/b.toml", "c.rs"]
                .iter()
                .all(|path| is_held(path))
        );
        let data = ["bundles/bank/bundle.toml", "bundles/bank/tests/a.toml", "docs/a.md", "a/b.csv", "a.json"];
        assert!(!data.iter().any(|path| is_held(path)));
    }
}
