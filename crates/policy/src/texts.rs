//! What customers are told, in words: by language, from the bundle's `texts/`, and in English where it has none.

use crate::{
    calendar::WallTime,
    files::{self, Files},
    finding::Finding,
    places::{Places, TomlPath},
};
use remit_signals::readings::nearest;
use std::{collections::BTreeMap, sync::LazyLock};

/// The folder of a bundle's own, with a file for each language, such as `texts/de.toml`.
const FOLDER: &str = "texts";
/// Longest text, in bytes.
const TEXT_MAX: usize = 500;
/// The names of days from Monday on, and of months from January on, each with commas between.
const WEEKDAYS: &str = "weekdays";
const MONTHS: &str = "months";
/// The language that ships.
const SHIPPED: &str = "en";

/// The texts that ship, by name.
static ENGLISH: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("texts/en.toml")).unwrap_or_default());

/// What no bundle need say in other languages: how moments are told, and what stands before a quoted passage.
static OTHER: LazyLock<BTreeMap<String, BTreeMap<String, String>>> =
    LazyLock::new(|| toml::from_str(include_str!("texts/other.toml")).unwrap_or_default());

/// The names of all texts.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENGLISH.keys().map(String::as_str)
}

/// What customers are told, by language.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    by_language: BTreeMap<String, BTreeMap<String, String>>,
}

impl Texts {
    /// Reads the bundle's own, noting what is wrong.
    pub(crate) fn read(files: &Files, findings: &mut Vec<Finding>) -> Self {
        let mut by_language = BTreeMap::new();
        for (file, bytes) in files.under(FOLDER) {
            let language = file.strip_prefix(FOLDER).and_then(|name| name.strip_prefix('/')?.strip_suffix(".toml"));
            let is_tag = |tag: &&str| (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase());
            let Some(language) = language.filter(is_tag) else {
                let message = format!("`{file}` names no language");
                findings.push(Finding::new(file, 1, message, "call it by the language's tag: `texts/de.toml`"));
                continue;
            };
            let text = match files::text(file, bytes) {
                Ok(text) => text,
                Err(finding) => {
                    findings.push(*finding);
                    continue;
                }
            };
            match toml::from_str::<BTreeMap<String, String>>(text) {
                Ok(texts) => {
                    let wrong = texts.iter().filter_map(|(name, said)| wrong(name, said).map(|what| (name, what)));
                    // Where each stands is looked for where one is wrong.
                    let mut places = None;
                    for (name, (message, cure)) in wrong {
                        let places: &Places<'_> = places.get_or_insert_with(|| Places::of(text));
                        findings.push(Finding::new(file, places.line(&TomlPath::key(name)), message, cure));
                    }
                    by_language.insert(language.to_owned(), texts);
                }
                Err(error) => {
                    let cure = "write each text as `name = \"what is told\"`; the names are in docs/bundle.md";
                    let line = error.span().map_or(1, |span| crate::finding::line_at(text, span.start));
                    findings.push(Finding::new(file, line, error.message().to_owned(), cure));
                }
            }
        }
        Self { by_language }
    }

    /// The text of this name in the customer's language, with what is put in, by name. Where neither the bundle has it
    /// in that language nor Remit, it is told in English, in the bundle's words or in those that ship.
    pub fn say(&self, language: Option<&str>, name: &str, with: &[(&str, &str)]) -> String {
        let of = |language: &str| self.by_language.get(language)?.get(name);
        let spoken = primary(language);
        let own = spoken.as_deref().and_then(of).or_else(|| OTHER.get(spoken.as_deref()?)?.get(name));
        let text = own.or_else(|| of(SHIPPED)).or_else(|| ENGLISH.get(name));
        filled(text.map_or("", String::as_str), with)
    }

    /// What stands before a passage of an article in `language` that is quoted.
    pub fn quoting(&self, language: &str, title: &str, section: Option<&str>) -> String {
        let name = if section.is_some() { "article_section_quoted" } else { "article_quoted" };
        self.say(Some(language), name, &[("title", title), ("section", section.unwrap_or_default())])
    }

    /// A moment as it stands in the text of this name in the customer's language: in the language in which that text is
    /// told.
    pub fn moment(&self, language: Option<&str>, name: &str, at: &WallTime) -> String {
        self.told_at(language, name, at, "moment")
    }

    /// A moment with its year, in the same way.
    pub fn moment_of_year(&self, language: Option<&str>, name: &str, at: &WallTime) -> String {
        self.told_at(language, name, at, "moment_of_year")
    }

