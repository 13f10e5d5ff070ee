//! `remit capacity plan`: people for a week.

use super::{
    amounts::{percent, share, some_minutes, time},
    forecast,
    simulate::{a_week, kept, occupancy, queue_of, shares, told},
};
use anyhow::Context as _;
use clap::Args;
use remit_capacity::{
    forecast::{DemandForecast, ForecastTerms, SlotClock},
    plan::{self, OutageReserve, QueueWeek, WeekPlan},
    queue::rostered,
    simulate::{
        CountedWindow, DAYS, DescribedRouting, Description, MeanEstimate, Network, QueueTally, Replications, Simulated,
        WEEK, moment_of_week, replicate,
    },
};
use remit_command::{
    shown::{self, many, say},
    support,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What the plan takes for so.
const ASSUMED: [&str; 4] = [
    "customers come at random (Poisson), at a rate that is constant within an interval; days differ by daily_variation",
    "patience is exponential; handling times are as described, and everybody of a group serves alike",
    "formulas take each interval by itself; what is carried over to the next is in the weeks that were played",
    "who comes back does so after the delay that is described, and asks for the same",
];

/// Plan how many people a week takes: at which hours, in which shifts, at what cost, how surely promises are kept, what
/// one more or fewer does, and how many more it takes while the AI is gone.
///
/// Formulas say what each interval takes by itself. Shifts are chosen that cover it, where patterns are given. Then
/// weeks are played, event by event, and where a promise is not kept in as many of them as is asked for, more people
/// are planned at the hours at which most are late.
#[derive(Debug, Args)]
#[command(
    after_help = "The support is described as for `remit capacity simulate`, with what is promised of each queue:

    [[queue]]
    name = \"payments\"
    within_minutes = 3
    served = 0.95            # of all who come, so many within 3 minutes
    [[group]]
    name = \"desk\"
    queues = [\"payments\"]
    occupancy = 0.88         # nobody busier than that
    cost_an_hour = 31
    [[pattern]]              # shifts that people can be given; without any, people come and go by the interval
    name = \"early\"
    days = \"mon-fri\"
    from = \"07:00\"
    to = \"15:30\"
    break = [{ from = \"11:30\", to = \"12:00\" }]

Examples:
  People for a week, so that promises are kept in 9 of 10 weeks:
    remit capacity plan support.toml
  As surely as in 99 of 100, with a chart:
    remit capacity plan support.toml --surely 99% --svg plan.svg
  For what comes next week by the record (`remit capacity history`), in the place of what the file says of it:
    remit capacity plan support.toml --history history.csv"
)]
pub(crate) struct Plan {
    /// The file that describes the support.
    #[arg(value_name = "FILE")]
    support: PathBuf,
    /// A record as `remit capacity forecast` reads it: what comes next week, what AI keeps and how long people take
    /// are forecast from it, in the place of what the file says of its queues.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// The time zone by whose clock that record's days are cut.
    #[arg(long, default_value = "UTC", requires = "history")]
    zone: String,
    /// A file of holidays, past and to come.
    #[arg(long, value_name = "FILE", requires = "history")]
    holidays: Option<PathBuf>,
    /// In which share of weeks each promise is to be kept.
    #[arg(long, value_name = "SHARE", default_value = "90%", value_parser = share, allow_hyphen_values = true)]
    surely: f64,
    /// Weeks that are played.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    weeks: u32,
    /// How long the AI may be gone.
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = some_minutes, allow_hyphen_values = true)]
    outage: f64,
    /// Makes another chance; the same one makes the same plan.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draws people over the week into this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// A plan with what was seen of it.
struct Made {
    description: Description,
    plan: WeekPlan,
    /// With one more in every interval that has anybody, and with one fewer.
    more: Simulated,
    fewer: Simulated,
    /// What it takes of each group while the AI is gone; nothing where there is none.
    reserves: Vec<OutageReserve>,
    /// What was forecast, where a record was given.
    ahead: Option<Ahead>,
}

/// What was forecast from a record.
struct Ahead {
    forecast: DemandForecast,
    weeks: Vec<QueueWeek>,
}

impl Plan {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        anyhow::ensure!(
            (self.surely * f64::from(self.weeks)).floor() < f64::from(self.weeks),
            "{} of {} weeks is each of them, which no plan keeps surely; ask for less, or play more weeks",
            percent(self.surely),
            self.weeks
        );
        let description = support::described(&self.support)?;
        let mut network = description.network(2).with_context(|| self.support.display().to_string())?;
        let ahead = self.history.as_deref().map(|record| self.ahead(record, &description, &mut network)).transpose()?;
        let made = self.made(description, &network, ahead).with_context(|| self.support.display().to_string())?;
        if let Some(path) = &self.svg {
            let chart = plan::chart(&made.description, &made.plan);
            std::fs::write(path, chart).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        if json {
            shown::json(&self.as_json(&made)?);
        } else {
            self.print(&made)?;
        }
        Ok(made.plan.reached)
    }

    /// The week after a record, which is put into the network.
    fn ahead(&self, record: &Path, description: &Description, network: &mut Network) -> anyhow::Result<Ahead> {
        let minutes = description.interval_minutes;
        let clock = SlotClock::new(&self.zone, if minutes.fract() == 0.0 { minutes as u32 } else { 0 })?;
        let asked = ForecastTerms { seed: self.seed, threads: support::threads(), ..ForecastTerms::default() };
        let forecast = forecast::ahead(record, clock, (self.holidays.as_deref(), None), &asked)?;
        let weeks = plan::with_week_ahead(description, network, &forecast)
            .with_context(|| format!("{} and {} do not agree", self.support.display(), record.display()))?;
        Ok(Ahead { forecast, weeks })
    }

    fn made(&self, description: Description, network: &Network, ahead: Option<Ahead>) -> anyhow::Result<Made> {
        let threads = support::threads();
        let plan = plan::planned(&description, network, self.surely, self.weeks as usize, self.seed, threads)?;
        let asked = Replications {
            count: self.weeks as usize,
            window: CountedWindow { from: WEEK, to: 2.0 * WEEK, by_slot: false },
            seed: self.seed,
            threads,
        };
        let with = |change: fn(u32) -> u32| {
            let each = |people: &u32| if *people == 0 { 0 } else { change(*people) };
            let people: Vec<Vec<u32>> = plan.people.iter().map(|group| group.iter().map(each).collect()).collect();
            let staffed = plan::staffed(network, &people);
            replicate(&staffed, &asked, || DescribedRouting::of(&staffed))
        };
        let (more, fewer) = (with(|people| people + 1)?, with(|people| people - 1)?);
        let reserves = if network.classes.iter().any(|class| class.ai_first) {
            let intervals = (self.outage / description.interval_minutes).ceil().max(1.0) as usize;
            plan::outage_reserve(&description, network, &plan.people, intervals)?
        } else {
            Vec::new()
        };
        Ok(Made { description, plan, more, fewer, reserves, ahead })
    }

    fn as_json(&self, made: &Made) -> anyhow::Result<Value> {
        let Made { description, plan, .. } = made;
        let mut groups = Vec::new();
        for (at, group) in description.group.iter().enumerate() {
            let people = plan.people.get(at).map_or(&[][..], Vec::as_slice);
            let needs = plan.needs.groups.get(at).map_or(&[][..], Vec::as_slice);
            let intervals: Vec<Value> = (0u32..)
                .zip(people)
                .zip(needs)
                .map(|((number, people), need)| {
                    json!({
                        "from": moment_of_week(f64::from(number) * description.interval_minutes), "people": people,
                        "by_formulas": need.people, "arrivals_per_min": need.arrivals, "handling_min": need.handling,
                    })
                })
                .collect();
            let shifts: Vec<Value> = plan
                .covers
                .get(at)
                .into_iter()
                .flat_map(|cover| &cover.shifts)
                .map(|shift| {
                    json!({
                        "pattern": shift.pattern, "day": shift.day, "people": shift.people,
                        "breaks": shift.breaks.iter().map(|minute| moment_of_week(*minute)).collect::<Vec<_>>(),
                    })
                })
                .collect();
            let reserve = made.reserves.get(at).map(|reserve| {
                json!({
                    "from": moment_of_week(reserve.interval as f64 * description.interval_minutes),
                    "planned": reserve.planned,
                    "needed": reserve.needed, "more": reserve.more(),
                })
            });
            let hours = hours(made, at);
            groups.push(json!({
                "name": group.name, "intervals": intervals, "shifts": shifts, "hours": hours,
                "paid_hours": hours / (1.0 - description.shrinkage), "cost": cost(made, at),
                "occupancy": told(plan.simulated.estimate(|run| occupancy(run, at))), "outage_reserve": reserve,
                "rostered_most": rostered(people.iter().copied().max().unwrap_or(0), description.shrinkage)?,
            }));
        }
        let promises: Vec<Value> = plan
            .promises
            .iter()
            .map(|promise| {
                let queue = description.queue.get(promise.queue);
                json!({
                    "queue": queue.map(|queue| &queue.name), "within_min": queue.map(|queue| queue.within_minutes),
                    "served": queue.and_then(|queue| queue.served), "kept_in_weeks": promise.kept,
                    "level": told(promise.level), "gives_up": told(promise.gives_up),
                    "one_more": told(changed(made, &made.more, promise.queue)),
                    "one_fewer": told(changed(made, &made.fewer, promise.queue)),
                })
            })
            .collect();
        Ok(json!({
            "surely": self.surely, "reached": plan.reached, "weeks": self.weeks, "seed": self.seed,
            "interval_min": description.interval_minutes, "groups": groups, "promises": promises,
            "ai_keeps": told(plan.simulated.estimate(kept)), "ai_cost": ai_cost(made), "assumed": ASSUMED,
            "forecast": made.ahead.as_ref().map(|ahead| json!({
                "learned_from": ahead.forecast.learned_from, "learned_to": ahead.forecast.learned_to,
                "level": ahead.forecast.level, "queues": ahead.weeks,
            })),
        }))
    }

    fn print(&self, made: &Made) -> anyhow::Result<()> {
        let Made { description, plan, .. } = made;
        if let Some(ahead) = &made.ahead {
            print_ahead(description, ahead);
        }
        for (at, group) in description.group.iter().enumerate() {
            let people = plan.people.get(at).map_or(&[][..], Vec::as_slice);
            say!("{}: people at work", group.name);
            print_grid(description, people);
            let hours = hours(made, at);
            let paid = hours / (1.0 - description.shrinkage);
            let rostered = rostered(people.iter().copied().max().unwrap_or(0), description.shrinkage)?;
            say!(
                "  {} hours of work, {} paid; busy for {} of them; {rostered} on the roster at the fullest hour",
                many(hours.round()),
                many(paid.round()),
                shares(plan.simulated.estimate(|run| occupancy(run, at)))
            );
            if group.cost_an_hour > 0.0 {
                say!("  {} a week, at {} an hour", many(cost(made, at).round()), group.cost_an_hour);
            }
            print_shifts(plan, at);
            say!();
        }
        if description.class.iter().any(|class| class.contained.is_some()) {
            let asked = plan.simulated.estimate(|run| a_week(run, run.ai_visits));
            say!(
                "AI is asked {} times a week and keeps {}{}",
                many(asked.mean.round()),
                shares(plan.simulated.estimate(kept)),
                if description.ai.cost > 0.0 {
                    format!(", for {} a week", many(ai_cost(made).round()))
                } else {
                    String::new()
                }
            );
            say!();
        }
        say!("promises, of {} weeks that were played:", self.weeks);
        for promise in &plan.promises {
            let Some(queue) = description.queue.get(promise.queue) else { continue };
            let mark = if promise.kept >= self.surely { "kept" } else { "NOT kept" };
            say!(
                "  {}: {} of all within {}: {mark} in {} of weeks; {} served in time, {} gave up",
                queue.name,
                percent(queue.served.unwrap_or(0.0)),
                time(queue.within_minutes),
                percent(promise.kept),
                shares(promise.level),
                shares(promise.gives_up)
            );
            let points =
                |change: MeanEstimate| format!("{:+.1} ± {:.1} points", change.mean * 100.0, change.half_width * 100.0);
            say!(
                "    one more at all hours: {} served in time; one fewer: {}",
                points(changed(made, &made.more, promise.queue)),
                points(changed(made, &made.fewer, promise.queue))
            );
        }
        if !plan.reached {
            say!();
            say!(
                "after {} rounds of planning more people the promise is still not kept as surely as is asked for; its \
                 time may be shorter than chance lets anybody keep, or days may differ too much: play it with `remit \
                 capacity simulate`",
                plan.rounds
            );
        }
        for (group, reserve) in description.group.iter().zip(&made.reserves) {
            say!();
            say!(
                "should the AI be gone for {} from {} on, {} come to {} in an hour in place of {}: {} are needed where \
                 {} are planned, {} more",
                time(self.outage),
                moment_of_week(reserve.interval as f64 * description.interval_minutes),
                many((reserve.arrivals.1 * 60.0).round()),
                group.name,
                many((reserve.arrivals.0 * 60.0).round()),
                reserve.needed,
                reserve.planned,
                reserve.more()
            );
        }
        say!();
        say!("assumed:");
        for assumed in ASSUMED {
            say!("  - {assumed}");
        }
        Ok(())
    }
}

/// What was forecast, and what was given.
fn print_ahead(description: &Description, ahead: &Ahead) {
    let forecast = &ahead.forecast;
    let days: Vec<&str> = forecast.all.days.iter().take(7).map(|day| day.date.as_str()).collect();
    let (first, last) = (days.first().copied().unwrap_or_default(), days.last().copied().unwrap_or_default());
    say!(
        "{first} to {last}, forecast from the record of {} to {}, each number with its interval of {}:",
        forecast.learned_from,
        forecast.learned_to,
        percent(forecast.level)
    );
    for week in &ahead.weeks {
        let (came, kept) = (&week.arrived, &week.ai_share);
        let minutes = week.handling_seconds.as_ref().map_or_else(
            || "how long people take as given".to_owned(),
            |each| {
                let [mean, low, high] = [each.mean, each.low, each.high].map(|seconds| time(seconds / 60.0));
                format!("people take {mean} for each of the others ({low} to {high})")
            },
        );
        say!(
            "  {}: {} cases ({} to {}); AI keeps {} ({} to {}); {minutes}",
            week.queue,
            many(came.mean.round()),
            many(came.low.round()),
            many(came.high.round()),
            percent(kept.mean),
            percent(kept.low.clamp(0.0, 1.0)),
            percent(kept.high.clamp(0.0, 1.0))
        );
    }
    let given: Vec<&str> = (description.queue.iter().map(|queue| queue.name.as_str()))
        .filter(|name| ahead.weeks.iter().all(|week| week.queue != *name))
        .collect();
    let given = if given.is_empty() { String::new() } else { format!(", and all of {}", given.join(", ")) };
    say!("  given by the file: patience, who goes on to others, shifts, costs and what is promised{given}");
    say!("  who comes back is among what was forecast, and is not sent back once more");
    say!();
}

/// People by hour and day; the most of an hour where its intervals differ.
fn print_grid(description: &Description, people: &[u32]) {
    let an_hour = ((60.0 / description.interval_minutes) as usize).max(1);
    let hours: Vec<u32> =
        people.chunks(an_hour).map(|intervals| intervals.iter().copied().max().unwrap_or(0)).collect();
    say!("         {}", DAYS.map(|day| format!("{day:>5}")).join(""));
    for hour in 0..24 {
        let row: Vec<u32> = (0..7).map(|day| hours.get(day * 24 + hour).copied().unwrap_or(0)).collect();
        if row.iter().any(|people| *people > 0) {
            let row: String = row
                .iter()
                .map(|people| if *people == 0 { "    ·".to_owned() } else { format!("{people:>5}") })
                .collect();
            say!("  {hour:02}:00  {row}");
        }
    }
}

fn print_shifts(plan: &WeekPlan, at: usize) {
    let Some(cover) = plan.covers.get(at) else { return };
    // By pattern in the order of the file, then by day; when breaks lie is told as JSON.
    let mut by_pattern: Vec<(&str, Vec<(&str, u32)>)> = Vec::new();
    for shift in &cover.shifts {
        let place = by_pattern.iter_mut().find(|(name, _)| *name == shift.pattern);
        let days = match place {
            Some((_, days)) => days,
            None => {
                by_pattern.push((&shift.pattern, Vec::new()));
                let Some((_, days)) = by_pattern.last_mut() else { return };
                days
            }
        };
        match days.last_mut().filter(|(day, _)| *day == shift.day) {
            Some((_, people)) => *people += shift.people,
            None => days.push((shift.day, shift.people)),
        }
    }
    for (name, days) in by_pattern {
        let days: Vec<String> = days.iter().map(|(day, people)| format!("{day} {people}")).collect();
        say!("  {name}: {}", days.join(", "));
    }
}

/// Hours that a group works in a week.
fn hours(made: &Made, at: usize) -> f64 {
    let people: u64 = made.plan.people.get(at).into_iter().flatten().map(|people| u64::from(*people)).sum();
    let by_interval = people as f64 * made.description.interval_minutes / 60.0;
    made.plan.covers.get(at).map_or(by_interval, |cover| cover.hours)
}

fn cost(made: &Made, at: usize) -> f64 {
    let an_hour = made.description.group.get(at).map_or(0.0, |group| group.cost_an_hour);
    hours(made, at) / (1.0 - made.description.shrinkage) * an_hour
}

fn ai_cost(made: &Made) -> f64 {
    made.plan.simulated.estimate(|run| a_week(run, run.ai_visits)).mean * made.description.ai.cost
}

/// What another staffing changes of the share that is served in time.
fn changed(made: &Made, other: &Simulated, queue: usize) -> MeanEstimate {
    made.plan.simulated.difference(other, |run| queue_of(run, queue).map_or(0.0, QueueTally::service_level))
}
