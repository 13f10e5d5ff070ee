//! The elasticity of demand from history, with an interval.
//!
//! `ln D = a − ε·ln E` by least squares, with Student's interval for ε. It assumes periods that do not depend on each
//! other, and effort that moved for other reasons than demand. Where the wait is part of the effort, many who come make
//! effort grow themselves, which hides elasticity: take efforts without the wait, or periods between which the support
//! itself was changed.

use crate::{
    special::student,
    uncomputable::{Uncomputable, inner_share, positive},
};

/// Periods at least.
const POINTS_MIN: usize = 8;
/// The greatest effort must be at least so many times the least one.
const VARIATION_MIN: f64 = 1.05;
/// Below this (Durbin and Watson 1950), periods depend on those before them.
const DEPENDENT_BELOW: f64 = 1.2;

/// An elasticity from history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ElasticityFit {
    /// By how many percent demand grew where effort fell by one.
    pub elasticity: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The confidence of the interval.
    pub confidence: f64,
    /// Periods.
    pub points: usize,
    /// Share of the variance of ln D that effort explains.
    pub explained: f64,
    /// Durbin and Watson's statistic: about 2 where periods do not depend on those before them.
    pub durbin_watson: f64,
}

impl ElasticityFit {
    /// Whether periods depend on those before them, so that the interval is too narrow.
    pub fn is_dependent(&self) -> bool {
        self.durbin_watson < DEPENDENT_BELOW
    }
}

/// The elasticity from effort and demand of each period, in their order.
///
/// # Errors
/// When history does not allow it: too few periods, effort that hardly varied, or numbers that are not above 0.
pub fn fit(history: &[(f64, f64)], confidence: f64) -> Result<ElasticityFit, Uncomputable> {
    inner_share("the confidence", confidence)?;
    let points = history.len();
    if points < POINTS_MIN {
        return Err(Uncomputable::TooLittle(format!(
            "history has {points} periods, and an interval takes at least {POINTS_MIN}; look at scenarios meanwhile"
        )));
    }
    let mut logs = Vec::with_capacity(points);
    for (effort, demand) in history {
        logs.push((positive("an effort", *effort)?.ln(), positive("a demand", *demand)?.ln()));
    }
    let (least, most) = logs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, m), (x, _)| (l.min(*x), m.max(*x)));
    if most - least < VARIATION_MIN.ln() {
        return Err(Uncomputable::TooLittle(format!(
            "effort varied by {:.1} % over all of history, and it takes at least {:.0} % to see how demand answers; \
             look at scenarios until something was changed",
            ((most - least).exp() - 1.0) * 100.0,
            (VARIATION_MIN - 1.0) * 100.0
        )));
    }
    let n = points as f64;
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / n;
    let spread: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let total: f64 = logs.iter().map(|(_, y)| (y - mean_y).powi(2)).sum();
    let slope = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / spread;
    let residuals: Vec<f64> = logs.iter().map(|(x, y)| y - mean_y - slope * (x - mean_x)).collect();
    let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
    let steps = residuals.iter().zip(residuals.iter().skip(1)).map(|(before, after)| (after - before).powi(2));
    let durbin_watson = if squares > 0.0 { steps.sum::<f64>() / squares } else { 2.0 };
    let error = (squares / (n - 2.0) / spread).sqrt();
    let half = student(n - 2.0, 1.0 - confidence) * error;
    let explained = if total > 0.0 { 1.0 - squares / total } else { 0.0 };
    let elasticity = -slope;
    let (low, high) = (elasticity - half, elasticity + half);
    Ok(ElasticityFit { elasticity, low, high, confidence, points, explained, durbin_watson })
}
