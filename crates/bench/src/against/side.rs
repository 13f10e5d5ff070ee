//! A build that is measured: its bundle without what is not measured, and its classifier trained once.

use crate::{
    bundle_copy,
    program::{Build, Serving},
};
use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// A build, ready to be started over any number of new directories.
#[derive(Debug)]
pub(super) struct Side {
    /// What its rows are called.
    pub(super) name: &'static str,
    /// Whether its bundle could say that the encoder is never asked.
    pub(super) encoder_off: bool,
    program: PathBuf,
    bundle: PathBuf,
    /// What it trained, in a directory as its data directories have one.
    models: PathBuf,
    place: PathBuf,
}

impl Side {
    /// Starts the build once, so that it trains, under its bundle without AI services and without the encoder; a
    /// build of before the encoder does not know the word, and gets its bundle without AI services alone.
    pub(super) fn prepared(name: &'static str, build: Build, place: &Path) -> anyhow::Result<Self> {
        eprintln!("starting {name} once, which trains its classifier: up to a minute …");
        let place = place.join(name);
        std::fs::create_dir_all(&place)?;
        let lean = |encoder: &str, never: bool| -> anyhow::Result<(PathBuf, PathBuf)> {
            let (bundle, data) = (place.join(format!("bundle-{encoder}")), place.join(format!("first-{encoder}")));
            bundle_copy::copied(&build.bundle, &bundle, |manifest| {
                let lean = bundle_copy::without_services(manifest);
                if never { bundle_copy::asking(&lean, "never") } else { lean }
            })?;
            Serving::start(&build.program, &bundle, &data)?;
            Ok((bundle, data.join("models")))
        };
        let (encoder_off, (bundle, models)) = match lean("never", true) {
            Ok(started) => (true, started),
            Err(refused) if format!("{refused:#}").contains("encoder") => (false, lean("as-told", false)?),
            Err(refused) => return Err(refused.context(format!("the build {}", build.name))),
        };
        Ok(Self { name, encoder_off, program: build.program, bundle, models, place })
    }

    /// Serves over a new directory, which is gone when the server is.
    pub(super) fn started(&self) -> anyhow::Result<(Serving, tempfile::TempDir)> {
        let directory = tempfile::tempdir_in(&self.place)?;
        let data = directory.path().join("data");
        std::fs::create_dir_all(&data)?;
        if self.models.is_dir() {
            bundle_copy::directory(&self.models, &data.join("models"))?;
        }
        let serving = Serving::start(&self.program, &self.bundle, &data);
        Ok((serving.with_context(|| format!("the build {}", self.name))?, directory))
    }
}
