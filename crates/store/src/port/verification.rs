//! Verification of everything that is stored: what it reads, and who judges what the store knows nothing of.

use crate::{
    AttachmentRow, Balance, CaseWrite, Counter, ExceptionRow, IdempotencyRow, Item, OutboxRow, ReadError, Reservation,
    TokenRow, WordsRow,
};
use remit_ledger::{
    checkpoint::{Checkpoint, Verifier},
    offline::OfflineProof,
    verify::{LookedAt, NotLookedAt, Problem, Report},
};
use std::future::Future;

/// What can be verified: a store that is open, or a directory of one that is only read.
///
/// Its futures read for as long as the ledger is, on the thread that polls them: one that may wait.
pub trait Verification: Send + Sync {
    /// Reads every record and holds it against the ledger, and against a checkpoint that was kept since the ledger was
    /// shorter, if there is one; then reads them stream by stream, and has `judge` hold what is kept of each against
    /// them; then everything else. `progress` is told how many of how many readings were done. Writes nothing, and sees
    /// one state of the store whatever is committed meanwhile. Whatever is changed, missing or moved is a problem in
    /// the report, and no error.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    fn verify(
        &self,
        verifier: &Verifier,
        since: Option<&Checkpoint>,
        judge: &mut (dyn Judge + Send),
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> impl Future<Output = Result<Report, ReadError>> + Send;

    /// Proof that a record is in the ledger as it was signed last. The record is named by its number or by an
    /// identifier that it is found by; none if it is not there or not signed yet.
    ///
    /// # Errors
    /// When the store cannot be read, or what a proof needs of the ledger is not there.
    fn prove(&self, record: &str) -> impl Future<Output = Result<Option<OfflineProof>, ReadError>> + Send;
}

/// What is stored of a stream: of a case, or of whatever else the same records are about.
#[derive(Debug, Default)]
pub struct Stored {
    /// Its records, by their places.
    pub records: Vec<PlacedRecord>,
    /// The case as it is kept, where there is a row of it. What version it took the place of is not known any more.
    pub case: Option<CaseWrite>,
    /// Its exceptions, ended ones included.
    pub exceptions: Vec<ExceptionRow>,
    /// Sealed words on it.
    pub words: Vec<WordsRow>,
    /// Sealed files on it.
    pub files: Vec<AttachmentRow>,
    /// What remains to be done about it.
    pub outbox: Vec<OutboxRow>,
    /// Whether it is kept among its customer's.
    pub is_listed: bool,
    /// The key of its customer, wrapped, if it is there.
    pub wrapped_key: Option<Vec<u8>>,
    /// Whether an erasure of its customer is on record after it was opened.
    pub is_covered: bool,
}

/// A record in its place.
#[derive(Debug)]
pub struct PlacedRecord {
    /// Its place in its stream, from 1.
    pub place: i64,
    /// Its position in the ledger, from 1.
    pub seq: i64,
    /// When it was recorded.
    pub at_ms: i64,
    /// What happened.
    pub body: Vec<u8>,
}

/// Who hears of what is not as it should be.
pub type Found<'f> = &'f mut dyn FnMut(Problem);

/// Whose a case is, if there is one of this identifier.
pub type CustomerOf<'c> = &'c dyn Fn(&str) -> Option<String>;

/// Holds what is stored against what the store knows nothing of: what is in a record, a bundle or a setting.
pub trait Judge {
    /// Told first: in which format the database was made, if it is known.
    fn begin(&mut self, _format: Option<i64>) {}
    /// Holds everything stored of a stream (`case/cas_…`) against its records.
    fn stream(&mut self, _name: &str, _stored: &Stored, _found: Found<'_>) {}
    /// Holds a customer's wrapped key.
    fn customer(&mut self, _id: &str, _wrapped_key: &[u8], _found: Found<'_>) {}
    /// Holds a bundle against its digest.
    fn bundle(&mut self, _digest: &str, _bytes: &[u8], _found: Found<'_>) {}
    /// Holds that a bundle came into force at a moment; told in their order, after all bundles.
    fn activation(&mut self, _at_ms: i64, _digest: &str) {}
    /// Holds what values of a kind are packed against.
    fn dictionary(&mut self, _kind: &str, _bytes: &[u8], _found: Found<'_>) {}
    /// Holds what tells a key from others.
    fn key_mark(&mut self, _name: &str, _mark: &[u8], _found: Found<'_>) {}
    /// Holds a token.
    fn token(&mut self, _token: &TokenRow, _found: Found<'_>) {}
    /// Holds a setting.
    fn item(&mut self, _item: &Item, _found: Found<'_>) {}
    /// Holds an answer that is kept to be repeated.
    fn answer(&mut self, _answer: &IdempotencyRow, _found: Found<'_>) {}
    /// Holds the outcomes of a responder for an intent: how often what happened, and how many cases were resolved, not
    /// resolved, and wrong.
    fn outcomes(&mut self, _of: (&str, &str), _counts: &[(String, i64)], _sums: [i64; 3], _found: Found<'_>) {}
    /// Holds what a counter stands at.
    fn counter(&mut self, _counter: &Counter, _balance: Balance, _found: Found<'_>) {}
    /// Holds what is held back under a name.
    fn reservation(&mut self, _id: &str, _held: &Reservation, _found: Found<'_>) {}
    /// Told last: what else was looked at, and what was not. `customer_of` looks a case's customer up.
    fn end(&mut self, _customer_of: CustomerOf<'_>, _found: Found<'_>) -> (Vec<LookedAt>, Vec<NotLookedAt>) {
        (Vec::new(), Vec::new())
    }
}

impl Judge for () {}
