//! The service that is asked before a case is decided first, as the bundle configures it, with what it may tell; left
//! alone for a while after it came to nothing several times in a row.

use remit_policy::{bundle::Bundle, manifest::Enrichment};
use remit_responders::{EnrichmentAsked, EnrichmentService, EnrichmentTold, Failure, signature::SigningSecret};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// The service with what it may tell.
#[derive(Debug)]
pub(crate) struct Enricher {
    service: EnrichmentService,
    /// What it may tell.
    pub(crate) configured: Enrichment,
    failed: AtomicU32,
    /// Until when it is left alone, on the monotonic clock.
    alone_until: Mutex<Duration>,
}

/// Why nothing was told.
#[derive(Debug)]
pub(crate) enum Unenriched {
    /// It is left alone for now.
    LeftAlone,
    /// It was asked.
    Failed(Failure),
}

impl Enricher {
    /// That of `bundle`, if it has one, with its secret from `environment` and the time in seconds from `now`.
    ///
    /// # Errors
    /// When the secret is missing or the address cannot be used.
    pub(crate) fn of(
        bundle: &Bundle,
        environment: &dyn Fn(&str) -> Option<String>,
        now: fn() -> i64,
    ) -> Result<Option<Self>, String> {
        let Some(configured) = bundle.enrichment() else { return Ok(None) };
        let name = &configured.secret_env;
        let secret = environment(name);
        let secret = secret.ok_or_else(|| format!("set the environment variable {name}, which holds its secret"))?;
        let secret = SigningSecret::parse(&secret).map_err(|error| error.to_string())?;
        let deadline = Duration::from_millis(configured.deadline_ms.into());
        let service = EnrichmentService::new(&configured.url, secret, deadline, now);
        Ok(Some(Self {
            service: service.map_err(|error| error.to_string())?,
            configured: configured.clone(),
            failed: AtomicU32::new(0),
            alone_until: Mutex::new(Duration::ZERO),
        }))
    }

    /// What it tells; `now` is the moment on the monotonic clock.
    pub(crate) async fn ask(
        &self,
        id: &str,
        asked: &EnrichmentAsked,
        now: impl Fn() -> Duration,
    ) -> Result<EnrichmentTold, Unenriched> {
        if *self.alone_until.lock().unwrap_or_else(PoisonError::into_inner) > now() {
            return Err(Unenriched::LeftAlone);
        }
        let told = self.service.ask(id, asked).await;
        match &told {
            Ok(_) => self.failed.store(0, Ordering::Relaxed),
            Err(_) => {
                let failed = self.failed.fetch_add(1, Ordering::Relaxed) + 1;
                if failed >= self.configured.outages {
                    let until = now() + Duration::from_secs(self.configured.pause_seconds.into());
                    *self.alone_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
                }
            }
        }
        told.map_err(Unenriched::Failed)
    }
}
