//! Statement files of back offices and banks, read entry by entry: comma-separated values, and camt.053 of ISO 20022,
//! which is written too, for the back office that comes with Remit.
//!
//! Every file is hostile: it is bounded by its entries and the length of each value, and what it says is told by its
//! line or its entry, never guessed.
//!
//! INVARIANT: nothing that a file says is in an error, but the name of a column: statements hold what customers paid
//! whom for.

mod camt;
mod camt_written;
mod stated;
mod table;

pub use camt_written::camt053;
pub use stated::{ENTRIES_MAX, Stated, StatedEntry, Unreadable, VALUE_MAX};

/// What form a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// Comma-separated values with a line of names.
    Csv,
    /// camt.053, a bank's statement of an account.
    Camt053,
}

/// Reads a file. Of camt.053, `key` names the member of `Refs` that carries the key.
///
/// # Errors
/// With the first thing that cannot be read: a file that is read in part would have effects be missed.
pub fn read(form: FileForm, bytes: &[u8], key: &str) -> Result<Stated, Unreadable> {
    match form {
        FileForm::Csv => table::read(bytes),
        FileForm::Camt053 => camt::read(bytes, key),
    }
}
