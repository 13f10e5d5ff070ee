//! Measures a customer's words, and checks the readings that integrations post.

use crate::{
    Caller, Environment, Governance, Journal, Parts,
    case::schema,
    pipeline::{conversation, facts::SERVED_BY},
    refused::Refused,
    vault::customers::Customer,
};
use remit_domain::{
    Case,
    id::{SignalName, Timestamp},
    signal::{OWN_SOURCE, Reading, Readings, Value},
    situation::{NONE, Noted, SITUATION, SITUATION_BP, usual_rank},
};
use remit_policy::bundle::Bundle;
use remit_responders::TurnAuthor;
use remit_signals::{
    courtesy::only_thanks, follow_up::says_enough, intent::IntentEstimate, lexical::TextReadings,
    message_reader::MessageReader, normal::normalised, readings::WANTS_HUMAN, written::Written,
};
use remit_store::Views as _;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use utoipa::ToSchema;

/// A reading that an integration posts. Its source is the one that the token names.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostedReading {
    /// The signal's name in the bundle.
    pub name: String,
    /// `true` or `false`, a whole number, or a name of the signal's vocabulary.
    #[schema(schema_with = schema::reading)]
    pub value: serde_json::Value,
}

/// Contacts within this time count as repeats: seven days, in milliseconds.
const REPEAT_MS: i64 = 7 * 24 * 3_600_000;

const DAY_MS: i64 = 24 * 3_600_000;

/// Cases of a customer that are looked at for who served them, the newest.
const ENDED_LOOKED_AT: usize = 8;

/// Readings of what a message is about.
const OF_THE_INTENT: [&str; 5] = ["intent", "intent_confidence_bp", "out_of_scope_bp", "intent_abstained", "topic"];

/// The reading of the language.
const LANGUAGE: &str = "language";

/// Readings in one request.
const POSTED_MAX: usize = 64;

pub(crate) type Named = Vec<(SignalName, Reading)>;

/// What Remit itself measures in what was written now.
///
/// # Errors
/// When the server is shutting down.
pub(crate) async fn measure(
    governance: &Governance,
    environment: &Environment,
    message: &Written<'_>,
    now: Timestamp,
) -> Result<Named, Refused> {
    Ok(measure_after(governance, environment, message, Vec::new(), now).await?.0)
}

/// The same of what was written after `before`, what was said in the conversation; and whether it is another
/// matter. Where the sentence encoder may be asked, it is measured beside the threads that serve requests.
async fn measure_after(
    governance: &Governance,
    environment: &Environment,
    message: &Written<'_>,
    before: Vec<String>,
    now: Timestamp,
) -> Result<(Named, bool), Refused> {
    if governance.reader.encoder().is_none() {
        return Ok(measured(&governance.reader, &governance.bundle, message, &before, now));
    }
    let (reader, bundle, message) =
        (Arc::clone(&governance.reader), Arc::clone(&governance.bundle), message.clone().into_owned());
    environment.processors.off_thread(move || measured(&reader, &bundle, &message, &before, now)).await
}

/// The danger or need that these readings of one moment hold, by whom the bundle believes.
pub(crate) fn noted(governance: &Governance, readings: &Named) -> Option<Noted> {
    let of = |signal: &'static str| readings.iter().filter(move |(name, _)| name.as_str() == signal);
    let all: Readings = of(SITUATION).cloned().collect();
    let believed = all.effective(|name, source| governance.bundle.authoritative(name.as_str(), source));
    let Reading { value: Value::Name(situation), source, because, .. } = believed.get(SITUATION)?.clone() else {
        return None;
    };
    let strength = of(SITUATION_BP).find_map(|(_, reading)| match reading.value {
        Value::Long(bp) if reading.source == source => Some(bp),
        _ => None,
    });
    let declared = governance.bundle.readings().situation(&situation).map(|declared| declared.rank);
    let rank = declared.filter(|rank| Some(*rank) != usual_rank(&situation));
    (situation != NONE).then_some(Noted { situation, strength_bp: strength.unwrap_or(0), source, rank, because })
}

/// The source that the bundle believes and that says, among these, that no human was asked for.
pub(crate) fn not_asked(governance: &Governance, readings: &Named) -> Option<SmolStr> {
    let believed = readings.iter().find(|(name, reading)| {
        name.as_str() == WANTS_HUMAN
            && reading.value == Value::Bool(false)
            && &*reading.source != OWN_SOURCE
            && governance.bundle.authoritative(WANTS_HUMAN, &reading.source)
    });
    believed.map(|(_, reading)| reading.source.clone())
}

