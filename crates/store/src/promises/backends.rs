//! The backends, and how each is made to crash.

use crate::{
    Evidence, Journal, Views,
    memory::{HeldDisk, MemoryStore},
    sqlite::{
        DATABASE, SqliteStore,
        testing::{FakeDisk, Held},
    },
};
use std::{fs, sync::Arc};
use tempfile::TempDir;

/// A store of one kind, and what can happen to it.
pub(super) trait Backend: Sized {
    /// The store.
    type Store: Journal + Views + Evidence + 'static;
    /// What keeps the disk from taking anything.
    type Held;
    /// A fresh one, in which so many commands may wait.
    fn with_room(waiting_max: usize) -> Self;
    /// The store.
    fn store(&self) -> &Arc<Self::Store>;
    /// Keeps the disk from taking anything until what is given is dropped.
    fn hold(&self) -> Self::Held;
    /// A write that is no commit was acknowledged: the disk has it, and everything before.
    fn acknowledged(&self);
    /// The machine dies, and the store is opened again. `part`, of 255, of what the disk was not waited for is there.
    fn crash(self, part: u8) -> Self;
    /// The store is closed, and opened again.
    fn reopen(self) -> Self;
}

/// SQLite in a directory, on a disk that can be held.
pub(super) struct Sqlite {
    directory: TempDir,
    store: Arc<SqliteStore>,
    disk: Arc<FakeDisk>,
    waiting_max: usize,
}

impl Sqlite {
    fn open(directory: TempDir, waiting_max: usize) -> Self {
        let (store, disk) = FakeDisk::open(directory.path(), waiting_max);
        Self { directory, store: Arc::new(store), disk, waiting_max }
    }
}

impl Backend for Sqlite {
    type Store = SqliteStore;
    type Held = Held;

    fn with_room(waiting_max: usize) -> Self {
        Self::open(tempfile::tempdir().unwrap(), waiting_max)
    }

    fn store(&self) -> &Arc<SqliteStore> {
        &self.store
    }

    fn hold(&self) -> Held {
        self.disk.hold()
    }

    fn acknowledged(&self) {
        self.disk.took_all();
    }

    fn crash(self, part: u8) -> Self {
        let after = tempfile::tempdir().unwrap();
        // What the disk surely has of the log of writes, and what it may have.
        let (log, surely) = self.disk.log();
        let may = log.len() - surely;
        let there = surely + may * usize::from(part) / 255;
        fs::copy(self.directory.path().join(DATABASE), after.path().join(DATABASE)).unwrap();
        fs::write(after.path().join(format!("{DATABASE}-wal")), &log[..there]).unwrap();
        let checkpoint = self.directory.path().join(crate::CHECKPOINT);
        if checkpoint.exists() {
            fs::copy(checkpoint, after.path().join(crate::CHECKPOINT)).unwrap();
        }
        self.disk.die();
        Self::open(after, self.waiting_max)
    }

    fn reopen(self) -> Self {
        let Self { directory, store, waiting_max, .. } = self;
        drop(Arc::into_inner(store).expect("nobody else has it"));
        Self::open(directory, waiting_max)
    }
}

/// The specification.
pub(super) struct Memory {
    store: Arc<MemoryStore>,
}

impl From<MemoryStore> for Memory {
    fn from(store: MemoryStore) -> Self {
        Self { store: Arc::new(store) }
    }
}

impl Backend for Memory {
    type Store = MemoryStore;
    type Held = HeldDisk;

    fn with_room(waiting_max: usize) -> Self {
        MemoryStore::with_room(waiting_max).into()
    }

    fn store(&self) -> &Arc<MemoryStore> {
        &self.store
    }

    fn hold(&self) -> HeldDisk {
        self.store.hold_disk()
    }

    fn acknowledged(&self) {}

    fn crash(self, _part: u8) -> Self {
        self.store.after_crash().into()
    }

    fn reopen(self) -> Self {
        self.store.after_crash().into()
    }
}
