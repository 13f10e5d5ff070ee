//! Whom a bundle's own tests name.

use super::written::{EXCEPTION, Test, TestFile};
use crate::{
    bundle::Bundle,
    files,
    finding::{Finding, line_at},
};
use std::collections::BTreeSet;

pub(super) const CURE: &str = "name a responder that there is, or take the test out";

/// Tests that name a responder which the bundle does not have: it was perhaps taken out, or has another name by now.
pub fn of_nobody(bundle: &Bundle) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, bytes) in bundle.files().under("tests") {
        // What cannot be read is told where the tests are run.
        let Ok(text) = files::text(file, bytes) else { continue };
        for test in toml::from_str::<TestFile>(text).map(|parsed| parsed.tests).unwrap_or_default() {
            let line = line_at(text, test.name.span().start);
            findings.extend(unknown(bundle, &test).into_iter().map(|name| {
                let message = format!("test \"{}\": the bundle has no responder `{name}`", test.name.get_ref());
                Finding::new(file, line, message, CURE)
            }));
        }
    }
    findings
}

/// What a test names as responders, and the bundle does not have.
pub(super) fn unknown<'t>(bundle: &Bundle, test: &'t Test) -> BTreeSet<&'t String> {
    let lists = test.allow.iter().chain(&test.deny).chain(test.chosen.iter().filter(|name| *name != EXCEPTION));
    let tables = test.facts.keys().chain(test.because.keys()).chain(test.may_ask.keys()).chain(test.may_not_ask.keys());
    let weighed = test.considered.keys().chain(test.not_considered.keys()).chain(test.needs.keys());
    let named = lists.chain(tables).chain(weighed).chain(test.needs_language.keys());
    let known = |name: &str| bundle.candidates().iter().any(|spec| spec.responder.as_str() == name);
    named.filter(|name| !known(name)).collect()
}

/// Responders of whom a test says that they may have a case, or that they are chosen.
pub(crate) fn admitted(bundle: &Bundle) -> BTreeSet<String> {
    let texts = bundle.files().under("tests").filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok());
    // What cannot be read is told where the tests are run.
    let files = texts.filter_map(|text| toml::from_str::<TestFile>(text).ok());
    files.flat_map(|file| file.tests).flat_map(|test| test.allow.into_iter().chain(test.chosen)).collect()
}
