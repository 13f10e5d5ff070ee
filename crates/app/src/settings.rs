//! How a server is run, as whoever starts it says.

use crate::environment::{
    limits::{Limits, SessionTimes},
    provider::ProviderSettings,
};
use remit_policy::address::Address;
use remit_responders::reach::PrivateHosts;

/// What whoever starts the server can say.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Limits of what is kept under way at once.
    pub limits: Limits,
    /// How long sessions of people who work here last.
    pub sessions: SessionTimes,
    /// The identity provider by which they sign in; passwords, where there is none.
    pub provider: Option<ProviderSettings>,
    /// Where browsers find this server. Links that are made lead to the first, and pages write from all of them.
    pub public: Vec<Address>,
    /// Where customers sign in whom a delegate has asked.
    pub customer_sign_in: Option<String>,
    /// Whether events may be sent over the network in the clear.
    pub webhooks_in_the_clear: bool,
    /// Hosts without a public address to which events may be sent, and whose keys delegates may name.
    pub private_hosts: PrivateHosts,
}
