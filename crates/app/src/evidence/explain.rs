//! Explanations: a decision record told to a support lead in plain words, from the record alone.

use super::{
    because::because,
    weighed::{self, percent},
};
use crate::environment::clock::rfc3339;
use remit_domain::{
    case::HolderRef,
    decision::{Candidate, Decision, DecisionPoint, Outcome, PolicyEffect, PolicyNote, ResponderKind, Trigger},
    id::{OwnerId, PolicyId, ResponderId, Timestamp},
    signal::{Signals, Value},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The policy by which a queue that is closed takes nothing.
const CLOSED: &str = "remit.closed";

/// What is known of something, in words, where anything is.
pub type Describe<'a, T> = Box<dyn Fn(&T) -> Option<String> + 'a>;

/// When a queue opens that is closed at a moment.
pub type Opens<'a> = Box<dyn Fn(&ResponderId, Timestamp) -> Option<Timestamp> + 'a>;

/// A moment, as clocks show it where a queue works.
pub type MomentAt<'a> = Box<dyn Fn(&ResponderId, Timestamp) -> String + 'a>;

/// What is known beside a record, of the bundle that governed when it was made.
pub struct BundleContext<'a> {
    /// The unit of amounts.
    pub currency: &'a str,
    /// How much waiting costs for this customer, in percent.
    pub value_percent: i64,
    /// Whether some rule permits a candidate, whatever forbids it: a record names permits only where none forbids.
    pub permitted: Box<dyn Fn(&Candidate) -> bool + 'a>,
    /// What a candidate lacks that no rule permits, in one sentence.
    pub nearest: Describe<'a, Candidate>,
    /// A rule for words, by its name.
    pub rule: Describe<'a, str>,
    /// What people call a responder.
    pub title: Describe<'a, str>,
    /// What people call an owner.
    pub owner: Describe<'a, str>,
    /// When a queue that is closed at a moment opens.
    pub opens: Opens<'a>,
    /// A moment, in the zone in which people work.
    pub moment: Box<dyn Fn(Timestamp) -> String + 'a>,
    /// A moment, in the zone in which a queue works.
    pub moment_at: MomentAt<'a>,
}

impl<'a> BundleContext<'a> {
    /// Nothing of the bundle is known.
    pub fn nothing(currency: &'a str) -> Self {
        Self {
            currency,
            value_percent: 100,
            permitted: Box::new(|_| false),
            nearest: Box::new(|_| None),
            rule: Box::new(|_| None),
            title: Box::new(|_| None),
            owner: Box::new(|_| None),
            opens: Box::new(|_, _| None),
            moment: Box::new(rfc3339),
            moment_at: Box::new(|_, at| rfc3339(at)),
        }
    }

    /// An owner by name, and what people call them.
    pub(crate) fn owned_by(&self, owner: &OwnerId) -> String {
        let title = (self.owner)(owner.as_str()).filter(|title| title != owner.as_str());
        title.map_or_else(|| owner.to_string(), |title| format!("{owner} ({title})"))
    }
}

/// A decision in plain words.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Explanation {
    /// What was decided, in one sentence.
    pub summary: String,
    /// What caused the decision to be taken.
    pub because: String,
    /// Why the one chosen was chosen.
    pub chosen: Vec<String>,
    /// Why each of the others was not, in the order considered.
    pub others: Vec<WhyNot>,
    /// What was measured and counted, with source and moment.
    pub signals: Vec<String>,
    /// What would have changed the decision.
    pub would_change: Vec<String>,
    /// Who owns this decision point and where to complain.
    pub owner: String,
}

/// Why a candidate was not chosen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WhyNot {
    /// Which candidate.
    pub responder: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The reason, with rule and owner.
    pub reason: String,
}

