//! What is wrong with `[enrichment]`.

use super::{declared_fields::ENRICHMENT, field::FieldSpec, parts::MANIFEST};
use crate::{
    address::{Address, IN_THE_CLEAR},
    finding::{Finding, line_of},
    manifest::Enrichment,
};

/// Longest deadline, in milliseconds: a customer waits for it.
const DEADLINE_MAX: u32 = 5_000;

pub(super) fn lint(
    text: &str,
    enrichment: &Enrichment,
    fields: &[FieldSpec],
    facts: &[FieldSpec],
    findings: &mut Vec<Finding>,
) {
    let mut wrong = |message: String, cure: &str| {
        findings.push(Finding::new(MANIFEST, line_of(text, "[enrichment]"), message, cure));
    };
    match Address::parse(&enrichment.url) {
        Err(error) => wrong(format!("[enrichment]: its url {error}"), "change `url`"),
        Ok(address) if !address.is_private() && !enrichment.in_the_clear => {
            wrong("[enrichment] asks over the network in the clear".to_owned(), IN_THE_CLEAR);
        }
        Ok(_) => {}
    }
    if !(50..=DEADLINE_MAX).contains(&enrichment.deadline_ms)
        || !(1..=1_000).contains(&enrichment.outages)
        || !(1..=3_600).contains(&enrichment.pause_seconds)
    {
        let message = "[enrichment]: deadline_ms must be 50 to 5000, outages 1 to 1000, pause_seconds 1 to 3600";
        wrong(message.to_owned(), "correct the number");
    }
    if enrichment.fields.is_empty() && enrichment.facts.is_empty() {
        wrong("[enrichment] may tell nothing".to_owned(), "name the `facts` and `fields` that it fills");
    }
    for (what, named, declared) in [("field", &enrichment.fields, fields), ("fact", &enrichment.facts, facts)] {
        for name in named {
            match declared.iter().find(|spec| spec.name.as_str() == name) {
                None => wrong(
                    format!("[enrichment] names the {what} `{name}`, which is not declared"),
                    "declare it, or name another",
                ),
                Some(spec) if !spec.is_set_by(ENRICHMENT) => wrong(
                    format!("[enrichment] names the {what} `{name}`, whose `sources` do not name `enrichment`"),
                    "add `enrichment` to its `sources`",
                ),
                Some(_) => {}
            }
        }
    }
}
