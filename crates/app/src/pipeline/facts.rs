//! Answers a question of the domain with facts: the readings that count, what is true of every candidate, and policy's
//! verdicts.

use crate::{
    Environment, Governance, Live, Parts,
    live::{
        floor::Waits,
        load::{Load, Subject},
    },
    pipeline::{about::About, sla},
    refused::Refused,
    vault::opened::Opener,
};
use remit_domain::{
    Case, Deliberation,
    command::{Decided, Question},
    decision::{Candidate, CandidateFacts, Trigger},
    floor::{ANY_LANGUAGE, Asks},
    id::{SignalName, Timestamp},
    signal::{OWN_SOURCE, Reading, Signals, Value},
    situation::{MESSAGE_SITUATION, NONE, SITUATION, SITUATION_BP},
};
use remit_policy::{bundle::Bundle, engine::Engine};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The reason of a reading that follows from an intent, with the intent behind it.
pub(crate) const FOLLOWS_INTENT: &str = "follows from the intent";

/// The reading of who had the customer's case before this one.
pub(crate) const SERVED_BY: &str = "served_by";

/// What is known of the case itself, whatever is posted.
pub(crate) const OF_THE_CASE: [&str; 8] =
    ["channel", "requester", "handoffs", "ai_attempts", "ai_turns", "sla_left_bp", "waited_ms", "human_requested"];

/// What questions are answered from: the bundle, which need not be the one in force, and the load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) engine: &'a Engine,
    pub(crate) load: &'a Load,
    /// How long cases would wait for those who are there, where anybody is noted.
    pub(crate) waits: Option<&'a Waits>,
}

pub(crate) fn answer(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    case: &Case,
    question: &Question,
    about: &About,
    now: Timestamp,
) -> Deliberation {
    let waits = live.floor.waits(environment.clock.monotonic());
    let ground = ground(governance, live, waits.as_deref());
    Deliberation { read_by: Some(governance.read_by.clone()), ..ground.answer(case, question, about, now) }
}

/// For how long a case waits at least, in milliseconds, in the queue of which its customer is told how long they wait:
/// for those who are there and could take it. None where nobody is, or the customer is told of no queue.
pub(crate) fn least_wait_ms(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    decided: &Decided,
) -> Option<i64> {
    let responder = decided.waits_in()?;
    let waits = live.floor.waits(environment.clock.monotonic())?;
    let queue = governance.bundle.candidate(responder)?.queue.as_ref()?;
    let (decision, terms) = (decided.decision(), governance.bundle.terms());
    let chosen = |candidate: &&Candidate| &candidate.facts.responder == responder && candidate.verdict.permits();
    let chosen = decision.candidates.iter().find(chosen)?;
    let (language, language_level) = (spoken(&decision.signals), terms.language(&chosen.considered));
    let skills = needed(&queue.needs, &terms.skills(&chosen.considered));
    let asks = Asks { channel: decided.case().channel, language: &language, language_level, skills: &skills };
    let least_ms = live.floor.least_wait_ms(&waits, responder, &asks)?;
    Some(queue.elapsed_ms(decision.at, least_ms))
}

/// The language of a case by tag, as the floor knows it: any, where it is not known.
pub(crate) fn spoken(signals: &Signals) -> SmolStr {
    match signals.get("language").map(|reading| &reading.value) {
        Some(Value::Name(name)) => name.clone(),
        _ => ANY_LANGUAGE.into(),
    }
}

/// The skills that are needed of who takes a case: what its queue asks of everybody, and what it asks itself.
pub(crate) fn needed(of_queue: &BTreeMap<String, u8>, of_case: &BTreeMap<String, u8>) -> BTreeMap<String, u8> {
    let mut skills = of_queue.clone();
    for (skill, level) in of_case {
        let least = skills.entry(skill.clone()).or_default();
        *least = (*least).max(*level);
    }
    skills
}

pub(crate) fn ground<'a>(governance: &'a Governance, live: &'a Live, waits: Option<&'a Waits>) -> Ground<'a> {
    Ground { bundle: &governance.bundle, engine: &governance.engine, load: &live.load, waits }
}

