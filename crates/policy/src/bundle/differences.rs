//! How a bundle differs from the one before it, by section and name. The manifest is held table by table as it is
//! written, so that a table which a later version adds is told of too.

use super::{Bundle, parts::MANIFEST};
use crate::deep_stack::deep;
use remit_domain::activation::BundleChanges;
use remit_signals::readings::Rule;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

const POLICY: &str = "policy";
const RULE: &str = "rule";
/// The sections of the manifest whose tables are given cases.
const RESPONDERS: [&str; 2] = ["responder", "queue"];

/// Names that differ between two bundles, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DifferentNames {
    /// Those that were not there.
    pub new: Vec<String>,
    /// Those that are not there any more.
    pub gone: Vec<String>,
    /// Those that are otherwise.
    pub changed: Vec<String>,
}

/// How something differs between two bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was not there.
    New,
    /// It is not there any more.
    Gone,
    /// It is otherwise.
    Changed,
}

impl How {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

/// Something that differs between two bundles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is: a table of the manifest such as `queue`, `bundle` for keys outside of tables, or `policy`,
    /// `invariant`, `rule`, `intent`, `article`, `text`, `file`.
    pub section: String,
    /// Its name; none where there is one of its section at most.
    pub name: Option<String>,
    /// How.
    pub how: How,
    /// Where it is otherwise: the keys whose values are, if it has any. Of a table in it, such as `hours.sunday`.
    pub keys: Vec<String>,
}

impl DifferentNames {
    /// Which names are new, gone and of another content.
    pub fn of<T: PartialEq>(were: &BTreeMap<String, T>, are: &BTreeMap<String, T>) -> Self {
        let named = |names: &BTreeMap<String, T>, is: &dyn Fn(&str, &T) -> bool| -> Vec<String> {
            names.iter().filter(|(name, content)| is(name, content)).map(|(name, _)| name.clone()).collect()
        };
        Self {
            new: named(are, &|name, _| !were.contains_key(name)),
            gone: named(were, &|name, _| !are.contains_key(name)),
            changed: named(are, &|name, is| were.get(name).is_some_and(|was| was != is)),
        }
    }
}

/// Differences, as they are found.
#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn add(&mut self, section: &str, name: Option<String>, how: How, keys: Vec<String>) {
        self.0.push(Difference { section: section.to_owned(), name, how, keys });
    }

    /// Of one section, by name. `keys` says in what two of one name differ.
    fn section<T: PartialEq>(
        &mut self,
        section: &str,
        were: &BTreeMap<String, T>,
        are: &BTreeMap<String, T>,
        keys: impl Fn(&T, &T) -> Vec<String>,
    ) {
        let names = DifferentNames::of(were, are);
        for name in names.changed {
            let keys = were.get(&name).zip(are.get(&name)).map(|(was, is)| keys(was, is)).unwrap_or_default();
            self.add(section, Some(name), How::Changed, keys);
        }
        names.new.into_iter().for_each(|name| self.add(section, Some(name), How::New, Vec::new()));
        names.gone.into_iter().for_each(|name| self.add(section, Some(name), How::Gone, Vec::new()));
    }

    /// Of the manifest: tables with names, tables of which there is one, and keys outside of tables.
    fn manifest(&mut self, were: &Table, are: &Table) {
        let mut keys = Vec::new();
        for section in were.keys().chain(are.keys()).collect::<BTreeSet<_>>() {
            let (was, is) = (were.get(section), are.get(section));
            let are_named = |value: Option<&Value>| value.is_none_or(|value| named(value).is_some());
            if are_named(was) && are_named(is) {
                let of = |value: Option<&Value>| value.and_then(named).unwrap_or_default();
                self.section(section, &of(was), &of(is), keys_of);
                continue;
            }
            match (was, is) {
                (was, is) if was == is => {}
                (Some(Value::Table(was)), Some(Value::Table(is))) => {
                    self.add(section, None, How::Changed, keys_of(was, is));
                }
                (None, Some(Value::Table(_))) => self.add(section, None, How::New, Vec::new()),
                (Some(Value::Table(_)), None) => self.add(section, None, How::Gone, Vec::new()),
                _ => keys.push(section.clone()),
            }
        }
        if !keys.is_empty() {
            self.add("bundle", None, How::Changed, keys);
        }
    }
}

