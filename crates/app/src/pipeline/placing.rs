//! Where a case belongs on the floor, as it is on record.

use crate::{
    Environment, Governance, Live, Parts,
    journal::stored_case,
    pipeline::{
        facts::{self, Ground},
        sla,
    },
};
use remit_domain::{
    Case,
    announcement::Announcement,
    case::{Holder, Status},
    floor::{CaseChange, OnRecord, Relax, Waiting},
    id::Timestamp,
    offer::OfferEnd,
    signal::Value,
};
use remit_policy::bundle::{CandidateSpec, QueueSpec};
use remit_store::{CaseFilter, Views as _};
use std::sync::Arc;

const PAGE: usize = 200;

/// Has the floor of `live` follow every open case of a queue, as it is stored. Where nobody was ever noted, nobody is
/// on it, and it follows none.
pub(crate) async fn follow_cases(parts: &Parts, live: &Live) -> Result<(), remit_store::ReadError> {
    if !live.floor.is_staffed() {
        return Ok(());
    }
    let queues = parts.governance.bundle.candidates().iter().filter(|spec| spec.queue.is_some());
    for queue in queues {
        let filter = CaseFilter {
            status: Some(Status::Open.as_str().to_owned()),
            holder: Some(queue.responder.to_string()),
            accountable: None,
        };
        let mut after: Option<String> = None;
        loop {
            let rows = parts.journal.store.cases(&filter, after.as_deref(), PAGE).await?;
            for row in &rows {
                if let Ok(case) = stored_case::case_of(&parts.journal, &row.state).await {
                    follow_case(&parts.governance, live, &parts.environment, &case, None);
                }
            }
            match rows.last() {
                Some(last) if rows.len() == PAGE => after = Some(last.id.clone()),
                _ => break,
            }
        }
    }
    live.floor.remove_unknown(parts.environment.steady());
    Ok(())
}

/// Has the floor follow a case, if anybody is on it.
pub(crate) fn follow_case(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    case: &Case,
    ended: Option<OfferEnd>,
) {
    if !live.floor.is_staffed() {
        return;
    }
    let on_record = on_record(governance, live, environment, case, environment.now());
    let change = CaseChange { case: case.id, version: case.version, on_record, ended };
    live.floor.follow_case(change, environment.steady());
}

fn on_record(governance: &Governance, live: &Live, environment: &Environment, case: &Case, now: Timestamp) -> OnRecord {
    let holder = case.holder.as_ref().filter(|_| case.status == Status::Open);
    let queue = holder.and_then(|holder| holder.responder()).and_then(|id| governance.bundle.candidate(id));
    let (Some(holder), Some((spec, queue))) = (holder, queue.and_then(|spec| Some((spec, spec.queue.as_ref()?))))
    else {
        return OnRecord::Nowhere;
    };
    let ground = facts::ground(governance, live, None);
    let waiting = waiting_in(&ground, case, (holder, spec, queue), now, |at| environment.steadily(at));
    match (&holder.staff, &case.offer) {
        (Some(staff), _) => {
            let awaited = case.waiting_since.is_some() && !case.is_put_off();
            let quiet_from = quiet_from(governance, case).map(|from| environment.steadily(from));
            OnRecord::Held { waiting, staff: staff.clone(), awaited, quiet_from }
        }
        (None, Some(offer)) => {
            // None is open for longer than that, whatever was done to the clock since it was made.
            let longest = environment.steady().plus_ms(i64::from(governance.bundle.limits().offer_seconds) * 1_000);
            let due = environment.steadily(offer.due).min(longest);
            OnRecord::Offered { waiting, offer: offer.id, staff: offer.staff.clone(), due }
        }
        (None, None) if case.is_put_off() => OnRecord::Nowhere,
        (None, None) => OnRecord::Waiting(waiting),
    }
}

/// What the floor is told of a case that a queue has. `steadily` gives moments as the floor's clock shows them.
pub(crate) fn waiting_in(
    ground: &Ground<'_>,
    case: &Case,
    (holder, spec, queue): (&Holder, &CandidateSpec, &QueueSpec),
    now: Timestamp,
    steadily: impl Fn(Timestamp) -> Timestamp,
) -> Waiting {
    let signals = ground.signals(case, now);
    let since = case.waiting_since.unwrap_or(holder.since);
    // What came while the queue was closed waits for it to open, and has waited from then on. Who came before and was
    // told of the opening as it closed keeps their place, and whoever is there still may take their case.
    let opens = case.told.as_ref().and_then(Announcement::opens);
    let opens = opens.filter(|_| holder.staff.is_none() && !spec.is_open(since));
    let since = opens.map_or(since, |opens| since.max(opens));
    let not_before = opens.filter(|opens| *opens > now && !spec.is_open(now));
    let named = |signal: &str| match signals.get(signal).map(|reading| &reading.value) {
        Some(Value::Name(name)) => Some(name.clone()),
        _ => None,
    };
    let language = facts::spoken(&signals);
    let relax = queue.relax.iter().map(|relax| Relax {
        after_ms: i64::from(relax.after_minutes) * 60_000,
        skill_drop: relax.skill_drop,
        any_language: relax.any_language,
    });
    Waiting {
        case: case.id,
        queue: spec.responder.clone(),
        channel: case.channel,
        language,
        language_level: case.needs_language,
        skills: Arc::new(facts::needed(&queue.needs, &case.needs)),
        since: steadily(since),
        value_percent: ground.bundle.terms().economics.value_percent(&signals),
        sla_ms: sla::running(ground.bundle, case).map_or(queue.sla_ms, |running| running.due.since(since)),
        handling_ms: named("topic").and_then(|topic| spec.handling_ms_of(&topic)),
        due: ground.bundle.due_of(case).map(&steadily),
        danger: case.situations.gravest().map(|standing| standing.noted.gravity()),
        last_staff: case.last_staff.clone(),
        relax: relax.collect(),
        not_before: not_before.map(steadily),
    }
}

/// From when on a case takes no room of whoever has it: it is put off, or its customer has been silent for long enough.
fn quiet_from(governance: &Governance, case: &Case) -> Option<Timestamp> {
    let silent_ms = i64::from(governance.bundle.limits().silent_minutes) * 60_000;
    let silent = case.silent_since().filter(|_| silent_ms > 0).map(|since| since.plus_ms(silent_ms));
    case.put_off_since().or(silent)
}
