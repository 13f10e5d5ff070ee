//! Tells who posted readings which of them do not count, and which count in their place.

use crate::{
    Caller, Environment, Governance, Live, Parts,
    case::{
        schema,
        view::{CaseView, DecisionSummary},
    },
    pipeline::{
        facts::{self, FOLLOWS_INTENT, OF_THE_CASE},
        measure::PostedReading,
    },
};
use remit_domain::{
    Case,
    command::Effects,
    signal::{OWN_SOURCE, Reading, Value},
    situation::{SITUATION, SITUATION_BP},
};
use remit_signals::readings::WANTS_HUMAN;
use serde::Serialize;
use utoipa::ToSchema;

/// A posted reading that does not count.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NotCounted {
    /// The signal.
    pub name: String,
    /// What was posted.
    #[schema(schema_with = schema::reading)]
    pub value: serde_json::Value,
    /// What counts.
    #[schema(schema_with = schema::reading)]
    pub counts: serde_json::Value,
    /// Whose reading that is: `remit`, or the source of an integration.
    pub source: String,
    /// Why it goes first.
    pub why: String,
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Long(value) => (*value).into(),
        Value::Name(value) => value.as_str().into(),
        Value::List(names) => names.iter().map(|name| name.as_str()).collect(),
    }
}

/// The case as it is now and the decision that was taken.
pub(crate) fn shown(environment: &Environment, governance: &Governance) -> impl Fn(&Effects) -> CaseAnswer {
    |effects| answer(environment, governance, effects, Vec::new())
}

fn answer(
    environment: &Environment,
    governance: &Governance,
    effects: &Effects,
    not_counted: Vec<NotCounted>,
) -> CaseAnswer {
    let decision = effects.decision().map(DecisionSummary::from);
    let case = CaseView::promised(governance, &effects.case, environment.now());
    CaseAnswer { case, decision, not_counted }
}

/// What is to be added where a posted wish for a human does not count as the signal: it is heard whoever tells it.
fn heard(case: &Case, posted: &PostedReading) -> &'static str {
    let wish = posted.name == WANTS_HUMAN && posted.value == serde_json::Value::Bool(true);
    if wish && case.human_requested {
        "; the wish is heard all the same, whoever tells it: `human_requested` is true"
    } else {
        ""
    }
}

/// The case, with what of the readings that `caller` posted does not count.
pub(crate) fn shown_with<'a>(
    parts: &'a Parts,
    caller: &'a Caller,
    posted: &'a [PostedReading],
) -> impl Fn(&Effects) -> CaseAnswer + 'a {
    move |effects| {
        answer(
            &parts.environment,
            &parts.governance,
            effects,
            not_counted(&parts.governance, &parts.live, &parts.environment, &effects.case, caller, posted),
        )
    }
}

fn not_counted(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    case: &Case,
    caller: &Caller,
    posted: &[PostedReading],
) -> Vec<NotCounted> {
    let Some(source) = caller.source.as_deref().filter(|_| !posted.is_empty()) else { return Vec::new() };
    let signals = facts::signals(governance, live, case, environment.now());
    let mut told: Vec<NotCounted> = posted
        .iter()
        .filter_map(|one| {
            let counts = signals.get(&one.name)?;
            // Whose reading says the same does not matter to what counts.
            let counted = json(&counts.value) == one.value;
            (!counted).then(|| NotCounted {
                name: one.name.clone(),
                value: one.value.clone(),
                counts: json(&counts.value),
                source: counts.source.to_string(),
                why: why(governance, case, &one.name, source, counts) + heard(case, one),
            })
        })
        .collect();
    let of_wish = |told: &NotCounted| told.name == WANTS_HUMAN;
    let unasked = posted.iter().any(|one| one.name == WANTS_HUMAN && one.value == serde_json::Value::Bool(false));
    if unasked && case.human_requested && !told.iter().any(of_wish) {
        let why = if case.human_outright {
            "the customer pressed the button for a human, which no reading takes back".to_owned()
        } else {
            format!(
                "the customer asked for a human, which only a source takes back that the bundle names as \
                 authoritative for `{WANTS_HUMAN}`, and it does not name `{source}`"
            )
        };
        told.push(NotCounted {
            name: "human_requested".to_owned(),
            value: false.into(),
            counts: true.into(),
            source: OWN_SOURCE.to_owned(),
            why,
        });
    }
    told
}

/// Why what counts goes before what `source` posted.
fn why(governance: &Governance, case: &Case, name: &str, source: &str, counts: &Reading) -> String {
    let believed = |source: &str| governance.bundle.authoritative(name, source);
    let (theirs, from) = (believed(&counts.source), &counts.source);
    if OF_THE_CASE.contains(&name) || governance.bundle.derived().iter().any(|of| of.name.as_str() == name) {
        return "Remit knows it of the case itself".to_owned();
    }
    if [SITUATION, SITUATION_BP].contains(&name)
        && let Some(standing) = case.situations.gravest()
    {
        let (situation, by) = (&standing.noted.situation, &standing.noted.source);
        return format!(
            "`{situation}`, read by `{by}`, stands on the case until a person says otherwise, and the gravest \
             counts"
        );
    }
    if counts.because.iter().any(|because| because.starts_with(FOLLOWS_INTENT)) {
        return format!(
            "it follows from the intent that `{from}` says, which the bundle names as authoritative for it"
        );
    }
    if &**from == source {
        return "this source has posted another since".to_owned();
    }
    match (theirs, believed(source)) {
        (true, false) => {
            format!("the bundle names `{from}` as authoritative for `{name}`, and does not name `{source}`")
        }
        (true, true) => format!("`{from}` is authoritative for `{name}` as well, and its reading is no older"),
        (false, _) if &**from == OWN_SOURCE => format!(
            "the bundle does not name `{source}` as authoritative for `{name}`, and of the others Remit's own \
             reading goes first"
        ),
        (false, _) => format!("nobody is authoritative for `{name}`, and the reading of `{from}` is no older"),
    }
}

/// A case and what was decided about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseAnswer {
    /// The case as it is now.
    pub case: CaseView,
    /// The decision that this request caused, if it caused one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionSummary>,
    /// Readings of this request that do not count, with those that count in their place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_counted: Vec<NotCounted>,
}
