//! The end of an offer that nobody accepted.

use crate::{
    Caller, Parts,
    caller::principal::Job,
    pipeline::{self, commit::Envelope},
    refused::Refused,
};
use remit_domain::{Command, id::OfferId, offer::OfferEnd};
use remit_policy::actions::Permission;

/// Ends an offer that nobody accepted.
pub(crate) async fn end_offer(
    parts: &Parts,
    id: &str,
    offer: OfferId,
    how: OfferEnd,
    claim: Option<&str>,
) -> Result<(), Refused> {
    let mut envelope = Envelope::new(Permission::OFFER_ANSWER, Command::EndOffer { offer, staff: None, how });
    envelope.side.claim = claim.map(ToOwned::to_owned);
    pipeline::execute(parts, &Caller::system(Job::Floor), None, Some(id), envelope, |_| ()).await.map(|_| ())
}