/// What Remit measures in what the customer writes later: with what it says beside what was said before.
pub(crate) async fn measure_again(parts: &Parts, case: &Case, message: &Written<'_>) -> Result<Named, Refused> {
    let (now, text, forward) = (parts.environment.now(), &*message.now, message.is_forward_alone());
    let of_ai = Some(case).filter(|case| case.held_by_ai);
    let conversation = match of_ai {
        Some(case) => conversation::asked_conversation(parts, case).await?,
        None => Vec::new(),
    };
    let mut asked = conversation.iter().filter(|(_, message)| message.author == TurnAuthor::Customer);
    let repeated = asked.any(|(_, before)| same_question(&before.text, text));
    let said = conversation.into_iter().map(|(_, message)| message.text).collect();
    let (mut readings, is_new) = measure_after(&parts.governance, &parts.environment, message, said, now).await?;
    // What is passed on is for people to look at.
    let adds = if forward { of_ai.is_some() } else { !is_new || only_thanks(text) };
    if adds {
        // It adds to what is known, and does not change what the case is about.
        readings.retain(|(name, _)| !OF_THE_INTENT.contains(&name.as_str()));
    }
    if !forward && !says_enough(text) {
        // A word or two are in the language of what was said before.
        readings.retain(|(name, _)| name.as_str() != LANGUAGE);
    }
    let Some(case) = of_ai else { return Ok(readings) };
    let confidence = |reading: &Reading| match reading.value {
        Value::Long(bp) if &*reading.source == OWN_SOURCE => Some(bp),
        _ => None,
    };
    let before = case.readings.of("intent_confidence_bp").find_map(confidence);
    let after = readings.iter().find(|(name, _)| name.as_str() == "intent_confidence_bp");
    let after = after.and_then(|(_, reading)| confidence(reading));
    let fall = before.zip(after).map_or(0, |(before, after)| before - after);
    let own = |value| Reading { value, source: OWN_SOURCE.into(), at: now, because: Vec::new() };
    for (name, value) in [("confidence_fall_bp", Value::Long(fall)), ("repeated_question", Value::Bool(repeated))] {
        readings.push((SignalName::new(name).map_err(Refused::internal)?, own(value)));
    }
    Ok(readings)
}

/// How often the customer wrote in the last seven days, this time not counted.
pub(crate) async fn repeat_contacts(
    journal: &Journal,
    customer: &Customer,
    now: Timestamp,
) -> Result<(SignalName, Reading), Refused> {
    let since = now.plus_ms(-REPEAT_MS);
    let recent = if customer.met {
        journal.store.recent_cases(customer.id.as_str(), since.0).await.map_err(Refused::internal)?
    } else {
        0
    };
    let name = SignalName::new("repeat_contacts").map_err(Refused::internal)?;
    Ok((
        name,
        Reading { value: Value::Long(i64::from(recent)), source: OWN_SOURCE.into(), at: now, because: Vec::new() },
    ))
}

/// Who had the customer's last case when it ended, where that is not long ago.
pub(crate) async fn served_by(
    governance: &Governance,
    journal: &Journal,
    customer: &Customer,
    now: Timestamp,
) -> Result<Option<(SignalName, Reading)>, Refused> {
    if !customer.met {
        return Ok(None);
    }
    let since = now.plus_ms(-i64::from(governance.bundle.limits().served_before_days) * DAY_MS);
    let ended = journal.store.resolved_of_customer(customer.id.as_str(), since.0, ENDED_LOOKED_AT).await;
    let ended = ended.map_err(Refused::internal)?;
    let mut served = None;
    for row in ended {
        let case: Case = serde_json::from_slice(&row.state).map_err(Refused::internal)?;
        served = case.holder.as_ref().and_then(|holder| holder.responder()).cloned();
        if served.is_some() {
            break;
        }
    }
    let Some(responder) = served else { return Ok(None) };
    let name = SignalName::new(SERVED_BY).map_err(Refused::internal)?;
    let value = Value::name(responder.as_str());
    Ok(Some((name, Reading { value, source: OWN_SOURCE.into(), at: now, because: Vec::new() })))
}

/// Checks readings that `caller` posts against the bundle's declarations.
pub(crate) fn posted(
    governance: &Governance,
    caller: &Caller,
    posted: &[PostedReading],
    now: Timestamp,
) -> Result<Named, Refused> {
    if posted.is_empty() {
        return Ok(Vec::new());
    }
    let Some(source) = &caller.source else {
        return Err(Refused::invalid(
            "signals",
            "this token has no source; make one with `remit token create --source NAME`",
        ));
    };
    if posted.len() > POSTED_MAX {
        return Err(Refused::invalid("signals", format!("at most {POSTED_MAX} readings in one request")));
    }
    said_once(posted)?;
    posted
        .iter()
        .map(|reading| {
            let name = SignalName::new(&reading.name).map_err(|e| Refused::invalid("signals", e))?;
            let value = match &reading.value {
                serde_json::Value::Bool(value) => Value::Bool(*value),
                serde_json::Value::String(text) if text.len() <= 128 => Value::name(text),
                serde_json::Value::Number(number) => number.as_i64().map(Value::Long).ok_or_else(|| {
                    Refused::invalid("signals", format!("`{name}` must be a whole number of 64 bits"))
                })?,
                _ => {
                    return Err(Refused::invalid(
                        "signals",
                        format!("`{name}` must be true, false, a number or a name"),
                    ));
                }
            };
            governance.bundle.check_signal(name.as_str(), &value).map_err(|e| Refused::invalid("signals", e))?;
            Ok((name, Reading { value, source: source.clone(), at: now, because: Vec::new() }))
        })
        .collect()
}

