//! A bundle, loaded: checked as a whole, named by its digest, ready to govern.

use crate::{
    calendar::Hours,
    cedar::{self, Rule, Vocabulary},
    files::Files,
    finding::{Finding, line_at, line_of},
    lint,
    manifest::{self, Manifest, SignalKind},
};
use remit_domain::{
    cost::{Currency, Economics},
    decision::{DecisionPoint, ResponderKind, Terms},
    id::{Digest, OwnerId, ResponderId, SignalName, Timestamp},
    signal::Value,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// A responder as the bundle describes it.
#[derive(Debug, Clone)]
pub struct CandidateSpec {
    /// Its name.
    pub responder: ResponderId,
    /// What people call it.
    pub title: String,
    /// AI or queue.
    pub kind: ResponderKind,
    /// Who answers for its cases.
    pub accountable: OwnerId,
    /// What handling one case costs, in minor units.
    pub handling_minor: i64,
    /// The prior probability that it resolves a case, in basis points.
    pub prior_resolve_bp: i64,
    /// How many recorded outcomes the prior is worth.
    pub prior_weight: i64,
    /// Topics that it knows.
    pub topics: Vec<String>,
    /// Languages that it speaks.
    pub languages: Vec<String>,
    /// Skills of its staff.
    pub skills: Vec<String>,
    /// How a queue works; none for an AI responder.
    pub queue: Option<QueueSpec>,
}

/// How a queue works.
#[derive(Debug, Clone)]
pub struct QueueSpec {
    /// Milliseconds to the first reply that are promised.
    pub sla_ms: i64,
    /// Staff on duty while it is open.
    pub servers: u32,
    /// Mean milliseconds that a case takes.
    pub handling_ms: i64,
    /// Mean milliseconds after which a waiting customer gives up; 0 if they never do.
    pub patience_ms: i64,
    hours: Hours,
}

/// A signal as the bundle declares it.
#[derive(Debug, Clone)]
pub(crate) struct SignalSpec {
    pub(crate) name: SignalName,
    pub(crate) kind: SignalKind,
    pub(crate) vocabulary: Option<String>,
    pub(crate) values: Arc<BTreeSet<String>>,
    min: i64,
    max: i64,
    pub(crate) default: Value,
    authoritative: HashSet<String>,
}

/// Why a reading does not fit the bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// No such signal.
    #[error("the bundle declares no signal `{0}`")]
    Unknown(String),
    /// Another kind of value.
    #[error("`{name}` takes {takes}")]
    Kind {
        /// The signal.
        name: String,
        /// What it takes.
        takes: String,
    },
}

/// An article for the built-in AI responder.
#[derive(Debug, Clone)]
pub struct Article {
    /// The file.
    pub file: String,
    /// Its title.
    pub title: String,
    /// What it says, in Markdown.
    pub text: String,
}

/// A bundle that holds together.
#[derive(Debug)]
pub struct Bundle {
    files: Files,
    digest: Digest,
    pub(crate) manifest: Manifest,
    pub(crate) rules: Vec<Rule>,
    pub(crate) signals: HashMap<String, SignalSpec>,
    candidates: Vec<CandidateSpec>,
    topics: HashMap<String, String>,
    terms: Arc<Terms>,
    articles: Vec<Article>,
}

const MANIFEST: &str = "bundle.toml";
const MINUTE_MS: i64 = 60_000;

