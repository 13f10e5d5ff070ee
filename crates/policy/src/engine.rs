//! The engine: from facts to verdicts with Cedar.

mod api;
mod governed;
mod own;
mod request;
mod seen;

pub use crate::actions::API_ACTIONS;
pub use api::{ApiCase, ApiPrincipal, ApiRequest};
pub use request::RequestQuestion;

use crate::{
    actions::{ACT, HANDLE, Permission},
    attributes,
    bundle::{Bundle, CandidateSpec, SignalSpec},
    candidate_attributes::LANGUAGE_LEVEL,
    deep_stack::deep,
    manifest::SignalKind,
    personal::ToldApart,
    product_schema::SchemaVersion,
    scope::{candidate_uid, denied, uid},
    slices::Slices,
    verdict_cache::{CandidateQuestion, Evaluation, Extent},
};
use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use foldhash::fast::RandomState;
use governed::{Governed, Own, Requested};
use remit_domain::{
    decision::{CandidateFacts, LocalTime, PolicyNote, ResponderKind, Verdict},
    id::{ActionName, PolicyId, ResponderId, Timestamp},
    signal::{Reading, Signals, Value},
    source::DEFAULT_SOURCE,
};
use std::{
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    str::FromStr as _,
    sync::{Arc, Mutex, PoisonError},
};

/// A bundle's policies, ready to be asked.
pub struct Engine {
    authorizer: Authorizer,
    handle: EntityUid,
    case: EntityUid,
    schema: SchemaVersion,
    slots: HashMap<String, Slot, RandomState>,
    slices: Slices,
    /// What must hold of whoever handles a case, asked of those who are allowed.
    invariants: Slices,
    /// What is weighed of those who may.
    considerations: Slices,
    /// The responders to whom each consideration can apply, as they are declared.
    considered_of: Vec<(PolicyId, Vec<ResponderId>)>,
    act: Governed,
    /// The policies on each action of the catalogue.
    requests: HashMap<String, Requested>,
    api: HashMap<Permission, Governed>,
    /// The policies on each action of the bundle's own.
    own: HashMap<String, Own>,
    notes: BTreeMap<PolicyId, PolicyNote>,
    signals: Vec<SignalSpec>,
    /// The records that policies always find.
    records: BTreeSet<&'static str>,
    told_apart: ToldApart,
    types: HashMap<String, EntityTypeName>,
}

/// One candidate, and its entity as it was last asked about.
struct Slot {
    uid: EntityUid,
    fixed: HashMap<String, RestrictedExpression>,
    last: Mutex<Option<(Varying, Arc<Entities>)>>,
}

