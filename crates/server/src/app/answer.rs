//! Answers a question of the domain: the readings that count, every candidate's facts, and policy's verdicts.

use super::App;
use remit_domain::{
    Case, Deliberation,
    command::Question,
    decision::CandidateFacts,
    id::{SignalName, Timestamp},
    signal::{OWN_SOURCE, Reading, Signals, Value},
};

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

    /// What is true of every candidate for `case`, of which `signals` count, now.
    pub(super) fn candidates(&self, case: &Case, signals: &Signals, now: Timestamp) -> Vec<CandidateFacts> {
        let intent = match signals.get("intent").map(|reading| &reading.value) {
            Some(Value::Name(name)) => name,
            _ => "",
        };
        let waits = self.floor.waits(self.clock.monotonic());
        self.load.candidates(&self.bundle, case, intent, waits.as_deref(), now)
    }

    /// The readings that count for `case` now, with the facts of the case itself and the bundle's defaults.
    pub(super) fn signals(&self, case: &Case, now: Timestamp) -> Signals {
        let mut signals = case.readings.effective(|name, source| self.bundle.authoritative(name.as_str(), source));
        let own = |value| Reading { value, source: OWN_SOURCE.into(), at: now, because: Vec::new() };
        let facts = [
            ("channel", Value::name(case.channel.as_str())),
            ("requester", Value::name(case.requester.as_str())),
            ("handoffs", Value::Long(i64::from(case.handoffs))),
            ("ai_attempts", Value::Long(i64::from(case.ai_attempts))),
            ("ai_turns", Value::Long(i64::from(case.ai_turns))),
            ("sla_left_bp", Value::Long(self.clock(case).map_or(10_000, |running| running.left_bp(now)))),
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
}
