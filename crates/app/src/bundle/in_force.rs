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
    let Some(named) = store.bundle_in_force().await? else { return Ok(None) };
    let digest = Digest::try_from(named.clone()).map_err(|error| ReadError(format!("the bundle in force: {error}")))?;
    let kept = match store.bundle(&named).await? {
        None => Err("it is not kept any more".to_owned()),
        Some(bytes) => Files::kept(&named, &bytes).map_err(|error| error.to_string()),
    };
    Ok(Some(InForce { digest, kept }))
}

/// The event of a record.
pub(super) fn event(row: &RecordRow) -> Result<Event, ReadError> {
    serde_json::from_slice(&row.body).map_err(|error| ReadError(format!("a record: {error}")))
}

/// What is on record of bundles that came into force, oldest first.
///
/// # Errors
/// When the store cannot be read, or a record cannot.
pub(super) async fn activations(store: &impl Journal) -> Result<Vec<BundleActivation>, ReadError> {
    let rows = store.records_of(&Stream::bundle().to_string(), 0, usize::MAX).await?;
    let mut activations = Vec::with_capacity(rows.len());
    for row in rows {
        if let Event::BundleActivated(activation) = event(&row)? {
            activations.push(activation);
        }
    }
    Ok(activations)
}

/// The bundle that the directory named at a start held when it was loaded last, at a start or by SIGHUP; none where no
/// such load is on record.
///
/// # Errors
/// When the store cannot be read.
pub async fn from_directory(store: &impl Journal) -> Result<Option<Digest>, ReadError> {
    let loaded = activations(store).await?.into_iter().rev().find(|activation| activation.from_directory);
    Ok(loaded.map(|activation| activation.to))
}
