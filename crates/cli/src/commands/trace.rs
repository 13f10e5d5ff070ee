//! `remit trace`: from what was done back through who carried it out, who said yes, what policy said and who asked, to
//! what their customer granted; each record with a proof that an outsider can check.

use super::{case::DataOrServer, history, json::text};
use anyhow::Context;
use clap::Args;
use remit_app::{directory, environment::block_on::block_on, operation};
use remit_command::{
    client::Client,
    shown::{self, counted, say},
};
use remit_store::Verification as _;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// Trace a request back to what its customer granted, record by record.
///
/// With `--data`, each record comes with its proof (c2sp.org/tlog-proof), which `remit ledger check` verifies without
/// the ledger. Exits with 1 where a record has none yet.
#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// The request; or a case, whose requests are traced.
    id: String,
    #[command(flatten)]
    place: DataOrServer,
}

/// One record that a request rests on.
#[derive(Debug)]
struct Record {
    stream: String,
    item: Value,
}

/// Who acted for whom, as each record is told of it.
#[derive(Debug, Default)]
struct Attribution {
    agent: Value,
    subject: Value,
    resource: Value,
    action: Value,
    risk: Value,
    revocation: Value,
}

impl Trace {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let traced = self.place.with(|client| self.traced(client))?;
        let mut whole = true;
        let mut shown = Vec::with_capacity(traced.len());
        for (request, records) in traced {
            let of = Attribution::of(&request, &records);
            let mut told = Vec::with_capacity(records.len());
            for record in records {
                let proof = self.place.data().map(|data| proof(data, &record)).transpose()?;
                whole &= !matches!(proof, Some(None));
                told.push(of.record(record, proof.flatten()));
            }
            shown.push(json!({ "request": request, "records": told }));
        }
        if json {
            shown::json(&json!({ "id": self.id, "traces": shown }));
        } else {
            shown.iter().for_each(|one| self.print(one));
        }
        Ok(whole)
    }

    fn traced(&self, client: &Client) -> anyhow::Result<Vec<(Value, Vec<Record>)>> {
        let mut ids = vec![self.id.clone()];
        if self.id.starts_with("cas_") {
            ids.clear();
            history::each(client, operation::ListRequests, &[&self.id], &mut |item| {
                ids.push(text(item, "/id").to_owned())
            })?;
            ids.reverse();
            anyhow::ensure!(!ids.is_empty(), "nothing was requested on case {}", self.id);
        }
        ids.iter().map(|id| records(client, id)).collect()
    }

    fn print(&self, one: &Value) {
        let records = member(one, "records").as_array().map(Vec::as_slice).unwrap_or_default();
        say!("request {}: {}", text(one, "/request/id"), text(one, "/request/state"));
        for record in records {
            say!("  {}  record {}: {}", text(record, "/at"), member(record, "record"), told(record));
        }
        let proved = records.iter().filter(|record| member(record, "proof").is_string()).count();
        match self.place.data() {
            Some(_) => {
                say!("  {} of {} proved; --json has the proofs", proved, counted(records.len(), "record", "records"))
            }
            None => say!("  {}; --data proves them", counted(records.len(), "record", "records")),
        }
    }
}

/// A member of an object; null where there is none.
fn member<'v>(of: &'v Value, name: &str) -> &'v Value {
    of.get(name).unwrap_or(&Value::Null)
}

/// The proof of a record, where it is signed by now.
fn proof(data: &Path, record: &Record) -> anyhow::Result<Option<String>> {
    let seq = member(&record.item, "seq").as_u64().context("a record has no number")?;
    Ok(block_on(directory::as_it_lies(data).prove(&seq.to_string()))?.map(|proof| proof.to_string()))
}

/// A request, and the records that it rests on, oldest first.
fn records(client: &Client, id: &str) -> anyhow::Result<(Value, Vec<Record>)> {
    let request = client.get(operation::GetRequest, &[id])?;
    let mut all: BTreeMap<u64, Record> = BTreeMap::new();
    let mut keep = |stream: &str, item: &Value| {
        if let Some(seq) = member(item, "seq").as_u64() {
            all.insert(seq, Record { stream: stream.to_owned(), item: item.clone() });
        }
    };
    let (mut chain, mut delegates) = (Vec::new(), Vec::new());
    history::each(client, operation::ListHistory, &["request", id], &mut |item| {
        keep(&format!("request/{id}"), item);
        let asker = item.pointer("/event/decision/principal");
        let of = |name: &str| asker.and_then(|asker| asker.get(name));
        chain.extend(
            of("chain").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(String::from),
        );
        delegates.extend(of("delegate").and_then(Value::as_str).map(String::from));
    })?;
    let (case, asked) = (text(&request, "/case").to_owned(), text(&request, "/asked_at").to_owned());
    // What the customer, or who speaks for them, had said last before it; and how the case was told of it.
    let mut said: Option<Value> = None;
    history::each(client, operation::ListTimeline, &[&case], &mut |item| {
        let kind = text(item, "/event/type");
        let theirs = text(item, "/event/message/author/kind") == "requester";
        let about = item.pointer("/event/request").and_then(Value::as_str) == Some(id);
        if kind == "case_opened" || about && ["request_noted", "request_ended"].contains(&kind) {
            keep(&format!("case/{case}"), item);
        } else if kind == "message_added" && theirs && text(item, "/at") <= asked.as_str() {
            said = Some(item.clone());
        }
    })?;
    if let Some(item) = &said {
        keep(&format!("case/{case}"), item);
    }
    // By whose word a delegation came to be, and whom that spoke of, where the customer was not asked here.
    let mut asserted: Option<(String, String)> = None;
    for (kind, ids) in [("delegation", &chain), ("delegate", &delegates)] {
        for of in ids {
            history::each(client, operation::ListHistory, &[kind, of], &mut |item| {
                let wanted = ["delegation_granted", "delegation_changed", "delegate_registered", "delegate_changed"];
                if wanted.contains(&text(item, "/event/type")) {
                    keep(&format!("{kind}/{of}"), item);
                }
                if let Some(by) = item.pointer("/event/asserted") {
                    asserted = Some((text(by, "/issuer").to_owned(), text(by, "/subject").to_owned()));
                }
            })?;
        }
    }
    if let Some((issuer, subject)) = &asserted {
        history::each(client, operation::ListHistory, &["issuer", issuer], &mut |item| {
            let of_others = item.pointer("/event/change/subject").is_some_and(|of| of.as_str() != Some(subject));
            if !of_others {
                keep(&format!("issuer/{issuer}"), item);
            }
        })?;
    }
    anyhow::ensure!(!all.is_empty(), "there are no records of request {id}");
    Ok((request, all.into_values().collect()))
}

