//! When the demo begins: at a moment when the desks that its messages go to are open.

use super::clock::HOUR_MS;
use remit_command::traffic::Message;
use remit_domain::{
    id::{SignalName, Timestamp},
    signal::{Reading, Signals, Value},
};
use remit_policy::{
    bundle::{Bundle, CandidateSpec},
    engine::Engine,
};
use serde::Deserialize as _;
use std::collections::BTreeMap;

/// How far ahead a moment is looked for.
const HOURS_AHEAD: i64 = 14 * 24;
/// Who a reading is by that comes with a message.
const SOURCE: &str = "demo";

/// The desks of a bundle, with what the messages make of them.
#[derive(Debug)]
struct Desk<'a> {
    spec: &'a CandidateSpec,
    /// How many messages go to it.
    messages: usize,
    /// Whether it may have a case of which nothing is known.
    by_default: bool,
}

/// The first moment from `from` on, within two weeks, at which the desks that most of the messages go to are open, and
/// still are after `length_ms`; of several such moments that at which most desks are that may have a case of which
/// nothing is known, and then most desks.
pub(super) fn opening_time(bundle: &Bundle, messages: &[Message], from: Timestamp, length_ms: i64) -> Timestamp {
    let desks = desks(bundle, messages);
    let open = |at: Timestamp| {
        let open = desks.iter().filter(|desk| desk.spec.is_open(at) && desk.spec.is_open(at.plus_ms(length_ms)));
        open.fold((0, 0, 0), |(messages, by_default, all), desk| {
            (messages + desk.messages, by_default + usize::from(desk.by_default), all + 1)
        })
    };
    let whole = Timestamp(from.0 - from.0.rem_euclid(HOUR_MS));
    let mut best = (open(from), from);
    for at in (1..HOURS_AHEAD).map(|hour| whole.plus_ms(hour * HOUR_MS)) {
        if best.0.2 == desks.len() {
            break;
        }
        let now = open(at);
        if now > best.0 {
            best = (now, at);
        }
    }
    best.1
}

/// The desks, and which of them messages would go to if all were open and idle and no AI responder were there.
fn desks<'a>(bundle: &'a Bundle, messages: &[Message]) -> Vec<Desk<'a>> {
    let engine = Engine::new(bundle);
    let specs: Vec<&CandidateSpec> = bundle.candidates().iter().filter(|spec| spec.queue.is_some()).collect();
    let mut desks: Vec<Desk<'a>> = specs.iter().map(|spec| Desk { spec, messages: 0, by_default: false }).collect();
    for (desk, cost) in desks.iter_mut().zip(costs(bundle, &engine, &specs, "", &BTreeMap::new())) {
        desk.by_default = cost.is_some();
    }
    let mut alike: BTreeMap<(&str, String), (&Message, usize)> = BTreeMap::new();
    for message in messages {
        let readings = serde_json::to_string(&message.signals).unwrap_or_default();
        alike.entry((&message.intent, readings)).or_insert((message, 0)).1 += 1;
    }
    for (message, count) in alike.into_values() {
        let costs = costs(bundle, &engine, &specs, &message.intent, &message.signals);
        let cheapest = costs.into_iter().enumerate().filter_map(|(place, cost)| Some((cost?, place))).min();
        if let Some(desk) = cheapest.and_then(|(_, place)| desks.get_mut(place)) {
            desk.messages += count;
        }
    }
    desks
}

