//! What operators can watch of what happens, as counts and gauges.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode_registry},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use remit_domain::{
    Event,
    command::Effects,
    decision::{Outcome, PolicyNote},
    id::PolicyId,
};
use remit_responders::{Failure, Said};
use std::{collections::BTreeMap, sync::atomic::AtomicI64};

/// Labels of a decision's count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DecisionLabels {
    point: &'static str,
    outcome: &'static str,
    to: String,
}

/// Labels of a turn's count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TurnLabels {
    responder: String,
    outcome: &'static str,
}

/// Labels of the count of turns that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LostTurnLabels {
    responder: String,
    why: &'static str,
}

/// Labels of the count of messages that machines sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AutomaticLabels {
    known_by: &'static str,
    became: &'static str,
}

/// Labels of the count of requests that are only signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct KnockLabels {
    outcome: &'static str,
}

/// Labels of the count of what was asked before a first decision.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EnrichmentLabels {
    outcome: &'static str,
}

/// Why a turn of an AI responder came to nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TurnLost {
    /// The case had gone on meanwhile.
    Late,
    /// Policy denied it.
    Denied,
    /// It could not be taken.
    Failed,
}

/// Labels of a responder's load.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ResponderLabels {
    /// The responder.
    pub responder: String,
}

/// Labels of a delivery's count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DeliveryLabels {
    subscription: String,
    outcome: &'static str,
}

/// Labels of an invariant's count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct InvariantLabels {
    invariant: String,
}

/// Labels of what is true of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SubscriptionLabels {
    subscription: String,
}

/// What is counted of webhooks.
#[derive(Debug, Default)]
struct Webhooks {
    sent: Family<DeliveryLabels, Counter>,
    lag: Family<SubscriptionLabels, Gauge<i64, AtomicI64>>,
    waiting: Family<SubscriptionLabels, Gauge<i64, AtomicI64>>,
    dead: Family<SubscriptionLabels, Gauge<i64, AtomicI64>>,
}

/// What can come of sending an event.
const OUTCOMES: [&str; 3] = ["delivered", "failed", "given_up"];

