//! Which bundle is in force.

use remit_domain::{Event, Stream, activation::BundleActivation, id::Digest};
use remit_policy::{bundle::Bundle, files::Files, finding::Finding};
use remit_store::{Evidence, Journal, ReadError, RecordRow};

/// The bundle in force, as it was kept.
#[derive(Debug)]
pub struct InForce {
    /// Its digest.
    pub digest: Digest,
    /// Its files, or why they cannot be read.
    kept: Result<Files, String>,
}

impl InForce {
    /// The bundle, or why it cannot govern: all that is asked of bundles now is asked of it.
    ///
    /// # Errors
    /// With each finding on a line.
    pub fn governing(self) -> Result<Bundle, String> {
        let told = |findings: Vec<Finding>| findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        Bundle::load(self.kept?).map_err(told)
    }

    /// The bundle as it governed, also where more is asked of bundles by now; none where it cannot be read.
    pub fn recorded(&self) -> Option<Bundle> {
        Bundle::load_kept(self.kept.clone().ok()?).ok()
    }
}

/// The bundle that came into force last in `store`, if one ever did.
///
/// # Errors
/// When the store cannot be read.
pub async fn in_force(store: &impl Evidence) -> Result<Option<InForce>, ReadError> {
    let Some(digest) = digest_in_force(store).await? else { return Ok(None) };
    let kept = match store.bundle(digest.as_str()).await? {
        None => Err("it is not kept any more".to_owned()),
        Some(bytes) => Files::kept(digest.as_str(), &bytes).map_err(|error| error.to_string()),
    };
    Ok(Some(InForce { digest, kept }))
}

/// The digest of the bundle that came into force last in `store`, if one ever did.
///
/// # Errors
/// When the store cannot be read.
pub async fn digest_in_force(store: &impl Evidence) -> Result<Option<Digest>, ReadError> {
    let named = store.bundle_in_force().await?.map(Digest::try_from).transpose();
    named.map_err(|error| ReadError(format!("the bundle in force: {error}")))
}

/// The event of a record.
pub(super) fn event(row: &RecordRow) -> Result<Event, ReadError> {
    serde_json::from_slice(&row.body).map_err(|error| ReadError(format!("a record: {error}")))
}

/// How the bundle in force came into force, with its place in the ledger, as is on record; none in a new directory.
///
/// # Errors
/// When the store cannot be read, or the record cannot.
pub(super) async fn newest(store: &impl Journal) -> Result<Option<(u64, BundleActivation)>, ReadError> {
    let Some(row) = store.newest_record_of(&Stream::bundle().to_string()).await? else { return Ok(None) };
    match event(&row)? {
        Event::BundleActivated(activation) => Ok(Some((row.seq, activation))),
        _ => Ok(None),
    }
}

/// The bundle that the directory named at a start held when it was loaded last, at a start or by SIGHUP; none where no
/// such load is on record.
///
/// # Errors
/// When the store cannot be read.
pub async fn from_directory(store: &impl Journal) -> Result<Option<Digest>, ReadError> {
    let Some((_, newest)) = newest(store).await? else { return Ok(None) };
    if newest.from_directory {
        return Ok(Some(newest.to));
    }
    if newest.loaded_before.is_some() || newest.from.is_none() {
        return Ok(newest.loaded_before);
    }
    // The record of an earlier version does not say it.
    for row in store.records_of(&Stream::bundle().to_string(), 0, usize::MAX).await?.iter().rev() {
        if let Event::BundleActivated(activation) = event(row)?
            && activation.from_directory
        {
            return Ok(Some(activation.to));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        environment::{block_on::block_on, entropy::Entropy},
        pipeline::authority,
    };
    use remit_domain::id::Timestamp;
    use remit_store::{Commit, InFlight, memory::MemoryStore};

    /// A bundle that came into force in the place of another, and the one that was loaded before, if that is told.
    fn activation(to: u8, from_directory: bool, loaded_before: Option<u8>) -> Event {
        let digest = |of: u8| Digest::from_bytes(&[of; 32]);
        Event::BundleActivated(BundleActivation {
            from: Some(digest(0)),
            to: digest(to),
            name: "a bank".into(),
            by: "tests".into(),
            reason: None,
            from_directory,
            loaded_before: loaded_before.map(digest),
            changed: None,
            moves: Vec::new(),
            at: Timestamp(1),
        })
    }

    fn loaded_last(activations: &[Event], unreadable: bool) -> Option<Digest> {
        let store = MemoryStore::default();
        for (place, event) in activations.iter().enumerate() {
            let mut record = authority::record(&Entropy::default(), event, "remit", Timestamp(1)).unwrap();
            if unreadable && place + 1 < activations.len() {
                record.body = b"no event".to_vec();
            }
            let commit = Commit { records: vec![record], ..Commit::default() };
            block_on(store.commit(commit, InFlight::default())).unwrap();
        }
        block_on(from_directory(&store)).unwrap()
    }

    #[test]
    fn the_newest_record_alone_tells_what_the_directory_held() {
        let digest = |of: u8| Some(Digest::from_bytes(&[of; 32]));
        assert_eq!(loaded_last(&[], false), None);
        for (newest, told) in [(activation(2, true, None), 2), (activation(2, false, Some(1)), 1)] {
            assert_eq!(loaded_last(&[activation(7, true, None), newest], true), digest(told));
        }
        // As an earlier version put it on record.
        let earlier = [activation(1, true, None), activation(2, false, None), activation(3, false, None)];
        assert_eq!(loaded_last(&earlier, false), digest(1));
        assert_eq!(loaded_last(&earlier[1..], false), None);
    }
}
