//! Simulated customers: they write what real customers wrote, read what they are answered, ask again, ask for a
//! person, and come back.

use super::{agenda::Deed, bad_ai, dice::Dice, world::World};
use remit_app::{input::ListPart, operation};
use remit_command::traffic::{self, Message};
use serde_json::{Value, json};
use std::{collections::BTreeMap, ops::Range, sync::atomic::Ordering, time::Instant};

/// How many cases come in within an hour.
const CASES_PER_HOUR: i64 = 510;
const HOUR_MS: i64 = 3_600_000;
/// One in so many messages of a smaller sample is about the intent that has the most.
const WAVE: usize = 3;
/// How many of these a small sample has at most.
const WAVE_MAX: usize = 24;

/// So many of the messages, evenly from all of them but for a wave of questions with one intent, which comes to its
/// height half-way. `topic` says which intents a wave may be about.
pub(super) fn sample(messages: Vec<Message>, cases: usize, about: &dyn Fn(&str) -> bool) -> Vec<Message> {
    if cases >= messages.len() {
        return messages;
    }
    let mut by_intent: BTreeMap<&str, usize> = BTreeMap::new();
    for message in messages.iter().filter(|message| about(&message.intent)) {
        *by_intent.entry(&message.intent).or_default() += 1;
    }
    let wave = by_intent.into_iter().max_by_key(|(_, count)| *count).map(|(intent, _)| intent.to_owned());
    let mut left = (cases / WAVE).min(WAVE_MAX);
    let (wave, others): (Vec<Message>, Vec<Message>) = messages.into_iter().partition(|message| {
        let in_wave = left > 0 && wave.as_deref() == Some(&message.intent);
        left -= usize::from(in_wave);
        in_wave
    });
    let wanted = cases.saturating_sub(wave.len());
    let step = others.len() / wanted.max(1);
    let mut sample: Vec<Message> = others.into_iter().step_by(step.max(1)).take(wanted).collect();
    // From a third on, one after every other message.
    let from = sample.len() / 3;
    for (number, message) in wave.into_iter().enumerate() {
        let at = (from + 2 * number).min(sample.len());
        sample.insert(at, message);
    }
    sample
}

/// How long so many cases take to come in, in milliseconds.
pub(super) fn length_ms(cases: usize) -> i64 {
    i64::try_from(cases).unwrap_or(i64::MAX).saturating_mul(HOUR_MS) / CASES_PER_HOUR
}

impl World {
    /// Puts first messages on the agenda, which come in within about so many milliseconds.
    pub(super) fn plan_arrivals(&self, numbers: Range<usize>, within_ms: i64) {
        let gap = within_ms / i64::try_from(numbers.len().max(1)).unwrap_or(i64::MAX);
        let mut dice = Dice::of(self.seed, "arrivals");
        let mut at = 0;
        for number in numbers {
            self.agenda.after(at, Deed::Open(number));
            at += dice.between(0, 2 * gap);
        }
    }

