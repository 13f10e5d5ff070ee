//! What the sandbox says it did: one statement an effect, and the file of a day.

use crate::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The columns of a statement file.
const COLUMNS: [&str; 6] = ["reference", "time", "action", "amount_minor", "currency", "key"];

/// What was done for one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The sandbox's own number of it.
    pub reference: String,
    /// The key under which it was asked for.
    pub key: String,
    /// The action.
    pub action: String,
    /// Whose order, account or card it was.
    pub customer: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What went to the customer, or will; below 0 where the customer pays it; none where the action moves no money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What else there is to say of it, without personal data.
    pub effect: Map<String, Value>,
}

/// Statements as a file of comma-separated values, oldest first, with times by RFC 3339.
pub(crate) fn file(statements: &[Statement]) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    let rows = statements.iter().map(|statement| {
        let amount = statement.amount.as_ref();
        [
            statement.reference.clone(),
            time(statement.at_ms),
            statement.action.clone(),
            amount.map(|amount| amount.minor.to_string()).unwrap_or_default(),
            amount.map(|amount| amount.currency.clone()).unwrap_or_default(),
            statement.key.clone(),
        ]
    });
    for row in std::iter::once(COLUMNS.map(str::to_owned)).chain(rows) {
        // Writing to memory does not fail.
        let _ = table.write_record(&row);
    }
    table.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The reference of the effect with this number.
pub(crate) fn reference(effect: i64) -> String {
    format!("SBX-{effect:08}")
}

/// The number of the effect with this reference.
pub(crate) fn number(reference: &str) -> Option<i64> {
    reference.strip_prefix("SBX-")?.parse().ok()
}

/// Whether a moment can be told as a time.
pub(crate) fn is_time(at_ms: i64) -> bool {
    jiff::Timestamp::from_millisecond(at_ms).is_ok()
}

fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string()
}
