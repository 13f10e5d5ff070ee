//! The views: what is kept beside the records, to find cases and to go on from them.

use crate::{
    AttachmentRow, Balance, CaseFilter, CaseRow, Counter, CustomerRow, ExceptionFilter, ExceptionRow, IdempotencyRow,
    Item, OutboxRow, OutcomeCount, OutcomeDelta, ReadError, Reservation, TokenRow, WordsRow, WriteError,
};
use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
};

/// What is kept beside the records.
///
/// Each read is of one moment, and sees every commit that was acknowledged before it began, and perhaps such as will be
/// acknowledged soon ([`crate::Journal::wait_durable`] waits for them). What one commit wrote is seen whole or not at
/// all by one read; of two reads the later one sees no less. Every read fails with [`ReadError`] when the store cannot
/// be read, and where it takes longer than [`crate::patience`] allows. Pages come in the order that is named, without a
/// row twice or left out, as long as no row between moves.
pub trait Views: Send + Sync {
    /// A case.
    fn case(&self, id: &str) -> impl Future<Output = Result<Option<CaseRow>, ReadError>> + Send;

    /// Cases that agree with `filter`, the greatest identifiers first, below the cursor `after` (an identifier).
    fn cases(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CaseRow>, ReadError>> + Send;

    /// Cases of a customer whose words are sealed under a key, after one of them, in the order in which they were
    /// opened: when, in milliseconds since the Unix epoch, and which.
    fn cases_under(
        &self,
        customer: &str,
        key: u64,
        after: Option<&(i64, String)>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(i64, String)>, ReadError>> + Send;

    /// How many there are.
    fn count_under(&self, customer: &str, key: u64) -> impl Future<Output = Result<u64, ReadError>> + Send;

    /// Of the newest `limit` cases of a customer those that have been resolved since a moment, the newest first.
    fn resolved_of_customer(
        &self,
        customer: &str,
        since_ms: i64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CaseRow>, ReadError>> + Send;

    /// Of the newest `limit` cases of a customer those that are open, the newest first.
    fn open_of_customer(
        &self,
        customer: &str,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CaseRow>, ReadError>> + Send;

    /// How many cases a customer opened since a moment; 1,000 where there are more.
    fn recent_cases(&self, customer: &str, since_ms: i64) -> impl Future<Output = Result<u32, ReadError>> + Send;

    /// Open cases by holder, for holders that have any.
    fn depths(&self) -> impl Future<Output = Result<HashMap<String, i64>, ReadError>> + Send;

    /// Sealed words on a case, by their commitment.
    fn words(&self, case: &str, id: &str) -> impl Future<Output = Result<Option<WordsRow>, ReadError>> + Send;

    /// A sealed file on a case, by its commitment.
    fn attachment(&self, case: &str, id: &str)
    -> impl Future<Output = Result<Option<AttachmentRow>, ReadError>> + Send;

    /// A customer by pseudonym, with the key of those words that are sealed from now on.
    fn customer(&self, id: &str) -> impl Future<Output = Result<Option<CustomerRow>, ReadError>> + Send;

    /// The key that seals the words of a customer's case, which was opened then.
    fn key_of_case(
        &self,
        customer: &str,
        opened_ms: i64,
        case: &str,
    ) -> impl Future<Output = Result<Option<CustomerRow>, ReadError>> + Send;

    /// Some customer whose key is there, with that key, wrapped: to see whether it can be unwrapped.
    fn some_customer(&self) -> impl Future<Output = Result<Option<(String, Vec<u8>)>, ReadError>> + Send;

    /// An exception.
    fn exception(&self, id: &str) -> impl Future<Output = Result<Option<ExceptionRow>, ReadError>> + Send;

    /// Exceptions that agree with `filter`, the greatest identifiers first, below the cursor `after` (an identifier).
    fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ExceptionRow>, ReadError>> + Send;

    /// Who owns exceptions in this state, by name.
    fn owners(&self, state: &str) -> impl Future<Output = Result<Vec<String>, ReadError>> + Send;

    /// All outcomes counted, by responder and intent in their order; their kind is empty.
    fn outcomes(&self) -> impl Future<Output = Result<Vec<OutcomeDelta>, ReadError>> + Send;

    /// All outcomes counted by what happened, by responder, intent and kind in their order.
    fn outcome_counts(&self) -> impl Future<Output = Result<Vec<OutcomeCount>, ReadError>> + Send;

    /// An answer to repeat. One that has expired may be there still.
    fn idempotency(
        &self,
        scope: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<IdempotencyRow>, ReadError>> + Send;

    /// What remains to be done of a kind and is due, in the order in which it became due and was added.
    fn due(
        &self,
        kind: &str,
        now_ms: i64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<OutboxRow>, ReadError>> + Send;

    /// When the next thing of a kind is due, if anything remains.
    fn next_due(&self, kind: &str) -> impl Future<Output = Result<Option<i64>, ReadError>> + Send;

    /// An item of a kind.
    fn item(&self, kind: &str, id: &str) -> impl Future<Output = Result<Option<Item>, ReadError>> + Send;

    /// All items of a kind, by identifier.
    fn items(&self, kind: &str) -> impl Future<Output = Result<Vec<Item>, ReadError>> + Send;

    /// Items of a kind, the greatest identifiers first, below the cursor `before` (an identifier).
    fn items_page(
        &self,
        kind: &str,
        before: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Item>, ReadError>> + Send;

    /// What was taken from a counter and what is held back on it; nothing of either where nobody ever did.
    fn balance(&self, counter: &Counter) -> impl Future<Output = Result<Balance, ReadError>> + Send;

    /// An amount that is held back, until it is settled or released.
    fn reservation(&self, id: &str) -> impl Future<Output = Result<Option<Reservation>, ReadError>> + Send;

    /// A token that stands, by the hash of its secret.
    fn token(&self, hash: &[u8; 32]) -> impl Future<Output = Result<Option<TokenRow>, ReadError>> + Send;

    /// A token that stands, by its identifier.
    fn token_of_id(&self, id: &str) -> impl Future<Output = Result<Option<TokenRow>, ReadError>> + Send;

    /// Whether a token stands.
    fn has_token(&self, id: &str) -> impl Future<Output = Result<bool, ReadError>> + Send;

    /// All tokens that stand, in the order in which they were made.
    fn tokens(&self) -> impl Future<Output = Result<Vec<TokenRow>, ReadError>> + Send;

    /// The name of a token, also of one that was revoked, until the item of the kind
    /// [`REVOKED_TOKEN`](crate::REVOKED_TOKEN) that keeps it then is forgotten, and overwritten.
    fn token_name(&self, id: &str) -> impl Future<Output = Result<Option<String>, ReadError>> + Send;

    /// What tells each key that this store was made with from others, by the key's name.
    fn key_marks(&self) -> impl Future<Output = Result<BTreeMap<String, Vec<u8>>, ReadError>> + Send;

    /// Notes what tells the keys of this store from others: all of them, or none. Durable when this returns, and there
    /// also without the log of writes.
    ///
    /// # Errors
    /// [`WriteError`] when none is noted.
    fn mark_keys(&self, marks: &[(&str, [u8; 32])]) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Whether nothing is in it that a key is needed for, and no key is noted.
    fn is_blank(&self) -> impl Future<Output = Result<bool, ReadError>> + Send;
}
