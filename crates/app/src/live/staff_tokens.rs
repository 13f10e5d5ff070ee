//! Tokens of staff, as of a moment ago: what policy is asked of before something is offered to somebody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What somebody's token says that policies ask about.
#[derive(Debug, Clone)]
pub(crate) struct StaffToken {
    pub(crate) roles: Vec<String>,
    pub(crate) responder: Option<String>,
}

/// Tokens by the name of the member of staff who uses them, as of a moment.
#[derive(Debug, Default)]
pub(crate) struct StaffTokens(pub(crate) Mutex<Option<(Duration, Arc<ByStaff>)>>);

/// Tokens by the name of the member of staff who uses them.
pub(crate) type ByStaff = HashMap<String, Vec<StaffToken>>;
