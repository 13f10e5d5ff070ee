//! Why a bundle cannot be tried on a support.

/// People of a group at work at once, at most.
pub(super) const MOST_PEOPLE: u32 = 5_000;

/// Why a bundle cannot be tried on a support.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SimulationError {
    /// A queue is described that the bundle does not have.
    #[error("the bundle has no queue `{queue}`; it has {}", there.join(", "))]
    UnknownQueue {
        /// What is described.
        queue: String,
        /// What there is.
        there: Vec<String>,
    },
    /// A class has a signal that the bundle does not take.
    #[error("class `{class}`, signal `{signal}`: {reason}")]
    Signal {
        /// Whose.
        class: String,
        /// Which.
        signal: String,
        /// Why not.
        reason: String,
    },
    /// A class asks over a channel that there is not.
    #[error("class `{class}` asks over `{channel}`, which is no channel; there are {}", there.join(", "))]
    UnknownChannel {
        /// Whose.
        class: String,
        /// Over what.
        channel: String,
        /// What there is.
        there: Vec<&'static str>,
    },
    /// A class says nothing of what its customers ask.
    #[error("class `{0}` has no signals, so that nothing could be decided by them; say at least `signals.intent`")]
    NoSignals(String),
    /// Too many people.
    #[error("group `{0}` has more than {most} people at work at once", most = MOST_PEOPLE)]
    TooMany(String),
    /// No such day.
    #[error("{0} is no date after 1970 and before 2200")]
    NoDate(String),
}
