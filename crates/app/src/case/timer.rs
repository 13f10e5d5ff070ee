//! What happens when something is due: offers expire, exceptions escalate, silent cases end, SLA clocks call.

use crate::{
    Environment, Journal, Parts,
    case::{
        closing, deferral_timer,
        due::{do_due, look_later, on, own},
        merge, offer, unmet,
    },
    journal::{
        outbox::{Look, TIMER, TURN, timer},
        stored_case,
    },
    pipeline::{sealing, sla},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command,
    case::Status,
    decision::{DecisionPoint, Trigger, YieldReason},
    deferral::DeferralKind,
    id::Timestamp,
    offer::OfferEnd,
};
use remit_store::{OutboxRow, ReadError, Views as _};
use std::time::Duration;

/// Turns of AI responders that are to be taken.
pub async fn turns_due(
    journal: &Journal,
    environment: &Environment,
    limit: usize,
) -> Result<Vec<OutboxRow>, ReadError> {
    journal.store.due(TURN, environment.now().0, limit).await
}

/// How long until something is due; a wakeup comes for what is due sooner.
pub async fn until_due(journal: &Journal, environment: &Environment) -> Option<Duration> {
    let due = journal.wakeups.wait_for(async { journal.store.next_due(TIMER).await.ok().flatten() }).await?;
    Some(Duration::from_millis(u64::try_from(Timestamp(due).since(environment.now())).unwrap_or(0)))
}

/// At how much of what was due was looked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LookedAtDue {
    /// What is done.
    pub done: usize,
    /// What failed for a reason of ours, and is due still.
    pub failed: usize,
}

/// Looks at what is due, and says at how much. What fails is looked at again.
pub async fn look_at_due(parts: &Parts, limit: usize) -> LookedAtDue {
    let rows = match parts.journal.store.due(TIMER, parts.environment.now().0, limit).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(%error, "the outbox could not be read");
            return LookedAtDue { failed: 1, ..LookedAtDue::default() };
        }
    };
    let mut looked = LookedAtDue::default();
    for row in &rows {
        match look(parts, row).await {
            Ok(()) => looked.done += 1,
            // It moved since it was read: who has it now is looked at.
            Err(refused) if refused.kind == Kind::LeaseLost => tracing::info!(%refused, "looked at again"),
            // What is no longer so needs no look.
            Err(refused) if !refused.kind.is_ours() => match parts.journal.drop_row(&row.id).await {
                Ok(()) => looked.done += 1,
                Err(refused) => {
                    looked.failed += 1;
                    tracing::warn!(%refused, "a timer stays");
                }
            },
            Err(refused) => {
                looked.failed += 1;
                tracing::warn!(%refused, case = row.case, "a timer is looked at again");
            }
        }
    }
    looked
}

async fn look(parts: &Parts, row: &OutboxRow) -> Result<(), Refused> {
    let look: Look = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
    let Some(stored) = parts.journal.store.case(&row.case).await.map_err(Refused::internal)? else {
        return parts.journal.drop_row(&row.id).await;
    };
    let case = stored_case::case_of(&parts.journal, &stored.state).await?;
    match look {
        Look::Offer { offer } => offer::end_offer(parts, &row.case, offer, OfferEnd::Expired, Some(&row.id)).await,
        Look::Exception { exception } => {
            if !case.exceptions.contains_key(&exception) {
                return parts.journal.drop_row(&row.id).await;
            }
            if case.erased {
                // An earlier version left it open, and nobody can say why it is over.
                return own(parts, row, &case, Command::Erase, Vec::new()).await;
            }
            let terms = parts.governance.bundle.terms();
            // Beyond whoever it escalates to there is nobody: they are reminded of it.
            let owner = terms.escalate_to.clone().unwrap_or_else(|| terms.exception_owner.clone());
            // Each time after twice as long, so that nobody is reminded for ever each hour.
            let open_ms = case.exceptions.get(&exception).map_or(0, |open| parts.environment.now().since(open.raised));
            let due = parts.environment.now().plus_ms(terms.exception_due_ms.max(open_ms));
            own(parts, row, &case, Command::EscalateException { exception, owner, due }, Vec::new()).await
        }
        Look::Silence { messages } => end_silent(parts, row, &case, messages).await,
        Look::Sla => look_at_clock(parts, row, &case).await,
        Look::Absorb { from } => merge::absorb(parts, row, &case, from).await,
        Look::ContactedAgain { case: later } => {
            own(parts, row, &case, Command::NoteContact { case: later, linked: false }, Vec::new()).await
        }
        Look::Followed { case: later } => {
            own(parts, row, &case, Command::NoteContact { case: later, linked: true }, Vec::new()).await
        }
        Look::Deferral { of } => deferral_timer::look_at(parts, row, &case, of).await,
        Look::Back { epoch } => deferral_timer::give_back(parts, row, &case, epoch).await,
        Look::Unattended => deferral_timer::unattended(parts, row, &case).await,
        Look::Awaited { by } => deferral_timer::awaited(parts, row, &case, by).await,
        Look::Needs => unmet::look_at_row(parts, row, &case).await,
        Look::Closed => closing::look_at_row(parts, row, &case).await,
        Look::FactsSet => match case.in_no_hands() {
            Some(epoch) => {
                let (point, trigger) = (DecisionPoint::Retain, Trigger::FactsSet);
                own(parts, row, &case, Command::Review { epoch, point, trigger }, Vec::new()).await
            }
            None => parts.journal.drop_row(&row.id).await,
        },
        Look::CaseEnded { case: ended } => deferral_timer::case_ended(parts, row, &case, ended).await,
    }
}

