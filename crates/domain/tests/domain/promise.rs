//! The promises, as checks on one step: what was before, what was asked, and what followed.

use crate::{
    asked_of_policy, deferrals,
    world::{DUE_MS, World, owner, policy},
};
use remit_domain::{
    Case, Command, Decision, Deliberation, Event, Refusal,
    announcement::Announcement,
    case::{Holder, HolderRef, Status},
    command::Effects,
    decision::{
        self, Candidate, ConsiderationEffect, DecisionPoint, Outcome, PEOPLE_KEEP, ResponderKind, Standing, Terms,
        Trigger, YieldReason,
    },
    deferral::{Deferral, DeferralKind},
    ending::Ending,
    event::Handoff,
    exception::ExceptionKind,
    id::{PolicyId, ResponderId, Timestamp},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, fmt::Debug, sync::Arc};

/// Stands in everything that a person writes, and must stand in nothing that is recorded.
pub(crate) const MARKER: &str = "MARKER-OF-WORDS";

/// One command and what followed.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) before: Option<&'a Case>,
    pub(crate) command: &'a Command,
    pub(crate) result: &'a Result<Effects, Refusal>,
    /// Whether policy was asked.
    pub(crate) asked: bool,
    pub(crate) world: &'a World,
}

macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err(format!($($why)+));
        }
    };
}

/// Checks every promise that one step can show.
///
/// # Errors
/// Which promise was broken, in words.
pub(crate) fn check(step: &Step<'_>) -> Result<(), String> {
    no_talking_over(step)?;
    let Ok(effects) = step.result else { return Ok(()) };
    one_holder(step, effects)?;
    let mut case = step.before.cloned();
    for event in &effects.events {
        let next = match &case {
            None => Case::open(event).ok_or("P8: the first event does not open a case")?,
            Some(case) => {
                let mut next = case.clone();
                next.apply(event);
                next
            }
        };
        if let Some(case) = &case {
            one_event(step, case, event, &next)?;
        }
        round_trip(event)?;
        case = Some(next);
    }
    ensure!(case.as_ref() == Some(&effects.case), "P8: the events do not make the case that was returned");
    deferrals::check(step.command, &effects.case)?;
    deferrals::promised(effects)?;
    a_human_is_reachable(step, effects)
}

/// Checks what only the whole history shows.
///
/// # Errors
/// Which promise was broken, in words.
pub(crate) fn check_history(case: &Case, events: &[Event]) -> Result<(), String> {
    ensure!(Case::from_events(events).as_ref() == Some(case), "P8: the history does not make the case");
    ensure!(case.version == events.len() as u64, "P8: version {} after {} events", case.version, events.len());
    round_trip(case)
}

/// The epoch that a command carries, if only the holder may give it.
fn epoch_of(command: &Command) -> Option<u64> {
    match command {
        Command::Answer { epoch, .. }
        | Command::Yield { epoch, .. }
        | Command::DenyTurn { epoch, .. }
        | Command::ReturnToAi { epoch, .. }
        | Command::Return { epoch, .. }
        | Command::TakeBack { epoch }
        | Command::Transfer { epoch, .. }
        | Command::Consult { epoch, .. }
        | Command::AskAction { epoch, .. }
        | Command::EndAction { epoch, .. }
        | Command::Merge { epoch, .. }
        | Command::EndSilent { epoch }
        | Command::DeclineHandover { epoch, .. }
        | Command::Review { epoch, .. }
        | Command::Resolve { epoch, .. } => Some(*epoch),
        Command::Attach { epoch, .. } | Command::Defer { epoch, .. } | Command::EndDeferral { epoch, .. } => *epoch,
        _ => None,
    }
}

