//! Classes of customers of whom the more urgent go first, where nobody who is being served is interrupted.
//!
//! Cobham (1954), and Kella and Yechiali (1985) for several servers: with one rate of service,
//! `W_k = (C(n, a)/nμ) / ((1 − s_{k−1})·(1 − s_k))`, s_k the occupancy by classes 1 to k.

use super::{erlang::delayed, performance::SERVERS_MAX};
use crate::uncomputable::{Uncomputable, positive};

/// How it goes for a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    /// Occupancy by this class and those before it.
    pub occupancy: f64,
    /// Its mean wait; none where its queue grows without end.
    pub mean_wait: Option<f64>,
}

/// The probability that a customer has to wait, and how it goes for each class, the most urgent first.
///
/// `rates` are customers of each class per unit of time, `service` is how many of them one server ends per unit of
/// time. Where more comes than is served, the classes before those that are too many still have their wait.
///
/// # Errors
/// When a number is none that a queue could have.
pub fn priority(servers: u32, service: f64, rates: &[f64]) -> Result<(f64, Vec<Class>), Uncomputable> {
    positive("the rate of service", service)?;
    if servers == 0 || servers > SERVERS_MAX {
        let (what, value) = ("the number of people at work", f64::from(servers));
        return Err(Uncomputable::Input { what, value, cure: "it must be between 1 and a million" });
    }
    if rates.is_empty() {
        return Err(Uncomputable::TooLittle("no class of customers is given; give the rate of each".to_owned()));
    }
    for rate in rates {
        positive("the rate of arrivals of a class", *rate)?;
    }
    let capacity = f64::from(servers) * service;
    let offered = rates.iter().sum::<f64>() / service;
    let waits = delayed(servers, offered).unwrap_or(1.0);
    let mut before = 0.0;
    let classes = rates.iter().map(|rate| {
        let occupancy = before + rate / capacity;
        let (first, second) = (1.0 - before, 1.0 - occupancy);
        before = occupancy;
        Class { occupancy, mean_wait: (second > 0.0).then(|| waits / capacity / (first * second)) }
    });
    let classes = classes.collect();
    Ok((waits, classes))
}