/// The facts of a candidate that vary, which its entity is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Varying {
    open: bool,
    yielded: bool,
    stopped: bool,
    depth: i64,
    expected_wait_ms: i64,
    sla_risk_bp: i64,
    local: Option<LocalTime>,
    had_before: bool,
    served_before: bool,
    language_level: Option<i64>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("policies", &self.notes.len()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Makes a loaded bundle's policies ready.
    pub fn new(bundle: &Bundle) -> Self {
        deep(|| Self::of(bundle))
    }

    fn of(bundle: &Bundle) -> Self {
        let handle = uid("Action", HANDLE);
        let rules = &bundle.rules;
        let slots = bundle
            .candidates()
            .iter()
            .map(|spec| {
                let slot = Slot {
                    uid: candidate_uid(spec.kind, spec.responder.as_str()),
                    fixed: fixed(spec),
                    last: Mutex::default(),
                };
                (spec.responder.to_string(), slot)
            })
            .collect();
        let no_responder = |kind: Option<&str>| !matches!(kind, Some("Ai" | "Queue"));
        let governed = |action: Permission| (action, Governed::new(bundle, action.as_str(), no_responder));
        let api = Permission::ALL.into_iter().map(governed).collect();
        let mut signals: Vec<SignalSpec> = bundle.signals.values().chain(&bundle.attributes).cloned().collect();
        signals.sort_by(|a, b| a.name.cmp(&b.name));
        let kinds: Vec<(String, SignalKind)> = signals.iter().map(|spec| (spec.name.to_string(), spec.kind)).collect();
        let types = signals
            .iter()
            .filter_map(|spec| spec.vocabulary.as_deref())
            .filter_map(|name| Some((name.to_owned(), EntityTypeName::from_str(name).ok()?)))
            .collect();
        let noted = rules.iter().chain(&bundle.invariants);
        let told_apart_by = bundle.rules.iter().chain(&bundle.invariants).chain(&bundle.weighed);
        Self {
            authorizer: Authorizer::new(),
            requests: bundle
                .catalogue()
                .iter()
                .map(|spec| (spec.name.to_string(), Requested::of(bundle, spec)))
                .collect(),
            act: Governed::new(bundle, ACT, |kind| kind.is_none_or(|kind| kind == "Ai")),
            handle,
            case: uid("Case", "case"),
            schema: bundle.schema(),
            slots,
            slices: Slices::new(rules, bundle.candidates(), &kinds),
            invariants: Slices::new(&bundle.invariants, bundle.candidates(), &kinds),
            considerations: Slices::new(&bundle.weighed, bundle.candidates(), &kinds),
            considered_of: bundle.weighed_of.clone(),
            api,
            own: bundle.own_actions.iter().map(|own| (own.name.clone(), Own::of(bundle, own))).collect(),
            notes: noted.map(|rule| (rule.id.clone(), rule.note.clone())).collect(),
            records: attributes::records(&signals),
            told_apart: ToldApart::of(&bundle.attributes, told_apart_by, &bundle.terms().economics),
            signals,
            types,
        }
    }

    /// Adds the bundle's default for every signal that was not measured.
    pub fn complete(&self, signals: &mut Signals, now: Timestamp) {
        let there = self.signals.iter().filter(|spec| !spec.optional);
        signals.complete(there.map(|spec| (&spec.name, spec)), |spec| Reading {
            value: spec.default.clone(),
            source: DEFAULT_SOURCE.into(),
            at: now,
            because: Vec::new(),
        });
    }

    /// Which of the candidates may handle the case with these signals, with notes of the policies that
    /// determined it. Candidates that the bundle does not name are denied, and so is everyone whose
    /// policies fail to evaluate. What policies allow is taken back where an invariant forbids it, which then is named.
    pub fn handle(
        &self,
        signals: &Signals,
        candidates: &[CandidateFacts],
    ) -> (Vec<Verdict>, BTreeMap<PolicyId, PolicyNote>) {
        self.handle_as(signals, candidates, true)
    }

    /// The same, with the invariants held or not: they were not before version 3 of the decision record.
    pub(crate) fn handle_as(
        &self,
        signals: &Signals,
        candidates: &[CandidateFacts],
        hold: bool,
    ) -> (Vec<Verdict>, BTreeMap<PolicyId, PolicyNote>) {
        let verdicts = self.verdicts(signals, candidates, hold);
        let verdicts = verdicts.unwrap_or_else(|| candidates.iter().map(|_| denied()).collect());
        let named = verdicts.iter().flat_map(|verdict| verdict.policies.iter().chain(&verdict.errors));
        let notes = named.filter_map(|id| Some((id.clone(), self.notes.get(id)?.clone()))).collect();
        (verdicts, notes)
    }

    /// The invariants that forbid a candidate the case with these signals, whatever policies say. Where they cannot be
    /// asked, nothing is known of any.
    pub fn forbidding(&self, signals: &Signals, candidate: &CandidateFacts) -> Vec<PolicyId> {
        let all = Verdict { allow: true, policies: Vec::new(), errors: Vec::new() };
        let held = |_, invariants: &dyn Fn() -> Option<Evaluation>| Some(invariants()?.taken_back(all.clone()));
        let held = self.ask_each(signals, std::slice::from_ref(candidate), held);
        let verdict = held.and_then(|verdicts| verdicts.into_iter().next()?);
        verdict.filter(|verdict| !verdict.allow).map(|verdict| verdict.policies).unwrap_or_default()
    }

    /// Whether an AI responder may have `action` carried out on a case with these signals, with notes of the policies
    /// that determined it. Who is not named by the bundle may nothing, and nobody may where a policy fails to evaluate.
    pub fn act(
        &self,
        signals: &Signals,
        facts: &CandidateFacts,
        action: &ActionName,
    ) -> (Verdict, BTreeMap<PolicyId, PolicyNote>) {
        self.act_as(signals, facts, action, true)
    }

    /// The same, with the invariants held or not: they were not before version 2 of the action's record.
    pub(crate) fn act_as(
        &self,
        signals: &Signals,
        facts: &CandidateFacts,
        action: &ActionName,
        hold: bool,
    ) -> (Verdict, BTreeMap<PolicyId, PolicyNote>) {
        let verdict = self.act_verdict(signals, facts, action, hold).unwrap_or_else(denied);
        let named = verdict.policies.iter().chain(&verdict.errors);
        let notes = named.filter_map(|id| Some((id.clone(), self.notes.get(id)?.clone()))).collect();
        (verdict, notes)
    }

    fn act_verdict(
        &self,
        signals: &Signals,
        facts: &CandidateFacts,
        action: &ActionName,
        hold: bool,
    ) -> Option<Verdict> {
        let slot = self.slots.get(facts.responder.as_str()).filter(|_| facts.kind == ResponderKind::Ai)?;
        let values = self.signals.iter().filter_map(|spec| Some((spec, self.expression(spec, value(spec, signals)?)?)));
        let context = attributes::context(values, &self.records)?;
        let resource = uid("RequestedAction", action.as_str());
        let request = Request::new(slot.uid.clone(), self.act.action.clone(), resource, context, None).ok()?;
        Some(self.act.ask(&self.authorizer, &request, &*slot.entities(facts)?, hold))
    }

    /// The considerations that apply to each candidate of a case with these signals, in the order in which the bundle
    /// declares them; nothing where it declares none. One that fails to evaluate applies to nobody.
    pub fn considered(&self, signals: &Signals, candidates: &[CandidateFacts]) -> Vec<Vec<PolicyId>> {
        if self.considerations.is_empty() {
            return Vec::new();
        }
        let told = self.ask_slices(&self.considerations, signals, candidates, |told, _| Some(told.permits));
        let apply = |facts: &CandidateFacts, permits: Option<Vec<PolicyId>>| {
            let permits = permits.unwrap_or_default();
            let of = self
                .considered_of
                .iter()
                .filter(|(id, of)| permits.contains(id) && (of.is_empty() || of.contains(&facts.responder)));
            of.map(|(id, _)| id.clone()).collect()
        };
        let told = told.unwrap_or_default().into_iter().chain(std::iter::repeat_with(|| None));
        candidates.iter().zip(told).map(|(facts, permits)| apply(facts, permits)).collect()
    }

    fn verdicts(&self, signals: &Signals, candidates: &[CandidateFacts], hold: bool) -> Option<Vec<Verdict>> {
        let denied = |verdict: Option<Verdict>| verdict.unwrap_or_else(denied);
        let verdict = |told: Evaluation, invariants: &dyn Fn() -> Option<Evaluation>| {
            let verdict = told.verdict();
            if hold && verdict.allow { Some(invariants()?.taken_back(verdict)) } else { Some(verdict) }
        };
        Some(self.ask_each(signals, candidates, verdict)?.into_iter().map(denied).collect())
    }

    /// What `each` makes of what the policies come to for each candidate, and of what the invariants come to, which are
    /// only asked if it asks; nothing for a candidate that the bundle does not name.
    pub(crate) fn ask_each<T>(
        &self,
        signals: &Signals,
        candidates: &[CandidateFacts],
        each: impl Fn(Evaluation, &dyn Fn() -> Option<Evaluation>) -> Option<T>,
    ) -> Option<Vec<Option<T>>> {
        self.ask_slices(&self.slices, signals, candidates, each)
    }

    /// The same of other policies on `handle` than those on who may.
    fn ask_slices<T>(
        &self,
        slices: &Slices,
        signals: &Signals,
        candidates: &[CandidateFacts],
        each: impl Fn(Evaluation, &dyn Fn() -> Option<Evaluation>) -> Option<T>,
    ) -> Option<Vec<Option<T>>> {
        // Both are in the order of their names.
        let mut known = signals.iter().peekable();
        let values = self.signals.iter().map(|spec| {
            while known.next_if(|(name, _)| **name < spec.name).is_some() {}
            let reading = known.next_if(|(name, _)| **name == spec.name).map(|(_, reading)| &reading.value);
            reading.or_else(|| spec.fallback()).cloned()
        });
        let values: Vec<Option<Value>> = values.collect();
        let whole = LazyCell::new(|| self.context(signals, Extent::Whole));
        let lean = LazyCell::new(|| self.context(signals, Extent::Lean));
        let request = |principal: &EntityUid, extent: Extent| {
            let context = if extent == Extent::Whole { &*whole } else { &*lean };
            let (principal, context) = (principal.clone(), context.as_ref()?.clone());
            Request::new(principal, self.handle.clone(), self.case.clone(), context, None).ok()
        };
        let any = candidates.iter().find_map(|facts| self.slots.get(facts.responder.as_str()))?;
        let nobody = |extent| Some((request(&any.uid, extent)?, Arc::new(Entities::empty().clone())));
        let of_nobody = CandidateQuestion::new(&self.authorizer, &values, None, &nobody);
        let common = slices.common(&of_nobody)?;
        let held_in_common = LazyCell::new(|| self.invariants.common(&of_nobody));
        let verdict = |facts: &CandidateFacts| {
            let slot = self.slots.get(facts.responder.as_str())?;
            let somebody = |extent| Some((request(&slot.uid, extent)?, slot.entities(facts)?));
            let question = CandidateQuestion::new(&self.authorizer, &values, Some(facts), &somebody);
            let told = slices.told(facts.responder.as_str(), &common, &question)?;
            let invariants = || match self.invariants.is_empty() {
                true => Some(Evaluation::default()),
                false => self.invariants.told(facts.responder.as_str(), held_in_common.as_ref()?, &question),
            };
            each(told, &invariants)
        };
        Some(candidates.iter().map(verdict).collect())
    }

    fn context(&self, signals: &Signals, extent: Extent) -> Option<Context> {
        let needed = self.signals.iter().enumerate().filter(|(place, _)| {
            [&self.slices, &self.invariants, &self.considerations].iter().any(|of| of.needs(extent, *place))
        });
        let values = needed.filter_map(|(_, spec)| Some((spec, self.expression(spec, value(spec, signals)?)?)));
        attributes::context(values, &self.records)
    }

    fn expression(&self, spec: &SignalSpec, value: &Value) -> Option<RestrictedExpression> {
        match (spec.kind, value) {
            (SignalKind::Bool, Value::Bool(value)) => Some(RestrictedExpression::new_bool(*value)),
            (SignalKind::Long, Value::Long(value)) => Some(RestrictedExpression::new_long(*value)),
            (SignalKind::Name, Value::Name(name)) => {
                let kind = self.types.get(spec.vocabulary.as_deref()?)?;
                let uid = EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(name));
                Some(RestrictedExpression::new_entity_uid(uid))
            }
            (SignalKind::Text, Value::Name(_)) | (SignalKind::List, Value::List(_)) => attributes::plain(value),
            _ => None,
        }
    }

    /// What is told of a policy; nothing of one that there is not.
    pub fn note(&self, policy: &PolicyId) -> Option<&PolicyNote> {
        self.notes.get(policy)
    }

    /// Whether this is an invariant: what a verdict is by that was taken back.
    pub fn is_invariant(&self, policy: &PolicyId) -> bool {
        self.notes.get(policy).is_some_and(|note| note.invariant)
    }
}