/// What each of the desks would cost, if it may have a case of this intent and with these readings; all else is as it
/// is by default.
fn costs(
    bundle: &Bundle,
    engine: &Engine,
    specs: &[&CandidateSpec],
    intent: &str,
    readings: &BTreeMap<String, serde_json::Value>,
) -> Vec<Option<i64>> {
    let now = Timestamp(0);
    let topic = bundle.topic_of(intent);
    let mut signals = Signals::new();
    let own = [("intent", Some(intent).filter(|intent| !intent.is_empty())), ("topic", topic)];
    let own = own.into_iter().filter_map(|(name, value)| Some((name, Value::name(value?))));
    let posted = readings.iter().filter_map(|(name, value)| Some((name.as_str(), Value::deserialize(value).ok()?)));
    for (name, value) in own.chain(posted) {
        // What the bundle does not know is refused when it is posted, and told there.
        if let (Ok(name), Ok(())) = (SignalName::new(name), bundle.check_signal(name, &value)) {
            signals.insert(name, Reading { value, source: SOURCE.into(), at: now, because: Vec::new() });
        }
    }
    engine.complete(&mut signals, now);
    let topic = topic.unwrap_or_default();
    let candidates: Vec<_> = specs
        .iter()
        .map(|spec| {
            let (handling_minor, prior_bp, prior_weight) = spec.for_topic(topic);
            remit_domain::decision::CandidateFacts { handling_minor, prior_bp, prior_weight, ..spec.idle() }
        })
        .collect();
    let (verdicts, _) = engine.handle(&signals, &candidates);
    let economics = &bundle.terms().economics;
    let cost = |facts| economics.cost(facts, &signals).total_minor;
    candidates.iter().zip(verdicts).map(|(facts, verdict)| verdict.allow.then(|| cost(facts))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use remit_app::environment::clock::{parse_rfc3339, rfc3339};
    use remit_policy::files::Files;
    use std::{collections::BTreeSet, path::Path};

    /// The sample shop with its desks open as told, by name.
    fn shop(hours: &dyn Fn(&str) -> &'static str) -> Bundle {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop");
        let files = Files::read(&place).unwrap();
        let manifest = std::str::from_utf8(files.get("bundle.toml").unwrap()).unwrap();
        let mut manifest: toml::Table = manifest.parse().unwrap();
        let mut calendars = toml::value::Array::new();
        for queue in manifest["queue"].as_array_mut().unwrap() {
            let name = queue["name"].as_str().unwrap().to_owned();
            let day = format!("[\"{}\"]", hours(&name));
            let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
            let week: String = week.iter().map(|weekday| format!("{weekday} = {day}\n")).collect();
            let calendar = format!("name = \"of-{name}\"\ntime_zone = \"UTC\"\n[hours]\n{week}");
            calendars.push(toml::Value::Table(calendar.parse().unwrap()));
            queue.as_table_mut().unwrap().insert("calendar".into(), format!("of-{name}").into());
        }
        manifest.insert("calendar".into(), calendars.into());
        let files = files.with("bundle.toml", manifest.to_string().into_bytes());
        Bundle::load(files).unwrap_or_else(|findings| panic!("{findings:?}"))
    }

    #[test]
    fn it_begins_when_the_desk_is_open_that_messages_go_to_though_others_are_together_at_night() {
        let from = parse_rfc3339("2026-11-29T20:00:00Z").unwrap();
        let by_day = shop(&|_| "00:00-24:00");
        let message = |intent: &str| Message { text: "x".into(), intent: intent.into(), ..Message::default() };
        let traffic = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop/traffic.csv");
        let played = remit_command::traffic::read(&traffic).unwrap();
        let intents: BTreeSet<&str> = played.iter().map(|message| message.intent.as_str()).collect();
        let mut tried = 0;
        for intent in intents {
            let messages = [message(intent), message(intent)];
            let desks = desks(&by_day, &messages);
            let Some(wanted) = desks.iter().find(|desk| desk.messages == 2) else { continue };
            let wanted = wanted.spec.responder.as_str();
            let bundle = shop(&|name| if name == wanted { "08:00-18:00" } else { "22:00-06:00" });
            let begins = opening_time(&bundle, &messages, from, HOUR_MS);
            assert_eq!(rfc3339(begins), "2026-11-30T08:00:00.000Z", "{intent} goes to {wanted}");
            tried += 1;
        }
        assert!(tried > 3, "{tried}");
        let always = opening_time(&by_day, &[message("")], from, HOUR_MS);
        assert_eq!(always, from);
    }
}
