//! A buffer of the newest events as they are told to those who listen: read from the store once, written out once,
//! shared by all.

use crate::{
    Caller, Parts, auth,
    query::{self, FeedItem},
    reading,
    refused::Refused,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// Events kept, and their bytes: who is further behind than that reads from the store.
const EVENTS_MAX: usize = 1_024;
const BYTES_MAX: usize = 8 << 20;
/// Events read from the store at once.
const READ_AT_ONCE: usize = 256;

/// One event as it is sent to those who listen.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its place in the ledger.
    pub seq: u64,
    /// As the interface writes it. Copies share it.
    pub bytes: Arc<[u8]>,
}

/// How an interface writes an event.
pub type Write = fn(&FeedItem) -> Vec<u8>;

/// The newest events.
#[derive(Debug)]
pub(crate) struct EventBuffer(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    /// Dense: each is the successor of the one before it.
    events: VecDeque<Told>,
    bytes: usize,
    /// The newest that was read.
    last: u64,
}

impl EventBuffer {
    /// Nothing yet; what comes after `last` is kept.
    pub(crate) fn after(last: u64) -> Self {
        Self(Mutex::new(Kept { events: VecDeque::new(), bytes: 0, last }))
    }
}

impl Kept {
    fn push(&mut self, told: Told) {
        (self.last, self.bytes) = (told.seq, self.bytes + told.bytes.len());
        self.events.push_back(told);
        while self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.bytes.len();
        }
    }

    /// What comes after `after`; nothing if some of that is not kept any more.
    fn after(&self, after: u64) -> Option<VecDeque<Told>> {
        if after >= self.last {
            return Some(VecDeque::new());
        }
        let first = self.events.front()?.seq;
        let skip = usize::try_from((after + 1).checked_sub(first)?).ok()?;
        Some(self.events.iter().skip(skip).take(READ_AT_ONCE).cloned().collect())
    }
}

/// The next events after `after`, in ledger order, none left out; empty when there are no newer ones. Who is far
/// behind has them read where it holds up nobody else.
///
/// # Errors
/// When policy or the store refuses.
pub async fn told(
    parts: &Arc<Parts>,
    caller: &Arc<Caller>,
    after: u64,
    write: Write,
) -> Result<VecDeque<Told>, Refused> {
    if let Some(told) = told_lately(parts, caller, after, write)? {
        return Ok(told);
    }
    let written = move |items: Vec<FeedItem>| items.iter().map(|item| written(item, write)).collect();
    reading::read(parts, caller, move |app, caller| query::feed(app, caller, after, READ_AT_ONCE).map(written)).await
}

/// The same, if it is among the newest.
fn told_lately(parts: &Parts, caller: &Caller, after: u64, write: Write) -> Result<Option<VecDeque<Told>>, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, "events.read")?;
    let newest = *parts.journal.ticks.borrow();
    let mut kept = parts.live.event_buffer.0.lock().unwrap_or_else(PoisonError::into_inner);
    // The first to come after a commit reads for all.
    while kept.last < newest {
        let items = query::feed(parts, caller, kept.last, READ_AT_ONCE)?;
        if items.is_empty() {
            break;
        }
        items.iter().for_each(|item| kept.push(written(item, write)));
    }
    Ok(kept.after(after))
}

/// An event as its listeners get it.
fn written(item: &FeedItem, write: Write) -> Told {
    Told { seq: item.seq, bytes: write(item).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_behind_gets_what_follows_or_is_sent_to_the_store() {
        let told = |seq| Told { seq, bytes: vec![b'x'; 8 << 10].into() };
        let mut kept = Kept { events: VecDeque::new(), bytes: 0, last: 10 };
        let seqs = |kept: &Kept, after| kept.after(after).map(|told| told.iter().map(|t| t.seq).collect::<Vec<_>>());
        assert_eq!((seqs(&kept, 10), seqs(&kept, 9)), (Some(vec![]), None));
        (11..=13).for_each(|seq| kept.push(told(seq)));
        assert_eq!(seqs(&kept, 10), Some(vec![11, 12, 13]));
        assert_eq!((seqs(&kept, 12), seqs(&kept, 13), seqs(&kept, 9)), (Some(vec![13]), Some(vec![]), None));
        (14..=3_000).for_each(|seq| kept.push(told(seq)));
        assert_eq!((kept.events.len(), kept.bytes), (1_024, 8 << 20));
        assert_eq!(seqs(&kept, 1_976), Some((1_977..1_977 + 256).collect()));
        assert_eq!(seqs(&kept, 1_975), None);
        kept.push(Told { seq: 3_001, bytes: vec![b'x'; 4 << 20].into() });
        assert!(kept.bytes <= 8 << 20 && kept.events.len() < 1_024);
    }
}
