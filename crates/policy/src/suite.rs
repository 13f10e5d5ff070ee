//! A bundle's own tests: requests with the verdicts that its authors expect.

mod access;
mod named;
mod requests;
mod written;

pub(crate) use named::admitted;
pub use named::of_nobody;

use crate::{
    attributes::{AGE_HOURS, IN_HOURS},
    bundle::{Bundle, CandidateSpec},
    engine::Engine,
    files,
    finding::{Finding, line_at},
    grid, toml_mistake,
};
use remit_domain::{
    Deliberation,
    case::Channel,
    decision::{
        CandidateFacts, Collecting, DECISION_VERSION, DecisionPoint, Outcome, ResponderKind, Standing, Trigger,
        Verdict, deliberate,
    },
    field::{FieldKind, FieldValue},
    id::{CaseId, DecisionId, Ids, PolicyId, SignalName, Timestamp},
    signal::{Reading, Signals, Value},
    situation::{NONE, SITUATION},
};
use remit_signals::readings::{At, check};
use serde::Serialize;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use written::{EXCEPTION, Facts, Test, TestFile};

const HOUR_MS: i64 = 3_600_000;
/// Hours that a moment of a test can be away, at most: more than a century.
const HOURS_MAX: i64 = 1_000_000;

/// What running a bundle's tests showed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SuiteReport {
    /// Tests that held.
    pub passed: usize,
    /// Sentences that the rules for words read as they must.
    pub sentences: usize,
    /// What did not hold, by file and line.
    pub failures: Vec<Finding>,
}

/// Runs every test under `tests/`, reads the sentences of every rule for words, and holds the policies against the
/// invariants on a grid.
pub fn run(bundle: &Bundle, engine: &Engine) -> SuiteReport {
    let (sentences, failures) = sentences(bundle);
    let mut report = SuiteReport { passed: 0, sentences, failures: grid::check(bundle, engine) };
    report.failures.extend(failures);
    for (file, bytes) in bundle.files().under("tests") {
        let text = match files::text(file, bytes) {
            Ok(text) => text,
            Err(finding) => {
                report.failures.push(*finding);
                continue;
            }
        };
        match toml::from_str::<TestFile>(text) {
            Ok(parsed) => {
                for test in &parsed.tests {
                    let failures = check(bundle, engine, test);
                    report.passed += usize::from(failures.is_empty());
                    let line = line_at(text, test.name.span().start);
                    let cure = match test.at.as_ref().map(moment) {
                        Some(Err(_)) => "write the date, the time and the offset from UTC, or `Z` for UTC itself",
                        _ if !named::unknown(bundle, test).is_empty() => named::CURE,
                        _ => "correct the policies, or the test if the policies are right",
                    };
                    report.failures.extend(folded(failures, |failure| {
                        let message = format!("test \"{}\": {}", test.name.get_ref(), failure.says);
                        Finding::new(file, line, message, if failure.of_input { INPUT_CURE } else { cure })
                    }));
                }
            }
            Err(error) => {
                let listed = "correct the name or value; docs/bundle.md lists every key";
                report.failures.push(toml_mistake::finding(file, text, &error, listed));
            }
        }
    }
    report
}

/// Reads the sentences that each rule for words must and must not match: how many are read so, and which are not.
pub fn sentences(bundle: &Bundle) -> (usize, Vec<Finding>) {
    let checked = check::check(bundle.readings());
    let failed = checked.failed.into_iter().map(|mistake| match mistake.at {
        At::File(file, line) => Finding::new(&file, line, mistake.message, mistake.cure),
        At::Choice(_) => Finding::new("bundle.toml", 1, mistake.message, mistake.cure),
    });
    (checked.held, failed.collect())
}

/// What is not as a test expects.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    /// Of which responder, where it is of one: what is wrong of one alone has one cause.
    about: Option<String>,
    /// Whether it is what the test is given.
    of_input: bool,
    says: String,
}

/// What to do where a test is given what there is not.
const INPUT_CURE: &str =
    "correct the name or value: bundle.toml declares signals, fields and facts, and what each takes";

