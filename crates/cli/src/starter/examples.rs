//! Labelled examples of what customers write, by topic: those that a new bundle learns from, and others to be played.

use super::answers::ABOUT_US;
use anyhow::Context as _;

const ENGLISH: &str = include_str!("../../templates/examples.csv");
const GERMAN: &str = include_str!("../../templates/examples.de.csv");
/// What is put in for a desk about which there are no examples.
const TITLE: &str = "{title}";

/// A topic with what is known of it.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) intents: Vec<String>,
    /// Texts to learn from, with their intents.
    pub(super) learn: Vec<(String, String)>,
    /// Texts to play.
    pub(super) play: Vec<(String, String)>,
}

/// The topic of what every organisation is asked.
pub(super) fn about_us(languages: &[&str]) -> anyhow::Result<Topic> {
    topic(ABOUT_US, &[String::new(), String::new()], languages)
}

/// The topic of a desk: what is known of its name, or else what asks for what it is about, as that is called in the
/// midst of a German and of an English sentence.
pub(super) fn of_desk(desk: &str, about: &[String; 2], languages: &[&str]) -> anyhow::Result<Topic> {
    topic(desk, about, languages)
}

fn topic(name: &str, [german, english]: &[String; 2], languages: &[&str]) -> anyhow::Result<Topic> {
    let mut topic = Topic { name: name.to_owned(), intents: Vec::new(), learn: Vec::new(), play: Vec::new() };
    for known in [name, ""] {
        let files =
            languages.iter().map(|language| if *language == "de" { (GERMAN, german) } else { (ENGLISH, english) });
        let rows = files.flat_map(|(file, about)| {
            csv::Reader::from_reader(file.as_bytes()).into_records().map(move |row| (row, about))
        });
        for (row, about) in rows {
            let row = row.context("the examples that ship cannot be read")?;
            let column = |at: usize| row.get(at).unwrap_or_default();
            if column(0) != known {
                continue;
            }
            let intent = match column(1) {
                "" => format!("{}_question", name.replace('-', "_")),
                intent => intent.to_owned(),
            };
            if !topic.intents.contains(&intent) {
                topic.intents.push(intent.clone());
            }
            let text = column(3).replace(TITLE, about);
            let list = if column(2) == "learn" { &mut topic.learn } else { &mut topic.play };
            list.push((text, intent));
        }
        if !topic.intents.is_empty() {
            break;
        }
    }
    Ok(topic)
}

/// Texts with their intents as CSV.
pub(super) fn csv<'a>(texts: impl Iterator<Item = &'a (String, String)>) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["text", "intent"])?;
    for (text, intent) in texts {
        writer.write_record([text, intent])?;
    }
    writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))
}
