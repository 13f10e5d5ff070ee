//! Group commit: how commands that wait are gathered into one transaction, which the disk is waited for once.

use super::completions::Waiting;
use crate::InFlight;
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicIsize, AtomicUsize, Ordering},
        mpsc::Receiver,
    },
    thread::Thread,
    time::{Duration, Instant},
};

/// A command that was sent, and the announcement that it was on its way.
pub(super) type Sent = (Waiting, InFlight);

/// A group commit: what is gathered into one transaction, and how long it waits for more.
///
/// A transaction writes the edge of every tree that it adds to, however little it adds, so that one of many commands
/// costs each of them far less. Half of those under way are enough: while they are written the other half comes.
pub(super) struct GroupCommit {
    /// How many are announced and not there yet.
    pub(super) in_flight: Arc<AtomicUsize>,
    /// Where the writer sleeps until enough are there.
    pub(super) gate: Arc<Gate>,
    /// Commands in one transaction, at most.
    pub(super) batch_max: usize,
    /// How long a transaction waits for what is announced, at most.
    pub(super) window: Duration,
}

/// So many share the edges well enough.
const ENOUGH: usize = 64;
/// Fewer are not worth that another thread waits for the disk: with 8 clients over HTTP it costs a sixth.
const WORTH: usize = 16;
/// How long to sleep before looking whether all that were announced still come. One that is refused does not.
const LOOK: Duration = Duration::from_micros(500);

impl GroupCommit {
    /// Whether the next transaction could begin at once, and is worth it.
    pub(super) fn is_ready(&self) -> bool {
        let there = self.gate.there().min(self.batch_max);
        there >= self.enough(there).max(WORTH)
    }

    /// How many commands are enough for a transaction when so many are there.
    fn enough(&self, there: usize) -> usize {
        let coming = self.in_flight.load(Ordering::Relaxed);
        ENOUGH.min((there + coming).div_ceil(2)).min(self.batch_max)
    }

    /// Adds `first` and what else waits to `batch`, and what is announced and comes in time.
    pub(super) fn fill(&self, first: Sent, waiting: &Receiver<Sent>, batch: &mut Vec<Waiting>) {
        let begun = Instant::now();
        batch.push(self.gate.taken(first));
        loop {
            while batch.len() < self.batch_max {
                let Ok(next) = waiting.try_recv() else { break };
                batch.push(self.gate.taken(next));
            }
            let enough = self.enough(batch.len());
            let left = self.window.saturating_sub(begun.elapsed());
            if batch.len() >= enough || left.is_zero() {
                return;
            }
            self.gate.sleep(enough - batch.len(), left.min(LOOK));
        }
    }
}

/// Where the writer sleeps until so many commands are there as it wants. To be woken by each would cost those who send
/// them more than the commands do.
#[derive(Debug)]
pub(super) struct Gate {
    /// Sent and not taken; for a moment fewer than none, where one was taken before it was counted.
    there: AtomicIsize,
    /// So many wake the writer.
    wanted: AtomicIsize,
    writer: OnceLock<Thread>,
}

/// More than there ever are: the writer does not sleep.
const AWAKE: isize = isize::MAX;

impl Default for Gate {
    fn default() -> Self {
        Self { there: AtomicIsize::new(0), wanted: AtomicIsize::new(AWAKE), writer: OnceLock::new() }
    }
}

impl Gate {
    /// One more was sent.
    pub(super) fn sent(&self) {
        let there = self.there.fetch_add(1, Ordering::SeqCst) + 1;
        if there >= self.wanted.load(Ordering::SeqCst)
            && self.wanted.swap(AWAKE, Ordering::SeqCst) != AWAKE
            && let Some(writer) = self.writer.get()
        {
            writer.unpark();
        }
    }

    /// How many were sent and not taken.
    fn there(&self) -> usize {
        usize::try_from(self.there.load(Ordering::SeqCst)).unwrap_or(0)
    }

    /// A command that is there is no longer coming.
    fn taken(&self, (waiting, in_flight): Sent) -> Waiting {
        self.there.fetch_sub(1, Ordering::SeqCst);
        drop(in_flight);
        waiting
    }

