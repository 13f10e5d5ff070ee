//! The forecast: what comes, what the AI keeps of it, and what people have to do, slot by slot, with intervals.

use super::{
    band::{Band, HeldOut},
    days::{LocalDay, SlotClock, WEEK},
    evaluation::{self, Followed, HeldOutEvaluation},
    handling::CASE_SPREAD,
    history::{DemandHistory, at_of},
    moved::{self, DriftFound},
    paths::{Path, Play, Scatter},
    profile::Memory,
    ratio::{self, Kind, RatioBand},
    record::{LEARNED_MIN, Record},
    rolling::{self, Fit, HeldOuts},
    scatter,
};
use crate::{ModelParameter, Uncomputable};
use serde::Serialize;

/// Weeks ahead at most.
pub const AHEAD_MAX: usize = 8;
/// Paths at most.
pub const PATHS_MAX: usize = 10_000;
/// Share of slots that may be gaps.
const GAPS_MAX: f64 = 0.3;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastTerms {
    /// Weeks ahead.
    pub weeks: usize,
    /// The share of what comes that intervals are to hold.
    pub level: f64,
    /// What paths are drawn by.
    pub seed: u64,
    /// How many of them.
    pub paths: usize,
    /// Threads that work at once; the outcome does not depend on it.
    pub threads: usize,
}

impl Default for ForecastTerms {
    fn default() -> Self {
        Self { weeks: 1, level: 0.9, seed: 1, paths: 200, threads: 1 }
    }
}

/// A number with its interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Interval {
    /// In the mean.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A slot to come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlotAhead {
    /// When it begins, by the clock there.
    pub begins: String,
    /// Cases that come.
    pub arrived: Interval,
    /// Those left to people.
    pub left: Interval,
    /// Mean seconds that people take for each of those.
    pub handling_seconds: f64,
    /// The work of people in erlangs, by paths.
    pub erlangs: Interval,
}

/// A day to come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayAhead {
    /// Its date, as `2026-12-25`.
    pub date: String,
    /// Whether it is a holiday.
    pub is_holiday: bool,
    /// Cases that come.
    pub arrived: Interval,
    /// Those left to people, by paths.
    pub left: Interval,
    /// The share that the AI keeps.
    pub ai_share: Interval,
    /// Mean seconds that people take for each of the others.
    pub handling_seconds: Interval,
}

/// A queue, or all of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueueAhead {
    /// Its name; none for all together.
    pub queue: Option<String>,
    /// Its slots.
    pub slots: Vec<SlotAhead>,
    /// Its days.
    pub days: Vec<DayAhead>,
}

/// An intent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntentAhead {
    /// What is asked about.
    pub intent: String,
    /// Which queue has what the AI does not keep.
    pub queue: String,
    /// The share that the AI keeps.
    pub ai_share: f64,
    /// Mean seconds that people take for each of the others.
    pub handling_seconds: f64,
    /// Cases of each slot.
    pub arrived: Vec<Interval>,
}

/// A number that the record gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasuredNumber {
    /// What it is.
    pub name: &'static str,
    /// The number.
    pub value: f64,
}

/// The forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemandForecast {
    /// The zone whose clock it goes by.
    pub zone: String,
    /// Minutes of a slot.
    pub interval_minutes: u32,
    /// The share that intervals are to hold.
    pub level: f64,
    /// What paths were drawn by.
    pub seed: u64,
    /// The first day that was learned from.
    pub learned_from: String,
    /// The last.
    pub learned_to: String,
    /// Everything together.
    pub all: QueueAhead,
    /// Each queue.
    pub queues: Vec<QueueAhead>,
    /// Each intent.
    pub intents: Vec<IntentAhead>,
    /// What held-out weeks show.
    pub evaluation: HeldOutEvaluation,
    /// What it rests on that has an interval, or was assumed.
    pub parameters: Vec<ModelParameter>,
    /// What it rests on that was chosen by, or counted in, the record.
    pub measured: Vec<MeasuredNumber>,
    /// What was found of the record.
    pub notes: Vec<String>,
    /// What moved in it.
    pub moved: Vec<DriftFound>,
    /// Paths, for those who play with them.
    #[serde(skip)]
    pub paths: Vec<Path>,
}

