//! A store as a whole.

use super::{evidence::Evidence, journal::Journal, views::Views};

/// A whole store, for those that need all of it.
pub trait Store: Journal + Views + Evidence {}

impl<T: Journal + Views + Evidence> Store for T {}
