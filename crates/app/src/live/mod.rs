//! What is known in memory, which follows from what is on record. Each part has one function, `follow`, that takes what
//! a commit changed (`change::Change`), and nothing else changes what it holds of the record; at the start the same
//! functions are given what is stored, as changes from nothing.

pub(crate) mod change;
pub mod chats;
pub mod committed;
pub mod delivery;
pub mod event_buffer;
pub mod floor;
pub mod load;
pub mod outage;
pub(crate) mod remembered;
pub mod subscriptions;
pub mod tokens;
pub mod usage;

use crate::live::{
    chats::Chats,
    event_buffer::EventBuffer,
    floor::LiveFloor,
    load::{Load, Tripped},
    subscriptions::Subscriptions,
    tokens::Tokens,
    usage::Used,
};
use remit_policy::bundle::Bundle;
use std::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// What is known in memory.
#[derive(Debug)]
pub struct Live {
    pub(crate) load: Load,
    /// Chats under way.
    pub chats: Chats,
    pub(crate) floor: LiveFloor,
    /// Callers by the hash of their token, a cache.
    pub(crate) tokens: Tokens,
    pub(crate) subscriptions: Subscriptions,
    /// The newest events, for those who listen.
    pub(crate) event_buffer: EventBuffer,
    pub(crate) used: Used,
    /// AI responders that were shown to fail too often, on their way to be stopped.
    pub(crate) tripped: UnboundedSender<Tripped>,
    pub(crate) trips: Mutex<Option<UnboundedReceiver<Tripped>>>,
}

impl Live {
    /// Memory under a bundle that knows nothing yet, of a ledger whose newest record stands at `last`.
    pub(crate) fn new(bundle: &Bundle, last: u64, webhooks_in_the_clear: bool) -> Self {
        let (tripped, trips) = tokio::sync::mpsc::unbounded_channel();
        Self {
            load: Load::new(bundle),
            chats: Chats::default(),
            floor: LiveFloor::new(bundle),
            tokens: Tokens::default(),
            subscriptions: Subscriptions::new(webhooks_in_the_clear),
            event_buffer: EventBuffer::after(last),
            used: Used::default(),
            tripped,
            trips: Mutex::new(Some(trips)),
        }
    }

    /// Open cases by responder, in the bundle's order.
    pub fn depths(&self) -> Vec<(String, i64)> {
        self.load.depths().map(|(responder, depth)| (responder.to_owned(), depth)).collect()
    }
}
