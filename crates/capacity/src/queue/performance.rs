//! How a queue goes with so many at work, in the long run.
//!
//! Without giving up it is M/M/n (Erlang C): `P(W > T) = C·e^{−(nμ−λ)T}`, mean wait `C/(nμ−λ)`. With exponential
//! patience it is M/M/n+M (Erlang A; Mandelbaum and Zeltyn 2005): with B of Erlang's loss formula and r = 1/A(x, y),
//! `P(W > 0) = B/(r + (1−r)B)`, `P(Ab) = P(W > 0)·(r/ρ + 1 − 1/ρ)`, `E[W] = P(Ab)/θ`. Where nobody waits it is M/M/n/n
//! (Erlang B). Each wait that is asked for is in the queue's unit of time.

use super::{
    erlang::{blocked, delayed},
    waiting::Waiting,
};
use crate::uncomputable::{Uncomputable, positive};
use serde::Serialize;

/// People at work at most.
pub const SERVERS_MAX: u32 = 1_000_000;
/// Offered work at most, in erlangs: a million times as much as one queue's people at most could do.
const OFFERED_MAX: f64 = 1e12;
/// Patience and handling time are within a factor of this of each other.
const PATIENCE_RATIO_MAX: f64 = 1e6;

/// What comes to a queue. Rates per unit of time; every time that is given or answered is in the same unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Queue {
    arrivals: f64,
    service: f64,
    abandonment: f64,
}

impl Queue {
    /// Customers that come per unit of time, how many of them one server ends per unit of time (1 / mean handling
    /// time), and how fast one who waits gives up (1 / mean patience): 0 where nobody ever does, infinite where nobody
    /// waits at all.
    ///
    /// # Errors
    /// When a number is none that a queue could have.
    pub fn new(arrivals: f64, service: f64, abandonment: f64) -> Result<Self, Uncomputable> {
        positive("the rate of arrivals", arrivals)?;
        positive("the rate of service", service)?;
        if abandonment.is_nan() || abandonment < 0.0 {
            let cure = "it must be 0, where nobody ever gives up, or more";
            return Err(Uncomputable::Input { what: "the rate of giving up", value: abandonment, cure });
        }
        let offered = arrivals / service;
        if !(1e-12..=OFFERED_MAX).contains(&offered) {
            let cure = "it must be between a millionth of a millionth and a million millions; look at the units of \
                        volume and handling time";
            return Err(Uncomputable::Input { what: "the offered work in erlangs", value: offered, cure });
        }
        let ratio = abandonment / service;
        let bounded = ratio == 0.0 || ratio == f64::INFINITY;
        if !bounded && !(1.0 / PATIENCE_RATIO_MAX..=PATIENCE_RATIO_MAX).contains(&ratio) {
            let cure = "it must be at most a million times the other way round; leave patience out where nobody ever \
                        gives up";
            return Err(Uncomputable::Input { what: "mean handling time over mean patience", value: ratio, cure });
        }
        Ok(Self { arrivals, service, abandonment })
    }

    /// As [`Queue::new`], of times: customers per unit of time, mean handling time, and mean patience if any give up.
    ///
    /// # Errors
    /// When a number is none that a queue could have.
    pub fn of_times(arrivals: f64, handling: f64, patience: Option<f64>) -> Result<Self, Uncomputable> {
        positive("the handling time", handling)?;
        let abandonment = match patience {
            Some(patience) => 1.0 / positive("the patience", patience)?,
            None => 0.0,
        };
        Self::new(arrivals, 1.0 / handling, abandonment)
    }

    /// Customers per unit of time.
    pub fn arrivals(&self) -> f64 {
        self.arrivals
    }

    /// Customers that one server ends per unit of time.
    pub fn service(&self) -> f64 {
        self.service
    }

    /// How fast one who waits gives up.
    pub fn abandonment(&self) -> f64 {
        self.abandonment
    }

    /// Offered work in erlangs: λ/μ, how many it would keep busy at least.
    pub fn offered(&self) -> f64 {
        self.arrivals / self.service
    }

    /// How it goes with so many at work.
    ///
    /// # Errors
    /// When nobody gives up and more comes than they can serve, or there are none or too many of them.
    pub fn with(&self, servers: u32) -> Result<Performance, Uncomputable> {
        Performance::new(*self, servers)
    }
}

/// Who counts in a service level. Where nobody gives up all are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelBase {
    /// The share of all who come that is served within the time: who gives up counts against it.
    #[default]
    All,
    /// The share of those served that is served within the time: who gives up is left out.
    Served,
    /// The share of all who come that waits no longer than the time: who gives up before it is over counts for it.
    Waiting,
}

/// How a queue goes with so many at work, in the long run.
#[derive(Debug, Clone, Copy)]
pub struct Performance {
    queue: Queue,
    servers: u32,
    waits: f64,
    at_once: f64,
    gives_up: f64,
    served: f64,
    form: Form,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    /// Nobody gives up (Erlang C).
    Patient,
    /// Who waits gives up after an exponential time (Erlang A).
    Impatient(Waiting),
    /// Nobody waits at all (Erlang B).
    Loss,
}

