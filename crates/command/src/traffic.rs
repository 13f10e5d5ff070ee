//! Plays messages at a server over HTTP, and counts what becomes of them.

use crate::client::Client;
use anyhow::Context;
use remit_app::operation;
use remit_signals::readings::misspelling;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// A message to play.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Message {
    /// What the customer writes.
    pub text: String,
    /// What it is about; empty where nobody says.
    #[serde(default)]
    pub intent: String,
    /// Whose it is; empty for a customer of its own.
    #[serde(default)]
    pub customer: String,
    /// Over which channel it comes; empty for chat.
    #[serde(default)]
    pub channel: String,
    /// Readings that come with it, by signal.
    #[serde(default)]
    pub signals: BTreeMap<String, Value>,
    /// What the case is about, by field.
    #[serde(default)]
    pub fields: BTreeMap<String, Value>,
    /// What is known of the customer, by fact.
    #[serde(default)]
    pub facts: BTreeMap<String, Value>,
}

/// What the columns begin with that hold readings; the name of the signal follows.
const SIGNAL: &str = "signal.";
/// What the columns begin with that hold fields of the case.
const FIELD: &str = "field.";
/// What the columns begin with that hold facts of the customer.
const FACT: &str = "fact.";

/// Reads messages from CSV with a header, or from JSON lines; `text` is the one column that must be there.
///
/// # Errors
/// When the file cannot be read; the error names the line and the cure.
pub fn read(path: &Path) -> anyhow::Result<Vec<Message>> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let json = path.extension().is_some_and(|ending| ending == "jsonl" || ending == "ndjson" || ending == "json");
    let mut messages = Vec::new();
    if json {
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            anyhow::anyhow!("{}:{line}: not UTF-8; save the file in that encoding", path.display())
        })?;
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let not_one =
                || format!("{}:{}: not a message; write {{\"text\": \"…\"}} on each line", path.display(), at + 1);
            let value: Map<String, Value> = serde_json::from_str(line).with_context(not_one)?;
            misspelt(path, at + 1, value.keys().map(String::as_str))?;
            messages.push(Message::deserialize(Value::Object(value)).with_context(not_one)?);
        }
    } else {
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().with_context(|| format!("{}:1: no header", path.display()))?.clone();
        anyhow::ensure!(
            header.iter().any(|name| name == "text"),
            "{}:1: the header has no column `text`; name the column that holds the messages so",
            path.display()
        );
        misspelt(path, 1, &header)?;
        for record in reader.records() {
            let record = record.with_context(|| {
                format!("{}: every row needs as many columns as the header, in UTF-8", path.display())
            })?;
            let mut message: Message = record
                .deserialize(Some(&header))
                .with_context(|| format!("{}: a row that holds no message", path.display()))?;
            let under = |prefix: &str| {
                let named = |(name, value): (&str, &str)| Some((name.strip_prefix(prefix)?.to_owned(), held(value)?));
                header.iter().zip(&record).filter_map(named).collect()
            };
            message.signals = under(SIGNAL);
            message.fields = under(FIELD);
            message.facts = under(FACT);
            messages.push(message);
        }
    }
    anyhow::ensure!(!messages.is_empty(), "{} holds no messages", path.display());
    Ok(messages)
}

/// The columns that are read, beside those of signals, fields and facts.
const COLUMNS: [&str; 4] = ["text", "intent", "customer", "channel"];

/// Refuses a name that misspells one that is read and not there: what stands under it would be left out in silence.
/// Others are somebody's own, and are left alone.
fn misspelt<'a>(path: &Path, line: usize, names: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
    let is_read = |name: &str| {
        let prefixed = [SIGNAL, FIELD, FACT].iter().any(|prefix| name.starts_with(prefix));
        prefixed || COLUMNS.contains(&name) || ["signals", "fields", "facts"].contains(&name)
    };
    let names: Vec<&str> = names.into_iter().collect();
    let missing: Vec<&str> = COLUMNS.into_iter().filter(|column| !names.contains(column)).collect();
    for name in names.into_iter().filter(|name| !is_read(name)) {
        if let Some(like) = misspelling(name, missing.iter().copied()) {
            anyhow::bail!("{}:{line}: `{name}` is no column that is read; did you mean `{like}`?", path.display());
        }
    }
    Ok(())
}

/// A value as a column holds it: `true`, `false`, a whole number, a list such as `["a", "b"]`, or else a name; nothing
/// where it is empty.
fn held(value: &str) -> Option<Value> {
    let value = value.trim();
    let number = || value.parse::<i64>().ok().map(Value::from);
    let truth = || value.parse::<bool>().ok().map(Value::from);
    let list = || serde_json::from_str::<Vec<String>>(value).ok().map(Value::from);
    (!value.is_empty()).then(|| truth().or_else(number).or_else(list).unwrap_or_else(|| Value::from(value)))
}

/// What became of the messages.
#[derive(Debug, Default)]
pub struct Tally {
    /// Cases opened.
    pub cases: usize,
    /// Messages refused.
    pub refused: usize,
    /// Why the first was.
    pub first_refusal: Option<String>,
    /// By intent and outcome: how many, and by which policies.
    pub outcomes: BTreeMap<(String, String), (usize, BTreeMap<String, usize>)>,
    /// By responder or exception.
    pub to: BTreeMap<String, usize>,
    /// How long each answer took.
    pub latencies: Vec<Duration>,
    /// The decision of the last answer.
    pub last_decision: Option<String>,
    /// The case of the last answer.
    pub last_case: Option<String>,
    /// How long all of it took.
    pub elapsed: Duration,
}

