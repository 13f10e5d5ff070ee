//! `POST /v1/cases` with six fields of the case and facts of its customer beside the same without: two servers in one
//! run, turn by turn.

use crate::{
    load::{self, Requests, drive},
    options::{Bench, TURNS, WARM},
    ratio::{Goal, Ratio},
    setting::{self, Setting},
};
use remit_app::{
    Parts,
    customer::facts::{self, PutFacts},
    environment::block_on::block_on,
};
use remit_server::serve::{self, Running};
use serde_json::json;
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::runtime::Runtime;

/// How many times the CPU and the median time of the other each may be.
const GOAL: Goal = Goal::AtMost(1.1);
/// Customers of whom something is known; those who write are among them, round and round.
const CUSTOMERS: u64 = 2_000;

/// Six fields, of which half are personal and one is found by, and facts, of which policies read what they usually do.
const DECLARED: &str = r#"
[[field]]
name = "order"
type = "reference"
seen_by = ["staff", "ai"]
[[field]]
name = "address"
type = "text"
[[field]]
name = "note"
type = "text"
[[field]]
name = "amount"
type = "money"
personal = false
seen_by = ["staff", "ai", "policies"]
[[field]]
name = "departure"
type = "date_time"
personal = false
seen_by = ["staff", "policies"]
[[field]]
name = "cabin"
type = "text"
values = ["economy", "business", "first"]
personal = false
seen_by = ["staff", "policies"]
[[fact]]
name = "tier"
type = "text"
values = ["standard", "plus", "private"]
seen_by = ["staff", "policies"]
[[fact]]
name = "name"
type = "text"
[[fact]]
name = "flags"
type = "list"
seen_by = ["staff", "policies"]
"#;

const POLICIES: &str = r#"
@id("bench.amount") @owner("head-of-support") @reason("Large amounts are for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has amount && context.fields.amount > 100000 };
@id("bench.soon") @owner("head-of-support") @reason("What is soon is for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has departure_in_hours && context.fields.departure_in_hours < 3 };
@id("bench.first") @owner("head-of-support") @reason("First class talks to people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has cabin && context.fields.cabin == "first" };
@id("bench.tier") @owner("head-of-support") @reason("Private customers talk to people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.customer has tier && context.customer.tier == "private" };
@id("bench.flags") @owner("head-of-support") @reason("Who is fragile talks to people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.customer has flags && context.customer.flags.contains("fragile") };
"#;

/// A server with what it is asked.
struct Side {
    requests: Requests,
    next: Arc<AtomicU64>,
    runtime: Runtime,
    running: Running,
}

impl Side {
    fn new(setting: &Setting, data: &Path, about: bool) -> anyhow::Result<Self> {
        let app = Arc::new(setting.open_under(data, &bundle(setting, about)?)?);
        let (token, _) = setting::token_of(&app, &["integration", "lead"], Some("bench"))?;
        if about {
            know(&app)?;
        }
        let runtime = serve::runtime()?;
        let running = runtime.block_on(serve::start(app, ([127, 0, 0, 1], 0).into()))?;
        let messages = Arc::clone(&setting.messages);
        let requests: Requests = Arc::new(move |n, out| {
            let fields = if about {
                json!({
                    "order": format!("W{n}"), "address": format!("{n} High Street, Northgate"),
                    "note": "They called before", "amount": 1_000 + n % 50_000,
                    "departure": "2099-12-24T18:30:00Z", "cabin": "economy",
                })
            } else {
                json!({})
            };
            let body = json!({
                "customer": format!("customer-{}", n % CUSTOMERS), "text": messages.text(n), "channel": "chat",
                "fields": fields,
            });
            let key = setting::scattered(n);
            let headers = format!("authorization: Bearer {token}\r\nidempotency-key: {key:032x}\r\n");
            load::post(out, "/v1/cases", &headers, body.to_string().as_bytes());
        });
        Ok(Self { requests, next: Arc::default(), runtime, running })
    }

    /// Microseconds of CPU of a case, and milliseconds at the median.
    fn turn(&self, connections: usize, length: Duration) -> anyhow::Result<(f64, f64)> {
        let address = self.running.address;
        let run = |length| self.runtime.block_on(drive(address, connections, length, &self.next, &self.requests));
        run(length / WARM)?;
        let measured = run(length)?.0.sum();
        Ok((measured.cpu_us, measured.p50_ms))
    }
}

fn bundle(setting: &Setting, about: bool) -> anyhow::Result<Arc<remit_policy::bundle::Bundle>> {
    if !about {
        return Ok(Arc::clone(&setting.bundle));
    }
    let manifest = std::str::from_utf8(setting.files.get("bundle.toml").unwrap_or_default())?;
    let files = setting.files.clone().with("bundle.toml", format!("{manifest}{DECLARED}").into_bytes());
    Ok(Arc::new(setting::load(files.with("policies/bench.cedar", POLICIES.as_bytes().to_vec()))?))
}

/// Has something be known of every customer.
fn know(app: &Parts) -> anyhow::Result<()> {
    let (_, caller) = setting::token_of(app, &["integration"], Some("crm"))?;
    let facts = json!({ "tier": "plus", "name": "Ann Archer", "flags": ["newsletter", "travels often"] });
    for n in 0..CUSTOMERS {
        let put: PutFacts = serde_json::from_value(json!({ "facts": facts }))?;
        let known = block_on(facts::put_facts(app, &caller, &format!("customer-{n}"), put));
        known.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    }
    Ok(())
}

pub(crate) fn run(bench: &Bench, setting: &Setting) -> anyhow::Result<bool> {
    let directories = (tempfile::tempdir_in(&bench.directory)?, tempfile::tempdir_in(&bench.directory)?);
    let (with, without) =
        (Side::new(setting, directories.0.path(), true)?, Side::new(setting, directories.1.path(), false)?);
    println!("\nPOST /v1/cases with six fields and facts of the customer, beside the same without");
    println!("  connections   CPU us with   without   p50 ms with   without   ratio of CPU and of p50 [95 %]");
    let mut met = true;
    for &connections in &bench.connections {
        let length = bench.length() / TURNS;
        let mut columns: [Vec<f64>; 4] = Default::default();
        let [cpu_with, cpu_without, p50_with, p50_without] = &mut columns;
        for _ in 0..TURNS {
            let (one, other) = (with.turn(connections, length)?, without.turn(connections, length)?);
            cpu_with.push(one.0);
            cpu_without.push(other.0);
            p50_with.push(one.1);
            p50_without.push(other.1);
        }
        let (cpu, p50) = (Ratio::of(cpu_with, cpu_without), Ratio::of(p50_with, p50_without));
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
        println!(
            "  {connections:11}   {:11.0}   {:7.0}   {:11.2}   {:7.2}   {cpu} {}; {p50} {}",
            mean(cpu_with),
            mean(cpu_without),
            mean(p50_with),
            mean(p50_without),
            GOAL.told(cpu),
            GOAL.told(p50),
        );
        met &= GOAL.met(cpu) && GOAL.met(p50);
    }
    for side in [with, without] {
        side.runtime.block_on(side.running.stop())?;
    }
    Ok(met)
}
