//! Holds a bundle's policies against its invariants over a grid of its vocabularies, before they govern.
//!
//! No grid has every request: what it finds is wrong, what it does not find is not proved. It begins where a responder
//! is allowed, which random draws and steps towards fewer forbids reach, and from there takes every value of the
//! signals that an invariant reads. The draws are the same each time.

use crate::{
    actions::{ACT, HANDLE, Permission},
    bundle::{Bundle, SignalSpec},
    deep_stack::deep,
    engine::{ApiCase, ApiPrincipal, ApiRequest, Engine},
    expressions::Texts,
    finding::Finding,
    manifest::SignalKind,
    rule::Rule,
    scope::{admits_action, admits_principal, candidate_uid, uid},
    verdict_cache::Conditions,
};
use foldhash::fast::FixedState;
use remit_domain::{
    decision::{CandidateFacts, PolicyEffect, ResponderKind, Verdict},
    id::Timestamp,
    signal::{Reading, Signals, Value},
    situation::SITUATION,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::BuildHasher as _,
};

/// Draws for each responder.
const DRAWS: u64 = 120;
/// Requests that are allowed, for each responder, from which the grid is spread.
const STARTS: usize = 6;
/// Points of the grid for each invariant and start.
const POINTS: u64 = 96;
/// Values of a signal that are tried, at most.
const VALUES: usize = 128;
/// A text that no policy names.
const OTHER: &str = "something else";

/// A signal with the values that are tried.
pub(crate) struct Axis<'a> {
    spec: &'a SignalSpec,
    /// None where it is not there.
    values: Vec<Option<Value>>,
}

/// What policies allow and an invariant takes back, one finding for each invariant and principal, in the order of
/// files.
pub fn check(bundle: &Bundle, engine: &Engine) -> Vec<Finding> {
    if bundle.invariants.is_empty() {
        return Vec::new();
    }
    deep(|| of_grid(bundle, engine))
}

fn of_grid(bundle: &Bundle, engine: &Engine) -> Vec<Finding> {
    let axes = axes(bundle);
    let mut findings: Vec<Finding> = bundle
        .candidates()
        .iter()
        .flat_map(|spec| {
            let grid = Grid { bundle, engine, axes: &axes, facts: spec.idle() };
            grid.findings()
        })
        .collect();
    findings.extend(api(bundle, engine));
    findings.sort();
    findings.dedup();
    findings
}

/// The situations that no permit names and in which, with all other signals as by default, nobody may have a case: it
/// becomes an exception.
pub fn situations_of_nobody<'b>(bundle: &'b Bundle, engine: &Engine) -> Vec<&'b str> {
    deep(|| of_nobody(bundle, engine))
}

fn of_nobody<'b>(bundle: &'b Bundle, engine: &Engine) -> Vec<&'b str> {
    let axes = axes(bundle);
    let Some(at) = axes.iter().position(|axis| axis.spec.name.as_str() == SITUATION) else { return Vec::new() };
    let values = axes.get(at).map(|axis| axis.values.as_slice()).unwrap_or_default();
    let grids: Vec<Grid<'_>> =
        bundle.candidates().iter().map(|spec| Grid { bundle, engine, axes: &axes, facts: spec.idle() }).collect();
    let permits = bundle.rules.iter().filter(|rule| rule.note.effect == PolicyEffect::Permit);
    let permits: Vec<String> = permits.map(|rule| rule.policy.to_string()).collect();
    let is_named = |name: &str| permits.iter().any(|permit| permit.contains(&format!("::\"{name}\"")));
    let is_given = |value: usize| {
        grids.iter().any(|grid| {
            let mut point = grid.defaults();
            *place(&mut point, at) = value;
            grid.told(&point) == Some((true, 0))
        })
    };
    let has_nobody = |name: &&str| {
        let value = values.iter().position(|value| *value == Some(Value::name(name)));
        value.is_some_and(|value| !is_named(name) && !is_given(value))
    };
    bundle.readings().situations().iter().map(|situation| situation.name.as_str()).filter(has_nobody).collect()
}