/// Refuses readings of which two say different things of one signal: which of them is meant is not ours to choose.
fn said_once(posted: &[PostedReading]) -> Result<(), Refused> {
    let mut said = BTreeMap::new();
    for PostedReading { name, value } in posted {
        if let Some(other) = said.insert(name, value).filter(|other| *other != value) {
            return Err(Refused::invalid(
                "signals",
                format!("the request says both `{name} = {other}` and `{name} = {value}`; send the one that is meant"),
            ));
        }
    }
    Ok(())
}

/// Share of their words that two messages have in common, in percent, from which on they ask the same.
const SAME_PERCENT: usize = 60;

/// Words that a message has at least to be called a question.
const WORDS_MIN: usize = 3;

/// Whether two messages are the same question, by the words that they share (Jaccard's index).
fn same_question(one: &str, other: &str) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        let text = normalised(text);
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
        words.map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    let common = one.intersection(&other).count();
    let all = one.len() + other.len() - common;
    one.len() >= WORDS_MIN && other.len() >= WORDS_MIN && common * 100 >= all * SAME_PERCENT
}

/// What a reader measures in what was written now, after `before`; and whether that is another matter.
fn measured(
    reader: &MessageReader,
    bundle: &Bundle,
    message: &Written<'_>,
    before: &[String],
    now: Timestamp,
) -> (Named, bool) {
    let source = SmolStr::new_static(OWN_SOURCE);
    let mut readings = Vec::with_capacity(16);
    let mut note = |name: &str, value: Value, because: Vec<String>| {
        if let Ok(name) = SignalName::new(name) {
            readings.push((name, Reading { value, source: source.clone(), at: now, because }));
        }
    };
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let (mut estimate, words, is_new) = reader.read_after(&message.now, &before);
    let mut beside = None;
    if message.is_forward_alone() {
        // It tells where it belongs, and not what the customer wants.
        estimate = reader.intent(message.passed_on());
        beside = Some("passed on without a word of the customer's own");
    }
    // Nobody may be sure of what nobody wrote.
    estimate.abstained |= message.now.is_empty();
    note_intent(&estimate, bundle.topic_of(estimate.label), beside, &mut note);
    note_words(&words, &mut note);
    (readings, is_new)
}

fn note_intent(
    estimate: &IntentEstimate<'_>,
    topic: Option<&str>,
    beside: Option<&str>,
    note: &mut dyn FnMut(&str, Value, Vec<String>),
) {
    let mut because = vec![format!("runner-up {} {}", estimate.runner_up, estimate.runner_up_bp)];
    because.extend(beside.map(ToOwned::to_owned));
    note("intent", Value::name(estimate.label), because);
    note("intent_confidence_bp", Value::Long(i64::from(estimate.confidence_bp)), Vec::new());
    note("out_of_scope_bp", Value::Long(i64::from(estimate.out_of_scope_bp)), Vec::new());
    note("intent_abstained", Value::Bool(estimate.abstained), Vec::new());
    if let Some(topic) = topic {
        note("topic", Value::name(topic), Vec::new());
    }
}

fn note_words(words: &TextReadings<'_>, note: &mut dyn FnMut(&str, Value, Vec<String>)) {
    let rules = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    note("wants_human", Value::Bool(words.wants_human.present), rules(&words.wants_human.rules));
    note("situation", Value::name(words.situation.kind), rules(&words.situation.rules));
    note("situation_bp", Value::Long(i64::from(words.situation.strength_bp)), Vec::new());
    note("frustration_bp", Value::Long(i64::from(words.frustration.strength_bp)), rules(&words.frustration.rules));
    note("language", Value::name(words.language.code), Vec::new());
    note("complexity_bp", Value::Long(i64::from(words.complexity.strength_bp)), rules(&words.complexity.rules));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_is_known_in_other_words_of_the_same_kind() {
        for (one, other, want) in [
            ("My card still has not arrived", "my card has STILL not arrived!", true),
            ("My card still has not arrived", "Why has my card still not arrived?", true),
            ("My card still has not arrived", "How do I change my PIN?", false),
            ("yes", "yes", false),
            ("thank you very much", "my card has not arrived", false),
        ] {
            assert_eq!(same_question(one, other), want, "{one} / {other}");
        }
    }
}
