//! Answers a question of the domain: the readings that count, every candidate's facts, and policy's verdicts.

use super::{App, floor::Waits, load::Load, sla};
use remit_domain::{
    Case, Deliberation,
    command::Question,
    decision::CandidateFacts,
    id::{SignalName, Timestamp},
    signal::{OWN_SOURCE, Reading, Signals, Value},
};
use remit_policy::{bundle::Bundle, engine::Engine};

/// What questions are answered from: the bundle, which need not be the one in force, and the load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) engine: &'a Engine,
    pub(super) load: &'a Load,
    /// How long cases would wait for those who are there, where anybody is noted.
    pub(super) waits: Option<&'a Waits>,
}

impl App {
    pub(super) fn answer(&self, case: &Case, question: &Question, now: Timestamp) -> Deliberation {
        let signals = self.signals(case, now);
        let candidates = self.candidates(case, &signals, now);
        let (verdicts, policies) = self.engine.handle(&signals, &candidates);
        Deliberation {
            attended: self.floor.attended(self.clock.monotonic()),
            point: question.point,
            trigger: question.trigger.clone(),
            signals,
            candidates: candidates.into_iter().zip(verdicts).collect(),
            policies,
            terms: self.bundle.terms(),
        }
    }

    fn ground<'a>(&'a self, waits: Option<&'a Waits>) -> Ground<'a> {
        Ground { bundle: &self.bundle, engine: &self.engine, load: &self.load, waits }
    }

    /// What is true of every candidate for `case`, of which `signals` count, now.
    pub(super) fn candidates(&self, case: &Case, signals: &Signals, now: Timestamp) -> Vec<CandidateFacts> {
        let waits = self.floor.waits(self.clock.monotonic());
        self.ground(waits.as_deref()).candidates(case, signals, now)
    }

    /// The readings that count for `case` now, with the facts of the case itself and the bundle's defaults.
    pub(super) fn signals(&self, case: &Case, now: Timestamp) -> Signals {
        self.ground(None).signals(case, now)
    }
}

impl Ground<'_> {
    fn candidates(&self, case: &Case, signals: &Signals, now: Timestamp) -> Vec<CandidateFacts> {
        let intent = match signals.get("intent").map(|reading| &reading.value) {
            Some(Value::Name(name)) => name,
            _ => "",
        };
        self.load.candidates(self.bundle, case, intent, self.waits, now)
    }

    fn signals(&self, case: &Case, now: Timestamp) -> Signals {
        let mut signals = case.readings.effective(|name, source| self.bundle.authoritative(name.as_str(), source));
        let own = |value| Reading { value, source: OWN_SOURCE.into(), at: now, because: Vec::new() };
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
        self.engine.complete(&mut signals, now);
        signals
    }

    /// Whether policy lets the responder that has `case` keep it.
    pub(super) fn may_keep(&self, case: &Case, now: Timestamp) -> bool {
        let signals = self.signals(case, now);
        let candidates = self.candidates(case, &signals, now);
        let (verdicts, _) = self.engine.handle(&signals, &candidates);
        let holder = case.holder.as_ref().and_then(|holder| holder.responder());
        let found = candidates.iter().position(|facts| Some(&facts.responder) == holder);
        found.and_then(|at| verdicts.get(at)).is_some_and(|verdict| verdict.permits())
    }
}
