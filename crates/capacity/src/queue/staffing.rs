//! The fewest people with whom a queue keeps what is promised.

use super::performance::{LevelBase, Performance, Queue, SERVERS_MAX};
use crate::uncomputable::{Uncomputable, inner_share, not_negative, positive, share};
use serde::Serialize;

/// What rounding may take from a number that just reaches its target.
const SLACK: f64 = 1e-12;

/// A share that is to be served within a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// The share, above 0 and below 1.
    pub share: f64,
    /// Within which time, in the queue's unit.
    pub within: f64,
    /// Who counts.
    pub base: LevelBase,
}

/// What is promised. Each part that is there holds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Target {
    /// A share served within a time.
    pub level: Option<Level>,
    /// Mean wait of those served at most (ASA), in the queue's unit of time.
    pub mean_wait: Option<f64>,
    /// Share that gives up at most.
    pub gives_up: Option<f64>,
    /// Occupancy at most.
    pub occupancy: Option<f64>,
}

/// The part of a target that asks for the most people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// The share served within a time.
    Level,
    /// The mean wait of those served.
    MeanWait,
    /// The share that gives up.
    GivesUp,
    /// The occupancy.
    Occupancy,
}

/// What a target takes.
#[derive(Debug, Clone, Copy)]
pub struct Staffing {
    /// People at work.
    pub servers: u32,
    /// Which part of the target asks for so many.
    pub binding: Binding,
    /// How it goes with them.
    pub performance: Performance,
}

/// The fewest people at work with whom a queue keeps every part of a target.
///
/// Each part gets better with each person more, so the fewest are found by bisection, from the square-root rule
/// upward.
///
/// # Errors
/// When a target is none, or no number of people reaches it.
pub fn staffing(queue: &Queue, target: &Target) -> Result<Staffing, Uncomputable> {
    let (servers, binding) = fewest_of(queue.offered(), queue.abandonment(), &|servers| queue.with(servers), target)?;
    Ok(Staffing { servers, binding, performance: queue.with(servers)? })
}

/// How it goes with so many at work.
type How<'a> = &'a dyn Fn(u32) -> Result<Performance, Uncomputable>;

/// The fewest people with whom every part of a target is kept, and the part that asks for so many, given how it goes
/// with each number of them; `offered` is about how many are busy.
pub(crate) fn fewest_of(
    offered: f64,
    abandonment: f64,
    how: How<'_>,
    target: &Target,
) -> Result<(u32, Binding), Uncomputable> {
    let mut most: Option<(u32, Binding)> = None;
    for (binding, kept) in &parts(abandonment, target)? {
        let servers = fewest(offered, how, kept.as_ref())?;
        if most.is_none_or(|(most, _)| servers > most) {
            most = Some((servers, *binding));
        }
    }
    most.ok_or_else(|| {
        Uncomputable::TooLittle(
            "there is no target; say which share is to be served within which time, how long the mean wait may be, \
             what share may give up, or how busy people may be"
                .to_owned(),
        )
    })
}

/// Whether it goes as a part of the target asks.
type Kept = Box<dyn Fn(&Performance) -> bool>;

