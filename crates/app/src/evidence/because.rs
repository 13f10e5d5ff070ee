//! What caused a decision to be taken, in plain words.

use remit_domain::decision::{Trigger, YieldReason};

/// What caused it, in a sentence.
pub(super) fn because(trigger: &Trigger) -> String {
    match trigger {
        Trigger::CaseOpened => "A case was opened.".into(),
        Trigger::CustomerMessage => "The customer wrote again.".into(),
        Trigger::SignalsPosted => "An integration posted new readings.".into(),
        Trigger::FieldsSet => "Fields of the case were set that policies look at.".into(),
        Trigger::FactsSet => "Something else is known of the customer, which policies look at.".into(),
        Trigger::Yielded { reason: YieldReason::Denied, .. } => {
            "Policy did not let the holder do what it is there for; its exception says what was denied.".into()
        }
        Trigger::Yielded { reason, found } => {
            let reason = serde_json::to_value(reason).ok().and_then(|v| v.as_str().map(|s| s.replace('_', " ")));
            let found = found.as_ref().map_or_else(String::new, |found| format!(" {}", found.told()));
            format!("The holder gave the case up: {}.{found}", reason.unwrap_or_default())
        }
        Trigger::ReturnRequested => "The holder asked for an AI responder to take over again.".into(),
        Trigger::Overridden { to, .. } => {
            format!("A human decided that `{to}` should have it; the reason is on the timeline.")
        }
        Trigger::Transferred { to } => format!("The member of staff who had the case chose `{to}` for it."),
        Trigger::Accepted { staff, .. } => format!("`{staff}` accepted the offer."),
        Trigger::Returned => "The member of staff who had the case gave it back to the queue.".into(),
        Trigger::StaffGone { staff } => format!("`{staff}`, who had the case, is not there, and its customer waits."),
        Trigger::QueueClosed => "The queue that has the case is closed, and nobody has taken it.".into(),
        Trigger::AiStopped => "The AI responder that had the case was stopped for what it is about.".into(),
        Trigger::SlaAtRisk { clock } => {
            let clock = serde_json::to_value(clock).ok().and_then(|v| v.as_str().map(|s| s.replace('_', " ")));
            format!("The time promised for the {} is running out.", clock.unwrap_or_default())
        }
        Trigger::ExceptionResolved => "The exception that held the case was resolved.".into(),
        Trigger::SituationEnded => "A person said that a situation stands on the case no more.".into(),
        Trigger::Reopened => "The case was reopened.".into(),
        Trigger::Absorbed { from } => format!("Case {from} ended in this one, and what stood on it stands here."),
        Trigger::HolderGone { to, .. } => {
            let wish = to.as_ref().map_or_else(String::new, |to| format!("; whoever changed it named `{to}`"));
            format!("The bundle changed, and who had the case is not in it any more{wish}.")
        }
        Trigger::PoliciesChanged => "Under the bundle in force now the holder may not keep the case.".into(),
        Trigger::BundleChanged => "The bundle changed, and names somebody else who answers for the case.".into(),
        Trigger::Asked => "Somebody asked what would be decided; nothing was recorded.".into(),
    }
}
