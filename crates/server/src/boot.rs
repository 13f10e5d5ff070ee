//! Opens a data directory under a bundle, training the classifier where it has not been trained before.

use crate::{
    app::{App, Start, StartError, services::Services},
    clock::Clock,
    directory::Directory,
};
use remit_policy::{bundle::Bundle, files::Files};
use remit_signals::{examples, intent, intent::IntentModel};
use remit_store::{
    Store as _,
    sqlite::{self, Options},
};
use std::{fs, io, path::Path, sync::Arc};

/// Why a data directory would not open.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The bundle's examples cannot be learnt from.
    #[error("intents.csv: {0}")]
    Examples(#[from] examples::ExamplesError),
    /// The classifier could not be trained.
    #[error("the intent classifier: {0}")]
    Train(#[from] intent::TrainError),
    /// The trained classifier could not be kept.
    #[error("keeping the intent classifier in {path}: {source}; {}", remit_store::cause::cure(source))]
    Keep {
        /// Where.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The store or the keys would not open.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The bundle could not be recorded as the one in force.
    #[error("recording the bundle: {0}")]
    Activate(#[from] remit_store::ReadError),
}

/// Opens `data` under `bundle`, on time told by `clock`. `told` hears of steps that take seconds.
///
/// # Errors
/// When something in the bundle or the directory prevents it.
pub fn open(
    data: &Path,
    bundle: Arc<Bundle>,
    clock: Box<dyn Clock>,
    services: Services,
    told: &mut dyn FnMut(&str),
) -> Result<App, BootError> {
    if sqlite::is_earlier(data) {
        told("bringing the database to the newest format, once: a few seconds for each million cases …");
    }
    let directory = Directory::open(data, Options::default())?;
    let intents = classifier(data, &bundle, told)?;
    let digest = bundle.digest().to_string();
    let bytes = bundle.files().to_bytes();
    let app = App::start(Start { directory, bundle, intents, clock, services })?;
    app.store().activate_bundle(&digest, &bytes, app.now().0)?;
    Ok(app)
}

/// The classifier of a bundle's examples, kept in the data directory under their digest.
///
/// # Errors
/// When the examples do not parse or suffice, or the model cannot be kept.
pub fn classifier(data: &Path, bundle: &Bundle, told: &mut dyn FnMut(&str)) -> Result<IntentModel, BootError> {
    let csv = bundle.files().get("intents.csv").unwrap_or_default();
    let named = Files::new([("intents.csv".to_owned(), csv.to_vec())]).digest();
    let models = data.join("models");
    let path = models.join(format!("intents-{named}.bin"));
    if let Ok(bytes) = fs::read(&path)
        && let Ok(model) = IntentModel::from_bytes(&bytes)
    {
        return Ok(model);
    }
    told("training the intent classifier on the bundle's examples, once …");
    let model = intent::train(&examples::parse_csv(csv)?, &mut |_, _| {})?;
    // Written aside and renamed, so that a crash leaves no half a model.
    let aside = path.with_extension("new");
    fs::create_dir_all(&models)
        .and_then(|()| fs::write(&aside, model.to_bytes()))
        .and_then(|()| fs::rename(&aside, &path))
        .map_err(|source| BootError::Keep { path: models.display().to_string(), source })?;
    Ok(model)
}
