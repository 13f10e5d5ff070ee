//! The evidence in memory, and its verification.

use super::{
    MemoryStore,
    state::{Kept, State},
    views::refused,
};
use crate::{
    AttachmentRow, Evidence, Judge, PlacedRecord, ReadError, Stored, Verification, WordsRow, WriteError,
    erased::RecordedErasures,
};
use remit_ledger::{
    checkpoint::{Checkpoint, Verifier},
    hash::Hash,
    offline::OfflineProof,
    proof::{self, TileSource},
    tile::TILE_WIDTH,
    tree::Tree,
    verify::{EntryIndex, Problem, Report, StoredRecord},
};
use std::{collections::BTreeMap, convert::Infallible};

impl Evidence for MemoryStore {
    async fn head(&self) -> Result<(u64, Hash), ReadError> {
        let state = self.on_disk();
        Ok((state.tree.size(), state.tree.root()))
    }

    async fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        let state = self.on_disk();
        if let Some(full) = state.tiles.get(&(level, index)) {
            return Ok(Some(full.clone()));
        }
        let full = state.tiles.keys().filter(|(of, _)| *of == level).count() as u64;
        let partial = state.tree.partial(level);
        Ok((index == full && !partial.is_empty()).then(|| partial.to_vec()))
    }

    async fn add_checkpoint(&self, size: u64, note: &str) -> Result<bool, WriteError> {
        let (number, added) = self.change(|state| {
            let newer = state.checkpoints.last_key_value().is_none_or(|(newest, _)| size > *newest);
            if newer {
                state.checkpoints.insert(size, note.to_owned());
            }
            Ok(newer)
        });
        self.wait_for(number).await;
        added.map_err(refused)
    }

    async fn checkpoint(&self) -> Result<Option<(u64, String)>, ReadError> {
        Ok(self.written().checkpoints.last_key_value().map(|(size, note)| (*size, note.clone())))
    }

    async fn keep_bundle(&self, digest: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let (number, kept) = self.change(|state| {
            state.bundles.entry(digest.to_owned()).or_insert_with(|| bytes.to_vec());
            Ok(())
        });
        self.wait_for(number).await;
        kept.map_err(refused)
    }

    async fn bundle(&self, digest: &str) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.written().bundles.get(digest).cloned())
    }

    async fn bundle_in_force(&self) -> Result<Option<String>, ReadError> {
        Ok(self.written().activations.last().map(|activation| activation.digest.clone()))
    }
}

/// What is kept of each case and of whatever else records are about, by name.
fn streams(state: &State) -> BTreeMap<String, Stored> {
    let mut streams: BTreeMap<String, Stored> = BTreeMap::new();
    for Kept { row, place, .. } in &state.records {
        let placed = PlacedRecord {
            place: place.cast_signed(),
            seq: row.seq.cast_signed(),
            at_ms: row.ts_ms,
            body: row.body.clone(),
        };
        streams.entry(row.stream.clone()).or_default().records.push(placed);
    }
    for row in state.exceptions.values() {
        streams.entry(of_case(&row.case)).or_default().exceptions.push(row.clone());
    }
    for ((case, id), sealed) in &state.words {
        let row = WordsRow { id: id.clone(), case: case.clone(), sealed: sealed.clone() };
        streams.entry(of_case(case)).or_default().words.push(row);
    }
    for ((case, id), sealed) in &state.attachments {
        let row = AttachmentRow { id: id.clone(), case: case.clone(), sealed: sealed.clone() };
        streams.entry(of_case(case)).or_default().files.push(row);
    }
    for (_, row) in state.outbox.values() {
        streams.entry(of_case(&row.case)).or_default().outbox.push(row.clone());
    }
    let mut erased = RecordedErasures::default();
    state.records.iter().for_each(|Kept { row, .. }| erased.note(row.seq, &row.kind, &row.stream));
    let customer_of = |case: &str| Ok::<_, Infallible>(state.cases.get(case).map(|case| case.customer.clone()));
    let Ok(erased) = erased.by_customer(customer_of);
    for case in state.cases.values() {
        let key = state.cases_of.get(&(case.customer.clone(), case.opened_ms, case.id.clone()));
        let stored = streams.entry(of_case(&case.id)).or_default();
        stored.case = Some(case.clone());
        stored.is_listed = key.is_some();
        stored.wrapped_key = key.and_then(|key| state.keys.get(&(*key)?)?.clone());
        stored.is_covered =
            stored.records.first().is_some_and(|first| erased.covers(&case.customer, first.seq.cast_unsigned()));
    }
    streams
}

/// The name of a case's stream.
fn of_case(case: &str) -> String {
    format!("case/{case}")
}

