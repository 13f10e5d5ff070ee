//! Makes what reads messages under a bundle: trains what has not been trained before, and keeps it in the data
//! directory.

use crate::governance::model_cache::ModelCache;
use remit_domain::id::Digest;
use remit_encoder::{Encoder, Model, ModelError};
use remit_policy::bundle::Bundle;
use remit_signals::{
    examples::{self, Example},
    intent::{self, EncoderUse, IntentModel, Training},
    lexical::TextReader,
    message_reader::MessageReader,
    sentence_classifier::SentenceClassifier,
    sentence_lesson::SentenceLesson,
};
use sha2::{Digest as _, Sha256};
use std::{path::Path, sync::Arc};

/// Why messages cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The bundle's examples cannot be learnt from.
    #[error("intents.csv: {0}")]
    Examples(#[from] examples::ExamplesError),
    /// The classifier could not be trained.
    #[error("the intent classifier: {0}")]
    Train(#[from] intent::TrainError),
    /// The model that the bundle names cannot be read.
    #[error("the bundle's `encoder_model`: {0}")]
    Model(#[from] ModelError),
    /// It is another one.
    #[error(
        "the bundle's `encoder_model` in {directory} has the digest {is}, and the bundle says {said}; name the digest, \
         or bring the directory that it belongs to"
    )]
    Digest {
        /// Where it is.
        directory: String,
        /// What it is.
        is: String,
        /// What the bundle says.
        said: String,
    },
}

/// What reads messages under `bundle`; what is trained is kept in the data directory
/// `data`, if there is one. `told` hears of steps that take seconds.
///
/// # Errors
/// When the examples do not parse or suffice, or a model cannot be read.
pub fn open(data: Option<&Path>, bundle: &Bundle, told: &mut dyn FnMut(&str)) -> Result<MessageReader, ReaderError> {
    let when = bundle.encoder_use();
    let encoder = encoder(bundle)?;
    let used = encoder.as_deref();
    let cache = ModelCache::of(data);
    let words = TextReader::of(Arc::clone(bundle.readings()));
    let sentences = sentences(&cache, &words, used, told)?;
    let of_intents = OfIntents::of(&cache, bundle, used);
    let intents = match of_intents.kept() {
        Some(model) => model,
        None => of_intents.train(&of_intents.examples()?, told)?,
    };
    if let Some(abstains) = intents.training().abstains_on_all() {
        told(&abstains);
    }
    Ok(MessageReader { intents, words, sentences, encoder, when })
}

/// The sentence encoder that `bundle` asks for, if it asks for one.
///
/// # Errors
/// When the model that it names cannot be read, or is another.
pub fn encoder(bundle: &Bundle) -> Result<Option<Arc<Encoder>>, ReaderError> {
    Ok(match (bundle.encoder_use(), bundle.encoder_model()) {
        (EncoderUse::Never, _) => None,
        (_, None) => Some(Encoder::built_in()),
        (_, Some(named)) => Some(model(&named.directory, &named.digest)?),
    })
}

/// What training the intent classifier of `bundle` showed. Where it was not trained before it is trained now, if there
/// are no more than `most` examples; none if there are more. `told` hears of steps that take seconds.
///
/// # Errors
/// As [`open`].
pub fn training(bundle: &Bundle, most: usize, told: &mut dyn FnMut(&str)) -> Result<Option<Training>, ReaderError> {
    let (cache, encoder) = (ModelCache::of(None), encoder(bundle)?);
    let of_intents = OfIntents::of(&cache, bundle, encoder.as_deref());
    if let Some(model) = of_intents.kept() {
        return Ok(Some(model.training().clone()));
    }
    let examples = of_intents.examples()?;
    Ok(if examples.len() > most { None } else { Some(of_intents.train(&examples, told)?.training().clone()) })
}

/// The intent classifier of a bundle, whether or not it has been trained.
struct OfIntents<'a> {
    cache: &'a ModelCache,
    csv: &'a [u8],
    encoder: Option<&'a Encoder>,
    /// Under which it is kept.
    name: String,
}