/// Tells `decision` in plain words, with what is known `beside` its record.
pub fn explain(decision: &Decision, beside: &BundleContext<'_>) -> Explanation {
    let money = |minor: i64| {
        let sign = if minor < 0 { "-" } else { "" };
        format!("{sign}{}.{:02} {}", minor.abs() / 100, minor.abs() % 100, beside.currency)
    };
    let chosen = chosen(decision);
    Explanation {
        summary: summary(decision, chosen, beside),
        because: because(&decision.trigger),
        chosen: chosen.map_or_else(Vec::new, |c| why(decision, c, &money, beside)),
        others: decision
            .candidates
            .iter()
            .filter(|c| chosen.is_none_or(|chosen| chosen.facts.responder != c.facts.responder))
            .map(|c| WhyNot {
                responder: c.facts.responder.to_string(),
                title: (beside.title)(c.facts.responder.as_str()),
                reason: why_not(decision, c, chosen, &money, beside),
            })
            .collect(),
        signals: told_signals(&decision.signals, beside),
        would_change: would_change(decision, chosen, &*beside.permitted, &money),
        owner: owned(decision.point, &decision.owner, decision.bundle.as_str(), beside),
    }
}

pub(super) fn owned(point: DecisionPoint, owner: &OwnerId, bundle: &str, beside: &BundleContext<'_>) -> String {
    let (point, owner) = (point.as_str(), beside.owned_by(owner));
    format!("The decision point `{point}` is owned by {owner}; the bundle in force was {}.", short(bundle))
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

fn chosen(decision: &Decision) -> Option<&Candidate> {
    let name = match &decision.outcome {
        Outcome::Assign { responder }
        | Outcome::Take { responder, .. }
        | Outcome::Keep { holder: HolderRef::Responder(responder), .. } => responder,
        Outcome::Keep { .. } | Outcome::Exception { .. } => return None,
    };
    decision.candidates.iter().find(|c| &c.facts.responder == name)
}

fn kind(candidate: &Candidate) -> &'static str {
    match candidate.facts.kind {
        ResponderKind::Ai => "AI responder",
        ResponderKind::Queue => "queue",
    }
}

fn summary(decision: &Decision, chosen: Option<&Candidate>, beside: &BundleContext<'_>) -> String {
    let named = |name: &str| match (beside.title)(name) {
        Some(title) => format!("`{name}` ({title})"),
        None => format!("`{name}`"),
    };
    match (&decision.outcome, chosen) {
        (Outcome::Assign { responder }, Some(c)) if decision.point == DecisionPoint::Override => {
            let to = named(responder.as_str());
            format!("A human gave the case to the {} {to}, against or beside the system's own choice.", kind(c))
        }
        (Outcome::Assign { responder }, Some(c))
            if decision.trigger == Trigger::QueueClosed && is_holder(decision, c) =>
        {
            let queue = named(responder.as_str());
            format!(
                "The queue {queue} has the case until it opens; {} answers for it.",
                beside.owned_by(&c.facts.accountable)
            )
        }
        (Outcome::Assign { responder }, Some(c)) => {
            let to = named(responder.as_str());
            format!("The case goes to the {} {to}; {} answers for it.", kind(c), beside.owned_by(&c.facts.accountable))
        }
        (Outcome::Take { responder, staff }, Some(c)) if matches!(decision.trigger, Trigger::HolderGone { .. }) => {
            let of = named(responder.as_str());
            format!(
                "`{staff}` keeps the case, now of the queue {of}; {} answers for it.",
                beside.owned_by(&c.facts.accountable)
            )
        }
        (Outcome::Take { responder, staff }, _) => {
            format!("`{staff}` of the queue {} took the case that was offered.", named(responder.as_str()))
        }
        (Outcome::Assign { responder }, None) => format!("The case goes to {}.", named(responder.as_str())),
        (Outcome::Keep { holder, instead: Some(to) }, Some(c)) => format!(
            "The {} {} keeps the case, and is asked whether to hand it over to {}; {} answers for it.",
            kind(c),
            named(holder.name()),
            named(to.as_str()),
            beside.owned_by(&c.facts.accountable)
        ),
        (Outcome::Keep { holder, instead: None }, Some(c)) => {
            format!(
                "The {} {} keeps the case; {} answers for it.",
                kind(c),
                named(holder.name()),
                beside.owned_by(&c.facts.accountable)
            )
        }
        (Outcome::Keep { holder, .. }, None) => {
            format!("`{}` keeps the case until its exception is resolved.", holder.name())
        }
        (Outcome::Exception { exception, owner, due }, _) => format!(
            "Nobody may have the case ({}), so it became an exception: {} owns it and must act by {}.",
            exception.as_str().replace('_', " "),
            beside.owned_by(owner),
            (beside.moment)(*due)
        ),
    }
}

