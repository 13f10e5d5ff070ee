//! What each command asks policy.

use remit_domain::{
    Case, Command,
    case::Status,
    command::Question,
    decision::{DecisionPoint, Trigger, YieldReason},
};

/// What a command asks policy, as the record must say it.
pub(crate) fn question(command: &Command, before: Option<&Case>) -> Option<Question> {
    let (point, trigger) = match command {
        Command::Open { .. } => (DecisionPoint::Route, Trigger::CaseOpened),
        Command::Write { .. } | Command::Attach { epoch: None, .. } => {
            (DecisionPoint::Retain, Trigger::CustomerMessage)
        }
        Command::WriteAgain { .. } => match before?.status {
            Status::Open => (DecisionPoint::Retain, Trigger::CustomerMessage),
            Status::Resolved => (DecisionPoint::Route, Trigger::Reopened),
        },
        Command::Absorb { from, .. } => match before?.status {
            Status::Open => (DecisionPoint::Retain, Trigger::Absorbed { from: *from }),
            Status::Resolved => (DecisionPoint::Route, Trigger::Absorbed { from: *from }),
        },
        Command::Measure { .. } => (DecisionPoint::Retain, Trigger::SignalsPosted),
        Command::SetFields(_) => (DecisionPoint::Retain, Trigger::FieldsSet),
        Command::EndSituation { .. } => (DecisionPoint::Retain, Trigger::SituationEnded),
        Command::Yield { reason, .. } => (DecisionPoint::Escalate, Trigger::Yielded { reason: *reason, found: None }),
        Command::DenyTurn { .. } => {
            (DecisionPoint::Escalate, Trigger::Yielded { reason: YieldReason::Denied, found: None })
        }
        Command::ReturnToAi { .. } => (DecisionPoint::ReturnToAi, Trigger::ReturnRequested),
        Command::Override { to, reason } => {
            (DecisionPoint::Override, Trigger::Overridden { to: to.clone(), reason: reason.commit.clone() })
        }
        Command::ResolveException { .. } => (DecisionPoint::Route, Trigger::ExceptionResolved),
        Command::Reopen { .. } | Command::GiveFeedback { reopens: Some(_), .. } => {
            (DecisionPoint::Route, Trigger::Reopened)
        }
        Command::Accept { offer, staff } => {
            (DecisionPoint::Offer, Trigger::Accepted { offer: *offer, staff: staff.clone() })
        }
        Command::Return { .. } => (DecisionPoint::Offer, Trigger::Returned),
        Command::TakeBack { .. } => {
            let staff = before?.holder.as_ref()?.staff.clone()?;
            (DecisionPoint::Offer, Trigger::StaffGone { staff })
        }
        Command::Transfer { to, .. } => (DecisionPoint::Escalate, Trigger::Transferred { to: to.clone() }),
        Command::AskAction { .. } => {
            (DecisionPoint::Escalate, Trigger::Yielded { reason: YieldReason::NeedsAction, found: None })
        }
        Command::Review { point, trigger, .. } => (*point, trigger.clone()),
        _ => return None,
    };
    Some(Question { point, trigger })
}
