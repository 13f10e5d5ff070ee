//! How simulated customers open cases.

use crate::simulation::error::SimulationError;
use remit_capacity::simulate::{ClassDescription, SignalDescription};
use remit_domain::{
    case::Channel,
    id::{SignalName, Timestamp},
    signal::{OWN_SOURCE, Reading, Value},
};
use remit_policy::bundle::Bundle;

/// How customers of a class open a case.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) channel: Channel,
    signals: Vec<(SignalName, Values)>,
    /// The intents among them with the topic of each.
    topics: Vec<Option<Value>>,
}

/// What a signal is: one of these, each as often.
#[derive(Debug)]
struct Values(Vec<Value>);

impl Values {
    fn of(&self, seed: u64) -> Option<&Value> {
        self.0.get((seed % self.0.len().max(1) as u64) as usize)
    }
}

/// What follows from an intent that is known, where a class does not say otherwise.
const CERTAIN: [(&str, Value); 3] = [
    ("intent_confidence_bp", Value::Long(10_000)),
    ("out_of_scope_bp", Value::Long(0)),
    ("intent_abstained", Value::Bool(false)),
];

impl Opening {
    pub(super) fn of(bundle: &Bundle, class: &ClassDescription) -> Result<Self, SimulationError> {
        let channel = Channel::ALL.into_iter().find(|channel| channel.as_str() == class.channel);
        let channel = channel.ok_or_else(|| SimulationError::UnknownChannel {
            class: class.name.clone(),
            channel: class.channel.clone(),
            there: Channel::ALL.map(Channel::as_str).to_vec(),
        })?;
        if class.signals.is_empty() {
            return Err(SimulationError::NoSignals(class.name.clone()));
        }
        let mut signals = Vec::new();
        for (name, described) in &class.signals {
            let refused =
                |reason: String| SimulationError::Signal { class: class.name.clone(), signal: name.clone(), reason };
            let values = match described {
                SignalDescription::Bool(value) => vec![Value::Bool(*value)],
                SignalDescription::Long(value) => vec![Value::Long(*value)],
                SignalDescription::Name(value) => vec![Value::name(value)],
                SignalDescription::OneOf(values) => values.iter().map(|value| Value::name(value)).collect(),
            };
            if values.is_empty() {
                return Err(refused("is one of none; name what it can be".to_owned()));
            }
            for value in &values {
                bundle.check_signal(name, value).map_err(|error| refused(error.to_string()))?;
            }
            let name = SignalName::new(name).map_err(|error| refused(error.to_string()))?;
            signals.push((name, Values(values)));
        }
        for (name, value) in CERTAIN {
            let is_said = signals.iter().any(|(said, _)| said.as_str() == name);
            if let Ok(name) = SignalName::new(name)
                && !is_said
                && bundle.check_signal(name.as_str(), &value).is_ok()
            {
                signals.push((name, Values(vec![value])));
            }
        }
        let says_topic = signals.iter().any(|(said, _)| said.as_str() == "topic");
        let topic = |intent: &Value| match intent {
            Value::Name(intent) if !says_topic => bundle.topic_of(intent).map(Value::name),
            _ => None,
        };
        let intents = signals.iter().find(|(said, _)| said.as_str() == "intent");
        let topics = intents.map_or_else(Vec::new, |(_, intents)| intents.0.iter().map(topic).collect());
        Ok(Self { channel, signals, topics })
    }

    /// What is measured of a case that one of them opens at `now`.
    pub(super) fn readings(&self, seed: u64, now: Timestamp) -> Vec<(SignalName, Reading)> {
        let reading =
            |value: &Value| Reading { value: value.clone(), source: OWN_SOURCE.into(), at: now, because: Vec::new() };
        let said = self.signals.iter().filter_map(|(name, values)| Some((name.clone(), reading(values.of(seed)?))));
        let at = (seed % self.topics.len().max(1) as u64) as usize;
        let topic = self.topics.get(at).and_then(Option::as_ref);
        let topic = topic.and_then(|topic| Some((SignalName::new("topic").ok()?, reading(topic))));
        said.chain(topic).collect()
    }

    /// Every language that they may write.
    pub(super) fn languages(&self) -> impl Iterator<Item = &str> {
        let written = self.signals.iter().filter(|(name, _)| name.as_str() == "language");
        written.flat_map(|(_, values)| &values.0).filter_map(|value| match value {
            Value::Name(name) => Some(name.as_str()),
            _ => None,
        })
    }
}
