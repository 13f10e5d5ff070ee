//! Whether what capacity is planned on still holds: levels are learned from the record, days are held against them, and
//! a level that no longer holds is proposed to be changed, with an owner and what it takes. What is predicted with that
//! is kept, and scored once the days are there.

use super::days::{self, DAY_MS, DemandWatch};
use crate::{
    Caller, Environment, Governance, Parts,
    caller::principal::Job,
    journal::baselines::{self, BASELINES, PROPOSALS},
    pipeline::authority,
    refused::Refused,
};
use remit_capacity::{
    evidence::{Guarantee, learn_then_test},
    forecast::Interval,
    rebaseline::{
        self, Baseline, DayCount, HourLoad, Measure, MovedLevel, PREDICTED_DAYS, WaitPromise, level_of, predicted,
        staffing_effect,
    },
    simulate::MeanEstimate,
};
use remit_domain::{
    Event,
    baseline::{
        BaselineChange, BaselineChanged, BaselineProposal, KnownBaseline, KnownProposal, LevelEstimate,
        LevelPrediction, NotProposed, PlannedLevel, PredictionScore, ProposedStaffing, SimulatedShare,
        StaffingProposal, ThresholdProposal, WatchedMeasure,
    },
    id::{BaselineProposalId, ResponderId, Timestamp},
};
use remit_store::{Commit, Entry, Expected};
use std::sync::Arc;

/// Days after which it counts what became of the cases of a day.
const FOLLOWED_DAYS: i64 = 7;
/// Days within which a proposal is to be decided.
const DUE_DAYS: i64 = 7;
/// Days of a prediction that must be on record for it to be scored.
const SCORED_DAYS_MIN: usize = 14;
/// The share that is to be served within what a queue promises, in basis points (assumed).
const SERVED_BP: u32 = 9_000;
/// By which chance effects are played.
const SEED: u64 = 1;
/// What may come back of what AI keeps, and how surely.
const GUARANTEE: Guarantee = Guarantee { wrong_share: 0.1, failure: 0.1 };
/// Confidences from which on AI may keep a case that are tried, in basis points, fixed beforehand.
const THRESHOLDS_BP: [u32; 10] = [5_000, 5_500, 6_000, 6_500, 7_000, 7_500, 8_000, 8_500, 9_000, 9_500];
/// Whole numbers in one of what they are of.
const MILLION: f64 = 1e6;

const MEASURES: [(Measure, WatchedMeasure); 5] = [
    (Measure::Volume, WatchedMeasure::Volume),
    (Measure::AiShare, WatchedMeasure::AiShare),
    (Measure::HandlingTime, WatchedMeasure::HandlingTime),
    (Measure::Recontact, WatchedMeasure::Recontact),
    (Measure::Abandonment, WatchedMeasure::Abandonment),
];

/// Looks at every whole day that is on record by now, and puts on record what follows.
///
/// # Errors
/// When the store refuses; what is not on record is found the next time.
pub async fn look(parts: &Arc<Parts>, watch: &mut DemandWatch) -> Result<(), Refused> {
    let today = days::today(&parts.environment);
    watch.read_on(parts, today).await?;
    for queue in watch.queues() {
        for (measure, named) in MEASURES {
            let of = Of { queue: &queue, measure, named, today, until: whole_until(measure, today) };
            look_at(parts, watch, &of).await?;
        }
    }
    score(parts, watch, today).await
}

/// A measure of a queue that is looked at, by days until before one.
struct Of<'a> {
    queue: &'a str,
    measure: Measure,
    named: WatchedMeasure,
    today: i64,
    until: i64,
}

/// The first day of which it is not known yet what became of its cases, as far as a measure depends on it.
fn whole_until(measure: Measure, today: i64) -> i64 {
    if measure == Measure::Volume { today } else { today - FOLLOWED_DAYS }
}

async fn look_at(parts: &Parts, watch: &DemandWatch, of: &Of<'_>) -> Result<(), Refused> {
    let name = baselines::name(of.queue, of.named);
    let known = BASELINES.get(&parts.journal.store, &name).await.map_err(Refused::internal)?;
    let Some(known) = known else {
        let learned = rebaseline::learned(of.measure, &watch.of(of.queue, i64::MIN, of.until));
        let Some(planned) = learned.map(|learned| planned(&learned)) else { return Ok(()) };
        return put(parts, of, None, BaselineChange::Learned { planned }, None).await;
    };
    if known.value.open.is_some() {
        return Ok(());
    }
    let baseline = baseline(&known.value.planned);
    let days = watch.of(of.queue, day(known.value.watched_from), of.until);
    let level = known.value.level() as f64 / MILLION;
    let moved = rebaseline::moved(of.measure, &baseline, level, &days).map_err(Refused::internal)?;
    let Some(moved) = moved else { return Ok(()) };
    let found = begins(moved.found + 1);
    let is_back = (moved.after.low..=moved.after.high).contains(&baseline.level);
    if known.value.declined.is_some() && is_back {
        return put(parts, of, Some(&known), BaselineChange::Returned { found }, None).await;
    }
    let proposal = Box::new(
        proposal((&parts.environment, &parts.governance), watch, of, (&baseline, &known.value), &moved).await?,
    );
    let change = BaselineChange::Proposed { proposal };
    put(parts, of, Some(&known), change, None).await
}

