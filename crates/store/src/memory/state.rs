//! Everything that a store holds, and what a commit makes of it: the specification of [`crate::Journal::commit`].

use crate::{
    AMOUNT_MAX, ActivationRow, Balance, CaseWrite, Commit, CommitError, Committed, Counter, ExceptionRow, Expect,
    IdempotencyRow, Item, ItemWrite, NewCustomer, OutboxRow, REVOKED_TOKEN, Record, RecordRow, Reservation, Spend,
    TokenChange, TokenRow,
};
use remit_ledger::{
    entry::{EntryAbout, LogEntry},
    hash::{Hash, hex},
    tree::Tree,
};
use std::collections::BTreeMap;

/// A record, with its place in its stream and the identifier that it is found by.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) row: RecordRow,
    pub(super) place: u64,
    pub(super) subject: Option<String>,
}

/// Everything that a store holds.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// In the order of their positions, from 1.
    pub(super) records: Vec<Kept>,
    pub(super) tree: Tree,
    /// Full tiles by level and index.
    pub(super) tiles: BTreeMap<(u8, u64), Vec<Hash>>,
    /// Checkpoints by size.
    pub(super) checkpoints: BTreeMap<u64, String>,
    pub(super) bundles: BTreeMap<String, Vec<u8>>,
    pub(super) activations: Vec<ActivationRow>,
    pub(super) cases: BTreeMap<String, CaseWrite>,
    /// Sealed words and files by case and commitment.
    pub(super) words: BTreeMap<(String, String), Vec<u8>>,
    pub(super) attachments: BTreeMap<(String, String), Vec<u8>>,
    pub(super) exceptions: BTreeMap<String, ExceptionRow>,
    /// Wrapped keys by number, from 1; none once they are destroyed.
    pub(super) keys: BTreeMap<u64, Option<Vec<u8>>>,
    /// The number of each customer's key.
    pub(super) customers: BTreeMap<String, u64>,
    /// By customer, when they were opened, and case: the number of the key that seals its words.
    pub(super) cases_of: BTreeMap<(String, i64, String), Option<u64>>,
    /// By responder and intent: resolved, failed, wrong.
    pub(super) outcomes: BTreeMap<(String, String), [i64; 3]>,
    /// By responder, intent and kind.
    pub(super) outcome_counts: BTreeMap<(String, String, String), i64>,
    /// By scope and key.
    pub(super) answers: BTreeMap<(String, String), IdempotencyRow>,
    /// By identifier, with a number by which those that are due at once follow each other.
    pub(super) outbox: BTreeMap<String, (u64, OutboxRow)>,
    outbox_added: u64,
    /// By kind and identifier.
    pub(super) items: BTreeMap<(String, String), Item>,
    /// The version that an item was given last.
    newest_version: u64,
    pub(super) tokens: BTreeMap<String, TokenRow>,
    pub(super) counters: BTreeMap<Counter, Balance>,
    pub(super) reservations: BTreeMap<String, Reservation>,
    pub(super) key_marks: BTreeMap<String, Vec<u8>>,
}

impl State {
    pub(super) fn last_seq(&self) -> u64 {
        self.records.len() as u64
    }