fn rules(decision: &Decision, ids: &[PolicyId], effect: PolicyEffect, beside: &BundleContext<'_>) -> Vec<String> {
    noted(&decision.policies, ids, effect, beside)
}

pub(super) fn noted(
    notes: &BTreeMap<PolicyId, PolicyNote>,
    ids: &[PolicyId],
    effect: PolicyEffect,
    beside: &BundleContext<'_>,
) -> Vec<String> {
    ids.iter()
        .filter_map(|id| notes.get(id).map(|note| (id, note)))
        .filter(|(_, note)| note.effect == effect)
        .map(|(id, note)| {
            format!("rule `{id}` of {}: {}", beside.owned_by(&note.owner), note.reason.trim_end_matches('.'))
        })
        .collect()
}

fn cost_line(c: &Candidate, money: &dyn Fn(i64) -> String, value_percent: i64) -> String {
    let value = match value_percent {
        100 => String::new(),
        percent => format!(", at {percent} % for this customer's value"),
    };
    format!(
        "expected cost {} = handling {} + waiting {} (about {} min, {} risk of missing the SLA{value}) + failing {} \
         (resolves {} of such cases, from {} outcomes and a prior worth {}){}",
        money(c.cost.total_minor),
        money(c.cost.handling_minor),
        money(c.cost.delay_minor),
        c.facts.expected_wait_ms / 60_000,
        percent(c.facts.sla_risk_bp),
        money(c.cost.failure_minor),
        percent(c.cost.resolves_bp),
        c.facts.resolved.saturating_add(c.facts.failed),
        c.facts.prior_weight,
        weighed::terms(c, money)
    )
}

fn why(decision: &Decision, c: &Candidate, money: &dyn Fn(i64) -> String, beside: &BundleContext<'_>) -> Vec<String> {
    let mut lines: Vec<String> = rules(decision, &c.verdict.policies, PolicyEffect::Permit, beside)
        .into_iter()
        .map(|rule| format!("It may: {rule}."))
        .collect();
    if !c.verdict.allow {
        let against = rules(decision, &c.verdict.policies, PolicyEffect::Forbid, beside);
        if against.is_empty() {
            lines.push("No rule permits it for this case.".into());
        }
        lines.extend(against.into_iter().map(|rule| format!("Policy said no: {rule}.")));
        lines.push(match &decision.outcome {
            Outcome::Keep { .. } if decision.custody.as_ref().is_some_and(|custody| custody.set_aside.is_some()) => {
                "A human had given it the case all the same, and until they or another human decide anew, it stays."
                    .into()
            }
            Outcome::Keep { .. } => {
                "People keep what they have until they hand it over, and are asked whether to.".into()
            }
            _ => "A human decided otherwise.".into(),
        });
        if matches!(decision.outcome, Outcome::Keep { .. }) {
            return lines;
        }
    }
    lines.extend(collecting(decision, c, beside));
    lines.push(format!("It should: {}.", cost_line(c, money, beside.value_percent)));
    lines.extend(weighed::told(decision, c, money, &|owner| beside.owned_by(owner)));
    lines
}

/// That a queue is closed, and has the case wait for it all the same.
fn collecting(decision: &Decision, c: &Candidate, beside: &BundleContext<'_>) -> Option<String> {
    let collects = decision.collecting.get(&c.facts.responder)?;
    let opens = (beside.moment_at)(&c.facts.responder, collects.opens);
    Some(match collects.calls_back {
        true => format!("It is closed, and promises to call the customer back once it opens, at {opens}."),
        false => {
            format!("It is closed, and collects what needs nobody now: the case waits for it to open, at {opens}.")
        }
    })
}

/// Whether a queue is closed, and may have the case only where nobody else may who is there.
fn calls_back(decision: &Decision, c: &Candidate) -> bool {
    decision.collecting.get(&c.facts.responder).is_some_and(|collects| collects.calls_back)
}

