//! What a bundle says of signals.

use super::{Bundle, SignalError};
use remit_domain::signal::Value;

impl Bundle {
    /// Signals with what whoever has a case is told where they are so, in the order of the manifest.
    pub fn says(&self) -> impl Iterator<Item = (&str, &str)> {
        self.manifest.signals.iter().filter_map(|signal| Some((signal.name.as_str(), signal.says.as_deref()?)))
    }

    /// Whether the bundle declares this signal.
    pub fn declares(&self, signal: &str) -> bool {
        self.signals.contains_key(signal)
    }

    /// Whether readings of `signal` from `source` win over Remit's own.
    pub fn authoritative(&self, signal: &str, source: &str) -> bool {
        self.signals.get(signal).is_some_and(|spec| spec.authoritative.contains(source))
    }

    /// Whether a reading fits its declaration.
    ///
    /// # Errors
    /// When it does not; the error says what would.
    pub fn check_signal(&self, name: &str, value: &Value) -> Result<(), SignalError> {
        let spec = self.signals.get(name).ok_or_else(|| SignalError::Unknown(name.to_owned()))?;
        spec.check(value)
    }
}
