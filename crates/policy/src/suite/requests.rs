//! Requests for actions in tests: what is asked for, by whom and on which facts, and what policy must answer.

use super::written::{Asks, RequestTest};
use crate::{
    action::{ActionSpec, term},
    bundle::Bundle,
    engine::{ApiCase, Engine, RequestQuestion},
};
use remit_domain::{
    decision::CandidateFacts,
    delegation::DelegateClass,
    id::{CustomerId, DelegateId, DelegationId, Ids, PolicyId, StaffId, Timestamp},
    request::{Answer, Asker, Confirming, DelegateAsker, Names, Term},
    signal::Signals,
};
use serde_json::{Map, Value as Json};

/// The age of what was never done, in hours: beyond all that policies compare it with.
const NEVER_HOURS: i64 = 1_000_000;

/// What is not as expected of a request.
pub(super) fn check(
    bundle: &Bundle,
    engine: &Engine,
    signals: &Signals,
    candidates: &[CandidateFacts],
    test: &RequestTest,
) -> Vec<String> {
    let Some(spec) = bundle.requested(&test.action) else {
        return vec![format!("the bundle has no action `{}` that is requested exactly", test.action)];
    };
    let asked = match asked(bundle, spec, candidates, test) {
        Ok(asked) => asked,
        Err(failures) => return failures,
    };
    let question = RequestQuestion {
        asker: &asked.asker,
        arguments: &asked.arguments,
        facts: &asked.facts,
        recent: &asked.recent,
        signals,
        case: ApiCase::default(),
    };
    let (verdict, _) = engine.request(&test.action, &question, &test.confirmed);
    let ids = |ids: &[PolicyId]| ids.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>();
    let (answer, needs) = match &verdict.answer {
        Answer::Allow => (Asks::Allow, Vec::new()),
        Answer::Needs { confirmations } => (Asks::Needs, confirmations.clone()),
        Answer::Deny => (Asks::Deny, Vec::new()),
    };
    let mut failures = Vec::new();
    let by = [ids(&verdict.policies), ids(&verdict.until)].concat();
    let told = if by.is_empty() { "no policy applies".to_owned() } else { by.join(", ") };
    if answer != test.answer {
        failures.push(format!("expected {}, got {}, by {told}", test.answer.as_str(), answer.as_str()));
    }
    if !test.needs.is_empty() && needs != test.needs {
        let said = |kinds: &[Confirming]| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        failures.push(format!("expected it to need {}, it needs {}", said(&test.needs), said(&needs)));
    }
    for id in test.because.iter().filter(|id| !by.contains(id)) {
        failures.push(format!("expected `{id}` to determine the answer, but {told}"));
    }
    failures
}

struct TestedRequest {
    asker: Asker,
    arguments: Names,
    facts: Names,
    recent: Names,
}

fn asked(
    bundle: &Bundle,
    spec: &ActionSpec,
    candidates: &[CandidateFacts],
    test: &RequestTest,
) -> Result<TestedRequest, Vec<String>> {
    let mut failures = Vec::new();
    let arguments: Map<String, Json> = test.arguments.iter().map(|(name, value)| (name.clone(), json(value))).collect();
    if let Err(error) = spec.parameters.check(&arguments) {
        failures.push(format!("the arguments do not fit: {error}"));
    }
    let mut facts = Names::new();
    for (name, kind) in &spec.facts {
        let told = match test.facts.get(name) {
            Some(value) => term(*kind, &json(value)),
            None => Some(ActionSpec::untold(*kind, &bundle.currency().0)),
        };
        match told {
            Some(told) => drop(facts.insert(name.clone(), told)),
            None => failures.push(format!("the fact `{name}` does not fit its type")),
        }
    }
    for name in test.facts.keys().filter(|name| !spec.facts.iter().any(|(known, _)| known == *name)) {
        failures.push(format!("the action has no fact `{name}`"));
    }
    for name in test.recent.keys().filter(|name| !spec.recent.iter().any(|known| known.as_str() == **name)) {
        failures.push(format!("policies do not look back at `{name}`"));
    }
    let hours = |name: &str| test.recent.get(name).copied().unwrap_or(NEVER_HOURS);
    let recent = spec.recent.iter().map(|name| (name.to_string(), Term::Number(hours(name.as_str())))).collect();
    let roles = |role: Option<&str>| role.map(|role| vec![role.to_owned()]).unwrap_or_default();
    let (kind, name) = test.by.split_once(':').map_or((&*test.by, None), |(kind, name)| (kind, Some(name)));
    let asker = match kind {
        "customer" => Some(Asker::Customer { customer: CustomerId::from_digest([1; 16]) }),
        "staff" => StaffId::new("somebody").ok().map(|staff| Asker::Staff { staff, roles: roles(name) }),
        "integration" => Some(Asker::Integration { token: "test".to_owned(), roles: roles(name) }),
        "delegate" => delegate(name.unwrap_or("autonomous")),
        responder => candidates
            .iter()
            .find(|facts| facts.responder.as_str() == responder)
            .map(|facts| Asker::Responder { facts: Box::new(facts.clone()) }),
    };
    match asker {
        Some(asker) if failures.is_empty() => {
            Ok(TestedRequest { asker, arguments: spec.parameters.seen(&arguments), facts, recent })
        }
        Some(_) => Err(failures),
        None => {
            let by = format!(
                "`{}` is no responder, and neither `customer`, `delegate:CLASS`, `staff:ROLE` nor `integration:ROLE`",
                test.by
            );
            failures.push(by);
            Err(failures)
        }
    }
}

/// A delegate of a class whose customer granted it what it does themselves.
fn delegate(class: &str) -> Option<Asker> {
    let class = DelegateClass::ALL.into_iter().find(|known| known.as_str() == class)?;
    let mut ids = Ids::new(Timestamp(0), 0);
    Some(Asker::Delegate(Box::new(DelegateAsker {
        delegate: DelegateId::next(&mut ids),
        class,
        customer: CustomerId::from_digest([1; 16]),
        chain: vec![DelegationId::next(&mut ids)],
        token: "test".to_owned(),
        key: "test".to_owned(),
    })))
}

fn json(value: &toml::Value) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}
