//! Tests as they are written in the files under `tests/`.

use remit_domain::request::Confirming;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// What a test says is chosen where nobody may have the case.
pub(super) const EXCEPTION: &str = "exception";

/// One file under `tests/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestFile {
    #[serde(rename = "test", default)]
    pub(super) tests: Vec<Test>,
}

/// A request with what is expected of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    pub(super) name: Spanned<String>,
    /// The moment, with its offset: queues are open as their calendars say of it. Without it, every queue is open.
    pub(super) at: Option<toml::Value>,
    #[serde(default)]
    pub(super) signals: BTreeMap<String, toml::Value>,
    /// What the case is about, by field; a date-time as `NAME_in_hours`.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, toml::Value>,
    /// What is known of the customer, by fact; its age as `NAME_age_hours`.
    #[serde(default)]
    pub(super) customer: BTreeMap<String, toml::Value>,
    /// Responders about which something else holds than that they are open and idle.
    #[serde(default)]
    pub(super) facts: BTreeMap<String, Facts>,
    #[serde(default)]
    pub(super) allow: Vec<String>,
    #[serde(default)]
    pub(super) deny: Vec<String>,
    /// Actions that each AI responder may have carried out.
    #[serde(default)]
    pub(super) may_ask: BTreeMap<String, Vec<String>>,
    /// Actions that each AI responder may not have carried out.
    #[serde(default)]
    pub(super) may_not_ask: BTreeMap<String, Vec<String>>,
    /// Policies that must be among the determining ones, by responder.
    #[serde(default)]
    pub(super) because: BTreeMap<String, Vec<String>>,
    /// Considerations that must apply, by responder.
    #[serde(default)]
    pub(super) considered: BTreeMap<String, Vec<String>>,
    /// Considerations that must not apply, by responder.
    #[serde(default)]
    pub(super) not_considered: BTreeMap<String, Vec<String>>,
    /// Just the skills that the case must need of the staff of a queue, with the least level of each.
    #[serde(default)]
    pub(super) needs: BTreeMap<String, BTreeMap<String, u8>>,
    /// The least level of its language that the case must need of the staff of a queue; 0 for any.
    #[serde(default)]
    pub(super) needs_language: BTreeMap<String, u8>,
    /// Who must be chosen; `exception` if nobody may have the case.
    pub(super) chosen: Option<String>,
    /// A request for an action, and what policy must answer.
    pub(super) request: Option<RequestTest>,
    /// A question of another system, and what policy must answer.
    pub(super) access: Option<AccessTest>,
}

/// A question about an action that the schema declares for other systems, in the form in which they ask it, and what
/// policy must answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessTest {
    /// Who.
    pub(super) subject: AskedThing,
    /// What they do.
    pub(super) action: AskedAction,
    /// To what.
    pub(super) resource: AskedThing,
    /// Under which circumstances.
    #[serde(default)]
    pub(super) context: BTreeMap<String, toml::Value>,
    /// Whether policy must permit it. Who or what the schema does not list is permitted nothing.
    pub(super) decision: bool,
    /// Policies that must be among those that determine it.
    #[serde(default)]
    pub(super) because: Vec<String>,
}

/// Somebody or something that is asked about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedThing {
    /// Of which type.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Which of that type.
    pub(super) id: String,
    /// What is said of it.
    #[serde(default)]
    pub(super) properties: BTreeMap<String, toml::Value>,
}

/// What is done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedAction {
    /// Its name.
    pub(super) name: String,
    /// With what.
    #[serde(default)]
    pub(super) properties: BTreeMap<String, toml::Value>,
}

/// A request for an action of the catalogue, and what policy must answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestTest {
    /// Which.
    pub(super) action: String,
    /// Who asks: an AI responder by name, `customer`, `staff:ROLE` or `integration:ROLE`.
    pub(super) by: String,
    /// With what.
    #[serde(default)]
    pub(super) arguments: BTreeMap<String, toml::Value>,
    /// What its connector tells; what is not named is not known.
    #[serde(default)]
    pub(super) facts: BTreeMap<String, toml::Value>,
    /// Hours since others were last done, by action; never, where it is not named.
    #[serde(default)]
    pub(super) recent: BTreeMap<String, i64>,
    /// Whose yes there is.
    #[serde(default)]
    pub(super) confirmed: Vec<Confirming>,
    /// What policy must answer.
    pub(super) answer: Asks,
    /// Whose yes it must need.
    #[serde(default)]
    pub(super) needs: Vec<Confirming>,
    /// Policies that must be among those that determine it.
    #[serde(default)]
    pub(super) because: Vec<String>,
}

/// An answer of policy, as a test writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asks {
    Allow,
    Needs,
    Deny,
}

impl Asks {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Needs => "needs",
            Self::Deny => "deny",
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Facts {
    pub(super) open: Option<bool>,
    pub(super) yielded: bool,
    #[serde(default)]
    pub(super) stopped: bool,
    pub(super) depth: i64,
    pub(super) expected_wait_ms: i64,
    pub(super) sla_risk_bp: i64,
    pub(super) had_before: bool,
    pub(super) served_before: bool,
    /// 1 to 5, or 0 where nobody speaks the case's language; as the bundle says, unless told.
    pub(super) language_level: Option<u8>,
    pub(super) due_risk_bp: i64,
}