/// Days of record that a forecast needs.
pub fn days_needed(weeks: usize) -> usize {
    LEARNED_MIN + (weeks + 1) * WEEK
}

/// Forecasts what comes after a record.
///
/// # Errors
/// When the record is too short or says too little, or what is asked for is out of bounds.
pub fn forecast(history: &DemandHistory, asked: &ForecastTerms) -> Result<DemandForecast, Uncomputable> {
    checked(history, asked)?;
    let record = Record::new(history);
    let held = rolling::forecast_again(&record, asked.weeks, asked.threads);
    let miss = 1.0 - asked.level;
    let until = history.day_count();
    let shown = evaluation::shown(&record, &held, miss);
    let memory = held.memory.unwrap_or(Memory::DEFAULT);
    let fit = Fit::new(&record, until, &memory, None);
    let scatter = scatter::scatter(&record, &held, asked.weeks);
    let (begins, last) = history.dates().ok_or_else(|| Uncomputable::TooLittle("there is no day".to_owned()))?;
    let first = last.tomorrow().map_err(|_| Uncomputable::Impossible("the calendar ends".to_owned()))?;
    let days = history.clock.days(first, asked.weeks * WEEK)?;
    let clock = &history.clock;
    let play = Play { record: &record, fit: &fit, scatter: &scatter, days: &days, seed: asked.seed };
    let paths = play.paths(asked.paths, asked.threads);
    let share = ratio::followed(&held.shares, &held.weeks, until, Kind::Share, miss, "days' share kept by AI");
    let handling = ratio::followed(&held.handling, &held.weeks, until, Kind::Time, miss, "days' handling time");
    let table = Table { record: &record, fit: &fit, held: &held, days: &days, clock, level: asked.level, until };
    let table = &table;
    let means = table.means();
    let queue = |number: usize| {
        let name = number.checked_sub(1).and_then(|number| history.queues.get(number)).cloned();
        let bands = Bands {
            arrived: shown.arrived.get(number),
            left: shown.left.get(number),
            days: shown.days.get(number),
            share: share.0,
            handling: handling.0,
        };
        table.queue(number, name, &means, &bands, &paths)
    };
    let all = queue(0);
    let queues = (1..=history.queues.len()).map(queue).collect();
    let intents = table.intents(&shown.intents);
    let mut evaluation = shown.evaluation;
    evaluation.coverage.extend([share.1, handling.1].into_iter().filter(|coverage| coverage.count > 0));
    let mut notes = history.notes().to_vec();
    if !record.shares.is_known {
        notes.push("the record does not say what the AI kept: everything is left to people".to_owned());
    }
    let (parameters, measured) = rests_on(&fit, &memory, history, &scatter);
    Ok(DemandForecast {
        zone: clock.zone_name().to_owned(),
        interval_minutes: clock.minutes(),
        level: asked.level,
        seed: asked.seed,
        learned_from: begins.to_string(),
        learned_to: last.to_string(),
        all,
        queues,
        intents,
        evaluation,
        parameters,
        measured,
        notes,
        moved: moved::moved(&record)?,
        paths,
    })
}

