//! Whether what a bundle calls things, and says of its rules, can be shown to people as it is.

use crate::{
    bundle::Article,
    finding::Finding,
    manifest::Manifest,
    places::{Places, TomlPath},
    rule::Rule,
};
use remit_domain::text::check_name;

/// Longest name and title, in characters.
const NAME_MAX: usize = 120;
/// Longest sentence that says what something is for, in characters.
const SENTENCE_MAX: usize = 600;

/// Adds a finding for each name and sentence that is empty, too long, or holds what does not show itself.
pub(crate) fn lint<'a>(
    places: &Places<'_>,
    manifest: &Manifest,
    rules: impl Iterator<Item = &'a Rule>,
    articles: &[Article],
    findings: &mut Vec<Finding>,
) {
    let mut check = |what: String, place: TomlPath, name: &str, max: usize| {
        if let Err(error) = check_name(name, max) {
            let line = places.line(&place);
            findings.push(Finding::new("bundle.toml", line, format!("{what} {error}"), "write it as people read it"));
        }
    };
    check("the bundle's name".to_owned(), TomlPath::key("name"), &manifest.name, NAME_MAX);
    let description = &manifest.description;
    check("the bundle's description".to_owned(), TomlPath::key("description"), description, SENTENCE_MAX);
    for (at, owner) in manifest.owners.iter().enumerate() {
        let key = |key: &str| TomlPath::entry("owner", at).then(key);
        check(format!("the title of owner `{}`", owner.name), key("title"), &owner.title, NAME_MAX);
        // Without a contact nobody is reached, which is told where it matters.
        if !owner.contact.is_empty() {
            check(format!("the contact of owner `{}`", owner.name), key("contact"), &owner.contact, SENTENCE_MAX);
        }
    }
    let responders = manifest.responders.iter().map(|one| (&one.name, &one.title)).enumerate();
    let queues = manifest.queues.iter().map(|one| (&one.name, &one.title)).enumerate();
    let of = |list: &'static str| move |(at, names): (usize, _)| (TomlPath::entry(list, at).then("title"), names);
    for (place, (name, title)) in responders.map(of("responder")).chain(queues.map(of("queue"))) {
        check(format!("the title of responder `{name}`"), place, title, NAME_MAX);
    }
    for (list, fields) in [("field", &manifest.fields), ("fact", &manifest.facts)] {
        for (at, field) in fields.iter().enumerate() {
            let (place, title) = (TomlPath::entry(list, at).then("title"), field.title.as_deref());
            check(format!("the title of {list} `{}`", field.name), place, title.unwrap_or(&field.name), NAME_MAX);
        }
    }
    for (at, action) in manifest.actions.iter().enumerate() {
        let place = TomlPath::entry("action", at).then("title");
        check(format!("the title of action `{}`", action.name), place, &action.title, NAME_MAX);
    }
    for (at, signal) in manifest.signals.iter().enumerate() {
        for (nth, source) in signal.authoritative.iter().enumerate() {
            let place = TomlPath::entry("signal", at).then("authoritative").at(nth);
            check(format!("a source of signal `{}`", signal.name), place, source, NAME_MAX);
        }
    }
    for rule in rules {
        if let Err(error) = check_name(&rule.note.reason, SENTENCE_MAX) {
            let message = format!("@reason of `{}` {error}", rule.id);
            findings.push(Finding::new(&rule.file, rule.line, message, "write it as people read it"));
        }
    }
    for article in articles {
        if let Err(error) = check_name(&article.title, NAME_MAX) {
            let message = format!("the article's title {error}");
            findings.push(Finding::new(&article.file, 1, message, "write it as people read it"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{bundle::Bundle, files::Files};
    use std::path::Path;

    #[test]
    fn a_name_that_does_not_show_itself_is_found_with_its_line() {
        let bank = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank")).unwrap();
        for (file, from, to, says) in [
            (
                "bundle.toml",
                "\"Northgate Bank\"",
                "\"North\\u202egate\"",
                "the bundle's name has at place 6 the character U+202E",
            ),
            (
                "bundle.toml",
                "Maya Okafor, head of support",
                "Maya\\nOkafor",
                "the title of owner `head-of-support` has at place 5",
            ),
            ("bundle.toml", "Maya Okafor, head of support", " ", "the title of owner `head-of-support` is empty"),
            (
                "policies/safety.cedar",
                "Thoughts of suicide go",
                "Thoughts of suicide\u{200b} go",
                "@reason of `care.self-harm` has at place 20",
            ),
            ("knowledge/pin.md", "# ", "# \u{2066}", "the article's title has at place 1"),
            (
                "bundle.toml",
                "[[queue]]\n",
                "[[fact]]\nname = \"a\"\ntype = \"text\"\ntitle = \"A\\u001b[2J\"\n[[queue]]\n",
                "the title of fact `a` has at place 2",
            ),
        ] {
            let text = String::from_utf8(bank.get(file).unwrap().to_vec()).unwrap();
            assert!(text.contains(from), "{file} has no {from}");
            let changed = text.replacen(from, to, 1);
            let findings = Bundle::load(bank.clone().with(file, changed.into_bytes())).unwrap_err();
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert!(findings[0].file == file && findings[0].message.starts_with(says), "{findings:?}");
        }
    }
}
