//! What a delegate's proof of possession costs: an action requested with one beside the same request on the same cases
//! without, and the questions that others ask on each call (introspection, AuthZEN evaluations) beside `POST
//! /v1/cases`: one server, turn by turn. What is signed is signed before a turn begins.

use crate::{
    bundle_copy,
    load::{self, Load, Requests},
    meter::{Measured, Sample},
    options::{Bench, TURNS, WARM},
    ratio::{Goal, Ratio},
    setting::{self, Setting},
};
use anyhow::Context as _;
use p256::pkcs8::EncodePrivateKey as _;
use remit_app::{environment::entropy::Entropy, governance::services::Services, operation};
use remit_command::{
    client::Client,
    key_holder::{self, KeyHolder},
};
use remit_oauth::client::ClientKey;
use remit_policy::address::Address;
use remit_server::{
    http::address,
    serve::{self, Running},
};
use serde_json::{Value, json};
use std::{
    fmt,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Runtime;

/// Where the server says that it is found: nobody else is asked.
const ISSUER: &str = "https://bench.example";
/// Of the rate of the same request without a proof, at least.
const OF_UNPROVED: Goal = Goal::AtLeast(0.7);
/// Of the rate of `POST /v1/cases`, at least.
const OF_CASES: Goal = Goal::AtLeast(5.0);
/// Customers who granted something, unless told; each of them has one case.
const CUSTOMERS: u64 = 1_000;
/// The action, the customer of the sandbox's bank as whom everybody is known, and a charge of theirs.
const ACTION: &str = "refund_charge";
const ACCOUNT: &str = "cust-1020";
const CHARGE: &str = "charge-1020-1-2";
/// For how many a second requests are signed beforehand while nothing is known, and how many more than was seen.
const FIRST_RATE: f64 = 3_000.0;
const FIRST_QUESTIONS: f64 = 12_000.0;
const MARGIN: f64 = 1.5;

/// A delegate, and what each customer granted it.
struct Own {
    algorithm: &'static str,
    /// One for each customer, with the token of their delegation.
    holders: Vec<KeyHolder>,
    delegations: Vec<String>,
    /// The case that was opened under each.
    cases: Arc<[String]>,
}

impl Own {
    /// Registered, granted by every customer, with a case of each.
    fn new(desk: &Desk, algorithm: &'static str, key: ClientKey, customers: u64) -> anyhow::Result<Self> {
        let delegate = KeyHolder::registered(&desk.admin, ISSUER, key)?;
        let ask = |customer: u64| {
            json!({
                "customer": format!("customer-{customer}"), "delegate": delegate.id, "actions": [ACTION],
                "scopes": ["case:open", "case:read", "case:write"],
                "limits": { "max_amount": { "minor": 5_000, "currency": "GBP" }, "max_count": 1_000_000 },
            })
        };
        let delegations =
            (0..customers).map(|n| key_holder::consented(&desk.crm, &ask(n))).collect::<Result<Vec<_>, _>>()?;
        let mut own = Self { algorithm, holders: vec![delegate; delegations.len()], delegations, cases: [].into() };
        own.renew()?;
        let mut cases = Vec::new();
        for holder in &mut own.holders {
            let open = json!({ "text": "Please refund the charge that I did not make." });
            let opened = holder.ask(operation::OpenDelegatedCase, &[], Some(&open))?;
            let case = opened.body.get("case").and_then(Value::as_str);
            cases.push(case.with_context(|| format!("no case was opened: {}", opened.body))?.to_owned());
        }
        own.cases = cases.into();
        Ok(own)
    }

    /// Has a token made for each delegation anew: they are good for five minutes.
    fn renew(&mut self) -> anyhow::Result<()> {
        for (holder, delegation) in self.holders.iter_mut().zip(&self.delegations) {
            let answer = holder.get_token(delegation)?;
            anyhow::ensure!(answer.is_success(), "no token: {}", answer.body);
        }
        // The nonce that came last is the one to use by all.
        let last = self.holders.last().cloned().context("nobody granted anything")?;
        for holder in &mut self.holders {
            holder.nonce_of(&last);
        }
        Ok(())
    }

    /// Action request number `n`, with its proof.
    fn asks(&self, n: u64) -> anyhow::Result<Vec<u8>> {
        let (holder, case) = self.of(n)?;
        let path = address::path(operation::AskDelegated, &[case]);
        let (proof, key) = (holder.proof("POST", &path, Some(&holder.token))?, setting::scattered(n));
        let headers =
            format!("authorization: DPoP {}\r\ndpop: {proof}\r\nidempotency-key: {key:032x}\r\n", holder.token);
        let mut bytes = Vec::new();
        load::post(&mut bytes, &path, &headers, refund().to_string().as_bytes());
        Ok(bytes)
    }

    /// Question number `n` whether a token counts, with an assertion of who asks.
    fn introspects(&self, n: u64) -> anyhow::Result<Vec<u8>> {
        let (holder, _) = self.of(n)?;
        let content = holder.form_content(&[("token", &holder.token)])?;
        let mut bytes = Vec::new();
        load::post_form(&mut bytes, &address::path(operation::IntrospectToken, &[]), content.as_bytes());
        Ok(bytes)
    }

    fn of(&self, n: u64) -> anyhow::Result<(&KeyHolder, &str)> {
        let at = at(n, self.holders.len());
        let (holder, case) = self.holders.get(at).zip(self.cases.get(at)).context("no such customer")?;
        Ok((holder, case))
    }
}

/// The server, with who asks it.
struct Desk {
    admin: Client,
    crm: Client,
    lead: String,
    /// The token of a program that others ask by.
    asking: String,
    integration: String,
    next_case: AtomicU64,
    /// Numbers of everything else that is sent.
    next: AtomicU64,
    runtime: Runtime,
    running: Running,
}

impl Desk {
    fn open(setting: &Setting, data: &Path) -> anyhow::Result<Self> {
        // The encoder is not asked, so that it is the rest which is compared, and a limit a day would end it at once.
        let files = setting::asking(setting.files.clone(), "never")?;
        let manifest = bundle_copy::without_limits(std::str::from_utf8(files.get("bundle.toml").unwrap_or_default())?);
        let bundle = Arc::new(setting::load(files.with("bundle.toml", manifest.into_bytes()))?);
        let services = Services::none().connected(&bundle, &|_| None, || 0)?;
        let public = Address::parse(ISSUER).map_err(|why| anyhow::anyhow!("{ISSUER} {why}"))?;
        let app = Arc::new(setting.open_at(data, &bundle, services, vec![public])?);
        let (integration, _) = setting::token_of(&app, &["integration"], Some("crm"))?;
        let (admin, _) = setting::token_of(&app, &["admin"], None)?;
        let lead = setting::token_of_staff(&app, &["lead"], "bench")?;
        let runtime = serve::runtime()?;
        let running = runtime.block_on(serve::start(app, ([127, 0, 0, 1], 0).into()))?;
        let url = format!("http://{}", running.address);
        let (asking, crm) = (admin.clone(), Client::new(&url, &integration));
        let admin = Client::new(&url, &admin);
        let (next_case, next) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { admin, crm, lead, asking, integration, next_case, next, runtime, running })
    }

    /// Says what is known of so many customers.
    fn know(&self, customers: u64) -> anyhow::Result<()> {
        for customer in 0..customers {
            let (id, facts) = (format!("customer-{customer}"), json!({ "facts": { "account": ACCOUNT } }));
            self.crm.put(operation::PutFacts, &[&id], &facts)?;
        }
        Ok(())
    }

    /// Sends requests that are made as they are sent.
    fn made(&self, next: &AtomicU64, requests: &Requests, turn: Turn) -> anyhow::Result<Measured> {
        let mut measured = None;
        for length in turn.lengths() {
            let from = next.load(Ordering::Relaxed);
            let sample = self.send(requests, from..u64::MAX, turn.connections, length)?;
            // Each connection had taken one more when it ended.
            next.store(from + sample.took_ms.len() as u64 + turn.connections as u64, Ordering::Relaxed);
            measured = Some(sample.sum());
        }
        measured.context("nothing was measured")
    }

    /// Sends requests that were made before, enough for a server that answers `rate` a second.
    fn prepared(
        &self,
        rate: f64,
        turn: Turn,
        make: impl Fn(u64) -> anyhow::Result<Vec<u8>>,
    ) -> anyhow::Result<Measured> {
        let mut measured = None;
        for length in turn.lengths() {
            let count = (rate * length.as_secs_f64()) as u64 + turn.connections as u64;
            let from = self.next.fetch_add(count, Ordering::Relaxed);
            let made: Arc<[Vec<u8>]> = (from..from + count).map(&make).collect::<Result<Vec<_>, _>>()?.into();
            let requests: Requests = Arc::new(move |n, out| {
                out.clear();
                out.extend_from_slice(made.get((n - from) as usize).map_or(&[], |bytes| bytes));
            });
            measured = Some(self.send(&requests, from..from + count, turn.connections, length)?.sum());
        }
        measured.context("nothing was measured")
    }

    fn send(
        &self,
        requests: &Requests,
        numbers: Range<u64>,
        connections: usize,
        length: Duration,
    ) -> anyhow::Result<Sample> {
        let (requests, over) = (Arc::clone(requests), Arc::default());
        let load = Load { address: self.running.address, connections, length, numbers, requests, answers: None, over };
        self.runtime.block_on(load.send())
    }

    /// The same action on the same cases, by a member of staff with a bearer token.
    fn unproved(&self, cases: &Arc<[String]>) -> Requests {
        let (cases, token) = (Arc::clone(cases), self.lead.clone());
        Arc::new(move |n, out| {
            let case = cases.get(at(n, cases.len())).map_or("", |case| case);
            let key = setting::scattered(n);
            let headers = format!("authorization: Bearer {token}\r\nidempotency-key: {key:032x}\r\n");
            let path = address::path(operation::AskRequest, &[case]);
            load::post(out, &path, &headers, refund().to_string().as_bytes());
        })
    }

    /// Whether somebody of staff may read a case, one case after the other.
    fn evaluations(&self, cases: &Arc<[String]>) -> Requests {
        let (cases, token) = (Arc::clone(cases), self.asking.clone());
        Arc::new(move |n, out| {
            let asked = json!({
                "subject": { "type": "staff", "id": "bench" }, "action": { "name": "case.read" },
                "resource": { "type": "case", "id": cases.get(at(n, cases.len())) },
            });
            let headers = format!("authorization: Bearer {token}\r\n");
            load::post(out, "/access/v1/evaluation", &headers, asked.to_string().as_bytes());
        })
    }
}