    /// The day of a moment, in the same way.
    pub fn day(&self, language: Option<&str>, name: &str, at: &WallTime) -> String {
        self.told_at(language, name, at, "day")
    }

    fn told_at(&self, language: Option<&str>, name: &str, at: &WallTime, form: &str) -> String {
        let has = |language: &String| self.by_language.get(language).is_some_and(|texts| texts.contains_key(name));
        let told = primary(language).filter(has).unwrap_or_else(|| SHIPPED.to_owned());
        let of = |part: &str| {
            let own = self.by_language.get(&told).and_then(|texts| texts.get(part));
            own.or_else(|| OTHER.get(&told)?.get(part)).or_else(|| ENGLISH.get(part)).map_or("", String::as_str)
        };
        let nth = |names: &str, at: usize| of(names).split(',').nth(at).unwrap_or_default().trim().to_owned();
        let (weekday, month, day) = (nth(WEEKDAYS, at.weekday), nth(MONTHS, at.month), at.day.to_string());
        let year = at.date.split('-').next().unwrap_or_default();
        let date = [("weekday", &*weekday), ("day", &*day), ("month", &*month), ("year", year)];
        let clock = [("time", &*at.time), ("zone", &*at.told_zone)];
        filled(of(form), &[&date[..], &clock[..]].concat())
    }
}

/// The first part of a language's tag, by which it is known here.
fn primary(language: Option<&str>) -> Option<String> {
    language.map(|tag| tag.split('-').next().unwrap_or(tag).to_ascii_lowercase())
}

/// `text` with what stands in braces put in. What is put in is not looked at again, whoever wrote it.
fn filled(text: &str, with: &[(&str, &str)]) -> String {
    let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, hole, after)) = next_hole(rest) {
        filled.push_str(before);
        filled.push_str(with.iter().find(|(name, _)| *name == hole).map_or("", |(_, put)| put));
        rest = after;
    }
    filled + rest
}

fn next_hole(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (hole, after) = rest.split_once('}')?;
    Some((before, hole, after))
}

fn holes(text: &str) -> Vec<&str> {
    let (mut holes, mut rest) = (Vec::new(), text);
    while let Some((_, hole, after)) = next_hole(rest) {
        holes.push(hole);
        rest = after;
    }
    holes
}

