//! Decisions: who may and who should handle a case, as a function of recorded facts, with every reason kept.

mod candidate;
mod collects;
mod consideration;
mod custody;
mod deliberate;
mod facts;
mod outcome;
mod record;
mod rehomed;
mod trigger;
mod verdict;

pub use candidate::Candidate;
pub use collects::{Collecting, Collects};
pub use consideration::{Consideration, ConsiderationEffect, Considerations};
pub(crate) use consideration::{language, skills};
pub use custody::{Custody, PEOPLE_KEEP};
pub use deliberate::deliberate;
pub use facts::{CandidateFacts, LocalTime, ResponderKind};
pub use record::{DECISION_VERSION, Decision, DecisionPoint, Deliberation, Outcome, ReadBy, Standing, Terms};
pub use trigger::{SlaClock, Trigger, YieldReason};
pub use verdict::{PolicyEffect, PolicyNote, Verdict};