/// P2: a write under an epoch that is not current is refused, and policy is not even asked.
fn no_talking_over(step: &Step<'_>) -> Result<(), String> {
    let (Some(epoch), Some(before)) = (epoch_of(step.command), step.before) else { return Ok(()) };
    let Some(holder) = &before.holder else { return Ok(()) };
    if before.status == Status::Open && holder.epoch != epoch {
        let refusal = Refusal::LeaseLost { held: epoch, current: holder.epoch, holder: holder.to_ref() };
        ensure!(step.result.as_ref().err() == Some(&refusal), "P2: {:?} instead of {refusal:?}", step.result);
        ensure!(!step.asked, "P2: policy was asked for a write that had lost its lease");
    }
    if before.status == Status::Resolved {
        let refusal = match before.ending {
            Some(Ending::Merged { into }) => Refusal::Merged { into },
            _ => Refusal::CaseResolved,
        };
        let gone = before.erased && step.result.as_ref().err() == Some(&Refusal::WordsErased);
        ensure!(gone || step.result.as_ref().err() == Some(&refusal), "P2: a write on a resolved case");
    }
    Ok(())
}

fn handoffs(effects: &Effects) -> impl Iterator<Item = (&Decision, &Handoff)> {
    effects.events.iter().filter_map(|event| match event {
        Event::DecisionMade { decision, handoff: Some(handoff) } => Some((&**decision, &**handoff)),
        _ => None,
    })
}

/// P1: an open case has one holder and somebody who answers for it, under an epoch that handoffs alone raise.
fn one_holder(step: &Step<'_>, effects: &Effects) -> Result<(), String> {
    let before = step.before.and_then(|case| case.holder.as_ref());
    let after = effects.case.holder.as_ref().ok_or("P1: nobody holds the case")?;
    let moved = handoffs(effects).count();
    ensure!(moved <= 1, "P1: {moved} handoffs in one step");
    let epoch = before.map_or(0, |holder| holder.epoch) + moved as u64;
    ensure!(after.epoch == epoch, "P1: epoch {} where {epoch} was due", after.epoch);
    ensure!(moved == 1 || before == Some(after), "P1: the holder changed without a handoff");
    match &after.who {
        HolderRef::Responder(responder) => {
            let mut facts = step.world.responders.iter().map(|(facts, _)| facts);
            let known = facts.any(|f| &f.responder == responder && f.accountable == after.accountable);
            ensure!(known, "P1: {responder} is no responder that {} answers for", after.accountable);
        }
        HolderRef::Owner(owner) => {
            ensure!(owner == &after.accountable, "P1: {owner} holds it but {} answers for it", after.accountable);
            let mut held = effects.case.exceptions.values().filter(|e| e.kind.holds());
            // More than one where a new danger took the case from the first, which is still to be resolved.
            let sound = held.any(|e| &e.owner == owner);
            let open = effects.case.status == Status::Open;
            ensure!(sound || !open, "P1: {owner} holds an open case without an exception that says why");
        }
    }
    Ok(())
}

