//! From margins to probabilities that can be believed, and to the confidence below which to abstain; all of
//! it learnt from margins of messages that the classifier was not trained on.

/// Share of wrong answers among those kept that is aimed at. The promise is 5 %; what is below it is room for what a
/// sample of messages differs from all.
const RISK: f64 = 0.044;
/// Probability with which that bound may fail.
const DELTA: f64 = 0.1;
/// Answers that a threshold keeps at least, so that it can be judged.
const LEAST: usize = 40;
/// Share of right answers from which on a classifier can tell wrong labels.
const TOLD_LEAST: f64 = 0.65;
/// Share of wrong labels from which on they are taken for that.
const MISLABELLED_LEAST: f64 = 0.025;

/// How margins are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Calibration {
    /// Probabilities before the correction are softmax(margin / temperature).
    temperature: f32,
    /// Correction of the best one's probability: logistic in the terms of [`terms`].
    correction: [f64; TERMS],
    /// Logistic map from [`statistic`] to how little the message looks like any intent: centre and scale.
    scope: (f32, f32),
}

/// What a message's margins say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judged {
    pub(crate) best: usize,
    pub(crate) confidence: f32,
    pub(crate) second: usize,
    pub(crate) second_confidence: f32,
    pub(crate) out_of_scope: f32,
}

const TERMS: usize = 4;
/// How many numbers a calibration is.
pub(crate) const FLOATS: usize = TERMS + 3;

impl Calibration {
    /// Learns from margins that other messages' classifier gave, and the right labels.
    pub(crate) fn learn(margins: &[Vec<f32>], labels: &[usize]) -> Self {
        let temperature = temperature(margins, labels);
        let raw = Self { temperature, correction: [0.0, 1.0, 0.0, 0.0], scope: scope(margins) };
        let seen: Vec<([f64; TERMS], bool)> = margins
            .iter()
            .zip(labels)
            .map(|(margins, label)| {
                let ranked = Ranked::of(margins, temperature);
                (ranked.terms(), ranked.first.0 == *label)
            })
            .collect();
        Self { correction: logistic(&seen, raw.correction), ..raw }
    }

    pub(crate) fn judge(&self, margins: &[f32]) -> Judged {
        let ranked = Ranked::of(margins, self.temperature);
        let confidence = self.corrected(&ranked.terms());
        // The others share what is left as they did before.
        let left = (1.0 - confidence) / (1.0 - ranked.first.1).max(1e-6);
        let (centre, scale) = self.scope;
        Judged {
            best: ranked.first.0,
            confidence,
            second: ranked.second.0,
            second_confidence: (ranked.second.1 * left).min(confidence),
            out_of_scope: 1.0 / (1.0 + ((statistic(margins) - centre) / scale).exp()),
        }
    }

    fn corrected(&self, terms: &[f64; TERMS]) -> f32 {
        sigmoid(dot(&self.correction, terms)) as f32
    }

    pub(crate) fn to_floats(self) -> [f32; FLOATS] {
        let [a, b, c, d] = self.correction.map(|x| x as f32);
        [self.temperature, self.scope.0, self.scope.1, a, b, c, d]
    }

    pub(crate) fn from_floats([temperature, centre, scale, a, b, c, d]: [f32; FLOATS]) -> Self {
        Self { temperature, correction: [a, b, c, d].map(f64::from), scope: (centre, scale) }
    }
}

/// The two best by probability, and the best margins.
struct Ranked {
    first: (usize, f32),
    second: (usize, f32),
    margins: (f32, f32),
}

impl Ranked {
    fn of(margins: &[f32], temperature: f32) -> Self {
        let probabilities = softmax(margins, temperature);
        let (mut first, mut second) = ((0, 0.0f32), (0, 0.0f32));
        for (at, p) in probabilities.iter().enumerate() {
            if *p > first.1 {
                (first, second) = ((at, *p), first);
            } else if *p > second.1 {
                second = (at, *p);
            }
        }
        let margin = |at: usize| margins.get(at).copied().unwrap_or(0.0);
        Self { first, second, margins: (margin(first.0), margin(second.0)) }
    }

