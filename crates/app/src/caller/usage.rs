//! How much each token uses, within its bounds: requests in time, and event streams at once.

use crate::environment::{limits::Limits, rate_limit::RateLimit};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Tokens whose use is kept. Beyond that, of those who follow nothing it is begun anew.
const KEPT_MAX: usize = 10_000;

/// Seconds of requests that may come at once.
const BURST_SECONDS: u32 = 2;

/// What a token uses.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) requests: RateLimit,
    pub(crate) streams: Arc<AtomicUsize>,
}

impl Usage {
    fn new(limits: &Limits) -> Self {
        let rate = limits.requests_a_second.max(1);
        Self {
            requests: RateLimit::new(rate.saturating_mul(BURST_SECONDS), Duration::from_secs(1) / rate),
            streams: Arc::default(),
        }
    }
}

/// What all tokens use.
#[derive(Debug, Default)]
pub(crate) struct Used {
    by_token: Mutex<HashMap<Arc<str>, Arc<Usage>>>,
    pub(crate) streams: Arc<AtomicUsize>,
}

impl Used {
    /// What this token uses. It stays the same when tokens are read anew.
    pub(crate) fn of(&self, token: &Arc<str>, limits: &Limits) -> Arc<Usage> {
        let mut known = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT_MAX {
            known.retain(|_, usage| Arc::strong_count(usage) > 1 || Arc::strong_count(&usage.streams) > 1);
        }
        Arc::clone(known.entry(Arc::clone(token)).or_insert_with(|| Arc::new(Usage::new(limits))))
    }
}

/// A place among event streams, until it is dropped.
#[derive(Debug)]
pub struct Following {
    _own: Option<Counted>,
    _all: Counted,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NoPlace {
    /// As many of the token's own are open as may be.
    OfToken,
    /// As many of all tokens are.
    OfAll,
}

impl Used {
    /// A place among the event streams of a token, where it is one that is counted, and of all.
    ///
    /// # Errors
    /// When there are as many as `limits` allow.
    pub(crate) fn follow(&self, usage: Option<&Usage>, limits: &Limits) -> Result<Following, NoPlace> {
        let own = |usage: &Usage| Counted::within(&usage.streams, limits.streams_each).ok_or(NoPlace::OfToken);
        let own = usage.map(own).transpose()?;
        let all = Counted::within(&self.streams, limits.streams).ok_or(NoPlace::OfAll)?;
        Ok(Following { _own: own, _all: all })
    }
}

/// One of those that a number counts.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn within(of: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let more = |count: usize| (count < most).then_some(count + 1);
        of.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok().then(|| Self(Arc::clone(of)))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
