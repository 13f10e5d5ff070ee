//! A linear classifier with how its margins are read, learnt together.

use crate::{
    calibrate::{self, Calibration, HeldOut, Judged},
    features::Feature,
    folds::fit_in_folds,
    linear::Linear,
    softmax,
};

/// A linear classifier, the probabilities that its margins mean, and the confidence below which it abstains.
#[derive(Debug, Clone)]
pub(crate) struct CalibratedClassifier {
    pub(crate) linear: Linear,
    pub(crate) calibration: Calibration,
    pub(crate) threshold: f32,
}

/// A judge that has learnt, and what it says of each example when it has not learnt from it.
pub(crate) struct Learnt {
    pub(crate) judge: CalibratedClassifier,
    pub(crate) held_out: Vec<Judged>,
    /// Share of labels that seem to be wrong.
    pub(crate) mislabelled: f64,
}

/// Examples as rows of features with their classes, each in a fold.
pub(crate) struct Lesson<'a> {
    pub(crate) rows: &'a [Vec<Feature>],
    pub(crate) labels: &'a [usize],
    pub(crate) classes: usize,
    pub(crate) features: usize,
    pub(crate) folds: &'a [usize],
    pub(crate) learner: Learner,
}

/// How a classifier learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learner {
    /// One against the rest, whose margins tell best what no class fits.
    Svm,
    /// All classes together, which makes more of few examples.
    Softmax,
}

impl CalibratedClassifier {
    /// Learns from all examples; how to read margins from each fold, by a classifier that has not seen it. `step` is
    /// told when it has.
    pub(crate) fn learn(lesson: &Lesson<'_>, step: &mut dyn FnMut()) -> Learnt {
        let fold_of = |at: usize| lesson.folds.get(at).copied().unwrap_or(0);
        let folds = lesson.folds.iter().max().map_or(0, |last| last + 1);
        let (linear, margins) =
            fit_in_folds(lesson.rows, lesson.labels, folds, &fold_of, &|rows, labels| match lesson.learner {
                Learner::Softmax => softmax::train(rows, labels, lesson.classes, lesson.features),
                Learner::Svm => Linear::train(rows, labels, lesson.classes, lesson.features, 1),
            });
        step();
        let calibration = Calibration::learn(&margins, lesson.labels);
        let held_out: Vec<Judged> = margins.iter().map(|margins| calibration.judge(margins)).collect();
        let held: Vec<HeldOut> = held_out
            .iter()
            .zip(&margins)
            .zip(lesson.labels)
            .map(|((judged, margins), label)| HeldOut {
                confidence: judged.confidence,
                right: judged.best == *label,
                far: is_far(margins, *label),
            })
            .collect();
        let (threshold, mislabelled) = calibrate::threshold(&held);
        Learnt { judge: Self { linear, calibration, threshold }, held_out, mislabelled }
    }

    pub(crate) fn judge(&self, row: &[Feature]) -> Judged {
        self.calibration.judge(&self.linear.margins(row))
    }
}

/// Whether three other classes or more are likelier than this one.
fn is_far(margins: &[f32], label: usize) -> bool {
    let own = margins.get(label).copied().unwrap_or(f32::NEG_INFINITY);
    margins.iter().filter(|margin| **margin > own).count() >= 3
}
