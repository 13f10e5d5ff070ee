//! Labelled sentences, from CSV with the columns `text` and `reads`.

use super::mistake::{At, Mistake};

/// Longest sentence, in bytes.
pub(super) const SENTENCE_MAX: usize = 1_000;
/// Most sentences of a bundle with its packs.
pub(super) const SENTENCES_MAX: usize = 50_000;

/// A sentence as it is written, with its line.
#[derive(Debug, Clone)]
pub(super) struct RawSentence {
    pub(super) text: String,
    pub(super) labels: Vec<String>,
    pub(super) line: usize,
}

/// Reads a file. A row that does not fit is noted and left out.
pub(super) fn parse(file: &str, bytes: &[u8], mistakes: &mut Vec<Mistake>) -> Vec<RawSentence> {
    let at = |line| At::File(file.to_owned(), line);
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    match reader.headers() {
        Ok(headers) if headers.iter().map(str::trim).eq(["text", "reads"]) => {}
        Ok(_) => {
            mistakes.push(Mistake::new(at(1), "the columns are not `text` and `reads`", "begin with `text,reads`"));
            return Vec::new();
        }
        Err(error) => {
            mistakes.push(Mistake::new(at(1), error.to_string(), "begin with `text,reads`, in UTF-8"));
            return Vec::new();
        }
    }
    let mut sentences = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                let cure = "write two columns, text and reads, in UTF-8; quote text with commas";
                mistakes.push(Mistake::new(at(whole(line)), error.to_string(), cure));
                break;
            }
        };
        let line = whole(record.position().map_or(1, csv::Position::line));
        let text = record.get(0).map(str::trim).unwrap_or_default().to_owned();
        let labels: Vec<String> = record.get(1).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        if sentences.len() >= SENTENCES_MAX {
            mistakes.push(Mistake::new(at(line), format!("more than {SENTENCES_MAX} sentences"), "take a sample"));
            break;
        }
        sentences.push(RawSentence { text, labels, line });
    }
    sentences
}

fn whole(line: u64) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}
