//! From tokens to a vector: embeddings, layers of attention, and the mean.

#![expect(
    clippy::indexing_slicing,
    reason = "sizes are those of the model, which were held against each other when it was read"
)]

use crate::{
    TOKENS_MAX,
    kernel::{Products, Rounded, Weights},
    model::{Layer, Model, ModelError, Norm, QuantizedLayer},
    scalar::{exp, gelu},
    tokens::Tokenizer,
};
use pulp::{Arch, Simd};
use std::sync::{Arc, LazyLock};

/// Sums are added up in so many lanes, which are the same on every machine.
const LANES: usize = 16;

/// A model with its vocabulary, ready to encode.
pub struct Encoder {
    model: Model,
    tokenizer: Tokenizer,
    digest: [u8; 32],
    arch: Arch,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("shape", &self.model.shape).finish_non_exhaustive()
    }
}

/// Room for what is computed on the way.
#[derive(Default)]
struct Room {
    /// A vector for each token.
    states: Vec<f32>,
    rounded: Rounded,
    three: Vec<f32>,
    mixed: Vec<f32>,
    scores: Vec<f32>,
    inner: Vec<f32>,
    out: Vec<f32>,
}

impl Encoder {
    /// An encoder of a model.
    ///
    /// # Errors
    /// When its vocabulary lacks the marks of beginning and end.
    pub fn new(model: Model) -> Result<Self, ModelError> {
        let tokenizer = Tokenizer::new(&model.vocabulary)
            .ok_or_else(|| ModelError::Form("its vocabulary has no [CLS], [SEP] or [UNK]".to_owned()))?;
        let digest = model.digest();
        Ok(Self { model, tokenizer, digest, arch: Arch::new() })
    }

    /// The encoder that ships with Remit; unpacked when it is first asked for.
    pub fn built_in() -> Arc<Self> {
        static ENCODER: LazyLock<Arc<Encoder>> = LazyLock::new(|| {
            let made = Model::packed(crate::BUILT_IN).and_then(Encoder::new);
            #[expect(clippy::panic, reason = "the file is part of the program, and a test reads it")]
            Arc::new(made.unwrap_or_else(|error| panic!("the built-in model: {error}")))
        });
        Arc::clone(&ENCODER)
    }

    /// SHA-256 of the packed model.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Whether it was trained on texts of a language, a primary subtag of BCP 47. Another model than that which ships
    /// is brought by who means it to read what it is given.
    pub fn reads(&self, language: &str) -> bool {
        language == crate::BUILT_IN_LANGUAGE || self.digest != Self::built_in().digest
    }

    /// Values of a vector.
    pub fn width(&self) -> usize {
        self.model.shape.width
    }

    /// The pieces of `text` by their numbers in the vocabulary.
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        self.tokenizer.tokens(text, self.model.shape.positions.min(TOKENS_MAX))
    }

    /// The vector of `text`, of length one.
    pub fn encode(&self, text: &str) -> Vec<f32> {
        let tokens = self.tokens(text);
        let mut room = Room::default();
        let (encoder, tokens, room) = (self, &*tokens, &mut room);
        match self.arch {
            #[cfg(target_arch = "x86_64")]
            Arch::V4(processor) => Simd::vectorize(processor, Run { encoder, tokens, room, processor }),
            #[cfg(target_arch = "x86_64")]
            Arch::V3(processor) => Simd::vectorize(processor, Run { encoder, tokens, room, processor }),
            _ => self.arch.dispatch(Run { encoder, tokens, room, processor: pulp::Scalar }),
        }
    }

    /// The same vector, without instructions that not every processor has.
    pub fn encode_plainly(&self, text: &str) -> Vec<f32> {
        self.run(pulp::Scalar, &self.tokens(text), &mut Room::default())
    }

    #[inline(always)]
    fn run(&self, processor: impl Products, tokens: &[u32], room: &mut Room) -> Vec<f32> {
        let (model, width) = (&self.model, self.model.shape.width);
        room.states.clear();
        for (token, position) in tokens.iter().zip(model.positions.chunks_exact(width)) {
            let row = *token as usize;
            let scale = model.embeddings.scales[row];
            let values = &model.embeddings.values[row * width..(row + 1) * width];
            for (value, at) in values.iter().zip(position) {
                room.states.push(f32::from(*value) * scale + at);
            }
        }
        model.norm.apply(&mut room.states, model.epsilon);
        for layer in &model.layers {
            self.layer(processor, layer, room);
        }
        let mut mean = vec![0.0_f32; width];
        for state in room.states.chunks_exact(width) {
            add(&mut mean, state);
        }
        let length = sum(&mean, |value| value * value).sqrt();
        let factor = if length > 0.0 { 1.0 / length } else { 0.0 };
        for value in &mut mean {
            *value *= factor;
        }
        mean
    }

    #[inline(always)]
    fn layer(&self, processor: impl Products, layer: &Layer, room: &mut Room) {
        let (width, epsilon) = (self.model.shape.width, self.model.epsilon);
        let Room { states, rounded, three, mixed, scores, inner, out } = room;
        rounded.take(states, width);
        layer.attention.weights().times(processor, rounded, three);
        attend(three, width, self.model.shape.heads, scores, mixed);
        rounded.take(mixed, width);
        layer.attended.weights().times(processor, rounded, out);
        add(states, out);
        layer.attended_norm.apply(states, epsilon);
        rounded.take(states, width);
        layer.inner.weights().times(processor, rounded, inner);
        for value in inner.iter_mut() {
            *value = gelu(*value);
        }
        rounded.take(inner, self.model.shape.inner);
        layer.output.weights().times(processor, rounded, out);
        add(states, out);
        layer.output_norm.apply(states, epsilon);
    }
}

