//! The registry of chats that are valid: whose they are, how often each may be used, and who listens to them.

use crate::{
    Caller,
    environment::rate_limit::RateLimit,
    live::change::Change,
    refused::{Kind, Refused},
};
use remit_domain::id::{CaseId, CustomerId, Timestamp};
use remit_ledger::hash::hex;
use remit_store::{Collection, Expected, ItemWrite};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Chats, by the digest of their secret.
pub(crate) const CHATS: Collection<ChatItem> = Collection::new("chat");

/// Chats that have ended and are forgotten with each that begins.
const FORGOTTEN: usize = 4;

/// Event streams of one chat.
const STREAMS_MAX: usize = 8;

/// A chat as stored, under the hash of its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChatItem {
    pub(crate) customer: CustomerId,
    pub(crate) cases: Vec<CaseId>,
    pub(crate) expires: Timestamp,
    /// Who started it, by the identifier of their token; not of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
}

/// One chat that is valid.
#[derive(Debug)]
pub struct Chat {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) customer: CustomerId,
    /// When it ends.
    pub expires: Timestamp,
    /// Who started it, by the identifier of their token.
    pub(crate) by: Option<String>,
    pub(crate) writes: RateLimit,
    pub(crate) reads: RateLimit,
    state: Mutex<State>,
    /// One thing at a time, so that two first messages open one case.
    pub(crate) turn: tokio::sync::Mutex<()>,
    streams: AtomicUsize,
    /// Rings when the chat gets a case, or ends.
    bell: watch::Sender<bool>,
}

#[derive(Debug)]
pub(crate) struct State {
    cases: Vec<CaseId>,
    uploading: bool,
}

/// Holds a place among a chat's streams.
#[derive(Debug)]
pub struct StreamPermit(Arc<Chat>);

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Holds a chat's one upload.
#[derive(Debug)]
pub struct Upload(Arc<Chat>);

impl Drop for Upload {
    fn drop(&mut self) {
        self.0.lock().uploading = false;
    }
}

