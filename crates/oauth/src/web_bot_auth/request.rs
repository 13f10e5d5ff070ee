//! A request as it came, and its headers as they are read.

use super::{
    bounds::{MEMBERS_MAX, VALUE_MAX},
    error::SignatureError,
};
use sfv::{Dictionary, Parser};

/// A request as it came.
pub struct SignedRequest<'a> {
    /// Its method.
    pub method: &'a str,
    /// The origin at which it was to arrive, as clients know it.
    pub origin: &'a str,
    /// Its path, and what stands behind `?`.
    pub path: &'a str,
    /// The latter.
    pub query: Option<&'a str>,
    /// The values of a header, by its name in small letters.
    pub header: &'a (dyn Fn(&str) -> Vec<Vec<u8>> + Sync),
}

impl SignedRequest<'_> {
    /// The values of a header as one, where there are any: of bounded length, in ASCII, with nothing around each.
    pub(super) fn joined(&self, name: &str) -> Result<Option<String>, SignatureError> {
        let values = (self.header)(name);
        if values.is_empty() {
            return Ok(None);
        }
        let unreadable = || SignatureError::Header(name.chars().take(64).collect());
        if values.iter().map(|value| value.len() + 2).sum::<usize>() > VALUE_MAX {
            return Err(unreadable());
        }
        let texts = values.iter().map(|value| std::str::from_utf8(value).ok().filter(|text| text.is_ascii()));
        let texts: Option<Vec<&str>> = texts.map(|text| text.map(str::trim_ascii)).collect();
        Ok(Some(texts.ok_or_else(unreadable)?.join(", ")))
    }

    pub(super) fn dictionary(&self, name: &'static str) -> Result<Dictionary, SignatureError> {
        let text = self.joined(name)?.ok_or(SignatureError::Missing(name))?;
        dictionary(&text).ok_or_else(|| SignatureError::Header(name.to_owned()))
    }
}

/// A dictionary of a bounded number of members.
pub(super) fn dictionary(text: &str) -> Option<Dictionary> {
    Parser::new(text).parse::<Dictionary>().ok().filter(|members| (1..=MEMBERS_MAX).contains(&members.len()))
}
