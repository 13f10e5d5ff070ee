//! A signal as the bundle declares it, and whether a reading fits it.

use crate::manifest::SignalKind;
use remit_domain::{id::SignalName, signal::Value};
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// A signal as the bundle declares it.
#[derive(Debug, Clone)]
pub(crate) struct SignalSpec {
    pub(crate) name: SignalName,
    pub(crate) kind: SignalKind,
    pub(crate) vocabulary: Option<String>,
    pub(crate) values: Arc<BTreeSet<String>>,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) default: Value,
    pub(crate) authoritative: HashSet<String>,
    /// The record of the context that it is an attribute of, as what fields and facts are seen.
    pub(crate) record: Option<&'static str>,
    /// Whether policies find nothing where nothing was set: then `default` is never used.
    pub(crate) optional: bool,
    /// Whether decisions hold of it no more than policies tell apart.
    pub(crate) personal: bool,
}

/// Why a reading does not fit the bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// No such signal.
    #[error("the bundle declares no signal `{0}`")]
    Unknown(String),
    /// Another kind of value.
    #[error("`{name}` takes {takes}")]
    Kind {
        /// The signal.
        name: String,
        /// What it takes.
        takes: String,
    },
}

impl SignalSpec {
    /// The name that policies read it by, within its record.
    pub(crate) fn attribute(&self) -> &str {
        let name = self.name.as_str();
        self.record.and_then(|record| name.strip_prefix(record)?.strip_prefix('.')).unwrap_or(name)
    }

    /// What counts where nothing was measured or set.
    pub(crate) fn fallback(&self) -> Option<&Value> {
        (!self.optional).then_some(&self.default)
    }

    pub(super) fn check(&self, value: &Value) -> Result<(), SignalError> {
        let fits = match (self.kind, value) {
            (SignalKind::Bool, Value::Bool(_)) => true,
            (SignalKind::Long, Value::Long(value)) => (self.min..=self.max).contains(value),
            (SignalKind::Name, Value::Name(value)) => self.values.contains(&**value),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let takes = match self.kind {
            SignalKind::Bool => "true or false".to_owned(),
            SignalKind::Long => format!("a whole number from {} to {}", self.min, self.max),
            SignalKind::Name | SignalKind::Text | SignalKind::List => {
                let some: Vec<&str> = self.values.iter().take(12).map(String::as_str).collect();
                format!("one of {}{}", some.join(", "), if self.values.len() > 12 { ", …" } else { "" })
            }
        };
        Err(SignalError::Kind { name: self.name.to_string(), takes })
    }
}
