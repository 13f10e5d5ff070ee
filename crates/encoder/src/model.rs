//! A model: its weights, read from what its makers publish or from the packed file that is made of it.

use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::{borrow::Cow, fs, io, path::Path};

/// What a packed file begins with.
const MAGIC: &[u8] = b"remit encoder 1\n";
/// Largest file of a model, in bytes.
const FILE_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// Why a model could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file could not be read.
    #[error("{path}: {source}; a model's directory holds config.json, vocab.txt and model.safetensors")]
    Read {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The packed file is damaged, or none.
    #[error("the packed model is damaged or of another version: {0}")]
    Damaged(&'static str),
    /// It is a model of another form.
    #[error("{0}; a model must be of the form of BERT, with a WordPiece vocabulary in lower case")]
    Form(String),
}

/// How large a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Layers.
    pub layers: usize,
    /// Values for each token.
    pub width: usize,
    /// Heads of attention, which share the width.
    pub heads: usize,
    /// Values for each token between the two halves of a layer.
    pub inner: usize,
    /// Entries of the vocabulary.
    pub vocabulary: usize,
    /// Places that a token can have.
    pub positions: usize,
}

/// Weights of 8 bits, a row for each output, with what gives the values back.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantizedLayer {
    pub(crate) values: Cow<'static, [i8]>,
    pub(crate) scales: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// A layer norm's factors and what it adds (Ba et al. 2016, arXiv:1607.06450).
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    pub(crate) factors: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Queries, keys and values, one after another.
    pub(crate) attention: QuantizedLayer,
    pub(crate) attended: QuantizedLayer,
    pub(crate) attended_norm: Norm,
    pub(crate) inner: QuantizedLayer,
    pub(crate) output: QuantizedLayer,
    pub(crate) output_norm: Norm,
}

/// A model, ready to be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(crate) shape: Shape,
    /// What a layer norm adds to the variance.
    pub(crate) epsilon: f32,
    pub(crate) vocabulary: Vec<String>,
    /// A row for each entry of the vocabulary; without bias.
    pub(crate) embeddings: QuantizedLayer,
    /// A row for each position.
    pub(crate) positions: Vec<f32>,
    pub(crate) norm: Norm,
    pub(crate) layers: Vec<Layer>,
}

/// What is read of `config.json`.
#[derive(Deserialize)]
struct Config {
    model_type: String,
    hidden_act: String,
    hidden_size: usize,
    intermediate_size: usize,
    layer_norm_eps: f32,
    max_position_embeddings: usize,
    num_attention_heads: usize,
    num_hidden_layers: usize,
    vocab_size: usize,
}

/// Values as integers of 8 bits: in each row the largest becomes 127.
fn rounded(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let (mut whole, mut scales) = (Vec::with_capacity(values.len()), Vec::new());
    for row in values.chunks_exact(width) {
        let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, reason = "within 127")]
        whole.extend(row.iter().map(|value| (value / scale).round_ties_even() as i8));
        scales.push(scale);
    }
    (whole, scales)
}

/// The published weights by name.
struct Published<'a>(SafeTensors<'a>);

