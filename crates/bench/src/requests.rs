//! Asking for an action until policy's answer is on record beside `POST /v1/cases`, and with many requests that wait
//! beside with few: two servers in one run, turn by turn.

use crate::{
    load::{self, Load, Requests, drive},
    options::{Bench, TURNS, WARM},
    ratio::{Goal, Ratio},
    setting::{self, Setting},
};
use remit_app::governance::services::Services;
use remit_policy::bundle::Bundle;
use remit_server::serve::{self, Running};
use serde_json::json;
use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Runtime;

/// Of the rate of `POST /v1/cases`, at least.
const OF_CASES: Goal = Goal::AtLeast(0.8);
/// Of the rate with few requests that wait, at least.
const OF_FEW: Goal = Goal::AtLeast(0.9);
/// Requests that wait, unless told.
const WAITING: u64 = 100_000;
/// Requests that are asked for on one case: as many as a limit of the bank leaves a customer in a day.
const EACH: u64 = 3;
/// Cases a second that a machine is expected to have asked about at most, for which there are enough.
const CASES_A_SECOND: u64 = 3_000;
/// Connections over which a server is filled.
const FILLING: usize = 64;
/// The customer of the sandbox's bank as whom everybody is known, and a charge of theirs that can be refunded.
const ACCOUNT: &str = "cust-1020";
const CHARGE: &str = "charge-1020-1-2";

/// A server with cases, and what it is asked.
struct Side {
    cases: Requests,
    next_case: Arc<AtomicU64>,
    asks: Requests,
    next_ask: Arc<AtomicU64>,
    most_asks: u64,
    runtime: Runtime,
    running: Running,
}

impl Side {
    /// One with `cases` cases, on which `waiting` requests wait.
    fn new(setting: &Setting, bundle: &Arc<Bundle>, data: &Path, cases: u64, waiting: u64) -> anyhow::Result<Self> {
        let services = Services::none().connected(bundle, &|_| None, || 0)?;
        let app = Arc::new(setting.open_with(data, bundle, services)?);
        let (integration, _) = setting::token_of(&app, &["integration"], Some("crm"))?;
        let person = setting::token_of_staff(&app, &["lead"], "bench")?;
        let runtime = serve::runtime()?;
        let running = runtime.block_on(serve::start(app, ([127, 0, 0, 1], 0).into()))?;
        let opens = crate::http::requests(&setting.messages, &integration);
        let ids = opened(&runtime, &running, &opens, cases, &integration)?;
        let asks = asks(ids, person);
        let side = Self {
            cases: opens,
            next_case: Arc::new(AtomicU64::new(cases)),
            asks,
            next_ask: Arc::new(AtomicU64::new(waiting)),
            most_asks: cases * EACH,
            runtime,
            running,
        };
        send(&side.runtime, &side.running, &side.asks, waiting, None)?;
        Ok(side)
    }

    /// How many cases, or requests, a second.
    fn turn(&self, of_cases: bool, connections: usize, length: Duration) -> anyhow::Result<f64> {
        let (requests, next) = if of_cases { (&self.cases, &self.next_case) } else { (&self.asks, &self.next_ask) };
        let address = self.running.address;
        let run = |length| self.runtime.block_on(drive(address, connections, length, next, requests));
        run(length / WARM)?;
        let rate = run(length)?.0.sum().rate;
        anyhow::ensure!(
            self.next_ask.load(Ordering::Relaxed) < self.most_asks,
            "this machine asks faster than there are cases: shorten it by --seconds"
        );
        Ok(rate)
    }
}

/// Sends requests with the numbers below `until`, over many connections at once.
fn send(
    runtime: &Runtime,
    running: &Running,
    requests: &Requests,
    until: u64,
    answers: Option<load::Answers>,
) -> anyhow::Result<()> {
    let load = Load {
        address: running.address,
        connections: FILLING,
        length: Duration::MAX,
        numbers: 0..until,
        requests: Arc::clone(requests),
        answers,
        over: Arc::new(AtomicBool::new(false)),
    };
    runtime.block_on(load.send())?;
    Ok(())
}