/// Tables by their names, where a value is nothing else.
fn named(value: &Value) -> Option<BTreeMap<String, Table>> {
    let tables = value.as_array().filter(|all| !all.is_empty())?;
    let named = |value: &Value| {
        let table = value.as_table()?;
        Some((table.get("name")?.as_str()?.to_owned(), table.clone()))
    };
    tables.iter().map(named).collect()
}

/// The keys in whose values two tables differ; those of a table in both under its own.
fn keys_of(was: &Table, is: &Table) -> Vec<String> {
    let mut keys = Vec::new();
    for key in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
        match (was.get(key), is.get(key)) {
            (was, is) if was == is => {}
            (Some(Value::Table(was)), Some(Value::Table(is))) => {
                keys.extend(keys_of(was, is).into_iter().map(|within| format!("{key}.{within}")));
            }
            _ => keys.push(key.clone()),
        }
    }
    keys
}

/// What a bundle is, by name, as far as it is no table of the manifest.
struct Content<'b>(&'b Bundle);

impl<'b> Content<'b> {
    fn table(&self, file: &str) -> Table {
        let text = self.0.files.get(file).and_then(|bytes| std::str::from_utf8(bytes).ok());
        text.and_then(|text| toml::from_str(text).ok()).unwrap_or_default()
    }

    fn policies(rules: &[crate::rule::Rule]) -> BTreeMap<String, String> {
        rules.iter().map(|rule| (rule.id.to_string(), rule.policy.to_string())).collect()
    }

    fn rules(&self) -> BTreeMap<String, String> {
        let readings = self.0.readings();
        let text = |rule: &Rule| {
            let (reads, unless) = (readings.name_of(&rule.reads), rule.unless.join(" "));
            [reads, &rule.pattern, &unless, &rule.owner, &rule.reason].join("\n")
        };
        readings.rules().iter().map(|rule| (rule.id.clone(), text(rule))).collect()
    }

    /// The examples of each intent.
    fn intents(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut intents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let bytes = self.0.files.get("intents.csv").unwrap_or_default();
        // A bundle that loaded has two columns in it, text and intent.
        for record in csv::Reader::from_reader(bytes).records().flatten() {
            if let (Some(text), Some(intent)) = (record.get(0), record.get(1)) {
                intents.entry(intent.to_owned()).or_default().insert(text.to_owned());
            }
        }
        intents
    }

    /// What customers are told, by language.
    fn texts(&self) -> BTreeMap<String, Table> {
        self.stems("texts", "toml").map(|(language, file, _)| (language, self.table(file))).collect()
    }

    fn articles(&self) -> BTreeMap<String, &'b [u8]> {
        self.stems("knowledge", "md").map(|(name, _, bytes)| (name, bytes)).collect()
    }

    /// Files of which nothing else is told by name.
    fn files(&self) -> BTreeMap<String, &'b [u8]> {
        let told = |file: &str| {
            let folders = ["policies/", "invariants/", "texts/"].iter().any(|folder| file.starts_with(folder));
            let article = file.starts_with("knowledge/") && has_ending(file, "md");
            [MANIFEST, "intents.csv"].contains(&file) || folders || article
        };
        let rest = self.0.files.all().filter(|(file, _)| !told(file));
        rest.map(|(file, bytes)| (file.to_owned(), bytes)).collect()
    }

    fn stems(
        &self,
        folder: &'static str,
        ending: &'static str,
    ) -> impl Iterator<Item = (String, &'b str, &'b [u8])> + use<'b> {
        let all = self.0.files.under(folder).filter(move |(file, _)| has_ending(file, ending));
        all.filter_map(|(file, bytes)| {
            let stem = std::path::Path::new(file).file_stem()?.to_str()?;
            Some((stem.to_owned(), file, bytes))
        })
    }
}

