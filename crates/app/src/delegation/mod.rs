//! Delegates, customers' own AI agents, and what customers grant them: registered, asked for, granted and ended;
//! tokens given out for what was granted, and whom they stand for, looked up at each call.

pub mod ask;
pub mod authorize;
pub mod backchannel;
mod changed;
mod claims;
pub mod code;
pub mod consent;
pub mod delegate;
mod delegate_keys;
pub mod exchange;
pub(crate) mod key_address;
pub(crate) mod key_refresh;
pub mod own;
pub mod own_issuer;
mod registered;
pub mod represent;
pub mod revoke;
mod signed;
pub mod token;
pub mod view;
mod words;

use crate::{Journal, refused::Refused};
use remit_store::{Collection, Entry};
use serde::de::DeserializeOwned;

/// Entries below `id` whose time is over, of so many that are looked at: to be forgotten with what is written under
/// `id`, which lies anywhere among them, so that all of them are come by in time.
async fn expired_below<T: DeserializeOwned>(
    journal: &Journal,
    of: &Collection<T>,
    id: &str,
    looked_at: usize,
    is_over: impl Fn(&T) -> bool,
) -> Result<Vec<Entry<T>>, Refused> {
    let mut page = of.page(&journal.store, Some(id), looked_at).await.map_err(Refused::internal)?;
    page.retain(|entry| is_over(&entry.value));
    Ok(page)
}
