//! Products of a matrix of weights with the vectors of some tokens, in integers.

#![expect(
    clippy::indexing_slicing,
    reason = "sizes are those of the model, which were held against each other when it was read"
)]

/// Largest value of an activation: 12 bits with the sign. The sum over a row of 2^13 weights of 8 bits stays within 32.
pub(crate) const ACTIVATION_MAX: f32 = 2_047.0;
/// Tokens that go through a row of weights together, so that it is read once for all of them.
const BLOCK: usize = 8;

/// Vectors of tokens as integers, each with the scale that gives its values back.
#[derive(Debug, Default)]
pub(crate) struct Rounded {
    values: Vec<i16>,
    scales: Vec<f32>,
    width: usize,
}

impl Rounded {
    /// Rounds the vectors in `from`, `width` values each.
    #[inline(always)]
    pub(crate) fn take(&mut self, from: &[f32], width: usize) {
        self.width = width;
        self.values.clear();
        self.values.resize(from.len(), 0);
        self.scales.clear();
        for (row, out) in from.chunks_exact(width).zip(self.values.chunks_exact_mut(width)) {
            let largest = largest(row);
            let factor = if largest > 0.0 { ACTIVATION_MAX / largest } else { 0.0 };
            for (value, out) in row.iter().zip(out) {
                /// Adding and taking away rounds to a whole number, ties to even.
                const ROUND: f32 = 12_582_912.0;
                #[expect(clippy::cast_possible_truncation, reason = "a whole number within 12 bits")]
                let whole = ((value * factor + ROUND) - ROUND) as i32 as i16;
                *out = whole;
            }
            self.scales.push(largest / ACTIVATION_MAX);
        }
    }
}

/// The largest size of a value.
#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0.0_f32; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            let size = value.abs();
            *lane = if size > *lane { size } else { *lane };
        }
    }
    let all = lanes.into_iter().chain(rest.iter().map(|value| value.abs()));
    all.fold(0.0, |largest, size| if size > largest { size } else { largest })
}

/// How a processor sums the products of weights with vectors. All give the same sums, since these are whole numbers.
pub(crate) trait Products: Copy {
    /// The sum of products of a row of weights with each of `N` vectors.
    fn products<const N: usize>(self, weights: &[i8], vectors: [&[i16]; N]) -> [i32; N];
}

impl Products for pulp::Scalar {
    #[inline(always)]
    fn products<const N: usize>(self, weights: &[i8], vectors: [&[i16]; N]) -> [i32; N] {
        vectors.map(|vector| {
            weights.iter().zip(vector).map(|(weight, value)| i32::from(*weight) * i32::from(*value)).sum()
        })
    }
}

/// The sum of 16 values, by halves.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn total_of_16(processor: pulp::x86::V4, values: pulp::i32x16) -> i32 {
    let [low, high]: [pulp::i32x8; 2] = pulp::cast(values);
    total_of_8(*processor, processor.wrapping_add_i32x8(low, high))
}

/// The sum of 8 values, by halves.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn total_of_8(processor: pulp::x86::V3, values: pulp::i32x8) -> i32 {
    let [low, high]: [pulp::i32x4; 2] = pulp::cast(values);
    let [a, b, c, d]: [i32; 4] = pulp::cast(processor.wrapping_add_i32x4(low, high));
    (a + b) + (c + d)
}

