//! The newest events, for those who listen: a cache of bounded size.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Events kept, and their bytes: who is further behind than that reads from the store.
const EVENTS_MAX: usize = 1_024;

const BYTES_MAX: usize = 8 << 20;

/// Events read from the store at once.
pub(crate) const READ_AT_ONCE: usize = 256;

/// One event as it is sent to those who listen.
#[derive(Debug, Clone)]
pub struct BufferedEvent {
    /// Its place in the ledger.
    pub seq: u64,
    /// The stream that it is of, as it is named. Copies share it.
    pub stream: Arc<str>,
    /// As the interface writes it. Copies share it.
    pub bytes: Arc<[u8]>,
}

/// The newest events.
#[derive(Debug)]
pub(crate) struct EventBuffer {
    /// Never held while anything is waited for: who listens may be slow, and is not let wait for anybody.
    kept: Mutex<Kept>,
    /// Held by who reads what is new, for all.
    pub(crate) filling: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
pub(crate) struct Kept {
    /// Dense: each is the successor of the one before it.
    events: VecDeque<BufferedEvent>,
    bytes: usize,
    /// The newest that was read.
    pub(crate) last: u64,
}

impl EventBuffer {
    /// Nothing yet; what comes after `last` is kept.
    pub(crate) fn after(last: u64) -> Self {
        let kept = Mutex::new(Kept { events: VecDeque::new(), bytes: 0, last });
        Self { kept, filling: tokio::sync::Mutex::default() }
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    pub(crate) fn push(&mut self, told: BufferedEvent) {
        (self.last, self.bytes) = (told.seq, self.bytes + told.bytes.len());
        self.events.push_back(told);
        while self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.bytes.len();
        }
    }

    /// What comes after `after`; nothing if some of that is not kept any more.
    pub(crate) fn after(&self, after: u64) -> Option<VecDeque<BufferedEvent>> {
        if after >= self.last {
            return Some(VecDeque::new());
        }
        let first = self.events.front()?.seq;
        let skip = usize::try_from((after + 1).checked_sub(first)?).ok()?;
        Some(self.events.iter().skip(skip).take(READ_AT_ONCE).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_behind_gets_what_follows_or_is_sent_to_the_store() {
        let told = |seq| BufferedEvent { seq, stream: "case/x".into(), bytes: vec![b'x'; 8 << 10].into() };
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
        kept.push(BufferedEvent { bytes: vec![b'x'; 4 << 20].into(), ..told(3_001) });
        assert!(kept.bytes <= 8 << 20 && kept.events.len() < 1_024);
    }
}
