//! Articles: `knowledge/*.md`, with what stands before the text between two lines `+++`, and `knowledge/synonyms.toml`.

use super::parts::Article;
use crate::{
    files::{self, Files},
    finding::{Finding, line_at},
    places::{Places, TomlPath},
};
use serde::Deserialize;
use std::collections::HashMap;

const SYNONYMS: &str = "knowledge/synonyms.toml";
/// What begins and ends the part before the text.
const FENCE: &str = "+++";
/// What it begins and ends with elsewhere, in YAML.
const FENCE_OF_YAML: &str = "---";
/// Most questions of one list, or groups of synonyms.
const LISTED_MAX: usize = 200;
/// Longest question, in characters.
const QUESTION_MAX: usize = 300;

/// What may stand before an article's text.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Head {
    /// Questions that it answers.
    answers: Vec<String>,
    /// Questions that it does not answer.
    not: Vec<String>,
    /// The language that it is written in.
    language: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SynonymsFile {
    synonyms: Vec<Vec<String>>,
}

/// The articles, with a finding for each that cannot be read as it is.
pub(super) fn read(files: &Files, findings: &mut Vec<Finding>) -> Vec<Article> {
    let mut articles = Vec::new();
    let mut asked: HashMap<String, String> = HashMap::new();
    for (file, bytes) in files.under("knowledge").filter(|(file, _)| file.ends_with(".md")) {
        let whole = match files::text(file, bytes) {
            Ok(whole) => whole,
            Err(finding) => {
                findings.push(*finding);
                continue;
            }
        };
        let (head, before, text) = parts(file, whole, findings);
        // The line `+++` stands above.
        let places = Places::of(before);
        let line = |place: &TomlPath| places.line(place) + 1;
        lint(file, &line, &head, &mut asked, findings);
        if !head.answers.is_empty() && !says_something(text) {
            let message = "the article has questions that it answers, and no text that answers them";
            let cure = "write the answer under its title, or take the article out";
            findings.push(Finding::new(file, line(&TomlPath::key("answers")), message, cure));
        }
        match text.lines().find_map(|line| line.strip_prefix("# ")) {
            Some(title) => articles.push(Article {
                file: file.to_owned(),
                title: title.trim().to_owned(),
                text: text.to_owned(),
                answers: head.answers,
                not: head.not,
                language: head.language,
            }),
            None => findings.push(Finding::new(file, 1, "the article has no title", "begin it with a line `# Title`")),
        }
    }
    articles
}

/// What stands before the text, read and as it is, and the text.
fn parts<'a>(file: &str, whole: &'a str, findings: &mut Vec<Finding>) -> (Head, &'a str, &'a str) {
    let mut lines = whole.split_inclusive('\n');
    if lines.next().map(str::trim_end) != Some(FENCE) {
        findings.extend(misplaced(file, whole));
        return (Head::default(), "", whole);
    }
    let first = whole.find('\n').map_or(whole.len(), |at| at + 1);
    let mut at = first;
    for line in lines {
        if line.trim_end() == FENCE {
            let (before, text) = (whole.get(first..at).unwrap_or_default(), whole.get(at + line.len()..));
            let text = text.unwrap_or_default().trim_start_matches(['\r', '\n']);
            let head = toml::from_str(before).unwrap_or_else(|error| {
                let line = error.span().map_or(1, |span| line_at(before, span.start)) + 1;
                let cure = "between the lines `+++` stand `answers`, `not` and `language`; see docs/bundle.md";
                findings.push(Finding::new(file, line, error.message(), cure));
                Head::default()
            });
            return (head, before, text);
        }
        at += line.len();
    }
    findings.push(Finding::new(file, 1, "the line `+++` that ends what stands before the text is missing", "write it"));
    (Head::default(), "", whole)
}

/// What looks like a part before the text and is none, so that customers would be shown it.
fn misplaced(file: &str, whole: &str) -> Option<Finding> {
    let mut lines = whole.lines().zip(1..).map(|(line, at)| (line.trim_matches(is_empty), at));
    let (first, line) = lines.find(|(line, _)| !line.is_empty())?;
    let (message, cure) = match first {
        FENCE => (
            "the line `+++` is not the first of the file, so that what follows would be the article's text",
            "take out what stands before it: an empty line, a space or a byte order mark",
        ),
        FENCE_OF_YAML => (
            "what stands before the text is in YAML between lines `---`, and would be the article's text",
            "write it in TOML between two lines `+++`, as `answers = [\"How?\"]`, or take it out; see docs/bundle.md",
        ),
        _ => return None,
    };
    Some(Finding::new(file, line, message, cure))
}

