//! The live load of every responder, and what it means for a case that would join it.

use crate::live::{change::Change, floor::Waits, outage::Outages};
use remit_capacity::queue::Line;
use remit_domain::{
    Case,
    breaker::{Outcomes, Tolerance},
    decision::{CandidateFacts, Collecting, Collects, ResponderKind},
    floor::ANY_LANGUAGE,
    id::{ResponderId, Timestamp},
};
use remit_policy::bundle::{Bundle, CandidateSpec};
use remit_store::{Collection, OutcomeDelta};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

/// How many cases each responder holds, and the outcomes so far. It changes by [`Load::follow`] alone, but for who
/// cannot be reached, which this process alone counts ([`Load::missed`]).
#[derive(Debug)]
pub(crate) struct Load {
    desks: Vec<ResponderLoad>,
    by_name: HashMap<String, usize>,
    outcomes: RwLock<HashMap<(usize, String), Tally>>,
    breakers: RwLock<HashMap<(usize, String), Breaker>>,
}

/// Recorded outcomes of one responder for one intent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) resolved: i64,
    pub(crate) failed: i64,
    /// Of these, those that tell against the responder: not those that it gave up in time.
    pub(crate) wrong: i64,
}

impl From<&OutcomeDelta> for Tally {
    fn from(outcome: &OutcomeDelta) -> Self {
        Self { resolved: outcome.resolved, failed: outcome.failed, wrong: outcome.wrong }
    }
}

/// An AI responder that was shown to fail an intent too often.
#[derive(Debug, Clone)]
pub struct Tripped {
    /// Which.
    pub responder: ResponderId,
    pub(crate) intent: String,
    pub(crate) outcomes: Outcomes,
    pub(crate) tolerance: Tolerance,
}

/// Whether an AI responder is stopped for an intent, and what was counted when it was last switched on.
#[derive(Debug, Clone, Copy, Default)]
struct Breaker {
    stopped: bool,
    from: Tally,
}

/// A breaker as stored: what it is about is its identifier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BreakerItem {
    pub(crate) responder: String,
    pub(crate) intent: String,
    pub(crate) stopped: bool,
    /// Counted when it was last switched on.
    pub(crate) resolved: i64,
    pub(crate) failed: i64,
    pub(crate) wrong: i64,
}

impl BreakerItem {
    /// Under which name one is stored.
    pub(crate) fn name(responder: &str, intent: &str) -> String {
        format!("{responder} {intent}")
    }
}

/// Breakers, by responder and intent.
pub(crate) const BREAKERS: Collection<BreakerItem> = Collection::new("breaker");

#[derive(Debug)]
struct ResponderLoad {
    spec: CandidateSpec,
    depth: AtomicI64,
    /// Whether an AI responder can be reached.
    outages: Mutex<Outages>,
    /// Expected wait and SLA risk by depth, for a case that has not waited yet.
    fresh: Mutex<BTreeMap<i64, (i64, i64)>>,
}

/// What candidates are looked at for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) case: &'a Case,
    pub(crate) intent: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) language: &'a str,
    /// Who had the customer's case before this one; empty if nobody is known to have.
    pub(crate) served_by: &'a str,
}

/// Waits are computed for at most this many cases ahead; a longer queue waits at least as long.
const AHEAD_MAX: i64 = 20_000;

const FRESH_MAX: usize = 4_096;

const WHOLE_BP: i64 = 10_000;

impl Load {
    pub(crate) fn new(bundle: &Bundle) -> Self {
        let desks: Vec<ResponderLoad> = bundle
            .candidates()
            .iter()
            .map(|spec| ResponderLoad {
                spec: spec.clone(),
                depth: AtomicI64::new(0),
                outages: Mutex::default(),
                fresh: Mutex::default(),
            })
            .collect();
        let by_name = desks.iter().enumerate().map(|(at, desk)| (desk.spec.responder.to_string(), at)).collect();
        Self { desks, by_name, outcomes: RwLock::default(), breakers: RwLock::default() }
    }

    /// Takes over from the load under an earlier bundle what this process alone knows: who cannot be reached.
    pub(crate) fn take_over(&self, earlier: &Self) {
        for desk in &self.desks {
            let known = earlier.desk(desk.spec.responder.as_str()).filter(|was| was.spec.kind == desk.spec.kind);
            if let Some(was) = known {
                *desk.outages() = *was.outages();
            }
        }
    }