impl Failure {
    fn about(responder: &str, says: impl Into<String>) -> Self {
        Self { about: Some(responder.to_owned()), of_input: false, says: says.into() }
    }

    fn unknown(responder: &str) -> Self {
        Self::about(responder, format!("the bundle has no responder `{responder}`"))
    }
}

impl From<String> for Failure {
    fn from(says: String) -> Self {
        Self { about: None, of_input: false, says }
    }
}

/// The failures of one test as findings, each once; what more is wrong of a responder stands below the first of it.
fn folded(failures: Vec<Failure>, told: impl Fn(&Failure) -> Finding) -> Vec<Finding> {
    let mut roots: Vec<(Failure, Finding)> = Vec::new();
    for failure in failures {
        let finding = told(&failure);
        let same = |root: &Failure| *root == failure || failure.about.is_some() && root.about == failure.about;
        match roots.iter_mut().find(|(root, _)| same(root)) {
            Some((root, above)) => {
                let is_told = root.says == failure.says || above.consequences.contains(&finding);
                above.consequences.extend(Some(finding).filter(|_| !is_told));
            }
            None => roots.push((failure, finding)),
        }
    }
    roots.into_iter().map(|(_, finding)| finding).collect()
}

fn check(bundle: &Bundle, engine: &Engine, test: &Test) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let at = match test.at.as_ref().map(moment) {
        None => None,
        Some(Ok(at)) => Some(at),
        Some(Err(failure)) => return vec![failure.into()],
    };
    let now = at.unwrap_or(Timestamp(0));
    let mut signals = Signals::new();
    for (name, value) in &test.signals {
        let value = match value {
            toml::Value::Boolean(value) => Value::Bool(*value),
            toml::Value::Integer(value) => Value::Long(*value),
            toml::Value::String(value) => Value::name(value),
            _ => {
                failures.push(format!("signal `{name}` must be true, false, a whole number or a name").into());
                continue;
            }
        };
        match (SignalName::new(name), bundle.check_signal(name, &value)) {
            (Ok(name), Ok(())) => {
                signals.insert(name, Reading { value, source: "test".into(), at: now, because: Vec::new() });
            }
            (Err(error), _) => failures.push(error.to_string().into()),
            (_, Err(error)) => failures.push(error.to_string().into()),
        }
    }
    failures.extend(set(bundle, engine, &mut signals, test, now).into_iter().map(Failure::from));
    if !failures.is_empty() {
        // What is expected is of another case than the one that is meant.
        return failures.into_iter().map(|failure| Failure { of_input: true, ..failure }).collect();
    }
    // An intent implies its topic, as it does when it is measured.
    let intent = signals.get("intent").map(|reading| reading.value.to_string());
    if let (Some(topic), Ok(name)) =
        (intent.and_then(|intent| bundle.topic_of(&intent).map(Value::name)), SignalName::new("topic"))
        && !signals.contains(name.as_str())
    {
        signals.insert(name, Reading { value: topic, source: "test".into(), at: now, because: Vec::new() });
    }
    engine.complete(&mut signals, now);
    let collecting = at.map(|at| collecting(bundle, test, &signals, at)).unwrap_or_default();
    let candidates = facts(bundle, test, &signals, at, &collecting);
    let unknown = named::unknown(bundle, test);
    let to_be_chosen = test.chosen.iter().filter(|name| unknown.contains(name));
    failures.extend(unknown.iter().map(|name| match to_be_chosen.clone().any(|chosen| chosen == *name) {
        true => Failure::about(name, format!("the bundle has no responder `{name}`, which is to be chosen")),
        false => Failure::unknown(name),
    }));
    for (name, facts) in &test.facts {
        if facts.depth < 0 || facts.expected_wait_ms < 0 || !(0..=10_000).contains(&facts.sla_risk_bp) {
            let must = "depth and expected_wait_ms must not be negative, sla_risk_bp 0 to 10000";
            failures.push(Failure::about(name, format!("facts of `{name}`: {must}")));
        }
    }
    if to_be_chosen.count() > 0 {
        return failures;
    }
    let (verdicts, notes) = engine.handle(&signals, &candidates);
    let considered = engine.considered(&signals, &candidates);
    failures.extend(weighed(bundle, test, &candidates, &considered));
    let of = |name: &str| candidates.iter().zip(&verdicts).find(|(c, _)| c.responder.as_str() == name).map(|(_, v)| v);
    let told = |verdict: &Verdict| {
        let ids: Vec<&str> = verdict.policies.iter().map(|id| id.as_str()).collect();
        if ids.is_empty() { "no policy applies".to_owned() } else { ids.join(", ") }
    };
    for (names, want) in [(&test.allow, true), (&test.deny, false)] {
        for name in names {
            if let Some(verdict) = of(name).filter(|verdict| verdict.allow != want) {
                let (want, got) = if want { ("allow", "deny") } else { ("deny", "allow") };
                let says = format!("expected {want} for `{name}`, got {got}, by {}", told(verdict));
                failures.push(Failure::about(name, says));
            }
        }
    }
    for (name, ids) in &test.because {
        for id in ids {
            if let Some(verdict) = of(name).filter(|verdict| !verdict.policies.iter().any(|p| p.as_str() == id)) {
                let says = format!("expected `{id}` to determine the verdict for `{name}`, but {}", told(verdict));
                failures.push(Failure::about(name, says));
            }
        }
    }
    for (asked, want) in [(&test.may_ask, true), (&test.may_not_ask, false)] {
        failures.extend(actions(bundle, engine, &signals, &candidates, asked, want));
    }
    if let Some(asked) = &test.request {
        failures.extend(requests::check(bundle, engine, &signals, &candidates, asked).into_iter().map(Failure::from));
    }
    if let Some(asked) = &test.access {
        failures.extend(access::check(engine, asked).into_iter().map(Failure::from));
    }
    if let Some(want) = &test.chosen {
        let mut ids = Ids::new(now, 0);
        let (case, id) = (CaseId::next(&mut ids), DecisionId::next(&mut ids));
        let deliberation = Deliberation {
            point: DecisionPoint::Route,
            trigger: Trigger::Asked,
            signals,
            candidates: candidates.iter().cloned().zip(verdicts.iter().cloned()).collect(),
            considered,
            policies: notes,
            terms: bundle.terms(),
            read_by: None,
            collecting,
            forbidden: Vec::new(),
        };
        let decision = deliberate(
            id,
            now,
            &Standing { version: DECISION_VERSION, case, holder: None, handoffs: 0, custody: None },
            deliberation,
        );
        let got = match &decision.outcome {
            Outcome::Assign { responder } | Outcome::Take { responder, .. } => responder.as_str(),
            Outcome::Exception { .. } => EXCEPTION,
            Outcome::Keep { holder, .. } => holder.name(),
        };
        if got != want {
            // Who may not have it, though they should, cannot be chosen; or who may, and should not, was.
            let is_told = |name: &&str| failures.iter().any(|failure| failure.about.as_deref() == Some(*name));
            let about = [want.as_str(), got].into_iter().find(is_told).unwrap_or(want);
            failures.push(Failure::about(about, format!("expected `{want}` to be chosen, got `{got}`")));
        }
    }
    failures
}

