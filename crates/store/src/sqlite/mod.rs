//! The embedded backend: SQLite, one writer with group commit, readers on their own connections.

mod born;
mod case_scan;
mod case_version;
mod completions;
mod compression;
mod counters;
mod customer_filter;
mod durability;
mod evidence;
mod group_commit;
mod items;
mod journal;
mod lists;
mod migrate;
mod migrated;
mod options;
#[cfg(test)]
mod plans;
mod quiet;
mod read;
mod reserve;
mod rest;
mod rows;
mod setup;
mod side;
mod spent;
mod step;
mod streams;
mod token_columns;
mod verify;
mod views;
mod wal_checkpoint;
mod writer;

use crate::{Commit, CommitError, Committed, InFlight, OpenError, WriteError};
use completions::Completion;
use compression::Dictionaries;
use customer_filter::CustomerFilter;
use durability::Durability;
pub use evidence::UnopenedDirectory;
use group_commit::{Gate, GroupCommit, Sent};
pub use migrate::{earlier_key_marks, is_earlier};
use quiet::Quiet;
use remit_ledger::tree::Tree;
use reserve::Reserve;
use rusqlite::Connection;
use side::Side;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};
pub use step::{Check as MigrationCheck, MigrationStep};
pub use streams::SINCE as STREAMS_SINCE;
use tokio::sync::{oneshot, watch};

pub use options::{DATABASE, Options};
pub use reserve::FILE as RESERVE;

/// Batches written that wait for the disk, at most, beside the one that it is given.
const AHEAD: usize = 2;
/// Steps of `nice` of the writer's thread and of who waits for the disk: they go before others, since every command
/// waits for them.
const WRITER: i32 = -10;
/// Steps of `nice` of the threads that nobody waits for.
const BESIDE: i32 = 5;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

/// The embedded store.
pub struct SqliteStore {
    path: PathBuf,
    queue: Option<mpsc::SyncSender<Sent>>,
    in_flight: Arc<AtomicUsize>,
    gate: Arc<Gate>,
    /// What is durable.
    disk: Arc<Durability>,
    dictionaries: Arc<RwLock<Dictionaries>>,
    customer_filter: Arc<CustomerFilter>,
    /// The writer, those beside it that end when it does, and the one that reads who is known.
    threads: Vec<JoinHandle<()>>,
    readers: Mutex<Vec<Connection>>,
    /// Where reads can be held back for a moment.
    readers_gate: Arc<Quiet>,
    /// Rare writes outside the queue: bundles, checkpoints, dictionaries. None once it is being dropped.
    side: Option<Side>,
    /// Room for what must be possible on a full disk.
    reserve: Arc<Reserve>,
    /// Told to threads that would go on.
    closing: Arc<AtomicBool>,
    /// Told to the writer: to write what waits and to end.
    last: Arc<AtomicBool>,
    /// Ends with who answers for the writer.
    answering: watch::Receiver<()>,
    /// Closed after every connection: where a process closes a file it loses all its locks on it, SQLite's too.
    database: Arc<File>,
    /// Held while the store is open, so that no second process opens it.
    _lock: File,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the database in the directory `data`, making both where they are not.
    ///
    /// # Errors
    /// When another process has it, or it is damaged, foreign or newer, or of an earlier format and cannot be migrated.
    pub fn open(data: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_telling(data, options, &mut |_| {})
    }

