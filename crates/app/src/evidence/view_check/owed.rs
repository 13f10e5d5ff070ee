//! What remains to be done that more than one stream says: that a case knows of another one, and that what was erased
//! goes. Each row must follow from records, since what it asks for is done at the next start without asking anybody.

use super::problem::kept;
use crate::{
    journal::outbox::{Look, TIMER, TURN, absorb_row},
    vault::erasures::{Due, ERASURE},
};
use remit_domain::{
    Event,
    ending::Ending,
    id::{CaseId, CustomerId},
};
use remit_store::{CustomerOf, Found, OutboxRow};
use std::collections::BTreeMap;

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
}

#[derive(Debug)]
enum Link {
    /// Of one that ended in it.
    Absorbs(CaseId),
    /// Of another one of its customer's.
    Knows(CaseId),
}

impl Owed {
    /// Notes a record of the stream of `case`, if it is of one.
    pub(super) fn note(&mut self, case: Option<CaseId>, event: &Event) {
        match (case, event) {
            (Some(case), Event::CaseResolved { how: Ending::Merged { into }, .. }) => {
                self.merged.insert(case, *into);
            }
            (_, Event::CustomerErased { customer, .. }) => *self.erasures.entry(customer.clone()).or_default() += 1,
            (_, Event::ErasureCompleted { customer, .. }) => *self.erasures.entry(customer.clone()).or_default() -= 1,
            _ => {}
        }
    }

    /// Notes a row of the outbox.
    pub(super) fn keep(&mut self, row: &OutboxRow, found: Found<'_>) {
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
            ERASURE => match serde_json::from_slice::<Due>(&row.body) {
                Ok(due) if row.id == Due::row(due.key) && row.case == due.customer.as_str() => {
                    self.due.push((row.id.clone(), due.customer));
                }
                _ => unfit("it is no erasure of the customer that it is kept of"),
            },
            kind => unfit(&format!("there is nothing to be done of the kind {kind:?}")),
        }
    }

    /// Names every row that does not follow from records.
    pub(super) fn compare(mut self, customer_of: CustomerOf<'_>, found: Found<'_>) {
        for (id, customer) in &self.due {
            let left = self.erasures.entry(customer.clone()).or_default();
            *left -= 1;
            if *left < 0 {
                let how = format!("no record says that {customer} was erased, or it is completed");
                found(kept("what remains to be done", id, &how));
            }
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
                found(remit_ledger::verify::Problem::Case { case: case.to_string(), how });
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
