//! The built-in policies: what Remit promises whatever a bundle says. Their text is part of what a decision names, so
//! that it can be taken again under the text of then.

use remit_domain::id::Digest;
use sha2::{Digest as _, Sha256};

/// Every text that ever governed, the newest last. One that has governed is never changed: a change is a text of its
/// own.
const TEXTS: [&str; 2] = [include_str!("baseline.cedar"), include_str!("baseline-2.cedar")];

/// The text that governs now.
pub(crate) fn newest() -> &'static str {
    TEXTS.last().copied().unwrap_or_default()
}

/// The text that a decision names. Those that name none were taken under the first, or under one that comes to the same
/// for everything that was recorded then.
pub(crate) fn named(digest: Option<&Digest>) -> Option<&'static str> {
    match digest {
        None => TEXTS.first().copied(),
        Some(digest) => TEXTS.into_iter().find(|text| self::digest(text) == *digest),
    }
}

/// What names a text.
pub(crate) fn digest(text: &str) -> Digest {
    Digest::from_bytes(&Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decisions on record name these: whoever changes a text breaks their replay.
    #[test]
    fn no_text_that_has_governed_is_changed() {
        let digests: Vec<String> = TEXTS.into_iter().map(|text| digest(text).to_string()).collect();
        assert_eq!(
            digests,
            [
                "1fbbc1fce2e5f2a811e80547ec07ab1ab17ea9447c05bad80086df7587287bc1",
                "eb8ae542e0c761ab9ab14dc61e7170bdb62ad7ddf85e07938b50da9f4feb8285"
            ]
        );
        assert_eq!(named(Some(&digest(newest()))), Some(newest()));
        assert_eq!(named(Some(&Digest::from_bytes(&[0; 32]))), None);
    }
}
