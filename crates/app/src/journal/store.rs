//! Which store a data directory has.

use remit_store::sqlite::SqliteStore;

/// The store of a data directory that is open.
pub type OpenStore = SqliteStore;
