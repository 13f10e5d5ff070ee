//! What a waiting case asks of whoever takes it.

use crate::case::Channel;
use std::collections::BTreeMap;

/// The language of a case that anybody may take, whatever they speak.
pub const ANY_LANGUAGE: &str = "und";

/// What a case asks of whoever takes it.
#[derive(Debug, Clone, Copy)]
pub struct Asks<'a> {
    /// How it reached us.
    pub channel: Channel,
    /// The customer's language by tag; [`ANY_LANGUAGE`] for any.
    pub language: &'a str,
    /// The least level of it; any where it is 0.
    pub language_level: u8,
    /// Skills with the least level of each.
    pub skills: &'a BTreeMap<String, u8>,
}
