//! From which score on an article is quoted, learnt from the questions that the bundle lists.

/// The share of the trials, two for each question that is listed as answered and one for each of the others, that may
/// be answered wrongly. With it some 2 per cent of the `dev` questions of `data/questions.csv` are.
const WRONG_MAX: f64 = 0.035;
/// How many listed questions the prior is worth.
const PRIOR_WEIGHT: f64 = 20.0;

/// A listed question that was held out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trial {
    /// The score of the best article.
    pub(super) score: f64,
    /// Whether that article answers it.
    pub(super) right: bool,
}

/// The threshold where no question is listed: with or without an encoder, with or without questions not answered.
pub(super) fn prior(encoder: bool, not_answered: bool) -> f64 {
    match (encoder, not_answered) {
        (true, true) => 0.35,
        (true, false) => 0.88,
        (false, true) => 0.5,
        (false, false) => 0.75,
    }
}

/// The least score at which few enough are answered wrongly, drawn towards the prior where the trials are few.
pub(super) fn learn(mut trials: Vec<Trial>, prior: f64) -> f64 {
    trials.sort_by(|a, b| b.score.total_cmp(&a.score));
    let count = trials.len() as f64;
    let (mut wrong, mut least) = (0.0, None);
    for trial in &trials {
        wrong += f64::from(u8::from(!trial.right));
        if wrong > WRONG_MAX * count {
            break;
        }
        least = Some(trial.score);
    }
    // Where already the first are wrong, only what is better than all of them is right.
    let learnt = least.or_else(|| trials.first().map(|trial| trial.score)).unwrap_or(prior);
    (learnt * count + prior * PRIOR_WEIGHT) / (count + PRIOR_WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_enough_are_wrong_above_it_and_few_trials_leave_the_prior() {
        let trial = |score: f64, right| Trial { score, right };
        assert!((learn(Vec::new(), 0.4) - 0.4).abs() < 1e-9);
        // Of 1,000, the thirty-sixth wrong one is at 0.464.
        let many: Vec<_> = (0..1_000).map(|at| trial(f64::from(at) / 1_000.0, at >= 500)).collect();
        let learnt = learn(many, 0.465);
        assert!((learnt - 0.465).abs() < 1e-3, "{learnt}");
        let few = learn(vec![trial(0.9, false), trial(0.2, true)], 0.4);
        assert!(few > 0.4 && few < 0.5, "{few}");
    }
}
