//! Keys that are at an address of whoever they are of, a delegate or an issuer: read anew when they were read too long
//! ago, or when something is signed by a key that is not among them. What stands there then is put on record.

use super::key_address::UnreadAddress;
use crate::{
    Environment, Journal, Parts,
    refused::{Refused, refused},
};
use remit_domain::id::Timestamp;
use remit_store::{CommitError, Entry};
use std::{fmt, time::Duration};

/// For how long what was read counts without being read anew: as long as an access token.
const FRESH: Duration = Duration::from_secs(300);
/// How long passes between two attempts, whoever asks for them.
const AGAIN: Duration = Duration::from_secs(10);
/// For how long what was read last counts while nothing can be read, in milliseconds.
const KEPT_MS: i64 = 24 * 3_600_000;

/// Something whose keys may be at an address of its own, as it is kept.
pub(crate) trait KeysAtAddress: Clone + PartialEq {
    /// By what it is known.
    type Id: Copy + fmt::Display;
    /// What stands at the address.
    type Found;

    /// Whether its keys are at an address, and not with it.
    fn has_address(&self) -> bool;

    /// Since when nothing can be read there.
    fn unread_since(&mut self) -> &mut Option<Timestamp>;

    /// Reads what stands there.
    async fn read(&self, environment: &Environment) -> Result<Self::Found, UnreadAddress>;

    /// Is known by what was read; by no key at all where there is nothing.
    fn follow(&mut self, found: Option<Self::Found>);

    /// As it is kept now.
    async fn stored(journal: &Journal, id: Self::Id) -> Result<Option<Entry<Self>>, Refused>;

    /// Keeps it in the place of what was read before, and puts on record how it changed.
    async fn put(self, parts: &Parts, id: Self::Id, before: &Entry<Self>, at: Timestamp) -> Result<(), CommitError>;
}

/// Why the keys of something are not known.
#[derive(Debug)]
pub(crate) enum KeysUnread {
    /// Nothing could be read at its address for a day.
    ForADay,
    /// Something inside.
    Inside(Refused),
}

impl KeysUnread {
    /// What is told of nothing having been read for a day.
    pub(crate) const FOR_A_DAY: &str = "the keys could not be read at their address for a day";
}

impl From<Refused> for KeysUnread {
    fn from(refused: Refused) -> Self {
        Self::Inside(refused)
    }
}

/// What is known with what stands at its address, read anew where that was too long ago.
///
/// # Errors
/// When nothing could be read there for a day.
pub(crate) async fn fresh<T: KeysAtAddress>(parts: &Parts, id: T::Id, known: Entry<T>) -> Result<Entry<T>, KeysUnread> {
    let now = parts.environment.clock.monotonic();
    let recent = |at: Option<Duration>| at.is_some_and(|at| now.saturating_sub(at) < FRESH);
    let last = parts.live.key_reads.of(&id.to_string()).last();
    if !known.value.has_address() || recent(last.read) {
        return Ok(known);
    }
    anew(parts, id, known).await
}

/// The same, read anew in any case, if that was not tried just now.
///
/// # Errors
/// When nothing could be read there for a day.
async fn anew<T: KeysAtAddress>(parts: &Parts, id: T::Id, known: Entry<T>) -> Result<Entry<T>, KeysUnread> {
    if !known.value.has_address() {
        return Ok(known);
    }
    let reads = parts.live.key_reads.of(&id.to_string());
    let before = reads.last();
    let _reading = reads.reading.lock().await;
    let (now, last) = (parts.environment.clock.monotonic(), reads.last());
    // Nobody else read it meanwhile, nor tried to just now.
    if last == before && last.tried.is_none_or(|tried| now.saturating_sub(tried) >= AGAIN) {
        let found = known.value.read(&parts.environment).await;
        let is_read = !matches!(found, Err(UnreadAddress::Away(_)));
        // What somebody else changed meanwhile is as they left it, and read anew the next time.
        if follow(parts, id, &known, found).await? {
            reads.tried(parts.environment.clock.monotonic(), is_read);
        }
    }
    let mut known = T::stored(&parts.journal, id).await?.unwrap_or(known);
    match *known.value.unread_since() {
        Some(since) if parts.environment.now() >= since.plus_ms(KEPT_MS) => Err(KeysUnread::ForADay),
        _ => Ok(known),
    }
}

/// Reads something with the keys that are known, and with those that stand at their address now where the first may be
/// those of before.
///
/// # Errors
/// When nothing could be read there for a day.
pub(crate) async fn read<T: KeysAtAddress, R, E>(
    parts: &Parts,
    id: T::Id,
    known: Entry<T>,
    read: impl Fn(&T) -> Result<R, E>,
    may_be_stale: impl FnOnce(&E) -> bool,
) -> Result<Result<(Entry<T>, R), E>, KeysUnread> {
    let known = fresh(parts, id, known).await?;
    match read(&known.value) {
        Err(error) if known.value.has_address() && may_be_stale(&error) => {
            let known = anew(parts, id, known).await?;
            Ok(read(&known.value).map(|read| (known, read)))
        }
        read => Ok(read.map(|read| (known, read))),
    }
}

/// Puts on record what stands there where that is something else, that nothing does any more, or since when nothing
/// can be read; false where it was changed meanwhile.
async fn follow<T: KeysAtAddress>(
    parts: &Parts,
    id: T::Id,
    known: &Entry<T>,
    found: Result<T::Found, UnreadAddress>,
) -> Result<bool, Refused> {
    let (mut item, at) = (known.value.clone(), parts.environment.now());
    match found {
        Ok(found) => {
            item.follow(Some(found));
            *item.unread_since() = None;
        }
        Err(UnreadAddress::Nothing(why)) => {
            tracing::warn!(of = %id, %why, "nothing that is taken stands at the address of keys: there is no key");
            item.follow(None);
            *item.unread_since() = None;
        }
        Err(UnreadAddress::Away(why)) => {
            tracing::warn!(of = %id, %why, "keys cannot be read at their address; those of before count");
            let since = item.unread_since();
            *since = since.or(Some(at));
        }
    }
    if item == known.value {
        return Ok(true);
    }
    match item.put(parts, id, known, at).await {
        Ok(()) => Ok(true),
        Err(CommitError::ItemConflict { .. }) => Ok(false),
        Err(error) => Err(refused(error)),
    }
}
