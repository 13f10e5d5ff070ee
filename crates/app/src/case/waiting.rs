//! How long customers still wait, as they are told it: only what somebody who is there bears out.

use crate::{Environment, Governance, Live, environment::clock::rfc3339};
use remit_domain::{
    Case,
    id::{ResponderId, Timestamp},
};
use remit_policy::bundle::{Bundle, WallTime};

/// What is known of how long a case still waits in its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// So many milliseconds, as the floor expects of those who are there.
    Expected(i64),
    /// Nobody who works in the queue is there.
    Nobody,
    /// The queue is closed, and opens then.
    Closed {
        /// When.
        opens: Option<Timestamp>,
        /// The same as the clock there shows it.
        there: Option<WallTime>,
    },
    /// Nobody's presence was ever noted here, so that nothing is known of who is there.
    Unknown,
}

/// Waiting times that are told, in minutes: what is expected is rounded up to one of them, so that nobody is promised
/// less than is known.
const MINUTES: [i64; 10] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60];

/// A waiting time as a customer is told it: in minutes, rounded up, to an hour, and in hours beyond.
pub(crate) fn told_minutes(wait_ms: i64) -> i64 {
    MINUTES.into_iter().find(|minutes| minutes * 60_000 >= wait_ms).unwrap_or_else(|| {
        let hours = wait_ms.div_euclid(3_600_000) + i64::from(wait_ms.rem_euclid(3_600_000) > 0);
        hours.saturating_mul(60)
    })
}

/// The same in words.
pub(crate) fn about(bundle: &Bundle, language: Option<&str>, wait_ms: i64) -> String {
    let say = |text: &str, with: &[(&str, &str)]| bundle.texts().say(language, text, with);
    match told_minutes(wait_ms) {
        1 => say("minute", &[]),
        minutes if minutes <= 60 => say("minutes", &[("minutes", &minutes.to_string())]),
        minutes => say("hours", &[("hours", &(minutes / 60).to_string())]),
    }
}

/// What is known of how long a case still waits in a queue.
pub(crate) fn outlook(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    case: &Case,
    queue: &ResponderId,
) -> Outlook {
    let now = environment.now();
    let hours = governance.bundle.candidate(queue).and_then(|spec| spec.queue.as_ref());
    if let Some(hours) = hours.filter(|_| !governance.bundle.is_open(queue, now)) {
        let opens = hours.reopens(now);
        return Outlook::Closed { opens, there: opens.and_then(|opens| hours.wall_time(opens)) };
    }
    if !live.floor.is_staffed() {
        return Outlook::Unknown;
    }
    let remaining_ms = live.floor.remaining_wait_ms(queue, &case.id, environment.steady());
    let elapsed_ms = |wait_ms| hours.map_or(wait_ms, |hours| hours.elapsed_ms(now, wait_ms));
    remaining_ms.map_or(Outlook::Nobody, |wait_ms| Outlook::Expected(elapsed_ms(wait_ms)))
}

impl Outlook {
    /// In about how many minutes a person answers, where somebody can say.
    pub(crate) fn minutes(&self) -> Option<i64> {
        match self {
            Self::Expected(ms) => Some(told_minutes(*ms)),
            Self::Nobody | Self::Closed { .. } | Self::Unknown => None,
        }
    }

    /// When the queue opens, where it is closed.
    pub(crate) fn opens(&self) -> Option<String> {
        match self {
            Self::Closed { opens, .. } => opens.map(rfc3339),
            Self::Expected(_) | Self::Nobody | Self::Unknown => None,
        }
    }

    /// The same in words.
    pub(crate) fn words(&self, governance: &Governance, language: Option<&str>) -> String {
        let say = |text: &str, with: &[(&str, &str)]| governance.bundle.texts().say(language, text, with);
        match self {
            Self::Expected(ms) => about(&governance.bundle, language, *ms),
            Self::Nobody => say("nobody_is_here", &[]),
            Self::Closed { there: Some(there), .. } => {
                let time = governance.bundle.texts().moment(language, "closed_until", there);
                say("closed_until", &[("time", &time)])
            }
            Self::Closed { there: None, .. } => say("closed", &[]),
            Self::Unknown => say("not_known", &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::told_minutes;

    #[test]
    fn nobody_is_promised_less_than_is_known() {
        for (ms, minutes) in [
            (0, 1),
            (60_000, 1),
            (60_001, 2),
            (200_000, 5),
            (3_600_000, 60),
            (3_600_001, 120),
            (7_200_000, 120),
            (9_000_000, 180),
        ] {
            assert_eq!(told_minutes(ms), minutes, "{ms}");
            assert!(minutes * 60_000 >= ms);
        }
        assert!(told_minutes(i64::MAX) > 0);
    }
}