/// Whether policy lets the responder that has `case` keep it now.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn may_keep(parts: &Parts, case: &Case) -> Result<bool, Refused> {
    let now = parts.environment.now();
    let waits = parts.live.floor.waits(parts.environment.clock.monotonic());
    ground(&parts.governance, &parts.live, waits.as_deref()).may_keep(parts.opener(), case, now).await
}

/// What is true of every candidate for `case`, of which `signals` count, now.
pub(crate) fn candidates(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    case: &Case,
    signals: &Signals,
    now: Timestamp,
) -> Vec<CandidateFacts> {
    let waits = live.floor.waits(environment.clock.monotonic());
    ground(governance, live, waits.as_deref()).candidates(case, signals, now)
}

/// The readings that count for `case` now, with the facts of the case itself and the bundle's defaults.
pub(crate) fn signals(governance: &Governance, live: &Live, case: &Case, now: Timestamp) -> Signals {
    ground(governance, live, None).signals(case, now)
}

/// The same with what policies see of the case's fields and of its customer.
pub(crate) fn seen(governance: &Governance, live: &Live, case: &Case, about: &About, now: Timestamp) -> Signals {
    ground(governance, live, None).seen(case, about, now)
}

impl Ground<'_> {
    /// Answers a question with the readings that count for `case` now, what is true of every candidate, and policy's
    /// verdicts. By what words were read, it does not know.
    pub(crate) fn answer(&self, case: &Case, question: &Question, about: &About, now: Timestamp) -> Deliberation {
        let signals = self.seen(case, about, now);
        let candidates = self.candidates(case, &signals, now);
        let (verdicts, policies) = self.engine.handle(&signals, &candidates);
        let named = match &question.trigger {
            Trigger::Overridden { to, .. } => candidates.iter().find(|facts| &facts.responder == to),
            _ => None,
        };
        let considered = self.engine.considered(&signals, &candidates);
        let forbidden = named.map(|facts| self.engine.forbidding(&signals, facts)).unwrap_or_default();
        Deliberation {
            read_by: None,
            collecting: self.load.collecting(case, now),
            forbidden,
            considered,
            point: question.point,
            trigger: question.trigger.clone(),
            signals,
            candidates: candidates.into_iter().zip(verdicts).collect(),
            policies,
            terms: self.bundle.terms(),
        }
    }

    fn candidates(&self, case: &Case, signals: &Signals, now: Timestamp) -> Vec<CandidateFacts> {
        let named = |signal: &str| match signals.get(signal).map(|reading| &reading.value) {
            Some(Value::Name(name)) => name.as_str(),
            _ => "",
        };
        let subject = Subject {
            case,
            intent: named("intent"),
            topic: named("topic"),
            language: named("language"),
            served_by: named(SERVED_BY),
        };
        self.load.candidates(self.bundle, &subject, self.waits, now)
    }

    /// The readings that count for `case` now, with what policies see of its fields and of its customer.
    fn seen(&self, case: &Case, about: &About, now: Timestamp) -> Signals {
        let mut signals = self.signals(case, now);
        about.see(self.bundle, self.engine, case, &mut signals, now);
        signals
    }

    pub(crate) fn signals(&self, case: &Case, now: Timestamp) -> Signals {
        let mut signals = case.readings.effective(|name, source| self.bundle.authoritative(name.as_str(), source));
        let own = |value| Reading { value, source: OWN_SOURCE.into(), at: now, because: Vec::new() };
        self.follow_intent(case, &mut signals);
        let clock = sla::running(self.bundle, case);
        let facts = [
            ("channel", Value::name(case.channel.as_str())),
            ("requester", Value::name(case.requester.as_str())),
            ("handoffs", Value::Long(i64::from(case.handoffs))),
            ("ai_attempts", Value::Long(i64::from(case.ai_attempts))),
            ("ai_turns", Value::Long(i64::from(case.ai_turns))),
            ("sla_left_bp", Value::Long(clock.map_or(10_000, |running| running.left_bp(now)))),
            ("waited_ms", Value::Long(case.waited_ms(now))),
            ("human_requested", Value::Bool(case.human_requested)),
        ];
        for (name, value) in facts {
            if let Ok(name) = SignalName::new(name) {
                signals.insert(name, own(value));
            }
        }
        for derived in self.bundle.derived() {
            if let Some(value) = derived.of(case, now) {
                signals.insert(derived.name.clone(), own(value));
            }
        }
        self.stand(case, &mut signals, now);
        self.engine.complete(&mut signals, now);
        signals
    }

    /// What follows from an intent that a source says which the bundle believes: its topic, and that nobody doubts it.
    /// What was measured of ours says nothing of theirs; what that source says of them counts.
    fn follow_intent(&self, case: &Case, signals: &mut Signals) {
        let believed = |signal: &str, reading: &Reading| self.bundle.authoritative(signal, &reading.source);
        let Some(intent) = signals.get("intent").filter(|reading| believed("intent", reading)).cloned() else { return };
        let Value::Name(named) = &intent.value else { return };
        let because = vec![format!("{FOLLOWS_INTENT} {named}")];
        for (signal, value) in [
            ("topic", self.bundle.topic_of(named).map(Value::name)),
            ("intent_confidence_bp", Some(Value::Long(10_000))),
            ("out_of_scope_bp", Some(Value::Long(0))),
            ("intent_abstained", Some(Value::Bool(false))),
        ] {
            if signals.get(signal).is_some_and(|reading| believed(signal, reading)) {
                continue;
            }
            let theirs = case.readings.of(signal).find(|one| one.source == intent.source && one.at >= intent.at);
            let followed = || value.map(|value| Reading { value, because: because.clone(), ..intent.clone() });
            if let (Some(reading), Ok(name)) = (theirs.cloned().or_else(followed), SignalName::new(signal)) {
                signals.insert(name, reading);
            }
        }
    }

    /// Whether policy lets the responder that has `case` keep it, whatever the hour, by all that it sees.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn may_keep(&self, opener: Opener<'_>, case: &Case, now: Timestamp) -> Result<bool, Refused> {
        let about = About::default().of(self.bundle, opener, case).await?;
        let signals = self.seen(case, &about, now);
        // Policy is asked of its holder alone: what is true of others says nothing of it.
        let holder = case.holder.as_ref().and_then(|holder| holder.responder());
        let candidates = self.candidates(case, &signals, now).into_iter();
        let holder = candidates.filter(|facts| Some(&facts.responder) == holder);
        let holder: Vec<CandidateFacts> = holder.map(|facts| CandidateFacts { open: true, ..facts }).take(1).collect();
        let (verdicts, _) = self.engine.handle(&signals, &holder);
        Ok(verdicts.first().is_some_and(|verdict| verdict.permits()))
    }

    /// What stands on the case is what policies see as its situation; what the newest message alone was read as has a
    /// name of its own, where the bundle declares it.
    fn stand(&self, case: &Case, signals: &mut Signals, now: Timestamp) {
        let Ok(name) = SignalName::new(SITUATION) else { return };
        let read = signals.get(SITUATION).cloned();
        if let (Some(read), Ok(name)) = (&read, SignalName::new(MESSAGE_SITUATION))
            && self.bundle.declares(MESSAGE_SITUATION)
        {
            signals.insert(name, read.clone());
        }
        let standing = case.situations.gravest();
        let (value, strength_bp, source, at, because) = match (standing, &read) {
            (Some(standing), _) => {
                let noted = &standing.noted;
                let value = Value::Name(noted.situation.clone());
                (value, noted.strength_bp, noted.source.clone(), standing.since, noted.because.clone())
            }
            // What was read before a person ended it stands no more.
            (None, Some(read)) if case.situations.ended(&read.value.to_string()).is_some_and(|at| at >= read.at) => {
                let because = vec![format!("a person ended {}", read.value)];
                (Value::name(NONE), 0, OWN_SOURCE.into(), now, because)
            }
            (None, _) => return,
        };
        let reading = |value, because| Reading { value, source, at, because };
        if let Ok(strength) = SignalName::new(SITUATION_BP) {
            signals.insert(strength, reading.clone()(Value::Long(strength_bp), Vec::new()));
        }
        signals.insert(name, reading(value, because));
    }
}
