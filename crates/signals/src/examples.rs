//! Labelled examples, read from CSV or from CLINC150's JSON.

use serde::Deserialize;

/// A message with its intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What the customer wrote.
    pub text: String,
    /// What it is about.
    pub label: String,
}

/// Why examples could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ExamplesError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Most examples that are read.
pub const EXAMPLES_MAX: usize = 1_000_000;
const TEXT_MAX: usize = 32_768;

/// Reads CSV with a header, the text in the first column and the intent in the second.
///
/// # Errors
/// With the line of the first row that is not so.
pub fn parse_csv(bytes: &[u8]) -> Result<Vec<Example>, ExamplesError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let mut examples = Vec::new();
    // Else the first row behind the header would count as line 1.
    reader.headers().map_err(|error| unread(&error))?;
    for record in reader.records() {
        let record = record.map_err(|error| unread(&error))?;
        let line = record.position().map_or(1, csv::Position::line);
        let wrong = |message: &str| ExamplesError { line, message: message.to_owned() };
        let (text, label) = match (record.get(0).map(str::trim), record.get(1).map(str::trim)) {
            (Some(text), Some(label)) if !text.is_empty() && !label.is_empty() => (text, label),
            _ => return Err(wrong("a row needs a text and an intent; fill in both or take the row out")),
        };
        if text.len() > TEXT_MAX || label.len() > 128 {
            return Err(wrong("a text may have 32,768 bytes and an intent 128; shorten it"));
        }
        if examples.len() >= EXAMPLES_MAX {
            return Err(wrong("more than a million examples; take a sample"));
        }
        examples.push(Example { text: text.to_owned(), label: label.to_owned() });
    }
    Ok(examples)
}

fn unread(error: &csv::Error) -> ExamplesError {
    ExamplesError {
        line: error.position().map_or(1, csv::Position::line),
        message: format!("{error}; every row needs as many columns as the header, in UTF-8"),
    }
}

/// CLINC150's parts.
#[derive(Debug, Clone, Default)]
pub struct Clinc {
    /// For training.
    pub train: Vec<Example>,
    /// For choosing thresholds or for testing.
    pub val: Vec<Example>,
    /// Messages that no intent fits.
    pub out_of_scope: Vec<String>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    train: Vec<(String, String)>,
    #[serde(default)]
    val: Vec<(String, String)>,
    #[serde(default)]
    test: Vec<(String, String)>,
    #[serde(default)]
    oos_train: Vec<(String, String)>,
    #[serde(default)]
    oos_val: Vec<(String, String)>,
    #[serde(default)]
    oos_test: Vec<(String, String)>,
}

/// Reads CLINC150's JSON; where there is a test part it takes the place of the validation part.
///
/// # Errors
/// When it is no such JSON.
pub fn parse_clinc(bytes: &[u8]) -> Result<Clinc, ExamplesError> {
    let raw: Raw = serde_json::from_slice(bytes)
        .map_err(|error| ExamplesError { line: error.line() as u64, message: error.to_string() })?;
    let examples =
        |pairs: Vec<(String, String)>| pairs.into_iter().map(|(text, label)| Example { text, label }).collect();
    let tested = !raw.test.is_empty();
    let oos: Vec<(String, String)> = if tested && !raw.oos_test.is_empty() {
        raw.oos_test
    } else {
        raw.oos_train.into_iter().chain(raw.oos_val).collect()
    };
    Ok(Clinc {
        train: examples(raw.train),
        val: examples(if tested { raw.test } else { raw.val }),
        out_of_scope: oos.into_iter().map(|(text, _)| text).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_fit_are_named_by_line() {
        assert_eq!(parse_csv(b"text,category\nhello,greet\n").unwrap().len(), 1);
        for (bytes, line) in [
            (&b"text,category\na,b\nonly one\n"[..], 3),
            (b"text,category\n,b\n", 2),
            (b"text,category\na,b\n\xff,c\n", 3),
            (b"text,category\n\xff,c\na,b\n", 2),
            (b"text,\xff\na,b\n", 1),
            (b"text,category\nonly one\n", 2),
        ] {
            assert_eq!(parse_csv(bytes).unwrap_err().line, line);
        }
    }
}
