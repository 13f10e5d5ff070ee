//! Load over HTTP: connections that each send the next request when the answer is there.

use crate::meter::{self, Sample};
use anyhow::{Context as _, bail};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Makes the bytes of request number `n`.
pub(crate) type Requests = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

/// Is given the answer to request number `n`: its head and its body.
pub(crate) type Answers = Arc<dyn Fn(u64, &[u8]) + Send + Sync>;

/// What is sent to a server, and how much of it.
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    /// For how long it is sent at most.
    pub(crate) length: Duration,
    /// The number of the first request, and of the one that is not sent any more.
    pub(crate) numbers: std::ops::Range<u64>,
    pub(crate) requests: Requests,
    pub(crate) answers: Option<Answers>,
    /// Ends it before its time once this says so.
    pub(crate) over: Arc<AtomicBool>,
}

impl Load {
    /// Sends it; says what was seen.
    pub(crate) async fn send(&self) -> anyhow::Result<Sample> {
        let next = Arc::new(AtomicU64::new(self.numbers.start));
        Ok(self.send_from(&next).await?.0)
    }

    async fn send_from(&self, next: &Arc<AtomicU64>) -> anyhow::Result<(Sample, usize)> {
        let mut streams = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let (begun, cpu) = (meter::now(), meter::cpu());
        let tasks: Vec<_> = streams
            .into_iter()
            .map(|mut stream| {
                let (next, requests, answers) = (Arc::clone(next), Arc::clone(&self.requests), self.answers.clone());
                let (length, end, over) = (self.length, self.numbers.end, Arc::clone(&self.over));
                tokio::spawn(async move {
                    let (mut request, mut answer, mut took, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
                    while begun.elapsed() < length && !over.load(Ordering::Relaxed) {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= end {
                            break;
                        }
                        requests(n, &mut request);
                        let sent = meter::now();
                        bytes = exchange(&mut stream, &request, &mut answer).await?;
                        took.push(sent.elapsed().as_secs_f64() * 1e3);
                        if let Some(answers) = &answers {
                            answers(n, &answer);
                        }
                    }
                    anyhow::Ok((took, bytes))
                })
            })
            .collect();
        let (mut took_ms, mut bytes) = (Vec::new(), 0);
        for task in tasks {
            let (more, last) = task.await??;
            took_ms.extend(more);
            bytes = last;
        }
        Ok((Sample { took_ms, elapsed: begun.elapsed(), cpu: meter::cpu() - cpu }, bytes))
    }
}

/// Writes a `POST` with a JSON body.
pub(crate) fn post(out: &mut Vec<u8>, path: &str, headers: &str, body: &[u8]) {
    with_body(out, "POST", path, headers, body);
}

/// Writes a `PUT` with a JSON body.
pub(crate) fn put(out: &mut Vec<u8>, path: &str, headers: &str, body: &[u8]) {
    with_body(out, "PUT", path, headers, body);
}

/// Writes a `POST` with a form.
pub(crate) fn post_form(out: &mut Vec<u8>, path: &str, body: &[u8]) {
    with_content(out, "POST", path, "content-type: application/x-www-form-urlencoded\r\n", body);
}

fn with_body(out: &mut Vec<u8>, method: &str, path: &str, headers: &str, body: &[u8]) {
    with_content(out, method, path, &format!("{headers}content-type: application/json\r\n"), body);
}

fn with_content(out: &mut Vec<u8>, method: &str, path: &str, headers: &str, body: &[u8]) {
    out.clear();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\n{headers}\
         content-length: {}\r\n\r\n",
        body.len()
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
}

/// Writes a `GET`.
pub(crate) fn get(out: &mut Vec<u8>, path: &str, token: &str) {
    out.clear();
    let head = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n");
    out.extend_from_slice(head.as_bytes());
}

/// Sends a request and reads its answer; says how long the body is.
pub(crate) async fn exchange(stream: &mut TcpStream, request: &[u8], answer: &mut Vec<u8>) -> anyhow::Result<usize> {
    stream.write_all(request).await?;
    read(stream, answer).await
}

/// Sends requests over `connections` for `length`, counted from `next`; says also how many bytes the body of the
/// last answer had.
pub(crate) async fn drive(
    address: SocketAddr,
    connections: usize,
    length: Duration,
    next: &Arc<AtomicU64>,
    requests: &Requests,
) -> anyhow::Result<(Sample, usize)> {
    drive_until(address, connections, length, next, requests, Arc::default()).await
}

/// The same, but no longer than until `over` says so.
pub(crate) async fn drive_until(
    address: SocketAddr,
    connections: usize,
    length: Duration,
    next: &Arc<AtomicU64>,
    requests: &Requests,
    over: Arc<AtomicBool>,
) -> anyhow::Result<(Sample, usize)> {
    let requests = Arc::clone(requests);
    Load { address, connections, length, numbers: 0..u64::MAX, requests, answers: None, over }.send_from(next).await
}

/// Reads one answer into `answer`, and says how long its body is. An answer that is no success is an error.
async fn read(stream: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<usize> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(answer.get(..end).unwrap_or_default())?;
        let length = head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("content-length")))
            .context("an answer without a length")?;
        let (success, length) = (head.starts_with("HTTP/1.1 2"), length.1.parse::<usize>()?);
        while answer.len() < end + 4 + length {
            if stream.read_buf(answer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        if !success {
            bail!("{}", String::from_utf8_lossy(answer));
        }
        return Ok(length);
    }
}
