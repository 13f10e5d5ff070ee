//! What remains to be done that more than one stream says: that a case knows of another one, and that what was erased
//! goes. Each row must follow from records, since what it asks for is done at the next start without asking anybody.

use super::problem::kept;
use crate::{
    journal::outbox::{EXECUTION, Look, TIMER, TURN, absorb_row},
    vault::erasures::{ERASURE, ErasureDue},
};
use remit_domain::{
    Case, Event,
    case::Status,
    deferral::DeferralKind,
    ending::Ending,
    id::{CaseId, CustomerId},
};
use remit_ledger::verify::Problem;
use remit_store::{CustomerOf, Found, OutboxRow, PlacedRecord};
use std::collections::{BTreeMap, BTreeSet};

/// Cases that ended one in the other, at most, before the last is found.
const MERGES_MAX: usize = 64;

/// What is gathered of it.
#[derive(Debug, Default)]
pub(super) struct Owed {
    /// Cases that ended in another one.
    merged: BTreeMap<CaseId, CaseId>,
    /// Erasures of a customer that are on record and not completed.
    erasures: BTreeMap<CustomerId, i64>,
    /// Rows by which a case is to know of another one.
    links: Vec<(CaseId, Link)>,
    /// Rows of erasures.
    due: Vec<(String, CustomerId)>,
    /// What a case has to know of another one by the other one's records, what is on its own records, and what rows
    /// have it know.
    ties: Ties,
    noted: Ties,
    coming: Ties,
    /// Cases that are open.
    open: BTreeSet<CaseId>,
    /// Cases that were reopened or erased, on which not everything is noted.
    otherwise: BTreeSet<CaseId>,
    /// The moment of the newest record.
    newest_ms: i64,
    /// Rows that were due as they were written, and are due later than any record of their stream.
    later: Vec<(String, i64)>,
}

/// That the first case has to know of the second one.
type Ties = BTreeSet<(Tie, CaseId, CaseId)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    /// It ended in it.
    Absorbs,
    /// It was opened as it had ended.
    IsFollowed,
    /// It is put off until it ends.
    IsAwaited,
}

/// Whether what a row asks for was due as it was written.
fn is_at_once(row: &OutboxRow) -> bool {
    row.kind == TURN
        || row.kind == TIMER
            && matches!(
                serde_json::from_slice(&row.body),
                Ok(Look::Absorb { .. }
                    | Look::ContactedAgain { .. }
                    | Look::Followed { .. }
                    | Look::Back { .. }
                    | Look::Awaited { .. }
                    | Look::Closed
                    | Look::Needs
                    | Look::FactsSet)
            )
}

#[derive(Debug)]
enum Link {
    /// Of one that ended in it.
    Absorbs(CaseId),
    /// Of another one of its customer's.
    Knows(CaseId),
}

impl Owed {
    /// Notes when the records of a stream were written.
    pub(super) fn moments(&mut self, records: &[PlacedRecord]) {
        self.newest_ms = records.iter().map(|record| record.at_ms).fold(self.newest_ms, i64::max);
    }

    /// Notes a record of the stream of `case`, if it is of one.
    pub(super) fn note(&mut self, case: Option<CaseId>, event: &Event) {
        match (case, event) {
            (Some(case), Event::CaseResolved { how: Ending::Merged { into }, .. }) => {
                self.merged.insert(case, *into);
                self.ties.insert((Tie::Absorbs, *into, case));
            }
            (Some(case), Event::CaseAbsorbed { from, .. }) => drop(self.noted.insert((Tie::Absorbs, case, *from))),
            (Some(case), Event::CaseOpened { follows: Some(ended), .. }) => {
                self.ties.insert((Tie::IsFollowed, *ended, case));
            }
            (Some(case), Event::ContactedAgain { case: other, linked: true, .. }) => {
                self.noted.insert((Tie::IsFollowed, case, *other));
            }
            (Some(case), Event::CaseAwaited { awaited }) => {
                self.noted.insert((Tie::IsAwaited, case, awaited.by));
            }
            (Some(case), Event::CaseReopened { .. } | Event::WordsErased { .. }) => {
                self.otherwise.insert(case);
            }
            (_, Event::CustomerErased { customer, .. }) => *self.erasures.entry(customer.clone()).or_default() += 1,
            (_, Event::ErasureCompleted(completed)) => {
                *self.erasures.entry(completed.customer.clone()).or_default() -= 1;
            }
            _ => {}
        }
    }