/// Opens cases, each of a customer who is known to the bank; their identifiers.
fn opened(
    runtime: &Runtime,
    running: &Running,
    opens: &Requests,
    cases: u64,
    token: &str,
) -> anyhow::Result<Arc<[String]>> {
    let known: Requests = {
        let token = token.to_owned();
        Arc::new(move |n, out| {
            let headers = format!("authorization: Bearer {token}\r\n");
            let body = json!({ "facts": { "account": ACCOUNT } }).to_string();
            load::put(out, &format!("/v1/customers/customer-{n}/facts"), &headers, body.as_bytes());
        })
    };
    send(runtime, running, &known, cases, None)?;
    let ids = Arc::new(Mutex::new(Vec::new()));
    let answers: load::Answers = {
        let ids = Arc::clone(&ids);
        Arc::new(move |_, answer| {
            let body = answer.windows(4).position(|four| four == b"\r\n\r\n").and_then(|end| answer.get(end + 4..));
            let opened = body.and_then(|body| serde_json::from_slice::<serde_json::Value>(body).ok());
            if let Some(id) = opened.as_ref().and_then(|opened| opened.pointer("/case/id")?.as_str()) {
                ids.lock().unwrap_or_else(PoisonError::into_inner).push(id.to_owned());
            }
        })
    };
    send(runtime, running, opens, cases, Some(answers))?;
    let ids = std::mem::take(&mut *ids.lock().unwrap_or_else(PoisonError::into_inner));
    anyhow::ensure!(ids.len() as u64 == cases, "{} of {cases} cases were opened", ids.len());
    Ok(ids.into())
}

/// A person asks for a penny of a charge, on one case after the other.
fn asks(ids: Arc<[String]>, token: String) -> Requests {
    Arc::new(move |n, out| {
        // One case after the other: two at once on one case would each have the other taken anew.
        let case = ids.get(usize::try_from(n).unwrap_or(0) % ids.len()).map_or("", |id| id);
        let key = setting::scattered(n);
        let headers = format!("authorization: Bearer {token}\r\nidempotency-key: {key:032x}\r\n");
        let amount = json!({ "minor": 1, "currency": "GBP" });
        let body = json!({ "action": "refund_charge", "arguments": { "charge_id": CHARGE, "amount": amount } });
        load::post(out, &format!("/v1/cases/{case}/requests"), &headers, body.to_string().as_bytes());
    })
}

pub(crate) fn run(bench: &Bench, setting: &Setting) -> anyhow::Result<bool> {
    // The encoder is not asked, so that it is the rest which is compared.
    let bundle = Arc::new(setting::load(setting::asking(setting.files.clone(), "never")?)?);
    let waiting = bench.cases_or(WAITING);
    let seconds = bench.seconds * bench.connections.len() as f64 * f64::from(WARM + 1) / f64::from(WARM);
    let cases = waiting.div_ceil(EACH) + CASES_A_SECOND * seconds.ceil() as u64;
    let directories = (tempfile::tempdir_in(&bench.directory)?, tempfile::tempdir_in(&bench.directory)?);
    println!("\nasking for an action on one of {cases} cases beside POST /v1/cases; filling two stores …");
    let few = Side::new(setting, &bundle, directories.0.path(), cases, 0)?;
    let many = Side::new(setting, &bundle, directories.1.path(), cases, waiting)?;
    println!("  connections   cases/s   requests/s   with {waiting} that wait   ratio to cases, and to few [95 %]");
    let mut met = true;
    for &connections in &bench.connections {
        let length = bench.length() / TURNS;
        let mut columns: [Vec<f64>; 3] = Default::default();
        let [opened, with_few, with_many] = &mut columns;
        for _ in 0..TURNS {
            opened.push(few.turn(true, connections, length)?);
            with_few.push(few.turn(false, connections, length)?);
            with_many.push(many.turn(false, connections, length)?);
        }
        let (of_cases, of_few) = (Ratio::of(with_few, opened), Ratio::of(with_many, with_few));
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
        println!(
            "  {connections:11}   {:7.0}   {:10.0}   {:16.0}   {of_cases} {}; {of_few} {}",
            mean(opened),
            mean(with_few),
            mean(with_many),
            OF_CASES.told(of_cases),
            OF_FEW.told(of_few),
        );
        met &= OF_CASES.met(of_cases) && OF_FEW.met(of_few);
    }
    println!("  goals: {OF_CASES} of cases, {OF_FEW} of few");
    for side in [few, many] {
        side.runtime.block_on(side.running.stop())?;
    }
    Ok(met)
}
