//! Explanations of what policy said of an action: that an AI responder asked for, or of an exact request.

use super::explain::{BundleContext, Explanation, noted, owned, told_signals};
use remit_domain::{
    action::ActionDecision,
    decision::{DecisionPoint, PolicyEffect},
    request::{Answer, Names, RequestDecision, Requestable, Term},
};
use remit_policy::action::money_in_words;

/// Tells what policy said of an action in plain words.
pub(super) fn explain_action(decision: &ActionDecision, beside: &BundleContext<'_>) -> Explanation {
    let (may, principal) = (decision.verdict.permits(), &decision.principal.responder);
    let (action, effect) = (&decision.action, if may { PolicyEffect::Permit } else { PolicyEffect::Forbid });
    let mut chosen: Vec<String> = noted(&decision.policies, &decision.verdict.policies, effect, beside)
        .into_iter()
        .map(|rule| if may { format!("It may: {rule}.") } else { format!("It may not: {rule}.") })
        .collect();
    chosen.extend(decision.verdict.errors.iter().map(|id| format!("`{id}` failed to evaluate, so it may not.")));
    if chosen.is_empty() {
        chosen.push("It may not: no rule permits it.".to_owned());
    }
    Explanation {
        summary: format!("`{principal}` {} have `{action}` carried out.", if may { "may" } else { "may not" }),
        because: format!("`{principal}` asked for it while it had the case; a person carries out what it may."),
        chosen,
        others: Vec::new(),
        signals: told_signals(&decision.signals, beside),
        would_change: Vec::new(),
        owner: owned(DecisionPoint::Act, &decision.owner, decision.bundle.as_str(), beside),
    }
}

/// Tells what policy said of a request in plain words.
pub(super) fn explain_request(decision: &RequestDecision, beside: &BundleContext<'_>) -> Explanation {
    let (verdict, action) = (&decision.verdict, &decision.action);
    let rules = |ids, effect| noted(&decision.policies, ids, effect, beside).into_iter();
    let told = |how: &'static str| move |rule: String| format!("{how}: {rule}.");
    let (answer, mut chosen) = match &verdict.answer {
        Answer::Allow => ("may be carried out".to_owned(), Vec::new()),
        Answer::Needs { confirmations } => {
            let whose: Vec<&str> = confirmations.iter().map(|confirming| confirming.as_str()).collect();
            (format!("may be carried out once it is confirmed by {}", whose.join(", ")), Vec::new())
        }
        Answer::Deny => ("may not be carried out".to_owned(), vec!["It may not: no rule permits it.".to_owned()]),
    };
    let determining = rules(&verdict.policies, PolicyEffect::Permit).map(told("It may"));
    let determining = determining.chain(rules(&verdict.policies, PolicyEffect::Forbid).map(told("It may not")));
    let determining: Vec<String> = determining.collect();
    if !determining.is_empty() {
        chosen = determining;
    }
    chosen.extend(rules(&verdict.until, PolicyEffect::Forbid).map(told("Not until then")));
    chosen.extend(verdict.errors.iter().map(|id| format!("`{id}` failed to evaluate, so it may not.")));
    let confirmed = match decision.confirmed.as_slice() {
        [] => "nobody had confirmed it".to_owned(),
        confirmed => {
            let whose: Vec<&str> = confirmed.iter().map(|confirming| confirming.as_str()).collect();
            format!("it was confirmed by {}", whose.join(", "))
        }
    };
    let (kind, name) = (decision.principal.kind(), decision.principal.name());
    let mut signals = told_names("arguments", &decision.arguments);
    signals.extend(told_names("facts", &decision.facts));
    signals.extend(told_names("recent", &decision.recent));
    signals.extend(told_signals(&decision.signals, beside));
    let would = |requestable: &Requestable| {
        let (policy, owner) = (&requestable.policy, beside.owned_by(&requestable.owner));
        format!("{} (rule `{policy}` of {owner}).", requestable.what.trim_end_matches('.'))
    };
    Explanation {
        summary: format!("`{action}` as it was asked for {answer}."),
        because: format!("The {kind} `{name}` asked for it in {}; {confirmed}.", decision.request),
        chosen,
        others: Vec::new(),
        signals,
        would_change: verdict.requestable.iter().map(would).collect(),
        owner: owned(DecisionPoint::Act, &decision.owner, decision.bundle.as_str(), beside),
    }
}

/// Values that policy saw, under the names by which policies have them.
fn told_names(of: &str, names: &Names) -> Vec<String> {
    let value = |term: &Term| match term {
        Term::Truth(truth) => truth.to_string(),
        Term::Number(number) => number.to_string(),
        Term::Text(text) => format!("{text:?}"),
        Term::Texts(texts) => format!("{texts:?}"),
        Term::Money(money) => money_in_words(money),
    };
    names.iter().map(|(name, term)| format!("{of}.{name} is {}.", value(term))).collect()
}
