//! Which cases an erasure covers by the records: those that were opened before it. Who comes back has another key,
//! under which nothing was erased.

use std::collections::HashMap;

/// The kind of record after which a case's words are gone.
const WORDS: &str = "words_erased";
/// The kind of record, in the customer's own stream, after which the key is gone that sealed all of a customer's words.
const CUSTOMER: &str = "customer_erased";

/// Erasures that are on record, by the numbers of their records.
#[derive(Debug, Default)]
pub(crate) struct RecordedErasures {
    /// Cases that say it of themselves.
    cases: HashMap<String, u64>,
    /// The first and the last one of each customer.
    customers: HashMap<String, (u64, u64)>,
}

impl RecordedErasures {
    /// Notes a record, if it is of an erasure; told in the order of the ledger.
    pub(crate) fn note(&mut self, seq: u64, kind: &str, stream: &str) {
        let (_, id) = stream.split_once('/').unwrap_or_default();
        match kind {
            WORDS => _ = self.cases.entry(id.to_owned()).or_insert(seq),
            CUSTOMER => self.customers.entry(id.to_owned()).or_insert((seq, seq)).1 = seq,
            _ => {}
        }
    }

    /// Earlier versions recorded an erasure case by case, and each of these covers the customer's others. Where the
    /// customer's own stream had it before, the case only follows, maybe long after the customer came back.
    pub(crate) fn by_customer<E>(
        mut self,
        mut customer_of: impl FnMut(&str) -> Result<Option<String>, E>,
    ) -> Result<Self, E> {
        let mut earlier: HashMap<String, u64> = HashMap::new();
        for (case, seq) in &self.cases {
            let Some(customer) = customer_of(case)? else { continue };
            if self.customers.get(&customer).is_none_or(|(first, _)| seq < first) {
                let last = earlier.entry(customer).or_default();
                *last = (*last).max(*seq);
            }
        }
        for (customer, seq) in earlier {
            let (first, last) = self.customers.entry(customer).or_insert((seq, seq));
            (*first, *last) = ((*first).min(seq), (*last).max(seq));
        }
        Ok(self)
    }

    /// Whether a case says of itself that its words were erased.
    pub(crate) fn is_said(&self, case: &str) -> bool {
        self.cases.contains_key(case)
    }

    /// Whether one covers a case of this customer that was opened by the record with this number.
    pub(crate) fn covers(&self, customer: &str, opened: u64) -> bool {
        self.customers.get(customer).is_some_and(|(_, last)| opened < *last)
    }

    /// Whether there is one of this customer.
    pub(crate) fn is_known(&self, customer: &str) -> bool {
        self.customers.contains_key(customer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erased_of(records: &[(u64, &str, &str)]) -> RecordedErasures {
        let mut erased = RecordedErasures::default();
        records.iter().for_each(|(seq, kind, stream)| erased.note(*seq, kind, stream));
        erased.by_customer::<()>(|case| Ok(Some(format!("of {case}")))).unwrap()
    }

    #[test]
    fn an_erasure_covers_what_was_opened_before_it_and_nothing_since() {
        let erased = erased_of(&[(5, CUSTOMER, "customer/of one"), (9, WORDS, "case/one")]);
        assert!(erased.is_said("one") && erased.is_known("of one"));
        assert!(erased.covers("of one", 4));
        assert!(!erased.covers("of one", 7), "they came back before the case said it of itself");
        assert!(!erased.covers("of another", 4));
    }

    #[test]
    fn one_of_an_earlier_version_covers_the_customers_other_cases() {
        let erased = erased_of(&[(5, WORDS, "case/one"), (8, CUSTOMER, "customer/of one")]);
        assert!(erased.covers("of one", 7) && !erased.covers("of one", 9));
        let before = erased_of(&[(5, WORDS, "case/one")]);
        assert!(before.covers("of one", 4) && !before.covers("of one", 6));
    }
}
