//! A disk for tests, which can be held and can die, and knows what of the log of writes it was waited for.

use super::{DATABASE, Durability, Options, SqliteStore};
use remit_ledger::tree::Tree;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
};

/// The disk.
#[derive(Debug)]
pub(crate) struct FakeDisk {
    log: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    is_dead: bool,
    /// Bytes of the log of writes that it was waited for.
    surely: u64,
}

/// While it lives the disk takes nothing.
#[derive(Debug)]
pub(crate) struct Held(Arc<FakeDisk>);

impl FakeDisk {
    /// The store in `directory`, on such a disk.
    pub(crate) fn open(directory: &Path, queue_max: usize) -> (SqliteStore, Arc<Self>) {
        let log = directory.join(format!("{DATABASE}-wal"));
        let disk = Arc::new(Self { log, state: Mutex::default(), changed: Condvar::new() });
        let of_store = Arc::clone(&disk);
        let durability = |_: &Path, tree: Tree| Ok(Durability::new(tree, Box::new(move || of_store.wait())));
        let options = Options { queue_max, ..Options::default() };
        let store = SqliteStore::open_on(directory, options, (None, &mut |_| {}), durability).unwrap();
        // Nothing was acknowledged yet that is not there now.
        disk.took_all();
        (store, disk)
    }

    /// Takes everything that was written until now.
    pub(crate) fn took_all(&self) {
        self.state.lock().unwrap().surely = fs::metadata(&self.log).map_or(0, |log| log.len());
    }

    fn wait(&self) -> io::Result<()> {
        let state = self.state.lock().unwrap();
        let mut state = self.changed.wait_while(state, |state| state.held > 0 && !state.is_dead).unwrap();
        if state.is_dead {
            return Err(io::Error::other("the machine died"));
        }
        state.surely = fs::metadata(&self.log)?.len();
        Ok(())
    }

    /// Takes nothing until what is given is dropped.
    pub(crate) fn hold(self: &Arc<Self>) -> Held {
        self.state.lock().unwrap().held += 1;
        Held(Arc::clone(self))
    }

    /// The log of writes as it is, and how many bytes of it the disk was waited for.
    pub(crate) fn log(&self) -> (Vec<u8>, usize) {
        let state = self.state.lock().unwrap();
        let log = fs::read(&self.log).unwrap_or_default();
        let surely = usize::try_from(state.surely).unwrap().min(log.len());
        (log, surely)
    }

    /// Takes nothing any more, for ever.
    pub(crate) fn die(&self) {
        self.state.lock().unwrap().is_dead = true;
        self.changed.notify_all();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).held -= 1;
        self.0.changed.notify_all();
    }
}
