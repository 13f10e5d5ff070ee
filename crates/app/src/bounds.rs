//! Bounds of what is said on a case.

use crate::refused::Refused;
use remit_signals::normal::says_nothing;

/// Longest message, in bytes of UTF-8.
pub const TEXT_MAX: usize = 32_768;

/// Longest reason, in bytes of UTF-8.
pub const REASON_MAX: usize = 4_096;

/// Longest external identifier of a customer, in bytes of UTF-8.
pub const CUSTOMER_MAX: usize = 256;

/// The longest that anything is before somebody who answers, in milliseconds: a day.
const SEEN_MS_MAX: i64 = 86_400_000;

/// For how long something was before who answers it.
pub(crate) fn seen(seen_ms: Option<i64>) -> Result<(), Refused> {
    if seen_ms.is_some_and(|seen| !(0..=SEEN_MS_MAX).contains(&seen)) {
        return Err(Refused::invalid("seen_ms", format!("must be 0 to {SEEN_MS_MAX} milliseconds")));
    }
    Ok(())
}

pub(crate) fn bounded(field: &str, text: &str, max: usize) -> Result<(), Refused> {
    if says_nothing(text) {
        return Err(Refused::invalid(field, "must not be empty"));
    }
    if text.len() > max {
        return Err(Refused::invalid(field, format!("has {} bytes, more than {max}", text.len())));
    }
    Ok(())
}

/// The beginning of `text`, at most so many bytes long.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}
