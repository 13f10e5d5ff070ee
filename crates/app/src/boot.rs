//! Opens a data directory under a bundle.

use crate::{
    Parts, Settings, Start, StartError,
    bundle::{self, By, InForce, Moves, Plan, PlanError},
    directory::Directory,
    environment::{block_on::block_on, clock::Clock, entropy::Entropy, metrics::Metrics},
    governance::{
        reader::{self, ReaderError},
        services::Services,
    },
    migration::Migration,
    refused::Refused,
    sign_in::account,
    start,
    token::{self, MadeToken, NewToken, TokenView},
    vault::{customers::Customers, erasures::Erasures, opened::Opener},
};
use remit_domain::id::{Digest, Timestamp};
use remit_policy::bundle::Bundle;
use remit_store::sqlite::Options;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why a data directory would not open.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// What reads messages could not be made ready.
    #[error(transparent)]
    Reader(#[from] ReaderError),
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
pub struct OpenDirectory {
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
    /// How it is run.
    pub settings: Settings,
    /// Where goes what responders had that are not in the bundle any more.
    pub moves: Moves,
    /// Who has it put in force, for the record.
    pub by: &'a str,
    /// Why, where they say so.
    pub reason: Option<String>,
    /// Whether the bundle is what lies in a directory that was named at the start.
    pub from_directory: bool,
}

impl OpenDirectory {
    /// Opens the directory `data`, making it where it is not. `told` hears of steps that take seconds.
    ///
    /// # Errors
    /// When another process has it, or its database is damaged, foreign or newer.
    pub fn open(data: &Path, told: &mut dyn FnMut(&str)) -> Result<Self, BootError> {
        let mut migration = Migration::default();
        let directory = Directory::open_telling(data, Options::default(), &mut |step| migration.tell(step, told))?;
        Ok(Self { data: data.to_owned(), directory })
    }

    /// The digest of the bundle in force in it; none in a new one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn digest_in_force(&self) -> Result<Option<Digest>, BootError> {
        Ok(block_on(bundle::digest_in_force(&self.directory.store))?)
    }

    /// The bundle in force in it, with its files; none in a new one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn in_force(&self) -> Result<Option<InForce>, BootError> {
        Ok(block_on(bundle::in_force(&self.directory.store))?)
    }

    /// The bundle that a directory named at a start held when it was loaded last; none where none was on record.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn from_directory(&self) -> Result<Option<Digest>, BootError> {
        Ok(block_on(bundle::from_directory(&self.directory.store))?)
    }

    /// Makes a token in it, on record as done at the command line. What it names must be known there and in `bundle`,
    /// which is in force.
    ///
    /// # Errors
    /// When a value is not accepted, or the store refuses.
    pub fn make_token(&self, bundle: &Bundle, now: Timestamp, new: NewToken) -> Result<MadeToken, Refused> {
        let store = &self.directory.store;
        block_on(token::check(store, bundle, &new))?;
        let entropy = Entropy::default();
        let (row, token) = token::prepare(&entropy, now, new)?;
        let view = TokenView::from(&row);
        token::add_to(store, &entropy, now, row)?;
        Ok(MadeToken { view, token })
    }

    /// Sets the password of somebody who works here, and their roles, on record as done at the command line. Whom it
    /// names must be known there.
    ///
    /// # Errors
    /// When a value is not accepted, or the store refuses.
    pub fn set_password(&self, now: Timestamp, name: &str, roles: Vec<String>, password: &str) -> Result<(), Refused> {
        account::set_password(&self.directory.store, now, name, roles, password)
    }

    /// What it takes to put another bundle in force; nothing where it is, and nothing is to be moved. Changes nothing.
    ///
    /// # Errors
    /// When something open would be left without anybody, or a move means nothing.
    pub fn plan(&self, bundle: &Bundle, moves: Moves, now: Timestamp) -> Result<Option<Plan>, BootError> {
        let Directory { store, keys, .. } = &self.directory;
        let (customers, metrics) = (Customers::default(), Metrics::default());
        let erasures = Erasures::load(store)?;
        let opener = Opener { store, keys, customers: &customers, erasures: &erasures, metrics: &metrics };
        Ok(block_on(bundle::plan(opener, bundle, moves, now))?)
    }

    /// Governs it. `told` hears of steps that take seconds.
    ///
    /// # Errors
    /// When something in the bundle or the directory prevents it; then what was in force is.
    pub fn start(self, governing: Governing<'_>, told: &mut dyn FnMut(&str)) -> Result<Parts, BootError> {
        let Governing { bundle, clock, services, settings, moves, by, reason, from_directory } = governing;
        let plan = self.plan(&bundle, moves, clock.now())?;
        let reader = reader::open(Some(&self.data), &bundle, told)?;
        let plan = plan.map(|plan| (plan, By { who: by.to_owned(), why: reason, from_directory }));
        Ok(start::start(Start { directory: self.directory, bundle, reader, clock, services, settings, plan })?)
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
    settings: Settings,
    told: &mut dyn FnMut(&str),
) -> Result<Parts, BootError> {
    let (moves, by, reason) = (Moves::default(), "remit", None);
    let governing = Governing { bundle, clock, services, settings, moves, by, reason, from_directory: false };
    OpenDirectory::open(data, told)?.start(governing, told)
}