    /// Follows what was committed; gives the AI responders that what was counted shows to fail too often. Who the
    /// bundle does not have is passed over.
    pub(crate) fn follow(&self, change: &Change) -> Vec<Tripped> {
        for (responder, more) in &change.depths {
            if let Some(desk) = self.desk(responder) {
                desk.depth.fetch_add(*more, Ordering::Relaxed);
            }
        }
        for item in change.items(BREAKERS.kind()) {
            let body = item.body.as_deref();
            let Some(item) = body.and_then(|body| serde_json::from_slice::<BreakerItem>(body).ok()) else { continue };
            let from = Tally { resolved: item.resolved, failed: item.failed, wrong: item.wrong };
            self.set_stopped(&item.responder, &item.intent, item.stopped, from);
        }
        if let Some(desk) = change.reached.as_deref().and_then(|reached| self.desk(reached)) {
            // It answered: nothing stands against reaching it any more.
            *desk.outages() = Outages::default();
        }
        let trips = change.outcomes.iter();
        trips.filter_map(|row| self.record(&row.responder, &row.intent, Tally::from(row))).collect()
    }

    /// What it holds, line by line.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = String> {
        let named = |at: usize| self.desks.get(at).map_or("", |desk| desk.spec.responder.as_str());
        let depths = self.depths().map(|(responder, depth)| format!("depth {responder}: {depth}"));
        let outcomes = self.outcomes.read().unwrap_or_else(PoisonError::into_inner);
        let counted = outcomes.iter().filter(|(_, tally)| **tally != Tally::default());
        let counted = counted.map(|((at, intent), tally)| format!("outcomes {} {intent}: {tally:?}", named(*at)));
        let breakers = self.breakers.read().unwrap_or_else(PoisonError::into_inner);
        let set = breakers.iter().filter(|(_, breaker)| breaker.stopped || breaker.from != Tally::default());
        let set = set.map(|((at, intent), breaker)| format!("breaker {} {intent}: {breaker:?}", named(*at)));
        let lines: Vec<String> = depths.chain(counted).chain(set).collect();
        lines.into_iter()
    }

    /// Counts outcomes, and says whether they show that the responder has to stop.
    fn record(&self, responder: &str, intent: &str, tally: Tally) -> Option<Tripped> {
        let at = *self.by_name.get(responder)?;
        let key = (at, intent.to_owned());
        let counted = {
            let mut outcomes = self.outcomes.write().unwrap_or_else(PoisonError::into_inner);
            let kept = outcomes.entry(key.clone()).or_default();
            kept.resolved = kept.resolved.saturating_add(tally.resolved);
            kept.failed = kept.failed.saturating_add(tally.failed);
            kept.wrong = kept.wrong.saturating_add(tally.wrong);
            *kept
        };
        let spec = &self.desks.get(at).filter(|desk| desk.spec.kind == ResponderKind::Ai)?.spec;
        if tally.wrong <= 0 {
            return None;
        }
        let mut breakers = self.breakers.write().unwrap_or_else(PoisonError::into_inner);
        let breaker = breakers.entry(key).or_default();
        let since = |now: i64, then: i64| u64::try_from(now.saturating_sub(then)).unwrap_or(0);
        let outcomes = Outcomes {
            resolved: since(counted.resolved, breaker.from.resolved),
            failed: since(counted.wrong, breaker.from.wrong),
        };
        let tolerance = Tolerance { failures_bp: spec.breaker.tolerance_bp, error_bp: spec.breaker.error_bp };
        if breaker.stopped || !tolerance.is_exceeded(outcomes) {
            return None;
        }
        breaker.stopped = true;
        Some(Tripped { responder: spec.responder.clone(), intent: intent.to_owned(), outcomes, tolerance })
    }

    /// Stops an AI responder for an intent, or switches it on again with what was counted by then.
    fn set_stopped(&self, responder: &str, intent: &str, stopped: bool, from: Tally) {
        let Some(at) = self.by_name.get(responder) else { return };
        let mut breakers = self.breakers.write().unwrap_or_else(PoisonError::into_inner);
        breakers.insert((*at, intent.to_owned()), Breaker { stopped, from });
    }

    /// Outcomes of a responder for an intent.
    pub(crate) fn tally(&self, responder: &str, intent: &str) -> Tally {
        let outcomes = self.outcomes.read().unwrap_or_else(PoisonError::into_inner);
        let at = self.by_name.get(responder).copied().unwrap_or(usize::MAX);
        outcomes.get(&(at, intent.to_owned())).copied().unwrap_or_default()
    }

    /// Everything that is stopped, by responder and intent.
    pub(crate) fn stopped(&self) -> Vec<(ResponderId, String)> {
        let breakers = self.breakers.read().unwrap_or_else(PoisonError::into_inner);
        let stopped = breakers.iter().filter(|(_, breaker)| breaker.stopped);
        let mut stopped: Vec<_> = stopped
            .filter_map(|((at, intent), _)| Some((self.desks.get(*at)?.spec.responder.clone(), intent.clone())))
            .collect();
        stopped.sort();
        stopped
    }

    /// Cases held now, by responder, in the bundle's order.
    pub(crate) fn depths(&self) -> impl Iterator<Item = (&str, i64)> {
        self.desks.iter().map(|desk| (desk.spec.responder.as_str(), desk.depth.load(Ordering::Relaxed)))
    }

    /// Counts a turn in which `responder` could not be reached, and says until when it is left alone from now on.
    pub(crate) fn missed(&self, responder: &str, now: Timestamp) -> Option<Timestamp> {
        let desk = self.desk(responder).filter(|desk| desk.spec.kind == ResponderKind::Ai)?;
        let breaker = desk.spec.breaker;
        desk.outages().missed(breaker.outages, i64::from(breaker.pause_seconds) * 1_000, now)
    }

    /// Until when `responder` is left alone because it could not be reached.
    pub(crate) fn unreachable_until(&self, responder: &str, now: Timestamp) -> Option<Timestamp> {
        self.desk(responder)?.outages().until(now)
    }

    /// Everybody who is left alone because they could not be reached, and until when.
    pub(crate) fn unreachable(&self, now: Timestamp) -> Vec<(ResponderId, Timestamp)> {
        let left_alone = |desk: &ResponderLoad| Some((desk.spec.responder.clone(), desk.outages().until(now)?));
        self.desks.iter().filter_map(left_alone).collect()
    }

    fn desk(&self, responder: &str) -> Option<&ResponderLoad> {
        self.by_name.get(responder).and_then(|at| self.desks.get(*at))
    }

    /// Queues that are closed at `now`, and have `case` wait for them until they open.
    pub(crate) fn collecting(&self, case: &Case, now: Timestamp) -> Collecting {
        let collects = |desk: &ResponderLoad| Some((desk.spec.responder.clone(), desk.collects(case, now)?));
        self.desks.iter().filter_map(collects).collect()
    }

    /// What is true of every candidate for the case that it is about at `now`, in the bundle's order. Where staff are
    /// noted, `waits` tells how long theirs wait, and the longer of it and what was configured counts.
    pub(crate) fn candidates(
        &self,
        bundle: &Bundle,
        subject: &Subject<'_>,
        waits: Option<&Waits>,
        now: Timestamp,
    ) -> Vec<CandidateFacts> {
        let Subject { case, intent, topic, language, served_by } = *subject;
        // Once it has passed, nobody can be in time, and who comes next is by the rest.
        let due = bundle.due_of(case).filter(|due| *due > now);
        let asked = bundle.asked();
        let outcomes = self.outcomes.read().unwrap_or_else(PoisonError::into_inner);
        let breakers = self.breakers.read().unwrap_or_else(PoisonError::into_inner);
        let is_stopped = |at: usize| {
            !breakers.is_empty() && breakers.get(&(at, intent.to_owned())).is_some_and(|breaker| breaker.stopped)
        };
        let holder = case.holder.as_ref().and_then(|holder| holder.responder());
        let facts = |(at, desk): (usize, &ResponderLoad)| {
            let spec = &desk.spec;
            let mut depth = desk.depth.load(Ordering::Relaxed).max(0);
            if holder == Some(&spec.responder) {
                // The case itself is no company for itself.
                depth = (depth - 1).max(0);
            }
            let open = spec.is_open(now) && desk.outages().until(now).is_none();
            let collects = if open { None } else { desk.collects(case, now) };
            let (mut expected_wait_ms, mut sla_risk_bp) = desk.wait(depth, desk.waited_ms(case, now));
            let there = waits.and_then(|waits| waits.get(&spec.responder));
            let from = collects.map_or(now, |collects| collects.opens);
            let left_ms = due.map(|due| desk.left_ms(from, due));
            let mut due_risk_bp = left_ms.map_or(0, |left_ms| desk.risk_bp(depth, left_ms));
            match (there.map(|there| there.wait_ms), &spec.queue) {
                // Who is there by then is not who is there now.
                _ if collects.is_some() => {}
                (Some(Some(live_ms)), _) => {
                    expected_wait_ms = expected_wait_ms.max(live_ms);
                    due_risk_bp = left_ms.filter(|left_ms| live_ms >= *left_ms).map_or(due_risk_bp, |_| WHOLE_BP);
                }
                // Nobody is there: at least as long as is promised, so that the promise is missed.
                (Some(None), Some(queue)) => {
                    (expected_wait_ms, sla_risk_bp) = (expected_wait_ms.max(queue.sla_ms), WHOLE_BP);
                    due_risk_bp = left_ms.map_or(0, |_| WHOLE_BP);
                }
                _ => {}
            }
            // Until here all was in opening hours; what the customer waits are hours that pass.
            if let Some(queue) = spec.queue.as_ref().filter(|_| open || collects.is_some()) {
                expected_wait_ms = queue.elapsed_ms(from, expected_wait_ms).saturating_add(from.since(now));
            }
            let spoken = || match there.filter(|_| ![ANY_LANGUAGE, ""].contains(&language)) {
                Some(there) => {
                    let levels = if collects.is_some() { &there.spoken_by_all } else { &there.spoken };
                    levels.get(language).copied().unwrap_or(0)
                }
                None => spec.language_level(language),
            };
            let tally = if outcomes.is_empty() {
                Tally::default()
            } else {
                outcomes.get(&(at, intent.to_owned())).copied().unwrap_or_default()
            };
            let (handling_minor, prior_bp, prior_weight) = spec.for_topic(topic);
            CandidateFacts {
                responder: spec.responder.clone(),
                kind: spec.kind,
                accountable: spec.accountable.clone(),
                open: open || collects.is_some(),
                depth,
                expected_wait_ms,
                sla_risk_bp,
                yielded: case.has_yielded(&spec.responder),
                stopped: is_stopped(at),
                handling_minor,
                resolved: tally.resolved.max(0),
                failed: tally.failed.max(0),
                prior_bp,
                prior_weight,
                local: if asked.local { spec.local_time(now) } else { None },
                had_before: asked.had_before && case.was_with(&spec.responder),
                served_before: asked.served_before && spec.responder.as_str() == served_by,
                language_level: asked.language_level.then(|| i64::from(spoken())),
                due_risk_bp,
            }
        };
        self.desks.iter().enumerate().map(facts).collect()
    }
}

