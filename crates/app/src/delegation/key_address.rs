//! Keys of delegates that are at an address of their own: read when a delegate is registered, and anew when they were
//! read too long ago or something is signed by a key that is not among them. What stands there then is put on record.

use super::{
    changed,
    registered::{redirect_uris, usable_keys},
};
use crate::{
    Caller, Environment, Parts,
    caller::principal::Job,
    journal::delegations::{self, DelegateItem},
    refused::{Refused, refused},
};
use remit_domain::{
    delegation::{DelegateChange, KeyAddress},
    id::DelegateId,
};
use remit_oauth::{
    client_document::{self, ClientDocument, DOCUMENT_MAX, DocumentKeys, is_client_url},
    jwk::KeySet,
};
use remit_policy::address::Address;
use remit_responders::document;
use remit_store::{CommitError, Entry};
use serde_json::Value;
use std::time::Duration;

/// Largest set of keys that is read, in bytes.
const KEYS_BYTES_MAX: usize = 64 * 1_024;
/// For how long what was read counts without being read anew: as long as an access token.
const FRESH: Duration = Duration::from_secs(300);
/// How long passes between two attempts, whoever asks for them.
const AGAIN: Duration = Duration::from_secs(10);
/// For how long what was read last counts while nothing can be read, in milliseconds.
const KEPT_MS: i64 = 24 * 3_600_000;

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

/// Why nothing was read at an address, in words.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// Nobody answered there, or nobody could for now.
    Away(String),
    /// What stands there is nothing that is taken, or nothing does.
    Nothing(String),
}

impl Unreadable {
    /// Why.
    pub(super) fn why(self) -> String {
        match self {
            Self::Away(why) | Self::Nothing(why) => why,
        }
    }
}

/// What stands there that is taken, read for what is told of it.
fn taken<T, E: std::fmt::Display>(read: Result<T, E>, what: &str) -> Result<T, Unreadable> {
    read.map_err(|error| Unreadable::Nothing(format!("{what}{error}")))
}

/// Reads what stands at an address.
///
/// # Errors
/// When nothing can be read there, or it is nothing that is taken.
pub(super) async fn read(environment: &Environment, at: &KeyAddress) -> Result<AtAddress, Unreadable> {
    const DOCUMENT: &str = "of the document there, ";
    match at {
        KeyAddress::JwksUri(at) => Ok(AtAddress { jwks: keys(environment, at).await?, redirects: None }),
        KeyAddress::ClientDocument(at) => {
            if !is_client_url(at) {
                let why = "must be an address with a path, as https://assistant.example/client.json, without . and .. \
                           in it";
                return Err(Unreadable::Nothing(why.to_owned()));
            }
            let sent = fetched(environment, at, DOCUMENT_MAX).await?;
            let ClientDocument { redirect_uris: redirects, keys: of } =
                taken(client_document::parse(sent, at), DOCUMENT)?;
            taken(redirect_uris(&redirects).map_err(|refused| refused.detail), DOCUMENT)?;
            let jwks = match of {
                DocumentKeys::Here(jwks) => usable(&jwks)?,
                DocumentKeys::At(at) => keys(environment, &at).await?,
            };
            Ok(AtAddress { jwks, redirects: Some(redirects) })
        }
    }
}

async fn keys(environment: &Environment, at: &str) -> Result<Value, Unreadable> {
    usable(&fetched(environment, at, KEYS_BYTES_MAX).await?)
}

/// What can be used of a set of keys: nothing else is kept.
fn usable(jwks: &Value) -> Result<Value, Unreadable> {
    let keys = usable_keys(jwks).map_err(|refused| refused.detail);
    taken(keys, "of the keys there, ").map(|keys| keys.to_json())
}

async fn fetched(environment: &Environment, at: &str, bytes_max: usize) -> Result<Value, Unreadable> {
    let address = taken(Address::parse(at), "")?;
    if !address.is_private() {
        let why = "must be https://…: whoever is on the way would say by which keys a delegate is known";
        return Err(Unreadable::Nothing(why.to_owned()));
    }
    let read = document::read(at, &environment.private_hosts, bytes_max, document::JSON).await;
    read.map_err(|failure| {
        let why = format!("nothing can be read there: {failure}");
        if failure.retryable() { Unreadable::Away(why) } else { Unreadable::Nothing(why) }
    })
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
    let (now, last) = (parts.environment.clock.monotonic(), reads.last());
    // Nobody else read it meanwhile, nor tried to just now.
    if last == before && last.tried.is_none_or(|tried| now.saturating_sub(tried) >= AGAIN) {
        let found = read(&parts.environment, &at).await;
        let is_read = !matches!(found, Err(Unreadable::Away(_)));
        // What somebody else changed meanwhile is as they left it, and read anew the next time.
        if follow(parts, id, &known, found).await? {
            reads.tried(parts.environment.clock.monotonic(), is_read);
        }
    }
    let known = delegations::stored_delegate(&parts.journal, id).await?.unwrap_or(known);
    match known.value.unread_since {
        Some(since) if parts.environment.now() >= since.plus_ms(KEPT_MS) => Err(KeysUnread::ForADay),
        _ => Ok(known),
    }
}

/// Puts on record what stands there where that is something else, that nothing does any more, or since when nothing
/// can be read; false where the delegate was changed meanwhile.
async fn follow(
    parts: &Parts,
    id: DelegateId,
    known: &Entry<DelegateItem>,
    found: Result<AtAddress, Unreadable>,
) -> Result<bool, Refused> {
    let (mut item, at) = (known.value.clone(), parts.environment.now());
    match found {
        Ok(found) => {
            item.jwks = found.jwks;
            item.redirects = found.redirects.unwrap_or(item.redirects);
            item.unread_since = None;
        }
        Err(Unreadable::Nothing(why)) => {
            tracing::warn!(delegate = %id, %why, "nothing that is taken stands at a delegate's address: it has no key");
            item.jwks = KeySet::default().to_json();
            item.unread_since = None;
        }
        Err(Unreadable::Away(why)) => {
            tracing::warn!(delegate = %id, %why, "the keys of a delegate cannot be read; those of before count");
            item.unread_since = item.unread_since.or(Some(at));
        }
    }
    if item == known.value {
        return Ok(true);
    }
    let caller = Caller::system(Job::Delegates);
    let change = match item.unread_since {
        Some(_) => DelegateChange::Unread,
        None => DelegateChange::Refreshed { keys: item.thumbprints(), redirects: item.redirects.clone() },
    };
    match changed::put(parts, &caller, id, known, &item, change, at).await {
        Ok(()) => Ok(true),
        Err(CommitError::ItemConflict { .. }) => Ok(false),
        Err(error) => Err(refused(error)),
    }
}
