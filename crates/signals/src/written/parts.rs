//! A message, taken apart.

use super::{headers, part_kind::PartKind};
use std::borrow::Cow;

/// A message, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<'a> {
    /// What was written now, as plain text; empty where nothing was.
    pub now: Cow<'a, str>,
    /// What is not read, in the order of the text.
    pub left: Vec<UnreadPart>,
    /// Whether it was HTML.
    pub html: bool,
}

/// A part that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadPart {
    /// What it is.
    pub kind: PartKind,
    /// As plain text.
    pub text: String,
}

impl Written<'_> {
    /// The same, apart from the text that it was taken from.
    pub fn into_owned(self) -> Written<'static> {
        Written { now: Cow::Owned(self.now.into_owned()), left: self.left, html: self.html }
    }

    /// Whether nothing was written but what is passed on.
    pub fn is_forward_alone(&self) -> bool {
        self.now.is_empty() && self.left.iter().any(|part| part.kind == PartKind::Forward)
    }

    /// What is passed on.
    pub fn forwarded(&self) -> impl Iterator<Item = &str> {
        self.left.iter().filter(|part| part.kind == PartKind::Forward).map(|part| part.text.as_str())
    }

    /// What is passed on first, without its header.
    pub fn passed_on(&self) -> &str {
        headers::below(self.forwarded().next().unwrap_or_default())
    }

    /// What a responder is to answer: what was written now, and behind it what was passed on with it, named as that.
    /// Nothing where neither is there.
    pub fn to_answer(&self) -> String {
        let mut text = self.now.to_string();
        for forwarded in self.forwarded() {
            text.push_str(if text.is_empty() { "" } else { "\n\n" });
            text.push_str("[forwarded by the customer, not in their own words]\n");
            text.push_str(forwarded);
        }
        text
    }
}
