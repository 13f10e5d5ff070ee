//! Opens a data directory under a bundle, training the classifier where it has not been trained before.

use crate::{
    app::{
        App, Start, StartError,
        bundle::{self, InForce, Moves, Plan, PlanError},
        services::Services,
    },
    clock::Clock,
    directory::Directory,
};
use remit_domain::id::Timestamp;
use remit_policy::{bundle::Bundle, files::Files};
use remit_signals::{examples, intent, intent::IntentModel};
use remit_store::sqlite::{self, Options};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

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
    /// The store cannot be read.
    #[error("reading the store: {0}")]
    Read(#[from] remit_store::ReadError),
    /// The bundle cannot come into force.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// A data directory that is open, and that nothing governs yet.
#[derive(Debug)]
pub struct Opened {
    data: PathBuf,
    directory: Directory,
}

/// How a data directory is to be governed.
pub struct Governing<'a> {
    /// The bundle.
    pub bundle: Arc<Bundle>,
    /// What tells the time.
    pub clock: Box<dyn Clock>,
    /// The AI services that answer by themselves.
    pub services: Services,
    /// Where goes what responders had that are not in the bundle any more.
    pub moves: Moves,
    /// Who has it put in force, for the record.
    pub by: &'a str,
}

impl Opened {
    /// Opens the directory `data`, making it where it is not. `told` hears of steps that take seconds.
    ///
    /// # Errors
    /// When another process has it, or its database is damaged, foreign or newer.
    pub fn open(data: &Path, told: &mut dyn FnMut(&str)) -> Result<Self, BootError> {
        if sqlite::is_earlier(data) {
            told("bringing the database to the newest format, once: a few seconds for each million cases …");
        }
        Ok(Self { data: data.to_owned(), directory: Directory::open(data, Options::default())? })
    }

    /// The bundle in force in it; none in a new one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn in_force(&self) -> Result<Option<InForce>, BootError> {
        Ok(bundle::in_force(&self.directory.store)?)
    }

    /// What it takes to put another bundle in force; nothing where it is, and nothing is to be moved. Changes nothing.
    ///
    /// # Errors
    /// When something open would be left without anybody, or a move means nothing.
    pub fn plan(&self, bundle: &Bundle, moves: Moves, now: Timestamp) -> Result<Option<Plan>, BootError> {
        Ok(bundle::plan(&self.directory.store, bundle, moves, now)?)
    }

    /// Governs it. `told` hears of steps that take seconds.
    ///
    /// # Errors
    /// When something in the bundle or the directory prevents it; then what was in force is.
    pub fn start(self, governing: Governing<'_>, told: &mut dyn FnMut(&str)) -> Result<App, BootError> {
        let Governing { bundle, clock, services, moves, by } = governing;
        let plan = self.plan(&bundle, moves, clock.now())?;
        let intents = classifier(&self.data, &bundle, told)?;
        let plan = plan.map(|plan| (plan, by.to_owned()));
        Ok(App::start(Start { directory: self.directory, bundle, intents, clock, services, plan })?)
    }
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
    let governing = Governing { bundle, clock, services, moves: Moves::default(), by: "remit" };
    Opened::open(data, told)?.start(governing, told)
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
    let mut directory = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
    directory
        .recursive(true)
        .create(&models)
        .and_then(|()| fs::write(&aside, model.to_bytes()))
        .and_then(|()| fs::rename(&aside, &path))
        .map_err(|source| BootError::Keep { path: models.display().to_string(), source })?;
    Ok(model)
}
