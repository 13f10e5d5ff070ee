//! Multinomial logistic regression (softmax), trained by stochastic gradient descent: one example after another in
//! shuffled order, with a step that falls to nothing.

use crate::{
    features::Feature,
    linear::Linear,
    shuffle::{SEED, shuffle},
};

/// How much the loss weighs against the size of the weights (as `C` in LIBLINEAR).
const COST: f32 = 20.0;
/// The first step.
const STEP: f32 = 0.4;
/// Passes over the examples: many where they are few.
const PASSES: (usize, usize) = (16, 60);
/// Examples seen that are aimed at with that.
const SEEN: usize = 120_000;

/// Trains on rows with their classes; the same rows give the same weights.
pub(crate) fn train(rows: &[&[Feature]], labels: &[usize], classes: usize, features: usize) -> Linear {
    let mut weights = vec![0.0f32; features * classes];
    let mut bias = vec![0.0f32; classes];
    // The weights are these times `scale`, so that all of them shrink at once.
    let mut scale = 1.0f32;
    let shrink = 1.0 / (COST * rows.len().max(1) as f32);
    let passes = (SEEN / rows.len().max(1)).clamp(PASSES.0, PASSES.1);
    let total = (passes * rows.len()).max(1) as f32;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut random = SEED;
    let mut margins = vec![0.0f32; classes];
    let mut seen = 0.0f32;
    for _ in 0..passes {
        shuffle(&mut order, &mut random);
        for at in &order {
            let (Some(row), Some(label)) = (rows.get(*at), labels.get(*at)) else { continue };
            let step = STEP * (1.0 - seen / total);
            seen += 1.0;
            margins.fill(0.0);
            for (number, value) in *row {
                if let Some(cells) = of_feature(&weights, *number, classes) {
                    margins.iter_mut().zip(cells).for_each(|(margin, cell)| *margin += value * cell);
                }
            }
            for (margin, bias) in margins.iter_mut().zip(&bias) {
                *margin = *margin * scale + bias;
            }
            softmax(&mut margins);
            if let Some(margin) = margins.get_mut(*label) {
                *margin -= 1.0;
            }
            scale *= 1.0 - step * shrink;
            bias.iter_mut().zip(&margins).for_each(|(bias, gradient)| *bias -= step * gradient);
            let step = step / scale;
            margins.iter_mut().for_each(|gradient| *gradient *= step);
            for (number, value) in *row {
                if let Some(cells) = of_feature_mut(&mut weights, *number, classes) {
                    cells.iter_mut().zip(&margins).for_each(|(cell, gradient)| *cell -= value * gradient);
                }
            }
        }
    }
    weights.iter_mut().for_each(|weight| *weight *= scale);
    Linear { classes, weights, bias }
}

fn of_feature(weights: &[f32], number: u32, classes: usize) -> Option<&[f32]> {
    let from = number as usize * classes;
    weights.get(from..from + classes)
}

fn of_feature_mut(weights: &mut [f32], number: u32, classes: usize) -> Option<&mut [f32]> {
    let from = number as usize * classes;
    weights.get_mut(from..from + classes)
}

fn softmax(margins: &mut [f32]) {
    let top = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    margins.iter_mut().for_each(|margin| *margin = (*margin - top).exp());
    let sum: f32 = margins.iter().sum();
    margins.iter_mut().for_each(|margin| *margin /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_told_apart_is() {
        let rows: Vec<Vec<Feature>> = (0..60).map(|at| vec![(at % 3, 1.0), (3 + at % 5, 0.3)]).collect();
        let labels: Vec<usize> = (0..60).map(|at| at % 3).collect();
        let rows: Vec<&[Feature]> = rows.iter().map(Vec::as_slice).collect();
        let linear = train(&rows, &labels, 3, 8);
        for (row, label) in rows.iter().zip(&labels) {
            let margins = linear.margins(row);
            assert!((0..3).all(|other| other == *label || margins[*label] > margins[other] + 2.0), "{margins:?}");
        }
        assert_eq!(train(&rows, &labels, 3, 8), linear);
    }
}
