//! Bounds that an operator can set: how often a token may ask, and how much may be open at once.

use std::{net::IpAddr, time::Duration};

/// What callers may have, each and together.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Requests a second with one token. Twice as many may come at once after a pause.
    pub requests_a_second: u32,
    /// Event streams of one token.
    pub streams_each: usize,
    /// Event streams of everybody, those of the chat page included.
    pub streams: usize,
    /// Connections of everybody.
    pub connections: usize,
    /// Connections from one address; of version 6, from one network of 64 bits.
    pub connections_each: usize,
    /// Requests of one agent within a minute that are only signed.
    pub knocks_each: u32,
    /// The same of all agents together, and of whoever passes for one.
    pub knocks: u32,
    /// Addresses behind which many callers stand, as a reverse proxy's. Loopback is one of them.
    pub proxies: Vec<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_a_second: 2_000,
            streams_each: 64,
            streams: 12_288,
            connections: 16_384,
            connections_each: 1_024,
            knocks_each: 60,
            knocks: 600,
            proxies: Vec::new(),
        }
    }
}

/// How long sessions of people who work here last.
#[derive(Debug, Clone, Copy)]
pub struct SessionTimes {
    /// Without being used.
    pub idle: Duration,
    /// At most.
    pub longest: Duration,
}

impl Default for SessionTimes {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30 * 60), longest: Duration::from_secs(12 * 3_600) }
    }
}

/// Files that are on their way at once, over all cases: what they may take of the memory.
pub(crate) const UPLOADS_MAX: usize = 64;