/// P3, P4, P5, P9: what one event may change, and what it must say when it does.
fn one_event(step: &Step<'_>, before: &Case, event: &Event, after: &Case) -> Result<(), String> {
    ensure!(after.version == before.version + 1, "P8: an event did not raise the version by one");
    let unasked = matches!(event, Event::HumanWishEnded { .. });
    let kept = after.human_requested || (unasked && !before.human_outright);
    ensure!(kept || !before.human_requested, "P5: a request for a human was forgotten");
    let believed =
        matches!(step.command, Command::Open { not_asked: Some(_), .. } | Command::Measure { not_asked: Some(_), .. });
    ensure!(!unasked || believed, "P5: {:?} ended a request for a human", step.command);
    let stands = |name: &str| after.situations.stands(name) || matches!(event, Event::SituationEnded { .. });
    let mut dangers = before.situations.iter().map(|standing| standing.noted.situation.as_str());
    ensure!(dangers.all(stands), "P1: {} ended a danger", event.kind());
    deferrals::ended(before, event, after)?;
    let Event::DecisionMade { decision, handoff } = event else {
        ensure!(before.holder == after.holder, "P3: {} changed the holder", event.kind());
        return Ok(());
    };
    ensure!(before.waiting_since == after.waiting_since, "a decision reset the customer's wait");
    let question =
        asked_of_policy::question(step.command, step.before).ok_or("P3: a decision that nobody asked for")?;
    ensure!(decision.point == question.point, "P3: taken at {:?}", decision.point);
    ensure!(decision.trigger == question.trigger, "P3: triggered by {:?}", decision.trigger);
    let asked = step.world.answer(before, &question);
    evidence(before, decision, &asked)?;
    let to = match &decision.outcome {
        Outcome::Keep { holder, .. } => {
            ensure!(before.holder.as_ref().map(Holder::to_ref).as_ref() == Some(holder), "P3: kept by a stranger");
            None
        }
        Outcome::Assign { responder } | Outcome::Take { responder, .. } => {
            Some(HolderRef::Responder(responder.clone()))
        }
        Outcome::Exception { owner, .. } => Some(HolderRef::Owner(owner.clone())),
    };
    ensure!(handoff.as_ref().map(|h| &h.to) == to.as_ref(), "P3: the handoff is not what was decided");
    ensure!(handoff.is_none() || after.offer.is_none(), "P1: an offer outlived the holder who made it");
    let taken = matches!(decision.outcome, Outcome::Take { .. });
    let staff = after.holder.as_ref().and_then(|holder| holder.staff.as_ref());
    ensure!(handoff.is_none() || staff.is_some() == taken, "P1: {staff:?} has it after {:?}", decision.outcome);
    if let Some(handoff) = handoff {
        ensure!(handoff.from == before.holder.as_ref().map(Holder::to_ref), "P3: handed over by a stranger");
        ensure!(handoff.package.waited_ms == before.waited_ms(step.world.now), "the package forgot the wait");
        ensure!(handoff.package.tried == before.tried, "the package forgot who tried");
        ensure!(handoff.package.messages == before.messages, "the package forgot messages");
        ensure!(handoff.package.open_exceptions.iter().eq(before.exceptions.keys()), "the package forgot exceptions");
        ensure!(handoff.package.open_actions.iter().eq(before.actions.keys()), "the package forgot actions");
        ensure!(handoff.package.promised == before.promised, "the package forgot a promise");
        ensure!(handoff.package.refused == before.refused, "the package forgot a refusal");
        ensure!(handoff.package.told == before.told, "the package forgot what the customer was told");
        ensure!(
            announced(decision, handoff),
            "the customer was told {:?} of {:?}",
            handoff.announced,
            decision.outcome
        );
        ensure!(handoff.package.previous_decision == before.last_decision, "the package broke the history");
    }
    chosen(step, before, decision)?;
    replays(before, decision, &asked)
}

/// A handoff is announced, and what is announced is what happens.
fn announced(decision: &Decision, handoff: &Handoff) -> bool {
    let kind =
        |name: &ResponderId| decision.candidates.iter().find(|c| &c.facts.responder == name).map(|c| c.facts.kind);
    match (&decision.outcome, handoff.announced) {
        (Outcome::Assign { responder }, Some(Announcement::Ai)) => kind(responder) == Some(ResponderKind::Ai),
        (
            Outcome::Assign { responder },
            Some(told @ (Announcement::Waiting { .. } | Announcement::CallBack { .. })),
        ) => {
            // When it opens is what the decision rests on.
            let collects = decision.collecting.get(responder);
            let opens = collects.map(|collects| collects.opens);
            let calls_back = collects.is_some_and(|collects| collects.calls_back);
            kind(responder) == Some(ResponderKind::Queue)
                && told.opens() == opens
                && matches!(told, Announcement::CallBack { .. }) == calls_back
        }
        (Outcome::Take { .. }, Some(Announcement::Person)) => true,
        (Outcome::Exception { due, .. }, Some(Announcement::Owner { due: told })) => *due == told,
        _ => false,
    }
}

