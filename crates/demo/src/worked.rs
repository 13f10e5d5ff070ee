//! What is due in the demo is done, and what happens is followed.

use super::{
    agenda::{Deed, HeldCase},
    board::Whereabouts,
    events::{Event, Item},
    world::World,
};
use anyhow::Context as _;
use remit_app::{environment::clock::parse_rfc3339, operation};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const MINUTE: i64 = 60_000;

impl World {
    /// Does what is due until the agenda is closed.
    pub(super) fn live(&self) {
        while let Some(deed) = self.agenda.next() {
            let waited_for = deed.is_waited_for();
            self.perform(deed);
            self.agenda.done(waited_for);
        }
    }

    fn perform(&self, deed: Deed) {
        let person = |staff: usize| self.people.get(staff);
        match deed {
            Deed::Wait => {}
            Deed::Open(number) => self.open(number),
            Deed::Read { case } => self.read(&case),
            Deed::ComeBack { case } => self.come_back(&case),
            Deed::Answer { staff, case, offer, answer } => {
                if let Some(person) = person(staff) {
                    self.answer_offer(staff, person, case, &offer, answer);
                }
            }
            Deed::Work { staff, case, epoch, plan } => {
                if let Some(person) = person(staff) {
                    self.work(staff, person, case, epoch, plan);
                }
            }
            Deed::Finish { staff, case, epoch } => {
                if let Some(person) = person(staff) {
                    self.finish(staff, person, case, epoch);
                }
            }
            Deed::Look { number, request } => self.look_at_request(number, &request),
            Deed::Presence { staff, presence, reason } => {
                if let Some(person) = person(staff) {
                    self.set_presence(person, presence, reason);
                }
            }
            Deed::Own { exception, held } => {
                self.unless_refused(self.lead.post(operation::OwnException, &[&exception], &json!({})));
                self.agenda.after(5 * MINUTE, Deed::Settle { exception, held });
            }
            Deed::Settle { exception, held } => self.settle(&exception, held.as_ref()),
        }
    }

    /// A lead sees to an exception. What nobody but the desk that gave it up may have goes back there, with the reason.
    fn settle(&self, exception: &str, held: Option<&HeldCase>) {
        let gave_up = |held: &HeldCase| {
            let decided = self.expect(self.lead.get(operation::GetDecision, &[&held.decision]))?;
            let of_people = decided.pointer("/decision/custody/people") == Some(&Value::Bool(true));
            let desk = decided.pointer("/decision/holder/responder").filter(|_| of_people)?;
            desk.as_str().map(str::to_owned)
        };
        let back = held.and_then(|held| Some((&held.case, gave_up(held)?)));
        if let Some((case, desk)) = back {
            let wish = json!({ "to": desk, "reason": "No other desk may have this one: it is yours after all." });
            // Which resolves the exception with the same reason.
            if self.unless_refused(self.lead.post(operation::MakeOverride, &[case], &wish)).is_some() {
                return;
            }
        }
        let body = json!({ "reason": "Seen to." });
        self.unless_refused(self.lead.post(operation::ResolveException, &[exception], &body));
    }

    /// Follows the event stream from `after` on. Ends when the server does.
    pub(super) fn follow(&self, after: u64) {
        let followed = self.lead.follow(after, &mut |text| {
            let item: Item = serde_json::from_str(text).context("an event that the demo cannot read")?;
            let at = parse_rfc3339(&item.at).map_or_else(|| self.now_ms(), |at| at.0);
            self.clock.steady(self.clock.since(at));
            self.board().note(&item, at);
            if !self.evening.load(Ordering::Relaxed) {
                self.react(&item);
            }
            Ok(true)
        });
        // After the evening the stream ends with the server.
        if let (Err(error), false) = (followed, self.evening.load(Ordering::Relaxed)) {
            self.trouble(&error);
        }
    }

    /// Who does what because of an event.
    fn react(&self, item: &Item) {
        match &item.event {
            Event::OfferMade { offer } => self.offered(&item.case, &offer.id, &offer.staff),
            Event::OfferEnded { staff, how } if how == "expired" => self.expired(staff),
            Event::MessageAdded { message } if message.author.holder.is_some() => self.answered(&item.case),
            Event::CaseResolved { .. } => {
                let by_staff =
                    self.board().cases.get(&item.case).is_some_and(|case| matches!(case.place, Whereabouts::Staff(_)));
                if by_staff {
                    self.resolved(&item.case);
                }
            }
            Event::ExceptionRaised { exception } => {
                let number = self.numbers.exceptions.fetch_add(1, Ordering::Relaxed);
                // One in five is left until it is overdue, and goes to whoever it escalates to.
                if number % 5 != 3 {
                    let decision = exception.decision.clone().filter(|_| exception.kind == "no_responder");
                    let held = decision.map(|decision| HeldCase { case: item.case.clone(), decision });
                    self.agenda.after(8 * MINUTE, Deed::Own { exception: exception.id.clone(), held });
                }
            }
            _ => {}
        }
    }
}
