//! Offers that the floor proposes: made and ended on record, where the record decides.

use crate::{
    Caller, Environment, Live, Parts,
    caller::principal::Job,
    journal::stored_case,
    pipeline::{self, commit::Envelope, load::Loaded, placing},
    refused::{Kind, Refused},
    staff::permitted,
};
use remit_domain::{Command, floor::ProposedOffer, id::OfferId, offer::Offer};
use remit_policy::actions::Permission;
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
    let followed = if matches!(made, Ok(Put::Made)) { Ok(()) } else { follow_again(parts, &proposed).await };
    let now = parts.environment.steady();
    match made {
        Ok(Put::PassedOver) => parts.live.floor.passed_over(&proposed, now),
        Ok(Put::Made) | Err(_) => parts.live.floor.settled(&proposed, now),
    }
    made.map(|_| ()).and(followed)
}

/// What became of an offer that the floor proposed.
enum Put {
    /// It is on record.
    Made,
    /// Policy does not let them answer, which is on record.
    PassedOver,
}

async fn put_on_record(parts: &Parts, proposed: &ProposedOffer) -> Result<Put, Refused> {
    let (own, now) = (Caller::system(Job::Floor), parts.environment.now());
    let pairing = &proposed.pairing;
    if !parts.live.floor.is_here(&pairing.staff) {
        return Err(Refused::new(Kind::Conflict, format!("`{}` has gone", pairing.staff)));
    }
    let case = stored_case::stored_case(&parts.journal, pairing.case).await?;
    let case = case.ok_or_else(|| Refused::new(Kind::NotFound, format!("no case {} is on record", pairing.case)))?;
    let (id, action) = (case.id.to_string(), Permission::OFFER_MAKE);
    if let Some(withheld) = permitted::denied(&parts.governance, &parts.live, &case, &pairing.staff, now) {
        if !case.withheld.contains(&pairing.staff) {
            let envelope = Envelope::on(Loaded { action, case }, Command::Withhold { withheld });
            pipeline::execute(parts, &own, None, Some(&id), envelope, |_| ()).await?;
        }
        return Ok(Put::PassedOver);
    }
    let offer = Offer {
        id: OfferId::next(&mut parts.environment.ids(now)?),
        staff: pairing.staff.clone(),
        made: now,
        due: now.plus_ms(pairing.deadline.since(parts.environment.steady())),
        index: pairing.index,
        considered: pairing.considered,
    };
    let envelope = Envelope::on(Loaded { action, case }, Command::Offer { offer });
    pipeline::execute(parts, &own, None, Some(&id), envelope, |_| ()).await.map(|_| Put::Made)
}

async fn follow_again(parts: &Parts, proposed: &ProposedOffer) -> Result<(), Refused> {
    if let Some(case) = stored_case::stored_case(&parts.journal, proposed.pairing.case).await? {
        placing::follow_case(&parts.governance, &parts.live, &parts.environment, &case, None);
    }
    Ok(())
}
