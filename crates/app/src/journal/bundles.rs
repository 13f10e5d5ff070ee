//! Bundles that governed once, a cache: what is told of the past is told by what governed then.

use crate::{journal::store::OpenStore, refused::Refused};
use remit_domain::{Event, Stream, id::Digest};
use remit_policy::{bundle::Bundle, files::Files};
use remit_store::{Evidence as _, Journal as _};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// Bundles that are kept ready, those that were asked for last. Whoever reads a case reads of one or two.
const KEPT: usize = 8;

/// One of them, under its digest and that of the built-in policies it is loaded with.
#[derive(Debug, PartialEq, Eq, Clone)]
struct Name(Digest, Option<Digest>);

/// Those that are ready, the one asked for last at the end.
#[derive(Debug, Default)]
pub(crate) struct Bundles(Mutex<VecDeque<(Name, Arc<Bundle>)>>);

impl Bundles {
    fn get(&self, name: &Name) -> Option<Arc<Bundle>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == name)?;
        let found = kept.remove(at)?;
        let bundle = Arc::clone(&found.1);
        kept.push_back(found);
        Some(bundle)
    }

    fn keep(&self, name: Name, bundle: &Arc<Bundle>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != name);
        kept.push_back((name, Arc::clone(bundle)));
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    /// The bundle of this digest that governed once, with the built-in policies that `baseline` names.
    ///
    /// # Errors
    /// When it is not stored, or cannot be read by this version.
    pub(super) async fn of(
        &self,
        store: &OpenStore,
        digest: &Digest,
        baseline: Option<&Digest>,
    ) -> Result<Arc<Bundle>, Refused> {
        let name = Name(digest.clone(), baseline.cloned());
        if let Some(bundle) = self.get(&name) {
            return Ok(bundle);
        }
        let stored = store.bundle(digest.as_str()).await.map_err(Refused::internal)?;
        let bytes = stored.ok_or_else(|| Refused::internal(format!("bundle {digest} is not stored")))?;
        let unreadable = |error: String| Refused::internal(format!("bundle {digest}: {error}"));
        let files = Files::kept(digest.as_str(), &bytes).map_err(|error| unreadable(error.to_string()))?;
        let loaded = Bundle::load_recorded(files, baseline).map_err(|error| unreadable(error.to_string()))?;
        let bundle = Arc::new(loaded);
        self.keep(name, &bundle);
        Ok(bundle)
    }
}

/// The digest of the bundle that was in force at this place in the ledger; none before the first.
pub(super) async fn in_force_at(store: &OpenStore, seq: u64) -> Result<Option<Digest>, Refused> {
    let rows = store.records_of(&Stream::bundle().to_string(), 0, usize::MAX).await;
    let rows = rows.map_err(Refused::internal)?;
    let Some(row) = rows.iter().rev().find(|row| row.seq <= seq) else { return Ok(None) };
    match serde_json::from_slice(&row.body).map_err(Refused::internal)? {
        Event::BundleActivated(activation) => Ok(Some(activation.to)),
        _ => Ok(None),
    }
}
