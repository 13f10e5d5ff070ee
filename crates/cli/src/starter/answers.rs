//! What the author of a new bundle is asked, and what can be an answer.

use jiff::tz::TimeZone;
use remit_domain::{id::ResponderId, text::check_name};
use remit_signals::readings::packs::PACKS;
use std::collections::BTreeSet;

/// Most desks of a bundle to start from.
const DESKS_MAX: usize = 12;
/// Longest name of an organisation, in characters.
const NAME_MAX: usize = 80;
/// The desk that a bundle has unless told otherwise, and those beside it.
pub(crate) const DESKS: &str = "support,billing";
/// The name of the AI responder.
pub(super) const ASSISTANT: &str = "assistant";
/// The topic of the first desk.
pub(super) const ABOUT_US: &str = "about_us";

/// The five answers that a bundle is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answers {
    /// What the organisation is called.
    pub(crate) organisation: String,
    /// The time zone of its hours, of the IANA database.
    pub(crate) time_zone: String,
    /// The languages in which customers are answered, each with a pack of readings.
    pub(crate) languages: Vec<String>,
    /// Its desks; the first takes everything.
    pub(crate) desks: Vec<String>,
    /// Whether an AI answers by quoting articles.
    pub(crate) ai: bool,
    /// The currency of costs.
    pub(crate) currency: String,
}

/// The languages in which articles, examples and messages ship, with the language that stands for any other.
const WRITTEN: [&str; 2] = [ENGLISH, "de"];
pub(super) const ENGLISH: &str = "en";

impl Answers {
    /// The languages in which articles, examples and messages are made: those asked for in which they ship, and English
    /// where that is not all.
    pub(crate) fn written(&self) -> Vec<&str> {
        let asked = self.languages.iter().map(String::as_str);
        let mut written: Vec<&str> = asked.filter(|language| WRITTEN.contains(language)).collect();
        if !self.unwritten().is_empty() && !written.contains(&ENGLISH) {
            written.push(ENGLISH);
        }
        written
    }

    /// The languages asked for in which nothing ships.
    pub(crate) fn unwritten(&self) -> Vec<&str> {
        self.languages.iter().map(String::as_str).filter(|language| !WRITTEN.contains(language)).collect()
    }

    /// The languages that the bundle knows: those asked for, and those in which something is made.
    pub(crate) fn known(&self) -> Vec<&str> {
        let asked = self.languages.iter().map(String::as_str);
        asked.chain(self.written().into_iter().filter(|written| !self.languages.iter().any(|l| l == written))).collect()
    }
}

/// The name of an organisation.
pub(crate) fn organisation(text: &str) -> Result<String, String> {
    check_name(text.trim(), NAME_MAX).map_err(|error| format!("the name {error}"))?;
    Ok(text.trim().to_owned())
}

/// A time zone of the IANA database.
pub(crate) fn time_zone(text: &str) -> Result<String, String> {
    let zone = TimeZone::get(text.trim());
    let zone = zone.map_err(|_| format!("`{}` is no time zone such as Europe/Berlin", text.trim()))?;
    zone.iana_name().map(ToOwned::to_owned).ok_or_else(|| "name a time zone such as Europe/Berlin".to_owned())
}

/// ISO 639 codes of languages, between commas.
pub(crate) fn languages(text: &str) -> Result<Vec<String>, String> {
    let languages = listed(text);
    let known: Vec<&str> = PACKS.iter().map(|pack| pack.name).collect();
    if let Some(other) = languages.iter().find(|language| !known.contains(&language.as_str())) {
        return Err(format!(
            "`{other}` is none of {}; for others write readings/*.toml afterwards (docs/bundle.md)",
            known.join(", ")
        ));
    }
    if languages.is_empty() { Err("name at least one language, such as en".to_owned()) } else { Ok(languages) }
}

/// Names of desks, between commas.
pub(crate) fn desks(text: &str) -> Result<Vec<String>, String> {
    let desks: Vec<String> = listed(text).into_iter().map(|desk| desk.to_lowercase().replace(' ', "-")).collect();
    for desk in &desks {
        ResponderId::new(desk).map_err(|error| error.to_string())?;
        if desk == ASSISTANT {
            return Err(format!("`{ASSISTANT}` is what the AI is called; name the desk otherwise"));
        }
    }
    match desks.len() {
        0 => Err("name at least one desk, such as support".to_owned()),
        many if many > DESKS_MAX => Err(format!("start with at most {DESKS_MAX} desks; add others afterwards")),
        _ => Ok(desks),
    }
}

/// Yes or no.
pub(crate) fn yes(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "true" => Ok(true),
        "n" | "no" | "false" => Ok(false),
        _ => Err("answer yes or no".to_owned()),
    }
}

/// An ISO 4217 code.
pub(crate) fn currency(text: &str) -> Result<String, String> {
    let code = text.trim().to_uppercase();
    let fits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if fits { Ok(code) } else { Err(format!("`{text}` is no code of ISO 4217 such as EUR")) }
}

/// The time zone of this machine, as far as it says so; else UTC.
pub(crate) fn zone_here() -> String {
    let link = std::fs::read_link("/etc/localtime").ok();
    let named = link.as_deref().and_then(|link| link.to_str()).and_then(|link| link.split_once("zoneinfo/"));
    let named = std::env::var("TZ").ok().or_else(|| named.map(|(_, zone)| zone.to_owned()));
    named.and_then(|zone| time_zone(&zone).ok()).unwrap_or_else(|| "UTC".to_owned())
}

/// What stands between commas, each once.
fn listed(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let parts = text.split(',').map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty() && seen.insert(part.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_answer_is_refused_with_what_would_be_one() {
        assert_eq!(desks(" Support , billing,billing, Second line").unwrap(), ["support", "billing", "second-line"]);
        assert_eq!(languages("en, de").unwrap(), ["en", "de"]);
        assert_eq!(time_zone("Europe/Berlin").unwrap(), "Europe/Berlin");
        for (refused, says) in [
            (organisation(" ").map(|_| ()), "empty"),
            (organisation("a\u{202e}b").map(|_| ()), "U+202E"),
            (time_zone("Mars/Olympus").map(|_| ()), "Europe/Berlin"),
            (languages("en,fi").map(|_| ()), "`fi`"),
            (languages(",").map(|_| ()), "at least one"),
            (desks("").map(|_| ()), "at least one"),
            (desks("1st").map(|_| ()), "a letter"),
            (desks("assistant").map(|_| ()), "the AI"),
            (desks(&(0..13).map(|n| format!("d{n},")).collect::<String>()).map(|_| ()), "at most 12"),
            (yes("perhaps").map(|_| ()), "yes or no"),
            (currency("euro").map(|_| ()), "EUR"),
        ] {
            let why = refused.unwrap_err();
            assert!(why.contains(says), "{says}: {why}");
        }
    }
}