/// Why a candidate was not chosen; of who may have the case also until when it is closed, and what preferences add to
/// its cost.
fn why_not(
    decision: &Decision,
    c: &Candidate,
    chosen: Option<&Candidate>,
    money: &dyn Fn(i64) -> String,
    beside: &BundleContext<'_>,
) -> String {
    let reason = reason(decision, c, chosen, money, beside);
    if !c.verdict.permits() {
        return reason;
    }
    let closed = collecting(decision, c, beside);
    let preferred = weighed::preferences(decision, c, money, &|owner| beside.owned_by(owner));
    [reason].into_iter().chain(closed).chain(preferred).collect::<Vec<_>>().join(" ")
}

fn reason(
    decision: &Decision,
    c: &Candidate,
    chosen: Option<&Candidate>,
    money: &dyn Fn(i64) -> String,
    beside: &BundleContext<'_>,
) -> String {
    let cost_line = |c: &Candidate, money: &dyn Fn(i64) -> String| cost_line(c, money, beside.value_percent);
    let after = |best: &Candidate| weighed::after(decision, c, best, &|owner| beside.owned_by(owner));
    if !c.verdict.errors.is_empty() {
        let ids: Vec<&str> = c.verdict.errors.iter().map(PolicyId::as_str).collect();
        return format!("Denied because {} failed to evaluate; an exception was raised for its owner.", ids.join(", "));
    }
    if !c.verdict.allow {
        let forbids = rules(decision, &c.verdict.policies, PolicyEffect::Forbid, beside);
        return if forbids.is_empty() {
            let nearest = (beside.nearest)(c).map_or_else(String::new, |nearest| format!(" {nearest}"));
            format!("Denied: no rule permits it for this case.{nearest}")
        } else {
            let closed = c.verdict.policies.iter().any(|id| id.as_str() == CLOSED);
            let opens = (beside.opens)(&c.facts.responder, decision.at).filter(|_| closed);
            let opens = opens.map(|at| (beside.moment_at)(&c.facts.responder, at));
            let opens = opens.map_or_else(String::new, |at| format!(" It opens at {at}."));
            format!("Denied by {}.{opens}", forbids.join("; and by "))
        };
    }
    if decision.point == DecisionPoint::Escalate && is_holder(decision, c) {
        return "It has just given the case up.".into();
    }
    match chosen {
        Some(best) if decision.point == DecisionPoint::Override => {
            format!("Allowed, {}; a human chose `{}`.", cost_line(c, money), best.facts.responder)
        }
        Some(best) if matches!(decision.trigger, Trigger::Transferred { .. }) => {
            format!("Allowed, {}; the member of staff chose `{}`.", cost_line(c, money), best.facts.responder)
        }
        _ if stays_with_people(decision, c) => {
            "Allowed, but a change of bundle gives no case from people to an AI.".into()
        }
        Some(best) if is_wished(decision, best) => {
            format!("Allowed, {}; whoever changed the bundle named `{}`.", cost_line(c, money), best.facts.responder)
        }
        Some(_) if matches!(&decision.outcome, Outcome::Keep { instead: Some(to), .. } if *to == c.facts.responder) => {
            format!("Allowed, {}; the people who have the case are asked about it.", cost_line(c, money))
        }
        Some(best) if calls_back(decision, c) && !calls_back(decision, best) => {
            format!("Allowed, but it could only promise to call back, and `{}` is there.", best.facts.responder)
        }
        Some(best) if after(best).is_some() => {
            let order = after(best).unwrap_or_default();
            format!("Allowed, {}, but {order}.", cost_line(c, money))
        }
        Some(best) if c.cost.total_minor == best.cost.total_minor => {
            format!(
                "Allowed at the same expected cost; of equals the name that sorts first is taken (`{}`).",
                best.facts.responder
            )
        }
        Some(best) if c.cost.total_minor > best.cost.total_minor => format!(
            "Allowed, but {} dearer: {}.",
            money(c.cost.total_minor.saturating_sub(best.cost.total_minor)),
            cost_line(c, money)
        ),
        Some(_) => {
            "Allowed and cheaper, but the holder may keep the case, and changing hands costs the customer.".into()
        }
        None => "Allowed, but the case had changed hands as often as it may.".into(),
    }
}