/// A case whose customer said nothing more after the answer is dealt with.
async fn end_silent(parts: &Parts, row: &OutboxRow, case: &Case, messages: u32) -> Result<(), Refused> {
    let silent = case.status == Status::Open && case.said() == messages && case.waiting_since.is_none();
    let holder = case.holder.as_ref().filter(|holder| silent && holder.responder().is_some());
    let Some(holder) = holder else { return parts.journal.drop_row(&row.id).await };
    if let Some(until) = case.deferrals.values().map(|deferral| deferral.next_moment()).max() {
        // What it is put off for comes first.
        let silence_ms = i64::from(parts.governance.bundle.limits().silence_hours) * 3_600_000;
        return look_later(&parts.journal, row, case, until.plus_ms(silence_ms), Look::Silence { messages }).await;
    }
    if let Some(standing) = case.situations.gravest() {
        // No silence ends it: whoever answers for the case sees to it.
        let hours = parts.governance.bundle.limits().silence_hours;
        let situation = standing.noted.situation.replace('_', " ");
        let reason = format!("The customer has been silent for {hours} hours, and {situation} stands on the case.");
        let sealed = sealing::sealing_key(&parts.journal, &parts.vault, &parts.environment, case)
            .await?
            .seal(&reason, &parts.environment.entropy)?;
        let (owner, due) = (
            holder.accountable.clone(),
            parts.environment.now().plus_ms(parts.governance.bundle.terms().exception_due_ms),
        );
        let command = Command::RaiseException { owner, due, reason: Some(sealed.words.clone()) };
        return do_due(parts, row, on(&parts.environment, &parts.governance, case, command)?.with([sealed])).await;
    }
    own(parts, row, case, Command::EndSilent { epoch: holder.epoch }, Vec::new()).await
}

/// An AI responder that does not answer loses the case. At risk, whether the holder may keep the case is decided
/// anew; missed, the accountable has to see to it.
async fn look_at_clock(parts: &Parts, row: &OutboxRow, case: &Case) -> Result<(), Refused> {
    let now = parts.environment.now();
    let over = sla::patience_ends(&parts.governance, case).is_some_and(|ends| now >= ends);
    if let Some(holder) = case.holder.as_ref().filter(|_| over) {
        let yielded = Command::Yield { epoch: holder.epoch, reason: YieldReason::NoAnswer, note: None, found: None };
        // Whoever gets it may have the same promise to keep.
        let again = vec![timer(row.id.clone(), case, now, Look::Sla)];
        return own(parts, row, case, yielded, again).await;
    }
    let Some(running) = sla::clock(&parts.governance, case) else {
        return match sla::next_look(&parts.governance, case) {
            Some(at) => look_later(&parts.journal, row, case, at, Look::Sla).await,
            None => parts.journal.drop_row(&row.id).await,
        };
    };
    if now >= running.risk && case.deferrals.contains_key(&DeferralKind::Snooze) {
        return deferral_timer::wake(parts, row, case).await;
    }
    if now >= running.due {
        let due = now.plus_ms(parts.governance.bundle.terms().exception_due_ms);
        return own(parts, row, case, Command::MissSla { due }, Vec::new()).await;
    }
    if now < running.risk {
        let at = sla::next_look(&parts.governance, case).unwrap_or(running.risk);
        return look_later(&parts.journal, row, case, at, Look::Sla).await;
    }
    let Some(epoch) = case.holder.as_ref().map(|holder| holder.epoch) else {
        return parts.journal.drop_row(&row.id).await;
    };
    let trigger = Trigger::SlaAtRisk { clock: running.clock };
    let at = sla::patience_ends(&parts.governance, case).map_or(running.due, |ends| ends.min(running.due));
    let again = vec![timer(row.id.clone(), case, at, Look::Sla)];
    own(parts, row, case, Command::Review { epoch, point: DecisionPoint::Retain, trigger }, again).await
}
