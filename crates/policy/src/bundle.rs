//! A bundle, loaded: checked as a whole, named by its digest, ready to govern.

mod articles;
mod being_read;
pub(crate) mod bounds;
mod catalogue;
mod clock;
mod declared_fields;
mod derived;
mod differences;
mod due;
mod enrichment;
mod field;
mod parts;
mod reading;
mod service;
mod signal;
mod signals;
mod sources;
mod terms;
mod vocabularies;
mod words;

pub use crate::candidate_attributes::WantedAttributes;
use crate::{
    action::ActionSpec,
    asked_actions, attributes, baseline, candidate_attributes, cedar, closed_values, considerations,
    deep_stack::deep,
    files::Files,
    finding::{Finding, folded},
    lint, literal_types,
    manifest::{EncoderModel, Enrichment, Limits, Manifest, SchemaVersion},
    names,
    own_actions::{self, OwnAction},
    personal,
    places::{Places, TomlPath},
    rule::Rule,
    texts::Texts,
    toml_mistake,
};
pub use derived::Derived;
pub use field::{FieldError, FieldSpec, shown};
pub use signal::SignalError;
pub(crate) use signal::SignalSpec;

pub use crate::calendar::{Day, OpeningTime, WallTime};
use being_read::Reading;
use declared_fields::Of;
pub use differences::{Difference, DifferentNames, How, in_numbers};
use parts::MANIFEST;
pub use parts::{Article, CandidateSpec, QueueSpec};
use remit_domain::{
    cost::Currency,
    decision::Terms,
    id::{ActionName, Digest, Disposition, PolicyId, ResponderId, Timestamp},
};
use remit_signals::intent::EncoderUse;
use remit_signals::readings::Readings;
use std::{collections::HashMap, sync::Arc};

/// A bundle that holds together.
#[derive(Debug)]
pub struct Bundle {
    files: Files,
    digest: Digest,
    pub(crate) manifest: Manifest,
    pub(crate) rules: Vec<Rule>,
    /// What must hold for every request, whatever the rules say.
    pub(crate) invariants: Vec<Rule>,
    /// A policy for each consideration, which permits those to whom it applies.
    pub(crate) weighed: Vec<Rule>,
    /// The responders to whom each can apply, in the order in which they are declared; empty for all.
    pub(crate) weighed_of: Vec<(PolicyId, Vec<ResponderId>)>,
    asked: WantedAttributes,
    derived: Vec<Derived>,
    pub(crate) signals: HashMap<String, SignalSpec>,
    /// Of cases.
    fields: Vec<FieldSpec>,
    /// Of customers.
    facts: Vec<FieldSpec>,
    /// What policies see of fields and facts.
    pub(crate) attributes: Vec<SignalSpec>,
    candidates: Vec<CandidateSpec>,
    topics: HashMap<String, String>,
    terms: Arc<Terms>,
    articles: Vec<Article>,
    /// Groups of words that mean the same in its articles.
    synonyms: Vec<Vec<String>>,
    actions: Vec<ActionName>,
    pub(crate) catalogue: Vec<ActionSpec>,
    pub(crate) own_actions: Vec<OwnAction>,
    dispositions: Vec<Disposition>,
    roles: Vec<String>,
    skills: Vec<String>,
    readings: Arc<Readings>,
    texts: Texts,
}

/// What a bundle is loaded for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// To govern from now on: everything that is asked of bundles is asked of it.
    Activate,
    /// To take decisions again that were taken under it, with these built-in policies.
    Replay { baseline: &'static str },
}

/// Why a bundle that governed once could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// Its decisions were taken under built-in policies of a later Remit.
    #[error("the built-in policies {0} are of a later Remit; take the decision again with that one")]
    Baseline(String),
    /// It cannot be read.
    #[error("the bundle that governed cannot be read any more: {}", .0.join("; "))]
    Unreadable(Vec<String>),
}