impl<'a> OfIntents<'a> {
    fn of(cache: &'a ModelCache, bundle: &'a Bundle, encoder: Option<&'a Encoder>) -> Self {
        let with = encoder.map_or_else(|| "words".to_owned(), |used| Digest::from_bytes(used.digest()).to_string());
        let name = format!("intents-{}-{with}.bin", bundle.intents_digest());
        Self { cache, csv: bundle.files().get("intents.csv").unwrap_or_default(), encoder, name }
    }

    fn kept(&self) -> Option<IntentModel> {
        self.cache.read(&self.name).and_then(|bytes| IntentModel::from_bytes(&bytes).ok())
    }

    fn examples(&self) -> Result<Vec<Example>, ReaderError> {
        Ok(examples::parse_csv(self.csv)?)
    }

    fn train(&self, examples: &[Example], told: &mut dyn FnMut(&str)) -> Result<IntentModel, ReaderError> {
        let count = examples.len();
        told(&format!("training the intent classifier on {count} examples, once: a minute for each 10,000 …"));
        let model = intent::train(examples, self.encoder, &mut |_, _| {})?;
        self.cache.keep(&self.name, &model.to_bytes());
        Ok(model)
    }
}

/// The model in a directory, if it is the one that is meant.
fn model(directory: &str, said: &str) -> Result<Arc<Encoder>, ReaderError> {
    let encoder = Encoder::new(Model::published(Path::new(directory))?)?;
    let is = Digest::from_bytes(encoder.digest()).to_string();
    if !is.eq_ignore_ascii_case(said) {
        return Err(ReaderError::Digest { directory: directory.to_owned(), is, said: said.to_owned() });
    }
    Ok(Arc::new(encoder))
}

/// What reads sentences, learnt where it was not before; none where there is too little to learn from.
fn sentences(
    cache: &ModelCache,
    words: &TextReader,
    encoder: Option<&Encoder>,
    told: &mut dyn FnMut(&str),
) -> Result<Option<SentenceClassifier>, ReaderError> {
    let built_in = SentenceClassifier::built_in();
    let ships = built_in.as_ref().map(|shipped| *shipped.key());
    let Some(key) = sentences_key(cache, words, encoder, ships) else { return Ok(None) };
    if ships == Some(key) {
        return Ok(built_in);
    }
    let name = format!("sentences-{}.bin", Digest::from_bytes(&key));
    let kept = cache.read(&name).and_then(|bytes| SentenceClassifier::from_bytes(&bytes).ok());
    if let Some(classifier) = kept.filter(|classifier| *classifier.key() == key) {
        return Ok(Some(classifier));
    }
    let Some(lesson) = SentenceLesson::of(words) else { return Ok(None) };
    told(&format!("learning from {} labelled sentences, once …", lesson.sentences()));
    let classifier = lesson.learn(encoder);
    cache.keep(&name, &classifier.to_bytes());
    Ok(Some(classifier))
}

/// The key of the classifier that has learnt what there is to learn; none where there is too little. To know it, rules
/// are tried on every labelled sentence, so that it is kept by what it follows from.
fn sentences_key(
    cache: &ModelCache,
    words: &TextReader,
    encoder: Option<&Encoder>,
    ships: Option<[u8; 32]>,
) -> Option<[u8; 32]> {
    let mut of = Sha256::new_with_prefix(ships.unwrap_or_default());
    of.update(words.readings().digest());
    of.update(encoder.map(Encoder::digest).copied().unwrap_or_default());
    let name = format!("lesson-{}.bin", Digest::from_bytes(&of.finalize().into()));
    match cache.read(&name) {
        Some(none) if none.is_empty() => return None,
        Some(kept) if kept.len() == 32 => return kept.try_into().ok(),
        _ => {}
    }
    let key = SentenceLesson::of(words).map(|lesson| match lesson.shipped(encoder) {
        Some(shipped) => *shipped.key(),
        None => lesson.key(encoder.map(Encoder::digest)),
    });
    cache.keep(&name, key.as_ref().map_or(&[], <[u8; 32]>::as_slice));
    key
}
