//! What can be measured about a case: intent, requests for a human, vulnerability, frustration, language,
//! complexity.

pub mod by_intent;
mod calibrate;
pub mod courtesy;
pub mod examples;
mod familiar;
mod features;
mod folds;
pub mod follow_up;
pub mod follow_up_lesson;
pub mod intent;
mod judge;
pub mod label;
pub mod labelled;
pub mod lexical;
mod linear;
pub mod machine;
pub mod message_reader;
pub mod normal;
mod parallel;
pub mod readings;
pub mod report;
pub mod sentence_classifier;
pub mod sentence_lesson;
mod sentence_split;
pub mod sentence_vectors;
mod shuffle;
mod softmax;
mod stored;
pub mod vector;
pub mod written;

pub use stored::DamagedClassifier;
