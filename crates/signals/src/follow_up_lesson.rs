//! What labelled conversations teach of messages that follow an answer.

use crate::{
    features::{Feature, Vocabulary},
    folds::fit_in_folds,
    follow_up::{CLASSES, FollowUpClassifier, features, other_rather, read_in, row, says_enough},
    normal::normalised,
    softmax,
    vector::encode_all,
};
use remit_encoder::Encoder;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// Folds in which margins are learnt.
const FOLDS: usize = 7;
/// Share of what adds to a matter that may be taken for another one where the classifier of intents knows which, and
/// where it abstains.
const MISTAKEN: (f64, f64) = (0.10, 0.06);
const CONVERSATIONS: &str = include_str!("../packs/follow_ups.jsonl");

/// A conversation, and what its customer may write next.
#[derive(Debug, Clone, Deserialize)]
pub struct LabelledConversation {
    /// What was said, in its order.
    pub turns: Vec<ConversationTurn>,
    /// Messages that may follow, each by itself.
    pub followups: Vec<FollowUp>,
}

/// What somebody said.
#[derive(Debug, Clone, Deserialize)]
pub struct ConversationTurn {
    /// The words.
    pub text: String,
}

/// A message that follows.
#[derive(Debug, Clone, Deserialize)]
pub struct FollowUp {
    /// The words.
    pub text: String,
    /// `acknowledgement`, `answer`, `addition` or `new_matter`.
    pub kind: String,
}

impl FollowUp {
    /// Whether it is another matter.
    pub fn is_new_matter(&self) -> bool {
        self.kind == "new_matter"
    }
}

/// Conversations, one JSON object a line.
///
/// # Errors
/// When a line is none.
pub fn conversations(lines: &str) -> Result<Vec<LabelledConversation>, serde_json::Error> {
    lines.lines().filter(|line| !line.is_empty()).map(serde_json::from_str).collect()
}

/// The conversations that the packs teach from.
///
/// # Errors
/// When one of them does not fit, which a test finds.
pub fn taught() -> Result<Vec<LabelledConversation>, serde_json::Error> {
    conversations(CONVERSATIONS)
}

/// Learns from the conversations of the packs, and gives what was learnt as bytes.
///
/// # Errors
/// When one of them does not fit, which a test finds.
pub fn learn(encoder: &Encoder) -> Result<Vec<u8>, serde_json::Error> {
    let conversations = taught()?;
    let texts: Vec<(usize, String, bool)> = conversations
        .iter()
        .enumerate()
        .flat_map(|(at, conversation)| {
            conversation.followups.iter().map(move |one| (at, normalised(&one.text).into_owned(), one.is_new_matter()))
        })
        .filter(|(_, text, _)| says_enough(text))
        .collect();
    let vocabulary = Vocabulary::of_words(texts.iter().map(|(_, text, _)| text.as_str()));
    let before: Vec<Vec<Vec<f32>>> = conversations
        .iter()
        .map(|conversation| {
            let said: Vec<_> = conversation.turns.iter().map(|turn| normalised(&turn.text)).collect();
            encode_all(encoder, &read_in(&said).iter().map(|said| &**said).collect::<Vec<_>>())
        })
        .collect();
    let vectors = encode_all(encoder, &texts.iter().map(|(_, text, _)| text.as_str()).collect::<Vec<_>>());
    let rows: Vec<Vec<Feature>> = texts
        .iter()
        .zip(&vectors)
        .map(|((at, text, _), vector)| {
            row(&vocabulary, text, vector, before.get(*at).map(Vec::as_slice).unwrap_or_default())
        })
        .collect();
    let labels: Vec<usize> = texts.iter().map(|(.., other)| usize::from(*other)).collect();
    let all = features(&vocabulary, encoder.width());
    let fit = |rows: &[&[Feature]], labels: &[usize]| softmax::train(rows, labels, CLASSES, all);
    let fold_of = |at: usize| texts.get(at).map_or(0, |(conversation, ..)| conversation % FOLDS);
    let (linear, margins) = fit_in_folds(&rows, &labels, FOLDS, &fold_of, &fit);
    let mut adds: Vec<f32> = margins
        .iter()
        .zip(&labels)
        .filter(|(_, label)| **label == 0)
        .map(|(margins, _)| other_rather(margins))
        .collect();
    adds.sort_by(|a, b| b.total_cmp(a));
    let total = conversations.iter().flat_map(|one| &one.followups).filter(|one| !one.is_new_matter()).count();
    // Short texts add to their matter whatever they say, so that the share is one of all.
    let beyond = |mistaken: f64| adds.get((total as f64 * mistaken) as usize).copied().unwrap_or(f32::MAX);
    let learnt = FollowUpClassifier {
        key: key(encoder),
        encoder: *encoder.digest(),
        linear,
        known: beyond(MISTAKEN.0),
        unknown: beyond(MISTAKEN.1),
        vocabulary,
    };
    Ok(learnt.to_bytes())
}

/// SHA-256 over what is learnt from, and over the digest of the encoder's model.
fn key(encoder: &Encoder) -> [u8; 32] {
    Sha256::new_with_prefix(encoder.digest()).chain_update(CONVERSATIONS).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_ships_has_learnt_what_the_packs_teach() {
        let learnt = FollowUpClassifier::shipped().unwrap();
        assert_eq!(learnt.key, key(&Encoder::built_in()), "a conversation was changed; run `cargo xtask sentences`");
        let bytes = learnt.to_bytes();
        assert_eq!(FollowUpClassifier::from_bytes(&bytes).unwrap().to_bytes(), bytes);
        assert!(FollowUpClassifier::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        let kinds = ["acknowledgement", "answer", "addition", "new_matter"];
        let taught = taught().unwrap();
        assert!(taught.iter().flat_map(|one| &one.followups).all(|one| kinds.contains(&one.kind.as_str())));
    }
}
