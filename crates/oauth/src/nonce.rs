//! Nonces of proofs of possession (RFC 9449, section 8), of which nothing is kept: each is a MAC over the number of a
//! period under a key that all nodes share, so that any node takes what any other gave out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::{fmt, time::Duration};

/// What the MAC is over, before the number of the period.
const OVER: &[u8] = b"remit/dpop-nonce/v1";
/// Shortest period, in milliseconds.
const PERIOD_MIN_MS: i64 = 1_000;

/// Gives out nonces and knows them again.
#[derive(Clone)]
pub struct Nonces {
    key: Hmac<Sha256>,
    period_ms: i64,
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nonces").field("period_ms", &self.period_ms).finish_non_exhaustive()
    }
}

impl Nonces {
    /// Nonces under a key. Each counts for what is left of its period, and for the whole next one; a period is a
    /// second at least. Two minutes are a good one.
    pub fn new(key: &[u8; 32], period: Duration) -> Self {
        let period_ms = i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(PERIOD_MIN_MS);
        // A key shorter than a block of the hash is followed by zeros (RFC 2104).
        let mut block = [0; 64];
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        Self { key: Hmac::new(&block.into()), period_ms }
    }

    /// The nonce of now. `now_ms` is in milliseconds since 1970, here and everywhere else.
    pub fn issue(&self, now_ms: i64) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(now_ms.div_euclid(self.period_ms)).finalize().into_bytes())
    }

    /// Until when a nonce counts, in milliseconds since 1970, where it counts now: from that moment on it does not.
    /// The comparison takes as long whatever the nonce is.
    pub fn check(&self, nonce: &str, now_ms: i64) -> Option<i64> {
        // No nonce of this server is longer.
        if nonce.len() != 43 {
            return None;
        }
        let sent = URL_SAFE_NO_PAD.decode(nonce).ok()?;
        let now = now_ms.div_euclid(self.period_ms);
        let of = |period: i64| self.mac(period).verify_slice(&sent).is_ok();
        let periods = [now, now.saturating_sub(1)];
        let period = periods.into_iter().find(|period| of(*period))?;
        Some(period.saturating_add(2).saturating_mul(self.period_ms))
    }

    fn mac(&self, period: i64) -> Hmac<Sha256> {
        self.key.clone().chain_update(OVER).chain_update(period.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nonces(key: u8) -> Nonces {
        Nonces::new(&[key; 32], Duration::from_secs(60))
    }

    #[test]
    fn a_nonce_counts_in_its_period_and_the_next() {
        let nonces = nonces(7);
        let nonce = nonces.issue(90_000);
        assert_eq!(nonces.issue(119_999), nonce);
        assert_ne!(nonces.issue(120_000), nonce);
        let counts = |at: i64| nonces.check(&nonce, at);
        assert_eq!([59_999, 60_000, 179_999, 180_000].map(counts), [None, Some(180_000), Some(180_000), None]);
    }

    #[test]
    fn a_nonce_of_another_key_or_form_does_not_count() {
        let nonce = nonces(7).issue(0);
        assert_eq!(nonces(7).check(&nonce, 0), Some(120_000));
        assert_eq!(nonces(8).check(&nonce, 0), None);
        for wrong in ["", "x", &nonce[1..], &format!("{nonce}="), &nonce.to_lowercase(), &"\u{e9}".repeat(22)] {
            assert_eq!(nonces(7).check(wrong, 0), None, "{wrong}");
        }
        assert!(!format!("{:?}", nonces(7)).contains('7'));
    }

    proptest! {
        #[test]
        fn every_moment_has_a_nonce_that_counts(at in any::<i64>(), wrong in any::<String>()) {
            let nonces = nonces(1);
            let until = nonces.check(&nonces.issue(at), at);
            prop_assert!(until.is_some_and(|until| until > at || until == i64::MAX));
            prop_assert_eq!(nonces.check(&wrong, at), None);
        }
    }
}