impl Published<'_> {
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let tensor = self.0.tensor(name).or_else(|_| self.0.tensor(&format!("bert.{name}")));
        let tensor = tensor.map_err(|_| ModelError::Form(format!("it has no weights called `{name}`")))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            let is = format!("{:?} of {:?}", tensor.shape(), tensor.dtype());
            return Err(ModelError::Form(format!("its weights `{name}` are {is}, not {shape:?} of F32")));
        }
        let values: Vec<f32> =
            tensor.data().chunks_exact(4).filter_map(|four| Some(f32::from_le_bytes(four.try_into().ok()?))).collect();
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(ModelError::Form(format!("its weights `{name}` hold what is no number"))),
        }
    }

    fn linear(&self, names: &[&str], outputs: usize, inputs: usize) -> Result<QuantizedLayer, ModelError> {
        let (mut all, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            all.extend(self.values(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.extend(self.values(&format!("{name}.bias"), &[outputs])?);
        }
        let (values, scales) = rounded(&all, inputs);
        Ok(QuantizedLayer { values: values.into(), scales, bias })
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm, ModelError> {
        let named = |what: &str| self.values(&format!("{name}.LayerNorm.{what}"), &[width]);
        Ok(Norm { factors: named("weight")?, bias: named("bias")? })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let told = |source| ModelError::Read { path: path.display().to_string(), source };
    let length = fs::metadata(path).map_err(told)?.len();
    if length > FILE_MAX {
        return Err(told(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 2 GiB")));
    }
    fs::read(path).map_err(told)
}

impl Model {
    /// Reads a model as its makers publish it: `config.json`, `vocab.txt` and `model.safetensors`.
    ///
    /// # Errors
    /// When a file is missing, or it is a model of another form.
    pub fn published(directory: &Path) -> Result<Self, ModelError> {
        let config: Config = serde_json::from_slice(&read(&directory.join("config.json"))?)
            .map_err(|error| ModelError::Form(format!("config.json: {error}")))?;
        if config.model_type != "bert" || config.hidden_act != "gelu" {
            let is = format!("it is a `{}` with `{}`", config.model_type, config.hidden_act);
            return Err(ModelError::Form(is));
        }
        let shape = Shape {
            layers: config.num_hidden_layers,
            width: config.hidden_size,
            heads: config.num_attention_heads,
            inner: config.intermediate_size,
            vocabulary: config.vocab_size,
            positions: config.max_position_embeddings.min(crate::TOKENS_MAX),
        };
        shape.check()?;
        let text = String::from_utf8(read(&directory.join("vocab.txt"))?)
            .map_err(|_| ModelError::Form("vocab.txt is not UTF-8".to_owned()))?;
        let vocabulary: Vec<String> = text.lines().map(str::to_owned).collect();
        if vocabulary.len() != shape.vocabulary {
            let is = format!("vocab.txt has {} lines, and config.json says {}", vocabulary.len(), shape.vocabulary);
            return Err(ModelError::Form(is));
        }
        let bytes = read(&directory.join("model.safetensors"))?;
        let tensors = SafeTensors::deserialize(&bytes);
        let published = Published(tensors.map_err(|error| ModelError::Form(format!("model.safetensors: {error}")))?);
        let Shape { width, inner, .. } = shape;
        let embedded = published.values("embeddings.word_embeddings.weight", &[shape.vocabulary, width])?;
        let (values, scales) = rounded(&embedded, width);
        let all = [config.max_position_embeddings, width];
        let mut positions = published.values("embeddings.position_embeddings.weight", &all)?;
        positions.truncate(shape.positions * width);
        // Every token is of the first of two texts.
        let types = published.values("embeddings.token_type_embeddings.weight", &[2, width])?;
        for position in positions.chunks_exact_mut(width) {
            position.iter_mut().zip(&types).for_each(|(value, more)| *value += more);
        }
        let layer = |number: usize| -> Result<Layer, ModelError> {
            let name = |what: &str| format!("encoder.layer.{number}.{what}");
            let three = ["query", "key", "value"].map(|what| name(&format!("attention.self.{what}")));
            Ok(Layer {
                attention: published.linear(&three.each_ref().map(String::as_str), width, width)?,
                attended: published.linear(&[&name("attention.output.dense")], width, width)?,
                attended_norm: published.norm(&name("attention.output"), width)?,
                inner: published.linear(&[&name("intermediate.dense")], inner, width)?,
                output: published.linear(&[&name("output.dense")], width, inner)?,
                output_norm: published.norm(&name("output"), width)?,
            })
        };
        Ok(Self {
            shape,
            epsilon: config.layer_norm_eps,
            vocabulary,
            embeddings: QuantizedLayer { values: values.into(), scales, bias: Vec::new() },
            positions,
            norm: published.norm("embeddings", width)?,
            layers: (0..shape.layers).map(layer).collect::<Result<_, _>>()?,
        })
    }

    /// Reads a packed model.
    ///
    /// # Errors
    /// When it is damaged or none.
    pub fn packed(bytes: &'static [u8]) -> Result<Self, ModelError> {
        let mut rest = Rest(bytes.strip_prefix(MAGIC).ok_or(ModelError::Damaged("it begins otherwise"))?);
        let mut sizes = [0; 6];
        for size in &mut sizes {
            *size = rest.size()?;
        }
        let [layers, width, heads, inner, vocabulary, positions] = sizes;
        let shape = Shape { layers, width, heads, inner, vocabulary, positions };
        shape.check()?;
        let epsilon = rest.floats(1)?.first().copied().unwrap_or_default();
        let length = rest.size()?;
        let text = std::str::from_utf8(rest.bytes(length)?).map_err(|_| ModelError::Damaged("the vocabulary"))?;
        let words: Vec<String> = text.lines().map(str::to_owned).collect();
        if words.len() != vocabulary {
            return Err(ModelError::Damaged("the vocabulary's length"));
        }
        let model = Self {
            shape,
            epsilon,
            vocabulary: words,
            embeddings: rest.linear(vocabulary, width, 0)?,
            positions: rest.floats(positions * width)?,
            norm: rest.norm(width)?,
            layers: (0..layers)
                .map(|_| {
                    Ok(Layer {
                        attention: rest.linear(3 * width, width, 3 * width)?,
                        attended: rest.linear(width, width, width)?,
                        attended_norm: rest.norm(width)?,
                        inner: rest.linear(inner, width, inner)?,
                        output: rest.linear(width, inner, width)?,
                        output_norm: rest.norm(width)?,
                    })
                })
                .collect::<Result<_, ModelError>>()?,
        };
        if rest.0.is_empty() { Ok(model) } else { Err(ModelError::Damaged("there is more behind its end")) }
    }

    /// Writes it as one file, from which [`Model::packed`] makes the same.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let Shape { layers, width, heads, inner, vocabulary, positions } = self.shape;
        let size = |out: &mut Vec<u8>, size: usize| {
            out.extend_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
        };
        let floats = |out: &mut Vec<u8>, values: &[f32]| {
            values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
        };
        let linear = |out: &mut Vec<u8>, linear: &QuantizedLayer| {
            floats(out, &linear.scales);
            floats(out, &linear.bias);
            out.extend_from_slice(bytemuck::cast_slice(&linear.values));
        };
        let norm = |out: &mut Vec<u8>, norm: &Norm| {
            floats(out, &norm.factors);
            floats(out, &norm.bias);
        };
        for number in [layers, width, heads, inner, vocabulary, positions] {
            size(&mut out, number);
        }
        floats(&mut out, &[self.epsilon]);
        let words = self.vocabulary.join("\n");
        size(&mut out, words.len());
        out.extend_from_slice(words.as_bytes());
        linear(&mut out, &self.embeddings);
        floats(&mut out, &self.positions);
        norm(&mut out, &self.norm);
        for layer in &self.layers {
            linear(&mut out, &layer.attention);
            linear(&mut out, &layer.attended);
            norm(&mut out, &layer.attended_norm);
            linear(&mut out, &layer.inner);
            linear(&mut out, &layer.output);
            norm(&mut out, &layer.output_norm);
        }
        out
    }

    /// SHA-256 of the packed model.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }

    /// How large it is.
    pub fn shape(&self) -> Shape {
        self.shape
    }
}

impl Shape {
    /// Bounds what a file can make us hold, and that the heads share the width.
    fn check(&self) -> Result<(), ModelError> {
        let Self { layers, width, heads, inner, vocabulary, positions } = *self;
        let bounds = [(layers, 48), (width, 4_096), (heads, 64), (inner, 8_192), (vocabulary, 500_000)];
        let bounded = bounds.into_iter().all(|(size, most)| size > 0 && size <= most);
        if !bounded || positions < 8 || !width.is_multiple_of(heads) || !width.is_multiple_of(8) {
            return Err(ModelError::Form(format!("a size is beyond what is read: {self:?}")));
        }
        Ok(())
    }
}

/// What is left of a packed file.
struct Rest(&'static [u8]);

impl Rest {
    fn bytes(&mut self, length: usize) -> Result<&'static [u8], ModelError> {
        let (part, rest) = self.0.split_at_checked(length).ok_or(ModelError::Damaged("it ends early"))?;
        self.0 = rest;
        Ok(part)
    }

    fn size(&mut self) -> Result<usize, ModelError> {
        let (four, rest) = self.0.split_first_chunk::<4>().ok_or(ModelError::Damaged("it ends early"))?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*four) as usize)
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, ModelError> {
        let bytes = self.bytes(count * 4)?;
        let floats = bytes.chunks_exact(4).filter_map(|four| Some(f32::from_le_bytes(four.try_into().ok()?)));
        Ok(floats.collect())
    }

    fn linear(&mut self, outputs: usize, inputs: usize, bias: usize) -> Result<QuantizedLayer, ModelError> {
        let (scales, bias) = (self.floats(outputs)?, self.floats(bias)?);
        let values: &'static [i8] = bytemuck::cast_slice(self.bytes(outputs * inputs)?);
        Ok(QuantizedLayer { values: values.into(), scales, bias })
    }

    fn norm(&mut self, width: usize) -> Result<Norm, ModelError> {
        Ok(Norm { factors: self.floats(width)?, bias: self.floats(width)? })
    }
}