fn is_empty(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Whether a text says anything beyond its headings.
fn says_something(text: &str) -> bool {
    text.lines().any(|line| !line.trim_matches(is_empty).is_empty() && !line.starts_with('#'))
}

fn lint(
    file: &str,
    line: &dyn Fn(&TomlPath) -> usize,
    head: &Head,
    asked: &mut HashMap<String, String>,
    findings: &mut Vec<Finding>,
) {
    let mut wrong = |place: TomlPath, message: String, cure: &str| {
        findings.push(Finding::new(file, line(&place), message, cure));
    };
    for (list, questions) in [("answers", &head.answers), ("not", &head.not)] {
        if questions.len() > LISTED_MAX {
            wrong(
                TomlPath::key(list),
                format!("`{list}` has more than {LISTED_MAX} questions"),
                "keep those that differ most",
            );
        }
        for (at, question) in questions.iter().enumerate() {
            let here = || TomlPath::key(list).at(at);
            if let Err(error) = remit_domain::text::check_name(question, QUESTION_MAX) {
                wrong(here(), format!("a question of `{list}` {error}"), "write it as customers ask");
            }
            let plain: String = question.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
            let place = format!("`{list}` of {file}");
            match asked.get(&plain) {
                // Several articles may fail to answer the same.
                Some(before) if !(list == "not" && before.starts_with("`not`") && !before.ends_with(file)) => {
                    let message = format!("the question “{question}” is in {before} too");
                    let cure = "take it out of one of them; what stands in a `not` is answered by no article";
                    wrong(here(), message, cure);
                }
                Some(_) => {}
                None => {
                    asked.insert(plain, place);
                }
            }
        }
    }
    if let Some(tag) = &head.language
        && !((2..=3).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase()))
    {
        wrong(TomlPath::key("language"), format!("`{tag}` is no language"), "write its ISO 639 code, such as `de`");
    }
}

