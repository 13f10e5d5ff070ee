//! What was weighed beside policy, in plain words: preferences, orders, what a case needs of staff, and what the clock
//! showed where a responder works.

use remit_domain::{
    decision::{Candidate, Consideration, ConsiderationEffect, Decision, LocalTime},
    id::{OwnerId, PolicyId},
};

/// An owner, as they are told.
type Owner<'a> = &'a dyn Fn(&OwnerId) -> String;

/// Names of weekdays, from Monday.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The terms of a cost that most cases have not, each with its sign: what missing the case's date costs, and what
/// preferences add. Empty where they add nothing.
pub(super) fn terms(candidate: &Candidate, money: &dyn Fn(i64) -> String) -> String {
    let due = match (candidate.cost.due_minor, percent(candidate.facts.due_risk_bp)) {
        (0, _) => String::new(),
        (minor, risk) => format!(" + missing its date {} ({risk} risk)", money(minor)),
    };
    match candidate.cost.preference_minor {
        0 => due,
        minor if minor < 0 => format!("{due} - preferred {}", money(minor.saturating_neg())),
        minor => format!("{due} + avoided {}", money(minor)),
    }
}

/// Basis points as people read them.
pub(super) fn percent(bp: i64) -> String {
    format!("{}.{} %", bp / 100, bp % 100 / 10)
}

/// The considerations that apply to a candidate.
fn noted<'d>(
    decision: &'d Decision,
    candidate: &'d Candidate,
) -> impl Iterator<Item = (&'d PolicyId, &'d Consideration)> {
    candidate.considered.iter().filter_map(|id| decision.considerations.get_key_value(id))
}

/// Each consideration that applies to a candidate, in a sentence.
pub(super) fn told(
    decision: &Decision,
    candidate: &Candidate,
    money: &dyn Fn(i64) -> String,
    owner: Owner<'_>,
) -> Vec<String> {
    let mut lines: Vec<String> =
        noted(decision, candidate).map(|(id, of)| sentence(id, of, candidate, money, owner)).collect();
    lines.extend(candidate.facts.language_level.map(spoken));
    lines.extend(candidate.facts.local.map(|local| format!("Where it works it was {}.", clock(local))));
    lines
}

/// Each preference that is in the cost of a candidate, in a sentence.
pub(super) fn preferences(
    decision: &Decision,
    candidate: &Candidate,
    money: &dyn Fn(i64) -> String,
    owner: Owner<'_>,
) -> Vec<String> {
    let in_cost = noted(decision, candidate)
        .filter(|(_, of)| matches!(of.effect, ConsiderationEffect::Amount { .. } | ConsiderationEffect::Share { .. }));
    in_cost.map(|(id, of)| sentence(id, of, candidate, money, owner)).collect()
}

/// The order by which `candidate` comes after `chosen`, whatever they cost; none where it is by cost.
pub(super) fn after(
    decision: &Decision,
    candidate: &Candidate,
    chosen: &Candidate,
    owner: Owner<'_>,
) -> Option<String> {
    let mut orders = decision.considerations.iter().filter_map(|(id, consideration)| match &consideration.effect {
        ConsiderationEffect::Order { of } => Some((id, consideration, of)),
        _ => None,
    });
    orders.find_map(|(id, consideration, of)| {
        let place = |c: &Candidate| {
            let named = of.iter().position(|responder| *responder == c.facts.responder);
            named.filter(|_| c.considered.contains(id)).unwrap_or(usize::MAX)
        };
        let whose = whose(id, consideration, owner);
        (place(chosen) < place(candidate)).then(|| format!("`{}` goes first by {whose}", chosen.facts.responder))
    })
}

/// How well somebody speaks the language of the case.
fn spoken(level: i64) -> String {
    match level {
        0 => "Nobody there speaks the customer's language.".to_owned(),
        level => format!("The customer's language is spoken there at level {level}."),
    }
}

/// What the clock showed, such as `Thursday 2026-12-24, 22 h`.
fn clock(local: LocalTime) -> String {
    let day = usize::try_from(local.weekday - 1).ok().and_then(|at| DAYS.get(at)).copied().unwrap_or_default();
    let (year, month, date) = (local.date / 10_000, local.date / 100 % 100, local.date % 100);
    format!("{day} {year:04}-{month:02}-{date:02}, {:02} h", local.hour)
}

fn whose(id: &PolicyId, consideration: &Consideration, owner: Owner<'_>) -> String {
    format!("`{id}` of {}: {}", owner(&consideration.owner), consideration.reason.trim_end_matches('.'))
}

fn sentence(
    id: &PolicyId,
    consideration: &Consideration,
    candidate: &Candidate,
    money: &dyn Fn(i64) -> String,
    owner: Owner<'_>,
) -> String {
    let whose = whose(id, consideration, owner);
    match &consideration.effect {
        ConsiderationEffect::Amount { minor } if *minor < 0 => {
            format!("It is preferred by {}, by {whose}.", money(minor.saturating_neg()))
        }
        ConsiderationEffect::Amount { minor } => format!("It is avoided by {}, by {whose}.", money(*minor)),
        ConsiderationEffect::Share { percent } if *percent < 0 => {
            format!("It is preferred by {} % of its cost, by {whose}.", percent.saturating_neg())
        }
        ConsiderationEffect::Share { percent } => format!("It is avoided by {percent} % of its cost, by {whose}."),
        ConsiderationEffect::Order { of } => {
            let names: Vec<String> = of.iter().map(|name| format!("`{name}`")).collect();
            let place = of.iter().position(|name| *name == candidate.facts.responder).map_or(0, |at| at + 1);
            format!("It is number {place} of the order {}, by {whose}.", names.join(", "))
        }
        ConsiderationEffect::Skills { least, language } => {
            let skills = least.iter().map(|(skill, level)| format!("{skill} at level {level}"));
            let language = (*language > 0).then(|| format!("the customer's language at level {language}"));
            let skills: Vec<String> = skills.chain(language).collect();
            format!("Whoever of its staff takes the case needs {}, by {whose}.", skills.join(" and "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_with_its_day() {
        let told = |weekday, hour, date| clock(LocalTime { hour, weekday, date });
        assert_eq!(told(4, 22, 20_261_224), "Thursday 2026-12-24, 22 h");
        assert_eq!(told(7, 0, 20_270_103), "Sunday 2027-01-03, 00 h");
    }
}