    /// Sleeps until so many more are there, and at most so long.
    fn sleep(&self, more: usize, longest: Duration) {
        self.writer.get_or_init(std::thread::current);
        let more = isize::try_from(more).unwrap_or(AWAKE);
        self.wanted.store(more, Ordering::SeqCst);
        // Whoever sent before that did not see it.
        if self.there.load(Ordering::SeqCst) < more {
            std::thread::park_timeout(longest);
        }
        self.wanted.store(AWAKE, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Commit;
    use std::sync::mpsc::{SyncSender, sync_channel};
    use tokio::sync::oneshot;

    struct Queue {
        group_commit: GroupCommit,
        sender: Sender,
        waiting: Receiver<Sent>,
    }

    struct Sender(SyncSender<Sent>, Arc<Gate>);

    impl Sender {
        fn send(&self, in_flight: InFlight) {
            self.0.send(((Commit::default(), oneshot::channel().0), in_flight)).unwrap();
            self.1.sent();
        }
    }

    impl Queue {
        fn new(batch_max: usize, window: Duration) -> Self {
            let (sender, waiting) = sync_channel(1_000);
            let group_commit = GroupCommit { in_flight: Arc::default(), gate: Arc::default(), batch_max, window };
            Self { sender: Sender(sender, Arc::clone(&group_commit.gate)), group_commit, waiting }
        }

        fn send(&self, commands: usize) {
            (0..commands).for_each(|_| self.sender.send(InFlight::default()));
        }

        fn announce(&self, commands: usize) -> Vec<InFlight> {
            (0..commands).map(|_| InFlight::counted(&self.group_commit.in_flight)).collect()
        }

        fn fill(&self) -> usize {
            let mut batch = Vec::new();
            self.group_commit.fill(self.waiting.recv().unwrap(), &self.waiting, &mut batch);
            batch.len()
        }
    }

    #[test]
    fn what_waits_is_taken_and_half_of_what_is_under_way_is_enough() {
        for (there, coming) in [(1, 0), (1, 1), (3, 3), (10, 0), (64, 10_000), (100, 10_000)] {
            let queue = Queue::new(100, Duration::MAX);
            let _announced = queue.announce(coming);
            queue.send(there);
            assert_eq!(queue.fill(), there, "{there} there, {coming} coming");
        }
        let queue = Queue::new(100, Duration::MAX);
        queue.send(150);
        assert_eq!((queue.fill(), queue.fill()), (100, 50), "the most in one transaction");
    }

    #[test]
    fn the_next_is_ready_once_half_of_those_under_way_are_there() {
        let queue = Queue::new(100, Duration::MAX);
        let announced = queue.announce(20);
        assert!(!queue.group_commit.is_ready(), "nothing is there");
        queue.send(19);
        assert!(!queue.group_commit.is_ready());
        queue.send(1);
        assert!(queue.group_commit.is_ready());
        queue.fill();
        assert!(!queue.group_commit.is_ready(), "all are taken");
        drop(announced);
        queue.send(WORTH - 1);
        assert!(!queue.group_commit.is_ready(), "too few");
        queue.send(1);
        assert!(queue.group_commit.is_ready());
        let alone = Queue::new(1, Duration::MAX);
        alone.send(50);
        assert!(!alone.group_commit.is_ready(), "each is to be written and waited for alone");
    }

    #[test]
    fn half_of_those_under_way_are_waited_for() {
        let Queue { group_commit, sender, waiting } = Queue::new(100, Duration::MAX);
        let announced: Vec<InFlight> = (0..40).map(|_| InFlight::counted(&group_commit.in_flight)).collect();
        std::thread::scope(|scope| {
            scope.spawn(move || announced.into_iter().for_each(|coming| sender.send(coming)));
            let mut batch = Vec::new();
            group_commit.fill(waiting.recv().unwrap(), &waiting, &mut batch);
            assert!(batch.len() >= 20, "{}", batch.len());
        });
    }

    #[test]
    fn who_is_announced_and_does_not_come_is_not_waited_for() {
        let queue = Queue::new(100, Duration::MAX);
        let refused = queue.announce(9);
        queue.send(1);
        std::thread::scope(|scope| {
            scope.spawn(move || drop(refused));
            assert_eq!(queue.fill(), 1);
        });
        let queue = Queue::new(100, Duration::ZERO);
        let _announced = queue.announce(50);
        queue.send(3);
        assert_eq!(queue.fill(), 3);
    }

    #[test]
    fn the_last_that_is_wanted_wakes_the_writer() {
        let gate = Gate::default();
        std::thread::scope(|scope| {
            scope.spawn(|| (0..3).for_each(|_| gate.sent()));
            // Without being woken this would not end.
            while gate.there.load(Ordering::SeqCst) < 3 {
                gate.sleep(3, Duration::MAX);
            }
        });
    }
}
