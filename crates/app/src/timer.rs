//! What happens when something is due: offers expire, exceptions escalate, silent cases end, SLA clocks call.

use super::{
    App, Caller,
    commit::Act,
    follow_ups::{Look, TIMER, TURN, timer},
};
use crate::{
    principal::Job,
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command,
    case::Status,
    decision::{DecisionPoint, Trigger, YieldReason},
    id::Timestamp,
    offer::OfferEnd,
};
use remit_store::{Commit, OutboxRow, ReadError, Store};
use std::time::Duration;

impl App {
    /// Turns of AI responders that are to be taken.
    pub fn turns_due(&self, limit: usize) -> Result<Vec<OutboxRow>, ReadError> {
        self.store.due(TURN, self.now().0, limit)
    }

    /// How long until something is due; a wakeup comes for what is due sooner.
    pub fn until_due(&self) -> Option<Duration> {
        let due = self.wakeups.wait_for(|| self.store.next_due(TIMER).ok().flatten())?;
        Some(Duration::from_millis(u64::try_from(Timestamp(due).since(self.now())).unwrap_or(0)))
    }

    /// Looks at what is due, and says at how much. What fails is looked at again.
    pub async fn look_at_due(&self, limit: usize) -> usize {
        let rows = match self.store.due(TIMER, self.now().0, limit) {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, "the outbox could not be read");
                return 0;
            }
        };
        let mut looked = 0;
        for row in &rows {
            match self.look(row).await {
                Ok(()) => looked += 1,
                // It moved since it was read: who has it now is looked at.
                Err(refused) if refused.kind == Kind::LeaseLost => tracing::info!(%refused, "looked at again"),
                // What is no longer so needs no look.
                Err(refused) if !refused.kind.is_ours() => match self.drop_row(&row.id).await {
                    Ok(()) => looked += 1,
                    Err(refused) => tracing::warn!(%refused, "a timer stays"),
                },
                Err(refused) => tracing::warn!(%refused, "a timer is looked at again"),
            }
        }
        looked
    }

    async fn look(&self, row: &OutboxRow) -> Result<(), Refused> {
        let look: Look = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        let Some(stored) = self.store.case(&row.case).map_err(Refused::internal)? else {
            return self.drop_row(&row.id).await;
        };
        let case = self.case_of(&stored.state)?;
        match look {
            Look::Offer { offer } => self.end_offer(&row.case, offer, OfferEnd::Expired, Some(&row.id)).await,
            Look::Exception { exception } => {
                if !case.exceptions.contains_key(&exception) {
                    return self.drop_row(&row.id).await;
                }
                if case.erased {
                    // An earlier version left it open, and nobody can say why it is over.
                    return self.own(row, Command::Erase, Vec::new()).await;
                }
                let terms = self.bundle.terms();
                // Beyond whoever it escalates to there is nobody: they are reminded of it.
                let owner = terms.escalate_to.clone().unwrap_or_else(|| terms.exception_owner.clone());
                // Each time after twice as long, so that nobody is reminded for ever each hour.
                let open_ms = case.exceptions.get(&exception).map_or(0, |open| self.now().since(open.raised));
                let due = self.now().plus_ms(terms.exception_due_ms.max(open_ms));
                self.own(row, Command::EscalateException { exception, owner, due }, Vec::new()).await
            }
            Look::Silence { messages } => self.end_silent(row, &case, messages).await,
            Look::Sla => self.look_at_clock(row, &case).await,
            Look::Absorb { from } => {
                let ended = self.stored_case(from)?;
                let standing = |ended: &Case| ended.situations.iter().map(|standing| standing.noted.clone()).collect();
                let situations = ended.as_ref().map(standing).unwrap_or_default();
                let human_requested = ended.is_some_and(|ended| ended.human_requested);
                self.own(row, Command::Absorb { from, situations, human_requested }, Vec::new()).await
            }
            Look::ContactedAgain { case } => self.own(row, Command::NoteContact { case }, Vec::new()).await,
        }
    }

    /// A case whose customer said nothing more after the answer is dealt with.
    async fn end_silent(&self, row: &OutboxRow, case: &Case, messages: u32) -> Result<(), Refused> {
        let silent = case.status == Status::Open && case.said() == messages && case.waiting_since.is_none();
        let holder = case.holder.as_ref().filter(|holder| silent && holder.responder().is_some());
        let Some(holder) = holder else { return self.drop_row(&row.id).await };
        if let Some(standing) = case.situations.gravest() {
            // No silence ends it: whoever answers for the case sees to it.
            let hours = self.bundle.limits().silence_hours;
            let situation = standing.noted.situation.replace('_', " ");
            let reason = format!("The customer has been silent for {hours} hours, and {situation} stands on the case.");
            let sealed = self.sealing_key(case)?.seal(&reason, &self.entropy)?;
            let (owner, due) = (holder.accountable.clone(), self.now().plus_ms(self.bundle.terms().exception_due_ms));
            let command = Command::RaiseException { owner, due, reason: sealed.words.clone() };
            return self.do_due(row, Act::new("timer", command).with([sealed])).await;
        }
        self.own(row, Command::EndSilent { epoch: holder.epoch }, Vec::new()).await
    }

    /// An AI responder that does not answer loses the case. At risk, whether the holder may keep the case is decided
    /// anew; missed, the accountable has to see to it.
    async fn look_at_clock(&self, row: &OutboxRow, case: &Case) -> Result<(), Refused> {
        let now = self.now();
        let over = self.patience_ends(case).is_some_and(|ends| now >= ends);
        if let Some(holder) = case.holder.as_ref().filter(|_| over) {
            let yielded =
                Command::Yield { epoch: holder.epoch, reason: YieldReason::NoAnswer, note: None, found: None };
            // Whoever gets it may have the same promise to keep.
            let again = vec![timer(row.id.clone(), case, now, Look::Sla)];
            return self.own(row, yielded, again).await;
        }
        let Some(running) = self.clock(case) else {
            return match self.next_look(case) {
                Some(at) => self.look_later(row, case, at).await,
                None => self.drop_row(&row.id).await,
            };
        };
        if now >= running.due {
            let due = now.plus_ms(self.bundle.terms().exception_due_ms);
            return self.own(row, Command::MissSla { due }, Vec::new()).await;
        }
        if now < running.risk {
            return self.look_later(row, case, self.next_look(case).unwrap_or(running.risk)).await;
        }
        let Some(epoch) = case.holder.as_ref().map(|holder| holder.epoch) else { return self.drop_row(&row.id).await };
        let trigger = Trigger::SlaAtRisk { clock: running.clock };
        let at = self.patience_ends(case).map_or(running.due, |ends| ends.min(running.due));
        let again = vec![timer(row.id.clone(), case, at, Look::Sla)];
        self.own(row, Command::Review { epoch, point: DecisionPoint::Retain, trigger }, again).await
    }

    /// Puts the look off until `at`.
    async fn look_later(&self, row: &OutboxRow, case: &Case, at: Timestamp) -> Result<(), Refused> {
        let outbox = vec![timer(row.id.clone(), case, at, Look::Sla)];
        let commit = Commit { claim: Some(row.id.clone()), outbox, ..Commit::default() };
        self.commit(commit).await.map(|_| ()).map_err(super::refused)
    }

    /// Does `command` on the row's case on Remit's own account.
    async fn own(&self, row: &OutboxRow, command: Command, outbox: Vec<OutboxRow>) -> Result<(), Refused> {
        let mut act = Act::new("timer", command);
        act.beside.outbox = outbox;
        self.do_due(row, act).await
    }

    /// Does what a row asks for, with which it is done.
    async fn do_due(&self, row: &OutboxRow, act: Act) -> Result<(), Refused> {
        let act = act.claiming(&row.id);
        self.execute(&Caller::system(Job::Timers), None, Some(&row.case), act, |_| ()).await.map(|_| ())
    }
}