/// The groups of words that mean the same.
pub(super) fn synonyms(files: &Files, findings: &mut Vec<Finding>) -> Vec<Vec<String>> {
    for (file, _) in files.under("knowledge").filter(|(file, _)| file.ends_with(".toml") && *file != SYNONYMS) {
        let message = "no such file is known under `knowledge`";
        findings.push(Finding::new(file, 1, message, "call it `synonyms.toml`, or take it out"));
    }
    let Some(bytes) = files.get(SYNONYMS) else { return Vec::new() };
    let text = match files::text(SYNONYMS, bytes) {
        Ok(text) => text,
        Err(finding) => {
            findings.push(*finding);
            return Vec::new();
        }
    };
    let read: SynonymsFile = match toml::from_str(text) {
        Ok(read) => read,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            let cure = "write `synonyms = [[\"cash machine\", \"ATM\"]]`";
            findings.push(Finding::new(SYNONYMS, line, error.message(), cure));
            return Vec::new();
        }
    };
    if read.synonyms.len() > LISTED_MAX {
        let message = format!("there are more than {LISTED_MAX} groups");
        findings.push(Finding::new(SYNONYMS, 1, message, "keep those that articles have words of"));
    }
    let mut seen: Vec<String> = Vec::new();
    let places = Places::of(text);
    for (at, group) in read.synonyms.iter().enumerate() {
        let place = TomlPath::entry("synonyms", at);
        if group.len() < 2 {
            let message = "a group has fewer than two words";
            findings.push(Finding::new(SYNONYMS, places.line(&place), message, "name the words that mean the same"));
        }
        for (nth, word) in group.iter().enumerate() {
            let line = places.line(&place.clone().at(nth));
            if let Err(error) = remit_domain::text::check_name(word, 60) {
                let message = format!("the word `{word}` {error}");
                findings.push(Finding::new(SYNONYMS, line, message, "write it as customers do"));
            }
            let lower = word.to_lowercase();
            if seen.contains(&lower) {
                let message = format!("`{word}` is named twice");
                findings.push(Finding::new(SYNONYMS, line, message, "name it in one group, once"));
            }
            seen.push(lower);
        }
    }
    read.synonyms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str) -> (Vec<Article>, Vec<String>) {
        let mut findings = Vec::new();
        let files = Files::new([("knowledge/pin.md".to_owned(), text.as_bytes().to_vec())]);
        let articles = read(&files, &mut findings);
        (articles, findings.into_iter().map(|f| format!("{}: {}", f.line, f.message)).collect())
    }

    #[test]
    fn what_stands_before_the_text_is_read_and_taken_off() {
        let (articles, findings) =
            read_one("+++\nanswers = [\"How?\"]\nnot = [\"Why?\"]\nlanguage = \"de\"\n+++\r\n\n# PIN\nSo.\n");
        assert_eq!(findings, [""; 0]);
        let article = &articles[0];
        assert_eq!((article.title.as_str(), article.text.as_str()), ("PIN", "# PIN\nSo.\n"));
        assert_eq!((&article.answers[..], &article.not[..]), (&["How?".to_owned()][..], &["Why?".to_owned()][..]));
        assert_eq!(article.language.as_deref(), Some("de"));
        assert_eq!(read_one("# PIN\n+++\n").0[0].text, "# PIN\n+++\n");
    }

    #[test]
    fn what_is_wrong_with_it_is_found_with_its_line() {
        let long = "x".repeat(301);
        for (text, says) in [
            ("+++\nanswers = []\n# PIN\n", "1: the line `+++` that ends"),
            ("+++\nanswers = []\nquestion = 1\n+++\n# PIN\n", "3: unknown field `question`"),
            (
                "+++\nanswers = [\n    \"How?\",\n    \"how\",\n]\n+++\n# PIN\nSo.\n",
                "4: the question “how” is in `answers`",
            ),
            ("+++\nanswers = [\"How?\"]\nnot = [\"How\"]\n+++\n# PIN\nSo.\n", "3: the question “How” is in `answers`"),
            ("+++\nanswers = [\"\"]\n+++\n# PIN\nSo.\n", "2: a question of `answers` is empty"),
            (&format!("+++\nnot = [\"{long}\"]\n+++\n# PIN\n"), "2: a question of `not`"),
            ("\n+++\nanswers = [\"How?\"]\n+++\n# PIN\nSo.\n", "2: the line `+++` is not the first"),
            ("\u{feff}+++\nanswers = [\"How?\"]\n+++\n# PIN\nSo.\n", "1: the line `+++` is not the first"),
            ("---\nanswers: [How?]\n---\n# PIN\nSo.\n", "1: what stands before the text is in YAML"),
            (" \r\n---\r\ntitle: PIN\r\n---\r\n# PIN\r\nSo.\r\n", "2: what stands before the text is in YAML"),
            ("+++\nanswers = [\"How?\"]\n+++\n# PIN\n\n## Card\n \n", "2: the article has questions"),
            ("+++\nlanguage = \"German\"\n+++\n# PIN\n", "2: `German` is no language"),
        ] {
            let (_, findings) = read_one(text);
            assert!(findings.len() == 1 && findings[0].starts_with(says), "{says}: {findings:?}");
        }
    }

    #[test]
    fn synonyms_are_groups_of_at_least_two() {
        let read = |file: &str, text: &str| {
            let mut findings = Vec::new();
            let read = synonyms(&Files::new([(file.to_owned(), text.as_bytes().to_vec())]), &mut findings);
            (read.len(), findings.into_iter().map(|f| f.message).collect::<Vec<_>>())
        };
        assert_eq!(read(SYNONYMS, "synonyms = [[\"cash machine\", \"ATM\"]]"), (1, Vec::new()));
        for (text, says) in [
            ("synonyms = [[\"ATM\"]]", "fewer than two"),
            ("synonyms = [[\"ATM\", \"atm\"]]", "`atm` is named twice"),
            ("synonym = []", "unknown field"),
            ("synonyms = [[\"ATM\", \"\"]]", "the word `` is empty"),
        ] {
            let (_, findings) = read(SYNONYMS, text);
            assert!(findings.len() == 1 && findings[0].contains(says), "{says}: {findings:?}");
        }
        assert_eq!(read("knowledge/other.toml", "").1.len(), 1);
    }
}