/// P3: the record lists every candidate with verdict and cost, and whose rules they were.
fn evidence(before: &Case, decision: &Decision, asked: &Deliberation) -> Result<(), String> {
    let listed: Vec<_> = decision.candidates.iter().map(|c| (c.facts.clone(), c.verdict.clone())).collect();
    let mut considered = asked.candidates.clone();
    if before.is_with_people() && !decision.trigger.asks_for_ai() {
        let machines = considered.iter_mut().filter(|(f, v)| f.kind == ResponderKind::Ai && v.permits());
        machines.for_each(|(_, v)| (v.allow, v.policies) = (false, vec![policy(PEOPLE_KEEP)]));
    }
    ensure!(listed == considered, "P3: the candidates on record are not those that were considered");
    for (at, Candidate { facts, cost, considered, .. }) in decision.candidates.iter().enumerate() {
        let plain = asked.terms.economics.cost(facts, &decision.signals);
        let weighed = considered.iter().map(|id| match decision.considerations.get(id).map(|of| &of.effect) {
            Some(ConsiderationEffect::Amount { minor }) => Ok(*minor),
            Some(ConsiderationEffect::Share { percent }) => Ok(plain.total_minor * percent / 100),
            Some(_) => Ok(0),
            None => Err(format!("P3: {id} counted, and nothing says whose it is")),
        });
        let weighed = weighed.sum::<Result<i64, String>>()?;
        ensure!(cost == &plain.preferred_by(weighed), "P3: a cost of {}", facts.responder);
        let applies = asked.considered.get(at).cloned().unwrap_or_default();
        ensure!(*considered == applies, "P3: what was weighed of {}", facts.responder);
    }
    let verdicts = decision.candidates.iter().map(|c| &c.verdict);
    for id in verdicts.flat_map(|v| v.policies.iter().chain(&v.errors)) {
        ensure!(decision.policies.contains_key(id), "P3: {id} decided, and nothing says whose rule it is");
    }
    ensure!(decision.case == before.id, "P3: about another case");
    ensure!(decision.signals == asked.signals, "P3: other signals than those that counted");
    ensure!(Some(&decision.owner) == asked.terms.owners.get(&decision.point), "P3: owner {}", decision.owner);
    ensure!(decision.bundle == asked.terms.bundle, "P3: bundle {}", decision.bundle);
    ensure!(decision.baseline.as_ref() == Some(&asked.terms.baseline), "P4: baseline {:?}", decision.baseline);
    ensure!(decision.handoffs == before.handoffs, "P3: {} handoffs on record", decision.handoffs);
    Ok(())
}