impl Bundle {
    /// Loads a bundle; everything that is wrong is found at once.
    ///
    /// # Errors
    /// With every finding, sorted by file and line.
    pub fn load(files: Files) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let bundle = Self::build(files, &mut findings);
        findings.sort();
        findings.dedup();
        match bundle {
            Some(bundle) if findings.is_empty() => Ok(bundle),
            _ if findings.is_empty() => {
                Err(vec![Finding::new(MANIFEST, 1, "the bundle does not load", "compare it with `bundles/bank`")])
            }
            _ => Err(findings),
        }
    }

    fn build(files: Files, findings: &mut Vec<Finding>) -> Option<Self> {
        let text = files.get(MANIFEST).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default().to_owned();
        let manifest: Option<Manifest> = match toml::from_str(&text) {
            Ok(manifest) => Some(manifest),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_at(&text, span.start));
                let cure = "correct the name or value; docs/bundle.md lists every table and key";
                findings.push(Finding::new(MANIFEST, line, error.message(), cure));
                None
            }
        };
        let vocabulary = cedar::schema(&files, findings);
        let owners = manifest.iter().flat_map(|m| &m.owners).map(|owner| owner.name.clone()).collect();
        // Without the manifest no owner is known, and every policy would be blamed for it.
        let rules = if manifest.is_some() { cedar::rules(&files, &owners, findings) } else { Vec::new() };
        let (manifest, vocabulary) = (manifest?, vocabulary?);
        cedar::validate(&vocabulary.schema, &rules, findings);
        let mut reading =
            Reading { text: &text, manifest: &manifest, vocabulary: &vocabulary, owners: &owners, findings };
        let signals = reading.signals();
        let topics = reading.topics(&files);
        let candidates = reading.candidates();
        let digest = files.digest();
        let terms = reading.terms(&digest);
        lint::lint(&text, &manifest, &vocabulary, &rules, &candidates, findings);
        let articles = articles(&files, findings);
        // What must hold for every request is held to all that is asked of policies.
        let invariants = cedar::rules_under("invariants", &files, &owners, findings);
        cedar::validate(&vocabulary.schema, &invariants, findings);
        Some(Self {
            digest,
            signals: signals.into_iter().map(|spec| (spec.name.to_string(), spec)).collect(),
            candidates,
            topics,
            terms: Arc::new(terms?),
            articles,
            manifest,
            rules,
            files,
        })
    }

    /// The bundle's files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What names the bundle.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The organisation's name.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// Every responder, in the bundle's order: AI responders, then queues.
    pub fn candidates(&self) -> &[CandidateSpec] {
        &self.candidates
    }

    /// What the bundle says about deciding, beside its policies.
    pub fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.terms)
    }

    /// How many policies govern, the built-in ones included.
    pub fn policies(&self) -> usize {
        self.rules.len()
    }

    /// Articles for the built-in AI responder.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// Whether the bundle names this owner.
    pub fn has_owner(&self, name: &str) -> bool {
        self.manifest.owners.iter().any(|owner| owner.name == name)
    }

    /// Whether a responder takes work at this moment.
    pub fn is_open(&self, responder: &ResponderId, now: Timestamp) -> bool {
        let spec = self.candidates.iter().find(|spec| &spec.responder == responder);
        spec.is_some_and(|spec| spec.is_open(now))
    }

    /// The topic that an intent belongs to.
    pub fn topic_of(&self, intent: &str) -> Option<&str> {
        self.topics.get(intent).map(String::as_str)
    }

    /// Whether readings of `signal` from `source` win over Remit's own.
    pub fn authoritative(&self, signal: &str, source: &str) -> bool {
        self.signals.get(signal).is_some_and(|spec| spec.authoritative.contains(source))
    }

    /// Whether a reading fits its declaration.
    ///
    /// # Errors
    /// When it does not; the error says what would.
    pub fn check_signal(&self, name: &str, value: &Value) -> Result<(), SignalError> {
        let spec = self.signals.get(name).ok_or_else(|| SignalError::Unknown(name.to_owned()))?;
        spec.check(value)
    }
}

impl CandidateSpec {
    /// Whether it takes work at this moment; an AI responder always does.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.queue.as_ref().is_none_or(|queue| queue.hours.is_open(now.0))
    }
}

impl SignalSpec {
    fn check(&self, value: &Value) -> Result<(), SignalError> {
        let fits = match (self.kind, value) {
            (SignalKind::Bool, Value::Bool(_)) => true,
            (SignalKind::Long, Value::Long(value)) => (self.min..=self.max).contains(value),
            (SignalKind::Name, Value::Name(value)) => self.values.contains(&**value),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let takes = match self.kind {
            SignalKind::Bool => "true or false".to_owned(),
            SignalKind::Long => format!("a whole number from {} to {}", self.min, self.max),
            SignalKind::Name => {
                let some: Vec<&str> = self.values.iter().take(12).map(String::as_str).collect();
                format!("one of {}{}", some.join(", "), if self.values.len() > 12 { ", …" } else { "" })
            }
        };
        Err(SignalError::Kind { name: self.name.to_string(), takes })
    }
}

/// Reads the manifest's parts, noting what is wrong.
struct Reading<'a> {
    text: &'a str,
    manifest: &'a Manifest,
    vocabulary: &'a Vocabulary,
    owners: &'a BTreeSet<String>,
    findings: &'a mut Vec<Finding>,
}

