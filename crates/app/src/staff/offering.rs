//! Offers that the floor proposes: made and ended on record, where the record decides.

use crate::{
    Caller, Environment, Live, Parts,
    access::principal::Job,
    journal::stored_case,
    pipeline::{self, commit::Act},
    refused::{Kind, Refused},
    staff::placing,
};
use remit_domain::{
    Command,
    floor::Pairing,
    id::OfferId,
    offer::{Offer, OfferEnd},
};
use remit_store::Views as _;
use std::time::Duration;

/// The next offer that can be made now.
pub fn next_offer(live: &Live, environment: &Environment) -> Option<Pairing> {
    live.floor.next(environment.steady())
}

/// How long until time alone could allow another offer.
pub fn until_next_offer(live: &Live, environment: &Environment) -> Option<Duration> {
    let now = environment.steady();
    let at = live.floor.next_change(now)?;
    // A little later rather than over and over at the same moment.
    Some(Duration::from_millis(u64::try_from(at.since(now)).unwrap_or(0).max(5)))
}

/// Ends offers that nobody answered and that did not end at their moment, since the clock was set back meanwhile.
///
/// # Errors
/// When the store refuses.
pub async fn expire_overdue(parts: &Parts) -> Result<(), Refused> {
    let mut last = None;
    while let Some(case) = parts.live.floor.overdue(parts.environment.steady()).filter(|case| last != Some(*case)) {
        end_open_offer(parts, &case.to_string(), OfferEnd::Expired).await?;
        last = Some(case);
    }
    Ok(())
}

/// Rings when something has changed on the floor.
pub async fn offer_bell(live: &Live) {
    live.floor.bell.notified().await;
}

/// Makes the offer that the floor proposes; where the case has moved on, the floor follows it.
pub async fn make_offer(parts: &Parts, pairing: Pairing) -> Result<(), Refused> {
    let (own, now) = (Caller::system(Job::Floor), parts.environment.now());
    let offer = Offer {
        id: OfferId::next(&mut parts.environment.ids(now)?),
        staff: pairing.staff.clone(),
        made: now,
        due: now.plus_ms(pairing.deadline.since(parts.environment.steady())),
        index: pairing.index,
        considered: pairing.considered,
    };
    let act = Act::new("offer.make", Command::Offer { offer });
    let case = pairing.case.to_string();
    let made = pipeline::execute(parts, &own, None, Some(&case), act, |_| ()).await;
    let again = {
        let mut state = parts.live.floor.lock();
        let changed = state.making.remove(&pairing.case).unwrap_or(true);
        if made.is_err() {
            let _ = state.floor.ended(&pairing.case, &pairing.staff, OfferEnd::Withdrawn, parts.environment.steady());
        }
        let again = made.is_err() || changed;
        if again {
            // What is durable decides where it belongs.
            state.versions.remove(&pairing.case);
        }
        again
    };
    parts.live.floor.made.notify_waiters();
    if again && let Some(row) = parts.journal.store.case(&case).await.map_err(Refused::internal)? {
        let case = stored_case::case_of(&parts.journal, &row.state).await?;
        placing::place(&parts.governance, &parts.live, &parts.environment, &case, OfferEnd::Withdrawn);
    }
    made.map(|_| ())
}

/// Ends an offer that nobody accepted.
pub(crate) async fn end_offer(
    parts: &Parts,
    id: &str,
    offer: OfferId,
    how: OfferEnd,
    claim: Option<&str>,
) -> Result<(), Refused> {
    let mut act = Act::new("offer.answer", Command::EndOffer { offer, staff: None, how });
    act.beside.claim = claim.map(ToOwned::to_owned);
    pipeline::execute(parts, &Caller::system(Job::Floor), None, Some(id), act, |_| ()).await.map(|_| ())
}

/// Ends an offer that nobody answers, on record.
pub(super) async fn end_open_offer(parts: &Parts, id: &str, how: OfferEnd) -> Result<(), Refused> {
    let Some(row) = parts.journal.store.case(id).await.map_err(Refused::internal)? else { return Ok(()) };
    let case = stored_case::case_of(&parts.journal, &row.state).await?;
    let Some(offer) = case.offer else { return Ok(()) };
    match end_offer(parts, id, offer.id, how, None).await {
        // It was answered, or expired, in that moment.
        Err(refused) if refused.kind == Kind::Conflict => Ok(()),
        ended => ended,
    }
}
