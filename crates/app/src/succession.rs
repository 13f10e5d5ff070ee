//! Which bundle governs from one moment to the next: every request and every job takes the parts of the moment once, at
//! its beginning, and is carried out under one bundle to its end. What it would commit once another bundle is in force
//! is refused as superseded, and taken anew under that one.

use crate::{
    Parts,
    environment::clock::{Clock as _, SystemClock},
    governance::{
        model_cache::ModelCache,
        services::{ServiceError, Services},
    },
};
use remit_policy::bundle::Bundle;
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::{Mutex, watch};

/// The parts in force, and how those of another bundle are made.
#[derive(Debug)]
pub struct Succession {
    current: RwLock<Arc<Parts>>,
    /// Held while a bundle is made ready and put in force: one at a time.
    pub(crate) activating: Mutex<()>,
    /// The term of the bundle in force.
    terms: watch::Sender<u64>,
    pub(crate) making: Arc<Making>,
}

/// Makes the AI services of a bundle, with what is kept of its articles.
pub type MakeServices = Box<dyn Fn(&Bundle, &ModelCache) -> Result<Services, ServiceError> + Send + Sync>;

/// How what answers under another bundle is made.
pub struct Making {
    /// The data directory, in which what is learnt is kept; none where it is kept nowhere.
    pub data: Option<PathBuf>,
    /// Makes its AI services.
    pub services: MakeServices,
}

impl fmt::Debug for Making {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Making").field("data", &self.data).finish_non_exhaustive()
    }
}

impl Making {
    /// AI services with secrets from this process's environment, and what is learnt kept in the directory `data`.
    pub fn at(data: Option<PathBuf>) -> Self {
        let seconds = || SystemClock.now().0 / 1_000;
        let services: MakeServices =
            Box::new(move |bundle, cache| Services::of(bundle, cache, &|name| std::env::var(name).ok(), seconds));
        Self { data, services }
    }

    /// No AI service answers by itself, and nothing that is learnt is kept.
    pub fn without_services() -> Self {
        Self { data: None, services: Box::new(|_, _| Ok(Services::none())) }
    }

    /// Where what is learnt is kept.
    pub(crate) fn cache(&self) -> ModelCache {
        ModelCache::of(self.data.as_deref())
    }
}

impl Succession {
    /// Begins with these parts.
    pub fn new(parts: Arc<Parts>, making: Making) -> Self {
        let terms = watch::channel(parts.journal.term()).0;
        Self { current: RwLock::new(parts), activating: Mutex::default(), terms, making: Arc::new(making) }
    }

    /// The parts in force.
    pub fn current(&self) -> Arc<Parts> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells the term of the bundle in force, each time that it is another one.
    pub fn terms(&self) -> watch::Receiver<u64> {
        self.terms.subscribe()
    }

    /// From now on these are in force.
    pub(crate) fn succeed(&self, next: Arc<Parts>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// Tells everybody who waits for it that another bundle is in force.
    pub(crate) fn tell(&self) {
        self.terms.send_replace(self.current().journal.term());
    }
}
