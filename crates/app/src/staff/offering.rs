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
    floor::ProposedOffer,
    id::OfferId,
    offer::{Offer, OfferEnd},
};
use std::time::Duration;

/// The next offer that can be made now. Whoever asks makes it ([`make_offer`]).
pub fn next_offer(live: &Live, environment: &Environment) -> Option<ProposedOffer> {
    live.floor.propose(environment.steady())
}

/// How long until time alone could allow another offer.
pub fn until_next_offer(live: &Live, environment: &Environment) -> Option<Duration> {
    let now = environment.steady();
    let at = live.floor.next_change(now)?;
    // A little later rather than over and over at the same moment.
    Some(Duration::from_millis(u64::try_from(at.since(now)).unwrap_or(0).max(5)))
}

/// Rings when something has changed on the floor.
pub async fn offer_bell(live: &Live) {
    live.floor.bell.notified().await;
}

/// Puts an offer on record that the floor proposes. Where the record refuses it, the floor follows the case as it is.
///
/// # Errors
/// When the case has moved on, whoever it would go to has gone, or the store refuses.
pub async fn make_offer(parts: &Parts, proposed: ProposedOffer) -> Result<(), Refused> {
    let made = put_on_record(parts, &proposed).await;
    let followed = if made.is_err() { follow_again(parts, &proposed).await } else { Ok(()) };
    parts.live.floor.settled(&proposed, parts.environment.steady());
    made.and(followed)
}

async fn put_on_record(parts: &Parts, proposed: &ProposedOffer) -> Result<(), Refused> {
    let (own, now) = (Caller::system(Job::Floor), parts.environment.now());
    let pairing = &proposed.pairing;
    if !parts.live.floor.is_here(&pairing.staff) {
        return Err(Refused::new(Kind::Conflict, format!("`{}` has gone", pairing.staff)));
    }
    let offer = Offer {
        id: OfferId::next(&mut parts.environment.ids(now)?),
        staff: pairing.staff.clone(),
        made: now,
        due: now.plus_ms(pairing.deadline.since(parts.environment.steady())),
        index: pairing.index,
        considered: pairing.considered,
    };
    let act = Act::new("offer.make", Command::Offer { offer });
    pipeline::execute(parts, &own, None, Some(&pairing.case.to_string()), act, |_| ()).await.map(|_| ())
}

async fn follow_again(parts: &Parts, proposed: &ProposedOffer) -> Result<(), Refused> {
    if let Some(case) = stored_case::stored_case(&parts.journal, proposed.pairing.case).await? {
        placing::follow_case(&parts.governance, &parts.live, &parts.environment, &case, None);
    }
    Ok(())
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
