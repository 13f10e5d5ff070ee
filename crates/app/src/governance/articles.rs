//! What answers from the bundle's articles, with the vectors of their texts from the cache.

use crate::governance::{
    model_cache::ModelCache,
    reader::{self, ReaderError},
};
use remit_domain::id::Digest;
use remit_encoder::Encoder;
use remit_policy::bundle::Bundle;
use remit_responders::{
    KnowledgeService,
    knowledge::{Article, Library},
};
use remit_signals::vector::encode_all;
use sha2::{Digest as _, Sha256};

/// What answers from the articles of `bundle`, by its encoder, with their vectors from `cache`.
///
/// # Errors
/// When the encoder's model that it names cannot be read.
pub fn knowledge(bundle: &Bundle, cache: &ModelCache) -> Result<KnowledgeService, ReaderError> {
    let articles = bundle.articles().iter().map(|article| Article {
        name: article.file.clone(),
        text: article.text.clone(),
        answers: article.answers.clone(),
        not: article.not.clone(),
        language: article.language.clone().unwrap_or_default(),
    });
    let library = Library { articles: articles.collect(), synonyms: bundle.synonyms().to_vec() };
    let leads = |language: &str, title: &str, section: Option<&str>| bundle.texts().quoting(language, title, section);
    let service = KnowledgeService::quoting(library, reader::encoder(bundle)?, &leads, |encoder, texts| {
        let name = vectors_name(encoder, texts);
        if let Some(vectors) = cache.read(&name).and_then(|bytes| vectors_of(&bytes, texts.len(), encoder.width())) {
            return vectors;
        }
        let vectors = encode_all(encoder, texts);
        let bytes: Vec<u8> = vectors.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        cache.keep(&name, &bytes);
        vectors
    });
    Ok(service)
}

/// Under which name the vectors of these texts by this encoder are kept: a digest of both.
fn vectors_name(encoder: &Encoder, texts: &[&str]) -> String {
    let mut digest = Sha256::new_with_prefix(encoder.digest());
    for text in texts {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    format!("articles-{}.bin", Digest::from_bytes(&digest.finalize().into()))
}

/// So many vectors of so many values from their bytes; none where there are fewer or more.
fn vectors_of(bytes: &[u8], count: usize, width: usize) -> Option<Vec<Vec<f32>>> {
    if width == 0 || bytes.len() != count * width * 4 {
        return None;
    }
    let vector = |bytes: &[[u8; 4]]| bytes.iter().map(|value| f32::from_le_bytes(*value)).collect();
    Some(bytes.as_chunks().0.chunks(width).map(vector).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_taken_back_whole_or_not_at_all() {
        let vectors = [[0.5_f32, -1.0], [0.25, 2.0]];
        let bytes: Vec<u8> = vectors.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(vectors_of(&bytes, 2, 2).unwrap(), vectors);
        for (count, width, length) in [(2, 3, 16), (3, 2, 16), (2, 2, 15), (2, 2, 12), (0, 0, 16)] {
            assert_eq!(vectors_of(&bytes[..length], count, width), None, "{count} {width} {length}");
        }
    }
}
