//! Measures group commit against a transaction per command, side by side in one run.
//!
//! `cargo run --release -p remit-store --example throughput [-- SECONDS [DIRECTORY]]`

use remit_ledger::entry::commitment;
use remit_store::{
    CaseWrite, Commit, IdempotencyRow, NewCustomer, Record, Store, WordsRow,
    sqlite::{Options, SqliteStore},
};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const CLIENTS: [usize; 2] = [64, 256];

/// What one command writes.
#[derive(Clone, Copy)]
enum Rows {
    /// One event of 1 KB, the case's row, and nothing else.
    Event,
    /// A case opened: events of 1 KB and 5 KB, a case of 2 KB, a customer, words and an answer to repeat.
    Opening,
}

/// Bytes that look like recorded JSON: they vary from one command to the next.
fn text(size: usize, n: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(size + 64);
    let mut x = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while out.len() < size {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        out.extend_from_slice(
            format!("{{\"term\":\"wait\",\"minor\":{},\"verdict\":\"allow\",\"id\":\"{x:016x}\"}},", x % 9999)
                .as_bytes(),
        );
    }
    out.truncate(size);
    out
}

fn record(kind: &'static str, case: &str, subject: Option<String>, body: Vec<u8>, n: u64) -> Record {
    let mut salt = [0; 32];
    salt[..8].copy_from_slice(&n.to_be_bytes());
    let commit = commitment(&salt, &body);
    Record {
        kind,
        case: case.to_owned(),
        actor: "tok_bench".into(),
        ts_ms: 1_000_000 + n as i64,
        subject,
        body,
        salt,
        commit,
    }
}

fn command(rows: Rows, n: u64) -> Commit {
    let id = format!("cas_{:026}", n);
    let customer =
        format!("cus_{:032x}", u128::from(n % 100_000).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    let case = CaseWrite {
        id: id.clone(),
        expected_version: 0,
        version: 2,
        status: "open".into(),
        holder: Some(format!("queue-{}", n % 12)),
        holder_kind: Some("responder".into()),
        accountable: Some(format!("team-{}", n % 5)),
        customer: customer.clone(),
        intent: Some(format!("intent-{}", n % 77)),
        opened_ms: 1_000_000 + n as i64,
        updated_ms: 1_000_000 + n as i64,
        state: text(if matches!(rows, Rows::Event) { 200 } else { 2_048 }, n),
    };
    if matches!(rows, Rows::Event) {
        let records = vec![record("case_opened", &id, None, text(1_024, n), n)];
        return Commit { case: Some(case), records, ..Commit::default() };
    }
    Commit {
        case: Some(case),
        records: vec![
            record("case_opened", &id, None, text(1_024, n), n),
            record("decision_made", &id, Some(format!("dec_{n:026}")), text(5_120, n), n),
        ],
        customer: Some(NewCustomer { id: customer.clone(), wrapped_key: vec![7; 60], sealed_name: vec![8; 60] }),
        words: vec![WordsRow {
            id: format!("{:064x}", u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
            case: id,
            customer,
            sealed: text(160, n),
        }],
        idempotency: Some(IdempotencyRow {
            scope: "tok_bench".into(),
            key: format!("{:032x}", u128::from(n).wrapping_mul(0xf39c_c060_5ced_c835_9e37_79b9_7f4a_7c15)),
            request_hash: [1; 32],
            status: 201,
            response: text(700, n),
            expires_ms: 90_000_000 + n as i64,
        }),
        ..Commit::default()
    }
}

struct Measured {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
}

async fn measure(
    store: &Arc<SqliteStore>,
    rows: Rows,
    clients: usize,
    next: &Arc<AtomicU64>,
    length: Duration,
) -> Measured {
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (store, next) = (Arc::clone(store), Arc::clone(next));
            tokio::spawn(async move {
                let mut took = Vec::new();
                while begun.elapsed() < length {
                    let commit = command(rows, next.fetch_add(1, Ordering::Relaxed));
                    let sent = Instant::now();
                    if let Err(error) = store.commit(commit).await {
                        eprintln!("{error}");
                        break;
                    }
                    took.push(sent.elapsed().as_secs_f64() * 1e3);
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap_or_default());
    }
    let elapsed = begun.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    Measured { rate: took.len() as f64 / elapsed, p50_ms: at(0.5), p99_ms: at(0.99) }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let length = Duration::from_secs_f64(arguments.next().map_or(Ok(2.0), |text| text.parse())?);
    let base = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    for (name, rows) in [("one event of 1 KB and its case", Rows::Event), ("a case opened, about 10 KB", Rows::Opening)]
    {
        println!("{name}");
        println!("{:>8} {:>24} {:>32} {:>7}", "clients", "each alone /s p50 p99 ms", "together /s p50 p99 ms", "ratio");
        for clients in CLIENTS {
            let mut rates = Vec::new();
            for batch_max in [1, Options::default().batch_max] {
                let directory = tempfile::tempdir_in(&base)?;
                let store = Arc::new(SqliteStore::open(directory.path(), Options { batch_max, ..Options::default() })?);
                let next = Arc::new(AtomicU64::new(1));
                // Warm: the file has grown and the checkpointing is in its stride.
                runtime.block_on(measure(&store, rows, clients, &next, length / 4));
                rates.push(runtime.block_on(measure(&store, rows, clients, &next, length)));
            }
            if let [alone, together] = rates.as_slice() {
                println!(
                    "{clients:>8} {:>10.0} {:>6.2} {:>6.2} {:>18.0} {:>6.2} {:>6.2} {:>6.1}x",
                    alone.rate,
                    alone.p50_ms,
                    alone.p99_ms,
                    together.rate,
                    together.p50_ms,
                    together.p99_ms,
                    together.rate / alone.rate
                );
            }
        }
    }
    Ok(())
}