/// Has policies see the fields and facts of a test; what does not fit their declarations is told.
fn set(bundle: &Bundle, engine: &Engine, signals: &mut Signals, test: &Test, now: Timestamp) -> Vec<String> {
    let mut failures = Vec::new();
    let source = SmolStr::from("test");
    for (specs, given, what) in [(bundle.fields(), &test.fields, "field"), (bundle.facts(), &test.customer, "fact")] {
        let hours = |name: &str, ending: &str| {
            let hours = given.get(&format!("{name}{ending}")).and_then(toml::Value::as_integer);
            hours.filter(|hours| (-HOURS_MAX..=HOURS_MAX).contains(hours))
        };
        let is_hours = |name: &str| {
            [IN_HOURS, AGE_HOURS].iter().any(|end| name.strip_suffix(end).is_some_and(|of| hours(of, end).is_some()))
        };
        for name in given.keys() {
            let named = |name: &str| specs.iter().find(|spec| spec.name.as_str() == name);
            let of_time = |ending: &str| name.strip_suffix(ending).and_then(named);
            let known = match (named(name), of_time(IN_HOURS), of_time(AGE_HOURS)) {
                (Some(spec), ..) => spec.seen_by_policies,
                (_, Some(spec), _) => spec.seen_by_policies && spec.kind == FieldKind::DateTime,
                (.., of_fact) => what == "fact" && of_fact.is_some_and(|spec| spec.seen_by_policies),
            };
            if !known {
                failures.push(format!("the bundle has no {what} `{name}` that policies see"));
            } else if named(name).is_none() && !is_hours(name) {
                failures.push(format!("`{name}` takes a whole number of hours, at most {HOURS_MAX}"));
            }
        }
        for spec in specs {
            let at = now.plus_ms(-HOUR_MS * hours(spec.name.as_str(), AGE_HOURS).unwrap_or(0));
            let ahead = hours(spec.name.as_str(), IN_HOURS).filter(|_| spec.kind == FieldKind::DateTime);
            let held = match (ahead, given.get(spec.name.as_str())) {
                (Some(hours), _) => {
                    Ok(FieldValue { kind: spec.kind, value: Value::Long(now.plus_ms(HOUR_MS * hours).0) })
                }
                (None, Some(value)) => spec.read(&serde_json::to_value(value).unwrap_or_default()),
                (None, None) => continue,
            };
            match held {
                Ok(held) if what == "field" => engine.see_field(signals, spec, &held, (&source, at), now),
                Ok(held) => engine.see_fact(signals, spec, &held, (&source, at), now),
                Err(error) => failures.push(error.to_string()),
            }
        }
    }
    failures
}