impl Varying {
    fn of(facts: &CandidateFacts) -> Self {
        Self {
            open: facts.open,
            yielded: facts.yielded,
            stopped: facts.stopped,
            depth: facts.depth,
            expected_wait_ms: facts.expected_wait_ms,
            sla_risk_bp: facts.sla_risk_bp,
            local: facts.local,
            had_before: facts.had_before,
            served_before: facts.served_before,
            language_level: facts.language_level,
        }
    }

    fn attributes(self) -> impl Iterator<Item = (String, RestrictedExpression)> {
        let shown = self.local.into_iter().flat_map(|local| {
            [("hour", local.hour), ("weekday", local.weekday), ("date", local.date)]
                .map(|(name, shown)| (name.to_owned(), RestrictedExpression::new_long(shown)))
        });
        let varying = [
            ("open".into(), RestrictedExpression::new_bool(self.open)),
            ("yielded".into(), RestrictedExpression::new_bool(self.yielded)),
            ("stopped".into(), RestrictedExpression::new_bool(self.stopped)),
            ("depth".into(), RestrictedExpression::new_long(self.depth)),
            ("expected_wait_ms".into(), RestrictedExpression::new_long(self.expected_wait_ms)),
            ("sla_risk_bp".into(), RestrictedExpression::new_long(self.sla_risk_bp)),
            ("had_before".into(), RestrictedExpression::new_bool(self.had_before)),
            ("served_before".into(), RestrictedExpression::new_bool(self.served_before)),
        ];
        let speaks =
            self.language_level.map(|level| (LANGUAGE_LEVEL.to_owned(), RestrictedExpression::new_long(level)));
        varying.into_iter().chain(shown).chain(speaks)
    }
}