/// Over how many connections something is measured, and for how long.
#[derive(Debug, Clone, Copy)]
struct Turn {
    connections: usize,
    length: Duration,
}

impl Turn {
    /// What warms it, and what counts.
    fn lengths(self) -> [Duration; 2] {
        [self.length / WARM, self.length]
    }
}

/// Where number `n` stands among so many, round and round.
fn at(n: u64, of: usize) -> usize {
    usize::try_from(n).unwrap_or(0) % of.max(1)
}

/// What is asked for: a penny of a charge.
fn refund() -> Value {
    let amount = json!({ "minor": 1, "currency": "GBP" });
    json!({ "action": ACTION, "arguments": { "charge_id": CHARGE, "amount": amount } })
}

/// What one thing came to over the turns.
#[derive(Debug, Default)]
struct Column {
    rates: Vec<f64>,
    p99_ms: Vec<f64>,
}

impl Column {
    fn add(&mut self, measured: Measured) {
        self.rates.push(measured.rate);
        self.p99_ms.push(measured.p99_ms);
    }

    /// For how many requests a second more are made beforehand.
    fn enough(&self, unless_known: f64) -> f64 {
        MARGIN * self.rates.iter().copied().reduce(f64::max).unwrap_or(unless_known)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
        write!(f, "{:7.0}/s, p99 {:6.1} ms", mean(&self.rates), mean(&self.p99_ms))
    }
}