impl Performance {
    pub(super) fn new(queue: Queue, servers: u32) -> Result<Self, Uncomputable> {
        if servers == 0 || servers > SERVERS_MAX {
            let (what, value) = ("the number of people at work", f64::from(servers));
            return Err(Uncomputable::Input { what, value, cure: "it must be between 1 and a million" });
        }
        let offered = queue.offered();
        if queue.abandonment == 0.0 {
            let waits = delayed(servers, offered)?;
            let (at_once, gives_up, served) = (1.0 - waits, 0.0, 1.0);
            return Ok(Self { queue, servers, waits, at_once, gives_up, served, form: Form::Patient });
        }
        let (busy, free) = blocked(servers, offered);
        if queue.abandonment == f64::INFINITY {
            let (waits, at_once, gives_up, served) = (busy, free, busy, free);
            return Ok(Self { queue, servers, waits, at_once, gives_up, served, form: Form::Loss });
        }
        let x = f64::from(servers) * queue.service / queue.abandonment;
        let waiting = Waiting::new(x, queue.arrivals / queue.abandonment);
        let r = waiting.ln_r().exp();
        let either = r + (1.0 - r) * busy;
        // Where neither can be told from 0, far more come than are served, and everybody waits.
        let (waits, at_once) = if either > 0.0 { (busy / either, r * free / either) } else { (1.0, 0.0) };
        let (gives_up, served) = (waits * waiting.gives_up, (at_once + waits * waiting.served).min(1.0));
        Ok(Self { queue, servers, waits, at_once, gives_up, served, form: Form::Impatient(waiting) })
    }

    /// What comes.
    pub fn queue(&self) -> Queue {
        self.queue
    }

    /// People at work.
    pub fn servers(&self) -> u32 {
        self.servers
    }

    /// Probability that a customer finds everybody busy: that they wait, or go at once where nobody waits.
    pub fn waits(&self) -> f64 {
        self.waits
    }

    /// Share of all customers that give up before they are served.
    pub fn gives_up(&self) -> f64 {
        self.gives_up
    }

    /// Share of all customers that are served.
    pub fn served(&self) -> f64 {
        self.served
    }

    /// Mean wait of all customers, until they are served or give up.
    pub fn mean_wait(&self) -> f64 {
        match self.form {
            Form::Patient => self.waits / self.room(),
            Form::Impatient(_) => self.gives_up / self.queue.abandonment,
            Form::Loss => 0.0,
        }
    }

    /// Mean wait of those who are served: the average speed of answer (ASA).
    pub fn mean_wait_of_served(&self) -> f64 {
        match &self.form {
            Form::Patient => self.mean_wait(),
            Form::Impatient(waiting) => {
                self.waits * waiting.served_wait / self.queue.abandonment / self.served.max(f64::MIN_POSITIVE)
            }
            Form::Loss => 0.0,
        }
    }

    /// How many wait in the mean (Little's law).
    pub fn queue_length(&self) -> f64 {
        self.queue.arrivals * self.mean_wait()
    }

    /// Share of their time that those at work are busy.
    pub fn occupancy(&self) -> f64 {
        (self.queue.offered() / f64::from(self.servers) * self.served).min(1.0)
    }

    /// Probability that a customer who never gave up would wait longer than `time`.
    pub fn offered_wait_exceeds(&self, time: f64) -> f64 {
        match &self.form {
            Form::Patient => self.waits * (-self.room() * time).exp(),
            Form::Impatient(waiting) => self.waits * waiting.offered_exceeds(self.queue.abandonment * time),
            Form::Loss => 0.0,
        }
    }

    /// Probability that a customer waits longer than `time`, until they are served or give up.
    pub fn wait_exceeds(&self, time: f64) -> f64 {
        (-self.queue.abandonment.min(f64::MAX) * time).exp() * self.offered_wait_exceeds(time)
    }

    /// Share of all customers that are served after more than `time`.
    pub fn served_after(&self, time: f64) -> f64 {
        match &self.form {
            Form::Patient => self.offered_wait_exceeds(time),
            Form::Impatient(waiting) => self.waits * waiting.served_after(self.queue.abandonment * time),
            Form::Loss => 0.0,
        }
    }

    /// Service level: the share of all customers that is served within `time`. Who gives up counts as not served.
    pub fn served_within(&self, time: f64) -> f64 {
        let directly = match &self.form {
            Form::Impatient(waiting) => waiting.served_within(self.queue.abandonment * time),
            Form::Patient | Form::Loss => None,
        };
        let level = match directly {
            Some(within) => self.at_once + self.waits * within,
            None => 1.0 - self.gives_up - self.served_after(time),
        };
        level.clamp(0.0, 1.0)
    }

    /// Service level of those who are served: the share of them that is served within `time`.
    pub fn served_within_of_served(&self, time: f64) -> f64 {
        if self.served > 0.0 { (self.served_within(time) / self.served).min(1.0) } else { 0.0 }
    }

    /// The service level, by who counts.
    pub fn level(&self, time: f64, base: LevelBase) -> f64 {
        match base {
            LevelBase::All => self.served_within(time),
            LevelBase::Served => self.served_within_of_served(time),
            LevelBase::Waiting => (1.0 - self.wait_exceeds(time)).clamp(0.0, 1.0),
        }
    }

    /// Customers per unit of time that could be served beyond those who come.
    fn room(&self) -> f64 {
        f64::from(self.servers) * self.queue.service - self.queue.arrivals
    }
}
