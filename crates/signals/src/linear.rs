//! Linear one-against-the-rest classifiers with squared hinge loss, trained by dual coordinate descent
//! (Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008).

use crate::{
    features::Feature,
    shuffle::{SEED, shuffle},
};

/// One weight per feature and class, feature by feature, so that a message sums contiguous rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Linear {
    pub(crate) classes: usize,
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

const PASSES: usize = 12;
const COST: f32 = 1.0;

impl Linear {
    /// Trains on rows with their classes. `threads` share the classes; the result does not depend on them.
    pub(crate) fn train(
        rows: &[&[Feature]],
        labels: &[usize],
        classes: usize,
        features: usize,
        threads: usize,
    ) -> Self {
        let belongs = |class: usize, row: usize| Some(labels.get(row) == Some(&class));
        Self::train_each(rows, classes, features, threads, &belongs)
    }

    /// Trains each class on the rows of which it is known whether they belong to it, by `belongs(class, row)`.
    pub(crate) fn train_each(
        rows: &[&[Feature]],
        classes: usize,
        features: usize,
        threads: usize,
        belongs: &(dyn Fn(usize, usize) -> Option<bool> + Sync),
    ) -> Self {
        let squares: Vec<f32> =
            rows.iter().map(|row| row.iter().map(|(_, weight)| weight * weight).sum::<f32>() + 1.0).collect();
        let per_thread = classes.div_ceil(threads.max(1)).max(1);
        let numbers: Vec<usize> = (0..classes).collect();
        let trained: Vec<(Vec<f32>, f32)> = std::thread::scope(|scope| {
            let handles: Vec<_> = numbers
                .chunks(per_thread)
                .map(|chunk| {
                    let squares = &squares;
                    let train = move |class: &usize| one(rows, &|row| belongs(*class, row), *class, features, squares);
                    scope.spawn(move || chunk.iter().map(train).collect::<Vec<_>>())
                })
                .collect();
            handles.into_iter().flat_map(|handle| handle.join().unwrap_or_default()).collect()
        });
        let mut weights = vec![0.0; features * classes];
        for (class, (column, _)) in trained.iter().enumerate() {
            for (row, weight) in weights.chunks_exact_mut(classes).zip(column) {
                if let Some(cell) = row.get_mut(class) {
                    *cell = *weight;
                }
            }
        }
        Self { classes, weights, bias: trained.iter().map(|(_, bias)| *bias).collect() }
    }

    /// The margin of every class.
    pub(crate) fn margins(&self, row: &[Feature]) -> Vec<f32> {
        let mut margins = self.bias.clone();
        for (number, weight) in row {
            let from = *number as usize * self.classes;
            if let Some(weights) = self.weights.get(from..from + self.classes) {
                for (margin, cell) in margins.iter_mut().zip(weights) {
                    *margin += weight * cell;
                }
            }
        }
        margins
    }
}

fn one(
    rows: &[&[Feature]],
    belongs: &dyn Fn(usize) -> Option<bool>,
    seed: usize,
    features: usize,
    squares: &[f32],
) -> (Vec<f32>, f32) {
    let signs: Vec<f32> =
        (0..rows.len()).map(|row| belongs(row).map_or(0.0, |is| if is { 1.0 } else { -1.0 })).collect();
    let mut weights = vec![0.0f32; features];
    let mut bias = 0.0f32;
    let mut alphas = vec![0.0f32; rows.len()];
    let diagonal = 0.5 / COST;
    let mut order: Vec<usize> = signs.iter().enumerate().filter(|(_, sign)| **sign != 0.0).map(|(at, _)| at).collect();
    let mut random = SEED ^ seed as u64;
    for _ in 0..PASSES {
        shuffle(&mut order, &mut random);
        let mut moved = 0.0f32;
        for at in &order {
            let (Some(row), Some(sign), Some(square), Some(alpha)) =
                (rows.get(*at), signs.get(*at).copied(), squares.get(*at), alphas.get_mut(*at))
            else {
                continue;
            };
            let mut margin = bias;
            for (number, weight) in *row {
                margin += weight * weights.get(*number as usize).copied().unwrap_or(0.0);
            }
            let gradient = sign * margin - 1.0 + diagonal * *alpha;
            let projected = if *alpha == 0.0 { gradient.min(0.0) } else { gradient };
            moved = moved.max(projected.abs());
            if projected.abs() > 1e-6 {
                let new = (*alpha - gradient / (square + diagonal)).max(0.0);
                let step = (new - *alpha) * sign;
                *alpha = new;
                bias += step;
                for (number, weight) in *row {
                    if let Some(cell) = weights.get_mut(*number as usize) {
                        *cell += step * weight;
                    }
                }
            }
        }
        if moved < 0.01 {
            break;
        }
    }
    (weights, bias)
}
