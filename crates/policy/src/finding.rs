//! What is wrong with a bundle: the file, the line, the cause and the cure.

use serde::Serialize;
use std::fmt;

/// One thing that is wrong with a bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file, relative to the bundle.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub cure: String,
}

impl Finding {
    /// Something wrong at `line` of `file`.
    pub fn new(file: &str, line: usize, message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), cure: cure.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    cure: {}", self.file, self.line, self.message, self.cure)
    }
}

/// The line, from 1, on which byte `offset` of `text` stands.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The line, from 1, on which `needle` first stands in `text`; 1 if it does not.
pub(crate) fn line_of(text: &str, needle: &str) -> usize {
    text.find(needle).map_or(1, |offset| line_at(text, offset))
}
