//! Group commit against a transaction for each command.

use crate::{
    meter::{self, Sample},
    options::{Bench, TURNS, WARM},
    setting::{Setting, scattered},
};
use remit_app::environment::block_on::block_on;
use remit_ledger::entry::commitment;
use remit_store::{
    CaseFilter, CaseRow, CaseWrite, Commit, IdempotencyRow, Journal as _, NewCustomer, OutboxRow, Record, Views as _,
    WordsRow,
    sqlite::{Options, SqliteStore},
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Commands that differ.
const DIFFERENT: u64 = 64;

/// What one command writes: one of several like it, taken in turn, so that no two in a row are the same.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    like: Vec<Like>,
    /// Sealed words, the kept answer, and a new customer, if the command has them.
    words: Option<usize>,
    answer: Option<usize>,
}

#[derive(Debug, Clone)]
struct Like {
    records: Vec<(&'static str, Vec<u8>)>,
    state: Vec<u8>,
    /// What is to be looked at again, if something is.
    timer: Option<Vec<u8>>,
}

impl Shape {
    /// One event of 1 KB and its case.
    fn event() -> Self {
        let like = |n: u64| Like { records: vec![("event", text(n, 1_024))], state: text(n + 1, 200), timer: None };
        Self { like: (0..DIFFERENT).map(like).collect(), words: None, answer: None }
    }

    /// What commands that opened cases in `store` wrote.
    pub(crate) fn of_opening(store: &SqliteStore, answer: usize) -> anyhow::Result<Self> {
        let kinds = ["case_opened", "signals_measured", "decision_made"];
        let timers = block_on(store.due("timer", i64::MAX, usize::MAX))?.into_iter();
        let mut timers: HashMap<String, Vec<u8>> = timers.map(|row| (row.case, row.body)).collect();
        let like = |case: CaseRow| {
            let timer = timers.remove(&case.id);
            let records = block_on(store.records_of(&format!("case/{}", case.id), 0, 16))?.into_iter();
            let known = |kind: &str| kinds.into_iter().find(|known| *known == kind).unwrap_or("event");
            let records = records.map(|row| (known(&row.kind), row.body)).collect();
            anyhow::Ok(Like { records, state: case.state, timer })
        };
        let cases = block_on(store.cases(&CaseFilter::default(), None, DIFFERENT as usize))?;
        let like = cases.into_iter().map(like).collect::<Result<Vec<_>, _>>()?;
        anyhow::ensure!(!like.is_empty(), "no case was opened");
        Ok(Self { like, words: Some(120), answer: Some(answer) })
    }

    /// Bytes that one command hands over.
    pub(crate) fn bytes(&self) -> usize {
        let of = |like: &Like| like.records.iter().map(|(_, body)| body.len()).sum::<usize>() + like.state.len();
        let mean = self.like.iter().map(of).sum::<usize>() / self.like.len().max(1);
        mean + self.words.unwrap_or(0) + self.answer.unwrap_or(0)
    }

