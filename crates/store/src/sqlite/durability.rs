//! Durability: waits until the disk has what was written (fsync), beside the writer, who writes the next batch
//! meanwhile.
//!
//! Commands are answered only then. In between, a batch is in the database and can be read, though a machine that dies
//! would lose it. Whatever is committed later stands behind it in the same log, and so is lost with it; but what is
//! merely read must not leave the process before the disk has it. (In the literature: pre-committed transactions,
//! DeWitt et al., "Implementation techniques for main memory database systems", SIGMOD 1984.)

use super::completions::{Completions, Outcome, Waiting};
use crate::{CommitError, ReadError};
use remit_ledger::tree::Tree;
use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
        mpsc::Receiver,
    },
};
use tokio::sync::watch;

/// A batch that was written: its number, the ledger's edge after it, and what is to be answered.
pub(super) struct Written {
    pub(super) number: u64,
    pub(super) tree: Tree,
    pub(super) answers: Vec<(Waiting, Outcome)>,
}

/// Waits until everything written to the log before is on the disk.
pub(super) type WaitForLog = Box<dyn Fn() -> io::Result<()> + Send + Sync>;

/// What the disk has, and what is only written.
pub(super) struct Durability {
    wait_for_log: WaitForLog,
    /// The ledger's edge over what it has.
    tree: RwLock<Tree>,
    /// Batches that readers may see, begun ones included.
    visible: AtomicU64,
    /// Batches that it has.
    has: watch::Sender<u64>,
    /// Why it is not known what it has.
    failed: OnceLock<String>,
}

impl Durability {
    /// Over the database at `path`, whose log of writes is there.
    pub(super) fn open(path: &Path, tree: Tree) -> io::Result<Self> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let log = File::open(log)?;
        // A process that was killed may have written what the disk does not have yet, and what is here now will be
        // told.
        log.sync_data()?;
        Ok(Self::new(tree, Box::new(move || log.sync_data())))
    }

    /// With the log of writes that `wait_for_log` waits for.
    pub(super) fn new(tree: Tree, wait_for_log: WaitForLog) -> Self {
        let (tree, has) = (RwLock::new(tree), watch::channel(0).0);
        Self { wait_for_log, tree, visible: AtomicU64::new(0), has, failed: OnceLock::new() }
    }

    /// A copy of the ledger's edge over what it has.
    pub(super) fn tree(&self) -> Tree {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many records it has.
    pub(super) fn records(&self) -> u64 {
        self.tree.read().unwrap_or_else(PoisonError::into_inner).size()
    }

    /// The number of the batch that is now begun.
    pub(super) fn begin(&self) -> u64 {
        self.visible.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Whether it has all batches before this one.
    pub(super) fn has_all_before(&self, number: u64) -> bool {
        *self.has.borrow() + 1 == number
    }

    /// Why nothing can be written any more, if so.
    pub(super) fn failed(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Waits for the disk and answers, until the writer is gone.
    pub(super) fn run(&self, written: &Receiver<Written>) {
        while let Ok(first) = written.recv() {
            self.wait(std::iter::once(first).chain(written.try_iter()));
        }
    }

    /// Waits until the disk has these batches, which are the next, and has them answered.
    pub(super) fn wait(&self, batches: impl IntoIterator<Item = Written>) {
        let mut last = None;
        let mut answers = Vec::new();
        for batch in batches {
            answers.extend(batch.answers);
            last = Some((batch.number, batch.tree));
        }
        let Some((number, tree)) = last else { return };
        if self.failed.get().is_none()
            && let Err(error) = (self.wait_for_log)()
        {
            // The system may have let go of what it could not write, and would report the next attempt as a success.
            let why = format!("the disk did not take what was written ({error}); see to the disk and start anew");
            let _ = self.failed.set(why);
        }
        if let Some(why) = self.failed() {
            answers.iter_mut().for_each(|(_, outcome)| *outcome = Err(CommitError::Failed(why.to_owned())));
        } else {
            *self.tree.write().unwrap_or_else(PoisonError::into_inner) = tree;
        }
        self.has.send_replace(number);
        answers.into_iter().collect::<Completions>().tell();
    }

    /// Waits until it has everything that was visible before.
    pub(super) async fn settled(&self) -> Result<(), ReadError> {
        let visible = self.visible.load(Ordering::SeqCst);
        if *self.has.borrow() < visible {
            // The sender is kept in `self`.
            let _ = self.has.subscribe().wait_for(|has| *has >= visible).await;
        }
        self.failed().map_or(Ok(()), |why| Err(ReadError(why.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Commit, Committed};
    use std::sync::{Arc, Mutex, mpsc};
    use tokio::sync::oneshot;

    fn batch(number: u64) -> (Written, oneshot::Receiver<super::super::completions::Completion>) {
        let (answer, answered) = oneshot::channel();
        let outcome = Ok(Committed { first_seq: number, last_seq: number });
        let mut tree = Tree::default();
        (0..number).for_each(|_| tree.append(remit_ledger::hash::Hash::leaf(b""), &mut Vec::new()));
        (Written { number, tree, answers: vec![((Commit::default(), answer), outcome)] }, answered)
    }

    /// A disk that does what it is told to, each time.
    fn disk() -> (Arc<Durability>, mpsc::Sender<io::Result<()>>) {
        let (tell, told) = mpsc::channel();
        let told = Mutex::new(told);
        let sync = Box::new(move || told.lock().unwrap().recv().unwrap());
        (Arc::new(Durability::new(Tree::default(), sync)), tell)
    }

    #[tokio::test]
    async fn nobody_is_answered_and_nothing_read_leaves_before_the_disk_has_it() {
        let (disk, tell) = disk();
        disk.settled().await.unwrap();
        let (written, waits) = mpsc::sync_channel(8);
        let beside = std::thread::spawn({
            let disk = Arc::clone(&disk);
            move || disk.run(&waits)
        });
        assert_eq!(disk.begin(), 1);
        let (first, mut first_answered) = batch(1);
        written.send(first).unwrap();
        assert_eq!(disk.begin(), 2);
        let mut leaves = std::pin::pin!(disk.settled());
        let mut leaves_not = || {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            leaves.as_mut().poll(&mut context).is_pending()
        };
        assert!(leaves_not());
        assert!(first_answered.try_recv().is_err());
        assert_eq!((disk.records(), disk.has_all_before(2)), (0, false));
        tell.send(Ok(())).unwrap();
        assert!(first_answered.await.unwrap().outcome.is_ok());
        assert_eq!((disk.records(), disk.has_all_before(2)), (1, true));
        assert!(leaves_not(), "the second can be seen too");
        let (second, second_answered) = batch(2);
        written.send(second).unwrap();
        tell.send(Ok(())).unwrap();
        leaves.await.unwrap();
        assert!(second_answered.await.unwrap().outcome.is_ok());
        drop(written);
        beside.join().unwrap();
    }

    #[tokio::test]
    async fn after_a_disk_has_failed_nothing_is_acknowledged_and_nothing_read() {
        let (disk, tell) = disk();
        tell.send(Err(io::Error::other("bad block"))).unwrap();
        for number in 1..3 {
            disk.begin();
            let (batch, answered) = batch(number);
            // The second time the disk is not asked again: it would wait for ever here.
            disk.wait([batch]);
            let outcome = answered.await.unwrap().outcome;
            assert!(outcome.unwrap_err().to_string().contains("bad block"));
            assert!(disk.settled().await.unwrap_err().to_string().contains("start anew"));
            assert_eq!(disk.records(), 0);
        }
    }
}
