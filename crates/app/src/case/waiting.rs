//! How long customers still wait, as they are told it: only what somebody who is there bears out.

use crate::{Environment, Governance, Live, environment::clock::rfc3339};
use remit_domain::{
    Case,
    id::{ResponderId, Timestamp},
};

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
        /// The same as people there say it.
        spoken: Option<String>,
    },
    /// Nobody's presence was ever noted here, so that nothing is known of who is there.
    Unknown,
}

/// Waiting times that are told, in minutes: what is expected is rounded up to one of them, so that nobody is promised
/// less than is known.
const MINUTES: [i64; 10] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60];

/// A waiting time as a customer is told it: in minutes, rounded up, and in words.
pub(crate) fn about(wait_ms: i64) -> (i64, String) {
    match MINUTES.into_iter().find(|minutes| minutes * 60_000 >= wait_ms) {
        Some(1) => (1, "about a minute".to_owned()),
        Some(minutes) => (minutes, format!("about {minutes} minutes")),
        None => {
            let hours = wait_ms.div_euclid(3_600_000) + i64::from(wait_ms.rem_euclid(3_600_000) > 0);
            (hours.saturating_mul(60), format!("about {hours} hours"))
        }
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
    let hours =
        governance.bundle.candidate(queue).filter(|spec| !spec.is_open(now)).and_then(|spec| spec.queue.as_ref());
    if let Some(hours) = hours {
        let opens = hours.opens(now);
        return Outlook::Closed { opens, spoken: opens.and_then(|opens| hours.spoken(opens)) };
    }
    if !live.floor.is_staffed() {
        return Outlook::Unknown;
    }
    live.floor.remaining_wait_ms(queue, &case.id).map_or(Outlook::Nobody, Outlook::Expected)
}

impl Outlook {
    /// In about how many minutes a person answers, where somebody can say.
    pub(crate) fn minutes(&self) -> Option<i64> {
        match self {
            Self::Expected(ms) => Some(about(*ms).0),
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
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Expected(ms) => about(*ms).1,
            Self::Nobody => "nobody is here right now, so we can't say how long".to_owned(),
            Self::Closed { spoken: Some(spoken), .. } => format!("we are closed now, and open again on {spoken}"),
            Self::Closed { spoken: None, .. } => "we are closed now".to_owned(),
            Self::Unknown => "we can't say how long right now".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::about;

    #[test]
    fn nobody_is_promised_less_than_is_known() {
        for (ms, minutes, says) in [
            (0, 1, "about a minute"),
            (60_000, 1, "about a minute"),
            (60_001, 2, "about 2 minutes"),
            (200_000, 5, "about 5 minutes"),
            (3_600_000, 60, "about 60 minutes"),
            (3_600_001, 120, "about 2 hours"),
            (7_200_000, 120, "about 2 hours"),
            (9_000_000, 180, "about 3 hours"),
        ] {
            assert_eq!(about(ms), (minutes, says.to_owned()), "{ms}");
            assert!(minutes * 60_000 >= ms);
        }
        assert!(about(i64::MAX).0 > 0);
    }
}
