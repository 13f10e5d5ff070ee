//! The identity provider by which people who work here sign in: what whoever starts the server says of it, and what it
//! says of itself, asked for when it is needed and kept.

use crate::environment::rate_limit::RateLimit;
use remit_oauth::{oidc::Provider, provider_keys::ProviderKeys};
use remit_policy::address::Address;
use remit_responders::{ApiKey, Failure, provider::fetch};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// For how long what it says of itself is kept.
const KEPT: Duration = Duration::from_secs(3_600);
/// For how long it is not asked again where it did not answer, since it was: nobody waits for what somebody else just
/// waited for.
const FAILED: Duration = Duration::from_secs(20);
/// How often it is asked anew since a token names a key that is not known: so often at once, and once in so long.
/// Whoever sends such tokens makes nobody ask more, nor those who sign in wait.
const ANEW: (u32, Duration) = (10, Duration::from_secs(10));

/// What whoever starts the server says of the identity provider.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its name, an address.
    pub issuer: String,
    /// What Remit is called there.
    pub client_id: String,
    /// What shows that it is Remit.
    pub secret: ApiKey,
    /// The claim that says who somebody is.
    pub name_claim: String,
    /// The domain whose addresses name people by what stands before the `@`.
    pub domain: Option<String>,
    /// The claim that says in which groups somebody is, or which roles they have there.
    pub roles_claim: String,
    /// Which of these gives which role here.
    pub roles: Vec<(String, String)>,
}

/// The provider, and what it said.
#[derive(Debug)]
pub(crate) struct IdentityProvider {
    pub(crate) settings: ProviderSettings,
    known: Mutex<Option<Arc<KnownProvider>>>,
    /// Until when it is not asked again, which did not answer.
    failed: Mutex<Option<Duration>>,
    /// For tokens that it gave itself, and for those that anybody can send.
    anew: [RateLimit; 2],
    /// One asks at a time, and the others wait for what it is told.
    asking: tokio::sync::Mutex<()>,
}

/// What a provider said of itself.
#[derive(Debug)]
pub(crate) struct KnownProvider {
    pub(crate) provider: Provider,
    pub(crate) keys: ProviderKeys,
    /// When, by the monotonic clock.
    at: Duration,
}

impl IdentityProvider {
    pub(crate) fn new(settings: ProviderSettings) -> Self {
        Self {
            settings,
            known: Mutex::default(),
            failed: Mutex::default(),
            anew: [ANEW; 2].map(|(most, each)| RateLimit::new(most, each)),
            asking: Default::default(),
        }
    }

    fn kept(&self) -> Option<Arc<KnownProvider>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it says of itself, asked for where that was too long ago.
    ///
    /// # Errors
    /// When it is not reached, or says something else.
    pub(crate) async fn known(&self, now: Duration) -> Result<Arc<KnownProvider>, Failure> {
        let fresh = |known: &Arc<KnownProvider>| now.saturating_sub(known.at) < KEPT;
        if let Some(known) = self.kept().filter(fresh) {
            return Ok(known);
        }
        let _asking = self.asking.lock().await;
        if let Some(known) = self.kept().filter(fresh) {
            return Ok(known);
        }
        if let Some(until) = self.failed_until(|_| ()).filter(|until| now < *until) {
            return Err(Failure::Busy { retry_after: Some(until.saturating_sub(now)) });
        }
        let asked = self.ask(now).await;
        let until = asked.is_err().then_some(now + FAILED);
        self.failed_until(|failed| *failed = until);
        asked
    }

    fn failed_until(&self, change: impl FnOnce(&mut Option<Duration>)) -> Option<Duration> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut failed);
        *failed
    }

    /// The same, asked for since what is kept, which is `stale`, does not fit a token, which it gave
    /// itself or anybody may have sent.
    ///
    /// # Errors
    /// When it is not reached, says something else, or was asked too often.
    pub(crate) async fn anew(
        &self,
        stale: &Arc<KnownProvider>,
        is_given: bool,
        now: Duration,
    ) -> Result<Arc<KnownProvider>, Failure> {
        let _asking = self.asking.lock().await;
        if let Some(known) = self.kept().filter(|known| !Arc::ptr_eq(known, stale)) {
            return Ok(known);
        }
        let [given, sent] = &self.anew;
        (if is_given { given } else { sent }).take(now).map_err(|wait| Failure::Busy { retry_after: Some(wait) })?;
        self.ask(now).await
    }

    async fn ask(&self, now: Duration) -> Result<Arc<KnownProvider>, Failure> {
        let wrong = |what: &str| Failure::Malformed(what.to_owned());
        let issuer = &self.settings.issuer;
        let said = fetch(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))).await?;
        let provider: Provider =
            serde_json::from_value(said).map_err(|_| wrong("it lacks what OpenID Connect Discovery asks for"))?;
        if provider.issuer != *issuer {
            return Err(wrong("it calls itself by another name than the issuer that was declared"));
        }
        let addresses = [&provider.authorization_endpoint, &provider.token_endpoint, &provider.jwks_uri];
        let is_private = |address: &&String| Address::parse(address).is_ok_and(|address| address.is_private());
        if !addresses.iter().all(is_private) {
            return Err(wrong("one of its addresses is not https://…"));
        }
        let keys = ProviderKeys::parse(&fetch(&provider.jwks_uri).await?);
        let known = Arc::new(KnownProvider { provider, keys, at: now });
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        Ok(known)
    }
}