/// Products for a processor whose instructions take `$lanes` values of 16 bits: `$wide` widens weights, `$multiply`
/// multiplies and adds up neighbours, `$add` adds.
macro_rules! products_in_lanes {
    ($processor:ty, $lanes:literal, $wide:ident, $multiply:ident, $add:ident, $sums:ty, $total:ident) => {
        impl Products for $processor {
            #[inline(always)]
            fn products<const N: usize>(self, weights: &[i8], vectors: [&[i16]; N]) -> [i32; N] {
                const LANES: usize = $lanes;
                let (weights, rest) = pulp::as_arrays::<LANES, _>(weights);
                let done = weights.len() * LANES;
                let mut lanes = [&[][..]; N];
                for (lanes, vector) in lanes.iter_mut().zip(vectors) {
                    *lanes = &pulp::as_arrays::<LANES, _>(vector).0[..weights.len()];
                }
                let mut sums: [$sums; N] = [bytemuck::Zeroable::zeroed(); N];
                for (at, weights) in weights.iter().enumerate() {
                    let wide = self.$wide(pulp::cast(*weights));
                    for (sum, vector) in sums.iter_mut().zip(lanes) {
                        *sum = self.$add(*sum, self.$multiply(wide, pulp::cast(vector[at])));
                    }
                }
                let mut all = [0; N];
                for ((all, sum), vector) in all.iter_mut().zip(sums).zip(vectors) {
                    *all = $total(self, sum);
                    for (weight, value) in rest.iter().zip(&vector[done..]) {
                        *all += i32::from(*weight) * i32::from(*value);
                    }
                }
                all
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
products_in_lanes!(
    pulp::x86::V3,
    16,
    convert_i8x16_to_i16x16,
    multiply_wrapping_add_adjacent_i16x16,
    wrapping_add_i32x8,
    pulp::i32x8,
    total_of_8
);
#[cfg(target_arch = "x86_64")]
products_in_lanes!(
    pulp::x86::V4,
    32,
    convert_i8x32_to_i16x32,
    multiply_wrapping_add_adjacent_i16x32,
    wrapping_add_i32x16,
    pulp::i32x16,
    total_of_16
);

/// A row of weights, and where its outputs go.
struct Row<'a> {
    weights: &'a [i8],
    scale: f32,
    bias: f32,
    output: usize,
    outputs: usize,
    out: &'a mut [f32],
}

impl Row<'_> {
    /// Puts the outputs of `N` tokens from `token` on.
    #[inline(always)]
    fn put<const N: usize>(&mut self, processor: impl Products, block: [&[i16]; N], scales: &[f32], token: usize) {
        let sums = processor.products(self.weights, block);
        for (token, sum) in (token..).zip(sums) {
            #[expect(clippy::cast_precision_loss, reason = "rounded as IEEE 754 says")]
            let sum = sum as f32;
            self.out[token * self.outputs + self.output] = sum * (self.scale * scales[token]) + self.bias;
        }
    }
}

/// Weights as integers, a row for each output.
pub(crate) struct Weights<'a> {
    pub(crate) values: &'a [i8],
    pub(crate) scales: &'a [f32],
    pub(crate) bias: &'a [f32],
}

impl Weights<'_> {
    /// The outputs for each token: the row's products with its vector, scaled back, and the bias.
    #[inline(always)]
    pub(crate) fn times(&self, processor: impl Products, vectors: &Rounded, out: &mut Vec<f32>) {
        let (width, tokens, outputs) = (vectors.width, vectors.scales.len(), self.scales.len());
        out.clear();
        out.resize(tokens * outputs, 0.0);
        let all: Vec<&[i16]> = vectors.values.chunks_exact(width).collect();
        let rows = self.values.chunks_exact(width).zip(self.scales).zip(self.bias);
        for (output, ((weights, scale), bias)) in rows.enumerate() {
            let mut row = Row { weights, scale: *scale, bias: *bias, output, outputs, out: out.as_mut_slice() };
            for (at, block) in all.chunks(BLOCK).enumerate() {
                let token = at * BLOCK;
                macro_rules! put {
                    ($tokens:literal) => {
                        if let Some(block) = block.first_chunk::<$tokens>() {
                            row.put(processor, *block, &vectors.scales, token);
                        }
                    };
                }
                match block.len() {
                    1 => put!(1),
                    2 => put!(2),
                    3 => put!(3),
                    4 => put!(4),
                    5 => put!(5),
                    6 => put!(6),
                    7 => put!(7),
                    _ => put!(8),
                }
            }
        }
    }
}