/// Every signal with both sides of every literal that a policy compares it with, or with its whole vocabulary.
pub(crate) fn axes(bundle: &Bundle) -> Vec<Axis<'_>> {
    let mut specs: Vec<&SignalSpec> = bundle.signals.values().chain(&bundle.attributes).collect();
    specs.sort_by(|a, b| a.name.cmp(&b.name));
    let kinds: Vec<(String, SignalKind)> = specs.iter().map(|spec| (spec.name.to_string(), spec.kind)).collect();
    let mut literals: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let mut texts: BTreeMap<String, Texts> = BTreeMap::new();
    // Of what is asked of requests and interfaces no value lies on the grid.
    let asked = [HANDLE, ACT].map(|action| uid("Action", action));
    let is_asked = |rule: &&Rule| asked.iter().any(|action| admits_action(rule, action));
    for rule in bundle.rules.iter().chain(&bundle.invariants).filter(is_asked) {
        let conditions = Conditions::of(rule, &kinds);
        // What is not compared with a signal by its name may be compared with any.
        if conditions.signals.is_none() {
            for (signal, kind) in &kinds {
                match kind {
                    SignalKind::Long => literals.entry(signal.clone()).or_default().extend(&conditions.loose.numbers),
                    SignalKind::Text | SignalKind::List => {
                        texts.entry(signal.clone()).or_default().extend(conditions.loose.texts.iter().cloned());
                    }
                    SignalKind::Bool | SignalKind::Name => {}
                }
            }
        }
        for (signal, more) in conditions.literals {
            literals.entry(signal).or_default().extend(more);
        }
        for (signal, more) in conditions.texts {
            texts.entry(signal).or_default().extend(more);
        }
    }
    let axis = |spec: &'_ SignalSpec| values(spec, literals.get(spec.name.as_str()), texts.get(spec.name.as_str()));
    let axis = |spec| Axis { values: axis(spec), spec };
    specs.into_iter().map(axis).collect()
}

fn values(spec: &SignalSpec, literals: Option<&BTreeSet<i64>>, texts: Option<&Texts>) -> Vec<Option<Value>> {
    let listed = spec.values.iter().map(|value| value.as_str().into());
    let names = || listed.clone().chain(texts.into_iter().flatten().cloned());
    let mut values: BTreeSet<Value> = match spec.kind {
        SignalKind::Bool => [false, true].map(Value::Bool).into(),
        SignalKind::Name => spec.values.iter().map(|value| Value::name(value)).collect(),
        // What is listed and what policies name; and, where nothing is listed, something else.
        SignalKind::Text if spec.values.is_empty() => names().chain([OTHER.into()]).map(Value::Name).collect(),
        SignalKind::Text => names().map(Value::Name).collect(),
        SignalKind::List => {
            let each = names().map(|name| Value::List(vec![name]));
            each.chain([Value::List(Vec::new()), Value::List(names().collect())]).collect()
        }
        SignalKind::Long => {
            let beside = |at: &i64| [at.saturating_sub(1), *at, at.saturating_add(1)];
            let all = literals.into_iter().flatten().flat_map(beside).chain([spec.min.max(0)]);
            all.filter(|at| (spec.min..=spec.max).contains(at)).map(Value::Long).collect()
        }
    };
    values.extend(spec.fallback().cloned());
    let absent = spec.optional.then_some(None);
    absent.into_iter().chain(values.into_iter().map(Some)).take(VALUES).collect()
}

/// One responder on the grid.
pub(crate) struct Grid<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) engine: &'a Engine,
    pub(crate) axes: &'a [Axis<'a>],
    pub(crate) facts: CandidateFacts,
}

/// A value for each axis, by its place.
type Point = Vec<usize>;

