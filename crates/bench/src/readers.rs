//! Opening a case while others read every list with every filter, beside opening one with nobody there, over a large
//! store.
//!
//! Those who read are a process of their own, and ask for the next page as soon as they have one.

use crate::{
    http::requests,
    load::{self, drive},
    meter::{self, Sample, percentile},
    options::{Bench, TURNS, WARM},
    setting::{self, Setting, scattered},
};
use anyhow::{Context as _, ensure};
use remit_app::environment::block_on::block_on;
use remit_app::operation::AbandonCaseRefusal;
use remit_app::{
    Caller, Done, Parts,
    case::{
        exception::{self, RaiseException},
        feedback,
        open::{self, Opened},
        request::OpenCase,
    },
};
use remit_domain::Case;
use remit_ledger::entry::commitment;
use remit_server::serve;
use remit_store::{
    CaseFilter, CaseWrite, Commit, ExceptionFilter, ExceptionRow, Journal as _, Record, Views as _, sqlite::SqliteStore,
};
use serde::{Deserialize, Serialize};
use std::{
    io::{BufRead, BufReader, Write as _},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::{net::TcpStream, task::JoinSet};

/// Connections that open cases, and connections that read.
const OPENING: usize = 8;
const READING: usize = 8;
/// By how much opening may take longer while others read, at the median and at the 99th percentile.
const LONGER_P50: f64 = 1.5;
const LONGER_P99: f64 = 2.0;
/// Cases opened through the use cases; the others are made like them.
const LIKE: u64 = 64;
/// Of so many cases one is open, and one has an exception.
const OPEN: u64 = 40;
const EXCEPTION: u64 = 100;
/// Commits on their way while the store is filled.
const TOGETHER: u64 = 1_024;

/// What the process that reads needs to know, and what it says when it ends.
#[derive(Debug, Serialize, Deserialize)]
struct Asking {
    token: String,
    paths: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PageTimes {
    pages: usize,
    bytes: usize,
    p50_ms: f64,
    p99_ms: f64,
    most_ms: f64,
    slowest: String,
}

fn problem(problem: impl std::fmt::Debug) -> anyhow::Error {
    anyhow::anyhow!("{problem:?}")
}

/// A case that others are made like.
struct Like {
    case: Case,
    state: Vec<u8>,
    records: Vec<Vec<u8>>,
}

/// Opens cases, ends every other one, and raises exceptions on some.
async fn real(app: &Parts, caller: &Caller, setting: &Setting) -> anyhow::Result<()> {
    for n in 0..LIKE {
        let open: OpenCase = serde_json::from_value(serde_json::json!({
            "customer": format!("customer-{n}"), "text": setting.text(n), "channel": "chat",
        }))?;
        let opened = open::open_case(app, caller, None, open).await.map_err(problem)?;
        let Opened::Case(opened) = opened else { anyhow::bail!("no case was opened") };
        let Done::Now { output: opened, .. } = *opened else { anyhow::bail!("it was opened before") };
        let id = opened.case.id.as_str();
        if n % 8 == 3 {
            let owner = setting.bundle.terms().exception_owner.to_string();
            let raise = RaiseException { owner, due_at: "2099-01-01T00:00:00Z".into(), reason: "looked at".into() };
            exception::raise_exception(app, caller, None, id, raise).await.map_err(problem)?;
        }
        if n % 2 == 0 {
            match feedback::abandon_case(app, caller, None, id).await {
                // A danger stands on it, so that only a person ends it.
                Err(AbandonCaseRefusal::Conflict(_)) => {}
                ended => drop(ended.map_err(problem)?),
            }
        }
    }
    Ok(())
}

fn like(store: &SqliteStore) -> anyhow::Result<(Vec<Like>, ExceptionRow)> {
    let rows = block_on(store.cases(&CaseFilter::default(), None, 200))?.into_iter();
    let like = rows.map(|row| {
        let records = block_on(store.records_of(&format!("case/{}", row.id), 0, 200))?
            .into_iter()
            .map(|record| record.body)
            .collect();
        anyhow::Ok(Like { case: serde_json::from_slice(&row.state)?, state: row.state, records })
    });
    let exception = block_on(store.exceptions(&ExceptionFilter::default(), None, 1))?.pop().context("no exception")?;
    Ok((like.collect::<Result<_, _>>()?, exception))
}

/// Case number `n`, older than those that were opened.
fn made(n: u64, like: &Like, exception: &ExceptionRow) -> Commit {
    let id = format!("cas_{n:026}");
    let holder = like.case.holder.as_ref();
    let open = n.is_multiple_of(OPEN);
    let salt = [7; 32];
    let record = |body: &Vec<u8>| Record {
        kind: "made",
        stream: format!("case/{id}"),
        actor: "bench".into(),
        ts_ms: 1,
        subject: None,
        commit: commitment(&salt, body),
        body: body.clone(),
        salt,
    };
    let state = if n.is_multiple_of(3 * EXCEPTION) { "open" } else { "resolved" };
    let row = ExceptionRow { id: format!("exc_{n:026}"), case: id.clone(), state: state.into(), ..exception.clone() };
    Commit {
        case: Some(CaseWrite {
            id: id.clone(),
            expected_version: 0,
            version: like.records.len() as u64,
            status: if open { "open" } else { "resolved" }.into(),
            holder: holder.map(|holder| holder.who.name().to_owned()),
            holder_kind: Some("responder".into()),
            accountable: holder.map(|holder| holder.accountable.to_string()),
            customer: format!("cus_{:032x}", scattered(n / 3)),
            intent: None,
            opened_ms: 1,
            updated_ms: 1,
            state: like.state.clone(),
        }),
        records: like.records.iter().map(record).collect(),
        exceptions: n.is_multiple_of(EXCEPTION).then_some(row).into_iter().collect(),
        ..Commit::default()
    }
}

async fn fill(app: &Arc<Parts>, cases: u64) -> anyhow::Result<()> {
    let (like, exception) = like(app.journal.store())?;
    let (like, next) = (Arc::new((like, exception)), Arc::new(AtomicU64::new(0)));
    let mut tasks = JoinSet::new();
    for _ in 0..TOGETHER.min(cases) {
        let (app, like, next) = (Arc::clone(app), Arc::clone(&like), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= cases {
                    return anyhow::Ok(());
                }
                let at = usize::try_from(n).unwrap_or(0) % like.0.len().max(1);
                let Some(one) = like.0.get(at) else { return Ok(()) };
                app.journal.store().commit(made(n, one, &like.1), remit_store::InFlight::default()).await?;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// The addresses of every list, with every combination of its filters, from the beginning and from the middle.
fn paths(app: &Parts, cases: u64) -> anyhow::Result<Vec<String>> {
    let newest = block_on(app.journal.store().cases(&CaseFilter::default(), None, 1))?.pop().context("no case")?;
    let case: Case = serde_json::from_slice(&newest.state)?;
    let holder = case.holder.context("nobody has the newest case")?;
    let (who, accountable) = (holder.who.name().to_owned(), holder.accountable.to_string());
    let owner = app.governance.bundle.terms().exception_owner.to_string();
    let mut paths = Vec::new();
    let mut list = |path: &str, kind: &str, filters: &[Vec<String>]| {
        let combine = |lists: Vec<String>, filter: &Vec<String>| -> Vec<String> {
            let with = |list: &String| filter.iter().map(|one| format!("{list}{one}")).collect::<Vec<_>>();
            lists.iter().flat_map(with).collect()
        };
        let bounds = [String::new(), format!("&after={kind}_{:026}", cases / 2), "&limit=200".to_owned()];
        let begun = vec![format!("{path}?")];
        let all = filters.iter().chain([&bounds.to_vec()]).fold(begun, combine);
        paths.extend(all.into_iter().map(|path| path.replace("?&", "?").trim_end_matches('?').to_owned()));
    };
    let by = |name: &str, values: &[&str]| -> Vec<String> {
        [String::new()].into_iter().chain(values.iter().map(|value| format!("&{name}={value}"))).collect()
    };
    let holders = by("holder", &[&who]);
    list(
        "/v1/cases",
        "cas",
        &[by("status", &["open", "resolved"]), holders, by("accountable", &[&accountable, "nobody"])],
    );
    list("/v1/exceptions", "exc", &[by("state", &["open", "taken", "resolved"]), by("owner", &[&owner, "nobody"])]);
    list("/v1/overrides", "dec", &[]);
    for path in ["exceptions/unreachable", "consults", "outcomes", "queues", "staff", "tokens", "responders/stopped"] {
        paths.push(format!("/v1/{path}"));
    }
    for path in ["", "/messages", "/timeline", "/context"] {
        paths.push(format!("/v1/cases/{}{path}", newest.id));
    }
    Ok(paths)
}

/// The process that reads.
struct Reading {
    child: Child,
    told: std::io::Lines<BufReader<ChildStdout>>,
}

impl Reading {
    fn start(address: SocketAddr, asking: &Asking) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--read", &address.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.as_mut().context("no stdin")?;
        writeln!(stdin, "{}", serde_json::to_string(asking)?)?;
        let told = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        let mut reading = Self { child, told };
        // Every list was read once.
        reading.line()?;
        Ok(reading)
    }

    fn line(&mut self) -> anyhow::Result<String> {
        Ok(self.told.next().context("those who read have ended")??)
    }

    fn end(mut self) -> anyhow::Result<PageTimes> {
        drop(self.child.stdin.take());
        let line = self.line()?;
        serde_json::from_str(&line).with_context(|| format!("those who read said: {line}"))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn run(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<bool> {
    let directory = tempfile::tempdir_in(&bench.directory)?;
    let app = Arc::new(setting.open(directory.path())?);
    let (token, caller) = setting::token(&app)?;
    let (reader, _) = setting::token_of(&app, &["integration", "lead", "admin", "auditor"], None)?;
    let runtime = serve::runtime()?;
    runtime.block_on(real(&app, &caller, setting))?;
    println!("\nreaders: opening a case at {OPENING} connections, alone and while {READING} read every list");
    let begun = meter::now();
    runtime.block_on(fill(&app, bench.cases()))?;
    println!("  {} cases made in {:.0} s, one in {OPEN} of them open", bench.cases(), begun.elapsed().as_secs_f64());
    let asking = Asking { token: reader, paths: paths(&app, bench.cases())? };
    let running = runtime.block_on(serve::start(Arc::clone(&app), ([127, 0, 0, 1], 0).into()))?;
    let (requests, next) = (requests(&setting.messages, &token), Arc::new(AtomicU64::new(LIKE)));
    let turn = |length| runtime.block_on(drive(running.address, OPENING, length, &next, &requests)).map(|turn| turn.0);
    let length = bench.length();
    let (mut alone, mut beside, mut read) = (Sample::default(), Sample::default(), Vec::new());
    for _ in 0..TURNS {
        turn(length / WARM)?;
        alone.add(turn(length)?);
        let reading = Reading::start(running.address, &asking)?;
        turn(length / WARM)?;
        beside.add(turn(length)?);
        read.push(reading.end()?);
    }
    runtime.block_on(running.stop())?;
    let (alone, beside) = (alone.sum(), beside.sum());
    let (p50, p99) = (beside.p50_ms / alone.p50_ms, beside.p99_ms / alone.p99_ms);
    println!("  {} turns of {:.0} s each, in turn     cases/s   p50 ms   p99 ms", TURNS, bench.seconds);
    for (name, of) in [("alone", alone), ("while others read", beside)] {
        println!("  {name:<28}     {:>7.0}   {:>6.2}   {:>6.2}", of.rate, of.p50_ms, of.p99_ms);
    }
    let pages: usize = read.iter().map(|read| read.pages).sum();
    println!(
        "  {} addresses read, {pages} pages in all turns; of a turn, p50, p99 and most in ms:",
        asking.paths.len()
    );
    for read in &read {
        let PageTimes { pages, bytes, p50_ms, p99_ms, most_ms, slowest } = read;
        let mean = bytes / (*pages).max(1);
        println!("    {pages} pages of {mean} bytes: {p50_ms:.1}, {p99_ms:.1}, {most_ms:.0} ({slowest})");
    }
    println!("  times as long: p50 {p50:.2} (goal {LONGER_P50}), p99 {p99:.2} (goal {LONGER_P99})");
    Ok(p50 <= LONGER_P50 && p99 <= LONGER_P99)
}

/// What reads: asks for every list over and over until its input ends, and says what it took.
pub(crate) fn read(address: SocketAddr) -> anyhow::Result<()> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let asking: Arc<Asking> = Arc::new(serde_json::from_str(&line)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (next, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let ended = Arc::clone(&over);
    std::thread::spawn(move || {
        // Ends when whoever measures closes it.
        std::io::stdin().lines().for_each(drop);
        ended.store(true, Ordering::Relaxed);
    });
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..READING {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (asking, next, over) = (Arc::clone(&asking), Arc::clone(&next), Arc::clone(&over));
            tasks.spawn(async move {
                let (mut request, mut answer, mut took) = (Vec::new(), Vec::new(), Vec::new());
                while !over.load(Ordering::Relaxed) {
                    let n = usize::try_from(next.fetch_add(1, Ordering::Relaxed))?;
                    let at = n % asking.paths.len().max(1);
                    let path = asking.paths.get(at).context("no path")?;
                    load::get(&mut request, path, &asking.token);
                    let sent = meter::now();
                    let bytes = load::exchange(&mut stream, &request, &mut answer).await?;
                    took.push((sent.elapsed().as_secs_f64() * 1e3, bytes, at));
                    if n == asking.paths.len() {
                        println!("reading");
                    }
                }
                anyhow::Ok(took)
            });
        }
        let mut took = Vec::new();
        while let Some(task) = tasks.join_next().await {
            took.extend(task??);
        }
        ensure!(!took.is_empty(), "nothing was read");
        let slowest = took.iter().max_by(|a, b| a.0.total_cmp(&b.0)).and_then(|(_, _, at)| asking.paths.get(*at));
        let bytes = took.iter().map(|(_, bytes, _)| bytes).sum();
        let mut ms: Vec<f64> = took.iter().map(|(ms, _, _)| *ms).collect();
        let asked = PageTimes {
            pages: ms.len(),
            bytes,
            p50_ms: percentile(&mut ms, 0.5),
            p99_ms: percentile(&mut ms, 0.99),
            most_ms: percentile(&mut ms, 1.0),
            slowest: slowest.cloned().unwrap_or_default(),
        };
        println!("{}", serde_json::to_string(&asked)?);
        Ok(())
    })
}
