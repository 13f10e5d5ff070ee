//! By what access tokens of delegates are signed, and proofs and assertions of theirs known: keys that every node
//! derives alike, and what was seen of late.

use super::keys::Keys;
use crate::refused::Refused;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::id::Timestamp;
use remit_oauth::{nonce::Nonces, seen::SeenProofs, token::SigningKeys};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// For how long a key signs, in milliseconds. Those of the period before and of the one that comes are announced too.
const PERIOD_MS: i64 = 30 * 24 * 3_600_000;
/// For how long a nonce is given out.
const NONCE_PERIOD: Duration = Duration::from_secs(120);
/// Proofs and assertions that are remembered at once: those of some minutes at thousands a second.
const SEEN_MAX: usize = 2_000_000;

/// By what access tokens are signed, and proofs known.
pub(crate) struct DelegateTokens {
    seed: [u8; 32],
    /// Stamps requests that travel by way of a browser.
    stamp: [u8; 32],
    /// The keys of the period that was asked for last.
    signing: RwLock<Option<(i64, Arc<SigningKeys>)>>,
    /// When this process began to remember what it sees.
    pub(crate) since: Timestamp,
    /// Nonces of proofs: no other process gave them out, whose proofs this one has not seen.
    pub(crate) nonces: Nonces,
    /// Proofs and assertions that were seen of late.
    pub(crate) seen: SeenProofs,
}

impl fmt::Debug for DelegateTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DelegateTokens(…)")
    }
}

impl DelegateTokens {
    /// Those of a data directory.
    pub(crate) fn of(keys: &Keys, since: Timestamp) -> Self {
        let nonces = super::keys::hmac(&keys.of_delegates(b"nonces of proofs"), &[&since.0.to_be_bytes()]);
        Self {
            since,
            seed: keys.of_delegates(b"sign access tokens"),
            stamp: keys.of_delegates(b"stamp requests for codes"),
            signing: RwLock::default(),
            nonces: Nonces::new(&nonces, NONCE_PERIOD),
            seen: SeenProofs::new(SEEN_MAX),
        }
    }

    /// Something that goes away by way of a browser, as a text: whoever has it can read it, and nobody can change it,
    /// or pass it for something of another kind.
    pub(crate) fn stamped(&self, what: &[u8], body: &[u8]) -> String {
        let stamp = super::keys::hmac(&self.stamp, &[what, b"\0", body]);
        format!("{}.{}", URL_SAFE_NO_PAD.encode(body), URL_SAFE_NO_PAD.encode(stamp))
    }

    /// The same when it has come back; nothing where it is not what went away.
    pub(crate) fn unstamped(&self, what: &[u8], text: &str) -> Option<Vec<u8>> {
        let (body, stamp) = text.split_once('.')?;
        let body = URL_SAFE_NO_PAD.decode(body).ok()?;
        super::keys::is_hmac(&self.stamp, &[what, b"\0", &body], &URL_SAFE_NO_PAD.decode(stamp).ok()?).then_some(body)
    }

    /// The keys that tokens are signed and known by at a moment.
    pub(crate) fn signing(&self, now: Timestamp) -> Result<Arc<SigningKeys>, Refused> {
        let period = now.0.div_euclid(PERIOD_MS);
        if let Some((_, keys)) =
            self.signing.read().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|(of, _)| *of == period)
        {
            return Ok(Arc::clone(keys));
        }
        let seed = |period: i64| super::keys::hmac(&self.seed, &[&period.to_be_bytes()]);
        let others = [seed(period - 1), seed(period + 1)];
        let keys = Arc::new(SigningKeys::new(&seed(period), &others).map_err(Refused::internal)?);
        *self.signing.write().unwrap_or_else(PoisonError::into_inner) = Some((period, Arc::clone(&keys)));
        Ok(keys)
    }
}
