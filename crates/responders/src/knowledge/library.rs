//! What a bundle says that the knowledge responder may quote.

/// An article and what it is asked with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Article {
    /// Its name, such as `knowledge/pin.md`.
    pub name: String,
    /// What it says, in Markdown.
    pub text: String,
    /// Questions that it answers.
    pub answers: Vec<String>,
    /// Questions near its subject that it does not answer.
    pub not: Vec<String>,
    /// The language that it is written in, a primary subtag of BCP 47; English where it is empty.
    pub language: String,
}

/// All articles, and which words mean the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    /// The articles.
    pub articles: Vec<Article>,
    /// Groups of words that mean the same; the first is read for the others.
    pub synonyms: Vec<Vec<String>>,
}

impl Article {
    /// Its language, in lower case.
    pub(super) fn spoken(&self) -> String {
        primary(if self.language.is_empty() { "en" } else { &self.language })
    }
}

/// The primary subtag of a language's tag, in lower case.
pub(super) fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}
