//! Reads a manifest's parts into what the bundle is made of, and says by line what is wrong with them.

use super::{
    being_read::{Reading, meant},
    bounds::MINOR,
    parts::{CandidateSpec, QueueSpec},
    signal::SignalSpec,
};
use crate::{
    calendar::Hours,
    considerations,
    files::Files,
    finding::{Fault, Finding},
    local_time::zone_of,
    manifest::{self, LEVELS, Languages, OfTopic, SignalKind},
    places::TomlPath,
};
use jiff::tz::TimeZone;
use remit_domain::{
    case::Channel,
    decision::ResponderKind,
    id::{ActionName, Disposition, ResponderId, SignalName},
    signal::Value,
    source,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

const MINUTE_MS: i64 = 60_000;

impl Reading<'_> {
    /// The model that the bundle names for the sentence encoder has a digest that a model can have.
    pub(super) fn encoder_model(&mut self) {
        let Some(model) = &self.manifest.encoder_model else { return };
        let digest = &model.digest;
        if !(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            self.wrong_at(
                &TomlPath::key("encoder_model").then("digest"),
                format!("the digest `{digest}` of `encoder_model` is no SHA-256 in hexadecimal, which has 64 digits"),
                "name the model's digest; `remit policy check` says it once the directory is right and the digest is \
                 64 zeros",
            );
        }
    }

    pub(super) fn signals(&mut self) -> Vec<SignalSpec> {
        let manifest = self.manifest;
        let signals = manifest.signals.iter().enumerate();
        signals.filter_map(|(at, signal)| self.signal(signal, &TomlPath::entry("signal", at))).collect()
    }

    fn signal(&mut self, signal: &manifest::Signal, place: &TomlPath) -> Option<SignalSpec> {
        let key = |key: &str| place.clone().then(key);
        let name = match SignalName::new(&signal.name) {
            Ok(name) => name,
            Err(error) => {
                self.wrong_at(&key("name"), error.to_string(), "rename the signal, here and in the schema");
                return None;
            }
        };
        let default = match &signal.default {
            toml::Value::Boolean(value) => Value::Bool(*value),
            toml::Value::Integer(value) => Value::Long(*value),
            toml::Value::String(value) => Value::name(value),
            _ => {
                let message = "a default must be true, false, a whole number or a name";
                self.wrong_at(&key("default"), message, "change `default`");
                return None;
            }
        };
        let values = match (&signal.vocabulary, signal.kind) {
            (Some(vocabulary), SignalKind::Name) => match self.vocabulary.enums.get(vocabulary) {
                Some(values) => values.clone(),
                None => {
                    let message = format!("`{vocabulary}` is no `entity … enum` of the schema");
                    let cure = "declare it in schema.cedarschema, or name another vocabulary";
                    self.wrong_at(&key("vocabulary"), message, cure);
                    return None;
                }
            },
            (None, SignalKind::Name) => {
                let message = "a signal of type `name` needs a vocabulary";
                self.wrong_at(&key("vocabulary"), message, "add `vocabulary = \"…\"`");
                return None;
            }
            _ => BTreeSet::new(),
        };
        for (nth, source) in signal.authoritative.iter().enumerate() {
            if let Err(error) = source::check(source) {
                let place = key("authoritative").at(nth);
                self.wrong_at(&place, format!("the source {source:?} {error}"), "change `authoritative`");
            }
        }
        if signal.says.is_some() && signal.kind != SignalKind::Bool {
            self.wrong_at(
                &key("says"),
                format!("`{}` is no `bool`, so that `says` is never told", signal.name),
                "leave it out",
            );
        }
        let spec = SignalSpec {
            name,
            kind: signal.kind,
            vocabulary: signal.vocabulary.clone(),
            values: Arc::new(values),
            min: signal.min.unwrap_or(i64::MIN),
            max: signal.max.unwrap_or(i64::MAX),
            default,
            authoritative: signal.authoritative.iter().cloned().collect(),
            record: None,
            optional: false,
            personal: false,
        };
        if let Err(error) = spec.check(&spec.default) {
            self.wrong_at(&key("default"), format!("the default does not fit: {error}"), "change `default`");
            if let (Some(vocabulary), Value::Name(value)) = (&spec.vocabulary, &spec.default) {
                self.which_follows(Fault::Value(vocabulary.clone(), value.to_string()));
            }
        }
        Some(spec)
    }

    pub(super) fn topics(&mut self, files: &Files) -> HashMap<String, String> {
        let manifest = self.manifest;
        let mut topics = HashMap::new();
        for (at, topic) in manifest.topics.iter().enumerate() {
            let place = TomlPath::entry("topic", at);
            if !self.vocabulary.enums.get("Topic").is_some_and(|values| values.contains(&topic.name)) {
                self.wrong_at(
                    &place.clone().then("name"),
                    format!("topic `{}` is no value of the schema's Topic", topic.name),
                    "add it to `entity Topic enum`",
                );
                self.which_is(Fault::Value("Topic".to_owned(), topic.name.clone()));
            }
            for (nth, intent) in topic.intents.iter().enumerate() {
                if let Some(other) = topics.insert(intent.clone(), topic.name.clone()) {
                    self.wrong_at(
                        &place.clone().then("intents").at(nth),
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
        // With the header read before, the first row behind it counts as line 2.
        let header = reader.headers().err().map(Err);
        for record in header.into_iter().chain(reader.records()) {
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
                let cure = "add it to `entity Intent enum`, or correct the label";
                let fault = Fault::Value("Intent".to_owned(), intent.clone());
                self.findings.push(Finding::new(INTENTS, *line, message, cure).is(fault));
            }
            if !topics.contains_key(intent) {
                let message = format!("intent `{intent}` belongs to no topic");
                let fault = Fault::Value("Intent".to_owned(), intent.clone());
                let finding = Finding::new(INTENTS, *line, message, "list it in a [[topic]] of bundle.toml");
                self.findings.push(finding.follows(fault));
            }
        }
        let manifest = self.manifest;
        for (at, topic) in manifest.topics.iter().enumerate() {
            for (nth, intent) in topic.intents.iter().enumerate().filter(|(_, intent)| !seen.contains_key(*intent)) {
                self.wrong_at(
                    &TomlPath::entry("topic", at).then("intents").at(nth),
                    format!("intent `{intent}` has no example in intents.csv"),
                    "add examples, or take it out of the topic",
                );
            }
        }
    }

    pub(super) fn candidates(&mut self) -> Vec<CandidateSpec> {
        let manifest = self.manifest;
        let zone = self.zone();
        let ai = manifest.responders.iter().enumerate().filter_map(|(at, r)| {
            let (place, before) = (TomlPath::entry("responder", at), self.findings.len());
            let spec = self.ai(r, &zone, &place);
            self.dropped(&r.name, spec.is_some(), before);
            spec
        });
        let mut specs: Vec<CandidateSpec> = ai.collect();
        let queues = manifest.queues.iter().enumerate();
        specs.extend(queues.filter_map(|(at, q)| {
            let before = self.findings.len();
            let spec = self.queue(q, &TomlPath::entry("queue", at));
            self.dropped(&q.name, spec.is_some(), before);
            spec
        }));
        self.sane(&specs);
        specs
    }

    /// Notes that a responder is left out for what was found of it since `before`.
    fn dropped(&mut self, name: &str, is_there: bool, before: usize) {
        if !is_there && self.findings.len() > before {
            self.which_is(Fault::Responder(name.to_owned()));
        }
    }

    fn ai(&mut self, r: &manifest::Responder, zone: &TimeZone, place: &TomlPath) -> Option<CandidateSpec> {
        let accountable = self.owner(&r.accountable, &r.name, &place.clone().then("accountable"))?;
        let responder = self.responder(&r.name, place)?;
        self.values(&r.name, "Topic", &r.topics, &place.clone().then("topics"));
        self.languages(&r.name, &r.languages, place);
        Some(CandidateSpec {
            responder,
            title: r.title.clone(),
            kind: ResponderKind::Ai,
            accountable,
            handling_minor: r.handling_minor,
            prior_resolve_bp: r.prior_resolve_bp,
            prior_weight: r.prior_weight,
            topics: r.topics.clone(),
            by_topic: self.by_topic(&r.name, false, &r.by_topic, place),
            zone: zone.clone(),
            languages: r.languages.names(),
            language_levels: r.languages.levels(),
            skills: Vec::new(),
            queue: None,
            service: self.service(r, place),
            breaker: r.breaker,
            patience_ms: i64::from(r.patience_seconds) * 1_000,
        })
    }

    /// Names that two have, and numbers that none can have.
    fn sane(&mut self, specs: &[CandidateSpec]) {
        let mut names = BTreeSet::new();
        for spec in specs {
            let place = self.place(spec);
            if !names.insert(spec.responder.clone()) {
                let name = spec.responder.to_string();
                let place = self.last_of_name(&name).then("name");
                self.wrong_at(&place, format!("two responders are named `{name}`"), "rename one");
            }
            let sane = (0..=10_000).contains(&spec.prior_resolve_bp)
                && (1..=1_000_000).contains(&spec.prior_weight)
                && MINOR.contains(&spec.handling_minor);
            if !sane {
                self.wrong_at(
                    &place,
                    "handling_minor must be 0 to 1000000000000, prior_resolve_bp 0 to 10000, prior_weight 1 to 1000000",
                    "correct the number",
                );
            }
        }
    }

    /// Where a responder is declared.
    fn place(&self, spec: &CandidateSpec) -> TomlPath {
        let name = spec.responder.as_str();
        match spec.kind {
            ResponderKind::Ai => {
                let at = self.manifest.responders.iter().position(|r| r.name == name);
                TomlPath::entry("responder", at.unwrap_or_default())
            }
            ResponderKind::Queue => {
                TomlPath::entry("queue", self.manifest.queues.iter().position(|q| q.name == name).unwrap_or_default())
            }
        }
    }

    /// Where the last responder is declared that has this name.
    fn last_of_name(&self, name: &str) -> TomlPath {
        match self.manifest.queues.iter().rposition(|q| q.name == name) {
            Some(at) => TomlPath::entry("queue", at),
            None => {
                let at = self.manifest.responders.iter().rposition(|r| r.name == name);
                TomlPath::entry("responder", at.unwrap_or_default())
            }
        }
    }

    fn queue(&mut self, q: &manifest::Queue, place: &TomlPath) -> Option<CandidateSpec> {
        let key = |key: &str| place.clone().then(key);
        let accountable = self.owner(&q.accountable, &q.name, &key("accountable"))?;
        let responder = self.responder(&q.name, place)?;
        self.values(&q.name, "Topic", &q.topics, &key("topics"));
        self.languages(&q.name, &q.languages, place);
        self.values(&q.name, "Skill", &q.skills, &key("skills"));
        self.values(&q.name, "Skill", &q.needs.keys().cloned().collect::<Vec<_>>(), &key("needs"));
        let Some(calendar) = self.manifest.calendars.iter().find(|c| c.name == q.calendar) else {
            self.wrong_at(
                &key("calendar"),
                format!("queue `{}` has no hours: there is no calendar `{}`", q.name, q.calendar),
                "add a [[calendar]] of this name, or name another",
            );
            let queues = self.manifest.queues.iter().map(|queue| queue.calendar.as_str());
            let all = self.manifest.calendars.iter().map(|calendar| calendar.name.as_str());
            if let Some(meant) = meant(&q.calendar, all, queues) {
                self.which_is(Fault::Calendar(meant.to_owned()));
            }
            self.which_follows(Fault::Named("calendar", q.calendar.clone()));
            return None;
        };
        let hours = match Hours::new(calendar) {
            Ok(hours) => Arc::new(hours),
            Err(message) => {
                let at = self.manifest.calendars.iter().position(|c| c.name == q.calendar).unwrap_or_default();
                let message = format!("calendar `{}`: {message}", calendar.name);
                self.wrong_at(&TomlPath::entry("calendar", at).then("name"), message, "correct the calendar");
                return None;
            }
        };
        let Some(sla) = self.manifest.slas.iter().find(|sla| sla.name == q.sla) else {
            self.wrong_at(
                &key("sla"),
                format!("queue `{}` names the SLA `{}`, which there is not", q.name, q.sla),
                "add an [[sla]] of this name, or name another",
            );
            let queues = self.manifest.queues.iter().map(|queue| queue.sla.as_str());
            let all = self.manifest.slas.iter().map(|sla| sla.name.as_str());
            if let Some(meant) = meant(&q.sla, all, queues) {
                self.which_is(Fault::Sla(meant.to_owned()));
            }
            self.which_follows(Fault::Named("sla", q.sla.clone()));
            return None;
        };
        if q.servers == 0 || q.handling_minutes == 0 || sla.first_reply_minutes == 0 {
            self.wrong_at(
                place,
                "servers, handling_minutes and first_reply_minutes must be at least 1",
                "correct the number",
            );
        }
        for channel in q.collects.iter().filter(|channel| q.calls_back.iter().flatten().any(|one| one == *channel)) {
            let channel = channel.as_str();
            self.wrong_at(
                &key("calls_back"),
                format!("queue `{}` both collects `{channel}` and calls it back", q.name),
                "take it out of `collects` or `calls_back`",
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
            by_topic: self.by_topic(&q.name, true, &q.by_topic, place),
            // The calendar was read, so that there is such a zone.
            zone: TimeZone::get(&calendar.time_zone).unwrap_or(TimeZone::UTC),
            languages: q.languages.names(),
            language_levels: q.languages.levels(),
            skills: q.skills.clone(),
            queue: Some(QueueSpec {
                sla_ms: i64::from(sla.first_reply_minutes) * MINUTE_MS,
                next_reply_ms: i64::from(sla.next_reply_minutes.unwrap_or(sla.first_reply_minutes)) * MINUTE_MS,
                resolution_ms: sla.resolution_minutes.map(|minutes| i64::from(minutes) * MINUTE_MS),
                servers: q.servers,
                handling_ms: i64::from(q.handling_minutes) * MINUTE_MS,
                patience_ms: i64::from(q.patience_minutes) * MINUTE_MS,
                needs: q.needs.clone(),
                relax: q.relax.clone(),
                collects: q.collects.clone(),
                calls_back: q.calls_back.clone().unwrap_or_else(|| {
                    let live = Channel::ALL.into_iter().filter(|channel| channel.is_live());
                    live.filter(|channel| !q.collects.contains(channel)).collect()
                }),
                says_calls_back: q.calls_back.is_some(),
                hours,
            }),
            service: None,
            breaker: manifest::Breaker::default(),
            patience_ms: 0,
        })
    }

    /// The time zone of AI responders.
    fn zone(&mut self) -> TimeZone {
        if let Some(named) = self.manifest.time_zone.as_deref().filter(|named| TimeZone::get(named).is_err()) {
            let message = format!("`{named}` is no time zone of the IANA database");
            self.wrong_at(&TomlPath::key("time_zone"), message, "write one such as Europe/London");
        }
        zone_of(self.manifest)
    }

    fn by_topic(
        &mut self,
        of: &str,
        is_queue: bool,
        by_topic: &BTreeMap<String, OfTopic>,
        place: &TomlPath,
    ) -> BTreeMap<String, OfTopic> {
        let place = place.clone().then("by_topic");
        self.values(of, "Topic", &by_topic.keys().cloned().collect::<Vec<_>>(), &place);
        considerations::of_topics(of, is_queue, by_topic, &mut |message, cure| self.wrong_at(&place, message, cure));
        by_topic.clone()
    }

    fn languages(&mut self, of: &str, languages: &Languages, place: &TomlPath) {
        let place = place.clone().then("languages");
        self.values(of, "Language", &languages.names(), &place);
        for (language, level) in languages.levels().iter().filter(|(_, level)| !LEVELS.contains(*level)) {
            self.wrong_at(&place, format!("`{of}` speaks `{language}` at level {level}"), "levels are 1 to 5");
        }
    }

    /// What can be done beyond the conversation, and how cases are wrapped up.
    pub(super) fn actions(&mut self) -> (Vec<ActionName>, Vec<Disposition>) {
        let manifest = self.manifest;
        let names: Vec<String> = manifest.actions.iter().map(|action| action.name.clone()).collect();
        let mut actions = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let place = TomlPath::entry("action", at).then("name");
            // One that is requested exactly is an action of its own.
            if !manifest.actions.get(at).is_some_and(manifest::Action::is_requested) {
                self.values("action", "RequestedAction", std::slice::from_ref(name), &place);
            }
            match ActionName::new(name) {
                Ok(action) => actions.push(action),
                Err(error) => self.wrong_at(&place, error.to_string(), "rename it, here and in the schema"),
            }
        }
        let mut dispositions = Vec::new();
        for (at, name) in manifest.dispositions.iter().enumerate() {
            match Disposition::new(name) {
                Ok(disposition) => dispositions.push(disposition),
                Err(error) => self.wrong_at(&TomlPath::entry("dispositions", at), error.to_string(), "rename it"),
            }
        }
        (actions, dispositions)
    }

    fn responder(&mut self, name: &str, place: &TomlPath) -> Option<ResponderId> {
        let responder = ResponderId::new(name);
        if let Err(error) = &responder {
            self.wrong_at(&place.clone().then("name"), error.to_string(), "rename it, here and in the policies");
        }
        responder.ok()
    }

    /// Values of a vocabulary that a part lists; those of a table are its keys.
    fn values(&mut self, of: &str, vocabulary: &str, values: &[String], place: &TomlPath) {
        let known = self.vocabulary.enums.get(vocabulary).cloned().unwrap_or_default();
        for (at, value) in values.iter().enumerate().filter(|(_, value)| !known.contains(*value)) {
            self.wrong_at(
                &place.clone().at(at),
                format!("`{of}` names `{value}`, which is no value of the schema's {vocabulary}"),
                "correct the spelling, or add it to the schema",
            );
            self.which_follows(Fault::Value(vocabulary.to_owned(), value.clone()));
        }
    }
}
