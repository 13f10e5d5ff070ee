//! Names of those who post readings. A name that looks like one of Remit's own is nobody's.

use crate::signal::OWN_SOURCE;

/// The source name of a bundle's defaults, which stand where nothing was measured.
pub const DEFAULT_SOURCE: &str = "default";
/// Longest name, in bytes.
const NAME_MAX: usize = 64;

/// Why a name cannot be a source's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Other characters than those that everybody can tell apart.
    #[error("must be 1 to {NAME_MAX} small letters, digits, `-`, `_` or `.`")]
    Form,
    /// Readers would take it for Remit's own.
    #[error("looks like `{0}`, which is a source of Remit's own; choose another name")]
    Reserved(&'static str),
}

/// Refuses what cannot be the name of a source.
///
/// # Errors
/// When it has other characters than small ASCII letters, digits, `-`, `_` and `.`, or looks like a name of Remit's
/// own.
pub fn check(name: &str) -> Result<(), SourceError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(plain) {
        return Err(SourceError::Form);
    }
    match [OWN_SOURCE, DEFAULT_SOURCE].into_iter().find(|own| seen(own) == seen(name)) {
        Some(own) => Err(SourceError::Reserved(own)),
        None => Ok(()),
    }
}

/// What a reader in a hurry sees: no punctuation, and one character for those that look the same.
fn seen(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| match c {
        '1' | 'l' => 'i',
        '0' => 'o',
        '3' => 'e',
        '5' => 's',
        '7' => 't',
        c => c,
    });
    letters.collect::<String>().replace("rn", "m").replace("nn", "m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_name_of_remits_own_is_refused() {
        let own = ["remit", "rem1t", "remlt", "rernit", "re-mit", "remit.", "_remit", "r3mit", "remi7"];
        for (names, like) in [(&own[..], "remit"), (&["default", "de.fault", "defau1t"][..], "default")] {
            for name in names {
                assert_eq!(check(name), Err(SourceError::Reserved(like)), "{name}");
            }
        }
        let other =
            ["", "Remit", "REMIT", " remit", "remit ", "r\u{435}mit", "ｒｅｍｉｔ", "re\u{200b}mit", "c r m", "crm\n"];
        for name in other.into_iter().chain(["x".repeat(65).as_str()]) {
            assert_eq!(check(name), Err(SourceError::Form), "{name:?}");
        }
        for name in ["crm", "erp-2", "core_banking", "fraud.score", "remittance", "transmit", "permit"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }
}
