//! What of a statement does not agree with what is on record: a function of both.

use super::FirstStated;
use remit_domain::{
    id::{OwnerId, RequestId, Timestamp},
    reconciliation::{Discrepancy, DiscrepancyKind},
    request::{Agreement, Effect, Money, Request, RequestState, Statement, request_of},
    text::is_hidden,
};
use remit_statements::StatedEntry;
use std::collections::BTreeMap;

/// How long before a time requests may have been asked for that were done in it, in milliseconds: 31 days.
const SOUGHT_MS: i64 = 31 * DAY_MS;
/// How far the clock of a back office may be behind, in milliseconds.
const CLOCKS_MS: i64 = DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// Longest reference that connectors state, in characters.
const REFERENCE_MAX: usize = 200;

/// What a statement says, by the requests that it names.
#[derive(Debug, Default)]
pub(super) struct Sorted<'e> {
    /// Under keys of requests.
    pub(super) of_requests: BTreeMap<RequestId, Vec<&'e StatedEntry>>,
    /// Under no such key.
    pub(super) others: Vec<&'e StatedEntry>,
    pub(super) passed_over: u64,
}

/// What came of one request.
#[derive(Debug)]
pub(super) enum Judged {
    /// It agrees.
    Agrees,
    /// It is being carried out, and is for another time.
    Open,
    /// It is known now that it was done.
    Settles(Statement),
    /// It does not agree, in these ways; whether somebody has to be told, who was not by another way.
    Differs(Vec<Discrepancy>, bool),
}

/// The time of a reconciliation, from a moment until before another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Window {
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        (self.from..self.to).contains(&at)
    }

    /// When what was done in this time was asked for: from a moment, and before the request with an identifier. It is
    /// confirmed within a week, and nobody asks for longer what became of it; what of both is beyond that is of a
    /// server that stood still. Clocks of back offices may go wrong by some hours.
    pub(super) fn asked_within(&self) -> (Timestamp, String) {
        (self.from.plus_ms(-SOUGHT_MS), RequestId::first_at(self.to.plus_ms(CLOCKS_MS)).to_string())
    }

    fn meets(&self, entry: &StatedEntry) -> bool {
        entry.from < self.to && entry.to > self.from
    }
}

/// Sorts entries. Those of requests count whenever they were booked; of others those alone that fall into the time, and
/// where others share the statement, none.
pub(super) fn sorted(entries: &[StatedEntry], window: Window, is_shared: bool) -> Sorted<'_> {
    let mut sorted = Sorted::default();
    for entry in entries {
        match entry.key.as_deref().and_then(request_of) {
            Some(id) => sorted.of_requests.entry(id).or_default().push(entry),
            None if is_shared || !window.meets(entry) => sorted.passed_over += 1,
            None => sorted.others.push(entry),
        }
    }
    sorted
}

/// An effect that nobody asked for.
pub(super) fn unrequested(entry: &StatedEntry, owner: &OwnerId) -> Discrepancy {
    Discrepancy {
        kind: DiscrepancyKind::Unrequested,
        request: None,
        case: None,
        reference: entry.reference.clone(),
        stated: entry.amount.clone(),
        recorded: None,
        at: entry.about(),
        owner: owner.clone(),
        since: None,
    }
}

/// What a request that is done by record and is in no entry comes to; nothing where it is outside the time, or moves
/// nothing that a statement of money tells.
pub(super) fn missing(request: &Request, window: Window, is_of_money: bool, owner: &OwnerId) -> Option<Discrepancy> {
    let Some(Effect::Done { statement, .. }) = &request.effect else { return None };
    // It was done when its connector was told to, or later: a connector that says otherwise is not believed.
    let begun = request.decision.made_at();
    let at = statement.at.map_or(begun, |at| at.max(begun));
    let is_told = !is_of_money || statement.amount.is_some() || request.amount.is_some();
    (request.state == RequestState::Done && is_told && window.holds(at)).then(|| Discrepancy {
        reference: Some(statement.reference.clone()),
        recorded: statement.amount.clone().or_else(|| request.amount.clone()),
        at,
        ..of(DiscrepancyKind::Missing, request, None, owner)
    })
}

/// What statements said of a request before, in the form of the one that is held against it now and in others.
#[derive(Debug, Default)]
pub(super) struct Before<'s> {
    pub(super) same_form: Option<&'s FirstStated>,
    pub(super) other_form: Option<&'s FirstStated>,
    /// Whether statements of this form have the references that the connector states, as banks' have not.
    pub(super) has_its_references: bool,
}

impl Before<'_> {
    /// Whether an entry under the key of a request is of another effect than the one that is on record.
    fn is_another(&self, request: &Request, recorded: &Statement, entry: &StatedEntry) -> bool {
        if self.same_form.is_some_and(|first| !first.is_of(entry, self.has_its_references)) {
            return true;
        }
        let Some(reference) = entry.reference.as_deref().filter(|_| self.has_its_references) else { return false };
        let of_other_form = |first: &FirstStated| first.reference.as_ref() == Some(&recorded.reference);
        let is_the_connectors = recorded.reference != *request.key() && !self.other_form.is_some_and(of_other_form);
        is_the_connectors && legible(reference) != legible(&recorded.reference)
    }
}

