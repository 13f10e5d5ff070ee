//! What is true of a request now: flat values under names, for policy to see.

use crate::Money;
use serde_json::{Map, Value, json};

/// Facts as they are gathered.
#[derive(Default)]
pub(crate) struct Facts(pub(crate) Map<String, Value>);

impl Facts {
    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        self.0.insert(name.to_owned(), Value::Bool(value));
    }

    pub(crate) fn number(&mut self, name: &str, value: i64) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub(crate) fn texts<'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a str>) {
        self.0.insert(name.to_owned(), values.into_iter().map(Value::from).collect());
    }

    pub(crate) fn money(&mut self, name: &str, minor: i64, currency: &str) {
        self.0.insert(name.to_owned(), money(&Money::new(minor, currency)));
    }
}

/// An amount as facts and effects have it.
pub(crate) fn money(amount: &Money) -> Value {
    json!({"minor": amount.minor, "currency": amount.currency})
}