fn has_ending(file: &str, ending: &str) -> bool {
    std::path::Path::new(file).extension().is_some_and(|is| is == ending)
}

impl Bundle {
    /// How this bundle differs from the one `before` it, by section and name.
    pub fn differs(&self, before: &Self) -> Vec<Difference> {
        fn nothing<T>(_: &T, _: &T) -> Vec<String> {
            Vec::new()
        }
        let (was, is) = (Content(before), Content(self));
        let mut found = Found::default();
        deep(|| {
            let policies = Content::policies;
            found.section(POLICY, &policies(&before.rules), &policies(&self.rules), nothing);
            found.section("invariant", &policies(&before.invariants), &policies(&self.invariants), nothing);
        });
        found.manifest(&was.table(MANIFEST), &is.table(MANIFEST));
        found.section(RULE, &was.rules(), &is.rules(), nothing);
        found.section("intent", &was.intents(), &is.intents(), nothing);
        found.section("article", &was.articles(), &is.articles(), nothing);
        found.section("text", &was.texts(), &is.texts(), keys_of);
        found.section("file", &was.files(), &is.files(), nothing);
        found.0
    }
}

/// The same in numbers, for the record.
pub fn in_numbers(differs: &[Difference]) -> BundleChanges {
    let count = |sections: &[&str], how: How| {
        let of = differs.iter().filter(|one| one.how == how && sections.contains(&one.section.as_str()));
        u32::try_from(of.count()).unwrap_or(u32::MAX)
    };
    BundleChanges {
        policies_new: count(&[POLICY], How::New),
        policies_gone: count(&[POLICY], How::Gone),
        policies_changed: count(&[POLICY], How::Changed),
        responders_new: count(&RESPONDERS, How::New),
        responders_gone: count(&RESPONDERS, How::Gone),
        rules_new: count(&[RULE], How::New),
        rules_gone: count(&[RULE], How::Gone),
        rules_changed: count(&[RULE], How::Changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(found: Found) -> Vec<String> {
        let line = |one: Difference| {
            let name = one.name.map_or_else(String::new, |name| format!(" {name}"));
            format!("{}{name} {} {}", one.section, one.how.as_str(), one.keys.join(", ")).trim_end().to_owned()
        };
        found.0.into_iter().map(line).collect()
    }

    #[test]
    fn every_table_of_a_manifest_is_told_of_by_its_name_and_its_keys() {
        let was = "name = \"a\"\ndispositions = [\"sold\"]\n[limits]\nopen = 3\nwords = 2\n[economics]\n[[owner]]\n\
                   name = \"o\"\n[[calendar]]\nname = \"office\"\n[calendar.hours]\nmonday = [\"1\"]\nsunday = []\n\
                   [[queue]]\nname = \"xray\"\nservers = 1\npatience_minutes = 2\ntitle = \"X\"\n[enrichment]\n\
                   [[need]]\nname = \"n\"\n";
        let is = "name = \"b\"\ndispositions = []\n[limits]\nopen = 4\nwords = 2\n[economics]\n[[owner]]\n\
                  name = \"o\"\n[[calendar]]\nname = \"office\"\n[calendar.hours]\nmonday = [\"1\"]\n\
                  [[queue]]\nname = \"xray\"\nservers = 2\npatience_minutes = 3\ntitle = \"X\"\n[reopen]\n\
                  [[field]]\nname = \"fee\"\n";
        let mut found = Found::default();
        found.manifest(&toml::from_str(was).unwrap(), &toml::from_str(is).unwrap());
        assert_eq!(
            told(found),
            [
                "calendar office changed hours.sunday",
                "enrichment gone",
                "field fee new",
                "limits changed open",
                "need n gone",
                "queue xray changed patience_minutes, servers",
                "reopen new",
                "bundle changed dispositions, name",
            ]
        );
    }
}
