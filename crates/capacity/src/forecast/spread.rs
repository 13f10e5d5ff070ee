//! How far days and weeks scatter around what was forecast of them.

/// The spread of a logarithm: what a week has in common, and what each day has beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Spread {
    pub(super) week: f64,
    pub(super) day: f64,
}

/// Splits the scatter of days by moments: what two days of one forecast have in common is the week's, the rest is the
/// day's. Each list has the errors of one forecast with the variance that chance alone explains.
pub(super) fn split(forecasts: &[Vec<(f64, f64)>]) -> Spread {
    let (mut whole, mut days, mut common, mut pairs) = (0.0, 0.0, 0.0, 0.0);
    for errors in forecasts {
        let sum: f64 = errors.iter().map(|(error, _)| error).sum();
        let squares: f64 = errors.iter().map(|(error, _)| error * error).sum();
        let count = errors.len() as f64;
        whole += squares - errors.iter().map(|(_, chance)| chance).sum::<f64>();
        days += count;
        common += sum * sum - squares;
        pairs += count * (count - 1.0);
    }
    if days <= 0.0 {
        return Spread::default();
    }
    let variance = (whole / days).max(0.0);
    let common = if pairs > 0.0 { (common / pairs).clamp(0.0, variance) } else { 0.0 };
    Spread { week: common.sqrt(), day: (variance - common).sqrt() }
}

/// Sums of exponentially weighted values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Smoothed {
    sum: f64,
    weight: f64,
}

impl Smoothed {
    pub(super) fn take(&mut self, value: f64, weight: f64, new: f64) {
        self.sum = self.sum * (1.0 - new) + value * weight;
        self.weight = self.weight * (1.0 - new) + weight;
    }

    pub(super) fn mean(&self) -> Option<f64> {
        (self.weight > 1e-12).then(|| self.sum / self.weight)
    }
}

/// The weight of a new day by which days to come were foretold best: least absolute error over a week ahead, and the
/// errors of each day's forecast. `values` are days in order with their weight and the variance of chance.
pub(super) fn best_memory(values: &[(f64, f64, f64)], choices: &[f64], ahead: usize) -> (f64, Vec<Vec<(f64, f64)>>) {
    let mut best = (f64::INFINITY, choices.first().copied().unwrap_or(0.1), Vec::new());
    for new in choices {
        let (mut level, mut error, mut forecasts) = (Smoothed::default(), 0.0, Vec::new());
        for (day, (value, weight, _)) in values.iter().enumerate() {
            level.take(*value, *weight, *new);
            let (Some(mean), true) = (level.mean(), day + 1 >= ahead) else { continue };
            let next = values.iter().skip(day + 1).take(ahead).filter(|(_, weight, _)| *weight > 0.0);
            let errors: Vec<(f64, f64)> = next.map(|(value, _, chance)| (value - mean, *chance)).collect();
            error += errors.iter().map(|(error, _)| error.abs()).sum::<f64>();
            if !errors.is_empty() {
                forecasts.push(errors);
            }
        }
        if error < best.0 {
            best = (error, *new, forecasts);
        }
    }
    (best.1, best.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::random::{Draws, Purpose};

    #[test]
    fn what_weeks_have_in_common_is_told_from_what_days_have() {
        let mut draws = Draws::new(5, Purpose::Level, 0, 0, 0);
        let forecasts: Vec<Vec<(f64, f64)>> = (0..4_000)
            .map(|_| {
                let week = 0.1 * draws.normal();
                (0..7).map(|_| (week + 0.2 * draws.normal() + 0.05 * draws.normal(), 0.0025)).collect()
            })
            .collect();
        let Spread { week, day } = split(&forecasts);
        assert!((week - 0.1).abs() < 0.01 && (day - 0.2).abs() < 0.01, "{week} {day}");
        assert_eq!(split(&[]), Spread::default());
    }
}