fn parts(abandonment: f64, target: &Target) -> Result<Vec<(Binding, Kept)>, Uncomputable> {
    let mut parts: Vec<(Binding, Kept)> = Vec::new();
    if let Some(Level { share: level, within, base }) = target.level {
        not_negative("the time of the service level", within)?;
        share("the service level", level)?;
        if level >= 1.0 {
            return Err(impossible("a service level of 100 %", "some wait longer", "99.9 %"));
        }
        positive("the service level", level)?;
        parts.push((Binding::Level, Box::new(move |how| how.level(within, base) >= level - SLACK)));
    }
    if let Some(mean_wait) = target.mean_wait {
        not_negative("the mean wait", mean_wait)?;
        if mean_wait == 0.0 {
            return Err(impossible("a mean wait of 0", "some wait", "1 second"));
        }
        let kept = move |how: &Performance| how.mean_wait_of_served() <= mean_wait * (1.0 + SLACK);
        parts.push((Binding::MeanWait, Box::new(kept)));
    }
    if let Some(gives_up) = target.gives_up {
        share("the share that may give up", gives_up)?;
        if abandonment == 0.0 {
            return Err(Uncomputable::Impossible(
                "a share that may give up is asked for where nobody ever gives up; give the patience after which \
                 customers leave, or leave the share out"
                    .to_owned(),
            ));
        }
        if gives_up == 0.0 {
            return Err(impossible("that nobody gives up", "some give up", "0.1 %"));
        }
        let kept = move |how: &Performance| how.gives_up() <= gives_up * (1.0 + SLACK);
        parts.push((Binding::GivesUp, Box::new(kept)));
    }
    if let Some(occupancy) = target.occupancy {
        positive("the occupancy", share("the occupancy", occupancy)?)?;
        let kept = move |how: &Performance| how.occupancy() <= occupancy * (1.0 + SLACK);
        parts.push((Binding::Occupancy, Box::new(kept)));
    }
    Ok(parts)
}

fn impossible(asked: &str, because: &str, instead: &str) -> Uncomputable {
    Uncomputable::Impossible(format!(
        "{asked} is reached by no number of people, however many: {because} whenever more come at once than are at \
         work; ask for less, such as {instead}"
    ))
}

/// The fewest with whom `kept` holds, which holds from some number on.
fn fewest(offered: f64, how: How<'_>, kept: &dyn Fn(&Performance) -> bool) -> Result<u32, Uncomputable> {
    let holds = |servers: u32| match how(servers) {
        Ok(goes) => Ok(kept(&goes)),
        Err(Uncomputable::Unstable { .. }) => Ok(false),
        Err(refused) => Err(refused),
    };
    let start = square_root(offered, 1.0).ceil().clamp(1.0, f64::from(SERVERS_MAX)) as u32;
    let (mut fails, mut reaches) = (0u32, start);
    while !holds(reaches)? {
        if reaches == SERVERS_MAX {
            return Err(Uncomputable::Impossible(format!(
                "a million people do not reach the target with {:.0} erlangs of work; look at the units of volume and \
                 handling time, or ask for less",
                offered
            )));
        }
        // Steps that double, so that what is far is reached soon.
        (fails, reaches) = (reaches, reaches.saturating_add((reaches - fails).saturating_mul(2)).min(SERVERS_MAX));
    }
    while reaches - fails > 1 {
        let middle = fails + (reaches - fails) / 2;
        if holds(middle)? {
            reaches = middle;
        } else {
            fails = middle;
        }
    }
    Ok(reaches)
}

/// The square-root rule: `R + β·√R` people for R erlangs of work, β the quality of service (Garnett, Mandelbaum and
/// Reiman 2002). A value to begin with; what is answered is exact.
pub fn square_root(offered: f64, quality: f64) -> f64 {
    offered + quality * offered.sqrt()
}

/// How many have to be on the roster for so many at work, where a share of paid time is not worked (shrinkage: breaks,
/// training, illness): `⌈n/(1 − shrinkage)⌉`.
///
/// # Errors
/// When the share is not from 0 up to below 1.
pub fn rostered(servers: u32, shrinkage: f64) -> Result<u32, Uncomputable> {
    if shrinkage != 0.0 {
        inner_share("shrinkage", shrinkage)?;
    }
    let exact = f64::from(servers) / (1.0 - shrinkage);
    // What rounding added is nobody.
    let whole = (exact * (1.0 - SLACK)).ceil();
    if whole > f64::from(u32::MAX) {
        let cure = "so little time is left for work that nobody could be rostered; give a smaller share";
        return Err(Uncomputable::Input { what: "shrinkage", value: shrinkage, cure });
    }
    Ok(whole as u32)
}
