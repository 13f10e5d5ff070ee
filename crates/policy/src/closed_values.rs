//! Finds policies that compare a field or fact whose values are closed with something that is none of them: it can
//! never be so, and Cedar, to which it is text, says nothing.

use crate::{bundle::SignalSpec, cedar_places, files::Files, finding::Finding, rule::Rule, verdict_cache::Conditions};

/// Adds a finding for each value that a rule names and that the field or fact beside it never has.
pub(crate) fn lint<'a>(
    files: &Files,
    attributes: &[SignalSpec],
    rules: impl Iterator<Item = &'a Rule>,
    findings: &mut Vec<Finding>,
) {
    if attributes.iter().all(|spec| spec.values.is_empty()) {
        return;
    }
    let kinds: Vec<_> = attributes.iter().map(|spec| (spec.name.to_string(), spec.kind)).collect();
    let closed = |name: &str| attributes.iter().find(|spec| spec.name.as_str() == name && !spec.values.is_empty());
    for rule in rules {
        for (name, texts) in Conditions::of(rule, &kinds).texts {
            let Some(spec) = closed(&name) else { continue };
            for text in texts.iter().filter(|text| !spec.values.contains(text.as_str())) {
                let message =
                    format!("policy `{}` compares `context.{name}` with \"{text}\", which it never is", rule.id);
                let values: Vec<&str> = spec.values.iter().map(String::as_str).collect();
                let line = cedar_places::line_with(rule, files, &[&format!("\"{text}\"")]);
                let cure = format!("write one of {}, or add it to the values in bundle.toml", values.join(", "));
                findings.push(Finding::new(&rule.file, line.unwrap_or(rule.line), message, cure));
            }
        }
    }
}
