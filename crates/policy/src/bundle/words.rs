//! By what words are read: resolves a bundle's packs and its own readings, and holds them against its schema.

use super::parts::MANIFEST;
use crate::{
    cedar::SchemaVocabulary,
    files::Files,
    finding::{Fault, Finding, line_of},
    manifest::{Manifest, ReadingsTable},
    places::{Places, TomlPath},
};
use remit_domain::situation::{NONE, SITUATION};
use remit_signals::readings::{self, At, Choice, Readings, nearest};
use std::collections::BTreeSet;

/// The folder of a bundle's own.
const FOLDER: &str = "readings";
const SCHEMA: &str = "schema.cedarschema";

/// Resolves what the bundle reads words by, noting what is wrong.
pub(super) fn resolve(
    files: &Files,
    places: &Places<'_>,
    manifest: &Manifest,
    owners: &BTreeSet<String>,
    findings: &mut Vec<Finding>,
) -> Readings {
    let usual = ReadingsTable::default();
    let table = manifest.readings.as_ref().unwrap_or(&usual);
    let choice = Choice {
        packs: manifest.packs.clone(),
        owner: table.owner.clone().unwrap_or_else(|| manifest.exceptions.owner.clone()),
        owners: table.owners.clone(),
        off: table.off.clone(),
        known_owners: Some(owners.clone()),
    };
    let own: Vec<(&str, &[u8])> = files.under(FOLDER).collect();
    let (readings, mistakes) = readings::resolve(&choice, &own);
    for mistake in mistakes {
        findings.push(match mistake.at {
            At::File(file, line) => Finding::new(&file, line, mistake.message, mistake.cure),
            At::Choice(word) => {
                let line = places.line(&place_of_choice(manifest, &word));
                let finding = Finding::new(MANIFEST, line, mistake.message, mistake.cure);
                // An owner whom readings name may be missed elsewhere too.
                let owner = table.owners.get(&word).unwrap_or(&word);
                let named = table.owner.as_ref() == Some(owner) || table.owners.values().any(|one| one == owner);
                match named && !owners.contains(owner) {
                    true => finding.follows(Fault::Owner(owner.clone())),
                    false => finding,
                }
            }
        });
    }
    readings
}

/// Where the manifest says this word of readings.
fn place_of_choice(manifest: &Manifest, word: &str) -> TomlPath {
    let usual = ReadingsTable::default();
    let table = manifest.readings.as_ref().unwrap_or(&usual);
    let (of_table, listed) = (TomlPath::key("readings"), |list: &[String]| list.iter().position(|one| one == word));
    if let Some(at) = manifest.packs.as_deref().and_then(listed) {
        return TomlPath::entry("packs", at);
    }
    if let Some(at) = listed(&table.off) {
        return of_table.then("off").at(at);
    }
    if table.owner.as_deref() == Some(word) {
        return of_table.then("owner");
    }
    match table.owners.iter().find(|(of, owner)| *of == word || *owner == word) {
        Some((of, _)) => of_table.then("owners").then(of),
        None => of_table,
    }
}

/// What the readings name is in the schema's vocabularies, and the other way round. A bundle that says nothing of
/// readings is asked nothing of them.
pub(super) fn lint(
    files: &Files,
    manifest: &Manifest,
    vocabulary: &SchemaVocabulary,
    readings: &Readings,
    findings: &mut Vec<Finding>,
) {
    let silent = manifest.packs.is_none() && manifest.readings.is_none() && files.under(FOLDER).next().is_none();
    if silent {
        return;
    }
    let schema = files.get(SCHEMA).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let values_of = |signal: &str| {
        let name = manifest.signals.iter().find(|one| one.name == signal)?.vocabulary.as_deref()?;
        Some((name, vocabulary.enums.get(name)?))
    };
    let line = |name: &str| line_of(schema, &format!("entity {name} "));
    if let Some((name, values)) = values_of(SITUATION) {
        for situation in readings.situations().iter().filter(|one| !values.contains(&one.name)) {
            let message = format!("the situation `{}` is no value of the schema's {name}", situation.name);
            let cure = match nearest(&situation.name, values.iter().map(String::as_str)) {
                Some(like) => format!("add it to `entity {name} enum`; did you mean `{like}`?"),
                None if situation.place.pack.is_none() => format!("add it to `entity {name} enum` of {SCHEMA}"),
                None => format!("add it to `entity {name} enum`, or switch it off under [readings]"),
            };
            match situation.place.pack {
                None => findings.push(Finding::new(&situation.place.file, situation.place.line, message, cure)),
                Some(_) => findings.push(Finding::new(SCHEMA, line(name), message, cure)),
            }
        }
        for value in values.iter().filter(|value| *value != NONE && readings.situation(value).is_none()) {
            let message =
                format!("`{value}` of {name} is no situation that is declared, so nobody knows how grave it is");
            let known = readings.situations().iter().map(|one| one.name.as_str());
            let cure = match nearest(value, known) {
                Some(like) => format!("declare it with [[situation]] in readings/*.toml; did you mean `{like}`?"),
                None => "declare it with [[situation]] in readings/*.toml, or take it out of the schema".to_owned(),
            };
            findings.push(Finding::new(SCHEMA, line(name), message, cure));
        }
    }
    if let Some((name, values)) = values_of("language") {
        for language in readings.languages().iter().filter(|one| !values.contains(&one.code)) {
            let message = format!("the language `{}` is no value of the schema's {name}", language.code);
            let cure = format!("add it to `entity {name} enum`, or do without its pack");
            match language.place.pack {
                None => findings.push(Finding::new(&language.place.file, language.place.line, message, cure)),
                Some(_) => findings.push(Finding::new(SCHEMA, line(name), message, cure)),
            }
        }
    }
}
