//! Words: each has one meaning, which the glossary tells, and what it says not to say is not said.

use super::files::File;

/// The document with both tables.
const GLOSSARY: &str = "docs/glossary.md";

/// The name of a standard, which has a word in it that is not said otherwise.
const STANDARD: &str = "web-bot-auth";

pub(super) fn faults(files: &[File]) -> Vec<String> {
    let Some(glossary) = files.iter().find(|file| file.path == GLOSSARY) else {
        return vec![format!("{GLOSSARY}: is not there")];
    };
    let tables = Tables::of(&glossary.text);
    let mut faults = tables.faults();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        faults.extend(tables.said(file));
    }
    faults
}

/// The rows of the glossary.
struct Tables<'a> {
    /// Terms, in the order of the document.
    terms: Vec<&'a str>,
    /// Names that are not used, and what is said instead.
    not_said: Vec<(&'a str, &'a str)>,
}

impl<'a> Tables<'a> {
    fn of(text: &'a str) -> Self {
        let (terms, not_said) = text.split_once("\n## ").unwrap_or((text, ""));
        Self {
            terms: rows(terms).filter_map(|mut cells| cells.next()).collect(),
            not_said: rows(not_said).filter_map(|mut cells| Some((code(cells.next()?)?, cells.next()?))).collect(),
        }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.terms.is_empty() || self.not_said.is_empty() {
            faults.push(format!("{GLOSSARY}: wants a table of terms, and under a heading one of what is not said"));
        }
        for pair in self.terms.windows(2) {
            if let [before, after] = pair
                && before.to_lowercase() >= after.to_lowercase()
            {
                faults.push(format!("{GLOSSARY}: `{after}` comes after `{before}`; one row a term, in order"));
            }
        }
        faults
    }

    /// What a source says that is not to be said. A name with a capital is one of Rust; what ends in `.rs` is a file.
    fn said(&self, file: &File) -> Vec<String> {
        let mut faults = Vec::new();
        for (not, instead) in &self.not_said {
            if not.ends_with(".rs") {
                if file.path.ends_with(&format!("/{not}")) {
                    faults.push(format!("{}: call the file {instead}", file.path));
                }
                continue;
            }
            let is_said = |line: &str| words(&line.replace(STANDARD, "")).any(|word| word == *not);
            let place = file.text.lines().position(is_said);
            if let Some(line) = place {
                faults.push(format!("{}:{}: says `{not}`; say {instead}", file.path, line + 1));
            }
        }
        faults
    }
}

/// The cells of a table's rows, without its head.
fn rows(text: &str) -> impl Iterator<Item = impl Iterator<Item = &str>> {
    let rows =
        text.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim))
}

fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# G\n\n| term | meaning |\n|---|---|\n| case | A. |\n| lease | B. |\n\n## Not said\n\n\
                        | not | say |\n|---|---|\n| `gizmo` | cache |\n| `bells.rs` | `wakeups.rs` |\n";

    fn said(path: &str, text: &str) -> Vec<String> {
        Tables::of(TEXT).said(&File { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn terms_stand_once_and_in_order() {
        assert_eq!(Tables::of(TEXT).faults(), Vec::<String>::new());
        assert_eq!(Tables::of(&TEXT.replace("lease", "case")).faults().len(), 1);
        assert_eq!(Tables::of("").faults().len(), 1);
    }

    #[test]
    fn what_is_not_to_be_said_is_found_as_a_word_and_as_a_file() {
        assert_eq!(said("a/b.rs", "x\nlet gizmo = 1;\n"), ["a/b.rs:2: says `gizmo`; say cache"]);
        assert!(said("a/b.rs", "let gizmos = my_gizmo;\n").is_empty());
        assert_eq!(said("a/bells.rs", ""), ["a/bells.rs: call the file `wakeups.rs`"]);
        assert!(said("a/doorbells.rs", "").is_empty());
    }
}
