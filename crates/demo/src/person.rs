//! A member of the simulated staff.

use super::dice::Dice;
use remit_command::client::Client;
use serde_json::Value;
use std::sync::atomic::AtomicBool;

/// A member of staff.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) first_name: String,
    /// How they are noted.
    pub(super) note: Value,
    pub(super) client: Client,
    /// How long they take, in percent of what is usual.
    pub(super) pace: i64,
    /// Whether they have gone home.
    pub(super) gone: AtomicBool,
}

impl Person {
    /// The desks that they work at.
    pub(super) fn queues(&self) -> impl Iterator<Item = &str> {
        self.note.get("queues").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// How long something takes them that usually takes so many seconds, give or take a third.
    pub(super) fn takes(&self, dice: &mut Dice, seconds: i64) -> i64 {
        dice.between(670, 1_340) * seconds * self.pace / 100
    }
}