/// P9 and "should": whoever is chosen is allowed, and nobody allowed costs less.
fn chosen(step: &Step<'_>, before: &Case, decision: &Decision) -> Result<(), String> {
    let gone = decision.point == DecisionPoint::Escalate;
    let holder = match decision.trigger {
        Trigger::Reopened | Trigger::ExceptionResolved => None,
        Trigger::Absorbed { .. } if decision.point == DecisionPoint::Route => None,
        _ => before.holder.as_ref().and_then(Holder::responder),
    };
    let allowed = |c: &&Candidate| c.verdict.allow && c.verdict.errors.is_empty();
    let order = decision.considerations.iter().find_map(|(id, consideration)| match &consideration.effect {
        ConsiderationEffect::Order { of } => Some((id, of)),
        _ => None,
    });
    let place = |c: &Candidate| {
        let (_, of) = order.filter(|(id, _)| c.considered.contains(id))?;
        of.iter().position(|named| *named == c.facts.responder)
    };
    // Who only promises to call back comes after who is there.
    let calls_back = |c: &Candidate| decision.collecting.get(&c.facts.responder).is_some_and(|one| one.calls_back);
    let rank =
        |c: &Candidate| (calls_back(c), place(c).unwrap_or(usize::MAX), c.cost.total_minor, c.facts.responder.clone());
    let exhausted = before.handoffs >= step.world.handoffs_max && before.holder.is_some();
    let eligible: Vec<_> = decision.candidates.iter().filter(allowed).collect();
    let others = || eligible.iter().filter(|c| Some(&c.facts.responder) != holder);
    let chosen = match &decision.outcome {
        Outcome::Assign { responder } | Outcome::Take { responder, .. } => Some(responder),
        Outcome::Keep { holder, .. } => match holder {
            HolderRef::Responder(responder) => Some(responder),
            HolderRef::Owner(_) => None,
        },
        Outcome::Exception { .. } => None,
    };
    let is_ai = |c: &Candidate| c.facts.kind == ResponderKind::Ai;
    match &decision.outcome {
        Outcome::Assign { .. } if decision.point == DecisionPoint::Override => {}
        // To its queue, unless policy speaks against that and for another.
        Outcome::Assign { responder } if matches!(decision.trigger, Trigger::Returned | Trigger::StaffGone { .. }) => {
            ensure!(decision.trigger != Trigger::Returned || !exhausted, "P5: given back to {responder}");
            // From who could only call back to who is there, but for what a human put there or what waits anyway.
            let waits = |deferral: &Deferral| {
                let holds = matches!(deferral.kind, DeferralKind::Callback | DeferralKind::ThirdParty);
                holds && before.waiting_since.is_none() && !deferral.is_due
            };
            let stays = before.set_aside.is_some()
                || before.deferrals.values().any(waits)
                || others().all(|other| calls_back(other));
            let may_stay = eligible.iter().any(|c| holder == Some(&c.facts.responder) && (stays || !calls_back(c)));
            let best = others().min_by_key(|c| rank(c)).map(|c| &c.facts.responder);
            let leaves = !may_stay && !override_covers(before, decision) && Some(responder) == best;
            ensure!(Some(responder) == holder || leaves, "P1: {responder} got what somebody of another queue has");
            ensure!(
                Some(responder) != holder || may_stay || best.is_none() || override_covers(before, decision),
                "P9: it stays where it may not be"
            );
        }
        Outcome::Assign { responder } if decision.trigger == Trigger::QueueClosed && Some(responder) == holder => {
            let nobody = exhausted || others().all(|other| calls_back(other));
            ensure!(deferrals::waits_for_opening(before, decision, nobody), "P9: {responder} may not keep it");
        }
        Outcome::Take { responder, staff } => {
            ensure!(Some(responder) == holder, "P1: taken from {responder}, which does not have it");
            let offered = before.offer.as_ref().map(|offer| &offer.staff);
            ensure!(offered == Some(staff), "P1: {staff} took what was not offered to them");
        }
        Outcome::Assign { responder } => {
            let by_customer = decision.trigger == Trigger::CustomerMessage;
            let staff = before.holder.as_ref().and_then(|holder| holder.staff.as_ref());
            let retained = decision.point == DecisionPoint::Retain;
            ensure!(!retained || staff.is_none(), "P1: {:?} took the case from {staff:?}", decision.trigger);
            let danger = decision.custody.as_ref().is_some_and(|custody| custody.danger);
            ensure!(
                !by_customer || before.set_aside.is_none() || !before.is_with_people() || danger,
                "P1: what the customer wrote undid an override"
            );
            let ai_only = decision.point == DecisionPoint::ReturnToAi;
            ensure!(
                decision.point != DecisionPoint::Retain
                    || !override_covers(before, decision)
                    || (danger && staff.is_none()),
                "P1: an override was undone by {:?}, though nothing else speaks against it",
                decision.trigger
            );
            let best = others().filter(|c| !ai_only || is_ai(c)).min_by_key(|c| rank(c));
            let wished = matches!(&decision.trigger, Trigger::Transferred { to } if to == responder);
            let best = if wished { eligible.iter().find(|c| &c.facts.responder == responder) } else { best };
            ensure!(best.is_some_and(|c| &c.facts.responder == responder), "P9: {responder} instead of {best:?}");
            let reopened =
                matches!(decision.trigger, Trigger::Absorbed { .. }) && decision.point == DecisionPoint::Route;
            let afresh = reopened || matches!(decision.trigger, Trigger::Reopened | Trigger::ExceptionResolved);
            let closed = decision.trigger == Trigger::QueueClosed;
            ensure!(!exhausted || afresh || danger || closed, "P5: handed over again after the limit");
            ensure!(
                !matches!(decision.point, DecisionPoint::Retain | DecisionPoint::StopAi)
                    || !eligible.iter().any(|c| holder == Some(&c.facts.responder) && !calls_back(c))
                    || best.is_some_and(|c| calls_back(c)),
                "P9: taken from a holder that may keep it"
            );
        }
        Outcome::Keep { holder: HolderRef::Responder(responder), instead }
            if matches!(decision.point, DecisionPoint::Retain | DecisionPoint::StopAi) =>
        {
            let may = eligible.iter().any(|c| &c.facts.responder == responder);
            ensure!(!may || instead.is_none(), "P9: asked about {instead:?} although the holder may keep it");
            let best = others().min_by_key(|c| rank(c)).map(|c| &c.facts.responder);
            ensure!(instead.is_none() || instead.as_ref() == best, "P9: asked about {instead:?}, not {best:?}");
            let by_customer = decision.trigger == Trigger::CustomerMessage;
            let ended = decision.trigger == Trigger::SituationEnded;
            let staffed = before.holder.as_ref().is_some_and(|holder| holder.staff.is_some());
            let by_customer = by_customer || (ended && staffed);
            let tied = before.is_with_people() || before.set_aside.is_some();
            let retained = decision.point == DecisionPoint::Retain && override_covers(before, decision);
            let staffed = decision.point == DecisionPoint::Retain && staffed;
            let may = may || (by_customer && tied) || retained || staffed;
            ensure!(may, "P9: {responder} keeps what it may not have");
        }
        Outcome::Keep { .. } => {}
        Outcome::Exception { exception, owner, due } => {
            let terms = step.world.terms();
            ensure!(*owner == terms.exception_owner, "P5: owned by {owner}");
            ensure!(*due == step.world.now.plus_ms(DUE_MS), "P5: due at {due:?}");
            match exception {
                ExceptionKind::HandoffLimit => ensure!(exhausted, "P5: a limit that was not reached"),
                _ => ensure!(others().next().is_none(), "P5: an exception although somebody may have it"),
            }
        }
    }
    let mut next: Vec<_> = eligible.iter().filter(|c| Some(&c.facts.responder) != chosen).collect();
    let queue = |c: &Candidate| c.facts.kind == ResponderKind::Queue;
    let people = eligible.iter().any(|c| Some(&c.facts.responder) == chosen && queue(c));
    next.retain(|c| !people || queue(c));
    next.retain(|c| !gone || Some(&c.facts.responder) != holder);
    next.sort_by_key(|c| rank(c));
    let next: Vec<&ResponderId> = next.into_iter().map(|c| &c.facts.responder).collect();
    ensure!(decision.sequence.iter().eq(next.iter().copied()), "sequence {:?}, not {next:?}", decision.sequence);
    Ok(())
}

