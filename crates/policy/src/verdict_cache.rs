//! Policies that are asked together, with a cache of verdicts: what they answered before.
//!
//! A policy that reads only names and truths comes out the same whenever these are the same, and a bundle's
//! vocabularies are closed, so its answers are kept. So it is with numbers that are only compared with literals:
//! all that counts is between which of these a number lies. What does more with a number is asked each time.

mod looks;
mod reads;

use crate::{
    attributes::{CUSTOMER, FIELDS},
    expressions::Texts,
    manifest::SignalKind,
    rule::Rule,
};
use cedar_policy::{Authorizer, Entities, Policy, PolicySet, Request, Response};
use foldhash::fast::RandomState;
use looks::Looks;
use reads::Reads;
pub(crate) use reads::{Cuts, Loose};
use remit_domain::{
    decision::{CandidateFacts, PolicyEffect, Verdict},
    id::PolicyId,
    signal::Value,
};
use smol_str::SmolStr;
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

/// Answers kept for one set of policies; when there are more, all are forgotten.
const KEPT_MAX: usize = 4_096;

/// What policies came to: satisfied permits, satisfied forbids, and those that failed to evaluate.
#[derive(Debug, Default, Clone)]
pub(crate) struct Evaluation {
    pub(crate) permits: Vec<PolicyId>,
    pub(crate) forbids: Vec<PolicyId>,
    pub(crate) errors: Vec<PolicyId>,
}

impl Evaluation {
    pub(crate) fn extend(&mut self, more: &Self) {
        self.permits.extend_from_slice(&more.permits);
        self.forbids.extend_from_slice(&more.forbids);
        self.errors.extend_from_slice(&more.errors);
    }

    /// As Cedar would decide them together, except that a policy that fails to evaluate makes it a deny:
    /// Cedar skips it, so that an erring `forbid` would fail open.
    pub(crate) fn verdict(mut self) -> Verdict {
        self.errors.sort_unstable();
        let allow = self.forbids.is_empty() && !self.permits.is_empty() && self.errors.is_empty();
        let mut policies = if self.forbids.is_empty() { self.permits } else { self.forbids };
        policies.sort_unstable();
        Verdict { allow, policies, errors: self.errors }
    }
}

impl Evaluation {
    /// `verdict`, which allows, taken back where these are invariants that forbid it, or that failed to evaluate.
    pub(crate) fn taken_back(mut self, verdict: Verdict) -> Verdict {
        if self.forbids.is_empty() && self.errors.is_empty() {
            return verdict;
        }
        self.forbids.sort_unstable();
        self.errors.sort_unstable();
        Verdict { allow: false, policies: self.forbids, errors: self.errors }
    }
}

/// Adds the determining policies of `response`, sorted, and those that failed.
pub(crate) fn collect(response: &Response, satisfied: &mut Vec<PolicyId>, errors: &mut Vec<PolicyId>) {
    let id = |id: &cedar_policy::PolicyId| PolicyId::new(id.as_ref()).ok();
    satisfied.extend(response.diagnostics().reason().filter_map(id));
    satisfied.sort_unstable();
    errors.extend(response.diagnostics().errors().filter_map(|error| match error {
        cedar_policy::AuthorizationError::PolicyEvaluationError(error) => id(error.policy_id()),
    }));
}

/// A question about one candidate: what steady answers depend on, and Cedar's request, made when it is
/// first needed.
pub(crate) struct CandidateQuestion<'a> {
    authorizer: &'a Authorizer,
    signals: &'a [Option<Value>],
    facts: Option<&'a CandidateFacts>,
    request: &'a Make<'a>,
    whole: OnceCell<Option<(Request, Arc<Entities>)>>,
    lean: OnceCell<Option<(Request, Arc<Entities>)>>,
}

/// Makes Cedar's request with the whole context, or with what live policies read of it.
type Make<'a> = dyn Fn(Extent) -> Option<(Request, Arc<Entities>)> + 'a;

/// How much of the context a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All signals.
    Whole,
    /// Those that policies read which are asked each time.
    Lean,
}

impl<'a> CandidateQuestion<'a> {
    /// `signals` are the values of all signals in the engine's order, none where nothing is there; `facts` none where
    /// no candidate is looked at.
    pub(crate) fn new(
        authorizer: &'a Authorizer,
        signals: &'a [Option<Value>],
        facts: Option<&'a CandidateFacts>,
        request: &'a Make<'a>,
    ) -> Self {
        Self { authorizer, signals, facts, request, whole: OnceCell::new(), lean: OnceCell::new() }
    }

    /// None where no request can be made of the facts.
    fn put(&self, policies: &PolicySet, extent: Extent) -> Option<Response> {
        let made = match extent {
            Extent::Whole => &self.whole,
            Extent::Lean => &self.lean,
        };
        let (request, entities) = made.get_or_init(|| (self.request)(extent)).as_ref()?;
        Some(self.authorizer.is_authorized(request, policies, entities))
    }
}

