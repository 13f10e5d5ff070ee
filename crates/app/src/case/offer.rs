//! The end of an offer that nobody accepted.

use crate::{
    Caller, Parts,
    caller::principal::Job,
    pipeline::{self, commit::Act},
    refused::Refused,
};
use remit_domain::{Command, id::OfferId, offer::OfferEnd};

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
