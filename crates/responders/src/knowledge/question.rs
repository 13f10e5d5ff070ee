//! What was asked last.

use crate::{Turn, TurnAuthor};

/// What the customer wrote since somebody answered last.
#[must_use]
pub fn asked(turn: &Turn) -> String {
    let asked = turn.messages.rsplit(|message| message.author != TurnAuthor::Customer).next().unwrap_or_default();
    asked.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join("\n")
}
