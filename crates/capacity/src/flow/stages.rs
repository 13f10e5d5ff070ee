//! An AI first, people in tiers after it, and customers who come back.
//!
//! Of Λ requests per unit of time that the AI takes, it contains a share p; the rest goes to the first tier of people,
//! and of those whom a tier serves a share goes on to the next one. A share of those whom the AI contained comes back,
//! of those whom people resolved, and of those who gave up: `Λ = D + returns(Λ)`, D what comes from outside. With one
//! tier `Λ = D/(1 − φ)`, `φ = p·r_A + (1−p)·[P_ab·r_ab + (1 − P_ab)·r_H]` (cf. Ding et al., arXiv 1311.6248). Each
//! stage is taken for a queue to which customers come at random: Erlang C at an AI of bounded concurrency, Erlang C or
//! A at people. That is exact without giving up, or without returns (Jackson 1957); otherwise means are within some
//! percent of a long simulation, and tails are not.
//!
//! `Λ − returns(Λ)`, what leaves for good, grows with Λ, since who comes back does so with a probability below 1
//! however it goes. So there is one root, and bisection finds it and always ends; an iteration of Λ alone would have
//! to be damped where congestion sends back more than service does.

use crate::{
    queue::{Performance, Queue, delayed},
    root::last_below,
    uncomputable::{Uncomputable, not_negative, positive, share},
};

/// Rates of requests are at most so many times what comes from outside.
const AMPLIFIED_MAX: f64 = 1e6;

/// The AI that takes requests first. Times in the flow's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ai {
    /// Share that it contains: that no person sees.
    pub containment: f64,
    /// Mean time that it takes.
    pub handling: f64,
    /// How many requests it works on at once; none where that is not bounded.
    pub concurrency: Option<u32>,
}

/// People.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// How many are at work.
    pub servers: u32,
    /// Mean handling time.
    pub handling: f64,
    /// How fast one who waits gives up: 1 / mean patience; 0 where nobody does.
    pub abandonment: f64,
    /// Share of those served that goes on to the next tier; of no meaning at the last one.
    pub onward: f64,
}

/// Who comes back.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Returns {
    /// Share of those whom the AI contained.
    pub contained: f64,
    /// Share of those whom people resolved.
    pub resolved: f64,
    /// Share of those who gave up.
    pub gave_up: f64,
}

/// Stages, without what comes from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    ai: Ai,
    tiers: Vec<Tier>,
    returns: Returns,
}

/// How it goes in the long run.
#[derive(Debug, Clone)]
pub struct Steady {
    /// Requests from outside per unit of time.
    pub external: f64,
    /// Requests that the AI takes per unit of time.
    pub ai_rate: f64,
    /// Mean wait for the AI.
    pub ai_wait: f64,
    /// Each tier that anybody comes to.
    pub tiers: Vec<Performance>,
}

impl Steady {
    /// Share of the requests that the AI takes that come back.
    pub fn returning(&self) -> f64 {
        1.0 - self.external / self.ai_rate
    }
}

impl Flow {
    /// The AI, tiers of people after it in order, and who comes back.
    ///
    /// # Errors
    /// When a number is none that a flow could have.
    pub fn new(ai: Ai, tiers: Vec<Tier>, returns: Returns) -> Result<Self, Uncomputable> {
        share("containment", ai.containment)?;
        not_negative("the AI's time", ai.handling)?;
        if tiers.is_empty() {
            return Err(Uncomputable::TooLittle("there are no people; give at least one tier of them".to_owned()));
        }
        for tier in &tiers {
            // The same bounds as of a queue.
            Queue::new(1.0 / positive("the handling time", tier.handling)?, 1.0 / tier.handling, tier.abandonment)?;
            share("the share that goes on to the next tier", tier.onward)?;
        }
        for (what, value) in [
            ("the share of contained that comes back", returns.contained),
            ("the share of resolved that comes back", returns.resolved),
            ("the share of those who gave up that comes back", returns.gave_up),
        ] {
            share(what, value)?;
        }
        Ok(Self { ai, tiers, returns })
    }

    /// The AI.
    pub fn ai(&self) -> Ai {
        self.ai
    }

    /// The tiers of people.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// Who comes back.
    pub fn returns(&self) -> Returns {
        self.returns
    }

    /// How it goes with so many requests at the AI, wherever they come from; `external` is what leaves for good.
    ///
    /// # Errors
    /// When a stage without giving up gets more than it can serve.
    pub fn at(&self, ai_rate: f64) -> Result<Steady, Uncomputable> {
        let ai_wait = match self.ai.concurrency {
            Some(servers) if self.ai.handling > 0.0 => {
                let load = ai_rate * self.ai.handling;
                let unstable = |_| Uncomputable::Unstable { what: "the AI", load, servers, least: load };
                delayed(servers, load).map_err(unstable)? / (f64::from(servers) / self.ai.handling - ai_rate)
            }
            _ => 0.0,
        };
        let mut back = ai_rate * self.ai.containment * self.returns.contained;
        let mut rate = ai_rate * (1.0 - self.ai.containment);
        let mut tiers = Vec::with_capacity(self.tiers.len());
        for (number, tier) in self.tiers.iter().enumerate() {
            if rate <= 0.0 {
                break;
            }
            let how = Queue::new(rate, 1.0 / tier.handling, tier.abandonment)?.with(tier.servers).map_err(named)?;
            let (gave_up, served) = (rate * how.gives_up(), rate * how.served());
            let onward = if number + 1 < self.tiers.len() { tier.onward } else { 0.0 };
            back += gave_up * self.returns.gave_up + served * (1.0 - onward) * self.returns.resolved;
            rate = served * onward;
            tiers.push(how);
        }
        Ok(Steady { external: ai_rate - back, ai_rate, ai_wait, tiers })
    }

    /// How it goes with so many requests from outside.
    ///
    /// # Errors
    /// When it is unstable: more is sent back, or to a stage at which nobody gives up, than can be served.
    pub fn settle(&self, external: f64) -> Result<Steady, Uncomputable> {
        positive("the rate of requests from outside", external)?;
        self.solve(external, external * AMPLIFIED_MAX, |steady| steady.external < external)
    }

    /// How it goes at the rate at the AI up to which `below` holds: from `least` on up to some rate, and at none after
    /// it.
    ///
    /// # Errors
    /// When a stage at which nobody gives up is full before that rate, or it is not below `most`.
    pub(super) fn solve(&self, least: f64, most: f64, below: impl Fn(&Steady) -> bool) -> Result<Steady, Uncomputable> {
        let ai_rate = last_below(least, most, |rate| self.at(rate).is_ok_and(|steady| below(&steady)));
        if ai_rate >= most {
            return Err(Uncomputable::Impossible(
                "the flow is unstable: almost everybody comes back, so that what is at work grows without end; look \
                 at the shares that come back, which must leave some who do not"
                    .to_owned(),
            ));
        }
        // Beyond the root of a stable flow lies a rate that is too much; where a stage is full first, none does.
        self.at(ai_rate * (1.0 + 4.0 * f64::EPSILON))?;
        self.at(ai_rate)
    }
}

/// Says of the people what is said of a queue.
fn named(refused: Uncomputable) -> Uncomputable {
    match refused {
        Uncomputable::Unstable { load, servers, least, .. } => {
            Uncomputable::Unstable { what: "the people's queue", load, servers, least }
        }
        other => other,
    }
}