/// The counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    decisions: Family<DecisionLabels, Counter>,
    exceptions: Counter,
    /// Commands taken anew because another write came between.
    pub conflicts: Counter,
    /// Turns of AI responders, by what came of them.
    turns: Family<TurnLabels, Counter>,
    /// Turns that came to nothing, by why.
    turns_lost: Family<LostTurnLabels, Counter>,
    automatic: Family<AutomaticLabels, Counter>,
    enrichments: Family<EnrichmentLabels, Counter>,
    knocks: Family<KnockLabels, Counter>,
    /// Words and files that were stored and could not be opened.
    pub(crate) unreadable: Counter,
    webhooks: Webhooks,
    /// How often an invariant took back what policies allow.
    invariants: Family<InvariantLabels, Counter>,
    /// Open cases by responder.
    pub held: Family<ResponderLabels, Gauge<i64, AtomicI64>>,
    /// Open cases whose holder the bundle in force does not have.
    pub orphaned: Gauge<i64, AtomicI64>,
    /// Open cases that are still to be decided anew, since another bundle came into force.
    pub(crate) to_rehome: Gauge<i64, AtomicI64>,
    /// Share of held-out examples that the intent classifier is sure enough of to be followed, in percent.
    pub intents_kept: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("remit");
        let (decisions, exceptions, conflicts) = (Family::default(), Counter::default(), Counter::default());
        let (turns, held) = (Family::default(), Family::default());
        registry.register("decisions", "Decisions taken, by point, outcome and new holder", Family::clone(&decisions));
        registry.register("exceptions_raised", "Exceptions raised", Counter::clone(&exceptions));
        registry.register(
            "conflicts",
            "Commands taken anew because another write came between",
            Counter::clone(&conflicts),
        );
        registry.register("ai_turns", "Turns of AI responders, by what came of them", Family::clone(&turns));
        let (turns_lost, unreadable) = (Family::default(), Counter::default());
        let automatic = Family::default();
        let sent = "Messages that machines sent, by who says so and what became of them";
        registry.register("automatic_messages", sent, Family::clone(&automatic));
        let enrichments = Family::default();
        let help = "What was asked before the first decision on a case, by what came of it: told, partial, \
                    nothing_known, unusable, timeout, unreachable, left_alone";
        registry.register("enrichments", help, Family::clone(&enrichments));
        let knocks = Family::default();
        let help = "Requests that are only signed, by what came of it: recognised, not_recognised, unread (the agent's \
                    keys are not read yet), too_many";
        registry.register("knocks", help, Family::clone(&knocks));
        let lost = "Turns of AI responders that came to nothing, by why: late, denied by policy, failed";
        registry.register("ai_turns_lost", lost, Family::clone(&turns_lost));
        registry.register("words_unreadable", "Stored words and files that did not open", Counter::clone(&unreadable));
        registry.register("open_cases", "Open cases by responder", Family::clone(&held));
        let orphaned = Gauge::default();
        let help = "Open cases whose holder the bundle in force does not have: none, unless something is wrong";
        registry.register("cases_orphaned", help, Gauge::clone(&orphaned));
        let to_rehome = Gauge::default();
        let help = "Open cases that are still to be decided anew, since another bundle came into force";
        registry.register("cases_to_decide_anew", help, Gauge::clone(&to_rehome));
        let intents_kept = Gauge::default();
        let help = "Percent of held-out examples that the intent classifier is sure enough of; at 0 no AI gets a case \
                    by intent";
        registry.register("intents_kept_percent", help, Gauge::clone(&intents_kept));
        let invariants = Family::default();
        let help = "Verdicts that an invariant took back, since policies allowed what must not be";
        registry.register("invariants_held", help, Family::clone(&invariants));
        let webhooks = Webhooks::registered(&mut registry);
        Self {
            registry,
            decisions,
            exceptions,
            conflicts,
            turns,
            turns_lost,
            automatic,
            enrichments,
            knocks,
            unreadable,
            webhooks,
            invariants,
            held,
            orphaned,
            to_rehome,
            intents_kept,
        }
    }
}

impl Metrics {
    /// Counts what came of a request that is only signed.
    pub(crate) fn knocked(&self, outcome: &'static str) {
        self.knocks.get_or_create(&KnockLabels { outcome }).inc();
    }

    /// Counts what came of asking before a first decision.
    pub(crate) fn enriched(&self, outcome: &'static str) {
        self.enrichments.get_or_create(&EnrichmentLabels { outcome }).inc();
    }
}

impl Webhooks {
    fn registered(registry: &mut Registry) -> Self {
        let new = Self::default();
        let (sent, lag) = (Family::clone(&new.sent), Family::clone(&new.lag));
        let (waiting, dead) = (Family::clone(&new.waiting), Family::clone(&new.dead));
        registry.register("webhooks", "Events sent to subscriptions, by what came of it", sent);
        registry.register("webhook_lag", "Events of the ledger since the first that a subscription still needs", lag);
        registry.register("webhook_cases_waiting", "Cases whose event waits for another attempt", waiting);
        registry.register("webhook_dead_letters", "Events that were given up", dead);
        new
    }
}

/// What of a command's events is counted.
pub(crate) struct Counted {
    decisions: Vec<DecisionLabels>,
    exceptions: u64,
    invariants: Vec<String>,
}

impl Counted {
    pub(crate) fn of(effects: &Effects) -> Self {
        let mut counted = Self { decisions: Vec::new(), exceptions: 0, invariants: Vec::new() };
        for event in &effects.events {
            match event {
                Event::DecisionMade { decision, .. } => {
                    let (outcome, to) = match &decision.outcome {
                        Outcome::Keep { holder, .. } => ("keep", holder.name()),
                        Outcome::Assign { responder } => ("assign", responder.as_str()),
                        Outcome::Take { responder, .. } => ("take", responder.as_str()),
                        Outcome::Exception { owner, .. } => ("exception", owner.as_str()),
                    };
                    let labels = DecisionLabels { point: decision.point.as_str(), outcome, to: to.to_owned() };
                    counted.decisions.push(labels);
                    counted.hold(&decision.policies);
                }
                Event::ActionAsked { decision } => counted.hold(&decision.policies),
                Event::ExceptionRaised { .. } => counted.exceptions += 1,
                _ => {}
            }
        }
        counted
    }