    /// Notes what all records of a case make of it.
    pub(super) fn made(&mut self, made: &Case) {
        if made.status != Status::Open {
            return;
        }
        self.open.insert(made.id);
        let put_off = made.deferrals.get(&DeferralKind::Snooze).and_then(|open| open.after);
        self.ties.extend(put_off.map(|other| (Tie::IsAwaited, other, made.id)));
    }

    /// Notes a row of the outbox.
    pub(super) fn keep(&mut self, row: &OutboxRow, found: Found<'_>) {
        if row.due_ms > self.newest_ms && is_at_once(row) {
            self.later.push((row.id.clone(), row.due_ms));
        }
        if let (TIMER, Ok(case), Ok(look)) = (row.kind.as_str(), row.case.parse(), serde_json::from_slice(&row.body)) {
            self.coming.extend(match look {
                Look::Absorb { from } => Some((Tie::Absorbs, case, from)),
                Look::Followed { case: other } => Some((Tie::IsFollowed, case, other)),
                Look::Awaited { by } => Some((Tie::IsAwaited, case, by)),
                _ => None,
            });
        }
        let mut unfit = |how: &str| found(kept("what remains to be done", &row.id, how));
        match row.kind.as_str() {
            TURN => {}
            TIMER => match (row.case.parse(), serde_json::from_slice(&row.body)) {
                (Ok(case), Ok(Look::Absorb { from })) if row.id == absorb_row(case, from) => {
                    self.links.push((case, Link::Absorbs(from)));
                }
                (Ok(_), Ok(Look::Absorb { .. })) => unfit("it is named otherwise"),
                (Ok(case), Ok(Look::ContactedAgain { case: other } | Look::Followed { case: other })) => {
                    self.links.push((case, Link::Knows(other)));
                }
                _ => {}
            },
            ERASURE => match serde_json::from_slice::<ErasureDue>(&row.body) {
                Ok(due) if row.id == ErasureDue::row(due.key) && row.case == due.customer.as_str() => {
                    self.due.push((row.id.clone(), due.customer));
                }
                _ => unfit("it is no erasure of the customer that it is kept of"),
            },
            // Held against the requests.
            EXECUTION => {}
            kind => unfit(&format!("there is nothing to be done of the kind {kind:?}")),
        }
    }

    /// Names every row that does not follow from records, and, where `is_whole` says that all of them have to be there,
    /// what records leave to be done that no row does.
    pub(super) fn compare(mut self, is_whole: bool, customer_of: CustomerOf<'_>, found: Found<'_>) {
        for (id, due_ms) in self.later.iter().filter(|(_, due_ms)| *due_ms > self.newest_ms) {
            let how = format!("it was due as it was written, and is due at {due_ms}, after the last record");
            found(kept("what remains to be done", id, &how));
        }
        if is_whole {
            self.missing(found);
        }
        for (id, customer) in &self.due {
            let left = self.erasures.entry(customer.clone()).or_default();
            *left -= 1;
            if *left < 0 {
                let how = format!("no record says that {customer} was erased, or it is completed");
                found(kept("what remains to be done", id, &how));
            }
        }
        for (customer, _) in self.erasures.iter().filter(|(_, left)| is_whole && **left > 0) {
            let how = format!("{customer} was erased, that is not completed, and nothing remains to be done about it");
            found(kept("what remains to be done", "of an erasure", &how));
        }
        for (case, link) in &self.links {
            let (of, holds) = match link {
                Link::Absorbs(from) => (from, self.ended_in(*from, *case)),
                Link::Knows(other) => {
                    let (one, another) = (customer_of(&case.to_string()), customer_of(&other.to_string()));
                    (other, one.is_some() && one == another)
                }
            };
            if !holds {
                let how = format!("what remains to be done has it know of {of}, and their records do not say so");
                found(Problem::Case { case: case.to_string(), how });
            }
        }
    }