impl Reading<'_> {
    fn wrong(&mut self, near: &str, message: impl Into<String>, cure: &str) {
        let line = line_of(self.text, &format!("\"{near}\""));
        self.findings.push(Finding::new(MANIFEST, line, message, cure));
    }

    fn owner(&mut self, name: &str, of: &str) -> Option<OwnerId> {
        if !self.owners.contains(name) {
            self.wrong(
                name,
                format!("`{name}`, named as owner by {of}, is no owner"),
                "add an [[owner]] of this name, or name another",
            );
        }
        let owner = OwnerId::new(name);
        if let Err(error) = &owner {
            self.wrong(name, error.to_string(), "rename it");
        }
        owner.ok()
    }

    fn signals(&mut self) -> Vec<SignalSpec> {
        let manifest = self.manifest;
        manifest.signals.iter().filter_map(|signal| self.signal(signal)).collect()
    }

    fn signal(&mut self, signal: &manifest::Signal) -> Option<SignalSpec> {
        let name = match SignalName::new(&signal.name) {
            Ok(name) => name,
            Err(error) => {
                self.wrong(&signal.name, error.to_string(), "rename the signal, here and in the schema");
                return None;
            }
        };
        let default = match &signal.default {
            toml::Value::Boolean(value) => Value::Bool(*value),
            toml::Value::Integer(value) => Value::Long(*value),
            toml::Value::String(value) => Value::name(value),
            _ => {
                self.wrong(&signal.name, "a default must be true, false, a whole number or a name", "change `default`");
                return None;
            }
        };
        let values = match (&signal.vocabulary, signal.kind) {
            (Some(vocabulary), SignalKind::Name) => match self.vocabulary.enums.get(vocabulary) {
                Some(values) => values.clone(),
                None => {
                    let message = format!("`{vocabulary}` is no `entity … enum` of the schema");
                    self.wrong(&signal.name, message, "declare it in schema.cedarschema, or name another vocabulary");
                    return None;
                }
            },
            (None, SignalKind::Name) => {
                self.wrong(&signal.name, "a signal of type `name` needs a vocabulary", "add `vocabulary = \"…\"`");
                return None;
            }
            _ => BTreeSet::new(),
        };
        let spec = SignalSpec {
            name,
            kind: signal.kind,
            vocabulary: signal.vocabulary.clone(),
            values: Arc::new(values),
            min: signal.min.unwrap_or(i64::MIN),
            max: signal.max.unwrap_or(i64::MAX),
            default,
            authoritative: signal.authoritative.iter().cloned().collect(),
        };
        if let Err(error) = spec.check(&spec.default) {
            self.wrong(&signal.name, format!("the default does not fit: {error}"), "change `default`");
        }
        Some(spec)
    }

    fn topics(&mut self, files: &Files) -> HashMap<String, String> {
        let manifest = self.manifest;
        let mut topics = HashMap::new();
        for topic in &manifest.topics {
            if !self.vocabulary.enums.get("Topic").is_some_and(|values| values.contains(&topic.name)) {
                self.wrong(
                    &topic.name,
                    format!("topic `{}` is no value of the schema's Topic", topic.name),
                    "add it to `entity Topic enum`",
                );
            }
            for intent in &topic.intents {
                if let Some(other) = topics.insert(intent.clone(), topic.name.clone()) {
                    self.wrong(
                        intent,
                        format!("intent `{intent}` is in topic `{other}` already"),
                        "list every intent once",
                    );
                }
            }
        }
        self.intents(files, &topics);
        topics
    }

    /// Every intent of `intents.csv` has a topic and is a value of the schema's Intent, and the other way round.
    fn intents(&mut self, files: &Files, topics: &HashMap<String, String>) {
        const INTENTS: &str = "intents.csv";
        let Some(bytes) = files.get(INTENTS) else {
            self.findings.push(Finding::new(
                INTENTS,
                1,
                "there is no intents.csv",
                "add labelled examples: text,intent",
            ));
            return;
        };
        let declared = self.vocabulary.enums.get("Intent").cloned().unwrap_or_default();
        let mut seen = BTreeMap::new();
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let line = record.position().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
                    if let Some(intent) = record.get(1) {
                        seen.entry(intent.to_owned()).or_insert(line);
                    }
                }
                Err(error) => {
                    let line = error.position().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
                    self.findings.push(Finding::new(
                        INTENTS,
                        line,
                        error.to_string(),
                        "write two columns, text and intent, in UTF-8; quote text with commas",
                    ));
                    break;
                }
            }
        }
        for (intent, line) in &seen {
            if !declared.contains(intent) {
                let message = format!("intent `{intent}` is no value of the schema's Intent");
                self.findings.push(Finding::new(
                    INTENTS,
                    *line,
                    message,
                    "add it to `entity Intent enum`, or correct the label",
                ));
            }
            if !topics.contains_key(intent) {
                let message = format!("intent `{intent}` belongs to no topic");
                self.findings.push(Finding::new(INTENTS, *line, message, "list it in a [[topic]] of bundle.toml"));
            }
        }
        for intent in topics.keys().filter(|intent| !seen.contains_key(*intent)) {
            self.wrong(
                intent,
                format!("intent `{intent}` has no example in intents.csv"),
                "add examples, or take it out of the topic",
            );
        }
    }

    fn candidates(&mut self) -> Vec<CandidateSpec> {
        let manifest = self.manifest;
        let ai = manifest.responders.iter().filter_map(|r| {
            let accountable = self.owner(&r.accountable, &r.name)?;
            let responder = self.responder(&r.name)?;
            self.values(&r.name, "Topic", &r.topics);
            self.values(&r.name, "Language", &r.languages);
            Some(CandidateSpec {
                responder,
                title: r.title.clone(),
                kind: ResponderKind::Ai,
                accountable,
                handling_minor: r.handling_minor,
                prior_resolve_bp: r.prior_resolve_bp,
                prior_weight: r.prior_weight,
                topics: r.topics.clone(),
                languages: r.languages.clone(),
                skills: Vec::new(),
                queue: None,
            })
        });
        let mut specs: Vec<CandidateSpec> = ai.collect();
        specs.extend(manifest.queues.iter().filter_map(|q| self.queue(q)));
        let mut names = BTreeSet::new();
        for spec in &specs {
            if !names.insert(spec.responder.clone()) {
                let name = spec.responder.to_string();
                self.wrong(&name, format!("two responders are named `{name}`"), "rename one");
            }
            let sane = (0..=10_000).contains(&spec.prior_resolve_bp)
                && (1..=1_000_000).contains(&spec.prior_weight)
                && spec.handling_minor >= 0;
            if !sane {
                let name = spec.responder.to_string();
                self.wrong(
                    &name,
                    "handling_minor must not be negative, prior_resolve_bp 0 to 10000, prior_weight 1 to 1000000",
                    "correct the number",
                );
            }
        }
        specs
    }

    fn queue(&mut self, q: &manifest::Queue) -> Option<CandidateSpec> {
        let accountable = self.owner(&q.accountable, &q.name)?;
        let responder = self.responder(&q.name)?;
        self.values(&q.name, "Topic", &q.topics);
        self.values(&q.name, "Language", &q.languages);
        self.values(&q.name, "Skill", &q.skills);
        let Some(calendar) = self.manifest.calendars.iter().find(|c| c.name == q.calendar) else {
            self.wrong(
                &q.name,
                format!("queue `{}` has no hours: there is no calendar `{}`", q.name, q.calendar),
                "add a [[calendar]] of this name, or name another",
            );
            return None;
        };
        let hours = match Hours::new(calendar) {
            Ok(hours) => hours,
            Err(message) => {
                self.wrong(&calendar.name, format!("calendar `{}`: {message}", calendar.name), "correct the calendar");
                return None;
            }
        };
        let Some(sla) = self.manifest.slas.iter().find(|sla| sla.name == q.sla) else {
            self.wrong(
                &q.name,
                format!("queue `{}` names the SLA `{}`, which there is not", q.name, q.sla),
                "add an [[sla]] of this name, or name another",
            );
            return None;
        };
        if q.servers == 0 || q.handling_minutes == 0 || sla.first_reply_minutes == 0 {
            self.wrong(
                &q.name,
                "servers, handling_minutes and first_reply_minutes must be at least 1",
                "correct the number",
            );
        }
        Some(CandidateSpec {
            responder,
            title: q.title.clone(),
            kind: ResponderKind::Queue,
            accountable,
            handling_minor: q.handling_minor,
            prior_resolve_bp: q.prior_resolve_bp,
            prior_weight: q.prior_weight,
            topics: q.topics.clone(),
            languages: q.languages.clone(),
            skills: q.skills.clone(),
            queue: Some(QueueSpec {
                sla_ms: i64::from(sla.first_reply_minutes) * MINUTE_MS,
                servers: q.servers,
                handling_ms: i64::from(q.handling_minutes) * MINUTE_MS,
                patience_ms: i64::from(q.patience_minutes) * MINUTE_MS,
                hours,
            }),
        })
    }

    fn responder(&mut self, name: &str) -> Option<ResponderId> {
        let responder = ResponderId::new(name);
        if let Err(error) = &responder {
            self.wrong(name, error.to_string(), "rename it, here and in the policies");
        }
        responder.ok()
    }

    fn values(&mut self, of: &str, vocabulary: &str, values: &[String]) {
        let known = self.vocabulary.enums.get(vocabulary).cloned().unwrap_or_default();
        for value in values.iter().filter(|value| !known.contains(*value)) {
            self.wrong(
                of,
                format!("`{of}` names `{value}`, which is no value of the schema's {vocabulary}"),
                "correct the spelling, or add it to the schema",
            );
        }
    }

    fn terms(&mut self, digest: &Digest) -> Option<Terms> {
        let manifest = self.manifest;
        let mut owners = BTreeMap::new();
        for point in DecisionPoint::ALL {
            match manifest.decision_points.get(point.as_str()) {
                Some(owner) => {
                    owners.insert(point, self.owner(owner, point.as_str())?);
                }
                None => self.wrong(
                    "decision_points",
                    format!("decision point `{}` has no owner", point.as_str()),
                    "add it under [decision_points]",
                ),
            }
        }
        for name in manifest.decision_points.keys() {
            if !DecisionPoint::ALL.iter().any(|point| point.as_str() == name) {
                self.wrong(
                    name,
                    format!("`{name}` is no decision point"),
                    "the decision points are route, retain, escalate, return_to_ai and override",
                );
            }
        }
        let economics = &manifest.economics;
        let value_signal = match &economics.value_signal {
            Some(name) if !manifest.signals.iter().any(|s| &s.name == name && s.kind == SignalKind::Name) => {
                self.wrong(
                    name,
                    format!("value_signal names `{name}`, which is no signal of type `name`"),
                    "declare the signal, or name another",
                );
                None
            }
            Some(name) => SignalName::new(name).ok(),
            None => None,
        };
        Some(Terms {
            bundle: digest.clone(),
            owners,
            economics: Economics {
                currency: Currency(manifest.currency.as_str().into()),
                delay_minor_per_hour: economics.delay_minor_per_hour,
                breach_minor: economics.breach_minor,
                failure_minor: economics.failure_minor,
                value_signal,
                value_percent: economics.value_percent.clone(),
            },
            handoffs_max: manifest.limits.handoffs_max,
            exception_owner: self.owner(&manifest.exceptions.owner, "[exceptions]")?,
            exception_due_ms: i64::from(manifest.exceptions.due_minutes) * MINUTE_MS,
        })
    }
}

fn articles(files: &Files, findings: &mut Vec<Finding>) -> Vec<Article> {
    let mut articles = Vec::new();
    for (file, bytes) in files.under("knowledge") {
        let Ok(text) = std::str::from_utf8(bytes) else {
            findings.push(Finding::new(file, 1, "the article is not UTF-8", "save it as UTF-8"));
            continue;
        };
        match text.lines().find_map(|line| line.strip_prefix("# ")) {
            Some(title) => {
                articles.push(Article { file: file.to_owned(), title: title.trim().to_owned(), text: text.to_owned() })
            }
            None => findings.push(Finding::new(file, 1, "the article has no title", "begin it with a line `# Title`")),
        }
    }
    articles
}
