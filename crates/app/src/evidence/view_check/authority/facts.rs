//! What is known of customers, against the records of it; and under what cases are found, one list against the other.

use super::super::problem::kept;
use crate::vault::{keys::Keys, known_facts::FactsItem};
use remit_domain::{
    Event,
    event::Words,
    field::FactsSet,
    id::{CaseId, CustomerId},
};
use remit_ledger::hash::Hash;
use remit_store::{CustomerOf, Found};
use std::collections::BTreeMap;

/// What it is called where it is not as it should be.
const FACTS_OF: &str = "facts of customer";

#[derive(Debug, Default)]
pub(super) struct Facts {
    /// By customer, the commitment to all that is known; none once it was erased.
    recorded: BTreeMap<String, Option<Words>>,
    /// Keys of those customers, wrapped, until what they seal is looked at.
    wrapped: BTreeMap<String, Vec<u8>>,
    kept: BTreeMap<String, Words>,
    /// Of how many customers it was opened.
    opened: u64,
    by_value: Listed,
    by_case: Listed,
    /// Cases that are found by something, the first of those that are next to each other.
    cases: Vec<String>,
}

/// How many are listed, and a sum that is the same for the same ones in whatever order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listed {
    count: u64,
    sum: u128,
}

impl Listed {
    fn add(&mut self, hash: &str, case: &str) {
        let Hash(leaf) = Hash::leaf(format!("{hash}\n{case}").as_bytes());
        let part = leaf.first_chunk().map_or(0, |part| u128::from_be_bytes(*part));
        (self.count, self.sum) = (self.count + 1, self.sum.wrapping_add(part));
    }
}

fn malformed(what: &str) -> serde_json::Error {
    serde::de::Error::custom(what)
}

impl Facts {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::CustomerFactsSet(FactsSet { customer, facts, .. }) => {
                self.recorded.insert(customer.to_string(), Some(facts.clone()));
            }
            Event::CustomerErased { customer, .. } => {
                if let Some(recorded) = self.recorded.get_mut(customer.as_str()) {
                    *recorded = None;
                }
            }
            _ => {}
        }
    }

    /// Notes a customer's key.
    pub(super) fn note_key(&mut self, customer: &str, wrapped: &[u8]) {
        if self.recorded.get(customer).is_some_and(Option::is_some) {
            self.wrapped.insert(customer.to_owned(), wrapped.to_owned());
        }
    }

    /// Of how many customers what is known was opened.
    pub(super) fn opened(&self) -> u64 {
        self.opened
    }

    pub(super) fn keep(
        &mut self,
        id: &str,
        body: &[u8],
        keys: Option<&Keys>,
        found: Found<'_>,
    ) -> Result<(), serde_json::Error> {
        let customer = CustomerId::try_from(id.to_owned()).map_err(serde::de::Error::custom)?;
        let item: FactsItem = serde_json::from_slice(body)?;
        let mut wrong = |how: &str| found(kept(FACTS_OF, id, how));
        if !item.is_whole() {
            wrong("they are of another length than is on record");
        } else if let Some(wrapped) = self.wrapped.remove(id) {
            // A key that does not open itself is found with the customer.
            if let Some(key) = keys.and_then(|keys| keys.customer(&customer, 0, &wrapped).ok()) {
                self.opened += 1;
                if item.open(&key).is_none() {
                    wrong("they do not open under the customer's key, or are not what was committed to");
                }
            }
        } else if self.recorded.get(id).is_some_and(Option::is_some) {
            wrong("the customer's key is not there");
        }
        self.kept.insert(id.to_owned(), item.words);
        Ok(())
    }

    pub(super) fn keep_value(&mut self, id: &str) -> Result<(), serde_json::Error> {
        let (hash, case) = id.split_once('.').ok_or_else(|| malformed("no hash and case"))?;
        case.parse::<CaseId>().map_err(serde::de::Error::custom)?;
        self.by_value.add(hash, case);
        Ok(())
    }

    pub(super) fn keep_case(&mut self, id: &str) -> Result<(), serde_json::Error> {
        let (case, hash) = id.split_once('.').ok_or_else(|| malformed("no case and hash"))?;
        case.parse::<CaseId>().map_err(serde::de::Error::custom)?;
        self.by_case.add(hash, case);
        if self.cases.last().is_none_or(|last| last != case) {
            self.cases.push(case.to_owned());
        }
        Ok(())
    }

    pub(super) fn compare(&self, customer_of: CustomerOf<'_>, found: Found<'_>) {
        for (customer, recorded) in &self.recorded {
            match (recorded, self.kept.get(customer)) {
                (Some(recorded), Some(kept)) if recorded == kept => {}
                (None, None) => {}
                (Some(_), None) => found(kept(FACTS_OF, customer, "they are on record, and not kept")),
                (Some(_), Some(_)) => found(kept(FACTS_OF, customer, "they are others than are on record")),
                (None, Some(_)) => found(kept(FACTS_OF, customer, "they are kept, and on record as erased")),
            }
        }
        for customer in self.kept.keys().filter(|customer| !self.recorded.contains_key(*customer)) {
            found(kept(FACTS_OF, customer, "no record says them"));
        }
        if self.by_value != self.by_case {
            let (values, cases) = (self.by_value.count, self.by_case.count);
            let how = format!("{values} are listed by value and {cases} by case, and they are not the same");
            found(kept("values", "that cases are found by", &how));
        }
        for case in self.cases.iter().filter(|case| customer_of(case).is_none()) {
            found(kept("values", &format!("of case {case}"), "there is no such case"));
        }
    }
}