    fn hold(&mut self, policies: &BTreeMap<PolicyId, PolicyNote>) {
        let held = policies.iter().filter(|(_, note)| note.invariant);
        self.invariants.extend(held.map(|(id, _)| id.to_string()));
    }
}

impl Metrics {
    /// Counts what happened.
    pub(crate) fn happened(&self, counted: &Counted) {
        for labels in &counted.decisions {
            self.decisions.get_or_create(labels).inc();
        }
        self.exceptions.inc_by(counted.exceptions);
        counted.invariants.iter().for_each(|invariant| self.invariant(invariant));
    }

    /// Counts an invariant that was needed.
    pub(crate) fn invariant(&self, invariant: &str) {
        tracing::error!(invariant, "policies allowed what an invariant forbids; it was taken back");
        self.invariants.get_or_create(&InvariantLabels { invariant: invariant.to_owned() }).inc();
    }

    /// Counts what an AI responder said to a turn.
    pub(crate) fn turn(&self, responder: &str, said: &Result<Said, Failure>) {
        let outcome = match said {
            Ok(Said::Answer { .. }) => "answer",
            Ok(Said::Act { .. }) => "act",
            Ok(Said::Yield { .. }) => "yield",
            Ok(Said::Later) => "later",
            Err(_) => "failure",
        };
        self.turns.get_or_create(&TurnLabels { responder: responder.to_owned(), outcome }).inc();
    }

    /// A message that a machine sent: known by `field` or `text`, and `kept` or `not_opened`.
    pub(crate) fn automatic(&self, known_by: &'static str, became: &'static str) {
        self.automatic.get_or_create(&AutomaticLabels { known_by, became }).inc();
    }

    /// Counts a turn of an AI responder that came to nothing.
    pub(crate) fn turn_lost(&self, responder: &str, why: TurnLost) {
        let why = match why {
            TurnLost::Late => "late",
            TurnLost::Denied => "denied",
            TurnLost::Failed => "failed",
        };
        self.turns_lost.get_or_create(&LostTurnLabels { responder: responder.to_owned(), why }).inc();
    }

    /// Counts what came of sending an event.
    pub(crate) fn webhook(&self, subscription: &str, outcome: &'static str) {
        let labels = DeliveryLabels { subscription: subscription.to_owned(), outcome };
        self.webhooks.sent.get_or_create(&labels).inc();
    }

    /// Says where the delivery to a subscription stands.
    pub(crate) fn webhook_line(&self, subscription: &str, lag: u64, waiting: usize, dead: usize) {
        let labels = SubscriptionLabels { subscription: subscription.to_owned() };
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.webhooks.lag.get_or_create(&labels).set(i64::try_from(lag).unwrap_or(i64::MAX));
        self.webhooks.waiting.get_or_create(&labels).set(whole(waiting));
        self.webhooks.dead.get_or_create(&labels).set(whole(dead));
    }

    /// Forgets the counts of a subscription that is no more.
    pub(crate) fn forget_webhook(&self, subscription: &str) {
        for outcome in OUTCOMES {
            self.webhooks.sent.remove(&DeliveryLabels { subscription: subscription.to_owned(), outcome });
        }
        let labels = SubscriptionLabels { subscription: subscription.to_owned() };
        for gauge in [&self.webhooks.lag, &self.webhooks.waiting, &self.webhooks.dead] {
            gauge.remove(&labels);
        }
    }

    /// Writes them, to go on with what others count.
    ///
    /// # Errors
    /// When it cannot be written, which does not happen to a string.
    pub fn write(&self, text: &mut String) -> Result<(), std::fmt::Error> {
        encode_registry(text, &self.registry)
    }
}
