//! The sandbox back office of a data directory, opened once somebody asks for it.

use remit_domain::id::Timestamp;
use remit_sandbox::{Failure, Sandbox};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Its file in the data directory.
pub const SANDBOX: &str = "sandbox.sqlite";

/// Where it is, and it once it is open.
#[derive(Debug)]
pub struct SandboxFile {
    path: PathBuf,
    opened: Mutex<Option<Arc<Sandbox>>>,
}

impl SandboxFile {
    /// That of a data directory.
    pub(crate) fn of(data: &Path) -> Self {
        Self { path: data.join(SANDBOX), opened: Mutex::default() }
    }

    /// The sandbox, with a bank in it from the first time on. Opening it reads and writes files.
    ///
    /// # Errors
    /// When the file is something else, or cannot be written.
    pub fn open(&self, now: Timestamp) -> Result<Arc<Sandbox>, Failure> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sandbox) = &*opened {
            return Ok(Arc::clone(sandbox));
        }
        let sandbox = Arc::new(Sandbox::open(&self.path)?);
        sandbox.seed_bank(now.0)?;
        *opened = Some(Arc::clone(&sandbox));
        Ok(sandbox)
    }
}