impl Bundle {
    /// Loads a bundle; everything that is wrong is found at once.
    ///
    /// # Errors
    /// With every finding, sorted by file and line.
    pub fn load(files: Files) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let bundle = Self::build(files, Purpose::Activate, &mut findings);
        let findings = folded(findings);
        match bundle {
            Some(bundle) if findings.is_empty() => Ok(bundle),
            _ if findings.is_empty() => {
                Err(vec![Finding::new(MANIFEST, 1, "the bundle does not load", "compare it with `bundles/bank`")])
            }
            _ => Err(findings),
        }
    }

    /// Loads a bundle that governed once, to take its decisions again, with the built-in policies that `baseline`
    /// names: what is asked of bundles by now, and was not then, is not asked of it.
    ///
    /// # Errors
    /// When it cannot be read, or when this Remit does not know these built-in policies.
    pub fn load_recorded(files: Files, baseline: Option<&Digest>) -> Result<Self, RecordedError> {
        let baseline = match baseline::named(baseline) {
            Some(text) => text,
            None => return Err(RecordedError::Baseline(baseline.map(ToString::to_string).unwrap_or_default())),
        };
        let mut findings = Vec::new();
        Self::build(files, Purpose::Replay { baseline }, &mut findings)
            .ok_or_else(|| RecordedError::Unreadable(findings.iter().map(ToString::to_string).collect()))
    }

    /// Loads a bundle that governed once, as it would govern with the built-in policies of now: what is asked of
    /// bundles by now, and was not then, is not asked of it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load_kept(files: Files) -> Result<Self, RecordedError> {
        let mut findings = Vec::new();
        Self::build(files, Purpose::Replay { baseline: baseline::newest() }, &mut findings)
            .ok_or_else(|| RecordedError::Unreadable(findings.iter().map(ToString::to_string).collect()))
    }

    fn build(files: Files, purpose: Purpose, findings: &mut Vec<Finding>) -> Option<Self> {
        deep(|| Self::read(files, purpose, findings))
    }

    fn read(files: Files, purpose: Purpose, findings: &mut Vec<Finding>) -> Option<Self> {
        let (baseline, activate) = match purpose {
            Purpose::Activate => (baseline::newest(), true),
            Purpose::Replay { baseline } => (baseline, false),
        };
        if activate {
            findings.extend(files.mistakes());
            if !findings.is_empty() {
                return None;
            }
        }
        let text = files.get(MANIFEST).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default().to_owned();
        let manifest: Option<Manifest> = match toml::from_str(&text) {
            Ok(manifest) => Some(manifest),
            Err(error) => {
                let listed = "correct the name or value; docs/keys.md lists every table and key";
                findings.push(toml_mistake::finding(MANIFEST, &text, &error, listed));
                None
            }
        };
        let places = Places::of(&text);
        if activate && manifest.as_ref().is_some_and(|manifest| !bounds::lint(&places, manifest, findings)) {
            return None;
        }
        let (declared, known) = match &manifest {
            Some(manifest) => (manifest.fields.as_slice(), manifest.facts.as_slice()),
            None => (Default::default(), Default::default()),
        };
        let fields = declared_fields::read(&places, declared, Of::Field, findings);
        let facts = declared_fields::read(&places, known, Of::Fact, findings);
        if let Some(asked) = manifest.as_ref().and_then(|manifest| manifest.enrichment.as_ref()).filter(|_| activate) {
            enrichment::lint(&text, asked, &fields, &facts, findings);
        }
        let attributes = attributes::specs(&fields, &facts);
        let catalogue = match &manifest {
            Some(manifest) => catalogue::read(&places, manifest, findings),
            None => Vec::new(),
        };
        let version = manifest.as_ref().map_or(SchemaVersion::Second, |manifest| manifest.schema);
        let vocabulary = cedar::schema(&files, version, &attributes, &catalogue, findings);
        let owners = manifest.iter().flat_map(|m| &m.owners).map(|owner| owner.name.clone()).collect();
        // Without the manifest no owner is known, and every policy would be blamed for it.
        let known = findings.len();
        let (rules, invariants) = match &manifest {
            Some(_) => {
                (cedar::rules(baseline, &files, &owners, findings), cedar::invariants(&files, &owners, findings))
            }
            None => (Vec::new(), Vec::new()),
        };
        // A policy that cannot be read any more must not be left out in silence.
        if !activate && findings.len() > known {
            return None;
        }
        let (manifest, vocabulary) = (manifest?, vocabulary?);
        // Where an action of the catalogue cannot be read, the schema lacks it, and its policies would be blamed.
        let requested = manifest.actions.iter().filter(|action| action.is_requested()).count();
        if activate && catalogue.len() == requested {
            cedar::validate(&vocabulary.schema, &files, &rules, findings);
            cedar::validate(&vocabulary.schema, &files, &invariants, findings);
        }
        let mut reading =
            Reading { places: &places, manifest: &manifest, vocabulary: &vocabulary, owners: &owners, findings };
        reading.encoder_model();
        let signals = reading.signals();
        let topics = reading.topics(&files);
        let candidates = reading.candidates();
        let (actions, dispositions) = reading.actions();
        let own_actions = own_actions::read(&vocabulary.declared, &catalogue);
        let digest = files.digest();
        let reader = considerations::Reader {
            places: &places,
            at: TomlPath::default(),
            manifest: &manifest,
            vocabulary: &vocabulary,
            owners: &owners,
            candidates: &candidates,
            findings: reading.findings,
        };
        let weighed = reader.read();
        let terms = reading.terms(&digest, &baseline::digest(baseline), weighed.considerations, &facts);
        if activate {
            cedar::same_ids(rules.iter().chain(&invariants).chain(&weighed.rules), findings);
            cedar::validate(&vocabulary.schema, &Files::default(), &weighed.rules, findings);
            own_actions::lint(&files, cedar::SCHEMA, &own_actions, findings);
            lint::lint(&places, &manifest, &vocabulary, (&rules, &own_actions), &candidates, findings);
            candidate_attributes::lint(&files, &vocabulary, findings);
        }
        // What decisions were taken by is on record with them, so that nothing is read again for it.
        let mut of_words = Vec::new();
        let readings = words::resolve(&files, &places, &manifest, &owners, &mut of_words);
        let (articles, synonyms) = (articles::read(&files, findings), articles::synonyms(&files, findings));
        if activate {
            findings.append(&mut of_words);
            words::lint(&files, &manifest, &vocabulary, &readings, findings);
        }
        if activate {
            names::lint(&places, &manifest, rules.iter().chain(&weighed.rules), &articles, findings);
            personal::lint(&attributes, rules.iter().chain(&invariants).chain(&weighed.rules), findings);
            let closed = rules.iter().chain(&invariants).chain(&weighed.rules);
            closed_values::lint(&files, &attributes, closed, findings);
            let responders: Vec<&str> = candidates.iter().map(|spec| spec.responder.as_str()).collect();
            let all = || rules.iter().chain(&invariants).chain(&weighed.rules);
            literal_types::lint(&files, &vocabulary, all(), &responders, findings);
            asked_actions::lint(
                (&places, &files),
                &vocabulary,
                (&manifest, &own_actions, &catalogue),
                rules.iter().chain(&invariants),
                findings,
            );
        }
        let texts = Texts::read(&files, findings);
        let derived = derived::read(&text, &signals, &candidates, &manifest, findings);
        Some(Self {
            digest,
            signals: signals.into_iter().map(|spec| (spec.name.to_string(), spec)).collect(),
            fields,
            facts,
            attributes,
            candidates,
            topics,
            terms: Arc::new(terms?),
            articles,
            synonyms,
            actions,
            catalogue,
            own_actions,
            dispositions,
            roles: vocabulary.enums.get("Role").into_iter().flatten().cloned().collect(),
            skills: vocabulary.enums.get("Skill").into_iter().flatten().cloned().collect(),
            readings: Arc::new(readings),
            texts,
            asked: WantedAttributes::of(&vocabulary),
            derived,
            weighed: weighed.rules,
            weighed_of: weighed.of,
            manifest,
            rules,
            invariants,
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

    /// What may be wrong with it, as of a moment: hours that look like a slip, lists of holidays that run out.
    pub fn doubts(&self, at: Timestamp) -> Vec<String> {
        let text = self.files.get(MANIFEST).map(String::from_utf8_lossy).unwrap_or_default();
        lint::doubts(&Places::of(&text), &self.manifest, at)
    }

    /// The version of the schema that the program adds to its own.
    pub(crate) fn schema(&self) -> SchemaVersion {
        self.manifest.schema
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

    /// What its schema asks for of those who could be given a case, beside what is always known.
    pub fn asked(&self) -> WantedAttributes {
        self.asked
    }

    /// Signals that it declares and that follow from the case, whatever is posted.
    pub fn derived(&self) -> &[Derived] {
        &self.derived
    }

    /// The unit of amounts.
    pub fn currency(&self) -> &Currency {
        &self.terms.economics.currency
    }

    /// How many policies govern, the built-in ones included.
    pub fn policies(&self) -> usize {
        self.rules.len()
    }

    /// Bounds.
    pub fn limits(&self) -> &Limits {
        &self.manifest.limits
    }

    /// What becomes of a message on a case that has ended, where the bundle says so.
    pub fn reopen(&self) -> Option<&crate::reopen::Reopen> {
        self.manifest.reopen.as_ref()
    }

    /// A responder by name.
    pub fn candidate(&self, responder: &ResponderId) -> Option<&CandidateSpec> {
        self.candidates.iter().find(|spec| &spec.responder == responder)
    }

    /// Articles for the built-in AI responder.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// Groups of words that mean the same in its articles; the first of a group stands for the others.
    pub fn synonyms(&self) -> &[Vec<String>] {
        &self.synonyms
    }

    /// What customers are told.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// By what words are read: its packs and its own.
    pub fn readings(&self) -> &Arc<Readings> {
        &self.readings
    }

    /// What names all that words are read by, packs by their content, which may change with Remit's version.
    pub fn readings_digest(&self) -> Digest {
        Digest::from_bytes(&self.readings.digest())
    }

    /// SHA-256 of the examples of intents.
    pub fn intents_digest(&self) -> Digest {
        let csv = self.files.get("intents.csv").unwrap_or_default();
        Files::new([("intents.csv".to_owned(), csv.to_vec())]).digest()
    }

    /// When the sentence encoder is asked.
    pub fn encoder_use(&self) -> EncoderUse {
        self.manifest.encoder
    }

    /// The model for the sentence encoder that it names in place of the one that ships.
    pub fn encoder_model(&self) -> Option<&EncoderModel> {
        self.manifest.encoder_model.as_ref()
    }

    /// What can be done beyond the conversation.
    pub fn actions(&self) -> &[ActionName] {
        &self.actions
    }

    /// Actions that its schema declares for other systems, in the order of their names.
    pub fn own_actions(&self) -> &[OwnAction] {
        &self.own_actions
    }

    /// How cases are wrapped up.
    pub fn dispositions(&self) -> &[Disposition] {
        &self.dispositions
    }

    /// The owners that the bundle names.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        self.manifest.owners.iter().map(|owner| owner.name.as_str())
    }

    /// Whether the bundle names this owner.
    pub fn has_owner(&self, name: &str) -> bool {
        self.owners().any(|owner| owner == name)
    }

    /// Whether somebody can be reached under this owner's name.
    pub fn is_reachable(&self, name: &str) -> bool {
        self.manifest.owners.iter().any(|owner| owner.name == name && !owner.contact.trim().is_empty())
    }

    /// What people call an owner.
    pub fn owner_title(&self, name: &str) -> Option<&str> {
        self.manifest.owners.iter().find(|owner| owner.name == name).map(|owner| owner.title.as_str())
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

    /// What cases are about, as values, in the bundle's order.
    pub fn fields(&self) -> &[FieldSpec] {
        &self.fields
    }

    /// A field of cases by name.
    pub fn field(&self, name: &str) -> Option<&FieldSpec> {
        self.fields.iter().find(|spec| spec.name.as_str() == name)
    }

    /// What is asked before the first decision on a case.
    pub fn enrichment(&self) -> Option<&Enrichment> {
        self.manifest.enrichment.as_ref()
    }

    /// What is known of customers, in the bundle's order.
    pub fn facts(&self) -> &[FieldSpec] {
        &self.facts
    }

    /// A fact of customers by name.
    pub fn fact(&self, name: &str) -> Option<&FieldSpec> {
        self.facts.iter().find(|spec| spec.name.as_str() == name)
    }
}
