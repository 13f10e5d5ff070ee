//! An organisation's vocabulary stands in its bundle alone: no source names a signal that its integrations post, an
//! intent, a responder, a queue, a connector, an action, or what is known of customers, cases and actions in a sample
//! bundle.

use super::{
    files::File,
    syntax::{attributes, is_of_tests},
};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::{
    Attribute, Ident, Item, LitStr, Macro,
    visit::{self, Visit},
};

/// Crates that are about the sample bundles: they play them, measure with them, begin from them, and are the back
/// office of their organisations.
const ABOUT_IT: [&str; 4] = ["crates/demo/", "crates/bench/", "crates/fuzz/", "crates/sandbox/"];
/// Names of sample bundles that are words of the product too, with what they say there.
const COMMON: [(&str, &str); 5] = [
    ("account", "what people sign in with"),
    ("amount", "how much an action moves"),
    ("items", "the members of a list"),
    ("name", "what something is called"),
    ("transfer_customer", "how models call it that they give a case up"),
];
/// The source that names the signals which every bundle declares.
const BUILT_IN: &str = "crates/policy/src/lint.rs";

pub(super) fn faults(files: &[File]) -> Result<Vec<String>, String> {
    let built_in = files.iter().find(|file| file.path == BUILT_IN).map_or("", |file| file.text.as_str());
    let mut names = BTreeSet::new();
    for file in files.iter().filter(|file| file.path.starts_with("bundles/") && file.path.ends_with("/bundle.toml")) {
        names.extend(named(&file.text, built_in).map_err(|error| format!("{}: {error}", file.path))?);
    }
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| is_held(&file.path)) {
        faults.extend(said(file, &names)?);
    }
    Ok(faults)
}

fn is_held(path: &str) -> bool {
    let source = path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs");
    source && !path.ends_with("/tests.rs") && !ABOUT_IT.iter().any(|about| path.starts_with(about))
}

/// The names that a bundle gives: of signals that others than Remit post, of intents, responders, queues, connectors
/// and actions, of fields and facts, and of the facts of actions; without those that are words of the product.
fn named(manifest: &str, built_in: &str) -> Result<BTreeSet<String>, toml::de::Error> {
    let manifest: toml::Table = toml::from_str(manifest)?;
    let each = |part: &str| manifest.get(part).and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let name = |part: &toml::Value| part.get("name").and_then(toml::Value::as_str).map(str::to_owned);
    let posted = |signal: &toml::Value| signal.get("authoritative").is_some();
    let signals = each("signal").into_iter().filter(posted).filter_map(|signal| name(&signal));
    let signals = signals.filter(|signal| !built_in.contains(&format!("\"{signal}\"")));
    let intents = each("topic").into_iter().flat_map(|topic| {
        let intents = topic.get("intents").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        intents.into_iter().filter_map(|intent| intent.as_str().map(str::to_owned))
    });
    let parts = ["responder", "queue", "connector", "action", "field", "fact"];
    let declared = parts.into_iter().flat_map(each).filter_map(|part| name(&part));
    let facts = each("action").into_iter().flat_map(|action| {
        let facts = action.get("facts").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        facts.into_iter().map(|(name, _)| name)
    });
    let named = signals.chain(intents).chain(declared).chain(facts);
    Ok(named.filter(|name| !COMMON.iter().any(|(common, _)| common == name)).collect())
}

/// Where a source says one of the names as a whole string or as a name of its own, tests left out.
fn said(file: &File, names: &BTreeSet<String>) -> Result<Vec<String>, String> {
    let syntax = syn::parse_file(&file.text).map_err(|error| format!("{}: is not understood: {error}", file.path))?;
    let mut said = Said { names, found: Vec::new() };
    said.visit_file(&syntax);
    let told = |(line, name): &(usize, String)| {
        let path = &file.path;
        format!("{path}:{line}: says `{name}`, a name of a sample bundle; let bundles say what it is needed for")
    };
    Ok(said.found.iter().map(told).collect())
}

struct Said<'a> {
    names: &'a BTreeSet<String>,
    /// Names, with their lines.
    found: Vec<(usize, String)>,
}

impl Said<'_> {
    fn look(&mut self, literal: &LitStr) {
        if self.names.contains(&literal.value()) {
            self.found.push((literal.span().start().line, literal.value()));
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(literal) = syn::parse2::<LitStr>(TokenTree::Literal(literal).into()) {
                        self.look(&literal);
                    }
                }
                TokenTree::Ident(ident) => self.visit_ident(&ident),
                TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Said<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_of_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.look(literal);
    }

    /// A name of several words is none by chance.
    fn visit_ident(&mut self, ident: &'ast Ident) {
        let name = ident.to_string();
        if name.contains('_') && self.names.contains(&name) {
            self.found.push((ident.span().start().line, name));
        }
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = r#"
        signal = [
            { name = "frozen", authoritative = ["core"] }, { name = "waited_ms" },
            { name = "wants_human", authoritative = ["crm"] },
        ]
        topic = [{ name = "cards", intents = ["card_lost", "pin"] }]
        responder = [{ name = "cards-ai" }]
        queue = [{ name = "desk" }]
        connector = [{ name = "core" }]
        field = [{ name = "booking" }]
        fact = [{ name = "tier" }, { name = "name" }]
        action = [{ name = "refund_fee", facts = { fee_of = "text", amount = "money" } }]
    "#;

    #[test]
    fn names_of_a_bundle_are_those_that_no_other_needs() {
        let named = named(BUNDLE, "const BUILT_IN: [&str; 1] = [\"wants_human\"];").unwrap();
        assert_eq!(
            named.into_iter().collect::<Vec<_>>(),
            ["booking", "card_lost", "cards-ai", "core", "desk", "fee_of", "frozen", "pin", "refund_fee", "tier"]
        );
        assert!(super::named("[", "").is_err());
    }

    #[test]
    fn a_source_that_is_named_so_is_told() {
        let names = ["refund_fee".to_owned(), "pin".to_owned()].into();
        let file = File { path: "a.rs".to_owned(), text: "fn refund_fee(pin: u8) {\n  a!(refund_fee);\n}".to_owned() };
        assert_eq!(said(&file, &names).unwrap().len(), 2);
    }

    #[test]
    fn a_source_that_says_one_is_told_with_its_line() {
        let names = ["frozen".to_owned(), "desk".to_owned()].into();
        let text = "/// A `desk`, \"desk\".\n#[serde(rename = \"desk\")]\nfn a() {\n  b(\"frozen\");\n  \
                    c!(\"desk\", 1);\n  d(\"is frozen\");\n}\n#[cfg(test)]\nmod tests {\n  fn e() { b(\"desk\") }\n}";
        let file = File { path: "a.rs".to_owned(), text: text.to_owned() };
        let said = said(&file, &names).unwrap();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("a.rs:4: says `frozen`") && said[1].starts_with("a.rs:5: says `desk`"), "{said:?}");
    }
}
