//! What is known in memory, and follows from what is on record: read from it at the start, and kept in step with each
//! commit.

pub mod chats;
pub mod delivery;
pub mod event_buffer;
pub mod floor;
pub mod load;
pub mod outage;
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
    /// Open cases by responder, in the bundle's order.
    pub fn depths(&self) -> Vec<(String, i64)> {
        self.load.depths().map(|(responder, depth)| (responder.to_owned(), depth)).collect()
    }
}
