//! Names of types: in the library crates one name is one type's, so that it says which is meant wherever it is read.

use super::{
    files::File,
    syntax::{attributes, is_of_tests},
};
use std::collections::BTreeMap;
use syn::{Item, Visibility};

/// What has words of its own, with the reason.
const APART: [(&str, &str); 11] = [
    ("crates/bench/", "measures, and nothing is called by its names"),
    ("crates/browser/", "drives a browser, and nothing is called by its names"),
    ("crates/cli/", "has a type for each command, named as what it does"),
    ("crates/command/", "is a client: it has the other side of what the server's types are named for"),
    ("crates/demo/", "reads answers as anybody would, by types named as what is in them"),
    ("crates/fuzz/", "has names of targets alone"),
    ("crates/oauth/", "has the words of OAuth's standards"),
    ("crates/policy/src/manifest", "has what a bundle writes, named as what is made of it"),
    ("crates/sandbox/", "is another organisation's system, with words of its own"),
    ("crates/store/src/promises/", "is there for tests alone"),
    ("crates/store/src/sqlite/testing.rs", "is there for tests alone"),
];

/// Names that several types have, with the reason.
const SHARED: [(&str, &str); 10] = [
    ("Article", "the same article: in a bundle, and as it is searched by who knows no bundle"),
    ("Item", "one of the collections of the store: as it is written, and as memory follows it"),
    ("Journal", "the port's trait, and the part of `app` that keeps its promises for use cases"),
    ("Kept", "what is kept in the form in which it is sent: an event, and an answer"),
    ("Problem", "what is wrong: with a log, and with a request in the form of RFC 9457"),
    ("Readings", "what was read of signals, and what is read by: the pair of the glossary's"),
    ("Refusal", "why a command is refused, and what all kinds of refusals of operations have"),
    ("Rule", "a policy in its bundle, and a pattern by which words are read"),
    ("State", "what a part of memory has behind its lock"),
    ("YieldReason", "the same reasons: on record, and as services say them, which know nothing of records"),
];

pub(super) fn faults(files: &[File]) -> Result<Vec<String>, String> {
    let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| is_held(&file.path)) {
        let syntax = syn::parse_file(&file.text).map_err(|error| format!("{}: {error}", file.path))?;
        for (name, line) in types(&syntax.items) {
            declared.entry(name).or_default().push(format!("{}:{line}", file.path));
        }
    }
    Ok(several(&declared, &SHARED))
}

fn is_held(path: &str) -> bool {
    let source = path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs");
    source && !path.ends_with("/tests.rs") && !APART.iter().any(|(part, _)| path.starts_with(part))
}

/// The types that these items declare for other modules of the crate, or of others, with their lines.
fn types(items: &[Item]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for item in items.iter().filter(|item| !is_of_tests(attributes(item))) {
        let (visibility, name) = match item {
            Item::Enum(item) => (&item.vis, &item.ident),
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Trait(item) => (&item.vis, &item.ident),
            Item::Mod(item) => {
                found.extend(item.content.iter().flat_map(|(_, items)| types(items)));
                continue;
            }
            _ => continue,
        };
        if is_for_others(visibility) {
            found.push((name.to_string(), name.span().start().line));
        }
    }
    found
}

/// Whether the whole crate sees it.
fn is_for_others(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Public(_) => true,
        Visibility::Restricted(within) => within.path.is_ident("crate"),
        Visibility::Inherited => false,
    }
}

/// Names of several types that are not allowed to be, and those that are allowed without need.
fn several(declared: &BTreeMap<String, Vec<String>>, shared: &[(&str, &str)]) -> Vec<String> {
    let is_shared = |name: &str| shared.iter().any(|(of, _)| *of == name);
    let twice = declared.iter().filter(|(name, places)| places.len() > 1 && !is_shared(name));
    let mut faults: Vec<String> = twice
        .map(|(name, places)| {
            format!("{}: `{name}` is the name of {} types; name each as what it is", places.join(", "), places.len())
        })
        .collect();
    let idle = shared.iter().filter(|(name, _)| declared.get(*name).is_none_or(|places| places.len() < 2));
    faults.extend(idle.map(|(name, _)| format!("xtask/src/tidy/names.rs: `{name}` is the name of one type or none")));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(text: &str) -> Vec<(String, usize)> {
        types(&syn::parse_file(text).unwrap().items)
    }

    #[test]
    fn types_that_others_see_are_held() {
        let text = "pub struct A;\npub(crate) enum B {}\npub(super) struct C;\nstruct D;\n\
                    mod m {\n  pub trait E {}\n}\n#[cfg(test)]\nmod tests {\n  pub struct F;\n}\npub fn g() {}\n";
        assert_eq!(declared(text), [("A".to_owned(), 1), ("B".to_owned(), 2), ("E".to_owned(), 6)]);
        assert!(is_held("crates/domain/src/case.rs") && !is_held("crates/domain/tests/a.rs"));
        assert!(!is_held("crates/cli/src/main.rs"));
    }

    #[test]
    fn a_name_of_two_types_is_told_unless_it_is_listed() {
        let places = |places: &[&str]| places.iter().map(|place| (*place).to_owned()).collect();
        let declared = BTreeMap::from([
            ("Line".to_owned(), places(&["a.rs:1", "b.rs:2"])),
            ("Case".to_owned(), places(&["a.rs:3"])),
        ]);
        let told = several(&declared, &[]);
        assert_eq!(told, ["a.rs:1, b.rs:2: `Line` is the name of 2 types; name each as what it is"]);
        assert!(several(&declared, &[("Line", "why")]).is_empty());
        assert_eq!(several(&declared, &[("Line", "why"), ("Case", "why")]).len(), 1);
    }
}
