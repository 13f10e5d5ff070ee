//! What the process is given from outside: time and randomness, so that runs replay; bounds and room for work; the
//! addresses it is found at; and what operators can watch.

pub mod block_on;
pub mod clock;
pub mod entropy;
pub mod limits;
pub mod metrics;
pub mod off_thread;
pub mod provider;
pub mod rate_limit;
pub(crate) mod relying_party;
pub mod sandbox;

use crate::{
    environment::{
        clock::Clock,
        entropy::Entropy,
        limits::{Limits, SessionTimes},
        metrics::Metrics,
        off_thread::Processors,
        provider::{IdentityProvider, ProviderSettings},
        relying_party::RelyingParty,
        sandbox::SandboxFile,
    },
    refused::Refused,
};
use remit_domain::{
    Context,
    id::{Ids, Timestamp},
};
use remit_responders::reach::PrivateHosts;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Time, randomness, bounds, addresses and metrics.
#[derive(Debug)]
pub struct Environment {
    /// Where randomness comes from.
    pub entropy: Entropy,
    pub(crate) clock: Box<dyn Clock>,
    /// What the monotonic clock is ahead of the wall clock at the start, in milliseconds; negative where it is behind.
    ahead_ms: i64,
    /// Limits of what is kept under way at once.
    pub limits: Limits,
    /// How long sessions of people who work here last.
    pub(crate) sessions: SessionTimes,
    /// The identity provider by which they sign in, if one was declared.
    pub(crate) provider: Option<IdentityProvider>,
    /// What browsers know this server as where people have passkeys; or why they have none, in words.
    pub(crate) relying_party: Result<RelyingParty, &'static str>,
    /// What operators can watch.
    pub metrics: Metrics,
    /// Where browsers find this server, the first in links.
    public: Vec<String>,
    /// Where customers sign in, if that was said.
    sign_in: Option<String>,
    /// Hosts without a public address at which delegates may have their keys.
    pub(crate) private_hosts: PrivateHosts,
    /// Room for files on their way.
    pub uploads: Semaphore,
    /// The sandbox back office of the data directory.
    pub sandbox: SandboxFile,
    /// Room for work that takes a processor for milliseconds.
    pub(crate) processors: Processors,
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Environment {
    /// On time told by `clock`, within `limits`. `public` is where browsers find this server, by origin; `sign_in`
    /// where customers sign in; and `private_hosts` are those of private networks that may be asked all the same.
    pub(crate) fn new(
        clock: Box<dyn Clock>,
        (limits, sessions): (Limits, SessionTimes),
        provider: Option<ProviderSettings>,
        public: Vec<String>,
        sign_in: Option<String>,
        private_hosts: PrivateHosts,
        sandbox: SandboxFile,
    ) -> Self {
        Self {
            entropy: Entropy::default(),
            ahead_ms: milliseconds(clock.monotonic()).saturating_sub(clock.now().0),
            clock,
            limits,
            sessions,
            relying_party: RelyingParty::of(&public, provider.is_some()),
            provider: provider.map(IdentityProvider::new),
            metrics: Metrics::default(),
            public,
            sign_in,
            private_hosts,
            uploads: Semaphore::new(limits::UPLOADS_MAX),
            sandbox,
            processors: Processors::default(),
        }
    }

    /// Where browsers find this server, if that was said.
    pub fn public_origins(&self) -> &[String] {
        &self.public
    }

    /// Where customers sign in, if that was said.
    pub fn sign_in(&self) -> Option<&str> {
        self.sign_in.as_deref()
    }

    /// A path as a link: on its own, it leads to the server that it came from.
    pub(crate) fn public_link(&self, path: &str) -> String {
        format!("{}{path}", self.public.first().map_or("", String::as_str))
    }

    /// The moment now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The moment now by a clock that nobody sets: at the start it shows the same, and then it goes on by itself. For
    /// what lasts so long, and is told nobody as a moment.
    pub(crate) fn steady(&self) -> Timestamp {
        Timestamp(milliseconds(self.clock.monotonic()).saturating_sub(self.ahead_ms))
    }

    /// A moment of the wall clock as the steady clock shows it.
    pub(crate) fn steadily(&self, at: Timestamp) -> Timestamp {
        at.plus_ms(self.steady().0.saturating_sub(self.now().0))
    }

    /// What a command is decided in that records say is of `by`: the moment, and where new identifiers come from.
    pub(crate) fn context(&self, by: &str) -> Result<Context, Refused> {
        let now = self.clock.now();
        Ok(Context { now, ids: self.ids(now)?, by: by.to_owned() })
    }

    /// Where new identifiers come from.
    pub(crate) fn ids(&self, now: Timestamp) -> Result<Ids, Refused> {
        let random = u128::from_be_bytes(self.entropy.bytes()?);
        // The lowest bits count up within one command, so they start low.
        Ok(Ids::new(now, random & !0xffff))
    }
}
