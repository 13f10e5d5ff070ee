//! `[[action]]` and `[[connector]]`: what can be done beyond the conversation, and who carries it out.

use super::http_call::{HttpCalls, OAuth};
use remit_domain::request::Confirming;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that can be done beyond the conversation.
///
/// One that has `parameters` is requested exactly, confirmed, and carried out by its connector. Of one that has none,
/// policy says whether an AI responder may have it done, and a person does it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Its name: a value of the schema's `RequestedAction`, or, where it has parameters, an action of its own in
    /// policies.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What is asked for with it, as JSON Schema (2020-12) of an object.
    pub parameters: Option<serde_json::Value>,
    /// What of the world it changes.
    pub effect: Option<EffectClass>,
    /// Who carries it out.
    pub connector: Option<String>,
    /// What who confirms it reads; `{name}` stands for a parameter, `{facts.name}` for a fact.
    pub template: Option<TemplateText>,
    /// Minutes within which it must be confirmed.
    pub deadline_minutes: Option<u32>,
    /// Parameters that policies never see and that are on record by commitment alone.
    #[serde(default)]
    pub personal: Vec<String>,
    /// What the connector tells of the exact request before policy is asked, by name.
    #[serde(default)]
    pub facts: BTreeMap<String, TermKind>,
    /// Actions of the catalogue whose last time for the same customer policies look back at.
    #[serde(default)]
    pub recent: Vec<String>,
    /// The sets of confirmations with which policy is asked again, if it denies the action as it stands.
    #[serde(default)]
    pub confirmations: Vec<Vec<Confirming>>,
    /// The parameter or fact that says how much money it moves.
    pub amount: Option<String>,
    /// How often and how much in a time.
    #[serde(rename = "limit", default)]
    pub limits: Vec<ActionLimit>,
    /// How its connector is asked for it, where that is an HTTP service.
    pub http: Option<HttpCalls>,
}

impl Action {
    /// Whether it is requested exactly.
    pub(crate) fn is_requested(&self) -> bool {
        self.parameters.is_some()
    }
}

/// What of the world an action changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// Nothing.
    None,
    /// Something that can be put back as it was.
    Reversible,
    /// Money.
    Money,
    /// Somebody's account.
    Account,
    /// Something that cannot be put back.
    Irreversible,
}

/// What a value is, as policies see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// Yes or no.
    Truth,
    /// A whole number.
    Number,
    /// Hours or days since something: a whole number that grows by itself. That it has grown changes nothing of what
    /// somebody has said yes to, as long as policy still permits it.
    Elapsed,
    /// A text.
    Text,
    /// A list of texts, seen as a set.
    Texts,
    /// An amount: `{ minor, currency }`.
    Money,
}

/// A template in one language, or in several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum TemplateText {
    /// In one.
    One(String),
    /// By language.
    ByLanguage(BTreeMap<String, String>),
}

/// How often, and how much, in a time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionLimit {
    /// For each of whom it counts.
    pub by: LimitedBy,
    /// Hours of a window; windows begin at midnight of 1 January 1970 and follow one another.
    pub window_hours: u32,
    /// How often at most.
    pub count: Option<u64>,
    /// How much money at most, in minor units.
    pub minor: Option<u64>,
}

/// For each of whom a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitedBy {
    /// The customer whose case it is.
    Customer,
    /// The member of staff who asks.
    Staff,
    /// The AI responder that asks.
    Responder,
    /// Nobody in particular: the action as a whole.
    Action,
}

/// Who carries actions out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// The name that actions call it by.
    pub name: String,
    /// How it is reached.
    pub kind: ConnectorKind,
    /// For `webhook` and `http`: where.
    pub url: Option<String>,
    /// Whether what is sent may go over the network in the clear.
    #[serde(default)]
    pub in_the_clear: bool,
    /// For `sandbox`: the file beside the bundle that its shop is filled from, once.
    pub seed: Option<String>,
    /// For `webhook`: the environment variable that holds the secret that both sides sign with.
    pub secret_env: Option<String>,
    /// Milliseconds that an answer is waited for.
    #[serde(default = "Connector::deadline")]
    pub deadline_ms: u32,
    /// How often it is asked what became of a request whose outcome is not known, before a person is.
    #[serde(default = "Connector::attempts")]
    pub attempts: u32,
    /// For `http`: the header that carries the key under which something is done once.
    #[serde(default = "Connector::key_header")]
    pub key_header: String,
    /// For `http`: seconds after which what the service was asked for and does not know is not begun any more.
    #[serde(default = "Connector::settled")]
    pub settled_seconds: u32,
    /// For `http`: where a token comes from; without it none is sent.
    pub oauth: Option<OAuth>,
    /// Who answers for what its statements and the record do not agree on; who owns exceptions, unless told.
    pub owner: Option<String>,
    /// Which member of a bank's statement carries the key.
    #[serde(default)]
    pub statement_key: StatementKey,
    /// Whether its statements tell of what others had done, too.
    #[serde(default)]
    pub statement_shared: bool,
}

impl Connector {
    fn deadline() -> u32 {
        5_000
    }

    fn attempts() -> u32 {
        5
    }

    fn key_header() -> String {
        "Idempotency-Key".to_owned()
    }

    fn settled() -> u32 {
        60
    }
}

/// Which member of an entry in camt.053 carries the key of a request, by its name there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum StatementKey {
    /// What whoever had the payment made calls it, from end to end.
    #[default]
    EndToEndId,
    /// What they call their instruction.
    InstrId,
    /// The bank's number of the transaction.
    TxId,
    /// The number of the entry.
    NtryRef,
    /// The bank's reference of the entry.
    AcctSvcrRef,
}

impl StatementKey {
    /// Its name in camt.053.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndToEndId => "EndToEndId",
            Self::InstrId => "InstrId",
            Self::TxId => "TxId",
            Self::NtryRef => "NtryRef",
            Self::AcctSvcrRef => "AcctSvcrRef",
        }
    }
}

/// How a connector is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorKind {
    /// A signed request to a service of the organisation's.
    Webhook,
    /// A service of the organisation's as it is, by what each action declares of it.
    Http,
    /// The sandbox back office that comes with Remit.
    Sandbox,
}
