//! `bundle.toml`: who owns what, which responders there are, when they work, and what counts as cost.

mod action;
mod considered;
mod enrichment;
mod field;
mod http_call;
mod languages;
mod limits;

pub use crate::product_schema::SchemaVersion;
pub use action::{
    Action, ActionLimit, Connector, ConnectorKind, EffectClass, LimitedBy, StatementKey, TemplateText, TermKind,
};
pub use considered::{Need, OfTopic, Preference};
pub use enrichment::Enrichment;
pub use field::{Field, SeenBy};
pub use http_call::{ClientAuth, HttpAmount, HttpCall, HttpCalls, HttpFact, HttpMethod, HttpSince, HttpState, OAuth};
pub use languages::{LEVELS, Languages};
pub use limits::Limits;

use remit_domain::case::Channel;
use remit_signals::intent::EncoderUse;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole of `bundle.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The organisation's name.
    pub name: String,
    /// What the bundle governs, in a sentence.
    pub description: String,
    /// ISO 4217 code of every amount in the bundle.
    pub currency: String,
    /// The version of the schema that Remit adds to the bundle's own.
    #[serde(default)]
    pub schema: SchemaVersion,
    /// The packs of readings that it takes, by name; all that ship where it says nothing.
    pub packs: Option<Vec<String>>,
    /// When the sentence encoder is asked.
    #[serde(default)]
    pub encoder: EncoderUse,
    /// Another model for it than the one that ships with Remit.
    pub encoder_model: Option<EncoderModel>,
    /// Who answers for what packs bring, and what of it is switched off.
    pub readings: Option<ReadingsTable>,
    /// Persons and teams that answer for something.
    #[serde(rename = "owner")]
    pub owners: Vec<Owner>,
    /// Owner of each decision point.
    pub decision_points: BTreeMap<String, String>,
    /// What can be measured about a case.
    #[serde(rename = "signal")]
    pub signals: Vec<Signal>,
    /// What a case is about, as values.
    #[serde(rename = "field", default)]
    pub fields: Vec<Field>,
    /// What is known of a customer.
    #[serde(rename = "fact", default)]
    pub facts: Vec<Field>,
    /// What is asked before the first decision on a case.
    pub enrichment: Option<Enrichment>,
    /// Groups of intents.
    #[serde(rename = "topic")]
    pub topics: Vec<Topic>,
    /// Hours of work.
    #[serde(rename = "calendar")]
    pub calendars: Vec<Calendar>,
    /// Promises of time.
    #[serde(rename = "sla")]
    pub slas: Vec<Sla>,
    /// AI responders.
    #[serde(rename = "responder", default)]
    pub responders: Vec<Responder>,
    /// Queues of staff.
    #[serde(rename = "queue", default)]
    pub queues: Vec<Queue>,
    /// What is preferred among those whom policy allows.
    #[serde(rename = "preference", default)]
    pub preferences: Vec<Preference>,
    /// What some cases need of the staff who take them.
    #[serde(rename = "need", default)]
    pub needs: Vec<Need>,
    /// The IANA time zone of AI responders; that of the first calendar where it is not named.
    pub time_zone: Option<String>,
    /// What can be done beyond the conversation.
    #[serde(rename = "action", default)]
    pub actions: Vec<Action>,
    /// Who carries actions out that are requested exactly.
    #[serde(rename = "connector", default)]
    pub connectors: Vec<Connector>,
    /// How cases are wrapped up.
    #[serde(default)]
    pub dispositions: Vec<String>,
    /// How cost is counted.
    pub economics: Economics,
    /// Bounds.
    pub limits: Limits,
    /// What becomes of a message on a case that has ended; it is refused where nothing is said.
    pub reopen: Option<crate::reopen::Reopen>,
    /// Who owns exceptions of routing.
    pub exceptions: Exceptions,
}

/// A model for the sentence encoder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderModel {
    /// The directory that holds its `config.json`, `vocab.txt` and `model.safetensors`: absolute, or seen from where
    /// Remit is started.
    pub directory: String,
    /// SHA-256 of the model as Remit packs it, in hexadecimal, so that the bundle says which model reads.
    pub digest: String,
}

/// What a bundle says of readings beside its files under `readings/`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingsTable {
    /// The owner of what packs bring; who owns exceptions where it is not named.
    pub owner: Option<String>,
    /// Other owners, by what is read (a situation, `wants_human`, `frustration`), or by pack.
    pub owners: BTreeMap<String, String>,
    /// Rules and situations of packs that are switched off.
    pub off: Vec<String>,
}

/// A person or team that answers for something.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The name used elsewhere in the bundle.
    pub name: String,
    /// What people call them.
    pub title: String,
    /// How to reach them.
    pub contact: String,
}

/// What can be measured about a case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// The name, also the attribute of the schema's context.
    pub name: String,
    /// `bool`, `long` or `name`.
    #[serde(rename = "type")]
    pub kind: SignalKind,
    /// For `name`: the schema's enum entity type that lists the values.
    pub vocabulary: Option<String>,
    /// For `long`: the least value.
    pub min: Option<i64>,
    /// For `long`: the greatest value.
    pub max: Option<i64>,
    /// The value where nothing was measured.
    pub default: toml::Value,
    /// Sources whose readings win over Remit's own.
    #[serde(default)]
    pub authoritative: Vec<String>,
    /// For `bool`: what whoever has the case is told where it is so.
    pub says: Option<String>,
}

/// What kind of value a signal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Yes or no.
    Bool,
    /// A whole number.
    Long,
    /// A name of a vocabulary.
    Name,
    /// Of a field: its text.
    #[serde(skip)]
    Text,
    /// Of a field: its names.
    #[serde(skip)]
    List,
}

/// A group of intents.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its name, a value of the schema's `Topic`.
    pub name: String,
    /// The intents of `intents.csv` that belong to it.
    pub intents: Vec<String>,
}

/// Hours of work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// The name used by queues.
    pub name: String,
    /// An IANA time zone, such as `Europe/London`.
    pub time_zone: String,
    /// Opening hours such as `08:00-20:00`, by weekday; a day that is not named is closed.
    #[serde(default)]
    pub hours: BTreeMap<String, Vec<String>>,
    /// Dates, such as `2026-12-25`, on which it is closed.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Dates with other hours than their weekday, such as a half holiday.
    #[serde(default)]
    pub dates: BTreeMap<String, Vec<String>>,
}

/// A promise of time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sla {
    /// The name used by queues.
    pub name: String,
    /// Minutes to the first reply.
    pub first_reply_minutes: u32,
    /// Minutes to a reply to what the customer writes later; those to the first reply where it is not named.
    pub next_reply_minutes: Option<u32>,
    /// Minutes to the end of the case, while the customer is not awaited; no promise where it is not named.
    pub resolution_minutes: Option<u32>,
}

/// An AI responder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responder {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The owner that answers for its cases.
    pub accountable: String,
    /// What handling one case costs, in minor units.
    pub handling_minor: i64,
    /// The prior probability that it resolves a case, in basis points.
    pub prior_resolve_bp: i64,
    /// How many recorded outcomes the prior is worth.
    pub prior_weight: i64,
    /// Topics that it knows.
    #[serde(default)]
    pub topics: Vec<String>,
    /// What is other for a topic, by topic.
    #[serde(default)]
    pub by_topic: BTreeMap<String, OfTopic>,
    /// Languages that it speaks.
    #[serde(default)]
    pub languages: Languages,
    /// How it is reached; without it, it works through the interface with a token of the role `responder`.
    pub service: Option<Service>,
    /// Seconds within which it answers where it works through the interface; then the case moves on.
    #[serde(default = "Responder::patience")]
    pub patience_seconds: u32,
    /// When it has to stop because it was shown to fail too often.
    #[serde(default)]
    pub breaker: Breaker,
}

impl Responder {
    fn patience() -> u32 {
        300
    }
}

/// How an AI responder is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// `knowledge`, `openai` or `webhook`.
    pub kind: ServiceKind,
    /// Where: the base of an OpenAI-compatible interface, or the address of a webhook.
    pub url: Option<String>,
    /// For `webhook`: whether what is sent may go over the network in the clear.
    #[serde(default)]
    pub in_the_clear: bool,
    /// For `openai`: the model.
    pub model: Option<String>,
    /// For `openai`: what the model is told before the conversation.
    pub prompt: Option<String>,
    /// For `openai`: whether tools are sent; an interface that refuses them is told in words what to write instead.
    #[serde(default = "Service::yes")]
    pub tools: bool,
    /// For `openai`: whether the model knows a system message; else it stands before the customer's first.
    #[serde(default = "Service::yes")]
    pub system_role: bool,
    /// For `openai`: the sampling temperature; the interface's own where it is not named.
    pub temperature: Option<f32>,
    /// For `openai`: the most tokens of an answer, reasoning included; 0 to say nothing of it.
    pub max_tokens: Option<u32>,
    /// The same under the name that newer models of OpenAI's want.
    pub max_completion_tokens: Option<u32>,
    /// For `openai`: the most of the conversation that is sent, in bytes; what is older is told in short.
    pub conversation_bytes: Option<u32>,
    /// The same in tokens, estimated.
    pub conversation_tokens: Option<u32>,
    /// For `openai`: how many passages of the bundle's articles are given for a question at most; 0 for none.
    #[serde(default = "Service::articles")]
    pub articles: u32,
    /// The environment variable that holds the key of the interface, or the secret of the webhook.
    pub secret_env: Option<String>,
    /// Seconds that a customer waits for its answer at most, with every retry.
    #[serde(default = "Service::patience")]
    pub patience_seconds: u32,
    /// How often it is asked at most for one answer; without a number, as often as the patience has room for.
    pub attempts: Option<u32>,
    /// How many cases it works on at once.
    #[serde(default = "Service::concurrency")]
    pub concurrency: u32,
    /// How often it is asked in a minute at most.
    #[serde(default = "Service::per_minute")]
    pub per_minute: u32,
}

impl Service {
    fn yes() -> bool {
        true
    }

    fn articles() -> u32 {
        3
    }

    fn patience() -> u32 {
        20
    }

    fn concurrency() -> u32 {
        16
    }

    fn per_minute() -> u32 {
        6_000
    }
}

/// What an AI responder is behind its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceKind {
    /// Built in: quotes the bundle's articles.
    Knowledge,
    /// An OpenAI-compatible chat-completions interface.
    Openai,
    /// Your own AI, by signed requests.
    Webhook,
}

/// When an AI responder has to stop for an intent, and when it is left alone for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Breaker {
    /// The share of its cases that it may fail, in basis points.
    pub tolerance_bp: i64,
    /// The probability of stopping one that keeps within it, however often one looks, in basis points.
    pub error_bp: i64,
    /// After so many turns in a row in which it could not be reached it is left alone.
    pub outages: u32,
    /// Seconds for which it is left alone at first; twice as long each time that it still cannot be reached.
    pub pause_seconds: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { tolerance_bp: 3_000, error_bp: 100, outages: 3, pause_seconds: 30 }
    }
}

/// A queue of staff.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The owner that answers for its cases.
    pub accountable: String,
    /// What handling one case costs, in minor units.
    pub handling_minor: i64,
    /// The prior probability that it resolves a case, in basis points.
    pub prior_resolve_bp: i64,
    /// How many recorded outcomes the prior is worth.
    pub prior_weight: i64,
    /// Topics that it knows.
    #[serde(default)]
    pub topics: Vec<String>,
    /// What is other for a topic, by topic.
    #[serde(default)]
    pub by_topic: BTreeMap<String, OfTopic>,
    /// Languages that it speaks.
    #[serde(default)]
    pub languages: Languages,
    /// Skills that its staff have, values of the schema's `Skill`.
    #[serde(default)]
    pub skills: Vec<String>,
    /// The least level, 1 to 5, of each skill that a member of staff needs to be offered a case.
    #[serde(default)]
    pub needs: BTreeMap<String, u8>,
    /// What is no longer asked of staff after a case has waited.
    #[serde(default)]
    pub relax: Vec<Relax>,
    /// Its hours.
    pub calendar: String,
    /// Channels that need no person now: a case of these waits in the queue while it is closed.
    #[serde(default)]
    pub collects: Vec<Channel>,
    /// Channels whose customers are called back: a case of these that nobody else may have waits in the queue while it
    /// is closed, with a promise. Those that are live and not collected, where it is not named.
    pub calls_back: Option<Vec<Channel>>,
    /// Its promise of time.
    pub sla: String,
    /// Staff on duty while it is open.
    pub servers: u32,
    /// Mean minutes that a case takes.
    pub handling_minutes: u32,
    /// Mean minutes after which a waiting customer gives up; 0 if they never do.
    #[serde(default)]
    pub patience_minutes: u32,
}

/// What is no longer asked of staff after a case has waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relax {
    /// Minutes of the customer's waiting after which it counts.
    pub after_minutes: u32,
    /// Levels by which every skill needed is lowered.
    #[serde(default)]
    pub skill_drop: u8,
    /// Whether any language will do.
    #[serde(default)]
    pub any_language: bool,
}

/// How cost is counted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Economics {
    /// What an hour of a customer's waiting costs, in minor units.
    pub delay_minor_per_hour: i64,
    /// What a missed SLA costs, in minor units.
    pub breach_minor: i64,
    /// What an unresolved case costs on top, in minor units.
    pub failure_minor: i64,
    /// What missing a date costs by which a case should be served, in minor units; as an unresolved case where it is
    /// not named.
    pub due_minor: Option<i64>,
    /// Minutes before such a date from which on it presses.
    #[serde(default = "Economics::lead")]
    pub due_lead_minutes: u32,
    /// The signal that holds the customer's value class.
    pub value_signal: Option<String>,
    /// Weight of each value class, in percent.
    #[serde(default)]
    pub value_percent: BTreeMap<String, i64>,
}

impl Economics {
    fn lead() -> u32 {
        240
    }
}

/// Who owns exceptions of routing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceptions {
    /// The owner.
    pub owner: String,
    /// Minutes within which the owner must act.
    pub due_minutes: u32,
    /// Who owns an exception that was not resolved when it was due.
    pub escalate_to: Option<String>,
}
