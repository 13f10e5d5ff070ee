//! Keeps the floor in step with what is on record.

use crate::{
    Environment, Governance, Live, Parts,
    journal::stored_case,
    live::floor::{STAFF, Wanted},
    pipeline::{facts, sla},
};
use remit_domain::{
    Case,
    case::Status,
    floor::{Relax, Waiting},
    id::Timestamp,
    offer::OfferEnd,
    signal::Value,
};
use remit_store::{CaseFilter, Entry, Views as _};
use std::sync::Arc;

const PAGE: usize = 200;

/// Reads everybody and everything that waits from the store.
pub(crate) async fn fill_floor(parts: &Parts) -> Result<(), remit_store::ReadError> {
    let now = parts.environment.steady();
    let items = parts.journal.store.items(STAFF.kind()).await?;
    if items.is_empty() {
        return Ok(());
    }
    {
        let mut state = parts.live.floor.lock();
        for item in items {
            let Ok(Entry { value: item, .. }) = STAFF.entry(item) else { continue };
            state.floor.set_profile(item.profile.clone(), now);
            let _ = state.floor.set_presence(&item.profile.id, item.presence.clone(), now);
            state.note_presence(&item.profile.id, &item.presence, parts.environment.steadily(item.since).min(now));
            state.staff.insert(item.profile.id.clone(), item);
        }
    }
    parts.live.floor.changed();
    fill_cases(parts).await
}

pub(crate) async fn fill_cases(parts: &Parts) -> Result<(), remit_store::ReadError> {
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
                    place(&parts.governance, &parts.live, &parts.environment, &case, OfferEnd::Withdrawn);
                }
            }
            match rows.last() {
                Some(last) if rows.len() == PAGE => after = Some(last.id.clone()),
                _ => break,
            }
        }
    }
    parts.live.floor.bell.notify_one();
    Ok(())
}

/// Brings the floor to what `case` says, if anybody is on it.
pub(crate) fn place(governance: &Governance, live: &Live, environment: &Environment, case: &Case, how: OfferEnd) {
    if !live.floor.is_staffed() {
        return;
    }
    let wanted = wanted(governance, live, environment, case, environment.now());
    live.floor.lock().place(case, wanted, how, environment.steady());
    live.floor.bell.notify_one();
}

fn wanted(governance: &Governance, live: &Live, environment: &Environment, case: &Case, now: Timestamp) -> Wanted {
    let holder = case.holder.as_ref().filter(|_| case.status == Status::Open);
    let queue = holder.and_then(|holder| holder.responder()).and_then(|id| governance.bundle.candidate(id));
    let (Some(holder), Some((spec, queue))) = (holder, queue.and_then(|spec| Some((spec, spec.queue.as_ref()?))))
    else {
        return Wanted::Gone;
    };
    let signals = facts::signals(governance, live, case, now);
    let since = case.waiting_since.unwrap_or(holder.since);
    let language = match signals.get("language").map(|reading| &reading.value) {
        Some(Value::Name(name)) => name.clone(),
        _ => remit_domain::floor::ANY_LANGUAGE.into(),
    };
    let relax = queue.relax.iter().map(|relax| Relax {
        after_ms: i64::from(relax.after_minutes) * 60_000,
        skill_drop: relax.skill_drop,
        any_language: relax.any_language,
    });
    let waiting = Waiting {
        case: case.id,
        queue: spec.responder.clone(),
        channel: case.channel,
        language,
        skills: Arc::new(queue.needs.clone()),
        since: environment.steadily(since),
        value_percent: governance.bundle.terms().economics.value_percent(&signals),
        sla_ms: sla::clock(governance, case).map_or(queue.sla_ms, |running| running.due.since(since)),
        last_staff: case.last_staff.clone(),
        relax: relax.collect(),
    };
    match (&holder.staff, &case.offer) {
        (Some(staff), _) => Wanted::Held(waiting, staff.clone()),
        (None, Some(offer)) => {
            // None is open for longer than that, whatever was done to the clock since it was made.
            let longest = environment.steady().plus_ms(i64::from(governance.bundle.limits().offer_seconds) * 1_000);
            Wanted::Offered(waiting, offer.staff.clone(), environment.steadily(offer.due).min(longest))
        }
        (None, None) => Wanted::Waiting(waiting),
    }
}
