//! What a commit changes, as far as memory follows it. What is stored is, at the start, a change from nothing.

use remit_domain::{Case, id::CaseId, offer::OfferEnd};
use remit_store::{ItemWrite, OutcomeDelta, TokenRow};

/// What changed.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Responders, each with how many open cases more or less it has.
    pub(crate) depths: Vec<(String, i64)>,
    /// What was counted.
    pub(crate) outcomes: Vec<OutcomeDelta>,
    /// The AI responder that answered something, whatever it was.
    pub(crate) reached: Option<String>,
    /// AI responders that could not be reached.
    pub(crate) missed: Vec<String>,
    /// A case as it is now that was or is with people, and how an offer of it ended.
    pub(crate) placed: Option<(Case, Option<OfferEnd>)>,
    /// The case to which something happened.
    pub(crate) case: Option<CaseId>,
    /// Items as they are now.
    pub(crate) items: Vec<Item>,
    /// Tokens of staff that were made.
    pub(crate) made: Vec<TokenRow>,
    /// Tokens that do not stand any more.
    pub(crate) revoked: Vec<String>,
}

/// An item as it is now.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) kind: String,
    pub(crate) id: String,
    /// Nothing where it was forgotten.
    pub(crate) body: Option<Vec<u8>>,
}

impl Item {
    /// As a commit writes it.
    pub(crate) fn written(item: &ItemWrite) -> Self {
        Self { kind: item.kind.clone(), id: item.id.clone(), body: item.body.clone() }
    }

    /// As it is stored.
    pub(crate) fn stored(item: &remit_store::Item) -> Self {
        Self { kind: item.kind.clone(), id: item.id.clone(), body: Some(item.body.clone()) }
    }
}

impl Change {
    /// Of items as they are stored.
    pub(crate) fn of_items<'r>(rows: impl IntoIterator<Item = &'r remit_store::Item>) -> Self {
        Self { items: rows.into_iter().map(Item::stored).collect(), ..Self::default() }
    }

    /// Of tokens as they are stored.
    pub(crate) fn of_tokens(rows: Vec<TokenRow>) -> Self {
        Self { made: rows.into_iter().filter(|row| row.staff.is_some()).collect(), ..Self::default() }
    }

    /// Whether memory is the same with it as without.
    pub(crate) fn is_nothing(&self) -> bool {
        let is_of_tokens = !self.made.is_empty() || !self.revoked.is_empty();
        self.depths.is_empty() && self.outcomes.is_empty() && self.items.is_empty() && !is_of_tokens
    }

    /// Items of a kind.
    pub(crate) fn items<'c, 'k>(&'c self, kind: &'k str) -> impl Iterator<Item = &'c Item> + use<'c, 'k> {
        self.items.iter().filter(move |item| item.kind == kind)
    }
}