impl Grid<'_> {
    fn findings(&self) -> Vec<Finding> {
        let principal = candidate_uid(self.facts.kind, self.facts.responder.as_str());
        let (handle, act) = (uid("Action", "handle"), uid("Action", "act"));
        let held: Vec<&Rule> =
            self.bundle.invariants.iter().filter(|rule| admits_principal(rule, &principal)).collect();
        if held.is_empty() {
            return Vec::new();
        }
        let starts = self.starts();
        let acts = self.facts.kind == ResponderKind::Ai;
        held.into_iter()
            .filter_map(|rule| {
                let spread = self.spread(rule, &starts);
                let handles = admits_action(rule, &handle).then(|| self.handles(rule, &spread)).flatten();
                handles.or_else(|| (acts && admits_action(rule, &act)).then(|| self.acts(rule, &spread)).flatten())
            })
            .collect()
    }

    /// Whether a request is found for which the responder may have the case.
    pub(crate) fn may_have_any(&self) -> bool {
        self.starts().iter().any(|point| self.told(point) == Some((true, 0)))
    }

    /// Requests for which the responder is allowed: drawn until policies permit it, then led past what forbids it.
    fn starts(&self) -> Vec<Point> {
        let mut starts = vec![self.defaults()];
        for draw in 0..DRAWS {
            let mut point: Point = self.axes.iter().enumerate().map(|(at, axis)| drawn(draw, at, axis)).collect();
            let Some((true, mut forbids)) = self.told(&point) else { continue };
            for (at, axis) in self.axes.iter().enumerate() {
                for value in 0..axis.values.len() {
                    if forbids == 0 {
                        break;
                    }
                    let was = std::mem::replace(place(&mut point, at), value);
                    match self.told(&point) {
                        Some((true, fewer)) if fewer < forbids => forbids = fewer,
                        _ => *place(&mut point, at) = was,
                    }
                }
            }
            if forbids == 0 && !starts.contains(&point) {
                starts.push(point);
            }
            if starts.len() > STARTS {
                break;
            }
        }
        starts
    }

    fn defaults(&self) -> Point {
        let default =
            |axis: &Axis<'_>| axis.values.iter().position(|value| value.as_ref() == axis.spec.fallback()).unwrap_or(0);
        self.axes.iter().map(default).collect()
    }

    /// Whether policies permit the responder here, and how many forbid it.
    fn told(&self, point: &Point) -> Option<(bool, usize)> {
        let told = self.engine.ask_each(&self.signals(point), std::slice::from_ref(&self.facts), |told, _| {
            Some((!told.permits.is_empty(), told.forbids.len()))
        });
        told?.into_iter().next()?
    }

    /// The starts with every value of what `rule` reads, or as many as there is time for.
    fn spread(&self, rule: &Rule, starts: &[Point]) -> Vec<Point> {
        let kinds: Vec<(String, SignalKind)> =
            self.axes.iter().map(|axis| (axis.spec.name.to_string(), axis.spec.kind)).collect();
        let reads = Conditions::of(rule, &kinds).signals.unwrap_or_else(|| (0..self.axes.len()).collect());
        let sizes: Vec<(usize, u64)> =
            reads.iter().filter_map(|at| Some((*at, self.axes.get(*at)?.values.len() as u64))).collect();
        let all = sizes.iter().fold(1u64, |all, (_, size)| all.saturating_mul(*size));
        let mut points = Vec::new();
        for start in starts {
            for nth in 0..all.min(POINTS) {
                // Evenly over all of them; a stride beyond the sizes' own steps meets each value.
                let mut rest = if all <= POINTS { nth } else { all / POINTS * nth + nth % (all / POINTS).max(1) };
                let mut point = start.clone();
                for (at, size) in &sizes {
                    *place(&mut point, *at) = usize::try_from(rest % size).unwrap_or(0);
                    rest /= size;
                }
                points.push(point);
            }
        }
        points
    }

    fn handles(&self, rule: &Rule, points: &[Point]) -> Option<Finding> {
        points.iter().find_map(|point| {
            let signals = self.signals(point);
            let (verdicts, _) = self.engine.handle(&signals, std::slice::from_ref(&self.facts));
            let verdict = verdicts.into_iter().next().filter(|verdict| names(verdict, rule))?;
            let allowed = self.engine.handle_as(&signals, std::slice::from_ref(&self.facts), false).0;
            let by = allowed.into_iter().next().map(|verdict| verdict.policies).unwrap_or_default();
            let by: Vec<&str> = by.iter().map(|id| id.as_str()).collect();
            let what = format!("`{}` handle a case", self.facts.responder);
            drop(verdict);
            Some(found(rule, &what, &by.join(", "), &self.told_of(point)))
        })
    }

    fn acts(&self, rule: &Rule, points: &[Point]) -> Option<Finding> {
        self.bundle.actions().iter().find_map(|action| {
            points.iter().find_map(|point| {
                let signals = self.signals(point);
                let (verdict, _) = self.engine.act(&signals, &self.facts, action);
                let (allowed, _) = self.engine.act_as(&signals, &self.facts, action, false);
                let by: Vec<&str> = allowed.policies.iter().map(|id| id.as_str()).collect();
                let what = format!("`{}` ask for `{action}`", self.facts.responder);
                names(&verdict, rule).then(|| found(rule, &what, &by.join(", "), &self.told_of(point)))
            })
        })
    }

    fn signals(&self, point: &Point) -> Signals {
        let reading = |value: &Value| Reading {
            value: value.clone(),
            source: "grid".into(),
            at: Timestamp(0),
            because: Vec::new(),
        };
        let chosen = self.axes.iter().zip(point);
        chosen
            .filter_map(|(axis, at)| Some((axis.spec.name.clone(), reading(axis.values.get(*at)?.as_ref()?))))
            .collect()
    }

    /// What is not as the bundle's defaults have it.
    fn told_of(&self, point: &Point) -> String {
        let other = self.axes.iter().zip(point).filter_map(|(axis, at)| {
            let value = axis.values.get(*at).filter(|value| value.as_ref() != axis.spec.fallback())?;
            let value = value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
            Some(format!("{} = {value}", axis.spec.name))
        });
        let other: Vec<String> = other.collect();
        if other.is_empty() { "all signals as by default".to_owned() } else { other.join(", ") }
    }
}