    fn commit(&self, n: u64) -> Commit {
        let at = usize::try_from(n).unwrap_or(0) % self.like.len().max(1);
        let empty = Like { records: Vec::new(), state: Vec::new(), timer: None };
        let like = self.like.get(at).unwrap_or(&empty);
        let id = format!("cas_{n:026}");
        let scattered = scattered(n);
        let customer = format!("cus_{scattered:032x}");
        let now = 1_000_000 + n.cast_signed();
        let record = |(at, (kind, body)): (usize, &(&'static str, Vec<u8>))| {
            let salt: [u8; 32] = std::array::from_fn(|byte| n.to_be_bytes().get(byte % 8).copied().unwrap_or(0));
            Record {
                kind,
                stream: format!("case/{id}"),
                actor: "bench".into(),
                ts_ms: now,
                subject: (at > 0).then(|| format!("sub_{at}_{n:026}")),
                body: body.clone(),
                salt,
                commit: commitment(&salt, body),
            }
        };
        let records: Vec<Record> = like.records.iter().enumerate().map(record).collect();
        Commit {
            case: Some(CaseWrite {
                id: id.clone(),
                expected_version: 0,
                version: records.len() as u64,
                status: "open".into(),
                holder: Some(format!("queue-{}", n % 12)),
                holder_kind: Some("responder".into()),
                accountable: Some(format!("team-{}", n % 5)),
                customer: customer.clone(),
                intent: Some(format!("intent-{}", n % 77)),
                opened_ms: now,
                updated_ms: now,
                state: like.state.clone(),
            }),
            records,
            customer: self.words.map(|_| NewCustomer {
                id: customer.clone(),
                wrapped_key: vec![7; 60],
                replaces: None,
            }),
            words: self
                .words
                .map(|bytes| WordsRow { id: format!("{scattered:064x}"), case: id.clone(), sealed: text(n, bytes) })
                .into_iter()
                .collect(),
            outbox: (like.timer.iter())
                .map(|body| OutboxRow {
                    id: format!("sla:{id}"),
                    kind: "timer".into(),
                    case: id.clone(),
                    due_ms: now + 60_000,
                    body: body.clone(),
                })
                .collect(),
            idempotency: self.answer.map(|bytes| IdempotencyRow {
                scope: "tok_bench".into(),
                case: Some(id.clone()),
                key: format!("{:032x}", scattered.rotate_left(64)),
                request_hash: [1; 32],
                response: text(n, bytes),
                expires_ms: now + 86_400_000,
            }),
            ..Commit::default()
        }
    }
}

fn text(seed: u64, bytes: usize) -> Vec<u8> {
    // Hexadecimal digits that do not repeat: packing gains nothing on them beyond their alphabet.
    let digit = |n: u64| b"0123456789abcdef".get((n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize);
    (0..bytes as u64).filter_map(|n| digit((n + seed * 7_919).wrapping_mul(n) + 1).copied()).collect()
}

/// What the disk gives to one writer that appends 1 KB and waits for it, a second.
fn disk(bench: &Bench) -> anyhow::Result<f64> {
    use std::io::Write as _;
    let mut file = tempfile::tempfile_in(&bench.directory)?;
    let (begun, line) = (meter::now(), text(0, 1_024));
    let mut done = 0;
    while begun.elapsed() < bench.length() / 4 {
        file.write_all(&line)?;
        file.sync_data()?;
        done += 1;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

/// A store with clients that commit commands of one shape.
pub(crate) struct Committing {
    shape: Arc<Shape>,
    store: Arc<SqliteStore>,
    next: Arc<AtomicU64>,
    runtime: Runtime,
    _directory: TempDir,
}

impl Committing {
    pub(crate) fn new(bench: &Bench, shape: Shape, batch_max: usize) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir_in(&bench.directory)?;
        let store = Arc::new(SqliteStore::open(directory.path(), Options { batch_max, ..Options::default() })?);
        let runtime = remit_server::serve::runtime()?;
        Ok(Self { shape: Arc::new(shape), store, next: Arc::new(AtomicU64::new(1)), runtime, _directory: directory })
    }

    /// A turn of so many clients, each waiting for its own command before the next.
    pub(crate) fn turn(&self, clients: usize, length: Duration) -> anyhow::Result<Sample> {
        self.run(clients, length / WARM)?;
        self.run(clients, length)
    }

    fn run(&self, clients: usize, length: Duration) -> anyhow::Result<Sample> {
        self.runtime.block_on(async {
            let (begun, cpu) = (meter::now(), meter::cpu());
            let tasks: Vec<_> = (0..clients)
                .map(|_| {
                    let (store, next, shape) =
                        (Arc::clone(&self.store), Arc::clone(&self.next), Arc::clone(&self.shape));
                    tokio::spawn(async move {
                        let mut took = Vec::new();
                        while begun.elapsed() < length {
                            let commit = shape.commit(next.fetch_add(1, Ordering::Relaxed));
                            let sent = meter::now();
                            store.commit(commit, remit_store::InFlight::default()).await?;
                            took.push(sent.elapsed().as_secs_f64() * 1e3);
                        }
                        anyhow::Ok(took)
                    })
                })
                .collect();
            let mut took_ms = Vec::new();
            for task in tasks {
                took_ms.extend(task.await??);
            }
            Ok(Sample { took_ms, elapsed: begun.elapsed(), cpu: meter::cpu() - cpu })
        })
    }
}

pub(crate) fn run(bench: &Bench, _: &Setting) -> anyhow::Result<bool> {
    println!("\nstore: one event of 1 KB and its case, durable before the answer");
    println!("  appending 1 KB to a file with fdatasync: {:.0}/s", disk(bench)?);
    println!("  clients   a transaction each /s (p50 p99 ms)   group commit /s (p50 p99 ms)   ratio   goal");
    let mut met = true;
    for (clients, goal) in [(1, None), (8, None), (64, Some(7.0)), (256, Some(11.0))] {
        let each = Committing::new(bench, Shape::event(), 1)?;
        let group = Committing::new(bench, Shape::event(), Options::default().batch_max)?;
        let (mut alone, mut together) = (Sample::default(), Sample::default());
        for _ in 0..TURNS {
            alone.add(each.turn(clients, bench.length() / TURNS)?);
            together.add(group.turn(clients, bench.length() / TURNS)?);
        }
        let (alone, together) = (alone.sum(), together.sum());
        let ratio = together.rate / alone.rate;
        met &= goal.is_none_or(|goal| ratio >= goal);
        println!(
            "  {clients:>7}   {:>10.0} ({:>6.2} {:>6.2})           {:>10.0} ({:>6.2} {:>6.2})      {ratio:>6.1}   {}",
            alone.rate,
            alone.p50_ms,
            alone.p99_ms,
            together.rate,
            together.p50_ms,
            together.p99_ms,
            goal.map_or_else(String::new, |goal| format!("{goal}"))
        );
    }
    Ok(met)
}