    pub(super) fn open(&self, number: usize) {
        let Some(message) = self.messages.get(number) else { return };
        if number == self.turns_bad_at
            && let Some(ai) = &self.bad_ai
        {
            ai.turn_bad();
            self.told().turned_bad = Some(self.now_ms());
        }
        let sent = Instant::now();
        let answer = traffic::open(&self.customer, number, message);
        let took = sent.elapsed();
        let mut told = self.told();
        told.tally.elapsed = self.began.elapsed();
        match answer {
            Ok(answer) => {
                told.tally.note(message, &answer, took);
                drop(told);
                let id = answer.pointer("/case/id").and_then(Value::as_str).unwrap_or_default();
                self.board().cases.entry(id.to_owned()).or_default().number = Some(number);
            }
            Err(error) => {
                told.tally.refused += 1;
                told.tally.first_refusal.get_or_insert_with(|| format!("{error:#}"));
            }
        }
        self.numbers.arrived.fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody was answered and reads it, after a while.
    pub(super) fn answered(&self, case: &str) {
        let number = self.numbers.read.fetch_add(1, Ordering::Relaxed);
        let mut dice = Dice::of(self.seed, &format!("read {number}"));
        self.agenda.after(dice.between(30_000, 110_000), Deed::Read { case: case.to_owned() });
    }

    /// Reads the newest answer, and writes again if it was not enough.
    pub(super) fn read(&self, case: &str) {
        let Some((number, by)) = self.board().cases.get(case).and_then(|known| {
            let open = known.resolved.is_none() && !known.customer_wrote;
            Some((known.number?, known.answered_by.clone()?)).filter(|_| open)
        }) else {
            return;
        };
        if self.errands.contains_key(&number) {
            return self.read_request(case, number);
        }
        let Some(asked) = self.messages.get(number) else { return };
        let by_ai = self.board().is_ai(&by);
        let writes = if by_ai { self.writes_to_ai(case, asked) } else { self.writes_to_staff(number, asked) };
        if let Some(text) = writes {
            let said = self.customer.post(operation::PostMessage, &[case], &json!({ "text": text }));
            self.unless_refused(said);
        }
    }

    fn writes_to_ai(&self, case: &str, asked: &Message) -> Option<String> {
        let messages = self.expect(self.customer.get_with(operation::ListMessages, &[case], &ListPart::longest()))?;
        let answers = messages.get("items")?.as_array()?.iter().filter_map(|message| {
            (message.get("author")?.as_str()? != "requester").then(|| message.get("text")?.as_str())?
        });
        let rubbish = answers.filter(|text| bad_ai::is_rubbish(text)).count();
        let number = self.numbers.read_from_ai.fetch_add(1, Ordering::Relaxed);
        match (rubbish, number) {
            (0, n) if n % 8 == 3 => Some(self.asks_for_a_person(case, "Thanks, but I would rather talk to a person.")),
            (0, n) if n % 8 == 6 => self.asks_on(asked, n),
            (0, _) => None,
            (1, _) => Some(format!("I asked: {}", asked.text)),
            _ => Some(self.asks_for_a_person(case, "This makes no sense. Let me talk to a person.")),
        }
    }

    fn asks_for_a_person(&self, case: &str, text: &str) -> String {
        if let Some(known) = self.board().cases.get_mut(case) {
            known.asked_for_human = true;
        }
        text.to_owned()
    }

    fn writes_to_staff(&self, number: usize, asked: &Message) -> Option<String> {
        let nth = self.numbers.read_from_staff.fetch_add(1, Ordering::Relaxed);
        match nth % 10 {
            5 => self.asks_on(asked, nth.wrapping_add(u64::try_from(number).unwrap_or(0))),
            _ => None,
        }
    }

    /// Another real customer's question of the same kind.
    fn asks_on(&self, asked: &Message, number: u64) -> Option<String> {
        let alike: Vec<&Message> = self
            .messages
            .iter()
            .filter(|other| other.intent == asked.intent && other.text != asked.text && !other.intent.is_empty())
            .collect();
        let at = usize::try_from(number).unwrap_or(0).checked_rem(alike.len())?;
        alike.get(at).map(|other| format!("One more thing: {}", other.text))
    }

    /// Some cases that people resolved come back.
    pub(super) fn resolved(&self, case: &str) {
        let number = self.numbers.resolved.fetch_add(1, Ordering::Relaxed);
        if number % 40 == 12 {
            self.agenda.after(6 * 60_000, Deed::ComeBack { case: case.to_owned() });
        }
    }

    pub(super) fn come_back(&self, case: &str) {
        let body = json!({ "reason": "It happened again this afternoon." });
        self.unless_refused(self.customer.post(operation::ReopenCase, &[case], &body));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_a_wave_half_way_and_else_is_even() {
        let message = |number: usize| Message {
            text: format!("message {number}"),
            intent: if number.is_multiple_of(10) { "late_transfer" } else { "other" }.to_owned(),
            customer: String::new(),
            channel: String::new(),
            signals: BTreeMap::new(),
            fields: BTreeMap::new(),
            facts: BTreeMap::new(),
        };
        let all: Vec<Message> = (0..1_000).map(message).collect();
        let about = |intent: &str| intent == "late_transfer";
        assert_eq!(sample(all.clone(), 2_000, &about).len(), 1_000);
        for cases in [1, 2, 30, 60, 999] {
            let some = sample(all.clone(), cases, &about);
            assert_eq!(some.len(), cases);
            let wave = some.iter().filter(|message| message.intent == "late_transfer").count();
            assert!(wave >= (cases / WAVE).min(WAVE_MAX), "{wave} of {cases}");
        }
        assert_eq!(sample(all, 60, &|_| false).len(), 60);
    }
}