/// Whether an override stands on the case that set aside all that speaks against its holder now.
fn override_covers(before: &Case, decision: &Decision) -> bool {
    let holder = before.holder.as_ref().and_then(Holder::responder);
    let held = decision.candidates.iter().find(|c| holder == Some(&c.facts.responder));
    let Some((set_aside, held)) = before.set_aside.as_ref().zip(held) else { return false };
    held.verdict.errors.is_empty() && held.verdict.policies.iter().all(|id| set_aside.contains(id))
}

/// P4: the record and its bundle give the same decision again, byte for byte.
fn replays(before: &Case, decision: &Decision, asked: &Deliberation) -> Result<(), String> {
    let text = json(decision)?;
    let record: Decision = serde_json::from_str(&text).map_err(|e| format!("P4: {e} in {text}"))?;
    let again = json(&taken_again(record, &asked.considered, &asked.terms))?;
    ensure!(again == text, "P4: taken again, the decision of {} is another: {again} not {text}", before.id);
    Ok(())
}

/// The decision that a record leads to, by the rules of its version.
pub(crate) fn taken_again(record: Decision, considered: &[Vec<PolicyId>], terms: &Arc<Terms>) -> Decision {
    // Only who held it is on record, so nothing else about the holder may matter.
    let who = record.holder.clone();
    let holder =
        who.map(|who| Holder { who, staff: None, accountable: owner("nobody"), epoch: 0, since: Timestamp(0) });
    let (custody, handoffs) = (record.custody, record.handoffs);
    let standing = Standing { version: record.v, case: record.case, holder: holder.as_ref(), handoffs, custody };
    let asked = Deliberation {
        point: record.point,
        trigger: record.trigger,
        signals: record.signals,
        candidates: record.candidates.into_iter().map(|c| (c.facts, c.verdict)).collect(),
        considered: considered.to_vec(),
        policies: record.policies,
        terms: Arc::clone(terms),
        read_by: None,
        collecting: record.collecting,
        forbidden: Vec::new(),
    };
    decision::deliberate(record.id, record.at, &standing, asked)
}