    /// The same. `told` hears how far it is where the database is migrated.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_telling(data: &Path, options: Options, told: &mut dyn FnMut(MigrationStep)) -> Result<Self, OpenError> {
        Self::open_on(data, options, (None, told), Durability::open)
    }

    /// The same. A database that is migrated is held against its records by `check` before it takes its place.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_checked(
        data: &Path,
        options: Options,
        check: Option<MigrationCheck<'_>>,
        told: &mut dyn FnMut(MigrationStep),
    ) -> Result<Self, OpenError> {
        Self::open_on(data, options, (check, told), Durability::open)
    }

    /// The same on the disk that `disk` makes of the database's path and the ledger's edge.
    fn open_on(
        data: &Path,
        options: Options,
        (check, told): (Option<MigrationCheck<'_>>, &mut dyn FnMut(MigrationStep)),
        disk: impl FnOnce(&Path, Tree) -> io::Result<Durability>,
    ) -> Result<Self, OpenError> {
        let lock = setup::lock(data)?;
        migrate::bring(data, &options, check, told)?;
        let path = data.join(DATABASE);
        let connection = setup::writer(&path, &options, &|new| migrate::apply(new, 0, &mut |_| {}))?;
        let file = |source| OpenError::File { path: path.display().to_string(), source };
        let disk = Arc::new(disk(&path, setup::tree(&path, &connection)?).map_err(file)?);
        let damaged = |error: rusqlite::Error| setup::refusal(&path, &error);
        let dictionaries = Arc::new(RwLock::new(Dictionaries::load(&connection).map_err(damaged)?));
        let (customer_filter, closing) =
            (Arc::new(CustomerFilter::new(cases(&connection).map_err(damaged)?)), Arc::default());
        let (rare, (side, writes)) = (setup::side(&path)?, Side::new());
        let rare_writer = thread(("store-rare", 0), &path, move || side::run(rare, &writes))?;
        let (queue, waiting) = mpsc::sync_channel(options.queue_max);
        let in_flight = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new(Gate::default());
        let group_commit = GroupCommit {
            in_flight: Arc::clone(&in_flight),
            gate: Arc::clone(&gate),
            batch_max: options.batch_max,
            window: options.window,
        };
        let (tell, settle) = mpsc::sync_channel(1);
        let beside = setup::side(&path)?;
        let database = Arc::new(File::open(&path).map_err(file)?);
        let moved_to = Arc::clone(&database);
        let settler =
            thread(("store-settler", BESIDE), &path, move || wal_checkpoint::run(&beside, &moved_to, &settle))?;
        let (written, waits) = mpsc::sync_channel(AHEAD);
        let (answers, answering) = watch::channel(());
        let waiter = thread(("store-disk", WRITER), &path, {
            let disk = Arc::clone(&disk);
            move || {
                disk.run(&waits);
                drop(answers);
            }
        })?;
        let last = Arc::new(AtomicBool::new(false));
        let reserve = Arc::new(Reserve::keep(data));
        let writer = thread(("store-writer", WRITER), &path, {
            let (disk, last, kept_back) = (Arc::clone(&disk), Arc::clone(&last), Arc::clone(&reserve));
            move || writer::run(connection, (&disk, &kept_back), &waiting, &group_commit, (&written, &tell), &last)
        })?;
        let (there, learned, stop) = (setup::side(&path)?, Arc::clone(&customer_filter), Arc::clone(&closing));
        let learner = thread(("store-learner", BESIDE), &path, move || {
            // Who cannot be read here is looked for, and the error shows there.
            let _ = learned.learn(&there, &stop);
        })?;
        migrate::end(data, told).map_err(file)?;
        Ok(Self {
            path,
            queue: Some(queue),
            in_flight,
            gate,
            disk,
            dictionaries,
            customer_filter,
            threads: vec![writer, waiter, settler, learner, rare_writer],
            readers: Mutex::default(),
            readers_gate: Arc::default(),
            side: Some(side),
            reserve,
            closing,
            last,
            answering,
            database,
            _lock: lock,
        })
    }

    /// Writes and answers what waits, and takes no commit any more.
    async fn stop(&self) {
        self.last.store(true, Ordering::SeqCst);
        if let Some(queue) = &self.queue {
            // It sleeps until something comes; if there is no room, enough has.
            let _ = queue.try_send(((Commit::default(), oneshot::channel().0), InFlight::default()));
            self.gate.sent();
        }
        // The other end says nothing, and is gone once everything is answered.
        let _ = self.answering.clone().changed().await;
    }

    async fn submit(&self, mut commit: Commit, in_flight: InFlight) -> Result<Committed, CommitError> {
        let queue = self.queue.as_ref().ok_or(CommitError::Stopped)?;
        if let Some(customer) = &commit.customer {
            self.customer_filter.note(&customer.id);
        }
        for record in &mut commit.records {
            record.body = self.pack(record.kind, &record.body).await;
        }
        if let Some(case) = &mut commit.case {
            case.state = self.pack("state", &case.state).await;
        }
        if let Some(row) = &mut commit.idempotency {
            row.response = self.pack("answer", &row.response).await;
        }
        let activates = commit.activation.is_some();
        let (answer, answered) = oneshot::channel();
        queue.try_send(((commit, answer), in_flight)).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => CommitError::Busy,
            mpsc::TrySendError::Disconnected(_) => CommitError::Stopped,
        })?;
        self.gate.sent();
        let Completion { outcome, commit, others } = answered.await.map_err(|_| CommitError::Stopped)?;
        drop(others);
        drop(commit);
        if activates && outcome.is_ok() {
            self.dictionaries.write().unwrap_or_else(PoisonError::into_inner).renew();
        }
        match outcome {
            Err(CommitError::Replayed { response }) => {
                let response = self.unpack(&response).map_err(|error| CommitError::Failed(error.to_string()))?;
                Err(CommitError::Replayed { response })
            }
            result => result,
        }
    }

    /// The form in which a value of this kind is stored.
    async fn pack(&self, kind: &str, bytes: &[u8]) -> Vec<u8> {
        if self.dictionaries.read().unwrap_or_else(PoisonError::into_inner).lacks(kind, bytes) {
            self.learn(kind, bytes).await;
        }
        self.dictionaries.read().unwrap_or_else(PoisonError::into_inner).pack(kind, bytes)
    }

    /// Makes `bytes` the dictionary of its kind, unless another became it meanwhile. One that cannot be kept only costs
    /// space: the next value tries again.
    async fn learn(&self, kind: &str, bytes: &[u8]) {
        let (dictionaries, kind, bytes) = (Arc::clone(&self.dictionaries), kind.to_owned(), bytes.to_owned());
        let learned = self.rare(move |side| {
            // Only here one is added, so that none comes between.
            if !dictionaries.read().unwrap_or_else(PoisonError::into_inner).lacks(&kind, &bytes) {
                return Ok(());
            }
            let number = Dictionaries::keep(side, &kind, &bytes)?;
            dictionaries.write().unwrap_or_else(PoisonError::into_inner).note(number, kind, bytes.into());
            Ok(())
        });
        let _ = learned.await;
    }

    /// Has a rare write made beside the writer.
    async fn rare<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.side.as_ref().ok_or(WriteError::Stopped)?.write(write).await
    }

    fn unpack(&self, stored: &[u8]) -> Result<Vec<u8>, rusqlite::Error> {
        self.dictionaries.read().unwrap_or_else(PoisonError::into_inner).unpack(stored)
    }

    fn reader(&self) -> Result<Connection, crate::ReadError> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| setup::reader(&self.path), Ok)
    }

    fn keep(&self, connection: Connection) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < 16 {
            readers.push(connection);
        }
    }
}

/// How many cases were ever opened, about.
fn cases(connection: &Connection) -> Result<u64, rusqlite::Error> {
    connection
        .query_row("SELECT COALESCE(MAX(num), 0) FROM cases", [], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
}

/// Starts a thread that gives way to the process's others by so many steps, or goes before them where they are
/// negative. Without the right to go before others (on Linux `CAP_SYS_NICE`, or `RLIMIT_NICE`) it is one among them.
fn thread(
    (name, steps): (&str, i32),
    path: &Path,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    let spawned = std::thread::Builder::new().name(name.into()).spawn(move || {
        // Linux keeps this for each thread.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::nice(steps);
        run();
    });
    spawned.map_err(|source| OpenError::File { path: path.display().to_string(), source })
}

impl Drop for SqliteStore {
    /// Lets the writer finish what waits.
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        // The last connection to close moves the log of writes into the database and takes it away, and one that only
        // reads cannot.
        self.readers.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        drop((self.queue.take(), self.side.take()));
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
