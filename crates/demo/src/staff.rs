//! Simulated staff: who they are, and what they do, each with a token of their own, at a speed of their own, and not
//! without mistakes.

use super::{
    agenda::{Deed, Plan},
    dice::Dice,
    person::Person,
    world::{World, is_refusal},
};
use remit_app::{
    environment::clock::{Clock as _, rfc3339},
    operation,
};
use remit_command::client::Refused;
use remit_domain::id::Timestamp;
use remit_policy::bundle::{Bundle, CandidateSpec};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

/// Who works here, as it is noted.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) note: Value,
}

const FIRST_NAMES: [&str; 40] = [
    "Amara", "Ben", "Chloe", "Daniel", "Elif", "Femi", "Grace", "Hassan", "Imogen", "Jakub", "Keira", "Liam", "Maryam",
    "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Samuel", "Tariq", "Una", "Victor", "Wanda", "Xavier", "Yusuf",
    "Zoe", "Aisha", "Bruno", "Carys", "Dmitri", "Esther", "Finn", "Gloria", "Hugo", "Ines", "Jonas", "Katya", "Leo",
    "Mina", "Noah",
];
/// The bundle's staff on duty for each person of the demo.
const DUTY_PER_PERSON: u32 = 5;

/// The type of the problem that says that a lease has ended.
const LEASE_LOST: &str = "/problems/lease_lost";
const MINUTE: i64 = 60_000;

/// The people of the demo: for each queue some, in proportion to the bundle's staff on duty.
pub(super) fn profiles(bundle: &Bundle) -> Vec<Profile> {
    let queues = bundle.candidates().iter().filter_map(|spec| Some((spec, spec.queue.as_ref()?)));
    // The first of each desk speaks a little of every language of the bundle's.
    let languages: BTreeSet<&str> =
        bundle.candidates().iter().flat_map(|spec| spec.languages.iter().map(String::as_str)).collect();
    let desks = queues.flat_map(|(spec, queue)| {
        let people = queue.servers.div_ceil(DUTY_PER_PERSON).max(2);
        (0..people).map(move |place| (spec, place))
    });
    let profile = |(number, (spec, place)): (usize, (&CandidateSpec, u32))| {
        let first_name = FIRST_NAMES.get(number % FIRST_NAMES.len()).copied().unwrap_or("Alex");
        let round = number / FIRST_NAMES.len();
        let name = match round {
            0 => first_name.to_lowercase(),
            round => format!("{}-{}", first_name.to_lowercase(), round + 1),
        };
        let mut speaks: BTreeMap<&str, u8> = languages.iter().filter(|_| place == 0).map(|of| (*of, 3)).collect();
        let own = spec.languages.iter().cycle().skip(place as usize).map(String::as_str).next();
        speaks.extend(own.map(|language| (language, 4)));
        speaks.insert(spec.languages.first().map_or("en", String::as_str), 5);
        let skills: BTreeMap<&str, u8> = spec.skills.iter().map(|skill| (skill.as_str(), 4)).collect();
        let note = json!({
            "name": name, "first_name": first_name, "queues": [spec.responder.as_str()], "languages": speaks,
            "skills": skills, "capacity": { "chat": 3, "web": 3, "email": 3, "phone": 1, "api": 2 },
        });
        Profile { name, note }
    };
    desks.enumerate().map(profile).collect()
}

/// What is done with the offer of this number. The pattern is fixed, so that two runs tell much the same.
pub(super) fn answer_to(number: u64) -> Option<&'static str> {
    match number {
        n if n % 23 == 9 => None,
        n if n % 17 == 5 => Some("busy"),
        n if n % 61 == 20 => Some("not_mine"),
        _ => Some("accept"),
    }
}

/// What is done with the case that is taken as this number.
fn plan_for(number: u64) -> Plan {
    match number {
        n if n % 25 == 4 => Plan::StaleWindow,
        n if n % 40 == 7 => Plan::GiveBack,
        n if n % 33 == 10 => Plan::WrongTeam,
        n if n % 150 == 13 => Plan::Raise,
        n if n % 45 == 16 => Plan::ToAi,
        _ => Plan::Help,
    }
}