fn checked(history: &DemandHistory, asked: &ForecastTerms) -> Result<(), Uncomputable> {
    let input = |what, value, cure| Err(Uncomputable::Input { what, value, cure });
    if !(1..=AHEAD_MAX).contains(&asked.weeks) {
        return input("how many weeks ahead", asked.weeks as f64, "it must be from 1 to 8");
    }
    if !(0.5..=0.99).contains(&asked.level) {
        return input("the level of intervals", asked.level, "it must be a share from 0.5 to 0.99");
    }
    if !(1..=PATHS_MAX).contains(&asked.paths) {
        return input("how many paths", asked.paths as f64, "it must be from 1 to 10,000");
    }
    let (days, needed) = (history.day_count(), days_needed(asked.weeks));
    if days < needed {
        return Err(Uncomputable::TooLittle(format!(
            "the record has {days} days, and {needed} are needed to forecast {} weeks: 3 weeks to learn from, and {} \
             to see how far such forecasts are wrong",
            asked.weeks,
            asked.weeks + 1
        )));
    }
    let came: f64 = history.series.iter().flat_map(|series| &series.arrived).sum();
    if came <= 0.0 {
        return Err(Uncomputable::TooLittle(
            "every row says that nothing came: look whether the column arrived is the right one".to_owned(),
        ));
    }
    let slots = history.gap.len().max(1);
    let last_week = history.slots_of(days - WEEK).start..slots;
    let lately = history.gap.get(last_week).unwrap_or_default();
    if history.gaps() as f64 > GAPS_MAX * slots as f64 || lately.iter().all(|gap| *gap) {
        return Err(Uncomputable::TooLittle(format!(
            "{} of {slots} slots are gaps, and those of the last week above all must be known; fill them in, with 0 \
             where nothing came",
            history.gaps()
        )));
    }
    Ok(())
}

/// What it rests on: numbers with an interval or assumed, and those that the record gave.
fn rests_on(
    fit: &Fit,
    memory: &Memory,
    history: &DemandHistory,
    scatter: &Scatter,
) -> (Vec<ModelParameter>, Vec<MeasuredNumber>) {
    let mut measured: Vec<MeasuredNumber> = Vec::new();
    let mut tell = |name, value| measured.push(MeasuredNumber { name, value });
    tell("weight of a new day in the level", memory.level);
    tell("what a week's weight in the profile falls to", memory.profile);
    tell("slots on each side that a profile is smoothed over", memory.smoothed as f64);
    tell("how far working days are drawn to their common shape", memory.drawn);
    tell("weight of a new day in how intents share demand", memory.shares);
    tell("spread of slots beyond chance", scatter.slot);
    tell("relative variance of an intent's slot beside that", scatter.intent);
    tell("how far queues move together", scatter.together);
    let mut parameters = fit.handling.parameters.clone();
    if !history.known.holidays.is_empty() {
        let seen = fit.queues.iter().map(|queue| queue.holiday.seen).max().unwrap_or_default();
        tell("holidays learned from", seen as f64);
        let why = "a holiday is drawn to the Sunday of its week with the weight of one";
        parameters.push(ModelParameter::assumed("holidays that the prior counts for", 1.0, why));
    }
    if fit.shares.common.is_some() {
        tell("weight of a new day in the share kept by AI", fit.shares.memory);
        tell("agreement of two cases of an intent and day", fit.shares.agreement);
    }
    if scatter.outage_slots.is_empty() {
        let why = "no outage of the AI was told of, so that none is played";
        parameters.push(ModelParameter::assumed("outages of the AI in a week", 0.0, why));
    } else {
        tell("outages of the AI in a week", scatter.outages_a_week);
        match fit.shares.outage {
            Some(share) => tell("share kept during an outage", share),
            None => parameters.push(ModelParameter::assumed("share kept during an outage", 0.0, "none was seen")),
        }
    }
    let why = "one case's handling time scatters as an exponential does";
    parameters.push(ModelParameter::assumed("spread of one case's handling time", CASE_SPREAD, why));
    (parameters, measured)
}

/// The means of all intents, slot by slot.
struct Slots {
    /// Arrived, left and seconds of people, by queue and slot.
    queues: Vec<Vec<(f64, f64, f64)>>,
}

struct Bands<'a> {
    arrived: Option<&'a Followed>,
    left: Option<&'a Followed>,
    days: Option<&'a Followed>,
    share: RatioBand,
    handling: RatioBand,
}