impl Chat {
    pub(crate) fn new(id: String, item: ChatItem) -> Self {
        Self {
            name: format!("chat_{}", id.get(..16).unwrap_or_default()),
            id,
            customer: item.customer,
            expires: item.expires,
            by: item.by,
            writes: RateLimit::new(24, Duration::from_secs(3)),
            reads: RateLimit::new(60, Duration::from_millis(500)),
            state: Mutex::new(State { cases: item.cases, uploading: false }),
            turn: tokio::sync::Mutex::default(),
            streams: AtomicUsize::new(0),
            bell: watch::Sender::new(false),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its identifier, by which requests name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its cases, oldest first.
    pub(crate) fn cases(&self) -> Vec<CaseId> {
        self.lock().cases.clone()
    }

    /// The customer, as policy is asked about them.
    pub fn caller(&self) -> Caller {
        Caller::customer(&self.name, &self.customer)
    }

    /// Its cases are these now.
    fn set(&self, cases: Vec<CaseId>) {
        let mut state = self.lock();
        if state.cases.len() < cases.len() {
            state.cases = cases;
            drop(state);
            self.bell.send_modify(|_| {});
        }
    }

    /// Told `true` once the chat has ended, and anything when it gets a case.
    pub fn bell(&self) -> watch::Receiver<bool> {
        self.bell.subscribe()
    }

    /// A place among its streams, if there is one.
    pub fn place(self: &Arc<Self>) -> Result<StreamPermit, Refused> {
        if self.streams.fetch_add(1, Ordering::Relaxed) >= STREAMS_MAX {
            self.streams.fetch_sub(1, Ordering::Relaxed);
            let detail = format!("this chat is followed {STREAMS_MAX} times already");
            return Err(Refused::new(Kind::TooOften, detail));
        }
        Ok(StreamPermit(Arc::clone(self)))
    }

    /// The one upload that a chat may have under way.
    pub fn upload(self: &Arc<Self>) -> Result<Upload, Refused> {
        if std::mem::replace(&mut self.lock().uploading, true) {
            return Err(Refused::new(Kind::TooOften, "another file is on its way on this chat"));
        }
        Ok(Upload(Arc::clone(self)))
    }
}

/// Every chat that is valid, and whoever listens to a case. They change by `Chats::follow` alone.
#[derive(Debug, Default)]
pub struct Chats {
    known: Mutex<Registry>,
    /// Held by whoever starts a chat, and alone by whoever erases a customer, with whom their chats end: all of them,
    /// or those that start after it.
    pub(crate) starting: tokio::sync::RwLock<()>,
    bells: Mutex<HashMap<CaseId, watch::Sender<()>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Registry {
    pub(crate) by_id: HashMap<String, Arc<Chat>>,
    pub(crate) by_end: BTreeSet<(i64, String)>,
}

impl Registry {
    fn insert(&mut self, chat: Chat) {
        self.by_end.insert((chat.expires.0, chat.id.clone()));
        self.by_id.insert(chat.id.clone(), Arc::new(chat));
    }

    fn remove(&mut self, id: &str) {
        if let Some(chat) = self.by_id.remove(id) {
            self.by_end.remove(&(chat.expires.0, chat.id.clone()));
            chat.bell.send_replace(true);
        }
    }
}

impl Chats {
    /// Follows what was committed: chats begin, get cases and end, and whoever listens to a case is told.
    pub(crate) fn follow(&self, change: &Change) {
        for item in change.items(CHATS.kind()) {
            let Some(body) = &item.body else {
                self.lock().remove(&item.id);
                continue;
            };
            let Ok(stored) = serde_json::from_slice::<ChatItem>(body) else { continue };
            let mut known = self.lock();
            match known.by_id.get(&item.id).cloned() {
                Some(chat) => chat.set(stored.cases),
                None => known.insert(Chat::new(item.id.clone(), stored)),
            }
        }
        if let Some(case) = change.case {
            self.ring(case);
        }
    }

    /// What it holds, line by line.
    pub(crate) fn remembered(&self) -> Vec<String> {
        let line =
            |chat: &Arc<Chat>| format!("chat {} {} {:?} {:?}", chat.id, chat.customer, chat.expires, chat.cases());
        self.lock().by_id.values().map(line).collect()
    }

    /// Those that had ended by `now` and are forgotten with one that begins then.
    pub(crate) fn over(&self, now: Timestamp) -> Vec<String> {
        let known = self.lock();
        let over = known.by_end.iter().take(FORGOTTEN).filter(|(end, _)| *end <= now.0);
        over.map(|(_, id)| id.clone()).collect()
    }

    /// Those of a customer.
    pub(crate) fn of(&self, customer: &CustomerId) -> Vec<String> {
        let known = self.lock();
        known.by_id.values().filter(|chat| chat.customer == *customer).map(|chat| chat.id.clone()).collect()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Registry> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rings when something happens to `case`.
    pub fn listen(&self, case: CaseId) -> watch::Receiver<()> {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.entry(case).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Tells whoever listens to `case` that something happened to it.
    fn ring(&self, case: CaseId) {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        if bells.get(&case).is_some_and(|bell| bell.send(()).is_err()) {
            // Nobody listens any more.
            bells.remove(&case);
        }
    }
}

/// Under which name a chat with this secret is stored.
pub(crate) fn id_of(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// A chat that opens a case: stored anew together with it.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) id: String,
    pub(crate) item: ChatItem,
    /// The chat as it was read.
    pub(crate) expected: Expected,
}

impl Opening {
    /// The chat once it has this case.
    pub(crate) fn with(&self, case: CaseId) -> Result<ItemWrite, Refused> {
        let mut item = self.item.clone();
        item.cases.push(case);
        CHATS.write(&self.id, self.expected, &item).map_err(Refused::internal)
    }
}

/// What is to be deleted of a customer's chats once their words are erased.
pub(crate) fn ended_chats(chats: &Chats, customer: &CustomerId) -> Vec<ItemWrite> {
    let expected = Expected::Any("what is erased goes, whatever was said since");
    chats.of(customer).iter().map(|chat| CHATS.forget(chat, expected)).collect()
}
