//! Announcements: what the customer is told of a change of holder. Recorded with the handoff, so that none is silent
//! and none is announced that does not happen.

use crate::{
    decision::{Collects, Decision, Outcome, ResponderKind},
    id::{ResponderId, Timestamp},
};
use serde::{Deserialize, Serialize};

/// What the customer is told of who has the case now. Names are put in when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Announcement {
    /// An AI responder answers.
    Ai,
    /// The case waits in a queue.
    Waiting {
        /// How long, as expected when it was announced, in milliseconds; nothing where nobody is there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected_wait_ms: Option<i64>,
        /// When the queue opens, where it was closed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opens: Option<Timestamp>,
    },
    /// Nobody is there. The queue has the case, and calls the customer back once it opens.
    CallBack {
        /// From when on.
        from: Timestamp,
    },
    /// A member of staff has it.
    Person,
    /// Nobody of those who usually answer can have it; whoever is accountable sees to it.
    Owner {
        /// By when.
        due: Timestamp,
    },
}

impl Announcement {
    /// From when on the queue that has the case takes it up, where it was closed when it got it.
    pub fn opens(&self) -> Option<Timestamp> {
        match self {
            Self::Waiting { opens, .. } => *opens,
            Self::CallBack { from } => Some(*from),
            Self::Ai | Self::Person | Self::Owner { .. } => None,
        }
    }

    /// What is to be announced of the holder that `decision` brings, with how long the case waits for those who could
    /// take it at least, where that is known; nothing if it changes none.
    pub(crate) fn of(decision: &Decision, least_wait_ms: Option<i64>) -> Option<Self> {
        Some(match &decision.outcome {
            Outcome::Keep { .. } => return None,
            Outcome::Take { .. } => Self::Person,
            Outcome::Exception { due, .. } => Self::Owner { due: *due },
            Outcome::Assign { responder } => {
                let chosen = decision.candidates.iter().find(|c| &c.facts.responder == responder)?;
                match chosen.facts.kind {
                    ResponderKind::Ai => Self::Ai,
                    ResponderKind::Queue => {
                        if let Some(Collects { opens, calls_back }) = decision.collecting.get(responder).copied() {
                            return Some(match calls_back {
                                true => Self::CallBack { from: opens },
                                false => Self::Waiting { expected_wait_ms: None, opens: Some(opens) },
                            });
                        }
                        let known = least_wait_ms.filter(|_| chosen.facts.open);
                        let expected_wait_ms = known.map(|least| chosen.facts.expected_wait_ms.max(least));
                        Self::Waiting { expected_wait_ms, opens: None }
                    }
                }
            }
        })
    }

    /// The queue of which the customer is told how long they wait in it: the open one that `decision` gives the case
    /// to.
    pub(crate) fn tells_wait_in(decision: &Decision) -> Option<&ResponderId> {
        let Outcome::Assign { responder } = &decision.outcome else { return None };
        let chosen = decision.candidates.iter().find(|candidate| &candidate.facts.responder == responder)?;
        let waits = chosen.facts.kind == ResponderKind::Queue && chosen.facts.open;
        (waits && !decision.keeps_person() && !decision.collecting.contains_key(responder)).then_some(responder)
    }
}