/// Puts a change of a level on record, with what is kept of it and of its proposal.
async fn put(
    parts: &Parts,
    of: &Of<'_>,
    before: Option<&Entry<KnownBaseline>>,
    change: BaselineChange,
    proposal: Option<&Entry<KnownProposal>>,
) -> Result<(), Refused> {
    let (queue, at) = (of.queue.to_owned(), parts.environment.now());
    let record = BaselineChanged { queue, measure: of.named, change, by: "remit".to_owned(), at };
    let changed = commit(before, proposal, &record)?;
    let event = Event::BaselineChanged(Box::new(record));
    authority::govern(parts, &Caller::system(Job::Capacity), &[event], changed).await.map_err(crate::refused)
}

/// What a record changes of what is kept.
pub(super) fn commit(
    before: Option<&Entry<KnownBaseline>>,
    proposal: Option<&Entry<KnownProposal>>,
    record: &BaselineChanged,
) -> Result<Commit, Refused> {
    let mut items = Vec::new();
    let expected = before.map_or(Expected::Absent, Entry::expected);
    if let Some(known) = KnownBaseline::after(before.map(|entry| entry.value.clone()), record)
        && before.is_none_or(|before| before.value != known)
    {
        let name = baselines::name(&record.queue, record.measure);
        items.push(BASELINES.write(name, expected, &known).map_err(Refused::internal)?);
    }
    if let Some(id) = record.proposal()
        && let Some(known) = KnownProposal::after(proposal.map(|entry| entry.value.clone()), record)
    {
        let expected = proposal.map_or(Expected::Absent, Entry::expected);
        items.push(PROPOSALS.write(id.to_string(), expected, &known).map_err(Refused::internal)?);
    }
    Ok(Commit { items, ..Commit::default() })
}

/// What is proposed in the place of a level that no longer holds.
async fn proposal(
    (environment, governance): (&Environment, &Governance),
    watch: &DemandWatch,
    of: &Of<'_>,
    (baseline, known): (&Baseline, &KnownBaseline),
    moved: &MovedLevel,
) -> Result<BaselineProposal, Refused> {
    let now = environment.now();
    let terms = governance.bundle.terms();
    let prediction = predicted(of.measure, baseline, moved);
    Ok(BaselineProposal {
        id: BaselineProposalId::next(&mut environment.ids(now)?),
        owner: terms.exception_owner.clone(),
        due: now.plus_ms(DUE_DAYS * DAY_MS),
        is_up: moved.after.mean > baseline.level,
        since: begins(moved.since),
        found: begins(moved.found + 1),
        once_in_days: moved.once_in_days as u64,
        before: known.planned.level,
        after: estimate(&moved.after),
        prediction: LevelPrediction {
            level: estimate(&prediction),
            from: begins(of.today),
            to: begins(of.today + PREDICTED_DAYS),
        },
        staffing: staffing(environment, governance, watch, of, (baseline, moved)).await?,
        threshold: threshold(watch, of.queue),
    })
}

/// How many people the busiest hour takes at the new level, and what comes of it.
async fn staffing(
    environment: &Environment,
    governance: &Governance,
    watch: &DemandWatch,
    of: &Of<'_>,
    (baseline, moved): (&Baseline, &MovedLevel),
) -> Result<StaffingProposal, Refused> {
    let unsaid = |why| Ok(StaffingProposal::Unsaid { why });
    let ratio = moved.after.mean / baseline.level;
    let times = match of.measure {
        Measure::Volume => (ratio, 1.0),
        Measure::AiShare => ((1.0 - moved.after.mean) / (1.0 - baseline.level), 1.0),
        Measure::HandlingTime => (1.0, ratio),
        Measure::Recontact | Measure::Abandonment => return unsaid(NotProposed::NoWork),
    };
    let queue = ResponderId::new(of.queue).ok();
    let queue = queue.and_then(|queue| governance.bundle.candidate(&queue)?.queue.clone());
    let Some(queue) = queue else { return unsaid(NotProposed::NoPromise) };
    let Some(busiest) = watch.busiest(of.queue, baseline.from, baseline.to + 1) else {
        return unsaid(NotProposed::NotComputable);
    };
    let Some(handling) = busiest.handling else { return unsaid(NotProposed::NoHandling) };
    let within_minutes = u32::try_from(queue.sla_ms / 60_000).unwrap_or(u32::MAX).max(1);
    let promise = WaitPromise { within: f64::from(within_minutes), share: f64::from(SERVED_BP) / 10_000.0 };
    let before = HourLoad { arrivals: busiest.left / 60.0, handling };
    let after = HourLoad { arrivals: before.arrivals * times.0, handling: handling * times.1 };
    let played = move || staffing_effect(before, after, promise, SEED, 1);
    let Ok(effect) = environment.processors.off_thread(played).await? else {
        return unsaid(NotProposed::NotComputable);
    };
    Ok(StaffingProposal::People {
        staffing: Box::new(ProposedStaffing {
            hour: busiest.hour,
            within_minutes,
            served_bp: SERVED_BP,
            people: effect.people,
            proposed: effect.proposed,
            before: share(effect.before),
            unchanged: share(effect.unchanged),
            changed: share(effect.changed),
            seed: SEED,
        }),
    })
}

