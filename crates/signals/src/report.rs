//! What a classifier is worth on messages that it has not seen.

use crate::{
    by_intent::ByIntent,
    examples::Example,
    intent::{EncoderUse, IntentModel, TrainError, train},
    vector::Encoded,
};
use remit_encoder::Encoder;
use serde::Serialize;

/// Figures of a classifier on held-out messages.
#[derive(Debug, Clone, Serialize)]
pub struct IntentReport {
    /// Messages judged.
    pub messages: usize,
    /// Share with the right intent.
    pub accuracy: f64,
    /// Expected calibration error over 15 bins of equal width.
    pub calibration_error: f64,
    /// Share kept at the classifier's own threshold.
    pub kept: f64,
    /// Share wrong among those kept.
    pub wrong_among_kept: f64,
    /// Share that the encoder was asked about.
    pub encoded: f64,
    /// Out-of-scope messages judged.
    pub out_of_scope_messages: usize,
    /// Probability that an out-of-scope message scores above one with an intent.
    pub out_of_scope_auroc: Option<f64>,
    /// Share of out-of-scope messages found where 95 % of the others are kept.
    pub out_of_scope_recall: Option<f64>,
    /// How each intent is told, the worst first.
    pub by_intent: Vec<ByIntent>,
}

/// With what a classifier reads.
#[derive(Debug, Clone, Copy)]
pub struct ReadWith<'a> {
    /// The encoder that is there.
    pub encoder: Option<&'a Encoder>,
    /// When it is asked.
    pub when: EncoderUse,
}

/// Judges `model` on messages with an intent and on messages with none.
pub fn evaluate(
    model: &IntentModel,
    reading: ReadWith<'_>,
    examples: &[Example],
    out_of_scope: &[String],
) -> IntentReport {
    let estimate = |text: &'_ str| model.estimate(&Encoded::new(text, reading.encoder), reading.when);
    const BINS: usize = 15;
    let mut bins = [(0usize, 0.0f64, 0usize); BINS];
    let (mut right, mut kept, mut wrong, mut encoded) = (0usize, 0usize, 0usize, 0usize);
    let mut inside = Vec::with_capacity(examples.len());
    let mut judged = Vec::with_capacity(examples.len());
    for example in examples {
        let estimate = estimate(&example.text);
        let good = estimate.label == example.label;
        let confidence = f64::from(estimate.confidence_bp) / 10_000.0;
        let bin = ((confidence * BINS as f64) as usize).min(BINS - 1);
        if let Some(bin) = bins.get_mut(bin) {
            *bin = (bin.0 + 1, bin.1 + confidence, bin.2 + usize::from(good));
        }
        right += usize::from(good);
        encoded += usize::from(estimate.encoded);
        if !estimate.abstained {
            kept += 1;
            wrong += usize::from(!good);
        }
        inside.push(estimate.out_of_scope_bp);
        judged.push((example.label.as_str(), estimate.label, !estimate.abstained));
    }
    let n = examples.len().max(1) as f64;
    let outside: Vec<u16> = out_of_scope.iter().map(|text| estimate(text).out_of_scope_bp).collect();
    inside.sort_unstable();
    let limit = inside.get(inside.len() * 95 / 100).copied().unwrap_or(u16::MAX);
    IntentReport {
        messages: examples.len(),
        accuracy: right as f64 / n,
        calibration_error: bins.iter().map(|(_, sum, good)| (sum - *good as f64).abs() / n).sum(),
        kept: kept as f64 / n,
        wrong_among_kept: wrong as f64 / kept.max(1) as f64,
        encoded: encoded as f64 / n,
        out_of_scope_messages: outside.len(),
        out_of_scope_auroc: auroc(&inside, &outside),
        out_of_scope_recall: (!outside.is_empty())
            .then(|| outside.iter().filter(|score| **score > limit).count() as f64 / outside.len() as f64),
        by_intent: ByIntent::of(judged.into_iter()),
    }
}

/// Holds every `every`-th example back, trains on the rest, and judges on what was held back.
///
/// # Errors
/// When there is too little to learn from.
pub fn hold_out(
    reading: ReadWith<'_>,
    examples: &[Example],
    out_of_scope: &[String],
    every: usize,
) -> Result<IntentReport, TrainError> {
    let every = every.max(2);
    let part = |held: bool| {
        let chosen = examples.iter().enumerate().filter(move |(at, _)| (at % every == every / 2) == held);
        chosen.map(|(_, example)| example.clone()).collect::<Vec<_>>()
    };
    let model = train(&part(false), reading.encoder, &mut |_, _| {})?;
    Ok(evaluate(&model, reading, &part(true), out_of_scope))
}

fn auroc(inside: &[u16], outside: &[u16]) -> Option<f64> {
    if inside.is_empty() || outside.is_empty() {
        return None;
    }
    // `inside` is sorted: below and equal by binary search.
    let wins: f64 = outside
        .iter()
        .map(|score| {
            let below = inside.partition_point(|other| other < score);
            let up_to = inside.partition_point(|other| other <= score);
            below as f64 + (up_to - below) as f64 / 2.0
        })
        .sum();
    Some(wins / (inside.len() as f64 * outside.len() as f64))
}