fn is_holder(decision: &Decision, c: &Candidate) -> bool {
    matches!(&decision.holder, Some(HolderRef::Responder(holder)) if *holder == c.facts.responder)
}

/// Whether an AI responder is not given what a queue had that is gone.
fn stays_with_people(decision: &Decision, c: &Candidate) -> bool {
    let people = matches!(decision.trigger, Trigger::HolderGone { was: ResponderKind::Queue, .. });
    people && c.facts.kind == ResponderKind::Ai
}

/// Whether whoever changed the bundle named this one for what is gone.
fn is_wished(decision: &Decision, c: &Candidate) -> bool {
    matches!(&decision.trigger, Trigger::HolderGone { to: Some(to), .. } if *to == c.facts.responder)
}

pub(super) fn told_signals(signals: &Signals, beside: &BundleContext<'_>) -> Vec<String> {
    let told = |value: &Value, name: &str| match value {
        Value::Long(bp) if name.ends_with("_bp") => percent(*bp),
        Value::Long(ms) if name.ends_with("_ms") => format!("{} s", ms / 1_000),
        other => other.to_string(),
    };
    signals
        .iter()
        .map(|(name, reading)| {
            let because: Vec<String> = reading
                .because
                .iter()
                .map(|because| (beside.rule)(because).unwrap_or_else(|| because.clone()))
                .collect();
            let because = if because.is_empty() { String::new() } else { format!(" ({})", because.join("; ")) };
            let at = (beside.moment)(reading.at);
            format!("{name} = {}{because}, from {} at {at}", told(&reading.value, name.as_str()), reading.source)
        })
        .collect()
}

/// What would have led elsewhere: the rules that stood in the way of cheaper candidates, and how much
/// dearer the chosen one could have been.
fn would_change(
    decision: &Decision,
    chosen: Option<&Candidate>,
    permitted: &dyn Fn(&Candidate) -> bool,
    money: &dyn Fn(i64) -> String,
) -> Vec<String> {
    let mut lines = Vec::new();
    let ceiling = chosen.map_or(i64::MAX, |c| c.cost.total_minor);
    // A policy that failed denies too, and says nothing of what would be without it.
    let denied = |c: &&Candidate| !c.verdict.allow && c.verdict.errors.is_empty();
    for c in decision.candidates.iter().filter(denied).filter(|c| c.cost.total_minor < ceiling) {
        let forbids: Vec<&str> = c
            .verdict
            .policies
            .iter()
            .filter(|id| decision.policies.get(*id).is_some_and(|note| note.effect == PolicyEffect::Forbid))
            .map(PolicyId::as_str)
            .collect();
        if !forbids.is_empty() && !permitted(c) {
            continue;
        }
        lines.push(if forbids.is_empty() {
            format!(
                "`{}` would have been cheaper ({}) had a rule permitted it.",
                c.facts.responder,
                money(c.cost.total_minor)
            )
        } else {
            format!(
                "`{}` would have been cheaper ({}) without {}.",
                c.facts.responder,
                money(c.cost.total_minor),
                forbids.join(" and ")
            )
        });
    }
    let next =
        decision.sequence.first().and_then(|name| decision.candidates.iter().find(|c| &c.facts.responder == name));
    if let (Some(chosen), Some(next)) = (chosen, next) {
        let gap = next.cost.total_minor.saturating_sub(chosen.cost.total_minor);
        if gap > 0 && !calls_back(decision, next) {
            lines.push(format!(
                "Had `{}` cost {} more, for example by a longer wait, `{}` would have been chosen. Should it yield, \
                 `{}` is next.",
                chosen.facts.responder,
                money(gap),
                next.facts.responder,
                next.facts.responder
            ));
        } else {
            lines.push(format!("Should `{}` yield, `{}` is next.", chosen.facts.responder, next.facts.responder));
        }
    }
    if chosen.is_some() && decision.sequence.is_empty() {
        lines.push("Nobody else was allowed: should the chosen one yield, the case becomes an owned exception.".into());
    }
    lines
}
