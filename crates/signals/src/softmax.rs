//! Multinomial logistic regression (softmax), trained by stochastic gradient descent: one example after another in
//! shuffled order, with a step that falls to nothing.

use crate::{
    features::Feature,
    linear::Linear,
    shuffle::{SEED, shuffle},
};
use pulp::{Arch, Simd, WithSimd};

/// How much the loss weighs against the size of the weights (as `C` in LIBLINEAR).
const COST: f32 = 20.0;
/// The first step.
const STEP: f32 = 0.4;
/// Passes over the examples: many where they are few.
const PASSES: (usize, usize) = (16, 30);
/// Examples seen that are aimed at with that.
const SEEN: usize = 60_000;

/// Classes that a processor works on at once.
type Lanes = [f32; 16];

/// Trains on rows with their classes; the same rows give the same weights. The numbers of features are below
/// `features`.
pub(crate) fn train(rows: &[&[Feature]], labels: &[usize], classes: usize, features: usize) -> Linear {
    // With the widest vectors that the processor has, which make each number as without them.
    Arch::new().dispatch(Descent { rows, labels, classes, features })
}

/// What is trained on.
struct Descent<'a> {
    rows: &'a [&'a [Feature]],
    labels: &'a [usize],
    classes: usize,
    features: usize,
}

impl WithSimd for Descent<'_> {
    type Output = Linear;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Linear {
        descend(self.rows, self.labels, self.classes, self.features)
    }
}

#[inline(always)]
fn descend(rows: &[&[Feature]], labels: &[usize], classes: usize, features: usize) -> Linear {
    const NONE: Lanes = [0.0; 16];
    let wide = classes.div_ceil(NONE.len());
    // The weights of a feature for all classes stand together; behind the last class there is room that stays 0.
    let mut weights = vec![NONE; features * wide];
    let mut bias = vec![0.0f32; classes];
    // The weights are these times `scale`, so that all of them shrink at once.
    let mut scale = 1.0f32;
    let shrink = 1.0 / (COST * rows.len().max(1) as f32);
    let passes = (SEEN / rows.len().max(1)).clamp(PASSES.0, PASSES.1);
    let total = (passes * rows.len()).max(1) as f32;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut random = SEED;
    let mut lanes = vec![NONE; wide];
    let mut seen = 0.0f32;
    for _ in 0..passes {
        shuffle(&mut order, &mut random);
        for at in &order {
            let (Some(row), Some(label)) = (rows.get(*at), labels.get(*at)) else { continue };
            let step = STEP * (1.0 - seen / total);
            seen += 1.0;
            lanes.fill(NONE);
            sum(&mut lanes, row, &weights);
            let margins = lanes.as_flattened_mut().get_mut(..classes).unwrap_or_default();
            for (margin, bias) in margins.iter_mut().zip(&bias) {
                *margin = *margin * scale + bias;
            }
            softmax(margins);
            if let Some(margin) = margins.get_mut(*label) {
                *margin -= 1.0;
            }
            scale *= 1.0 - step * shrink;
            bias.iter_mut().zip(&*margins).for_each(|(bias, gradient)| *bias -= step * gradient);
            let step = step / scale;
            margins.iter_mut().for_each(|gradient| *gradient *= step);
            lanes.as_flattened_mut().iter_mut().skip(classes).for_each(|behind| *behind = 0.0);
            for (number, value) in *row {
                let from = *number as usize * wide;
                let cells = weights.get_mut(from..from + wide).unwrap_or_default();
                cells.iter_mut().zip(&lanes).for_each(|(cells, gradient)| add(cells, -value, gradient));
            }
        }
    }
    let of_feature = |cells: &[Lanes]| -> Vec<f32> {
        cells.as_flattened().iter().take(classes).map(|weight| weight * scale).collect()
    };
    Linear { classes, weights: weights.chunks(wide.max(1)).flat_map(of_feature).collect(), bias }
}

/// Adds the weights of a row's features, each times its value, to `lanes`; four features at a time, in their order.
#[inline(always)]
fn sum(lanes: &mut [Lanes], row: &[Feature], weights: &[Lanes]) {
    let wide = lanes.len();
    let cells = |number: u32| weights.get(number as usize * wide..).unwrap_or_default().iter();
    let (fours, rest) = row.as_chunks::<4>();
    for [a, b, c, d] in fours {
        let of_all = cells(a.0).zip(cells(b.0)).zip(cells(c.0)).zip(cells(d.0));
        for (lanes, (((of_a, of_b), of_c), of_d)) in lanes.iter_mut().zip(of_all) {
            let mut sum = *lanes;
            add(&mut sum, a.1, of_a);
            add(&mut sum, b.1, of_b);
            add(&mut sum, c.1, of_c);
            add(&mut sum, d.1, of_d);
            *lanes = sum;
        }
    }
    for (number, value) in rest {
        lanes.iter_mut().zip(cells(*number)).for_each(|(lanes, cells)| add(lanes, *value, cells));
    }
}

#[inline(always)]
fn add(to: &mut Lanes, value: f32, of: &Lanes) {
    let mut sum = *to;
    for (sum, of) in sum.iter_mut().zip(of) {
        *sum += value * of;
    }
    *to = sum;
}

#[inline(always)]
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
        assert_eq!(descend(&rows, &labels, 3, 8), linear, "wide vectors change nothing");
    }
}
