//! A bundle copied and changed, so that what is measured is asked alone.

use anyhow::Context as _;
use std::{fs, path::Path};

/// Copies the bundle in `from` to `to`, with its `bundle.toml` as `change` makes it.
pub(crate) fn copied(from: &Path, to: &Path, change: impl Fn(&str) -> String) -> anyhow::Result<()> {
    directory(from, to).with_context(|| format!("the bundle {} cannot be copied", from.display()))?;
    let manifest = to.join("bundle.toml");
    let text = fs::read_to_string(&manifest).with_context(|| format!("{} is no bundle", from.display()))?;
    Ok(fs::write(&manifest, change(&text))?)
}

/// Copies a directory with all that is in it.
pub(crate) fn directory(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if from.is_dir() {
            directory(&from, &to)?;
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// A `bundle.toml` in which the sentence encoder is asked as `when` says.
pub(crate) fn asking(manifest: &str, when: &str) -> String {
    let others: Vec<&str> = manifest.lines().filter(|line| !line.starts_with("encoder =")).collect();
    format!("encoder = \"{when}\"\n{}\n", others.join("\n"))
}

/// A `bundle.toml` whose AI responders are asked by nobody: what they are asked after an answer is no part of it.
pub(crate) fn without_services(manifest: &str) -> String {
    without_tables(manifest, "[responder.service]")
}

/// What is left without the tables of this name.
fn without_tables(manifest: &str, name: &str) -> String {
    let mut inside = false;
    let kept = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            inside = line.trim_end() == name;
        }
        !inside
    });
    kept.flat_map(|line| [line, "\n"]).collect()
}

/// A `bundle.toml` whose actions may be requested as often as anybody likes.
pub(crate) fn without_limits(manifest: &str) -> String {
    without_tables(manifest, "[[action.limit]]")
}

#[cfg(test)]
mod tests {
    use super::{asking, without_limits, without_services};

    #[test]
    fn limits_go_and_what_follows_them_stays() {
        let with = "[[action]]\nname = \"a\"\n[[action.limit]]\nby = \"customer\"\ncount = 3\n[[action.limit]]\n\
                    by = \"staff\"\ncount = 9\n[action.parameters]\ntype = \"object\"\n";
        assert_eq!(without_limits(with), "[[action]]\nname = \"a\"\n[action.parameters]\ntype = \"object\"\n");
    }

    #[test]
    fn services_go_and_everything_else_stays() {
        let with = "name = \"a\"\n\n[[responder]]\nname = \"ai\"\n[responder.service]\nkind = \"knowledge\"\n\n\
                    [[queue]]\nname = \"q\"\n";
        let without = "name = \"a\"\n\n[[responder]]\nname = \"ai\"\n[[queue]]\nname = \"q\"\n";
        assert_eq!(without_services(with), without);
        assert_eq!(without_services(without), without);
    }

    #[test]
    fn the_encoder_is_asked_as_told_whatever_was_told_before() {
        assert_eq!(asking("encoder = \"always\"\nname = \"a\"\n", "never"), "encoder = \"never\"\nname = \"a\"\n");
    }
}
