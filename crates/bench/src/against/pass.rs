//! One turn of one build: cases at each number of connections, then answers to half of them, then second messages on
//! the others.

use super::side::Side;
use crate::{
    http,
    load::{self, Answers, Load, Requests},
    meter::{self, Measured, Sample},
    options::{Bench, WARM},
    program::{Serving, asked},
    setting::{self, Messages},
};
use anyhow::{Context as _, ensure};
use rustix::process::Pid;
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::runtime::Runtime;

/// Connections over which messages are written, and cases are opened before memory is looked at.
const AT: usize = 64;
/// A turn that is told how many requests to send ends however long they take.
const EVER: Duration = Duration::from_secs(24 * 60 * 60);
/// Idempotency keys of answers and of second messages begin here, beyond those of cases.
const ANSWERS: u64 = 1 << 40;
const SECONDS: u64 = 1 << 41;

/// What holders write.
const HELD: [&str; 4] = [
    "Thank you for waiting. I have looked at your account: the card left us on Monday and should be with you by \
     Friday. \
     If it is not there by then, write here and I will send another one.",
    "I am sorry about that. The payment is still pending with the shop, which has seven days to collect it.",
    "Could you tell me the amount and the day of the transfer, please? I will look it up while you are here.",
    "That is done. You will see the new limit in the app within a minute; nothing else changes.",
];

/// What was asked of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// A case, at so many connections.
    Case(usize),
    /// A holder's answer.
    Answer,
    /// A customer's second message.
    Second,
}

impl RequestKind {
    pub(super) fn connections(self) -> usize {
        match self {
            Self::Case(connections) => connections,
            Self::Answer | Self::Second => AT,
        }
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Case(_) => "a case",
            Self::Answer => "a holder's answer",
            Self::Second => "a customer's second message",
        })
    }
}

/// What was seen of each.
pub(super) type Pass = Vec<(RequestKind, Measured)>;

/// How many requests of each are sent in a turn, those that warm not counted.
#[derive(Debug)]
pub(super) struct Plan(Vec<(RequestKind, u64)>);

impl Plan {
    fn of(&self, asked: RequestKind) -> Option<u64> {
        self.0.iter().find(|(other, _)| *other == asked).map(|(_, count)| *count)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (asked, count)) in self.0.iter().enumerate() {
            let apart = if n == 0 { "" } else { ", " };
            write!(f, "{apart}{count} times {asked} at {}", asked.connections())?;
        }
        Ok(())
    }
}

/// A case under the lease that it was opened with.
#[derive(Debug)]
struct LeasedCase {
    id: String,
    epoch: u64,
}

/// What sends the requests.
pub(super) struct Client {
    runtime: Runtime,
    messages: Arc<Messages>,
    connections: Vec<usize>,
    length: Duration,
}

/// A server that requests are sent to, and what it was sent so far.
struct Sent<'a> {
    client: &'a Client,
    serving: &'a Serving,
    process: Pid,
    plan: Option<&'a Plan>,
    pass: Pass,
    counts: Vec<(RequestKind, u64)>,
}

impl Sent<'_> {
    fn send(&self, load: Load) -> anyhow::Result<Sample> {
        self.client.runtime.block_on(load.send())
    }

    /// Sends what warms and what is measured, from `numbers`; gives the number after the last.
    fn measure(
        &mut self,
        asked: RequestKind,
        numbers: Range<u64>,
        requests: &Requests,
        answers: Option<&Answers>,
    ) -> anyhow::Result<u64> {
        let room = numbers.end - numbers.start;
        let (warm, measured) = match self.plan.and_then(|plan| plan.of(asked)) {
            // Of those there are, a fifth warms where what warms is a fourth of what is measured.
            Some(count) => {
                let count = count.min(room / u64::from(WARM + 1) * u64::from(WARM));
                ((count / u64::from(WARM), EVER), (count, EVER))
            }
            None => ((room / u64::from(WARM + 1), self.client.length / WARM), (room, self.client.length)),
        };
        let load = |from: u64, (count, length): (u64, Duration)| Load {
            address: self.serving.address,
            connections: asked.connections(),
            length,
            numbers: from..from.saturating_add(count).min(numbers.end),
            requests: Arc::clone(requests),
            answers: answers.cloned(),
            over: Arc::default(),
        };
        let from = numbers.start + self.send(load(numbers.start, warm))?.took_ms.len() as u64;
        let before = meter::cpu_of_process(self.process)?;
        let mut sample = self.send(load(from, measured))?;
        // What the client takes is none of the server's.
        sample.cpu = meter::cpu_of_process(self.process)?.saturating_sub(before);
        let count = sample.took_ms.len() as u64;
        ensure!(count > 0, "{asked} was asked for not once: measure longer, by --seconds");
        self.counts.push((asked, count));
        self.pass.push((asked, sample.sum()));
        Ok(from + count)
    }
}

impl Client {
    pub(super) fn new(bench: &Bench, messages: Arc<Messages>) -> anyhow::Result<Self> {
        let (connections, length) = (bench.connections.clone(), bench.length() / 2);
        Ok(Self { runtime: remit_server::serve::runtime()?, messages, connections, length })
    }

