//! A sentence encoder: a text becomes a vector, and texts that mean much the same have vectors that lie close together.
//!
//! The model is a transformer of the form of BERT (Devlin et al. 2019, arXiv:1810.04805) whose last layer is averaged
//! over the tokens and scaled to length one, as Sentence-BERT does (Reimers and Gurevych 2019, arXiv:1908.10084).
//! Weights are integers of 8 bits with a scale for each row; what goes through them is rounded to 12 bits with a scale
//! for each token, so that all products are exact in integers. What remains in floating point is added up in an order
//! that is written down here, and uses nothing but the operations that IEEE 754 defines exactly. So the same text gives
//! the same vector, bit by bit, on every machine, which replay needs.

mod kernel;
mod model;
mod network;
mod scalar;
mod tokens;

/// The packed model that ships with Remit: all-MiniLM-L6-v2, made by `cargo xtask model`.
const BUILT_IN: &[u8] = include_bytes!("../model/all-minilm-l6-v2.bin");

/// The language that the model that ships was trained on, a primary subtag of BCP 47.
pub const BUILT_IN_LANGUAGE: &str = "en";

pub use model::{Layer, Model, ModelError, Norm, QuantizedLayer, Shape};
pub use network::Encoder;
pub use tokens::Tokenizer;

/// Longest input, in tokens with those at its ends; what comes after is not read.
pub const TOKENS_MAX: usize = 256;
