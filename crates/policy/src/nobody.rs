//! Policies on the product's own interfaces that compare with an empty string, which stood for nobody once.

use crate::{bundle::Bundle, product_schema::SchemaVersion, rule::Rule};
use serde_json::Value as Json;

/// What to write in the place of such comparisons, a sentence for each policy, in the bundle's order.
pub(crate) fn compared(bundle: &Bundle) -> Vec<String> {
    let told = |rule: &Rule| {
        let policy = rule.json()?;
        let (variable, attribute) = policy.get("conditions").and_then(with_nothing)?;
        let (id, file, line) = (&rule.id, &rule.file, rule.line);
        Some(match bundle.schema() {
            SchemaVersion::First => format!(
                "`{id}` ({file}:{line}) compares `{variable}.{attribute}` with \"\", which stands for nobody in \
                 version 1 of the schema: name `schema = 2` in bundle.toml, and write `{variable} has \
                 {attribute}` there"
            ),
            SchemaVersion::Second => format!(
                "`{id}` ({file}:{line}) compares `{variable}.{attribute}` with \"\", which it never is: write \
                 `{variable} has {attribute}`"
            ),
        })
    };
    bundle.rules.iter().chain(&bundle.invariants).filter_map(told).collect()
}

/// The first attribute of who asks, or of what is asked about, that is compared with an empty string.
fn with_nothing(conditions: &Json) -> Option<(&str, &str)> {
    let mut open = vec![conditions];
    while let Some(json) = open.pop() {
        let sides = ["==", "!="].into_iter().find_map(|operator| json.get(operator));
        let both = sides.and_then(|sides| Some((sides.get("left")?, sides.get("right")?)));
        if let Some((left, right)) = both
            && let Some(found) = named(left, right).or_else(|| named(right, left))
        {
            return Some(found);
        }
        match json {
            Json::Object(members) => open.extend(members.values().rev()),
            Json::Array(items) => open.extend(items.iter().rev()),
            _ => {}
        }
    }
    None
}

fn named<'a>(side: &'a Json, other: &Json) -> Option<(&'a str, &'a str)> {
    (other.get("Value")?.as_str()?.is_empty()).then_some(())?;
    let access = side.get(".")?;
    let variable = access.pointer("/left/Var")?.as_str()?;
    ["principal", "resource"].contains(&variable).then_some((variable, access.get("attr")?.as_str()?))
}
