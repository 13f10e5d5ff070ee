//! Where things stand in TOML, by the parser's own spans: a queue that is called as a topic is found as the queue.

use crate::finding::line_at;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A text in TOML whose parts can be found.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    text: &'a str,
    root: Option<Spanned<DeTable<'a>>>,
}

/// The way to a part: keys of tables, and places in lists from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TomlPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    At(usize),
}

impl TomlPath {
    /// A key of the whole.
    pub(crate) fn key(name: &str) -> Self {
        Self::default().then(name)
    }

    /// The entry of a list, from 0.
    pub(crate) fn entry(list: &str, at: usize) -> Self {
        Self::key(list).at(at)
    }

    /// A key within it.
    #[must_use]
    pub(crate) fn then(mut self, key: &str) -> Self {
        self.0.push(Step::Key(key.to_owned()));
        self
    }

    /// An entry of it, from 0.
    #[must_use]
    pub(crate) fn at(mut self, at: usize) -> Self {
        self.0.push(Step::At(at));
        self
    }
}

impl<'a> Places<'a> {
    /// Of a text; of one that is no TOML everything stands on its first line.
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text, root: DeTable::parse(text).ok() }
    }

    /// The line, from 1, on which a part stands; of one that is not there, that of what it would stand in.
    pub(crate) fn line(&self, place: &TomlPath) -> usize {
        let Some(root) = &self.root else { return 1 };
        let (mut offset, mut here) = (None, None::<&DeValue<'_>>);
        for (nth, step) in place.0.iter().enumerate() {
            let next = match (step, here) {
                (Step::Key(key), None) if nth == 0 => entry(root.get_ref(), key),
                (Step::Key(key), Some(DeValue::Table(table))) => entry(table, key),
                (Step::At(at), Some(DeValue::Array(list))) => list.get(*at).map(|value| (value.span().start, value)),
                _ => None,
            };
            let Some((start, value)) = next else { break };
            offset = Some(start);
            here = Some(value.get_ref());
        }
        offset.map_or(1, |offset| line_at(self.text, offset))
    }
}

/// Where a key's value begins, and the value. Lists of tables and tables stand where their key does.
fn entry<'t, 'a>(table: &'t DeTable<'a>, key: &str) -> Option<(usize, &'t Spanned<DeValue<'a>>)> {
    let (key, value) = table.iter().find(|(known, _)| known.get_ref() == key)?;
    Some((key.span().start, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_one_name_is_told_apart_by_where_it_stands() {
        let text = "name = \"x\"\n\n[[topic]]\nname = \"front\"\nintents = [\n  \"a\",\n  \"front\",\n]\n\n[[queue]]\n\
                    name = \"other\"\n\n[[queue]] # front\nname = \"front\"\nneeds = { a = 1 }\n[queue.hours]\n\
                    monday = []\n[limits]\n";
        let places = Places::of(text);
        for (place, line) in [
            (TomlPath::key("name"), 1),
            (TomlPath::entry("topic", 0).then("name"), 4),
            (TomlPath::entry("topic", 0).then("intents").at(1), 7),
            (TomlPath::entry("topic", 0).then("title"), 3),
            (TomlPath::entry("queue", 1), 13),
            (TomlPath::entry("queue", 1).then("name"), 14),
            (TomlPath::entry("queue", 1).then("needs").then("a"), 15),
            (TomlPath::entry("queue", 1).then("calendar"), 13),
            (TomlPath::entry("queue", 1).then("hours").then("monday"), 17),
            (TomlPath::key("limits"), 18),
            (TomlPath::key("economics"), 1),
        ] {
            assert_eq!(places.line(&place), line, "{place:?}");
        }
        assert_eq!(Places::of("a = [").line(&TomlPath::key("a")), 1);
    }
}
