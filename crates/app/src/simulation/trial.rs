//! A bundle that is tried on a support: what of the support means what to it.

use crate::simulation::{counts::SimulationCounts, error::SimulationError, opening::Opening, people::Group};
use jiff::{ToSpan as _, civil::Weekday, tz::TimeZone};
use remit_capacity::simulate::{Description, Network, StaffGroup};
use remit_domain::id::{ResponderId, Timestamp};
use remit_policy::{
    bundle::{Bundle, CandidateSpec, QueueSpec},
    engine::Engine,
};
use std::sync::{Arc, Mutex, PoisonError};

/// A bundle, made ready to be tried on a support.
pub struct Simulation {
    pub(super) bundle: Arc<Bundle>,
    pub(super) engine: Engine,
    /// The queues of the support, in its order.
    pub(super) queues: Vec<ResponderId>,
    pub(super) openings: Vec<Opening>,
    pub(super) groups: Vec<Group>,
    /// The moment at which the simulated week begins.
    begins: Timestamp,
    told: Mutex<SimulationCounts>,
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").field("bundle", &self.bundle.digest()).finish_non_exhaustive()
    }
}

impl Simulation {
    /// Of `bundle` on the support that `description` is of, and `network` made of it. Its weeks begin on the Monday of
    /// the week of `date`, at midnight where the bundle's first queue works; a change of clocks moves the rest of them
    /// by its hour.
    ///
    /// # Errors
    /// [`SimulationError`] says what of the description means nothing to the bundle.
    pub fn new(
        bundle: Arc<Bundle>,
        description: &Description,
        network: &Network,
        date: &str,
    ) -> Result<Self, SimulationError> {
        let is_queue = |spec: &&CandidateSpec| spec.queue.is_some();
        let there = || bundle.candidates().iter().filter(is_queue);
        let queue = |name: &String| {
            let found = there().find(|spec| spec.responder.as_str() == name).map(|spec| spec.responder.clone());
            found.ok_or_else(|| SimulationError::UnknownQueue {
                queue: name.clone(),
                there: there().map(|spec| spec.responder.to_string()).collect(),
            })
        };
        let zone = there().find_map(|spec| spec.queue.as_ref()).map_or("UTC", QueueSpec::zone);
        let begins = monday(date, zone).ok_or_else(|| SimulationError::NoDate(date.to_owned()))?;
        let queues = description.queue.iter().map(|of| queue(&of.name)).collect::<Result<Vec<_>, _>>()?;
        let openings = description.class.iter().map(|class| Opening::of(&bundle, class));
        let openings = openings.collect::<Result<Vec<_>, _>>()?;
        let most = |group: &StaffGroup| group.shifts.iter().map(|shift| shift.people).max().unwrap_or(0);
        let groups = description.group.iter().zip(&network.groups);
        let groups = groups.map(|(group, of)| Group::of(&bundle, group, most(of), &openings));
        Ok(Self {
            engine: Engine::new(&bundle),
            queues,
            groups: groups.collect::<Result<_, _>>()?,
            openings,
            begins,
            bundle,
            told: Mutex::default(),
        })
    }

    /// What the runs that have ended came to.
    pub fn counts(&self) -> SimulationCounts {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn count(&self, of_run: SimulationCounts) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).add(of_run);
    }

    /// A moment of the simulation, in minutes since it began.
    pub(super) fn moment(&self, minutes: f64) -> Timestamp {
        self.begins.plus_ms((minutes * MINUTE_MS).round() as i64)
    }

    /// The minutes of the simulation at a moment.
    pub(super) fn minutes(&self, at: Timestamp) -> f64 {
        at.since(self.begins) as f64 / MINUTE_MS
    }
}

const MINUTE_MS: f64 = 60_000.0;

/// The midnight at which the week of a date begins.
pub(super) fn monday(date: &str, zone: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = date.parse().ok()?;
    if !(1971..2200).contains(&date.year()) {
        return None;
    }
    let days = date.weekday().since(Weekday::Monday);
    let monday = date.checked_sub(i64::from(days).days()).ok()?;
    let midnight = monday.to_zoned_datetime(TimeZone::get(zone).ok()?).ok()?;
    Some(Timestamp(midnight.timestamp().as_millisecond()))
}
