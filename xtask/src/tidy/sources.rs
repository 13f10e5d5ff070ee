//! Sources in Rust: each begins with what it is for, and neither files nor lines are longer than one reads at once.

use super::files::File;

/// Lines of a file at most.
const LINES_MAX: usize = 500;
/// Columns of a line at most, as the formatter keeps them where it can.
const COLUMNS_MAX: usize = 120;

pub(super) fn faults(files: &[File]) -> Vec<String> {
    let sources = files.iter().filter(|file| file.path.ends_with(".rs"));
    sources.flat_map(|file| of_file(&file.path, &file.text)).collect()
}

fn of_file(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        faults.push(format!("{path}:1: begin it with `//!` and a sentence that says what it is for"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        faults.push(format!("{path}: has {lines} lines, more than {LINES_MAX}; give a part of it a file of its own"));
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
        assert_eq!(of_file("a.rs", &long), ["a.rs:2: has 121 columns, more than 120"]);
        let many = "//! A.\n".to_owned() + &"\n".repeat(500);
        assert_eq!(of_file("a.rs", &many).len(), 1);
        assert_eq!(of_file("a.rs", "use a;\n").len(), 1);
        assert!(of_file("a.rs", "//! A.\n").is_empty());
    }
}
