//! Levels that capacity is planned on, in words.

use super::json::text;
use serde_json::Value;

/// Whole numbers in one of what levels are of.
const MILLION: f64 = 1e6;

/// What of a queue it is, in words.
pub(crate) fn measure(name: &str) -> &str {
    match name {
        "volume" => "cases that come",
        "ai_share" => "the share that AI keeps",
        "handling_time" => "how long people take",
        "recontact" => "the share that comes back",
        "abandonment" => "the share that gives up",
        other => other,
    }
}

/// A level of a measure in words, at this place of a value.
pub(crate) fn level(name: &str, of: &Value, at: &str) -> String {
    let number = of.pointer(at).and_then(Value::as_i64).unwrap_or_default() as f64 / MILLION;
    match name {
        "volume" => format!("{number:.1} a day"),
        "handling_time" => format!("{number:.0} seconds"),
        _ => format!("{:.1} %", number * 100.0),
    }
}

/// What became of a level, as an event says it.
pub(super) fn told(item: &Value) -> String {
    let of = |pointer: &str| text(item, pointer);
    let name = of("/event/measure");
    let (what, level) = (measure(name), |at: &str| level(name, item, at));
    match of("/event/change/kind") {
        "learned" => format!("planned on from now on: {what}, {}", level("/event/change/planned/level")),
        "proposed" => {
            let up = item.pointer("/event/change/proposal/is_up") == Some(&Value::Bool(true));
            format!(
                "{what}: {} since {}, from {} to {}; {} is to decide by {} whether that is planned on ({})",
                if up { "up" } else { "down" },
                of_day(item, "/event/change/proposal/since"),
                level("/event/change/proposal/before"),
                level("/event/change/proposal/after/mean"),
                of("/event/change/proposal/owner"),
                of_day(item, "/event/change/proposal/due"),
                of("/event/change/proposal/id")
            )
        }
        kind @ ("accepted" | "declined") => {
            let goes_on = if kind == "accepted" { "it is planned on" } else { "what was planned on stays" };
            format!("{what}: {} {kind}, {goes_on}: {}", of("/event/change/proposal"), of("/event/change/reason"))
        }
        "returned" => format!("{what}: back where it was"),
        "scored" => {
            let held = item.pointer("/event/change/score/held") == Some(&Value::Bool(true));
            let held = if held { "as predicted" } else { "not as predicted" };
            format!("{what}: {}, {held} ({})", level("/event/change/score/came"), of("/event/change/proposal"))
        }
        other => format!("{what}: {other}"),
    }
}

/// The day of a moment in milliseconds since 1970.
fn of_day(item: &Value, at: &str) -> String {
    let ms = item.pointer(at).and_then(Value::as_i64).unwrap_or_default();
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| "-".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}