/// All that policies see of a candidate.
pub(crate) fn attributes(spec: &CandidateSpec, facts: &CandidateFacts) -> HashMap<String, RestrictedExpression> {
    let mut attributes = fixed(spec);
    attributes.extend(Varying::of(facts).attributes());
    attributes
}

impl Slot {
    fn entities(&self, facts: &CandidateFacts) -> Option<Arc<Entities>> {
        let varying = Varying::of(facts);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, entities)) = &*last
            && *known == varying
        {
            return Some(Arc::clone(entities));
        }
        let mut attributes = self.fixed.clone();
        attributes.extend(varying.attributes());
        let entity = Entity::new(self.uid.clone(), attributes, HashSet::new()).ok()?;
        let entities = Arc::new(Entities::from_entities([entity], None).ok()?);
        *last = Some((varying, Arc::clone(&entities)));
        Some(entities)
    }
}

fn fixed(spec: &CandidateSpec) -> HashMap<String, RestrictedExpression> {
    let names = |kind: &str, values: &[String]| {
        RestrictedExpression::new_set(values.iter().map(|value| RestrictedExpression::new_entity_uid(uid(kind, value))))
    };
    let mut fixed = HashMap::from([
        ("topics".to_owned(), names("Topic", &spec.topics)),
        ("languages".to_owned(), names("Language", &spec.languages)),
    ]);
    if spec.kind == ResponderKind::Queue {
        fixed.insert("skills".to_owned(), names("Skill", &spec.skills));
    }
    fixed
}

/// What counts for a signal: its reading, else the bundle's default; none for a field or fact that is not there.
fn value<'a>(spec: &'a SignalSpec, signals: &'a Signals) -> Option<&'a Value> {
    signals.get(spec.name.as_str()).map(|reading| &reading.value).or_else(|| spec.fallback())
}
