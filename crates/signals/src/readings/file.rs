//! Files of readings as they are written.

use super::mistake::{At, Mistake};
use serde::Deserialize;
use toml::Spanned;

/// One file of readings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingsFile {
    #[serde(rename = "language", default)]
    pub(super) languages: Vec<RawLanguage>,
    #[serde(rename = "situation", default)]
    pub(super) situations: Vec<RawSituation>,
    #[serde(rename = "rule", default)]
    pub(super) rules: Vec<RawRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLanguage {
    pub(super) code: Spanned<String>,
    pub(super) name: String,
    pub(super) words: Spanned<String>,
    pub(super) joins: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) replaces: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSituation {
    pub(super) name: Spanned<String>,
    pub(super) title: String,
    pub(super) rank: Spanned<u16>,
    pub(super) owner: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) sentences: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) replaces: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: Spanned<String>,
    pub(super) reads: Spanned<String>,
    pub(super) pattern: Spanned<String>,
    pub(super) unless: Option<Spanned<String>>,
    pub(super) owner: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) matches: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) spares: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) replaces: bool,
}

/// Reads a file.
///
/// # Errors
/// When it is no UTF-8 or no TOML of this form, with the line.
pub(super) fn parse<'a>(file: &str, bytes: &'a [u8]) -> Result<(ReadingsFile, Lines<'a>), Mistake> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Mistake::new(At::File(file.to_owned(), 1), "the file is not UTF-8", "save it as UTF-8"))?;
    let lines = Lines(text);
    match toml::from_str(text) {
        Ok(parsed) => Ok((parsed, lines)),
        Err(error) => {
            let line = error.span().map_or(1, |span| lines.at(span.start));
            let cure = "correct the name or value; docs/bundle.md lists every table and key";
            Err(Mistake::new(At::File(file.to_owned(), line), error.message(), cure))
        }
    }
}

/// Tells lines of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines<'a>(&'a str);

impl Lines<'_> {
    /// The line, from 1, on which byte `offset` stands.
    fn at(self, offset: usize) -> usize {
        self.0.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    /// The line, from 1, on which this value begins.
    pub(super) fn of<T>(self, value: &Spanned<T>) -> usize {
        self.at(value.span().start)
    }
}