/// One run, compiled for a kind of processor, of which there is one when the program runs.
struct Run<'a, P> {
    encoder: &'a Encoder,
    tokens: &'a [u32],
    room: &'a mut Room,
    processor: P,
}

impl<P: Products> pulp::WithSimd for Run<'_, P> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        self.encoder.run(self.processor, self.tokens, self.room)
    }
}

impl QuantizedLayer {
    #[inline(always)]
    fn weights(&self) -> Weights<'_> {
        Weights { values: &self.values, scales: &self.scales, bias: &self.bias }
    }
}

impl Norm {
    /// Brings each token's values to mean nought and variance one, times the factors, and the bias.
    #[inline(always)]
    fn apply(&self, states: &mut [f32], epsilon: f32) {
        let width = self.factors.len();
        #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
        let count = width as f32;
        for state in states.chunks_exact_mut(width) {
            let mean = sum(state, |value| value) / count;
            let variance = sum(state, |value| (value - mean) * (value - mean)) / count;
            let factor = 1.0 / (variance + epsilon).sqrt();
            for ((value, more), bias) in state.iter_mut().zip(&self.factors).zip(&self.bias) {
                *value = (*value - mean) * factor * more + bias;
            }
        }
    }
}

/// The sum of what `of` makes of the values, in lanes that are added up in the end.
#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += of(*value);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += of(*value);
    }
    total(&lanes)
}

/// The sum of all lanes, by halves.
#[inline(always)]
fn total(lanes: &[f32; LANES]) -> f32 {
    let mut lanes = *lanes;
    let mut half = LANES / 2;
    while half > 0 {
        for at in 0..half {
            lanes[at] += lanes[at + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn add(to: &mut [f32], more: &[f32]) {
    for (value, more) in to.iter_mut().zip(more) {
        *value += more;
    }
}

/// For each token and head the values of all tokens, weighted by how well their keys fit its query (Vaswani et al.
/// 2017, arXiv:1706.03762).
#[inline(always)]
fn attend(three: &[f32], width: usize, heads: usize, scores: &mut Vec<f32>, mixed: &mut Vec<f32>) {
    let tokens = three.len() / (3 * width);
    let part = width / heads;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
    let factor = 1.0 / (part as f32).sqrt();
    let of = |token: usize, which: usize, head: usize| {
        let from = token * 3 * width + which * width + head * part;
        &three[from..from + part]
    };
    mixed.clear();
    mixed.resize(tokens * width, 0.0);
    for head in 0..heads {
        for token in 0..tokens {
            let query = of(token, 0, head);
            scores.clear();
            let mut largest = f32::NEG_INFINITY;
            for other in 0..tokens {
                let score = product(query, of(other, 1, head)) * factor;
                largest = if score > largest { score } else { largest };
                scores.push(score);
            }
            for score in scores.iter_mut() {
                *score = exp(*score - largest);
            }
            let all = 1.0 / sum(scores, |score| score);
            let out = &mut mixed[token * width + head * part..token * width + (head + 1) * part];
            for (other, score) in scores.iter().enumerate() {
                let share = score * all;
                for (value, more) in out.iter_mut().zip(of(other, 2, head)) {
                    *value += share * more;
                }
            }
        }
    }
}

#[inline(always)]
fn product(one: &[f32], other: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    for (one, other) in one.chunks(LANES).zip(other.chunks(LANES)) {
        for ((lane, one), other) in lanes.iter_mut().zip(one).zip(other) {
            *lane += one * other;
        }
    }
    total(&lanes)
}
