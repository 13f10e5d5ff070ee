//! What becomes of what customers of the demo want done: an AI responder asks for it by its interface, they say yes or
//! no on the chat page, a colleague has a look where policy wants one, and the back office carries it out, or does
//! something wrong.

use super::{
    agenda::{Deed, Waiting},
    dice::Dice,
    errands::{Errand, Says},
    person::Person,
    world::{World, is_refusal},
};
use remit_app::{input::ListPart, operation};
use remit_command::chat::ChatCustomer;
use remit_sandbox::{On, Planned};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::atomic::Ordering};

const MINUTE: i64 = 60_000;

impl World {
    /// A customer has read what an AI responder asks for, and says yes or no to it, or nothing.
    pub(super) fn read_request(&self, case: &str, number: usize) {
        let Some(errand) = self.errands.get(&number) else { return };
        let Some(waiting) = self.waiting(case, "customer") else { return };
        if errand.staff.is_some() {
            self.agenda.after(3 * MINUTE, Deed::Look { number, request: waiting.clone() });
        } else {
            self.go_wrong(errand, &waiting);
        }
        let Some(says) = errand.customer else { return };
        let mut dice = Dice::of(self.seed, &format!("yes {number}"));
        let answer = json!({
            "requests": [{ "request": waiting.request, "hash": waiting.hash }],
            "seen_ms": dice.between(3_000, 20_000),
        });
        let path = if says == Says::Yes { "requests/confirm" } else { "requests/decline" };
        let said = ChatCustomer::start(&self.customer, &errand.message.customer, case)
            .and_then(|customer| customer.post(path, &answer));
        self.unless_refused(said);
    }

    /// A colleague looks at a request, and says yes or no to it.
    pub(super) fn look_at_request(&self, number: usize, waiting: &Waiting) {
        let Some((errand, says)) = self.errands.get(&number).and_then(|errand| Some((errand, errand.staff?))) else {
            return;
        };
        let here = |person: &&Person| !person.gone.load(Ordering::Relaxed);
        let Some(person) = self.people.iter().filter(here).nth(number % 3) else { return };
        self.go_wrong(errand, waiting);
        let mut dice = Dice::of(self.seed, &format!("look {number}"));
        let answer = json!({ "hash": waiting.hash, "seen_ms": dice.between(5_000, 60_000) });
        let request = [waiting.request.as_str()];
        let said = match says {
            Says::Yes => person.client.post(operation::ConfirmRequest, &request, &answer),
            Says::No => person.client.post(operation::DeclineRequest, &request, &answer),
        };
        self.unless_refused(said);
    }

    /// Has the back office do wrong what the errand says, once it is asked for it.
    fn go_wrong(&self, errand: &Errand, waiting: &Waiting) {
        let Some(mischief) = errand.mischief else { return };
        let environment = &self.app.environment;
        let on = On::Key(format!("remit-{}", waiting.request));
        let planned = Planned { on, mischief, times: 1 };
        let done = environment.sandbox.open(environment.now()).and_then(|sandbox| sandbox.plan(&planned));
        if let Err(error) = done {
            self.trouble(&error.into());
        }
    }

    /// The newest request of a case that waits for a yes of this kind.
    fn waiting(&self, case: &str, kind: &str) -> Option<Waiting> {
        let newest = self.requests_of(case).into_iter().next()?;
        let wanted = newest.get("wanted")?.as_array()?.iter().any(|wanted| wanted == kind);
        let member = |name: &str| newest.get(name)?.as_str().map(ToOwned::to_owned);
        let waits = wanted && newest.get("state")? == "waiting";
        waits.then(|| Some(Waiting { request: member("id")?, hash: member("hash")? }))?
    }

    /// The requests of a case as they are now, newest first.
    fn requests_of(&self, case: &str) -> Vec<Value> {
        let listed = self.lead.get_with(operation::ListRequests, &[case], &ListPart::longest());
        let listed = match listed {
            Err(error) if is_refusal(&error) => return Vec::new(),
            listed => self.expect(listed).unwrap_or_default(),
        };
        listed.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Every request that came of an errand, in the order of these.
    pub(super) fn requested(&self) -> Vec<Value> {
        let cases: BTreeMap<usize, String> = {
            let board = self.board();
            let of_errand = |(id, case): (&String, &super::board::Case)| {
                let number = case.number.filter(|number| self.errands.contains_key(number))?;
                Some((number, id.clone()))
            };
            board.cases.iter().filter_map(of_errand).collect()
        };
        cases.values().flat_map(|case| self.requests_of(case)).collect()
    }

    /// Whether something is still to become of a request.
    pub(super) fn requests_go_on(&self) -> bool {
        let over = ["declined", "expired", "withdrawn", "done", "failed"];
        self.requested().iter().any(|request| {
            let state = request.get("state").and_then(Value::as_str).unwrap_or_default();
            !over.contains(&state)
        })
    }
}