/// What is not as expected of the actions that AI responders ask for.
fn actions(
    bundle: &Bundle,
    engine: &Engine,
    signals: &Signals,
    candidates: &[CandidateFacts],
    asked: &BTreeMap<String, Vec<String>>,
    want: bool,
) -> Vec<Failure> {
    let mut failures = Vec::new();
    for (name, actions) in asked {
        let Some(facts) = candidates.iter().find(|c| c.responder.as_str() == name && c.kind == ResponderKind::Ai)
        else {
            let is_queue = candidates.iter().any(|c| c.responder.as_str() == name);
            failures.push(match is_queue {
                true => Failure::about(name, format!("the bundle has no AI responder `{name}`")),
                false => Failure::unknown(name),
            });
            continue;
        };
        for action in actions {
            let Some(known) = bundle.actions().iter().find(|known| known.as_str() == action) else {
                failures.push(format!("the bundle has no action `{action}`").into());
                continue;
            };
            let (verdict, _) = engine.act(signals, facts, known);
            if verdict.permits() != want {
                let (want, got) = if want { ("may", "may not") } else { ("may not", "may") };
                let by: Vec<&str> = verdict.policies.iter().map(|id| id.as_str()).collect();
                let by = if by.is_empty() { "no policy applies".to_owned() } else { by.join(", ") };
                let says = format!("expected that `{name}` {want} ask for `{action}`; it {got}, by {by}");
                failures.push(Failure::about(name, says));
            }
        }
    }
    failures
}