/// What is wrong with a text of a bundle, and the cure.
fn wrong(name: &str, said: &str) -> Option<(String, String)> {
    let finding = |message: String, cure: String| Some((message, cure));
    let Some(shipped) = ENGLISH.get(name) else {
        let names = ENGLISH.keys().map(String::as_str);
        let cure = nearest(name, names).map(|like| format!("did you mean `{like}`?"));
        let cure = cure.unwrap_or_else(|| "take it out; the names are in docs/bundle.md".to_owned());
        return finding(format!("no text is called `{name}`"), cure);
    };
    if said.trim().is_empty() || said.len() > TEXT_MAX || said.chars().any(char::is_control) {
        let message = format!("`{name}` must be a line of 1 to {TEXT_MAX} bytes");
        return finding(message, "write it so".to_owned());
    }
    let names = |text: &str| text.split(',').filter(|name| !name.trim().is_empty()).count();
    if [WEEKDAYS, MONTHS].contains(&name) && names(said) != names(shipped) {
        let message = format!("`{name}` must have {} names with commas between", names(shipped));
        return finding(message, format!("write them as {shipped}"));
    }
    let known = holes(shipped);
    if let Some(other) = holes(said).into_iter().find(|hole| !known.contains(hole)) {
        let known: Vec<String> = known.iter().map(|hole| format!("{{{hole}}}")).collect();
        let cure = if known.is_empty() { "nothing is".to_owned() } else { format!("what is: {}", known.join(", ")) };
        return finding(format!("nothing called `{{{other}}}` is put into `{name}`"), cure);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> (Texts, Vec<String>) {
        let files = Files::new(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())));
        let mut findings = Vec::new();
        let texts = Texts::read(&files, &mut findings);
        (texts, findings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_customers_language_is_spoken_where_the_bundle_has_it_and_english_elsewhere() {
        let german = "minutes = \"etwa {minutes} Minuten\"\nclosed = \"geschlossen\"\n";
        let (texts, findings) = read(&[("texts/de.toml", german), ("texts/en.toml", "closed = \"shut\"\n")]);
        assert!(findings.is_empty(), "{findings:?}");
        let minutes = |language| texts.say(language, "minutes", &[("minutes", "5")]);
        assert_eq!(minutes(Some("de")), "etwa 5 Minuten");
        assert_eq!(minutes(Some("de-AT")), "etwa 5 Minuten");
        assert_eq!((minutes(Some("fr")), minutes(None)), ("about 5 minutes".to_owned(), "about 5 minutes".to_owned()));
        let closed = |language| texts.say(language, "closed", &[]);
        assert_eq!((closed(Some("de")), closed(Some("fr"))), ("geschlossen".to_owned(), "shut".to_owned()));
    }

    #[test]
    fn a_moment_is_told_in_the_language_of_the_text_that_it_stands_in() {
        let (weekday, day, month) = (0, 30, 10);
        let (date, time, zone) = ("2026-11-30".into(), "08:00".into(), String::from("GMT"));
        let at = WallTime { weekday, day, month, date, time, told_zone: zone.clone(), zone };
        let (texts, findings) = read(&[
            ("texts/de.toml", "closed_until = \"geschlossen bis {time}\"\n"),
            ("texts/fi.toml", "closed_until = \"suljettu, {time}\"\nmoment = \"{day}.11. klo {time}\"\n"),
        ]);
        assert!(findings.is_empty(), "{findings:?}");
        let moment = |language, text| texts.moment(Some(language), text, &at);
        assert_eq!(moment("de-CH", "closed_until"), "Montag, 30. November, 08:00 Uhr (GMT)");
        assert_eq!(moment("fi", "closed_until"), "30.11. klo 08:00");
        let of_year = texts.moment_of_year(Some("de"), "closed_until", &at);
        assert_eq!(of_year, "Montag, 30. November 2026, 08:00 Uhr (GMT)");
        let day = |language, text| texts.day(Some(language), text, &at);
        assert_eq!(day("de", "closed_until"), "Montag, 30. November");
        assert_eq!(day("de", "waits_for_opening"), "Monday 30 November");
        // A sentence in English has an English date in it.
        assert_eq!(moment("de", "waits_for_opening"), "Monday 30 November, 08:00 (GMT)");
        assert_eq!(moment("fr", "closed_until"), "Monday 30 November, 08:00 (GMT)");
        let full = |parts: &BTreeMap<String, String>| {
            (parts["weekdays"].split(", ").count(), parts["months"].split(", ").count(), parts.len())
        };
        assert!(OTHER.len() == 7 && OTHER.values().all(|parts| full(parts) == (7, 12, 7)), "{OTHER:?}");
        let right = |(name, text): (&String, &String)| wrong(name, text).is_none();
        assert!(OTHER.values().flatten().all(right), "{OTHER:?}");
    }

    #[test]
    fn an_article_is_quoted_in_its_language_in_the_bundles_words_or_in_those_that_ship() {
        let (texts, findings) = read(&[
            ("texts/en.toml", "article_quoted = \"See {title}:\"\n"),
            ("texts/fi.toml", "article_section_quoted = \"{title}, {section}:\"\n"),
        ]);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(texts.quoting("de", "Öffnungszeiten", None), "Aus unserem Artikel „Öffnungszeiten“:");
        assert_eq!(texts.quoting("fi", "Kortti", Some("{title}")), "Kortti, {title}:");
        assert_eq!(texts.quoting("fi", "Kortti", None), "See Kortti:");
        assert_eq!(texts.quoting("en", "PIN", Some("Lost")), "From our article “PIN”, “Lost”:");
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        let name = Texts::default().say(None, "chat_person", &[("name", "{name} {title}")]);
        assert_eq!(name, "{name} {title} is with you.");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (file, text, says) in [
            ("texts/de.toml", "closed = \"zu\"\nclose = \"zu\"\n", "texts/de.toml:2: no text is called `close`"),
            ("texts/de.toml", "minutes = \"etwa {minuten}\"\n", "nothing called `{minuten}` is put into `minutes`"),
            ("texts/de.toml", "closed = \" \"\n", "`closed` must be a line"),
            ("texts/de.toml", "weekdays = \"Mo, Di, Mi\"\n", "`weekdays` must have 7 names with commas between"),
            ("texts/de.toml", "closed = 7\n", "texts/de.toml:1: invalid type"),
            ("texts/German.toml", "", "`texts/German.toml` names no language"),
        ] {
            let (_, findings) = read(&[(file, text)]);
            assert!(findings.len() == 1 && findings[0].contains(says), "{text}: {findings:?}");
        }
    }

    #[test]
    fn the_documentation_names_every_text() {
        let page = include_str!("../../../docs/bundle.md");
        let missing: Vec<_> = ENGLISH.keys().filter(|name| !page.contains(&format!("`{name}`"))).collect();
        assert!(ENGLISH.len() > 20 && missing.is_empty(), "{missing:?}");
    }
}