impl FirstStated {
    pub(super) fn of(entry: &StatedEntry) -> Self {
        Self { reference: entry.reference.clone(), amount: entry.amount.clone(), at: entry.from, reconciliation: None }
    }

    /// Whether an entry is the same one again. References that banks give may be numbers that begin anew with each
    /// statement: those of connectors alone are of one effect for ever.
    fn is_of(&self, entry: &StatedEntry, by_reference: bool) -> bool {
        let is_alike = self.at == entry.from && self.amount == entry.amount;
        match (&self.reference, &entry.reference) {
            (Some(first), Some(reference)) => first == reference && (by_reference || is_alike),
            _ => is_alike,
        }
    }
}

/// A reference as it is on record: as much of it as can be read.
fn legible(reference: &str) -> String {
    reference.chars().filter(|letter| !is_hidden(*letter)).take(REFERENCE_MAX).collect::<String>().trim().to_owned()
}

/// An effect under the key of a request that another connector was told to carry out.
pub(super) fn of_anothers(request: &Request, entry: &StatedEntry, owner: &OwnerId) -> Discrepancy {
    Discrepancy { recorded: None, ..of(DiscrepancyKind::Unrequested, request, Some(entry), owner) }
}

/// That what was not known is known now, and is not what was asked for: who goes on with requests tells somebody.
pub(super) fn settled_otherwise(request: &Request, entry: &StatedEntry, owner: &OwnerId) -> Discrepancy {
    let agrees = Agreement::of(request.amount.as_ref(), entry.amount.as_ref());
    let kind = if agrees == Agreement::Agrees { DiscrepancyKind::Doubtful } else { DiscrepancyKind::Amount };
    of(kind, request, Some(entry), owner)
}

/// What a request and its entries come to.
pub(super) fn judged(request: &Request, entries: &[&StatedEntry], before: &Before<'_>, owner: &OwnerId) -> Judged {
    if let Some(entry) = entries.iter().find(|entry| entry.takes_back) {
        return Judged::Differs(vec![of(DiscrepancyKind::TakenBack, request, Some(entry), owner)], true);
    }
    let [entry] = entries else {
        let own = match (&request.state, &request.effect) {
            (RequestState::Done, Some(Effect::Done { statement, .. })) => {
                entries.iter().position(|entry| !before.is_another(request, statement, entry))
            }
            _ => None,
        };
        // One of them is its own, and each of the others is one too many.
        let others = entries.iter().enumerate().filter(|(nth, _)| *nth != own.unwrap_or(0)).map(|(_, entry)| entry);
        let repeated = others.map(|entry| of(DiscrepancyKind::Repeated, request, Some(entry), owner));
        return Judged::Differs(repeated.collect(), true);
    };
    let differs = |kind, tell| Judged::Differs(vec![of(kind, request, Some(entry), owner)], tell);
    match (&request.state, &request.effect) {
        (RequestState::Executing, _) => Judged::Open,
        (RequestState::Unknown, _) => Judged::Settles(Statement {
            reference: entry.reference.clone().unwrap_or_else(|| request.key().to_string()),
            amount: entry.amount.clone(),
            at: entry.moment(),
        }),
        (RequestState::Done, Some(Effect::Done { statement, .. })) if before.is_another(request, statement, entry) => {
            differs(DiscrepancyKind::Repeated, true)
        }
        (RequestState::Done, Some(Effect::Done { statement, agrees })) => {
            let is_asked = Agreement::of(request.amount.as_ref(), entry.amount.as_ref()) == Agreement::Agrees;
            let is_stated = statement.amount.is_none() || statement.amount == entry.amount;
            match (is_asked, is_stated) {
                (true, true) => Judged::Agrees,
                // That the connector stated another amount was told when it did.
                (false, true) if *agrees == Agreement::Differs => differs(DiscrepancyKind::Amount, false),
                _ => differs(DiscrepancyKind::Amount, true),
            }
        }
        _ => differs(DiscrepancyKind::NotCarriedOut, true),
    }
}

fn of(kind: DiscrepancyKind, request: &Request, entry: Option<&StatedEntry>, owner: &OwnerId) -> Discrepancy {
    let stated: Option<&Money> = match &request.effect {
        Some(Effect::Done { statement, .. }) => statement.amount.as_ref(),
        _ => None,
    };
    Discrepancy {
        kind,
        request: Some(request.id),
        case: Some(request.case),
        reference: entry.and_then(|entry| entry.reference.clone()),
        stated: entry.and_then(|entry| entry.amount.clone()),
        recorded: stated.or(request.amount.as_ref()).cloned(),
        at: entry.map_or(request.asked, StatedEntry::about),
        owner: owner.clone(),
        since: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use remit_domain::id::Ids;

    #[test]
    fn requests_are_looked_for_from_a_month_before_the_time_until_its_end() {
        let at = |day: i64| Timestamp(1_773_136_800_000 + day * DAY_MS);
        let (first, before) = Window { from: at(0), to: at(1) }.asked_within();
        assert_eq!(first, at(-31));
        let made = |at: Timestamp| RequestId::next(&mut Ids::new(at, u128::MAX)).to_string();
        assert!(made(at(1)) < before && made(at(2).plus_ms(-1)) < before && before < made(at(2)));
    }
}
