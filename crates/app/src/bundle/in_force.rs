//! Which bundle is in force.

use remit_domain::id::Digest;
use remit_policy::{bundle::Bundle, files::Files, finding::Finding};
use remit_store::{Evidence, ReadError};

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
