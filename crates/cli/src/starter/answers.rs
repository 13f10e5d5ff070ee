//! What the author of a new bundle is asked, and what can be an answer.

use jiff::tz::TimeZone;
use remit_domain::{id::ResponderId, text::check_name};
use remit_signals::readings::packs::PACKS;
use std::collections::BTreeSet;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

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
    pub(crate) desks: Vec<Desk>,
    /// Whether an AI answers by quoting articles.
    pub(crate) ai: bool,
    /// The currency of costs.
    pub(crate) currency: String,
}

/// A desk as its author names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Desk {
    /// What it is called in files and by the API.
    pub(crate) name: String,
    /// What people read, beginning with a capital.
    pub(crate) title: String,
    /// Whether the name has other letters than what was typed.
    pub(crate) spelt_otherwise: bool,
}

/// The currency of each time zone's country.
const CURRENCIES: &str = include_str!("../../templates/currencies.txt");
/// The currency where that is not known.
const CURRENCY: &str = "EUR";

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

    /// Whether customers are spoken to in German first, so that titles are German.
    pub(crate) fn in_german(&self) -> bool {
        self.written().first() == Some(&"de")
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
pub(crate) fn desks(text: &str) -> Result<Vec<Desk>, String> {
    let typed = text.split(',').map(str::trim).filter(|typed| !typed.is_empty());
    let desks: Vec<Desk> = typed.map(desk).collect::<Result<_, _>>()?;
    let mut names = BTreeSet::new();
    if let Some(twice) = desks.iter().find(|desk| !names.insert(desk.name.as_str())) {
        return Err(format!("`{}` is there twice; name each desk once", twice.name));
    }
    match desks.len() {
        0 => Err("name at least one desk, such as support".to_owned()),
        many if many > DESKS_MAX => Err(format!("start with at most {DESKS_MAX} desks; add others afterwards")),
        _ => Ok(desks),
    }
}

/// One desk: its name is what was typed in lower case, without accents and spaces, and its title what was typed.
fn desk(typed: &str) -> Result<Desk, String> {
    check_name(typed, NAME_MAX).map_err(|error| format!("the desk's name {error}"))?;
    let plain = typed.to_lowercase().replace('ß', "ss");
    let plain: String = plain.nfd().filter(|c| !is_combining_mark(*c)).collect();
    let name = plain.replace(' ', "-");
    ResponderId::new(&name)
        .map_err(|error| format!("`{typed}` makes no name of a desk, {error}; name it in letters from a to z"))?;
    if name == ASSISTANT {
        return Err(format!("`{ASSISTANT}` is what the AI is called; name the desk otherwise"));
    }
    let words = typed.replace(['-', '_', '.'], " ");
    let mut chars = words.chars();
    let title = chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default();
    Ok(Desk { spelt_otherwise: plain != typed.to_lowercase(), name, title })
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

/// The currency of the country that a time zone is in, as far as it is known.
pub(crate) fn currency_of(time_zone: &str) -> &'static str {
    let lines = CURRENCIES.lines().filter(|line| !line.starts_with('#'));
    let mut zones = lines.filter_map(|line| line.split_once(' '));
    let found = zones.find(|(_, zones)| zones.split(' ').any(|zone| zone.eq_ignore_ascii_case(time_zone)));
    found.map_or(CURRENCY, |(code, _)| code)
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
        let named = |text| {
            let desks = desks(text).unwrap().into_iter();
            desks.map(|desk| (desk.name, desk.title, desk.spelt_otherwise)).collect::<Vec<_>>()
        };
        let desk = |name: &str, title: &str, otherwise| (name.to_owned(), title.to_owned(), otherwise);
        assert_eq!(
            named(" Support , ICU, Second line,field-service,"),
            [
                desk("support", "Support", false),
                desk("icu", "ICU", false),
                desk("second-line", "Second line", false),
                desk("field-service", "Field service", false)
            ]
        );
        assert_eq!(named("Röntgen,größe"), [desk("rontgen", "Röntgen", true), desk("grosse", "Größe", true)]);
        assert_eq!(languages("en, de").unwrap(), ["en", "de"]);
        assert_eq!(time_zone("Europe/Berlin").unwrap(), "Europe/Berlin");
        for (zone, currency) in [
            ("Europe/London", "GBP"),
            ("Europe/Berlin", "EUR"),
            ("America/Chicago", "USD"),
            ("Asia/Tokyo", "JPY"),
            ("UTC", "EUR"),
        ] {
            assert_eq!(currency_of(zone), currency, "{zone}");
        }
        let zones = CURRENCIES.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' ').skip(1));
        let mut once = BTreeSet::new();
        assert!(zones.into_iter().all(|zone| once.insert(zone)) && once.len() > 300);
        for (refused, says) in [
            (organisation(" ").map(|_| ()), "empty"),
            (organisation("a\u{202e}b").map(|_| ()), "U+202E"),
            (time_zone("Mars/Olympus").map(|_| ()), "Europe/Berlin"),
            (languages("en,fi").map(|_| ()), "`fi`"),
            (languages(",").map(|_| ()), "at least one"),
            (desks("").map(|_| ()), "at least one"),
            (desks("1st").map(|_| ()), "a letter"),
            (desks("приём").map(|_| ()), "letters from a to z"),
            (desks("support,Support").map(|_| ()), "`support` is there twice"),
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