struct Table<'a> {
    record: &'a Record<'a>,
    fit: &'a Fit,
    held: &'a HeldOuts,
    days: &'a [LocalDay],
    clock: &'a SlotClock,
    level: f64,
    until: usize,
}

impl Table<'_> {
    fn is_holiday(&self, day: &LocalDay) -> bool {
        self.record.history.known.holidays.contains(&day.date)
    }

    fn slots(&self) -> usize {
        self.days.iter().map(|day| day.clock_slots.len()).sum()
    }

    fn means(&self) -> Slots {
        let a_day = self.record.axis.a_day;
        let mut queues = vec![vec![(0.0, 0.0, 0.0); self.slots()]; self.record.queues.len()];
        for (intent, series) in self.record.history.series.iter().enumerate() {
            let share = self.fit.shares.share(intent, 0.0);
            let seconds = self.fit.handling.seconds(intent, share);
            let Some(queue) = queues.get_mut(series.queue) else { continue };
            let mut slots = queue.iter_mut();
            for day in self.days {
                let is_holiday = self.is_holiday(day);
                for (clock_slot, slot) in day.clock_slots.iter().zip(slots.by_ref()) {
                    let cell = day.weekday * a_day + clock_slot;
                    let mean = self.fit.arrived(intent, series.queue, cell, a_day, is_holiday);
                    let left = mean * (1.0 - share);
                    *slot = (slot.0 + mean, slot.1 + left, slot.2 + left * seconds);
                }
            }
        }
        Slots { queues }
    }

    fn queue(
        &self,
        number: usize,
        name: Option<String>,
        means: &Slots,
        bands: &Bands<'_>,
        paths: &[Path],
    ) -> QueueAhead {
        let which: Vec<usize> = match number.checked_sub(1) {
            Some(queue) => vec![queue],
            None => (0..self.record.queues.len()).collect(),
        };
        let whole = self.slots();
        let of_slot = |at: usize| {
            which
                .iter()
                .filter_map(|queue| means.queues.get(*queue)?.get(at))
                .fold((0.0, 0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2))
        };
        let played = |values: &dyn Fn(&Path) -> &[f32], slots: std::ops::Range<usize>| {
            let each = paths.iter().map(|path| {
                let of_queue = |queue: &usize| {
                    values(path).get(queue * whole + slots.start..queue * whole + slots.end).unwrap_or_default()
                };
                which.iter().flat_map(of_queue).map(|value| f64::from(*value)).sum::<f64>()
            });
            quantiles(each.collect(), self.level)
        };
        let weeks = |followed: Option<&Followed>, seen: &[Vec<HeldOut>]| -> Vec<Band> {
            let seen = seen.get(number).map_or(&[][..], Vec::as_slice);
            let count = self.days.len().div_ceil(WEEK);
            followed.map_or(Vec::new(), |one| (0..count).map(|week| one.band(seen, self.until, week)).collect())
        };
        let (arrived, left) = (weeks(bands.arrived, &self.held.arrived), weeks(bands.left, &self.held.left));
        let of_days = weeks(bands.days, &self.held.days);
        let seconds = f64::from(self.clock.minutes()) * 60.0;
        let (mut slots, mut days, mut at) = (Vec::with_capacity(whole), Vec::with_capacity(self.days.len()), 0);
        for (ahead, day) in self.days.iter().enumerate() {
            let week = ahead / WEEK;
            let is_holiday = self.is_holiday(day);
            let extra = if is_holiday { self.extra(&which) } else { 0.0 };
            let (arrived, left, of_day) = (arrived.get(week), left.get(week), of_days.get(week));
            let (from, mut sum) = (at, (0.0, 0.0, 0.0));
            for place in (0i64..).take(day.clock_slots.len()) {
                let (mean, mean_left, work) = of_slot(at);
                let interval = |band: Option<&Band>, mean: f64| {
                    let (low, high) = band.map_or((mean, mean), |band| band.interval(mean, extra));
                    Interval { mean, low, high }
                };
                let (low, high) = played(&|path| &path.seconds, at..at + 1);
                slots.push(SlotAhead {
                    begins: self.clock.told(day.begins + place * self.clock.seconds()),
                    arrived: interval(arrived, mean),
                    left: interval(left, mean_left),
                    handling_seconds: if mean_left > 0.0 { work / mean_left } else { 0.0 },
                    erlangs: Interval { mean: work / seconds, low: low / seconds, high: high / seconds },
                });
                sum = (sum.0 + mean, sum.1 + mean_left, sum.2 + work);
                at += 1;
            }
            let (low, high) = of_day.map_or((sum.0, sum.0), |band| band.interval(sum.0, extra));
            let (low_left, high_left) = played(&|path| &path.left, from..at);
            let share = if sum.0 > 0.0 { 1.0 - sum.1 / sum.0 } else { 0.0 };
            let handling = if sum.1 > 0.0 { sum.2 / sum.1 } else { 0.0 };
            let ratio = |band: RatioBand, mean: f64, of: f64, is_known: bool| {
                let (low, high) = if is_known && mean > 0.0 { band.interval(mean, of) } else { (mean, mean) };
                Interval { mean, low, high }
            };
            days.push(DayAhead {
                date: day.date.to_string(),
                is_holiday,
                arrived: Interval { mean: sum.0, low, high },
                left: Interval { mean: sum.1, low: low_left, high: high_left },
                ai_share: ratio(bands.share, share, sum.0, self.record.shares.is_known),
                handling_seconds: ratio(bands.handling, handling, sum.1, true),
            });
        }
        QueueAhead { queue: name, slots, days }
    }

    fn extra(&self, queues: &[usize]) -> f64 {
        let each = queues.iter().filter_map(|queue| self.fit.queues.get(*queue));
        each.map(super::profile::QueueFit::holiday_variance).fold(0.0, f64::max)
    }

    fn intents(&self, followed: &[Followed]) -> Vec<IntentAhead> {
        let a_day = self.record.axis.a_day;
        let mut all = Vec::with_capacity(followed.len());
        for (intent, (series, followed)) in self.record.history.series.iter().zip(followed).enumerate() {
            let seen = self.held.intents.get(intent).map_or(&[][..], Vec::as_slice);
            let mut arrived = Vec::with_capacity(self.slots());
            let weeks = self.days.len().div_ceil(WEEK);
            let bands: Vec<Band> = (0..weeks).map(|week| followed.band(seen, self.until, week)).collect();
            for (ahead, day) in self.days.iter().enumerate() {
                let is_holiday = self.is_holiday(day);
                let extra = if is_holiday { self.extra(&[series.queue]) } else { 0.0 };
                let band = bands.get(ahead / WEEK);
                for clock_slot in &day.clock_slots {
                    let cell = day.weekday * a_day + clock_slot;
                    let mean = self.fit.arrived(intent, series.queue, cell, a_day, is_holiday);
                    let (low, high) = band.map_or((mean, mean), |band| band.interval(mean, extra));
                    arrived.push(Interval { mean, low, high });
                }
            }
            let ai_share = self.fit.shares.share(intent, 0.0);
            all.push(IntentAhead {
                intent: series.intent.clone(),
                queue: self.record.history.queues.get(series.queue).cloned().unwrap_or_default(),
                ai_share,
                handling_seconds: self.fit.handling.seconds(intent, ai_share),
                arrived,
            });
        }
        all
    }
}

/// The two ends between which so many of the values lie.
fn quantiles(mut values: Vec<f64>, level: f64) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    let end = |share: f64| at_of(&values, (share * last).round() as usize);
    (end((1.0 - level) / 2.0), end(1.0 - (1.0 - level) / 2.0))
}
