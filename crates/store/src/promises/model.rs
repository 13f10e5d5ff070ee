//! SQLite held against the specification: random commands, one by one and many at once, crashes in the midst of them,
//! and readers beside them. Whatever one answers the other answers too.

use super::{
    Backend,
    backends::{Memory, Sqlite},
    commands::{Command, Seen, command},
    durability::all_of,
    everything::everything,
};
use crate::{CommitError, Committed, Evidence, Journal, Views, memory::MemoryStore};
use proptest::prelude::*;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

/// What happens to a store.
#[derive(Debug, Clone)]
enum Step {
    /// A command.
    One(Command),
    /// Several at once.
    Several(Vec<Command>),
    /// The machine dies while these are under way, and so much of what the disk was not waited for is there.
    Crash(Vec<Command>, u8),
    /// It is closed and opened again.
    Reopen,
    /// A write that is no commit.
    NoCommit(u8),
    /// What was erased is overwritten.
    Purge,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => command().prop_map(Step::One),
        4 => prop::collection::vec(command(), 2..6).prop_map(Step::Several),
        2 => (prop::collection::vec(command(), 0..5), any::<u8>())
            .prop_map(|(under_way, part)| Step::Crash(under_way, part)),
        1 => Just(Step::Reopen),
        2 => any::<u8>().prop_map(Step::NoCommit),
        1 => Just(Step::Purge),
    ]
}

/// What a commit came to, as both must tell it.
fn told(outcome: &Result<Committed, CommitError>) -> String {
    match outcome {
        // Each says in its own words what it objects to.
        Err(CommitError::Failed(_)) => "failed".into(),
        other => format!("{other:?}"),
    }
}

async fn one(store: &impl Journal, command: &Command, seen: &Seen) -> String {
    told(&store.commit(command.commit(seen), store.announce()).await)
}

/// A write that is no commit, which a number stands for.
async fn beside(store: &(impl Views + Evidence), which: u8) -> String {
    match which % 5 {
        0 => format!("{:?}", store.keep_bundle("one", b"one").await),
        1 => format!("{:?}", store.keep_bundle("two", &[which]).await),
        2 => format!("{:?}", store.mark_keys(&[("master", [which; 32])]).await),
        _ => {
            let (size, root) = store.head().await.unwrap();
            let note = remit_ledger::checkpoint::Signer::new("log.example", &[1; 32]).sign(size, &root);
            format!("{:?}", store.add_checkpoint(size, &note).await)
        }
    }
}

/// Both stores, and the moment, in milliseconds since the Unix epoch.
struct Pair {
    sqlite: Sqlite,
    memory: Memory,
    now_ms: i64,
}

impl Pair {
    async fn seen(&mut self) -> Seen {
        self.now_ms += 10;
        Seen::of(&**self.memory.store(), self.now_ms).await
    }

    async fn differs(&self) -> Vec<String> {
        let sqlite = everything(&**self.sqlite.store(), self.now_ms).await;
        sqlite.differs(&everything(&**self.memory.store(), self.now_ms).await)
    }

    async fn take(mut self, step: Step) -> Self {
        match step {
            Step::One(command) => {
                let seen = self.seen().await.at_length();
                let sqlite = one(&**self.sqlite.store(), &command, &seen).await;
                assert_eq!(sqlite, one(&**self.memory.store(), &command, &seen).await, "{command:?} after {seen:?}");
            }
            Step::Several(commands) => {
                let seen = self.seen().await;
                let store = self.sqlite.store();
                // They come in the order in which they are polled first.
                let commits = commands.iter().map(|command| Box::pin(one(&**store, command, &seen)));
                let sqlite = all_of(commits.collect()).await;
                for (command, sqlite) in commands.iter().zip(sqlite) {
                    assert_eq!(sqlite, one(&**self.memory.store(), command, &seen).await, "{command:?} after {seen:?}");
                }
            }
            Step::Crash(commands, part) => return self.crash(&commands, part).await,
            Step::Reopen => (self.sqlite, self.memory) = (self.sqlite.reopen(), self.memory.reopen()),
            Step::NoCommit(which) => {
                let sqlite = beside(&**self.sqlite.store(), which).await;
                assert_eq!(sqlite, beside(&**self.memory.store(), which).await);
                self.sqlite.acknowledged();
            }
            Step::Purge => {
                assert!(self.sqlite.store().purge(Duration::from_secs(20)).await.unwrap());
                self.sqlite.acknowledged();
            }
        }
        self
    }

