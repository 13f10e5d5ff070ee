//! The evidence: the ledger's edge and tiles, checkpoints and bundles, and the verification of the whole.

use super::{SqliteStore, setup, verify};
use crate::{Evidence, Judge, ReadError, Verification, WriteError};
use remit_ledger::{
    checkpoint::{Checkpoint, Verifier},
    hash::Hash,
    offline::OfflineProof,
    tile,
    verify::Report,
};
use rusqlite::params;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

impl Evidence for SqliteStore {
    async fn head(&self) -> Result<(u64, Hash), ReadError> {
        let tree = self.disk.tree();
        Ok((tree.size(), tree.root()))
    }

    async fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        // A full tile that is stored and not durable is not there yet.
        let tree = self.disk.tree();
        let full = tree.size().checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
        if index < full {
            let sql = "SELECT hashes FROM tiles WHERE level = ?1 AND idx = ?2";
            let stored = self.one(sql, params![level, index.cast_signed()], |row| row.get::<_, Vec<u8>>(0))?;
            return Ok(stored.and_then(|bytes| tile::hashes(&bytes)));
        }
        Ok((full == index && !tree.partial(level).is_empty()).then(|| tree.partial(level).to_vec()))
    }

    async fn add_checkpoint(&self, size: u64, note: &str) -> Result<bool, WriteError> {
        let (note, path, reserve) = (note.to_owned(), self.path.clone(), Arc::clone(&self.reserve));
        let added = self.rare(move |side| {
            let sql =
                "INSERT INTO checkpoints SELECT ?1, ?2 WHERE ?1 > (SELECT COALESCE(MAX(size), -1) FROM checkpoints)";
            let added = side.execute(sql, params![size.cast_signed(), note])? > 0;
            let kept = if added { setup::keep_checkpoint(&path, &note) } else { Ok(()) };
            // There was room for this, so perhaps there is room again to be kept back.
            reserve.renew();
            Ok(kept.map(|()| added))
        });
        let kept = added.await?;
        kept.map_err(|error| WriteError::Failed(format!("the checkpoint could not be kept beside it: {error}")))
    }

    async fn checkpoint(&self) -> Result<Option<(u64, String)>, ReadError> {
        self.one("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1", [], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
        })
    }

    async fn keep_bundle(&self, digest: &str, bytes: &[u8]) -> Result<(), WriteError> {
        let (digest, bytes) = (digest.to_owned(), bytes.to_owned());
        let sql = "INSERT INTO bundles VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.rare(move |side| side.execute(sql, params![digest, bytes])).await.map(|_| ())
    }

    async fn bundle(&self, digest: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.one("SELECT bytes FROM bundles WHERE digest = ?1", [digest], |row| row.get(0))
    }

    async fn bundle_in_force(&self) -> Result<Option<String>, ReadError> {
        self.one("SELECT digest FROM activations ORDER BY rowid DESC LIMIT 1", [], |row| row.get(0))
    }
}

impl Verification for SqliteStore {
    async fn verify(
        &self,
        verifier: &Verifier,
        since: Option<&Checkpoint>,
        judge: &mut (dyn Judge + Send),
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Report, ReadError> {
        verify::verify(directory(&self.path), verifier, since, judge, progress)
    }

    async fn prove(&self, record: &str) -> Result<Option<OfflineProof>, ReadError> {
        verify::prove(directory(&self.path), record)
    }
}

/// The data directory that the database at `path` is in.
fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// A data directory, or a copy of one, that is verified without being opened: nothing is written to it, no migration is
/// made, and a server may use it meanwhile.
#[derive(Debug, Clone)]
pub struct UnopenedDirectory(PathBuf);

impl UnopenedDirectory {
    /// The directory at `data`.
    pub fn at(data: &Path) -> Self {
        Self(data.to_owned())
    }
}

impl Verification for UnopenedDirectory {
    async fn verify(
        &self,
        verifier: &Verifier,
        since: Option<&Checkpoint>,
        judge: &mut (dyn Judge + Send),
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Report, ReadError> {
        verify::verify(&self.0, verifier, since, judge, progress)
    }

    async fn prove(&self, record: &str) -> Result<Option<OfflineProof>, ReadError> {
        verify::prove(&self.0, record)
    }
}
