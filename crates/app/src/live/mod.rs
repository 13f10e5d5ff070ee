//! What is known in memory, which follows from what is on record. Each part has one function, `follow`, that takes what
//! a commit changed (`change::Change`), and nothing else changes what it holds of the record; at the start the same
//! functions are given what is stored, as changes from nothing.

pub(crate) mod agents;
pub(crate) mod ceremonies;
pub(crate) mod change;
pub mod chats;
pub mod committed;
pub mod delivery;
pub(crate) mod directories;
pub mod event_buffer;
pub mod floor;
pub(crate) mod key_reads;
pub mod load;
mod median;
pub mod outage;
pub(crate) mod polls;
pub(crate) mod remembered;
pub(crate) mod sign_ins;
pub(crate) mod staff_tokens;
pub mod subscriptions;
pub mod tokens;

use crate::{
    caller::usage::Used,
    live::{
        agents::Agents,
        chats::Chats,
        event_buffer::EventBuffer,
        floor::LiveFloor,
        key_reads::KeyReads,
        load::{Load, Tripped},
        polls::Polls,
        sign_ins::SignIns,
        staff_tokens::StaffTokens,
        subscriptions::{Subscriptions, WebhookReach},
        tokens::Tokens,
    },
};
use remit_policy::bundle::Bundle;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// What is known in memory. What follows from the bundle is of one bundle; the rest is the same under every one.
#[derive(Debug)]
pub struct Live {
    pub(crate) load: Load,
    /// Chats under way.
    pub chats: Arc<Chats>,
    pub(crate) floor: LiveFloor,
    /// Tokens of staff, by whose they are.
    pub(crate) staff_tokens: Arc<StaffTokens>,
    /// Callers by the hash of their token, a cache.
    pub(crate) tokens: Tokens,
    pub(crate) subscriptions: Arc<Subscriptions>,
    /// The newest events, for those who listen.
    pub(crate) event_buffer: Arc<EventBuffer>,
    pub(crate) used: Arc<Used>,
    pub(crate) sign_ins: Arc<SignIns>,
    /// How often it is asked how customers' answers stand.
    pub(crate) polls: Arc<Polls>,
    /// When the keys of delegates were read last from where they are.
    pub(crate) key_reads: Arc<KeyReads>,
    /// Agents that only sign their requests.
    pub(crate) agents: Arc<Agents>,
    /// AI responders that were shown to fail too often, on their way to be stopped.
    pub(crate) tripped: UnboundedSender<Tripped>,
    pub(crate) trips: Arc<Mutex<Option<UnboundedReceiver<Tripped>>>>,
}

impl Live {
    /// Memory under a bundle that knows nothing yet, of a ledger whose newest record stands at `last`.
    pub(crate) fn new(bundle: &Bundle, last: u64, webhooks: WebhookReach) -> Self {
        let (tripped, trips) = tokio::sync::mpsc::unbounded_channel();
        Self {
            load: Load::new(bundle),
            chats: Arc::default(),
            floor: LiveFloor::new(bundle),
            staff_tokens: Arc::default(),
            tokens: Tokens::default(),
            subscriptions: Arc::new(Subscriptions::new(webhooks)),
            event_buffer: Arc::new(EventBuffer::after(last)),
            used: Arc::default(),
            sign_ins: Arc::default(),
            polls: Arc::default(),
            key_reads: Arc::default(),
            agents: Arc::default(),
            tripped,
            trips: Arc::new(Mutex::new(Some(trips))),
        }
    }

    /// Memory under the bundle that comes next: what follows from the bundle knows nothing yet, and what this process
    /// alone knows of who cannot be reached is taken over.
    pub(crate) fn next(&self, bundle: &Bundle) -> Self {
        let load = Load::new(bundle);
        load.take_over(&self.load);
        Self {
            load,
            chats: Arc::clone(&self.chats),
            floor: self.floor.next(bundle),
            staff_tokens: Arc::clone(&self.staff_tokens),
            tokens: self.tokens.next(),
            subscriptions: Arc::clone(&self.subscriptions),
            event_buffer: Arc::clone(&self.event_buffer),
            used: Arc::clone(&self.used),
            sign_ins: Arc::clone(&self.sign_ins),
            polls: Arc::clone(&self.polls),
            key_reads: Arc::clone(&self.key_reads),
            agents: Arc::clone(&self.agents),
            tripped: self.tripped.clone(),
            trips: Arc::clone(&self.trips),
        }
    }

    /// Open cases by responder, in the bundle's order.
    pub fn depths(&self) -> Vec<(String, i64)> {
        self.load.depths().map(|(responder, depth)| (responder.to_owned(), depth)).collect()
    }
}