    /// Some of the commands under way may stand afterwards: the first of them, in their order.
    async fn crash(mut self, commands: &[Command], part: u8) -> Self {
        let seen = self.seen().await;
        let held = self.sqlite.hold();
        let store = Arc::clone(self.sqlite.store());
        let mut commits: Vec<_> = commands.iter().map(|command| Box::pin(one(&*store, command, &seen))).collect();
        for commit in &mut commits {
            let polled = std::future::poll_fn(|context| Poll::Ready(commit.as_mut().poll(context).is_ready())).await;
            assert!(!polled, "nothing is acknowledged, and nothing refused, for what is not durable");
        }
        // Leave the writer a moment, or none.
        for _ in 0..part {
            tokio::task::yield_now().await;
        }
        self.sqlite = self.sqlite.crash(part);
        drop(commits);
        drop((held, store));
        let found = everything(&**self.sqlite.store(), self.now_ms).await;
        let mut nearest: Option<Vec<String>> = None;
        for stand in 0..=commands.len() {
            let memory = Memory::from(self.memory.store().after_crash());
            for command in &commands[..stand] {
                one(&**memory.store(), command, &seen).await;
            }
            let differs = found.differs(&everything(&**memory.store(), self.now_ms).await);
            if differs.is_empty() {
                self.memory = memory;
                return self;
            }
            if nearest.as_ref().is_none_or(|nearest| differs.len() < nearest.len()) {
                nearest = Some(differs);
            }
        }
        panic!("after a crash it is as after none of these commands: {nearest:#?}");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, max_shrink_iters: 200, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn sqlite_answers_as_the_specification_does(steps in prop::collection::vec(step(), 1..40)) {
        runtime().block_on(async {
            let mut pair = Pair { sqlite: Sqlite::with_room(999), memory: Memory::with_room(999), now_ms: 0 };
            for step in steps {
                let taken = format!("{step:?}");
                pair = pair.take(step).await;
                assert_eq!(pair.differs().await, [""; 0], "{taken}");
            }
        });
    }

}

proptest! {
    #![proptest_config(cases(15))]

    /// Each answer is as of a moment between the last commit that was acknowledged before it was asked and the last
    /// that was begun before it was given.
    #[test]
    fn readers_see_what_the_specification_held_meanwhile(commands in prop::collection::vec(command(), 10..40)) {
        runtime().block_on(readers_beside(commands));
    }
}

/// What a reader saw: after which commit at least, before which at most, and the answers.
type Sight = (usize, usize, (usize, String));

const READS: usize = 6;

/// Some reads, each by a number.
async fn read(store: &(impl Journal + Views), which: usize) -> String {
    match which % READS {
        0 => format!("{:?}", store.case("cas_0").await.unwrap()),
        1 => format!("{:?}", store.records_of("case/cas_1", 0, 99).await.unwrap()),
        2 => format!("{:?}", store.items("staff").await.unwrap()),
        3 => format!("{:?}", store.due("turn", i64::MAX, 9).await.unwrap()),
        4 => format!("{:?}", store.cases(&crate::CaseFilter::default(), None, 9).await.unwrap()),
        _ => format!("{:?}", store.balance(&super::everything::counters()[0]).await.unwrap()),
    }
}

async fn readers_beside(commands: Vec<Command>) {
    let (sqlite, mut memory) = (Sqlite::with_room(999), Memory::with_room(999));
    let (begun, acknowledged) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (over, sights) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::<Sight>::new())));
    let readers: Vec<_> = (0..2)
        .map(|reader| {
            let store = Arc::clone(sqlite.store());
            let (begun, acknowledged) = (Arc::clone(&begun), Arc::clone(&acknowledged));
            let (over, sights) = (Arc::clone(&over), Arc::clone(&sights));
            tokio::spawn(async move {
                for which in reader.. {
                    let least = acknowledged.load(Ordering::SeqCst);
                    let answer = read(&*store, which).await;
                    let most = begun.load(Ordering::SeqCst);
                    sights.lock().unwrap().push((least, most, (which, answer)));
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let mut states: Vec<MemoryStore> = vec![memory.store().after_crash()];
    for (command, now_ms) in commands.iter().zip((10..).step_by(10)) {
        let seen = Seen::of(&**memory.store(), now_ms).await;
        begun.fetch_add(1, Ordering::SeqCst);
        let sqlite = one(&**sqlite.store(), command, &seen).await;
        acknowledged.fetch_add(1, Ordering::SeqCst);
        assert_eq!(sqlite, one(&**memory.store(), command, &seen).await);
        memory = memory.reopen();
        states.push(memory.store().after_crash());
    }
    over.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
    let sights = std::mem::take(&mut *sights.lock().unwrap());
    assert!(!sights.is_empty());
    let mut held: Vec<Vec<String>> = Vec::new();
    for state in &states {
        let mut answers = Vec::new();
        for which in 0..READS {
            answers.push(read(state, which).await);
        }
        held.push(answers);
    }
    for (least, most, (which, answer)) in sights {
        let agrees = held[least..=most].iter().any(|answers| answers[which % READS] == answer);
        assert!(agrees, "read {which} between {least} and {most}: {answer}");
    }
    let now_ms = 10 * i64::try_from(commands.len()).unwrap();
    let (sqlite, memory) = (&**sqlite.store(), &**memory.store());
    assert_eq!(everything(sqlite, now_ms).await.differs(&everything(memory, now_ms).await), [""; 0]);
}
