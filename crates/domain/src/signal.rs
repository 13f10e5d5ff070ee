//! Signals: what was measured about a case at one moment, by whom, and which reading wins.

mod reading;
mod readings;

pub use reading::{BUTTON_PRESSED, OWN_SOURCE, Reading, Signals, Value};
pub use readings::Readings;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SignalName, Timestamp};

    #[test]
    #[expect(clippy::type_complexity, reason = "a table of cases")]
    fn the_authoritative_reading_wins_then_our_own_then_the_newest() {
        let cases: &[(&[(&str, i64, i64)], &[&str], i64)] = &[
            (&[("remit", 5, 1), ("crm", 9, 2)], &["crm"], 2),
            (&[("remit", 5, 1), ("crm", 9, 2)], &[], 1),
            (&[("crm", 5, 1), ("erp", 9, 2)], &[], 2),
            (&[("crm", 9, 1), ("erp", 9, 2)], &["crm", "erp"], 1),
        ];
        for (readings, authoritative, want) in cases {
            let name = SignalName::new("value").unwrap();
            let mut kept = Readings::default();
            for (source, at, value) in *readings {
                let reading = Reading {
                    value: Value::Long(*value),
                    source: (*source).into(),
                    at: Timestamp(*at),
                    because: vec![],
                };
                kept.keep(name.clone(), reading);
            }
            let signals = kept.effective(|_, source| authoritative.contains(&source));
            assert_eq!(signals.get("value").unwrap().value, Value::Long(*want), "{readings:?}");
        }
    }

    fn reading(source: &str, at: i64, value: i64) -> Reading {
        Reading { value: Value::Long(value), source: source.into(), at: Timestamp(at), because: Vec::new() }
    }

    fn told<'a>(readings: impl Iterator<Item = &'a Reading>) -> Vec<(&'a str, i64, String)> {
        readings.map(|reading| (&*reading.source, reading.at.0, reading.value.to_string())).collect()
    }

    #[test]
    fn each_source_has_its_newest_reading_kept() {
        let mut kept = Readings::default();
        for (name, source, at, value) in [
            ("b", "remit", 5, 1),
            ("c", "remit", 5, 2),
            ("a", "remit", 5, 3),
            ("b", "crm", 6, 4),
            ("b", "remit", 4, 5),
            ("b", "crm", 6, 6),
        ] {
            kept.keep(SignalName::new(name).unwrap(), reading(source, at, value));
        }
        assert_eq!(told(kept.of("a")), [("remit", 5, "3".to_owned())]);
        assert_eq!(told(kept.of("b")), [("remit", 5, "1".to_owned()), ("crm", 6, "6".to_owned())]);
        assert_eq!(told(kept.of("bb")), []);
        let again: Readings = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(again, kept);
    }

    #[test]
    fn signals_are_in_the_order_of_their_names_and_completed_where_they_lack() {
        let name = |name: &str| SignalName::new(name).unwrap();
        let mut signals: Signals =
            ["c", "a", "e", "c"].into_iter().zip(1..).map(|(of, n)| (name(of), reading("remit", 0, n))).collect();
        let defaults = ["a", "b", "d", "e", "f"].map(|of| (name(of), 9));
        signals.complete(defaults.iter().map(|(name, value)| (name, value)), |value| reading("default", 0, *value));
        let all: Vec<String> = signals.iter().map(|(name, reading)| format!("{name}{}", reading.value)).collect();
        assert_eq!(all, ["a2", "b9", "c4", "d9", "e3", "f9"]);
        assert!(signals.contains("d") && !signals.contains("dd"));
        assert_eq!(signals.get("c").unwrap().value, Value::Long(4));
        let again: Signals = serde_json::from_str(&serde_json::to_string(&signals).unwrap()).unwrap();
        assert_eq!(again, signals);
    }
}