impl ResponderLoad {
    fn outages(&self) -> std::sync::MutexGuard<'_, Outages> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the customer has waited in its opening hours, in which its promises count, in milliseconds.
    fn waited_ms(&self, case: &Case, now: Timestamp) -> i64 {
        let queue = self.spec.queue.as_ref();
        case.waiting_since.zip(queue).map_or(0, |(since, queue)| queue.worked_ms(since, now))
    }

    /// How much of its opening hours there is from `from` until a case is due, in milliseconds; of an AI responder, of
    /// time. Nothing, or less, where that is over.
    fn left_ms(&self, from: Timestamp, due: Timestamp) -> i64 {
        let left_ms = due.since(from);
        let queue = self.spec.queue.as_ref().filter(|_| left_ms > 0);
        queue.map_or(left_ms, |queue| queue.worked_ms(from, due))
    }

    /// That `case` waits here until it opens, where it is closed: not where a danger stands on the case, which waits
    /// for nobody to come.
    fn collects(&self, case: &Case, now: Timestamp) -> Option<Collects> {
        let queue = self.spec.queue.as_ref().filter(|_| case.situations.gravest().is_none())?;
        queue.collects(case.channel, now)
    }

    /// Probability in basis points that the wait with `depth` cases there already exceeds `left_ms`.
    fn risk_bp(&self, depth: i64, left_ms: i64) -> i64 {
        match self.line(depth) {
            _ if left_ms <= 0 => WHOLE_BP,
            Some((line, ahead)) => line.risk_bp(ahead, left_ms),
            None => 0,
        }
    }

