//! Event streams held open: memory of each, and how long after a commit the last of them has the event.
//!
//! Those who listen are a process of their own, so that neither side's memory and descriptors count for the other's.

use crate::{
    meter,
    options::Bench,
    setting::{self, Setting},
};
use anyhow::{Context as _, bail, ensure};
use remit_app::environment::block_on::block_on;
use remit_app::{
    Caller, Parts,
    case::{open, request::OpenCase},
};
use remit_server::serve;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{BufRead, BufReader, Write as _},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc};

/// Commits one by one, and commits all at once.
const SINGLE: u64 = 20;
const BURST: u64 = 200;
/// When the last stream has what was committed, at the median of single commits, in milliseconds.
const LAST_MS: f64 = 1_000.0;
/// Most memory of a stream on the server's side.
const STREAM_KIB: u64 = 64;
/// Streams opened at once.
const OPENING: usize = 200;
/// Descriptors beside those of the streams.
const OTHER_FILES: u64 = 500;
const BUFFER: usize = 64 * 1024;

/// Raises the soft limit of open files as far as it is needed and allowed.
fn raise_files(streams: usize) -> anyhow::Result<()> {
    let (limit, needed) = (getrlimit(Resource::Nofile), streams as u64 + OTHER_FILES);
    if limit.maximum.is_some_and(|most| most < needed) {
        bail!(
            "{needed} open files are needed, and the hard limit is {:?}; raise it, or give fewer --streams",
            limit.maximum
        );
    }
    if limit.current.is_some_and(|now| now < needed) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum: limit.maximum })?;
    }
    Ok(())
}

/// The process that listens, and what it tells.
struct Followers {
    child: Child,
    told: std::io::Lines<BufReader<ChildStdout>>,
}

impl Followers {
    fn start(address: SocketAddr, token: &str, streams: usize) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--follow", &address.to_string(), "--streams", &streams.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().context("no stdin")?;
        writeln!(stdin, "{token}")?;
        let told = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        Ok(Self { child, told })
    }

    /// The next number that it tells: streams that are open, then each position that all of them have.
    fn next(&mut self) -> anyhow::Result<u64> {
        let line = self.told.next().context("those who listen have ended")??;
        line.parse().with_context(|| format!("those who listen said: {line}"))
    }

    fn until(&mut self, seq: u64) -> anyhow::Result<()> {
        while self.next()? < seq {}
        Ok(())
    }
}

impl Drop for Followers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn open(app: &Parts, caller: &Caller, setting: &Setting, n: u64) -> anyhow::Result<()> {
    let case: OpenCase = serde_json::from_value(serde_json::json!({
        "customer": format!("customer-{n}"), "text": setting.text(n), "channel": "chat",
    }))?;
    let opened = open::open_case(app, caller, None, case).await;
    opened.map(|_| ()).map_err(|problem| anyhow::anyhow!("{problem:?}"))
}

pub(crate) fn run(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<bool> {
    use remit_store::Journal as _;
    raise_files(bench.streams)?;
    let directory = tempfile::tempdir_in(&bench.directory)?;
    let app = Arc::new(setting.open(directory.path())?);
    let (token, caller) = setting::token(&app)?;
    let runtime = serve::runtime()?;
    let running = runtime.block_on(serve::start(Arc::clone(&app), ([127, 0, 0, 1], 0).into()))?;
    // What is made once, before memory is looked at.
    runtime.block_on(open(&app, &caller, setting, 0))?;
    let before = meter::resident_kib();
    let mut followers = Followers::start(running.address, &token, bench.streams)?;
    ensure!(followers.next()? == bench.streams as u64, "not all streams are open");
    let idle = meter::resident_kib().saturating_sub(before) / bench.streams as u64;

    let mut took = Vec::new();
    for n in 1..=SINGLE {
        runtime.block_on(open(&app, &caller, setting, n))?;
        let committed = meter::now();
        followers.until(block_on(app.journal.store().last_seq())?)?;
        took.push(committed.elapsed().as_secs_f64() * 1e3);
    }
    let (first, begun, cpu) = (block_on(app.journal.store().last_seq())?, meter::now(), meter::cpu());
    runtime.block_on(async {
        let opening = (0..BURST).map(|n| {
            let (app, caller, setting) = (Arc::clone(&app), Arc::clone(&caller), Arc::clone(setting));
            tokio::spawn(async move { open(&app, &caller, &setting, SINGLE + 1 + n).await })
        });
        for opened in opening.collect::<Vec<_>>() {
            opened.await??;
        }
        anyhow::Ok(())
    })?;
    let committed = begun.elapsed().as_secs_f64();
    let last = block_on(app.journal.store().last_seq())?;
    followers.until(last)?;
    let (all, cpu) = (begun.elapsed().as_secs_f64(), (meter::cpu() - cpu).as_secs_f64());
    let busy = meter::resident_kib().saturating_sub(before) / bench.streams as u64;
    let bytes: usize = block_on(app.journal.store().feed(first, 100_000))?.iter().map(|row| row.body.len()).sum();
    drop(followers);
    runtime.block_on(running.stop())?;

    let (p50, most) = (meter::percentile(&mut took, 0.5), meter::percentile(&mut took, 1.0));
    let sent = (last - first) as f64 * bench.streams as f64;
    println!("\nevents: {} streams of /v1/events held open, those who listen in a process of their own", bench.streams);
    println!("  memory of the server for each stream: {idle} KiB open and quiet, {busy} KiB after the burst");
    println!("  a commit until the last stream has it, ms: median {p50:.0}, most {most:.0} of {SINGLE}");
    println!(
        "  {BURST} commits at once, {} events of {} bytes: committed in {committed:.2} s, the last stream has the last \
         in {all:.2} s",
        last - first,
        bytes / usize::try_from(last - first).unwrap_or(1).max(1)
    );
    println!("  {:.0} events sent a second, {:.1} µs CPU of the server each", sent / all, cpu * 1e6 / sent);
    println!(
        "  goal: every stream gets every event once and in order; median at most {LAST_MS} ms, {STREAM_KIB} KiB each"
    );
    Ok(p50 <= LAST_MS && idle <= STREAM_KIB)
}

/// What listens: opens the streams, and tells each position that all of them have.
pub(crate) fn follow(address: SocketAddr, streams: usize) -> anyhow::Result<()> {
    raise_files(streams)?;
    let mut token = String::new();
    std::io::stdin().read_line(&mut token)?;
    let request = format!("GET /v1/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\r\n", token.trim());
    let runtime = serve::runtime()?;
    runtime.block_on(async {
        let (tell, mut told) = mpsc::unbounded_channel();
        let (request, opened) = (Arc::new(request), Arc::new(AtomicUsize::new(0)));
        let room = Arc::new(tokio::sync::Semaphore::new(OPENING));
        for _ in 0..streams {
            let place = Arc::clone(&room).acquire_owned().await?;
            let (request, opened, tell) = (Arc::clone(&request), Arc::clone(&opened), tell.clone());
            tokio::spawn(async move {
                let ended = listen(address, &request, &tell, || {
                    drop(place);
                    if opened.fetch_add(1, Ordering::AcqRel) + 1 == streams {
                        println!("{streams}");
                    }
                });
                if let Err(why) = ended.await {
                    let _ = tell.send(Err(why));
                }
            });
        }
        let mut having: BTreeMap<u64, usize> = BTreeMap::new();
        while let Some(seq) = told.recv().await {
            let seq = seq?;
            let count = having.entry(seq).or_default();
            *count += 1;
            if *count == streams {
                having.remove(&seq);
                println!("{seq}");
            }
        }
        anyhow::Ok(())
    })
}

thread_local! {
    /// One for each thread, since nothing is kept in it while a stream waits.
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; BUFFER]);
}