impl Tally {
    /// Counts an answer to a message.
    pub fn note(&mut self, message: &Message, answer: &Value, took: Duration) {
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let outcome =
            if text("/decision/outcome") == "exception" { "exception".to_owned() } else { text("/decision/to") };
        self.cases += 1;
        self.latencies.push(took);
        *self.to.entry(outcome.clone()).or_default() += 1;
        let intent = if message.intent.is_empty() { "(none given)".to_owned() } else { message.intent.clone() };
        let entry = self.outcomes.entry((intent, outcome)).or_default();
        entry.0 += 1;
        for policy in answer.pointer("/decision/policies").and_then(Value::as_array).into_iter().flatten() {
            *entry.1.entry(policy.as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        self.last_decision = Some(text("/decision/id"));
        self.last_case = Some(text("/case/id"));
    }

    /// Cases opened in a second.
    pub fn per_second(&self) -> f64 {
        self.cases as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The latency below which this share of the answers came.
    pub fn quantile(&mut self, share: f64) -> Duration {
        self.latencies.sort_unstable();
        let at = ((self.latencies.len() as f64 * share) as usize).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

/// Opens a case for every message, over `connections` at once; `progress` is told of every answer.
pub fn play(
    client: &Client,
    messages: &[Message],
    connections: usize,
    progress: &(dyn Fn(usize, &Tally) + Sync),
) -> Tally {
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally::default());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..connections {
            let client = client.clone();
            let (next, tally) = (&next, &tally);
            scope.spawn(move || {
                while let Some((at, message)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    messages.get(at).map(|m| (at, m))
                } {
                    let sent = Instant::now();
                    let answer = open(&client, at, message);
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    match answer {
                        Ok(answer) => tally.note(message, &answer, sent.elapsed()),
                        Err(error) => {
                            tally.refused += 1;
                            tally.first_refusal.get_or_insert_with(|| on_a_line(&error));
                        }
                    }
                    tally.elapsed = started.elapsed();
                    progress(at, &tally);
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// An error with its cure, as a line has it.
pub fn on_a_line(error: &anyhow::Error) -> String {
    format!("{error:#}").split('\n').map(str::trim).collect::<Vec<_>>().join("; ")
}

/// Opens a case with message number `at`, once what is known of its customer was said.
///
/// # Errors
/// When there is no answer, or it is a problem.
pub fn open(client: &Client, at: usize, message: &Message) -> anyhow::Result<Value> {
    if !message.facts.is_empty() {
        let customer = customer_of(at, message);
        client.put(operation::PutFacts, &[&customer], &json!({ "facts": message.facts }))?;
    }
    client.post(operation::OpenCase, &[], &opening(at, message))
}

/// Whose message number `at` is.
fn customer_of(at: usize, message: &Message) -> String {
    if message.customer.is_empty() { format!("customer-{at}") } else { message.customer.clone() }
}

/// The body that opens a case with message number `at`.
pub fn opening(at: usize, message: &Message) -> Value {
    let customer = customer_of(at, message);
    let channel = if message.channel.is_empty() { "web" } else { &message.channel };
    let mut body = json!({ "customer": customer, "text": message.text, "channel": channel });
    if let Some(body) = body.as_object_mut() {
        if !message.signals.is_empty() {
            let signals = message.signals.iter().map(|(name, value)| json!({ "name": name, "value": value }));
            body.insert("signals".into(), signals.collect());
        }
        if !message.fields.is_empty() {
            body.insert("fields".into(), json!(message.fields));
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_members_hold_readings_by_the_names_of_signals() {
        let directory = tempfile::tempdir().unwrap();
        let of = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).unwrap();
            let messages = read(&path).unwrap();
            messages.iter().enumerate().map(|(at, message)| opening(at, message)["signals"].clone()).collect::<Vec<_>>()
        };
        let csv = "text,customer_tier,signal.tier,signal.frozen,signal.age\n1,x,gold,true,7\nb,x,,,\n";
        let readings = json!([
            { "name": "age", "value": 7 }, { "name": "frozen", "value": true }, { "name": "tier", "value": "gold" },
        ]);
        assert_eq!(of("a.csv", csv), [readings.clone(), Value::Null]);
        let csv = "text,field.order,field.items\na,W1,\"[\"\"Lamp\"\", \"\"Tea Kettle\"\"]\"\n";
        let path = directory.path().join("fields.csv");
        fs::write(&path, csv).unwrap();
        let fields = json!({ "order": "W1", "items": ["Lamp", "Tea Kettle"] });
        assert_eq!(opening(0, &read(&path).unwrap()[0])["fields"], fields);
        let line = json!({ "text": "a", "signals": { "tier": "gold", "frozen": true, "age": 7 } }).to_string();
        assert_eq!(of("a.jsonl", &line), [readings]);
        // What is somebody's own is left alone, also where it begins like what is read; a misspelt name is told.
        for own in ["customer_tier", "customer_id", "intent_confidence", "channel_in", "test", "texts"] {
            assert_eq!(of("own.csv", &format!("text,{own}\na,x\n")), [Value::Null], "{own}");
        }
        for (wrong, meant) in [("costumer", "customer"), ("Chanel", "channel"), ("intents", "intent")] {
            fs::write(&path, format!("text,{wrong}\na,x\n")).unwrap();
            let told = read(&path).unwrap_err().to_string();
            assert!(told.contains(&format!("`{wrong}` is no column that is read; did you mean `{meant}`?")), "{told}");
        }
    }
}
