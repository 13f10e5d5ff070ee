//! Offers that the floor proposes: made and ended on record, where the record decides.

use super::App;
use crate::{Caller, commit::Act, principal::Job, refused::Refused};
use remit_domain::{
    Command,
    floor::Pairing,
    id::OfferId,
    offer::{Offer, OfferEnd},
};
use remit_store::Store;
use std::time::Duration;

impl App {
    /// The next offer that can be made now.
    pub fn next_offer(&self) -> Option<Pairing> {
        self.floor.next(self.steady())
    }

    /// How long until time alone could allow another offer.
    pub fn until_next_offer(&self) -> Option<Duration> {
        let now = self.steady();
        let at = self.floor.next_change(now)?;
        // A little later rather than over and over at the same moment.
        Some(Duration::from_millis(u64::try_from(at.since(now)).unwrap_or(0).max(5)))
    }

    /// Ends offers that nobody answered and that did not end at their moment, since the clock was set back meanwhile.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn expire_overdue(&self) -> Result<(), Refused> {
        let mut last = None;
        while let Some(case) = self.floor.overdue(self.steady()).filter(|case| last != Some(*case)) {
            self.end_open_offer(&case.to_string(), OfferEnd::Expired).await?;
            last = Some(case);
        }
        Ok(())
    }

    /// Rings when something has changed on the floor.
    pub async fn offer_bell(&self) {
        self.floor.bell.notified().await;
    }

    /// Makes the offer that the floor proposes; where the case has moved on, the floor follows it.
    pub async fn make_offer(&self, pairing: Pairing) -> Result<(), Refused> {
        let (own, now) = (Caller::system(Job::Floor), self.now());
        let offer = Offer {
            id: OfferId::next(&mut self.ids(now)?),
            staff: pairing.staff.clone(),
            made: now,
            due: now.plus_ms(pairing.deadline.since(self.steady())),
            index: pairing.index,
            considered: pairing.considered,
        };
        let act = Act::new("offer.make", Command::Offer { offer });
        let case = pairing.case.to_string();
        let made = self.execute(&own, None, Some(&case), act, |_| ()).await;
        let again = {
            let mut state = self.floor.lock();
            let changed = state.making.remove(&pairing.case).unwrap_or(true);
            if made.is_err() {
                let _ = state.floor.ended(&pairing.case, &pairing.staff, OfferEnd::Withdrawn, self.steady());
            }
            let again = made.is_err() || changed;
            if again {
                // What is durable decides where it belongs.
                state.versions.remove(&pairing.case);
            }
            again
        };
        self.floor.made.notify_waiters();
        if again && let Some(row) = self.store.case(&case).map_err(Refused::internal)? {
            let case = self.case_of(&row.state)?;
            self.place(&case, OfferEnd::Withdrawn);
        }
        made.map(|_| ())
    }

    /// Ends an offer that nobody accepted.
    pub(crate) async fn end_offer(
        &self,
        id: &str,
        offer: OfferId,
        how: OfferEnd,
        claim: Option<&str>,
    ) -> Result<(), Refused> {
        let mut act = Act::new("offer.answer", Command::EndOffer { offer, staff: None, how });
        act.beside.claim = claim.map(ToOwned::to_owned);
        self.execute(&Caller::system(Job::Floor), None, Some(id), act, |_| ()).await.map(|_| ())
    }
}