impl Attribution {
    fn of(request: &Value, records: &[Record]) -> Self {
        let mut of = Self {
            resource: json!({ "request": member(request, "id"), "case": member(request, "case") }),
            action: json!(text(request, "/action")),
            ..Self::default()
        };
        for Record { item, .. } in records {
            let event = member(item, "event");
            match text(item, "/event/type") {
                "request_asked" => {
                    let asker = member(member(event, "decision"), "principal");
                    of.agent = asker.clone();
                    of.subject = member(event, "customer").clone();
                    let signals = member(member(event, "decision"), "signals");
                    of.risk = json!({ "class": member(asker, "class"), "signals": signals });
                }
                "request_changed" if text(item, "/event/change/kind") == "voided" => {
                    of.revocation =
                        json!({ "cause": member(member(event, "change"), "changed"), "at": member(item, "at") });
                }
                "delegation_changed" if text(item, "/event/change/kind") == "revoked" => {
                    let cause = member(member(event, "change"), "cause");
                    let (at, by) = (member(item, "at"), member(event, "by"));
                    of.revocation = json!({ "cause": cause, "at": at, "by": by });
                }
                _ => {}
            }
        }
        of
    }

    /// A record with what an audit of agents asks of each: who acted, for whom, on what, what was done and decided,
    /// when and with what it belongs together, how risky it was held to be, and whether it was taken back.
    fn record(&self, record: Record, proof: Option<String>) -> Value {
        let Record { stream, item } = record;
        let event = member(&item, "event");
        let decision = event.get("decision").or_else(|| event.pointer("/change/decision"));
        json!({
            "record": member(&item, "seq"),
            "at": member(&item, "at"),
            "stream": stream,
            "by": member(&item, "by"),
            "event": event,
            "words": item.get("words"),
            "audit": {
                "agent_id": self.agent,
                "delegated_subject": self.subject,
                "resource": self.resource,
                "action": { "name": self.action, "decision": decision.map(|decision| json!({
                    "id": member(decision, "id"),
                    "bundle": member(decision, "bundle"),
                    "verdict": member(decision, "verdict"),
                })) },
                "time": { "at": member(&item, "at"), "correlation": member(&self.resource, "request") },
                "risk_state": self.risk,
                "revocation": self.revocation,
            },
            "proof": proof,
        })
    }
}

/// What a record says, in a line.
fn told(record: &Value) -> String {
    let at = |pointer: &str| text(record, pointer).to_owned();
    let seen =
        record.pointer("/event/consent/seen_ms").or_else(|| record.pointer("/event/change/confirmation/seen_ms"));
    let seen = seen.and_then(Value::as_i64).map(|ms| format!(", after {} s", ms / 1_000)).unwrap_or_default();
    match text(record, "/event/type") {
        "delegate_registered" => format!("delegate {} was registered by {}", at("/event/delegate"), at("/event/by")),
        "delegate_changed" => format!("delegate {}: {}", at("/event/delegate"), at("/event/change/kind")),
        "delegation_granted" if record.pointer("/event/parent").is_some() => {
            format!(
                "delegation {} was narrowed from {} for {}",
                at("/event/delegation"),
                at("/event/parent"),
                at("/event/delegate")
            )
        }
        "delegation_granted" if record.pointer("/event/asserted").is_some() => format!(
            "issuer {} asserted (SHA-256 {}) that {} acts for customer {}: delegation {}",
            at("/event/asserted/issuer"),
            at("/event/asserted/assertion"),
            at("/event/delegate"),
            at("/event/customer"),
            at("/event/delegation")
        ),
        "issuer_registered" => {
            format!("issuer {} ({}) was listed by {}", at("/event/issuer"), at("/event/terms/issuer"), at("/event/by"))
        }
        "issuer_changed" => {
            format!("issuer {}: {} by {}", at("/event/issuer"), history::issuer_change(record), at("/event/by"))
        }
        "delegation_granted" => format!(
            "customer {} granted delegation {} to {}{seen}",
            at("/event/customer"),
            at("/event/delegation"),
            at("/event/delegate")
        ),
        "delegation_changed" => {
            format!("delegation {}: {} by {}", at("/event/delegation"), at("/event/change/kind"), at("/event/by"))
        }
        "case_opened" => format!("case {} was opened by {}", at("/event/case"), at("/by")),
        "message_added" => format!("{} wrote on it", at("/by")),
        "request_asked" => {
            let answer = at("/event/decision/verdict/answer/answer");
            format!("asked for by {} ({}): {answer}", at("/by"), at("/event/decision/principal/kind"))
        }
        "request_changed" => format!("{}{seen}", at("/event/change/kind").replace('_', " ")),
        other => other.replace('_', " "),
    }
}