    /// Starts the build and sends it what is planned, or as much as it answers in time; says what was seen, and how
    /// much it was.
    pub(super) fn pass(&self, side: &Side, plan: Option<&Plan>) -> anyhow::Result<(Pass, Plan)> {
        let (serving, _directory) = side.started()?;
        let token = serving.token(&self.runtime, &["integration", "lead"])?;
        let process = Pid::from_child(&serving.program.0);
        let counts = Vec::new();
        let mut sent = Sent { client: self, serving: &serving, process, plan, pass: Vec::new(), counts };
        let opened = Arc::new(Mutex::new(BTreeMap::new()));
        let (opening, ids) = (http::requests(&self.messages, &token), ids(&opened));
        let mut next = 0;
        for &connections in &self.connections {
            next = sent.measure(RequestKind::Case(connections), next..u64::MAX, &opening, Some(&ids))?;
        }
        let held = Arc::new(self.held(&serving, &token, &opened)?);
        let (all, half) = (held.len() as u64, held.len() as u64 / 2);
        ensure!(half > u64::from(WARM), "{all} cases were opened, which are too few: measure longer, by --seconds");
        sent.measure(RequestKind::Answer, 0..half, &self.answers(&held, &token), None)?;
        sent.measure(RequestKind::Second, half..all, &self.seconds(&held, &token), None)?;
        let (pass, counts) = (sent.pass, sent.counts);
        Ok((pass, Plan(counts)))
    }

    /// MiB that the build holds after so many cases.
    pub(super) fn memory_after(&self, side: &Side, cases: u64) -> anyhow::Result<f64> {
        let (serving, _directory) = side.started()?;
        let token = serving.token(&self.runtime, &["integration"])?;
        let requests = http::requests(&self.messages, &token);
        let begun = meter::now();
        let step = cases.div_ceil(10).max(1);
        for from in (0..10).map(|part| part * step).filter(|from| *from < cases) {
            let until = (from + step).min(cases);
            let load = Load {
                address: serving.address,
                connections: AT,
                length: EVER,
                numbers: from..until,
                requests: Arc::clone(&requests),
                answers: None,
                over: Arc::default(),
            };
            self.runtime.block_on(load.send())?;
            eprintln!("  {}: {until} of {cases} cases after {:.0} s", side.name, begun.elapsed().as_secs_f64());
        }
        meter::resident_mib_of(Pid::from_child(&serving.program.0))
    }

    /// The cases that were opened, in the order of the requests that opened them.
    fn held(&self, serving: &Serving, token: &str, opened: &Opened) -> anyhow::Result<Vec<LeasedCase>> {
        let mut epochs = BTreeMap::new();
        let mut after = String::new();
        loop {
            let path = format!("/v1/cases?status=open&limit=200{after}");
            let page = self.runtime.block_on(asked(serving.address, |out| load::get(out, &path, token)))?;
            let page: Page = serde_json::from_value(page).context("a page of cases is not read")?;
            let Some(last) = page.items.last() else { break };
            after = format!("&after={}", last.id);
            epochs.extend(page.items.into_iter().filter_map(|case| Some((case.id, case.holder?.epoch))));
        }
        let opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
        let held = opened.values().filter_map(|id| Some(LeasedCase { id: id.clone(), epoch: *epochs.get(id)? }));
        Ok(held.collect())
    }

    fn answers(&self, held: &Arc<Vec<LeasedCase>>, token: &str) -> Requests {
        let (held, token) = (Arc::clone(held), token.to_owned());
        Arc::new(move |n, out| {
            let Some((case, text)) = of(&held, n).zip(of(&HELD, n % HELD.len() as u64)) else { return };
            let body = json!({ "text": text, "epoch": case.epoch });
            write(out, &case.id, &token, ANSWERS + n, &body);
        })
    }

    fn seconds(&self, held: &Arc<Vec<LeasedCase>>, token: &str) -> Requests {
        let (held, token, messages) = (Arc::clone(held), token.to_owned(), Arc::clone(&self.messages));
        Arc::new(move |n, out| {
            let Some(case) = of(&held, n) else { return };
            // Seldom the message that opened the case.
            let body = json!({ "text": messages.text(n.wrapping_mul(7) + 3) });
            write(out, &case.id, &token, SECONDS + n, &body);
        })
    }
}

/// Cases by the number of the request that opened them.
type Opened = Arc<Mutex<BTreeMap<u64, String>>>;

/// Notes the case that each answer names; that a machine wrote opens none.
fn ids(opened: &Opened) -> Answers {
    let opened = Arc::clone(opened);
    Arc::new(move |n, answer| {
        let Some(id) = case_in(answer) else { return };
        opened.lock().unwrap_or_else(PoisonError::into_inner).insert(n, id);
    })
}

/// The first case that an answer names. It is not read as JSON, so that the client takes little of the processors.
fn case_in(answer: &[u8]) -> Option<String> {
    let from = answer.windows(5).position(|five| five == b"\"cas_")? + 1;
    let rest = answer.get(from..)?;
    let id = rest.get(..rest.iter().position(|&byte| byte == b'"')?)?;
    String::from_utf8(id.to_vec()).ok()
}

fn of<T>(all: &[T], n: u64) -> Option<&T> {
    usize::try_from(n).ok().and_then(|n| all.get(n))
}

fn write(out: &mut Vec<u8>, case: &str, token: &str, key: u64, body: &serde_json::Value) {
    let key = setting::scattered(key);
    let headers = format!("authorization: Bearer {token}\r\nidempotency-key: {key:032x}\r\n");
    load::post(out, &format!("/v1/cases/{case}/messages"), &headers, body.to_string().as_bytes());
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    holder: Option<Holder>,
}

#[derive(Debug, Deserialize)]
struct Holder {
    epoch: u64,
}

#[cfg(test)]
mod tests {
    use super::case_in;

    #[test]
    fn the_case_of_an_answer_is_found_and_none_where_there_is_none() {
        let answer = b"HTTP/1.1 201 Created\r\n\r\n{\"case\":{\"id\":\"cas_01J\",\"decision\":{\"case\":\"cas_02K\"}}}";
        assert_eq!(case_in(answer).as_deref(), Some("cas_01J"));
        assert_eq!(case_in(b"{\"opened\":false}"), None);
        assert_eq!(case_in(b"{\"id\":\"cas_01"), None);
    }
}
