//! The key under which a request is carried out once, in its two spellings.

use crate::id::RequestId;
use smol_str::{SmolStr, format_smolstr};

/// What stands before it.
const OURS: &str = "remit-";
/// What stands before a request's number in its identifier.
const REQUEST: &str = "req_";

/// The key of a request: the same one each time.
pub(super) fn key(id: RequestId) -> SmolStr {
    format_smolstr!("{OURS}{id}")
}

/// The same in 32 letters, digits and a hyphen: payments carry 35 at most (ISO 20022, `Max35Text`), and of signs those
/// alone that SEPA knows.
pub fn short_key(id: RequestId) -> SmolStr {
    let id = id.to_string();
    format_smolstr!("{OURS}{}", id.strip_prefix(REQUEST).unwrap_or(&id))
}

/// The request that has this key, in either spelling; nothing where it is nobody's.
pub fn request_of(key: &str) -> Option<RequestId> {
    let rest = key.strip_prefix(OURS)?;
    rest.parse().ok().or_else(|| format!("{REQUEST}{rest}").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_request_in_both_spellings() {
        let id: RequestId = "req_01KAZ0000000000000000000XY".parse().unwrap();
        for key in [key(id), short_key(id)] {
            assert_eq!(request_of(&key), Some(id), "{key}");
        }
        assert!(short_key(id).len() <= 35 && short_key(id).bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        for other in ["", "remit-", "req_01KAZ0000000000000000000XY", "remit-cas_01KAZ0000000000000000000XY", "rent"] {
            assert_eq!(request_of(other), None, "{other}");
        }
    }
}