fn stored_record(kept: &Kept) -> StoredRecord {
    let row = &kept.row;
    let beside = EntryIndex {
        ts: row.ts_ms,
        kind: row.kind.clone(),
        stream: row.stream.clone(),
        actor: row.actor.clone(),
        subject: kept.subject.clone(),
    };
    StoredRecord { seq: row.seq, entry: row.entry.clone(), body: row.body.clone(), salt: row.salt, beside }
}

/// How many outcomes there are of each kind.
type Counts = Vec<(String, i64)>;

/// Has `judge` hold everything that is kept against what it heard of records.
fn rest(state: &State, judge: &mut (dyn Judge + Send), found: &mut dyn FnMut(Problem)) {
    for (id, number) in &state.customers {
        if let Some(Some(key)) = state.keys.get(number) {
            judge.customer(id, key, found);
        }
    }
    state.bundles.iter().for_each(|(digest, bytes)| judge.bundle(digest, bytes, found));
    state.activations.iter().for_each(|activation| judge.activation(activation.at_ms, &activation.digest));
    let mut outcomes: BTreeMap<(&str, &str), (Counts, [i64; 3])> = BTreeMap::new();
    for ((responder, intent, kind), count) in &state.outcome_counts {
        outcomes.entry((responder, intent)).or_default().0.push((kind.clone(), *count));
    }
    for ((responder, intent), sums) in &state.outcomes {
        outcomes.entry((responder, intent)).or_default().1 = *sums;
    }
    for (of, (counts, sums)) in outcomes {
        judge.outcomes(of, &counts, sums, found);
    }
    state.key_marks.iter().for_each(|(name, mark)| judge.key_mark(name, mark, found));
    state.items.values().for_each(|item| judge.item(item, found));
    state.tokens.values().for_each(|token| judge.token(token, found));
    state.answers.values().for_each(|answer| judge.answer(answer, found));
    state.counters.iter().for_each(|(counter, balance)| judge.counter(counter, *balance, found));
    state.reservations.iter().for_each(|(id, held)| judge.reservation(id, held, found));
}

impl Verification for MemoryStore {
    async fn verify(
        &self,
        verifier: &Verifier,
        since: Option<&Checkpoint>,
        judge: &mut (dyn Judge + Send),
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Report, ReadError> {
        let state = self.on_disk();
        let mut notes = state.checkpoints.iter().map(|(size, note)| (*size, note.clone()));
        let stored_tile = |level, index| state.tiles.get(&(level, index)).cloned();
        let mut verification = remit_ledger::verify::LogVerification::new(verifier, || notes.next(), stored_tile);
        since.into_iter().for_each(|checkpoint| verification.hold(checkpoint));
        // All that there is was there from the first record on.
        judge.begin(Some(i64::MAX));
        state.records.iter().for_each(|kept| verification.record(&stored_record(kept)));
        for (name, stored) in &streams(&state) {
            judge.stream(name, stored, &mut |problem| verification.note(problem));
        }
        rest(&state, judge, &mut |problem| verification.note(problem));
        let customer_of = |case: &str| Some(state.cases.get(case)?.customer.clone());
        let (judged, unjudged) = judge.end(&customer_of, &mut |problem| verification.note(problem));
        let records = state.last_seq();
        progress(records, records);
        let mut report = verification.finish();
        report.looked_at.extend(judged.into_iter().filter(|looked| looked.count > 0));
        report.not_looked_at.extend(unjudged);
        Ok(report)
    }

    async fn prove(&self, record: &str) -> Result<Option<OfflineProof>, ReadError> {
        let state = self.on_disk();
        let named = |kept: &&Kept| record.parse() == Ok(kept.row.seq) || kept.subject.as_deref() == Some(record);
        let found = state.records.iter().find(named);
        let (Some(kept), Some((_, note))) = (found, state.checkpoints.last_key_value()) else { return Ok(None) };
        let size = Checkpoint::unverified(note).map_err(|error| ReadError(error.to_string()))?.size;
        let Some(index) = kept.row.seq.checked_sub(1).filter(|index| *index < size) else { return Ok(None) };
        let mut edge = Tree::default();
        let signed = usize::try_from(size).unwrap_or(usize::MAX);
        state.records.iter().take(signed).for_each(|kept| edge.append(Hash::leaf(&kept.row.entry), &mut Vec::new()));
        let path = proof::inclusion(&Tiles { state: &state, edge }, index, size);
        let path = path.map_err(|error| ReadError(error.to_string()))?;
        Ok(Some(OfflineProof { entry: kept.row.entry.clone(), index, path, checkpoint: note.clone() }))
    }
}

/// The ledger's tiles when a checkpoint was signed.
struct Tiles<'s> {
    state: &'s State,
    edge: Tree,
}

impl TileSource for Tiles<'_> {
    fn tile(&self, level: u8, index: u64, width: usize) -> Option<Vec<Hash>> {
        if width < TILE_WIDTH {
            return self.edge.partial(level).get(..width).map(<[Hash]>::to_vec);
        }
        self.state.tiles.get(&(level, index)).cloned()
    }
}
