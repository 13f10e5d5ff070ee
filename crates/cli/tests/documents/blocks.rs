//! Examples in documents: blocks between fences, with what their first line says of them.

use std::{fs, path::Path};

/// A block of a document.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// The document and the line on which the block begins.
    pub(crate) at: String,
    /// The document.
    pub(crate) page: String,
    /// Words behind the fence: the language first.
    pub(crate) said: Vec<String>,
    pub(crate) text: String,
}

impl Block {
    /// The language.
    pub(crate) fn language(&self) -> &str {
        self.said.first().map_or("", String::as_str)
    }

    /// What is said behind the language, by place.
    pub(crate) fn word(&self, at: usize) -> Option<&str> {
        self.said.get(at + 1).map(String::as_str)
    }

    /// Whether a word is said of it.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.said.iter().any(|said| said == word)
    }
}

/// The documents for users: the README and what is in `docs`.
pub(crate) fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = vec![root.join("README.md")];
    paths.extend(fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Every block of every page, in order.
pub(crate) fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (page, text) in pages() {
        let mut open: Option<Block> = None;
        for (line, number) in text.lines().zip(1..) {
            let fence = line.trim_start().strip_prefix("```");
            open = match (open.take(), fence) {
                (None, None) => None,
                (None, Some(said)) => Some(Block {
                    at: format!("{page}:{number}"),
                    page: page.clone(),
                    said: said.split_whitespace().map(ToOwned::to_owned).collect(),
                    text: String::new(),
                }),
                (Some(block), Some(_)) => {
                    blocks.push(block);
                    None
                }
                (Some(mut block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    Some(block)
                }
            };
        }
        assert!(open.is_none(), "{page}: a block has no end");
    }
    blocks
}

/// The commands of a block for a shell: lines that go on behind `\` are one, and comments and empty lines none.
pub(crate) fn commands(block: &Block) -> Vec<String> {
    let joined = block.text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(ToOwned::to_owned).collect()
}

/// The words of a command as a shell takes them: quotes hold words together, `$NAME` and `$(…)` stay as they are, and
/// what follows `|`, `>`, `<`, `&&` or a comment is another matter.
pub(crate) fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut within) = (Vec::new(), None::<String>, None::<char>);
    let mut depth = 0_usize;
    let mut before = ' ';
    for c in command.chars() {
        let quoted = within.is_some() || depth > 0;
        match c {
            _ if within == Some(c) && depth == 0 => within = None,
            '\'' | '"' if !quoted => {
                within = Some(c);
                word.get_or_insert_default();
            }
            '(' if before == '$' && within != Some('\'') => {
                depth += 1;
                word.get_or_insert_default().push(c);
            }
            ')' if depth > 0 => {
                depth -= 1;
                word.get_or_insert_default().push(c);
            }
            '|' | '>' | '<' | '&' | ';' if !quoted => break,
            '#' if !quoted && word.is_none() => break,
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
        before = c;
    }
    words.extend(word);
    words
}