    /// Names what a case has to know of another one that is neither on its records nor in the outbox.
    fn missing(&self, found: Found<'_>) {
        for tie in self.ties.iter().filter(|tie| !self.noted.contains(tie) && !self.coming.contains(tie)) {
            let (what, case, other) = tie;
            let (said, holds) = match what {
                Tie::Absorbs => ("ended in it", true),
                Tie::IsFollowed => ("followed on it", !self.open.contains(case)),
                // One that has ended tells who waits for that.
                Tie::IsAwaited => ("is put off until it ends", self.open.contains(case)),
            };
            if holds && !self.otherwise.contains(case) {
                let how = format!("{other} {said}, and neither do its records say so nor does that remain to be done");
                found(Problem::Case { case: case.to_string(), how });
            }
        }
    }

    /// Whether a case ended in another one, or in one that did.
    fn ended_in(&self, from: CaseId, into: CaseId) -> bool {
        let mut ended = from;
        for _ in 0..MERGES_MAX {
            match self.merged.get(&ended) {
                Some(next) if *next == into => return true,
                Some(next) => ended = *next,
                None => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use remit_domain::{
        case::HolderRef,
        deferral::Awaited,
        event::ErasureCompleted,
        id::{OwnerId, Timestamp},
    };

    fn said(owed: Owed, is_whole: bool) -> Vec<String> {
        let mut said = Vec::new();
        owed.compare(is_whole, &|_| Some("cus_1".to_owned()), &mut |found| said.push(found.to_string()));
        said
    }

    fn case(end: char) -> CaseId {
        format!("cas_01JXT21Q00000000000000000{end}").parse().unwrap()
    }

    fn row(id: &str, of: CaseId, look: &Look) -> OutboxRow {
        let body = serde_json::to_vec(look).unwrap();
        OutboxRow { id: id.to_owned(), kind: TIMER.to_owned(), case: of.to_string(), due_ms: 0, body }
    }

    fn merged() -> Owed {
        let mut owed = Owed::default();
        let (holder, how) = (HolderRef::Owner(OwnerId::new("duty").unwrap()), Ending::Merged { into: case('A') });
        let at = Timestamp(1);
        owed.note(
            Some(case('B')),
            &Event::CaseResolved { holder, staff: None, note: None, how, disposition: None, at },
        );
        owed
    }

    #[test]
    fn a_case_that_ended_in_another_is_known_there_or_will_be() {
        let found = said(merged(), true);
        assert!(matches!(&found[..], [one] if one.contains("ended in it, and neither")), "{found:?}");
        assert_eq!(said(merged(), false), [""; 0]);
        let mut left = merged();
        left.keep(&row(&absorb_row(case('A'), case('B')), case('A'), &Look::Absorb { from: case('B') }), &mut |_| {});
        assert_eq!(said(left, true), [""; 0]);
        let mut known = merged();
        known.note(Some(case('A')), &Event::CaseAbsorbed { from: case('B'), at: Timestamp(2) });
        assert_eq!(said(known, true), [""; 0]);
    }

    #[test]
    fn a_case_knows_who_waits_for_its_end_or_will() {
        let waits = |noted: bool| {
            let mut owed = Owed::default();
            owed.open.insert(case('A'));
            owed.ties.insert((Tie::IsAwaited, case('A'), case('B')));
            if noted {
                let awaited = Awaited { by: case('B'), at: Timestamp(2) };
                owed.note(Some(case('A')), &Event::CaseAwaited { awaited });
            }
            owed
        };
        assert_eq!(said(waits(true), true), [""; 0]);
        assert!(said(waits(false), true)[0].contains("is put off until it ends, and neither"));
        let mut left = waits(false);
        left.keep(&row("awaited:A:B", case('A'), &Look::Awaited { by: case('B') }), &mut |_| {});
        assert_eq!(said(left, true), [""; 0]);
    }

    #[test]
    fn an_erasure_that_is_not_completed_is_left_to_be_done() {
        let customer = CustomerId::try_from("cus_00000000000000000000000000000000".to_owned()).unwrap();
        let mut owed = Owed::default();
        owed.note(None, &Event::CustomerErased { customer: customer.clone(), at: Timestamp(1) });
        owed.note(None, &Event::CustomerErased { customer: customer.clone(), at: Timestamp(2) });
        owed.note(None, &Event::ErasureCompleted(ErasureCompleted { customer, cases: 1, at: Timestamp(3) }));
        let found = said(owed, true);
        assert!(matches!(&found[..], [one] if one.contains("that is not completed, and nothing remains")), "{found:?}");
    }
}