/// P5: whoever asks for a human gets one or an owned exception, and failed policies are somebody's work.
fn a_human_is_reachable(step: &Step<'_>, effects: &Effects) -> Result<(), String> {
    let case = &effects.case;
    let asked = matches!(step.command, Command::Yield { reason: YieldReason::WantsHuman, .. });
    ensure!(!asked || case.human_requested, "P5: the holder said that a human is wanted, and it was not noted");
    for (decision, handoff) in handoffs(effects) {
        let kind = |c: &&Candidate| HolderRef::Responder(c.facts.responder.clone()) == handoff.to;
        let to_ai = decision.candidates.iter().find(kind).is_some_and(|c| c.facts.kind == ResponderKind::Ai);
        let people = step.before.is_some_and(Case::is_with_people);
        let act = matches!(step.command, Command::ReturnToAi { .. } | Command::Override { .. });
        ensure!(!to_ai || !people || act, "P1: {:?} gave what people had to a machine", step.command);
        ensure!(!(to_ai && case.human_requested), "P5: an AI responder was given a case that wants a human");
    }
    if let Some(decision) = effects.decision() {
        let failed: BTreeSet<_> = decision.candidates.iter().flat_map(|c| &c.verdict.errors).collect();
        let noted = case.exceptions.values().any(|e| e.kind == ExceptionKind::PolicyError);
        ensure!(failed.is_empty() || noted, "P5: {failed:?} failed, and nobody was told");
    }
    for event in &effects.events {
        if let Event::ExceptionRaised { exception, .. } = event
            && exception.kind != ExceptionKind::Raised
        {
            ensure!(exception.due == step.world.now.plus_ms(DUE_MS), "P5: {exception:?} is due at once");
        }
    }
    Ok(())
}

fn json(value: &impl Serialize) -> Result<String, String> {
    serde_json::to_string(value).map_err(|e| e.to_string())
}

/// P8 and P10: what is recorded reads back as it was, and holds nobody's words.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<(), String> {
    let text = json(value)?;
    ensure!(!text.contains(MARKER), "P10: somebody's words are in {text}");
    let back: T = serde_json::from_str(&text).map_err(|e| format!("P8: {e} in {text}"))?;
    ensure!(&back == value, "P8: {back:?} was read back from {value:?}");
    Ok(())
}