impl World {
    /// Comings, breaks and goings of a stretch of work of `length_ms`.
    pub(super) fn plan_breaks(&self, length_ms: i64) {
        for staff in 0..self.people.len() {
            let mut dice = Dice::of(self.seed, &format!("break {staff}"));
            let presence = |presence, reason| Deed::Presence { staff, presence, reason };
            let at = dice.between(length_ms / 5, length_ms * 4 / 5 + 1);
            if staff == 1 {
                // Somebody falls ill, and leaves with cases on the desk.
                self.agenda.after(length_ms * 3 / 5, presence("offline", "unwell"));
            } else if staff % 3 == 0 {
                self.agenda.after(at, presence("away", "break"));
                self.agenda.after(at + dice.between(8, 18) * MINUTE, presence("available", ""));
            } else if staff % 7 == 2 {
                self.agenda.after(at, presence("busy", ""));
                self.agenda.after(at + 6 * MINUTE, presence("available", ""));
            }
        }
    }

    /// Has those at work whose desks are open at a moment, and all others at home.
    pub(super) fn shift(&self, at: Timestamp) {
        let open = |queue: &str| {
            let of_name = |spec: &&CandidateSpec| spec.responder.as_str() == queue;
            self.bundle.candidates().iter().find(of_name).is_some_and(|spec| spec.is_open(at))
        };
        for person in &self.people {
            if person.queues().any(open) {
                person.gone.store(false, Ordering::Relaxed);
                self.set_presence(person, "available", "");
            } else {
                self.set_presence(person, "offline", "end of the shift");
            }
        }
    }

    /// What follows from an offer.
    pub(super) fn offered(&self, case: &str, offer: &str, staff: &str) {
        let Some((staff, person)) = self.person(staff) else { return };
        let number = self.numbers.offers.fetch_add(1, Ordering::Relaxed);
        let Some(answer) = answer_to(number) else { return };
        let mut dice = Dice::of(self.seed, &format!("offer {number}"));
        let after = person.takes(&mut dice, 9);
        self.agenda.after(after, Deed::Answer { staff, case: case.to_owned(), offer: offer.to_owned(), answer });
    }

    /// Whoever let an offer expire comes back to the desk.
    pub(super) fn expired(&self, staff: &str) {
        if let Some((staff, _)) = self.person(staff) {
            self.agenda.after(2 * MINUTE, Deed::Presence { staff, presence: "available", reason: "" });
        }
    }

    fn person(&self, name: &str) -> Option<(usize, &Person)> {
        self.people.iter().enumerate().find(|(_, person)| person.name == name)
    }

    pub(super) fn set_presence(&self, person: &Person, presence: &str, reason: &str) {
        if person.gone.load(Ordering::Relaxed) {
            return;
        }
        person.gone.store(presence == "offline", Ordering::Relaxed);
        let body = match reason {
            "" => json!({ "presence": presence }),
            _ => json!({ "presence": presence, "reason": reason }),
        };
        let said = person.client.post(operation::SetPresence, &[&person.name], &body);
        if self.expect(said).is_some() {
            self.board().presence(&person.name, matches!(presence, "available" | "busy"), self.clock.now().0);
        }
    }

    /// Works on what somebody had from an earlier day.
    pub(super) fn take_up_again(&self, staff: usize, person: &Person) {
        let work = self.expect(person.client.get(operation::GetWork, &[&person.name]));
        let list = |name: &str| work.as_ref().and_then(|work| work.get(name)?.as_array()).cloned().unwrap_or_default();
        for case in list("held") {
            let (Some(id), Some(epoch)) = (text(&case, "/id"), epoch(&case)) else { continue };
            self.agenda.after(MINUTE, Deed::Work { staff, case: id.to_owned(), epoch, plan: Plan::Help });
        }
        for case in list("offered") {
            let (Some(id), Some(offer)) = (text(&case, "/id"), text(&case, "/offer/id")) else { continue };
            let (case, offer) = (id.to_owned(), offer.to_owned());
            self.agenda.after(0, Deed::Answer { staff, case, offer, answer: "accept" });
        }
    }