/// What is not as expected of what is weighed beside policy.
fn weighed(bundle: &Bundle, test: &Test, candidates: &[CandidateFacts], considered: &[Vec<PolicyId>]) -> Vec<Failure> {
    let mut failures = Vec::new();
    let terms = bundle.terms();
    let none = Vec::new();
    let of = |name: &str| {
        let at = candidates.iter().position(|c| c.responder.as_str() == name)?;
        Some(considered.get(at).unwrap_or(&none))
    };
    let told = |ids: &[PolicyId]| {
        let ids: Vec<&str> = ids.iter().map(PolicyId::as_str).collect();
        if ids.is_empty() { "none does".to_owned() } else { format!("those that do are {}", ids.join(", ")) }
    };
    for (asked, want) in [(&test.considered, true), (&test.not_considered, false)] {
        for (name, ids) in asked {
            let Some(apply) = of(name) else {
                failures.push(Failure::unknown(name));
                continue;
            };
            for id in ids {
                if !terms.considerations.iter().any(|(known, _)| known.as_str() == id) {
                    failures.push(format!("the bundle has no preference or need `{id}`").into());
                } else if apply.iter().any(|known| known.as_str() == id) != want {
                    let not = if want { "" } else { "not " };
                    let says = format!("expected `{id}` {not}to apply to `{name}`; {}", told(apply));
                    failures.push(Failure::about(name, says));
                }
            }
        }
    }
    for (name, want) in &test.needs {
        let Some(apply) = of(name) else {
            failures.push(Failure::unknown(name));
            continue;
        };
        let got = terms.skills(apply);
        if got != *want {
            let says = format!("expected the case to need {want:?} of `{name}`, it needs {got:?}");
            failures.push(Failure::about(name, says));
        }
    }
    for (name, want) in &test.needs_language {
        let Some(apply) = of(name) else {
            failures.push(Failure::unknown(name));
            continue;
        };
        let got = terms.language(apply);
        if got != *want {
            let says = format!("expected the case to need its language at level {want} of `{name}`, not {got}");
            failures.push(Failure::about(name, says));
        }
    }
    failures
}

/// The moment that a test names, as TOML writes moments, or as text.
fn moment(at: &toml::Value) -> Result<Timestamp, String> {
    let text = match at {
        toml::Value::Datetime(at) => at.to_string(),
        toml::Value::String(text) => text.clone(),
        _ => at.to_string(),
    };
    let read = text.parse::<jiff::Timestamp>();
    let failure = |_| format!("`at` must be a moment with its offset, such as 2026-12-24T22:00:00+01:00, not {text:?}");
    read.map(|at| Timestamp(at.as_millisecond())).map_err(failure)
}

/// Queues that are closed at a moment, and have a case with these signals wait for them; not those of which the test
/// says whether they are open.
fn collecting(bundle: &Bundle, test: &Test, signals: &Signals, at: Timestamp) -> Collecting {
    let named = |signal: &str| signals.get(signal).map(|reading| reading.value.to_string());
    let channel = named("channel").and_then(|name| Channel::ALL.into_iter().find(|channel| channel.as_str() == name));
    let danger = named(SITUATION).is_some_and(|situation| situation != NONE);
    let Some(channel) = channel.filter(|_| !danger) else { return Collecting::new() };
    let told = |spec: &CandidateSpec| test.facts.get(spec.responder.as_str()).is_some_and(|facts| facts.open.is_some());
    let queues = bundle.candidates().iter().filter(|spec| !told(spec));
    queues.filter_map(|spec| Some((spec.responder.clone(), spec.queue.as_ref()?.collects(channel, at)?))).collect()
}

fn facts(
    bundle: &Bundle,
    test: &Test,
    signals: &Signals,
    at: Option<Timestamp>,
    collecting: &Collecting,
) -> Vec<CandidateFacts> {
    let language = signals.get("language").map(|reading| reading.value.to_string()).unwrap_or_default();
    let usual = Facts::default();
    bundle
        .candidates()
        .iter()
        .map(|spec| {
            let facts = test.facts.get(spec.responder.as_str()).unwrap_or(&usual);
            let collects = collecting.get(&spec.responder);
            let open = || collects.is_some() || at.is_none_or(|at| spec.is_open(at));
            let until_ms = collects.zip(at).map_or(0, |(collects, at)| collects.opens.since(at));
            CandidateFacts {
                open: facts.open.unwrap_or_else(open),
                local: spec.local_time(at.unwrap_or(Timestamp(0))).filter(|_| bundle.asked().local),
                had_before: facts.had_before,
                served_before: facts.served_before,
                depth: facts.depth,
                expected_wait_ms: facts.expected_wait_ms.saturating_add(until_ms),
                sla_risk_bp: facts.sla_risk_bp,
                yielded: facts.yielded,
                stopped: facts.stopped,
                language_level: bundle
                    .asked()
                    .language_level
                    .then(|| i64::from(facts.language_level.unwrap_or_else(|| spec.language_level(&language)))),
                due_risk_bp: facts.due_risk_bp,
                ..spec.idle()
            }
        })
        .collect()
}
