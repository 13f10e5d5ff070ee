//! What customers are told of who has their case, in words. Names are put in here; records hold none.

use super::App;
use crate::clock::rfc3339;
use remit_domain::{
    announcement::Announcement,
    id::{ResponderId, StaffId},
};

const MINUTE_MS: i64 = 60_000;
/// Waits from here on are told in hours.
const HOURS_FROM_MS: i64 = 90 * MINUTE_MS;

impl App {
    /// What the customer is told when `holder`, or `staff` of it, has the case.
    pub(crate) fn announce(&self, told: Announcement, holder: &str, staff: Option<&StaffId>) -> String {
        match told {
            Announcement::Ai => format!("{}, an AI, is answering.", self.title(holder)),
            Announcement::Waiting { expected_wait_ms } => {
                format!("A person of our {} will answer. {}", self.title(holder), wait(expected_wait_ms))
            }
            Announcement::Person => match staff.and_then(|staff| self.floor.staff(staff)) {
                Some(item) => format!("{} is with you now.", item.first_name),
                None => "A person is with you now.".to_owned(),
            },
            Announcement::Owner { due } => {
                let owner = self.bundle.owner_title(holder).unwrap_or("Somebody who is responsible");
                format!("{owner} is seeing to this and will act by {}.", rfc3339(due))
            }
        }
    }

    /// What people call a responder.
    pub(crate) fn title(&self, responder: &str) -> String {
        let spec = ResponderId::new(responder).ok().and_then(|id| self.bundle.candidate(&id));
        spec.map_or_else(|| responder.to_owned(), |spec| spec.title.clone())
    }
}

/// An expected wait in words: never less than what is expected.
pub(crate) fn wait(expected_ms: i64) -> String {
    let up = |unit: i64| (expected_ms.max(0) + unit - 1) / unit;
    match expected_ms {
        ms if ms <= MINUTE_MS => "We expect that to be within a minute.".to_owned(),
        ms if ms < HOURS_FROM_MS => format!("We expect that to take about {} minutes.", up(MINUTE_MS)),
        _ => format!("We expect that to take about {} hours.", up(60 * MINUTE_MS)),
    }
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn a_wait_is_never_told_shorter_than_expected() {
        for (ms, says) in [
            (0, "within a minute"),
            (60_000, "within a minute"),
            (60_001, "about 2 minutes"),
            (11 * 60_000 + 1, "about 12 minutes"),
            (90 * 60_000, "about 2 hours"),
            (120 * 60_000 + 1, "about 3 hours"),
        ] {
            assert!(wait(ms).contains(says), "{ms}: {}", wait(ms));
        }
    }
}
