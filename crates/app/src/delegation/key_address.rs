//! Keys of delegates that are at an address of their own: read when a delegate is registered, and anew when they were
//! read too long ago or something is signed by a key that is not among them. What stands there then is put on record.

use super::registered::{redirect_uris, thumbprints};
use crate::{
    Caller, Environment, Parts,
    caller::principal::Job,
    journal::delegations::{self, DELEGATES, DelegateItem},
    pipeline::authority,
    refused::{Refused, refused},
};
use remit_domain::{
    Event,
    delegation::{DelegateChange, DelegateChanged, KeyAddress},
    id::DelegateId,
};
use remit_oauth::{
    client_document::{self, ClientDocument, DOCUMENT_MAX, DocumentKeys, is_client_url},
    jwk::KeySet,
};
use remit_policy::address::Address;
use remit_responders::document;
use remit_store::{Commit, CommitError, Entry};
use serde_json::Value;
use std::time::Duration;

/// Largest set of keys that is read, in bytes.
const KEYS_BYTES_MAX: usize = 64 * 1_024;
/// For how long what was read counts without being read anew: as long as an access token.
const FRESH: Duration = Duration::from_secs(300);
/// How long passes between two attempts, whoever asks for them.
const AGAIN: Duration = Duration::from_secs(10);
/// For how long what was read last counts while nothing can be read.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// What stands at a delegate's address.
#[derive(Debug)]
pub(super) struct AtAddress {
    /// Public keys that can be used, as a JWK set.
    pub(super) jwks: Value,
    /// Where customers may be sent back to, where the address says that too.
    pub(super) redirects: Option<Vec<String>>,
}

/// Why a delegate's keys are not known.
#[derive(Debug)]
pub(super) enum KeysUnread {
    /// Nothing could be read at its address for a day.
    ForADay,
    /// Something inside.
    Inside(Refused),
}

impl KeysUnread {
    /// What is told of nothing having been read for a day.
    pub(super) const FOR_A_DAY: &str = "the keys of the delegate could not be read at its address for a day";
}

impl From<Refused> for KeysUnread {
    fn from(refused: Refused) -> Self {
        Self::Inside(refused)
    }
}

/// Reads what stands at an address.
///
/// # Errors
/// In words, when nothing can be read there, or it is nothing that is taken.
pub(super) async fn read(environment: &Environment, at: &KeyAddress) -> Result<AtAddress, String> {
    match at {
        KeyAddress::JwksUri(at) => Ok(AtAddress { jwks: keys(environment, at).await?, redirects: None }),
        KeyAddress::ClientDocument(at) => {
            if !is_client_url(at) {
                let why = "must be an address with a path, as https://assistant.example/client.json, without . and .. \
                           in it";
                return Err(why.to_owned());
            }
            let sent = fetched(environment, at, DOCUMENT_MAX).await?;
            let ClientDocument { redirect_uris: redirects, keys: of } =
                client_document::parse(sent, at).map_err(|error| format!("of the document there, {error}"))?;
            redirect_uris(&redirects).map_err(|refused| format!("of the document there, {}", refused.detail))?;
            let jwks = match of {
                DocumentKeys::Here(jwks) => usable(&jwks)?,
                DocumentKeys::At(at) => keys(environment, &at).await?,
            };
            Ok(AtAddress { jwks, redirects: Some(redirects) })
        }
    }
}

async fn keys(environment: &Environment, at: &str) -> Result<Value, String> {
    usable(&fetched(environment, at, KEYS_BYTES_MAX).await?)
}

/// What can be used of a set of keys: nothing else is kept.
fn usable(jwks: &Value) -> Result<Value, String> {
    thumbprints(jwks).map_err(|refused| format!("of the keys there, {}", refused.detail))?;
    KeySet::parse(jwks).map(|keys| keys.to_json()).map_err(|error| error.to_string())
}

async fn fetched(environment: &Environment, at: &str, bytes_max: usize) -> Result<Value, String> {
    let address = Address::parse(at).map_err(|error| error.to_string())?;
    if !address.is_private() {
        return Err("must be https://…: whoever is on the way would say by which keys a delegate is known".to_owned());
    }
    let read = document::read(at, &environment.private_hosts, bytes_max).await;
    read.map_err(|failure| format!("nothing can be read there: {failure}"))
}

/// The delegate with what stands at its address, read anew where that was too long ago.
///
/// # Errors
/// When nothing could be read there for a day.
pub(super) async fn fresh(
    parts: &Parts,
    id: DelegateId,
    known: Entry<DelegateItem>,
) -> Result<Entry<DelegateItem>, KeysUnread> {
    let now = parts.environment.clock.monotonic();
    let recent = |at: Option<Duration>| at.is_some_and(|at| now.saturating_sub(at) < FRESH);
    let last = parts.live.key_reads.of(id).last();
    if known.value.keys_at.is_none() || recent(last.read) {
        return Ok(known);
    }
    anew(parts, id, known).await
}

/// The same, read anew in any case, if that was not tried just now.
///
/// # Errors
/// When nothing could be read there for a day.
pub(super) async fn anew(
    parts: &Parts,
    id: DelegateId,
    known: Entry<DelegateItem>,
) -> Result<Entry<DelegateItem>, KeysUnread> {
    let Some(at) = known.value.keys_at.clone() else { return Ok(known) };
    let reads = parts.live.key_reads.of(id);
    let before = reads.last();
    let _reading = reads.reading.lock().await;
    let now = parts.environment.clock.monotonic();
    let last = reads.last();
    if last != before {
        // Somebody else read it meanwhile.
        return Ok(delegations::stored_delegate(&parts.journal, id).await?.unwrap_or(known));
    }
    if last.tried.is_none_or(|tried| now.saturating_sub(tried) >= AGAIN) {
        match read(&parts.environment, &at).await {
            Ok(found) => {
                // What somebody else changed meanwhile is as they left it, and read anew the next time.
                if follow(parts, id, &known, found).await? {
                    reads.tried(now, true);
                }
                return Ok(delegations::stored_delegate(&parts.journal, id).await?.unwrap_or(known));
            }
            Err(why) => {
                reads.tried(now, false);
                tracing::warn!(delegate = %id, %why, "the keys of a delegate cannot be read; those of before count");
            }
        }
    }
    match reads.last().failing {
        Some(since) if now.saturating_sub(since) >= KEPT => Err(KeysUnread::ForADay),
        _ => Ok(known),
    }
}

/// Puts on record that something else stands there, if it does; false where the delegate was changed meanwhile.
async fn follow(parts: &Parts, id: DelegateId, known: &Entry<DelegateItem>, found: AtAddress) -> Result<bool, Refused> {
    let mut item = known.value.clone();
    item.jwks = found.jwks;
    item.redirects = found.redirects.unwrap_or(item.redirects);
    if item == known.value {
        return Ok(true);
    }
    let caller = Caller::system(Job::Delegates);
    let (keys, redirects) = (item.thumbprints(), item.redirects.clone());
    let event = Event::DelegateChanged(DelegateChanged {
        delegate: id,
        change: DelegateChange::Refreshed { keys, redirects },
        by: caller.pseudonym.to_string(),
        at: parts.environment.now(),
    });
    let write = DELEGATES.write(id.to_string(), known.expected(), &item).map_err(Refused::internal)?;
    let commit = Commit { items: vec![write], ..Commit::default() };
    match authority::govern(parts, &caller, &[event], commit).await {
        Ok(()) => Ok(true),
        Err(CommitError::ItemConflict { .. }) => Ok(false),
        Err(error) => Err(refused(error)),
    }
}
