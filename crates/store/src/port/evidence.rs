//! The evidence: the ledger's tree over the records, what was signed of it, the bundles that records name, and the
//! verification of it all.

use crate::{ReadError, Verification, WriteError};
use remit_ledger::hash::Hash;
use std::future::Future;

/// The ledger's tree, checkpoints and bundles.
///
/// Every read fails with [`ReadError`] when the store cannot be read.
pub trait Evidence: Verification + Send + Sync {
    /// The ledger's size and root over the records that are durable.
    fn head(&self) -> impl Future<Output = Result<(u64, Hash), ReadError>> + Send;

    /// A tile of the ledger: full ones as stored, the last of each level as far as durable records fill it.
    fn tile(&self, level: u8, index: u64) -> impl Future<Output = Result<Option<Vec<Hash>>, ReadError>> + Send;

    /// Publishes a checkpoint, if `size` is above that of the newest one; says whether it did. Durable when it says
    /// so. Of several that come together the sizes only grow.
    ///
    /// # Errors
    /// [`WriteError`] when it is not published.
    fn add_checkpoint(&self, size: u64, note: &str) -> impl Future<Output = Result<bool, WriteError>> + Send;

    /// The newest checkpoint: its size and note.
    fn checkpoint(&self) -> impl Future<Output = Result<Option<(u64, String)>, ReadError>> + Send;

    /// Keeps a bundle under its digest, for good; one that is kept already stays as it is. Durable when this returns.
    /// It comes into force with a commit that says so.
    ///
    /// # Errors
    /// [`WriteError`] when it is not kept.
    fn keep_bundle(&self, digest: &str, bytes: &[u8]) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// A bundle that was kept.
    fn bundle(&self, digest: &str) -> impl Future<Output = Result<Option<Vec<u8>>, ReadError>> + Send;

    /// The digest of the bundle that came into force last, if one ever did.
    fn bundle_in_force(&self) -> impl Future<Output = Result<Option<String>, ReadError>> + Send;
}
