//! Our vectors beside those of the published model in 32-bit floats, which `cargo xtask model` wrote down.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use remit_encoder::Encoder;
use std::collections::BTreeSet;

const WIDTH: usize = 384;

fn messages() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank-traffic/messages.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|record| record.unwrap()[0].to_owned()).collect()
}

fn cosine(vector: &[f32], reference: &[u8]) -> f64 {
    let (mut product, mut length) = (0.0, 0.0);
    for (value, reference) in vector.iter().zip(reference) {
        let reference = f64::from(i8::from_le_bytes([*reference]));
        product += f64::from(*value) * reference;
        length += reference * reference;
    }
    product / f64::sqrt(length)
}

#[test]
fn a_thousand_messages_have_the_vectors_of_the_published_model() {
    let encoder = Encoder::built_in();
    let references = include_bytes!("../reference/vectors.bin");
    let messages = messages();
    assert_eq!(references.len(), 1_000 * WIDTH);
    let found: Vec<f64> =
        messages.iter().zip(references.chunks_exact(WIDTH)).map(|(m, r)| cosine(&encoder.encode(m), r)).collect();
    assert_eq!(found.len(), 1_000);
    let worst = found.iter().copied().fold(1.0, f64::min);
    let mean = found.iter().sum::<f64>() / 1_000.0;
    assert!(worst >= 0.995 && mean >= 0.999, "worst {worst}, mean {mean}");
}

#[test]
fn texts_that_mean_the_same_lie_nearer_than_others() {
    let encoder = Encoder::built_in();
    let near = |one: &str, other: &str| -> f32 {
        encoder.encode(one).iter().zip(encoder.encode(other)).map(|(one, other)| one * other).sum()
    };
    let same = near("When will my new card arrive?", "my card still isn't here");
    let other = near("When will my new card arrive?", "How do I change my password?");
    assert!(same > other + 0.2, "{same} {other}");
}

#[test]
fn any_text_has_a_vector_of_length_one() {
    let encoder = Encoder::built_in();
    let long = "why is my card not working ".repeat(4_000);
    for text in ["", " ", "\u{0}", "🦀🦀", "ﬁ ﬂ", "[CLS] [SEP]", "漢字かな", &"a".repeat(100_000), &long] {
        let vector = encoder.encode(text);
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-4 && vector.len() == WIDTH, "{length} of {:.20}", text);
    }
    let different: BTreeSet<Vec<u32>> =
        ["yes", "no"].map(|text| encoder.encode(text).iter().map(|value| value.to_bits()).collect()).into();
    assert_eq!(different.len(), 2);
}

/// The same on every processor: these bits were computed without vector instructions.
#[test]
fn the_same_text_has_the_same_vector_bit_by_bit() {
    let encoder = Encoder::built_in();
    let text = "Why was I charged twice for one coffee?";
    assert_eq!(encoder.encode(text), encoder.encode_plainly(text));
    for message in messages().iter().take(40) {
        assert_eq!(encoder.encode(message), encoder.encode_plainly(message), "{message}");
    }
}