    /// Makes what is there what it is after `commit`. After an error what is there is of no use.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Committed, CommitError> {
        self.was_not_answered(commit)?;
        self.is_still_to_do(commit)?;
        self.has_keys(commit)?;
        self.is_as_expected(commit)?;
        commit.spend.iter().try_for_each(|spend| self.spend(spend))?;
        self.write_case(commit)?;
        let first_seq = self.last_seq() + 1;
        let mut version = commit.case.as_ref().map_or(0, |case| case.expected_version);
        for record in &commit.records {
            // Only a case's own records have its versions.
            let place = if commit.case.as_ref().is_some_and(|case| record.is_of(&case.id)) {
                version += 1;
                version
            } else {
                self.records
                    .iter()
                    .filter(|kept| kept.row.stream == record.stream)
                    .map(|kept| kept.place)
                    .max()
                    .unwrap_or(0)
                    + 1
            };
            self.append(record, place)?;
        }
        self.write_rows(commit)?;
        self.write_tokens(commit)?;
        self.write_items(commit);
        if let Some(activation) = &commit.activation {
            if !self.bundles.contains_key(&activation.digest) {
                return Err(failed("a bundle that is not kept cannot come into force"));
            }
            self.activations.push(activation.clone());
        }
        if let Some(row) = &commit.idempotency {
            self.answers.insert((row.scope.clone(), row.key.clone()), row.clone());
        }
        if let Some(number) = commit.erase {
            self.keys.insert(number, None);
        }
        if let Some(case) = &commit.clear {
            self.words.retain(|(of, _), _| of != case);
            self.attachments.retain(|(of, _), _| of != case);
            self.answers.retain(|_, row| row.case.as_ref() != Some(case));
        }
        Ok(Committed { first_seq, last_seq: self.last_seq() })
    }

    fn was_not_answered(&self, commit: &Commit) -> Result<(), CommitError> {
        let Some(asked) = &commit.idempotency else { return Ok(()) };
        let now = commit.records.first().map_or(0, |record| record.ts_ms);
        match self.answers.get(&(asked.scope.clone(), asked.key.clone())).filter(|known| known.expires_ms > now) {
            None => Ok(()),
            Some(known) if known.request_hash == asked.request_hash => {
                Err(CommitError::Replayed { response: known.response.clone() })
            }
            Some(_) => Err(CommitError::KeyReused),
        }
    }

    fn is_still_to_do(&self, commit: &Commit) -> Result<(), CommitError> {
        let claimed = commit.claim.iter().all(|id| self.outbox.contains_key(id));
        let stands = commit.tokens.iter().all(|change| match change {
            TokenChange::Add(_) => true,
            TokenChange::Revoke(id) => self.tokens.contains_key(id),
        });
        if claimed && stands { Ok(()) } else { Err(CommitError::Done) }
    }

    fn has_keys(&self, commit: &Commit) -> Result<(), CommitError> {
        let there = |number: &u64| self.keys.get(number).is_some_and(Option::is_some);
        if commit.sealed_under.iter().chain(&commit.erase).all(there) {
            return Ok(());
        }
        Err(if commit.erase.is_some() { CommitError::Done } else { CommitError::KeyGone })
    }

    fn version_of(&self, kind: &str, id: &str) -> u64 {
        self.items.get(&(kind.to_owned(), id.to_owned())).map_or(0, |item| item.version)
    }

    fn is_as_expected(&self, commit: &Commit) -> Result<(), CommitError> {
        for expect in &commit.expect {
            match expect {
                Expect::Case { id, version } => {
                    let current = self.cases.get(id).map_or(0, |case| case.version);
                    if current != *version {
                        return Err(CommitError::CaseConflict { id: id.clone(), current });
                    }
                }
                Expect::Item { kind, id, version } => {
                    let current = self.version_of(kind, id);
                    if current != *version {
                        return Err(CommitError::ItemConflict { kind: kind.clone(), id: id.clone(), current });
                    }
                }
            }
        }
        for item in &commit.items {
            let current = self.version_of(&item.kind, &item.id);
            if !item.expected.agrees(current) {
                return Err(CommitError::ItemConflict { kind: item.kind.clone(), id: item.id.clone(), current });
            }
        }
        Ok(())
    }

    /// A counter that `amount` more fits in under `limit`.
    fn with_room(&mut self, counter: &Counter, amount: u64, limit: u64) -> Result<&mut Balance, CommitError> {
        let balance = self.counters.entry(counter.clone()).or_default();
        let left = balance.left(limit);
        if amount > left {
            return Err(CommitError::Overdrawn { counter: counter.clone(), left });
        }
        Ok(balance)
    }

    fn spend(&mut self, spend: &Spend) -> Result<(), CommitError> {
        match spend {
            Spend::Take { counter, amount, limit } => self.with_room(counter, *amount, *limit)?.spent += amount,
            Spend::Reserve { id, counter, amount, limit } => {
                if self.reservations.contains_key(id) {
                    return Err(CommitError::ReservationHeld { id: id.clone() });
                }
                self.with_room(counter, *amount, *limit)?.reserved += amount;
                let held = Reservation { counter: counter.clone(), amount: *amount };
                self.reservations.insert(id.clone(), held);
            }
            Spend::Settle { id, amount } => self.end_reservation(id, *amount)?,
            Spend::Release { id } => self.end_reservation(id, 0)?,
        }
        Ok(())
    }

    fn end_reservation(&mut self, id: &str, amount: u64) -> Result<(), CommitError> {
        let held = self.reservations.remove(id).ok_or_else(|| CommitError::ReservationGone { id: id.to_owned() })?;
        if amount > held.amount {
            return Err(CommitError::Overdrawn { counter: held.counter, left: held.amount });
        }
        let balance = self.counters.entry(held.counter).or_default();
        balance.reserved -= held.amount;
        balance.spent = (balance.spent + amount).min(AMOUNT_MAX);
        Ok(())
    }

    fn write_case(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let Some(case) = &commit.case else {
            // A customer may be noted of whom there is no case.
            return commit.customer.as_ref().map_or(Ok(()), |customer| self.key_of(customer).map(drop));
        };
        let known = self.cases.get(&case.id).cloned();
        let current = known.as_ref().map_or(0, |known| known.version);
        if current != case.expected_version {
            return Err(CommitError::VersionConflict { current });
        }
        let key = match &commit.customer {
            Some(customer) => Some(self.key_of(customer)?),
            None => commit.sealed_under,
        };
        let mut case = CaseWrite { expected_version: 0, ..case.clone() };
        match known {
            // Whose it is and when it was opened stays.
            Some(known) => (case.customer, case.opened_ms) = (known.customer, known.opened_ms),
            None => drop(self.cases_of.insert((case.customer.clone(), case.opened_ms, case.id.clone()), key)),
        }
        self.cases.insert(case.id.clone(), case);
        Ok(())
    }

    /// The number of a customer's key, who is noted with it unless already noted.
    fn key_of(&mut self, customer: &NewCustomer) -> Result<u64, CommitError> {
        let known = self.customers.get(&customer.id).copied();
        if known.is_some() && known != customer.replaces {
            let same = known.filter(|known| self.keys.get(known) == Some(&Some(customer.wrapped_key.clone())));
            return same.ok_or(CommitError::KeyGone);
        }
        let next = self.keys.len() as u64 + 1;
        self.keys.insert(next, Some(customer.wrapped_key.clone()));
        self.customers.insert(customer.id.clone(), next);
        Ok(next)
    }

    fn append(&mut self, record: &Record, place: u64) -> Result<(), CommitError> {
        let subject = record.subject.as_ref();
        let taken = |kept: &Kept| {
            (subject.is_some() && kept.subject.as_ref() == subject)
                || (kept.row.stream == record.stream && kept.place == place)
        };
        if self.records.iter().any(taken) {
            return Err(failed("a record of this place or subject is there"));
        }
        let seq = self.last_seq() + 1;
        let entry = LogEntry {
            seq,
            ts: record.ts_ms,
            kind: record.kind.to_owned(),
            about: EntryAbout::Stream(record.stream.clone()),
            actor: record.actor.clone(),
            commit: hex(&record.commit),
        };
        let entry = entry.to_bytes().map_err(|error| failed(&error.to_string()))?;
        let mut full = Vec::new();
        self.tree.append(Hash::leaf(&entry), &mut full);
        self.tiles.extend(full.into_iter().map(|tile| ((tile.level, tile.index), tile.hashes)));
        let row = RecordRow {
            seq,
            kind: record.kind.to_owned(),
            stream: record.stream.clone(),
            actor: record.actor.clone(),
            ts_ms: record.ts_ms,
            body: record.body.clone(),
            entry,
            salt: record.salt,
        };
        self.records.push(Kept { row, place, subject: record.subject.clone() });
        Ok(())
    }

    fn write_rows(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let words = commit.words.iter().map(|row| (&row.case, &row.id, &row.sealed));
        for (case, id, sealed) in words {
            if self.words.insert((case.clone(), id.clone()), sealed.clone()).is_some() {
                return Err(failed("words of this commitment are there"));
            }
        }
        for row in &commit.attachments {
            if self.attachments.insert((row.case.clone(), row.id.clone()), row.sealed.clone()).is_some() {
                return Err(failed("a file of this commitment is there"));
            }
        }
        for row in &commit.exceptions {
            self.exceptions.insert(row.id.clone(), row.clone());
        }
        for row in &commit.outcomes {
            let deltas = [row.resolved, row.failed, row.wrong];
            if deltas != [0; 3] {
                let sums = self.outcomes.entry((row.responder.clone(), row.intent.clone())).or_default();
                sums.iter_mut().zip(deltas).for_each(|(sum, delta)| *sum += delta);
            }
            let what = (row.responder.clone(), row.intent.clone(), row.kind.clone());
            *self.outcome_counts.entry(what).or_default() += 1;
        }
        for id in commit.claim.iter().chain(&commit.cancel) {
            self.outbox.remove(id);
        }
        for row in &commit.outbox {
            self.outbox_added += 1;
            let number = self.outbox.get(&row.id).map_or(self.outbox_added, |(number, _)| *number);
            self.outbox.insert(row.id.clone(), (number, row.clone()));
        }
        Ok(())
    }

    fn write_tokens(&mut self, commit: &Commit) -> Result<(), CommitError> {
        for change in &commit.tokens {
            match change {
                TokenChange::Add(token) => {
                    if self.tokens.values().any(|known| known.id == token.id || known.hash == token.hash) {
                        return Err(failed("a token of this identifier or secret stands"));
                    }
                    self.tokens.insert(token.id.clone(), TokenRow::clone(token));
                }
                TokenChange::Revoke(id) => {
                    if let Some(token) = self.tokens.remove(id) {
                        self.put(REVOKED_TOKEN, id, token.name.as_bytes());
                    }
                }
            }
        }
        Ok(())
    }

    fn write_items(&mut self, commit: &Commit) {
        for ItemWrite { kind, id, body, .. } in &commit.items {
            match body {
                Some(body) => self.put(kind, id, body),
                None => drop(self.items.remove(&(kind.clone(), id.clone()))),
            }
        }
    }

    fn put(&mut self, kind: &str, id: &str, body: &[u8]) {
        // Above 1, which items have that were there before versions were.
        self.newest_version = self.newest_version.max(1) + 1;
        let (version, body) = (self.newest_version, body.to_vec());
        let item = Item { kind: kind.to_owned(), id: id.to_owned(), version, body };
        self.items.insert((kind.to_owned(), id.to_owned()), item);
    }
}

fn failed(why: &str) -> CommitError {
    CommitError::Failed(why.to_owned())
}