    pub(super) fn answer_offer(&self, staff: usize, person: &Person, case: String, offer: &str, answer: &str) {
        let said = person.client.post(operation::AnswerOffer, &[&case], &json!({ "offer": offer, "answer": answer }));
        // Refused: it expired, or the case has moved on.
        let Some(said) = self.unless_refused(said) else { return };
        let Some(epoch) = said.get("case").and_then(epoch).filter(|_| answer == "accept") else { return };
        let number = self.numbers.taken.fetch_add(1, Ordering::Relaxed);
        let mut dice = Dice::of(self.seed, &format!("work {number}"));
        self.agenda.after(person.takes(&mut dice, 100), Deed::Work { staff, case, epoch, plan: plan_for(number) });
    }

    pub(super) fn work(&self, staff: usize, person: &Person, case: String, epoch: u64, plan: Plan) {
        let handoff = |reason: &str, note: &str| {
            let body = json!({ "epoch": epoch, "reason": reason, "note": note });
            self.unless_refused(person.client.post(operation::RequestHandoff, &[&case], &body))
        };
        let text = format!(
            "Hello, this is {}. I have looked into it and put it right; you can see it in the app now.",
            person.first_name
        );
        let write =
            |epoch: u64| person.client.post(operation::PostMessage, &[&case], &json!({ "text": text, "epoch": epoch }));
        if person.gone.load(Ordering::Relaxed) {
            handoff("return_to_queue", "I have to leave; nothing has been said to the customer yet.");
            return;
        }
        match plan {
            Plan::Help => {}
            Plan::StaleWindow => self.must_be_refused(write(epoch.saturating_sub(1)), &case),
            Plan::GiveBack => {
                if handoff("return_to_queue", "I have to step out, somebody else please.").is_some() {
                    self.must_be_refused(write(epoch), &case);
                }
                return;
            }
            Plan::WrongTeam => {
                if handoff("wrong_team", "This is not for our desk.").is_some() {
                    return;
                }
            }
            Plan::ToAi => {
                if handoff("return_to_ai", "The standard answer is enough here.").is_some_and(|said| moved(&said)) {
                    return;
                }
            }
            Plan::Raise => {
                let due = rfc3339(self.clock.now().plus_ms(90 * MINUTE));
                let reason = "The customer wants to be compensated, which is above what this desk may decide.";
                let owner = &self.raise_to;
                let body = json!({ "owner": owner, "due_at": due, "reason": reason });
                self.unless_refused(person.client.post(operation::RaiseException, &[&case], &body));
            }
        }
        // Refused: the customer wrote, and policy gave the case to somebody else meanwhile.
        if self.unless_refused(write(epoch)).is_some() {
            let number = self.numbers.replies.fetch_add(1, Ordering::Relaxed);
            let mut dice = Dice::of(self.seed, &format!("finish {number}"));
            self.agenda.after(person.takes(&mut dice, 200), Deed::Finish { staff, case, epoch });
        }
    }

    pub(super) fn finish(&self, staff: usize, person: &Person, case: String, epoch: u64) {
        let asked_again = self.board().cases.get(&case).is_some_and(|case| case.customer_wrote);
        if asked_again {
            self.agenda.after(MINUTE, Deed::Work { staff, case, epoch, plan: Plan::Help });
            return;
        }
        let body = json!({ "epoch": epoch, "note": "Dealt with." });
        self.unless_refused(person.client.post(operation::ResolveCase, &[&case], &body));
    }

    /// Holds that a write under a lease that has ended was refused.
    fn must_be_refused(&self, said: anyhow::Result<Value>, case: &str) {
        match said {
            Err(error) if is_refusal(&error) => {
                let lease_lost = error.downcast_ref::<Refused>().is_some_and(|refused| refused.kind == LEASE_LOST);
                self.numbers.lease_lost.fetch_add(u64::from(lease_lost), Ordering::Relaxed);
                self.numbers.stale.fetch_add(1, Ordering::Relaxed);
                let mut told = self.told();
                if told.stale_case.is_none() {
                    told.stale_case = Some(case.to_owned());
                }
            }
            Err(error) => self.trouble(&error),
            Ok(_) => {
                self.numbers.talked_over.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn moved(said: &Value) -> bool {
    text(said, "/decision/outcome") == Some("assign")
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

fn epoch(case: &Value) -> Option<u64> {
    case.pointer("/holder/epoch")?.as_u64()
}
