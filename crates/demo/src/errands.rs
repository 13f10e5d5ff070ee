//! What customers of the demo want done: an AI responder asks for it by its interface, they say yes or no on the chat
//! page, a colleague has a look where policy wants one, and the back office carries it out, or does something wrong.

use super::{
    agenda::Deed,
    dice::Dice,
    person::Person,
    world::{World, is_refusal},
};
use anyhow::Context as _;
use remit_app::{input::ListPart, operation};
use remit_command::{chat::ChatCustomer, traffic::Message};
use remit_policy::bundle::Bundle;
use remit_sandbox::{Mischief, On, Planned};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

/// Its name beside the messages.
const FILE: &str = "requests.csv";
/// The fact by which the back office knows a customer.
const ACCOUNT: &str = "account";
/// By how many minor units the back office does another amount.
const OFF_BY: i64 = 500;
const MINUTE: i64 = 60_000;

/// Something that a customer wants done.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    /// What they write.
    pub(super) message: Message,
    /// What an AI responder asks for then.
    pub(super) action: String,
    pub(super) arguments: Map<String, Value>,
    /// What they say once they have read it; nothing where they never answer.
    customer: Option<Says>,
    /// What a colleague says.
    staff: Option<Says>,
    /// What the back office does wrong.
    mischief: Option<Mischief>,
}

/// A yes or a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Says {
    Yes,
    No,
}

/// A row of the file.
#[derive(Debug, Deserialize)]
struct Row {
    text: String,
    account: String,
    action: String,
    arguments: String,
    customer: Option<Says>,
    staff: Option<Says>,
    mischief: Option<String>,
}

/// What lies beside the messages, as far as the bundle has it carried out by the sandbox.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn beside(traffic: &Path, bundle: &Bundle) -> anyhow::Result<Vec<Errand>> {
    let path = traffic.with_file_name(FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let rows = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut reader = csv::Reader::from_reader(rows.as_slice());
    let mut errands = Vec::new();
    for (number, row) in reader.deserialize().enumerate() {
        let row: Row = row.with_context(|| format!("{}: a row that is none", path.display()))?;
        if bundle.requested(&row.action).is_none() {
            continue;
        }
        let arguments = serde_json::from_str(&row.arguments);
        let arguments = arguments.with_context(|| format!("{}: arguments that are none", path.display()))?;
        let facts = BTreeMap::from([(ACCOUNT.to_owned(), Value::from(row.account.as_str()))]);
        let customer = format!("holder-{number}-of-{}", row.account);
        errands.push(Errand {
            message: Message { text: row.text, customer, channel: "chat".to_owned(), facts, ..Message::default() },
            action: row.action,
            arguments,
            customer: row.customer,
            staff: row.staff,
            mischief: row.mischief.as_deref().map(mischief).transpose()?,
        });
    }
    Ok(errands)
}

fn mischief(kind: &str) -> anyhow::Result<Mischief> {
    let mut planned = json!({ "kind": kind });
    if kind == "other_amount" {
        planned = json!({ "kind": kind, "by": OFF_BY });
    }
    serde_json::from_value(planned).with_context(|| format!("the sandbox does nothing wrong called `{kind}`"))
}

/// Puts the messages of errands among the others, one after each of the first; the errands by the number of their
/// message.
pub(super) fn among(messages: Vec<Message>, errands: Vec<Errand>) -> (Vec<Message>, BTreeMap<usize, Errand>) {
    let (mut all, mut known) = (Vec::with_capacity(messages.len() + errands.len()), BTreeMap::new());
    let mut errands = errands.into_iter();
    for message in messages {
        all.push(message);
        if let Some(errand) = errands.next() {
            known.insert(all.len(), errand.clone());
            all.push(errand.message);
        }
    }
    (all, known)
}

/// A request that an AI responder made in the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    case: String,
    request: String,
    hash: String,
}

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
        waits.then(|| Some(Waiting { case: case.to_owned(), request: member("id")?, hash: member("hash")? }))?
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

/// What an AI responder asks for when a customer writes one of these texts.
pub(super) fn by_text<'e>(errands: impl IntoIterator<Item = &'e Errand>) -> Arc<BTreeMap<String, Value>> {
    let act = |errand: &Errand| json!({ "say": "act", "action": errand.action, "arguments": errand.arguments });
    Arc::new(errands.into_iter().map(|errand| (errand.message.text.clone(), act(errand))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errands_stand_among_the_first_messages_and_are_known_by_their_number() {
        let message = |text: &str| Message { text: text.to_owned(), ..Message::default() };
        let errand = |text: &str| Errand {
            message: message(text),
            action: "a".to_owned(),
            arguments: Map::new(),
            customer: None,
            staff: None,
            mischief: None,
        };
        let texts = |all: &[Message]| all.iter().map(|message| message.text.clone()).collect::<Vec<_>>();
        let (all, known) = among(vec![message("1"), message("2"), message("3")], vec![errand("a"), errand("b")]);
        assert_eq!(texts(&all), ["1", "a", "2", "b", "3"]);
        let by_number: Vec<_> = known.iter().map(|(number, errand)| (*number, errand.message.text.as_str())).collect();
        assert_eq!(by_number, [(1, "a"), (3, "b")]);
        let (all, known) = among(vec![message("1")], vec![errand("a"), errand("b")]);
        assert_eq!((texts(&all).len(), known.len()), (2, 1));
    }

    #[test]
    fn the_sample_banks_errands_are_what_its_bundle_has_done() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles");
        let bundle = Bundle::load(remit_policy::files::Files::read(&root.join("bank")).unwrap());
        let bundle = bundle.unwrap_or_else(|findings| panic!("{findings:?}"));
        let errands = beside(&root.join("bank-traffic/messages.csv"), &bundle).unwrap();
        assert!(errands.len() >= 8, "{}", errands.len());
        for errand in &errands {
            let spec = bundle.requested(&errand.action).unwrap();
            spec.parameters.check(&errand.arguments).unwrap_or_else(|error| panic!("{errand:?}: {error}"));
        }
        let ways =
            [errands.iter().any(|one| one.staff == Some(Says::No)), errands.iter().any(|one| one.customer.is_none())];
        assert_eq!(ways, [true, true]);
        assert!(mischief("nothing").is_err());
    }
}