/// From which confidence on AI keeps a case, so that few enough come back.
fn threshold(watch: &DemandWatch, queue: &str) -> ThresholdProposal {
    let labelled = watch.labelled(queue);
    let cases = labelled.len() as u64;
    let thresholds = THRESHOLDS_BP.map(|bp| f64::from(bp) / 10_000.0);
    match learn_then_test(&labelled, &thresholds, &GUARANTEE) {
        Ok(Some(chosen)) => ThresholdProposal::From {
            confidence_bp: bp(chosen.threshold) as u32,
            cases,
            kept: chosen.kept,
            wrong: chosen.wrong,
            bound_bp: bp(chosen.bound) as u32,
        },
        Ok(None) => ThresholdProposal::Unsaid { why: NotProposed::NoneHolds, cases },
        Err(_) => ThresholdProposal::Unsaid { why: NotProposed::TooFewCases, cases },
    }
}

/// Holds what was predicted against what came, once it is known.
async fn score(parts: &Parts, watch: &DemandWatch, today: i64) -> Result<(), Refused> {
    for entry in PROPOSALS.all(&parts.journal.store).await.map_err(Refused::internal)? {
        let KnownProposal { queue, measure: named, proposal, score: None, .. } = &entry.value else { continue };
        let Some((measure, named)) = MEASURES.into_iter().find(|(_, one)| one == named) else { continue };
        let (from, to) = (day(proposal.prediction.from), day(proposal.prediction.to));
        if to > whole_until(measure, today) {
            continue;
        }
        let name = baselines::name(queue, named);
        let known = BASELINES.get(&parts.journal.store, &name).await.map_err(Refused::internal)?;
        let Some(known) = known else { continue };
        let days: Vec<DayCount> = watch.of(queue, from, to);
        let came = level_of(measure, &baseline(&known.value.planned), &days);
        let Some(came) = came.filter(|_| days.len() >= SCORED_DAYS_MIN).map(millionths) else { continue };
        let predicted = proposal.prediction.level;
        let held = (predicted.low..=predicted.high).contains(&came);
        let score = PredictionScore { came, held, days: days.len() as u32 };
        let of = Of { queue, measure, named, today, until: to };
        let change = BaselineChange::Scored { proposal: proposal.id, score };
        put(parts, &of, Some(&known), change, Some(&entry)).await?;
    }
    Ok(())
}

fn begins(day: i64) -> Timestamp {
    Timestamp(day * DAY_MS)
}

fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}

fn millionths(number: f64) -> i64 {
    (number * MILLION).round() as i64
}

fn bp(share: f64) -> i64 {
    (share * 10_000.0).round() as i64
}

fn estimate(of: &Interval) -> LevelEstimate {
    LevelEstimate { mean: millionths(of.mean), low: millionths(of.low), high: millionths(of.high) }
}

fn share(of: MeanEstimate) -> SimulatedShare {
    SimulatedShare { bp: bp(of.mean), half_width_bp: bp(of.half_width) }
}

fn planned(learned: &Baseline) -> PlannedLevel {
    PlannedLevel {
        level: millionths(learned.level),
        weekdays: learned.weekdays.iter().map(|weekday| millionths(*weekday)).collect(),
        spread: millionths(learned.spread),
        from: begins(learned.from),
        to: begins(learned.to + 1),
    }
}

fn baseline(planned: &PlannedLevel) -> Baseline {
    let mut weekdays = [1.0; 7];
    for (weekday, millionths) in weekdays.iter_mut().zip(&planned.weekdays) {
        *weekday = *millionths as f64 / MILLION;
    }
    let (level, spread) = (planned.level as f64 / MILLION, planned.spread as f64 / MILLION);
    Baseline { level, weekdays, spread, from: day(planned.from), to: day(planned.to) - 1 }
}