pub(crate) fn run(bench: &Bench, setting: &Setting) -> anyhow::Result<bool> {
    let customers = bench.cases_or(CUSTOMERS);
    println!("\ndelegates: {customers} customers grant something to two of them …");
    let data = tempfile::tempdir_in(&bench.directory)?;
    let desk = Desk::open(setting, data.path())?;
    desk.know(customers)?;
    let entropy = Entropy::default();
    let p256 = p256::SecretKey::from_slice(&entropy.bytes::<32>()?)?.to_pkcs8_der()?;
    let keys = [("EdDSA", ClientKey::ed25519(&entropy.bytes()?)?), ("ES256", ClientKey::es256(p256.as_bytes())?)];
    let own = keys.map(|(algorithm, key)| Own::new(&desk, algorithm, key, customers));
    let [first, second] = own;
    let mut owns = [first?, second?];
    let opens = crate::http::requests(&setting.messages, &desk.integration);
    let mut met = true;
    for &connections in &bench.connections {
        let turn = Turn { connections, length: bench.length() / TURNS };
        for own in &mut owns {
            own.renew()?;
            met &= compared(&desk, own, &opens, turn)?;
        }
    }
    println!("  goals: {OF_UNPROVED} of the request without a proof, {OF_CASES} times the cases");
    desk.runtime.block_on(desk.running.stop())?;
    Ok(met)
}

/// Measures everything of one delegate turn by turn, and says what it came to.
fn compared(desk: &Desk, own: &Own, opens: &Requests, turn: Turn) -> anyhow::Result<bool> {
    let (asks, evaluates) = (desk.unproved(&own.cases), desk.evaluations(&own.cases));
    let mut columns: [Column; 5] = Default::default();
    let [cases, unproved, proved, introspected, evaluated] = &mut columns;
    for _ in 0..TURNS {
        cases.add(desk.made(&desk.next_case, opens, turn)?);
        unproved.add(desk.made(&desk.next, &asks, turn)?);
        proved.add(desk.prepared(proved.enough(FIRST_RATE).max(unproved.enough(0.0)), turn, |n| own.asks(n))?);
        introspected.add(desk.prepared(introspected.enough(FIRST_QUESTIONS), turn, |n| own.introspects(n))?);
        evaluated.add(desk.made(&desk.next, &evaluates, turn)?);
    }
    println!("  {} connections, {}", turn.connections, own.algorithm);
    println!("    POST /v1/cases                {cases}");
    println!("    a request without a proof     {unproved}");
    let of = |what: &str, column: &Column, beside: &Column, goal: Goal| {
        let ratio = Ratio::of(&column.rates, &beside.rates);
        println!("    {what:28}  {column}   ratio {ratio} {}", goal.told(ratio));
        goal.met(ratio)
    };
    Ok(of("the same with a proof", proved, unproved, OF_UNPROVED)
        & of("an introspection", introspected, cases, OF_CASES)
        & of("an AuthZEN evaluation", evaluated, cases, OF_CASES))
}
