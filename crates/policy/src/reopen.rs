//! What a bundle says of messages on cases that have ended.

use serde::Deserialize;

/// What becomes of a message on a case that has ended.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    /// Days after its end within which the case goes on.
    #[serde(default = "Reopen::days")]
    pub within_days: u32,
    /// What becomes of it later.
    #[serde(default, rename = "else")]
    pub later: ReopenLater,
}

/// What becomes of a message on a case that ended longer ago.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReopenLater {
    /// It opens another case, which is linked with that one.
    #[default]
    Link,
    /// The case goes on all the same.
    Reopen,
    /// It is refused.
    Refuse,
}

impl Reopen {
    fn days() -> u32 {
        7
    }
}