/// Policies that are asked together, and what they answered.
pub(crate) struct VerdictCache {
    live: Pair,
    steady: Pair,
    /// What the steady ones read.
    reads: Reads,
    kept: RwLock<HashMap<Vec<Value>, Arc<Evaluation>, RandomState>>,
}

/// Permits and forbids are asked apart, because Cedar names the satisfied permits only where no forbid is.
#[derive(Default)]
struct Pair {
    permits: PolicySet,
    forbids: PolicySet,
}

impl Pair {
    fn of<'a>(policies: impl Iterator<Item = (&'a Rule, &'a Policy)> + Clone) -> Self {
        let of = |effect: PolicyEffect| {
            let chosen = policies.clone().filter(|(rule, _)| rule.note.effect == effect);
            // Ids are unique in a bundle that loads, so nothing is lost here.
            PolicySet::from_policies(chosen.map(|(_, policy)| policy.clone())).unwrap_or_default()
        };
        Self { permits: of(PolicyEffect::Permit), forbids: of(PolicyEffect::Forbid) }
    }

    fn ask(&self, question: &CandidateQuestion<'_>, extent: Extent, told: &mut Evaluation) -> Option<()> {
        for (policies, satisfied) in [(&self.permits, &mut told.permits), (&self.forbids, &mut told.forbids)] {
            if !policies.is_empty() {
                collect(&question.put(policies, extent)?, satisfied, &mut told.errors);
            }
        }
        Some(())
    }

    fn is_empty(&self) -> bool {
        self.permits.is_empty() && self.forbids.is_empty()
    }
}

impl VerdictCache {
    pub(crate) fn new<'a>(policies: impl Iterator<Item = (&'a Rule, &'a Unscoped)> + Clone) -> Self {
        let part = |steady: bool| {
            let chosen = policies.clone().filter(move |(_, unscoped)| unscoped.conditions.are_steady() == steady);
            Pair::of(chosen.map(|(rule, unscoped)| (rule, &unscoped.policy)))
        };
        let mut reads = Reads::default();
        policies
            .clone()
            .filter_map(|(_, unscoped)| unscoped.conditions.reads.as_ref())
            .for_each(|more| reads.extend(more));
        Self { live: part(false), steady: part(true), reads, kept: RwLock::default() }
    }

    /// What they come to; none where no request can be made of the facts.
    pub(crate) fn ask(&self, question: &CandidateQuestion<'_>) -> Option<Evaluation> {
        let mut told = Evaluation::default();
        self.live.ask(question, Extent::Lean, &mut told)?;
        if !self.steady.is_empty() {
            told.extend(&*self.recalled(question)?);
        }
        told.errors.sort_unstable();
        told.permits.sort_unstable();
        told.forbids.sort_unstable();
        Some(told)
    }

    fn recalled(&self, question: &CandidateQuestion<'_>) -> Option<Arc<Evaluation>> {
        let key = self.reads.of(question);
        if let Some(told) = self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some(Arc::clone(told));
        }
        let mut told = Evaluation::default();
        self.steady.ask(question, Extent::Whole, &mut told)?;
        let told = Arc::new(told);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&told));
        Some(told)
    }
}

/// No text has this: it stands for what is not there, or is none of those that policies name.
const NOTHING: SmolStr = SmolStr::new_inline("\0");
const OTHER: SmolStr = SmolStr::new_inline("\0other");

/// Where `number` lies among `cuts`: the same place gives the same outcome of every comparison with them.
fn place(cuts: &Cuts, number: i64) -> Value {
    let below = cuts.range(..number).count() * 2;
    Value::Long((below + usize::from(cuts.contains(&number))).cast_signed() as i64)
}

impl Reads {
    fn extend(&mut self, more: &Self) {
        for (at, cuts) in &more.signals {
            self.signals.entry(*at).or_default().extend(cuts);
        }
        for (at, texts) in &more.texts {
            self.texts.entry(*at).or_default().extend(texts.iter().cloned());
        }
        self.depth.extend(&more.depth);
        self.expected_wait_ms.extend(&more.expected_wait_ms);
        self.sla_risk_bp.extend(&more.sla_risk_bp);
        self.hour.extend(&more.hour);
        self.weekday.extend(&more.weekday);
        self.date.extend(&more.date);
        self.language_level.extend(&more.language_level);
    }

