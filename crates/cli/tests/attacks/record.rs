//! Holds what was asked of a server and what it answered against what is on record: one holder at each moment; epochs
//! that grow by one with each change; nothing done under a stale one; what was acknowledged once, what was refused
//! never.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many events back from the newest of a commit the one may be that a command is known by.
const OF_A_COMMIT: usize = 16;

/// One write that was sent.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) case: String,
    /// The kind of event that shows it on record.
    pub(crate) kind: &'static str,
    /// Words that no other write has.
    pub(crate) mark: String,
    /// Whether its words are kept if it succeeds.
    pub(crate) kept: bool,
    /// The lease under which it was sent, where it needs one.
    pub(crate) epoch: Option<u64>,
    pub(crate) status: u16,
    /// The version of the case as the answer shows it.
    pub(crate) version: Option<u64>,
}

impl Attempt {
    fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A case at the end, with its whole timeline.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) view: Value,
    pub(crate) timeline: Vec<Value>,
    pub(crate) erased: bool,
}

/// What a case's events say of who had it.
#[derive(Debug, Default, Clone)]
struct Held {
    by: Value,
    staff: Value,
    epoch: u64,
}

macro_rules! ensure {
    ($held:expr, $($why:tt)+) => {
        if !$held {
            return Err(format!($($why)+));
        }
    };
}

/// Reads one case's timeline. Gives the epoch that was in force before each event.
fn walk(case: &Told) -> Result<Vec<u64>, String> {
    let (mut held, mut last, mut before) = (Held::default(), 0, Vec::new());
    for item in &case.timeline {
        let (seq, event) = (item["seq"].as_u64().unwrap_or(0), &item["event"]);
        ensure!(seq > last, "position {seq} after {last}");
        last = seq;
        before.push(held.epoch);
        match event["type"].as_str().unwrap_or_default() {
            "decision_made" if !event["handoff"].is_null() => {
                let handoff = &event["handoff"];
                ensure!(handoff["from"] == held.by, "at {seq}: from {}, but {held:?} had it", handoff["from"]);
                let due = held.epoch + 1;
                ensure!(handoff["epoch"] == due, "at {seq}: epoch {} where {due} is due", handoff["epoch"]);
                held = Held { by: handoff["to"].clone(), staff: handoff["staff"].clone(), epoch: due };
            }
            "message_added" if event["message"]["author"]["kind"] == "holder" => {
                let author = &event["message"]["author"];
                let same = author["holder"] == held.by && author["epoch"] == held.epoch;
                ensure!(same, "at {seq}: {author} wrote, but {held:?} had it");
                let staff = &author["staff"];
                ensure!(staff.is_null() || *staff == held.staff, "at {seq}: {staff} wrote, but {held:?} had it");
            }
            "case_resolved" => {
                ensure!(event["holder"] == held.by, "at {seq}: resolved by {}, not {held:?}", event["holder"]);
            }
            _ => {}
        }
    }
    let (view, count) = (&case.view, case.timeline.len());
    ensure!(view["version"] == count, "version {} of {count} events", view["version"]);
    let shown = &view["holder"];
    ensure!(shown["epoch"] == held.epoch, "shown under {}, but {held:?} has it", shown["epoch"]);
    let name = held.by.as_object().and_then(|by| by.values().next()).unwrap_or(&Value::Null);
    ensure!(shown["name"] == *name, "shown with {}, but {held:?} has it", shown["name"]);
    ensure!(shown["staff"] == held.staff, "shown with {}, but {held:?} has it", shown["staff"]);
    Ok(before)
}

/// Where everything that was marked stands: positions in the timeline, by mark.
fn marks(case: &Told) -> BTreeMap<&str, Vec<usize>> {
    let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, item) in case.timeline.iter().enumerate() {
        if let Some(words) = item["words"].as_str() {
            found.entry(words).or_default().push(at);
        }
    }
    found
}

/// Holds all attempts against all cases. `reasons` are those of overrides, which no timeline tells.
///
/// # Errors
/// What was promised and is not so.
pub(crate) fn check(cases: &BTreeMap<String, Told>, reasons: &[String], attempts: &[Attempt]) -> Result<(), String> {
    let mut positions = BTreeSet::new();
    let overridden: BTreeSet<&str> = reasons.iter().map(String::as_str).collect();
    ensure!(overridden.len() == reasons.len(), "a reason of an override is there twice");
    let mut of_case: BTreeMap<&str, Vec<&Attempt>> = BTreeMap::new();
    attempts.iter().for_each(|attempt| of_case.entry(&attempt.case).or_default().push(attempt));
    for (id, case) in cases {
        let before = walk(case).map_err(|why| format!("{id}: {why}"))?;
        for item in &case.timeline {
            ensure!(positions.insert(item["seq"].as_u64()), "{id}: position {} is another's too", item["seq"]);
        }
        let (marked, mut versions) = (marks(case), BTreeSet::new());
        for attempt in of_case.remove(id.as_str()).unwrap_or_default() {
            let told = |why: &str| format!("{id}: {why}: {attempt:?}");
            let mut there = marked.get(attempt.mark.as_str()).cloned().unwrap_or_default();
            if attempt.kind == "decision_made" && overridden.contains(attempt.mark.as_str()) {
                there = attempt
                    .version
                    .and_then(|version| usize::try_from(version).ok()?.checked_sub(1))
                    .into_iter()
                    .collect();
            }
            if !attempt.is_done() {
                ensure!(there.is_empty(), "{}", told("refused, and on record"));
                continue;
            }
            let version = attempt.version.and_then(|version| usize::try_from(version).ok()).unwrap_or(0);
            ensure!((1..=case.timeline.len()).contains(&version), "{}", told("acknowledged, and gone"));
            ensure!(versions.insert(version), "{}", told("two writes are one on record"));
            let kind = |at: &usize| case.timeline[*at]["event"]["type"] == attempt.kind;
            let shown = (version.saturating_sub(OF_A_COMMIT)..version).rev().find(kind);
            let shown = shown.ok_or_else(|| told("acknowledged, and not on record"))?;
            if attempt.kept && !case.erased {
                ensure!(there.len() == 1, "{}", told(&format!("acknowledged, and there {} times", there.len())));
            }
            if let Some(epoch) = attempt.epoch {
                ensure!(before[shown] == epoch, "{}", told(&format!("done under a lease that was {}", before[shown])));
            }
        }
    }
    ensure!(of_case.is_empty(), "cases that are not there: {:?}", of_case.keys());
    Ok(())
}