/// Follows one stream, and tells the position of each event; one that is not the next is an error.
async fn listen(
    address: SocketAddr,
    request: &str,
    tell: &mpsc::UnboundedSender<anyhow::Result<u64>>,
    open: impl FnOnce(),
) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let (mut chunks, mut open, mut last) = (Chunks::default(), Some(open), None);
    loop {
        stream.readable().await?;
        let more = READ.with_borrow_mut(|buffer| match stream.try_read(buffer) {
            Ok(0) => bail!("the server ended a stream"),
            Ok(read) => {
                let bytes = buffer.get(..read).unwrap_or_default();
                chunks.read(bytes, &mut |seq| {
                    ensure!(last.is_none_or(|last: u64| last + 1 == seq), "{seq} came after {last:?}");
                    last = Some(seq);
                    tell.send(Ok(seq)).map_err(|_| anyhow::anyhow!("nobody listens"))
                })
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        });
        more?;
        if chunks.begun
            && let Some(open) = open.take()
        {
            open();
        }
    }
}

/// Reads a chunked answer whose chunks are server-sent events, one each.
#[derive(Default)]
struct Chunks {
    /// Whether the head of the answer is over.
    begun: bool,
    part: Part,
    /// The line that is being read.
    line: Vec<u8>,
}

/// Where in a chunk the reader is, with the bytes that are left of it, its line end included.
#[derive(Default, Clone, Copy)]
enum Part {
    #[default]
    Length,
    Number(usize),
    Rest(usize),
}

impl Chunks {
    fn read(&mut self, mut bytes: &[u8], event: &mut dyn FnMut(u64) -> anyhow::Result<()>) -> anyhow::Result<()> {
        while !bytes.is_empty() {
            if let Part::Rest(left) = self.part {
                let skipped = left.min(bytes.len());
                bytes = bytes.get(skipped..).unwrap_or_default();
                self.part = if left > skipped { Part::Rest(left - skipped) } else { Part::Length };
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            let (line, rest) = bytes.split_at(end);
            self.line.extend_from_slice(line);
            bytes = rest;
            if line.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.part = self.next(&line, event)?;
            }
        }
        Ok(())
    }

    /// Where the reader is after this line.
    fn next(&mut self, line: &[u8], event: &mut dyn FnMut(u64) -> anyhow::Result<()>) -> anyhow::Result<Part> {
        let text = std::str::from_utf8(line)?.trim_end();
        match self.part {
            Part::Length if !self.begun => {
                ensure!(!text.starts_with("HTTP/") || text.starts_with("HTTP/1.1 200"), "the server said {text}");
                self.begun = text.is_empty();
                Ok(Part::Length)
            }
            Part::Length => {
                let length = usize::from_str_radix(text, 16)?;
                ensure!(length > 0, "the server ended a stream");
                Ok(Part::Number(length + 2))
            }
            Part::Number(left) | Part::Rest(left) => {
                // A chunk without a number is a comment.
                if let Some(seq) = text.strip_prefix("id: ") {
                    event(seq.parse()?)?;
                }
                Ok(Part::Rest(left.saturating_sub(line.len())))
            }
        }
    }
}