    /// What the correction looks at: a constant, the log odds, the margin, and its lead.
    fn terms(&self) -> [f64; TERMS] {
        let p = f64::from(self.first.1).clamp(1e-6, 1.0 - 1e-6);
        let (first, second) = (f64::from(self.margins.0), f64::from(self.margins.1));
        [1.0, (p / (1.0 - p)).ln(), first, first - second]
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(a: &[f64; TERMS], b: &[f64; TERMS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Logistic regression by Newton's method, drawn a little towards `prior`.
#[expect(clippy::indexing_slicing, reason = "every index is below TERMS, the length of every array")]
fn logistic(seen: &[([f64; TERMS], bool)], prior: [f64; TERMS]) -> [f64; TERMS] {
    const RIDGE: f64 = 1.0;
    let mut weights = prior;
    for _ in 0..20 {
        let mut gradient = [0.0; TERMS];
        let mut hessian = [[0.0; TERMS]; TERMS];
        for at in 0..TERMS {
            gradient[at] = RIDGE * (weights[at] - prior[at]);
            hessian[at][at] = RIDGE;
        }
        for (terms, right) in seen {
            let p = sigmoid(dot(&weights, terms));
            for a in 0..TERMS {
                gradient[a] += (p - f64::from(u8::from(*right))) * terms[a];
                for b in 0..TERMS {
                    hessian[a][b] += p * (1.0 - p) * terms[a] * terms[b];
                }
            }
        }
        let step = solve(hessian, gradient);
        weights.iter_mut().zip(step).for_each(|(weight, step)| *weight -= step);
        if step.iter().all(|step| step.abs() < 1e-9) {
            break;
        }
    }
    weights
}

/// Solves a symmetric positive definite system by elimination.
#[expect(clippy::indexing_slicing, reason = "every index is below TERMS, the length of every array")]
fn solve(mut matrix: [[f64; TERMS]; TERMS], mut right: [f64; TERMS]) -> [f64; TERMS] {
    for pivot in 0..TERMS {
        for row in pivot + 1..TERMS {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            let above = matrix[pivot];
            matrix[row].iter_mut().zip(above).for_each(|(cell, above)| *cell -= factor * above);
            right[row] -= factor * right[pivot];
        }
    }
    let mut solution = [0.0; TERMS];
    for row in (0..TERMS).rev() {
        let known: f64 = (row + 1..TERMS).map(|column| matrix[row][column] * solution[column]).sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    solution
}

fn softmax(margins: &[f32], temperature: f32) -> Vec<f32> {
    let top = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut out: Vec<f32> = margins.iter().map(|margin| ((margin - top) / temperature).exp()).collect();
    let sum: f32 = out.iter().sum();
    out.iter_mut().for_each(|p| *p /= sum);
    out
}

/// The temperature with the least log loss, by golden-section search (Guo et al., ICML 2017).
fn temperature(margins: &[Vec<f32>], labels: &[usize]) -> f32 {
    let loss = |temperature: f32| -> f64 {
        margins
            .iter()
            .zip(labels)
            .map(|(margins, label)| {
                let p = softmax(margins, temperature).get(*label).copied().unwrap_or(0.0);
                -f64::from(p.max(1e-9)).ln()
            })
            .sum()
    };
    let (mut low, mut high) = (0.01f32, 2.0f32);
    for _ in 0..24 {
        let (a, b) = (high - 0.618 * (high - low), low + 0.618 * (high - low));
        if loss(a) < loss(b) {
            high = b;
        } else {
            low = a;
        }
    }
    f32::midpoint(low, high)
}

/// Confidences, whether they were right, and whether the label that was given is none of the three likeliest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldOut {
    pub(crate) confidence: f32,
    pub(crate) right: bool,
    pub(crate) far: bool,
}

/// The confidence below which to abstain, so that of what is kept hardly more than 5 % is wrong, and the share of
/// labels that seem to be wrong themselves. Above 1 where nothing can be kept.
///
/// Every threshold is tested by the binomial tail (as in Angelopoulos et al., "Learn then Test", arXiv:2110.01052), and
/// the laxest that passes is taken. Where wrong labels are told apart from wrong answers (Northcutt et al., "Confident
/// Learning", arXiv:1911.00068), they are not held against the classifier. Where no threshold passes, because there are
/// too few examples to show it, the one with the best bound is taken if what was seen keeps to the risk.
pub(crate) fn threshold(judged: &[HeldOut]) -> (f32, f64) {
    let mut sorted: Vec<HeldOut> = judged.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mislabelled = mislabelled(&sorted);
    let risk = mislabelled + (1.0 - mislabelled) * RISK;
    let least = LEAST.max(sorted.len() / 10);
    let step = (sorted.len() / 400).max(1);
    let (mut chosen, mut best) = (f32::INFINITY, (f64::INFINITY, f32::INFINITY));
    let mut wrong = 0u64;
    for (at, one) in sorted.iter().enumerate() {
        wrong += u64::from(!one.right);
        let kept = at as u64 + 1;
        if at + 1 < least || !kept.is_multiple_of(step as u64) {
            continue;
        }
        let tail = binomial_tail(kept, wrong, risk);
        if tail <= DELTA {
            chosen = one.confidence;
        }
        if tail < best.0 && wrong as f64 <= risk * kept as f64 {
            best = (tail, one.confidence);
        }
    }
    (if chosen.is_finite() { chosen } else { best.1 }, mislabelled)
}

/// The share of labels that are wrong, by those that contradict the surest half of the answers outright; 0 unless it is
/// shown to be beyond what answers get wrong there.
fn mislabelled(surest_first: &[HeldOut]) -> f64 {
    let right = surest_first.iter().filter(|one| one.right).count();
    if (right as f64) < TOLD_LEAST * surest_first.len() as f64 {
        return 0.0;
    }
    let half = surest_first.get(..surest_first.len() / 2).unwrap_or_default();
    let far = half.iter().filter(|one| one.far).count() as u64;
    let n = half.len() as u64;
    // The greatest share that is too small to explain what was seen (Clopper and Pearson 1934).
    let (mut low, mut high) = (0.0, far as f64 / n.max(1) as f64);
    for _ in 0..40 {
        let share = f64::midpoint(low, high);
        let tail = if far == 0 { 1.0 } else { 1.0 - binomial_tail(n, far - 1, share) };
        if tail < DELTA {
            low = share;
        } else {
            high = share;
        }
    }
    if low > MISLABELLED_LEAST { low } else { 0.0 }
}

/// P(Bin(n, p) ≤ k).
fn binomial_tail(n: u64, k: u64, p: f64) -> f64 {
    let (ln_p, ln_q) = (p.ln(), (1.0 - p).ln());
    let mut ln_choose = 0.0f64;
    let mut sum = 0.0f64;
    for i in 0..=k.min(n) {
        if i > 0 {
            ln_choose += ((n - i + 1) as f64).ln() - (i as f64).ln();
        }
        sum += (ln_choose + i as f64 * ln_p + (n - i) as f64 * ln_q).exp();
    }
    sum.min(1.0)
}

/// How much a message looks like some intent: its greatest margin, and how far it leads.
fn statistic(margins: &[f32]) -> f32 {
    let (mut first, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for margin in margins {
        if *margin > first {
            (first, second) = (*margin, first);
        } else if *margin > second {
            second = *margin;
        }
    }
    first + 0.25 * (first - second)
}

/// Centre and scale such that 5 % of the messages that do have an intent score above one half.
fn scope(margins: &[Vec<f32>]) -> (f32, f32) {
    let mut statistics: Vec<f32> = margins.iter().map(|margins| statistic(margins)).collect();
    statistics.sort_by(f32::total_cmp);
    let quantile = |q: f64| statistics.get((statistics.len() as f64 * q) as usize).copied().unwrap_or(0.0);
    (quantile(0.05), ((quantile(0.5) - quantile(0.05)) / 4.0).max(1e-3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Margins of three classes, of which the first is right as often as its lead says.
    fn sample() -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut state = 7u32;
        (0..4_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let lead = (state >> 16) as f32 / 65_536.0;
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let right = (state >> 16) as f32 / 65_536.0 < 0.5 + lead / 2.0;
                (vec![lead, 0.0, -1.0], usize::from(!right))
            })
            .unzip()
    }

    #[test]
    fn what_is_said_to_be_right_nine_times_in_ten_is() {
        let (margins, labels) = sample();
        let calibration = Calibration::learn(&margins, &labels);
        let judged = margins.iter().zip(&labels).map(|(m, label)| (calibration.judge(m), *label));
        let held = judged.map(|(j, label)| HeldOut { confidence: j.confidence, right: j.best == label, far: false });
        let (threshold, _) = threshold(&held.collect::<Vec<_>>());
        for (low, high) in [(0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0)] {
            let judged = margins.iter().zip(&labels).map(|(m, label)| (calibration.judge(m), *label));
            let bin: Vec<_> = judged.filter(|(j, _)| (low..high).contains(&f64::from(j.confidence))).collect();
            let said = bin.iter().map(|(j, _)| f64::from(j.confidence)).sum::<f64>() / bin.len() as f64;
            let was = bin.iter().filter(|(j, label)| j.best == *label).count() as f64 / bin.len() as f64;
            assert!(bin.len() > 100 && (said - was).abs() < 0.06, "{low}: said {said}, was {was}");
        }
        let kept: Vec<bool> = margins
            .iter()
            .zip(&labels)
            .map(|(m, label)| (calibration.judge(m), label))
            .filter(|(j, _)| j.confidence >= threshold)
            .map(|(j, label)| j.best == *label)
            .collect();
        let wrong = kept.iter().filter(|right| !**right).count() as f64 / kept.len() as f64;
        assert!(!kept.is_empty() && wrong <= RISK, "{wrong} of {}", kept.len());
        assert_eq!(Calibration::from_floats(calibration.to_floats()).to_floats(), calibration.to_floats());
    }

    #[test]
    fn a_system_is_solved() {
        let matrix = [[4.0, 1.0, 0.0, 0.0], [1.0, 3.0, 1.0, 0.0], [0.0, 1.0, 2.0, 0.5], [0.0, 0.0, 0.5, 1.0]];
        let x = [1.0, -2.0, 0.5, 3.0];
        let right = matrix.map(|row| dot(&row, &x));
        assert!(solve(matrix, right).iter().zip(x).all(|(found, x)| (found - x).abs() < 1e-12));
    }
}