    /// What of `question` decides the outcome, and no more.
    fn of(&self, question: &CandidateQuestion<'_>) -> Vec<Value> {
        let mut key = Vec::with_capacity(self.signals.len() + 6);
        for (at, cuts) in &self.signals {
            match question.signals.get(*at) {
                Some(Some(Value::Long(number))) => key.push(place(cuts, *number)),
                Some(Some(value)) => key.push(match (self.texts.get(at), value) {
                    (Some(texts), Value::Name(text)) if !texts.contains(text) => Value::Name(OTHER),
                    (Some(texts), Value::List(names)) => {
                        Value::List(names.iter().filter(|name| texts.contains(*name)).cloned().collect())
                    }
                    _ => value.clone(),
                }),
                Some(None) => key.push(Value::Name(NOTHING)),
                None => {}
            }
        }
        if let Some(facts) = question.facts {
            let truths = [facts.open, facts.yielded, facts.stopped, facts.had_before, facts.served_before];
            key.extend(truths.map(Value::Bool));
            let numbers = [
                (&self.depth, facts.depth),
                (&self.expected_wait_ms, facts.expected_wait_ms),
                (&self.sla_risk_bp, facts.sla_risk_bp),
            ];
            key.extend(
                numbers.into_iter().filter(|(cuts, _)| !cuts.is_empty()).map(|(cuts, number)| place(cuts, number)),
            );
            // Where no level is known, whoever reads one fails.
            if !self.language_level.is_empty() {
                let level = facts.language_level.map(|level| place(&self.language_level, level));
                key.push(level.unwrap_or(Value::Bool(false)));
            }
            // Where no clock is known, whoever reads one fails.
            let Some(local) = facts.local else {
                key.push(Value::Bool(false));
                return key;
            };
            let shown = [(&self.hour, local.hour), (&self.weekday, local.weekday), (&self.date, local.date)];
            key.extend(shown.into_iter().filter(|(cuts, _)| !cuts.is_empty()).map(|(cuts, shown)| place(cuts, shown)));
        }
        key
    }
}

/// What the conditions of a policy read, and how.
pub(crate) struct Conditions {
    pub(crate) looks_at_principal: bool,
    /// What they read, if they read nothing but names, truths, and numbers that they compare with literals.
    reads: Option<Reads>,
    /// The signals that they read, unless they look at the context as a whole.
    pub(crate) signals: Option<BTreeSet<usize>>,
    /// Literals that they compare signals with, by the signal's name.
    pub(crate) literals: BTreeMap<String, BTreeSet<i64>>,
    /// Those that are texts.
    pub(crate) texts: BTreeMap<String, Texts>,
    /// The signals that they read otherwise than by comparing them with literals, or asking whether they are there.
    pub(crate) otherwise: BTreeSet<String>,
    /// The records of fields and facts that they look at otherwise than by the name of what is in them: what they read
    /// of these, and how, is not known.
    pub(crate) records: BTreeSet<&'static str>,
    /// Literals of which it cannot be told what they are compared with.
    pub(crate) loose: Loose,
}

impl Conditions {
    /// Those of a rule; `kinds` are the signals that policies see, in the engine's order.
    pub(crate) fn of(rule: &Rule, kinds: &[(String, SignalKind)]) -> Self {
        let Some(conditions) = rule.json().and_then(|json| json.get("conditions")) else { return Self::unknown() };
        let mut looks = Looks::default();
        looks.at(conditions);
        let (reads, signals, records) = (looks.steady(kinds), looks.places(kinds), looks.records());
        let Looks { principal, signal_cuts, signal_texts, signals: otherwise, loose, .. } = looks;
        let (literals, texts) = (signal_cuts, signal_texts);
        Self { looks_at_principal: principal, reads, signals, literals, texts, otherwise, records, loose }
    }

    /// Those that may read anything.
    fn unknown() -> Self {
        Self {
            looks_at_principal: true,
            reads: None,
            signals: None,
            literals: BTreeMap::new(),
            texts: BTreeMap::new(),
            otherwise: BTreeSet::new(),
            records: BTreeSet::from([FIELDS, CUSTOMER]),
            loose: Loose::default(),
        }
    }

    /// Whether their answers are kept.
    pub(crate) fn are_steady(&self) -> bool {
        self.reads.is_some()
    }
}

/// A policy without the part of its scope that is settled before it is asked.
pub(crate) struct Unscoped {
    policy: Policy,
    pub(crate) conditions: Conditions,
}

impl Unscoped {
    /// `kinds` are the signals that policies see, in the engine's order.
    pub(crate) fn new(rule: &Rule, kinds: &[(String, SignalKind)]) -> Self {
        match without_scope(rule) {
            Some(policy) => Self { policy, conditions: Conditions::of(rule, kinds) },
            None => Self { policy: rule.policy.clone(), conditions: Conditions::unknown() },
        }
    }
}

/// The policy for every principal and every action.
fn without_scope(rule: &Rule) -> Option<Policy> {
    let mut json = rule.json()?.clone();
    for part in ["principal", "action"] {
        if let Some(scope) = json.get_mut(part) {
            *scope = serde_json::json!({ "op": "All" });
        }
    }
    Policy::from_json(Some(rule.policy.id().clone()), json).ok()
}