    /// The line that forms with `depth` cases there already, and how many of them are ahead; none while somebody of
    /// the queue is free, and for an AI responder.
    fn line(&self, depth: i64) -> Option<(Line, u32)> {
        let queue = self.spec.queue.as_ref()?;
        let servers = i64::from(queue.servers);
        let line = Line {
            servers: u32::try_from(servers).unwrap_or(u32::MAX),
            service_rate: 1.0 / queue.handling_ms.max(1) as f64,
            abandon_rate: if queue.patience_ms > 0 { 1.0 / queue.patience_ms as f64 } else { 0.0 },
        };
        (depth >= servers).then(|| (line, u32::try_from((depth - servers).min(AHEAD_MAX)).unwrap_or(0)))
    }

    /// Expected wait in milliseconds and SLA risk in basis points with `depth` cases there already, for a
    /// customer who has waited `waited_ms`.
    fn wait(&self, depth: i64, waited_ms: i64) -> (i64, i64) {
        let Some(queue) = &self.spec.queue else { return (0, 0) };
        let compute = |left_ms: i64| match self.line(depth) {
            None => (0, 0),
            Some((line, ahead)) => {
                (line.mean_wait_rounded(ahead), if left_ms <= 0 { WHOLE_BP } else { line.risk_bp(ahead, left_ms) })
            }
        };
        if waited_ms > 0 {
            return compute(queue.sla_ms.saturating_sub(waited_ms));
        }
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = fresh.get(&depth) {
            return *known;
        }
        if fresh.len() >= FRESH_MAX {
            fresh.clear();
        }
        let computed = compute(queue.sla_ms);
        fresh.insert(depth, computed);
        computed
    }
}