#[expect(clippy::indexing_slicing, reason = "a point has a place for every axis")]
fn place(point: &mut Point, at: usize) -> &mut usize {
    &mut point[at]
}

/// A value that comes out the same each time.
fn drawn(draw: u64, at: usize, axis: &Axis<'_>) -> usize {
    let hash = FixedState::with_seed(20_250_615).hash_one((draw, at));
    usize::try_from(hash % axis.values.len().max(1) as u64).unwrap_or(0)
}

fn names(verdict: &Verdict, rule: &Rule) -> bool {
    verdict.policies.contains(&rule.id) || verdict.errors.contains(&rule.id)
}

fn found(rule: &Rule, what: &str, by: &str, with: &str) -> Finding {
    let message = format!("policies let {what}, by {by}, which `{}` forbids: with {with}", rule.id);
    Finding::new(&rule.file, rule.line, message, "write a forbid for it under policies/, or narrow the permit")
}

/// The product's own interfaces: every role alone, on the organisation and on cases that it has or does not have.
fn api(bundle: &Bundle, engine: &Engine) -> Vec<Finding> {
    let roles = bundle.roles();
    let mut findings = Vec::new();
    let (desk, ana, customer) = ("desk", "ana", "cus");
    let own = ApiCase { holder: Some(desk), staff: Some(ana), offered: Some(ana), customer: Some(customer) };
    let unnamed = &[ApiPrincipal::Unnamed][..];
    let whose = [ApiPrincipal::Staff { staff: ana, responder: Some(desk) }, ApiPrincipal::Customer(customer)];
    for roles in roles.iter().map(std::slice::from_ref) {
        for action in Permission::ALL {
            for (case, principals) in [(None, unnamed), (Some(ApiCase::default()), unnamed), (Some(own), &whose)] {
                let rule = principals.iter().find_map(|principal| {
                    let verdict = engine.authorize(&ApiRequest { roles, principal: *principal, action, case });
                    bundle.invariants.iter().find(|rule| names(&verdict, rule))
                });
                let what = format!("a token with the role `{}` do `{action}`", roles.concat());
                findings.extend(rule.map(|rule| found(rule, &what, "their permits", "no other role beside it")));
            }
        }
    }
    findings
}
