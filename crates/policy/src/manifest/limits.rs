//! `[limits]` of `bundle.toml`: bounds, with what they are unless told.

use serde::Deserialize;

/// Bounds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How often a case may change hands before it becomes an owned exception.
    pub handoffs_max: u32,
    /// Seconds that a member of staff has to answer an offer.
    #[serde(default = "Limits::offer")]
    pub offer_seconds: u32,
    /// Minutes after which a member of staff who is away counts as gone: what they have goes back to its queue once its
    /// customer waits.
    #[serde(default = "Limits::away")]
    pub away_minutes: u32,
    /// Hours after which a case is resolved, when the customer says nothing more after an answer.
    #[serde(default = "Limits::silence")]
    pub silence_hours: u32,
    /// Days after the end of a case within which a new one about the same counts as another contact.
    #[serde(default = "Limits::again")]
    pub contact_again_days: u32,
    /// Minutes of a customer's silence after which their case takes no room of the member of staff who has it; 0 where
    /// it always does.
    #[serde(default)]
    pub silent_minutes: u32,
    /// Minutes for which a case that comes back is kept for whoever had it last and is there.
    #[serde(default = "Limits::keep")]
    pub keep_minutes: u32,
    /// Minutes after the moment of a callback within which the customer is to be called.
    #[serde(default = "Limits::callback")]
    pub callback_minutes: u32,
    /// Days for which a case is snoozed at most where no moment is named.
    #[serde(default = "Limits::snooze")]
    pub snooze_days: u32,
    /// Days after the end of a customer's case within which whoever had it has served the customer before.
    #[serde(default = "Limits::served")]
    pub served_before_days: u32,
}

impl Limits {
    fn offer() -> u32 {
        60
    }

    fn away() -> u32 {
        15
    }

    fn silence() -> u32 {
        72
    }

    fn again() -> u32 {
        7
    }

    fn keep() -> u32 {
        2
    }

    fn callback() -> u32 {
        15
    }

    fn snooze() -> u32 {
        14
    }

    fn served() -> u32 {
        30
    }
}
