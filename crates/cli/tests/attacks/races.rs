//! Many write on the same cases at once, under leases that are and that were; then the timelines alone must show that
//! the promises of one holder and of no talking over held throughout.

use crate::{
    client::{Client, Got, id},
    house::House,
    plan::{Dice, Plan, attack},
    record::{Attempt, Told, check},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const STAFF: [&str; 6] = ["ana", "ben", "cleo", "dev", "eve", "finn"];
const QUEUES: [&str; 5] = ["general", "cards", "payments", "identity", "fraud"];
const TEXTS: [&str; 4] = [
    "When will my card arrive?",
    "I want to talk to a human",
    "Somebody took money from my account",
    "How do I top up by bank transfer?",
];

const NOT_FOUND: u16 = 404;
/// What writes get on a case whose customer was erased.
const ERASED: u16 = 410;

/// Somebody who writes at random, as one of the staff or as a lead.
struct Hand<'a> {
    name: usize,
    dice: Dice,
    lead: Client,
    staff: &'a [Client],
    cases: &'a [String],
    /// The newest lease that this one has seen of a case, mostly over by the time that it is used.
    epochs: BTreeMap<String, u64>,
    attempts: Vec<Attempt>,
    erased: BTreeSet<String>,
}

impl Hand<'_> {
    fn mark(&self) -> String {
        format!("mark {}.{}", self.name, self.attempts.len())
    }

    /// Sends a write, now and then twice under one key, and notes what came of it.
    fn send(&mut self, by: &Client, case: &str, end: &str, kind: &'static str, kept: bool, body: &Value) -> Got {
        let (mark, path) = (self.mark(), format!("/v1/cases/{case}/{end}"));
        let key =
            (by.token == self.lead.token && self.dice.roll(4) == 0).then(|| format!("key {mark}").replace(' ', "-"));
        let got = by.send("POST", &path, key.as_deref(), body);
        if let Some(key) = key {
            let again = by.send("POST", &path, Some(&key), body);
            // What was refused may be permitted by now, and is then done once.
            if got.is_done() {
                let same = (again.status, &again.body) == (got.status, &got.body);
                assert!(same || again.status == ERASED, "one key, two answers: {got:?} and {again:?}");
            } else {
                return self.note(case, kind, kept, body, mark, again);
            }
        }
        self.note(case, kind, kept, body, mark, got)
    }

    fn note(&mut self, case: &str, kind: &'static str, kept: bool, body: &Value, mark: String, got: Got) -> Got {
        assert!(got.status < 500, "{} to {kind} {body}: {}", got.status, got.body);
        // The note of a handoff that was not given to anybody else is not kept.
        let kept = kept && (kind != "decision_made" || got.body["decision"]["outcome"] != "keep");
        let epoch = body["epoch"].as_u64();
        let version = got.body["case"]["version"].as_u64();
        self.attempts.push(Attempt { case: case.to_owned(), kind, mark, kept, epoch, status: got.status, version });
        if let Some(epoch) = got.body["case"]["holder"]["epoch"].as_u64() {
            self.epochs.insert(case.to_owned(), epoch);
        }
        got
    }

    fn act(&mut self) {
        let case = self.dice.of(self.cases).clone();
        let mark = self.mark();
        let lease = self.epochs.get(&case).copied().unwrap_or(1).saturating_sub(self.dice.roll(8) as u64 / 7);
        let (lead, somebody) = (self.lead.clone(), self.dice.of(self.staff).clone());
        let by = if self.dice.roll(2) == 0 { lead.clone() } else { somebody };
        let queue = *self.dice.of(&QUEUES);
        match self.dice.roll(24) {
            0..4 => _ = self.send(&lead, &case, "messages", "message_added", true, &json!({ "text": mark })),
            4..8 => {
                let body = json!({ "text": mark, "epoch": lease });
                self.send(&by, &case, "messages", "message_added", true, &body);
            }
            8..10 => {
                let reason =
                    *self.dice.of(&["unsure", "out_of_scope", "wrong_team", "return_to_queue", "return_to_ai"]);
                let body = json!({ "epoch": lease, "reason": reason, "note": mark });
                self.send(&by, &case, "handoffs", "decision_made", true, &body);
            }
            10..12 => {
                let body = json!({ "epoch": lease, "to": queue, "note": mark });
                self.send(&by, &case, "transfer", "decision_made", true, &body);
            }
            12 => {
                let to = *self.dice.of(&["everyday-ai", "cards-ai", "general", "cards", "fraud"]);
                let body = json!({ "to": to, "reason": mark });
                self.send(&lead, &case, "overrides", "decision_made", true, &body);
            }
            13 => {
                let body = json!({ "epoch": lease, "note": mark });
                self.send(&by, &case, "resolve", "case_resolved", true, &body);
            }
            14 => _ = self.send(&lead, &case, "reopen", "case_reopened", true, &json!({ "reason": mark })),
            15 => self.exceptions(&lead, &case, &mark),
            16 => {
                let name = *self.dice.of(&STAFF);
                let presence = *self.dice.of(&["available", "available", "available", "busy", "offline"]);
                lead.post(&format!("/v1/staff/{name}/presence"), &json!({ "presence": presence })).done();
            }
            17 if self.dice.roll(12) == 0 => {
                // Whose case it is nobody else knows: each customer has one.
                let at = self.cases.iter().position(|known| *known == case).unwrap();
                let erased = lead.post("/v1/customers/erase", &json!({ "customer": customer(at) }));
                // Somebody else may have erased them before.
                assert!(erased.is_done() || erased.status == NOT_FOUND, "{erased:?}");
                self.erased.insert(case);
            }
            _ => self.offers(),
        }
        if self.dice.roll(4) == 0 {
            let now = lead.get(&format!("/v1/cases/{}", self.dice.of(self.cases)));
            self.epochs.insert(id(&now), now["holder"]["epoch"].as_u64().unwrap());
        }
    }

    /// Raises an exception, or resolves one.
    fn exceptions(&mut self, lead: &Client, case: &str, mark: &str) {
        let open = lead.get("/v1/exceptions?state=open&limit=20");
        let open = open["items"].as_array().unwrap();
        if open.is_empty() || self.dice.roll(2) == 0 {
            let body = json!({ "owner": "duty-manager", "due_at": "2099-01-01T00:00:00Z", "reason": mark });
            self.send(lead, case, "exceptions", "exception_raised", true, &body);
            return;
        }
        let one = self.dice.of(open).clone();
        let body = json!({ "reason": mark, "close": self.dice.roll(4) == 0 });
        let got = lead.post(&format!("/v1/exceptions/{}/resolve", id(&one)), &body);
        self.note(one["case"].as_str().unwrap(), "exception_resolved", true, &body, mark.to_owned(), got);
    }

    /// Answers what is offered to somebody of the staff.
    fn offers(&mut self) {
        let at = self.dice.roll(STAFF.len());
        let client = self.staff[at].clone();
        let work = client.get(&format!("/v1/staff/{}/work", STAFF[at]));
        for case in work["offered"].as_array().unwrap() {
            let answer = *self.dice.of(&["accept", "accept", "accept", "busy", "not_mine"]);
            let kind = if answer == "accept" { "decision_made" } else { "offer_ended" };
            let body = json!({ "offer": case["offer"]["id"], "answer": answer });
            self.send(&client, &id(case), "offer", kind, false, &body);
        }
        for case in work["held"].as_array().unwrap() {
            self.epochs.insert(id(case), case["holder"]["epoch"].as_u64().unwrap());
        }
    }
}

fn customer(at: usize) -> String {
    format!("customer-{at}")
}

/// Notes the staff, and makes each of them a token.
fn staff(lead: &Client) -> Vec<Client> {
    let note = |name: &&str| {
        let wish = json!({
            "name": name, "first_name": name, "queues": QUEUES, "languages": { "en": 5 },
            "skills": { "general": 3, "fraud": 2 }, "capacity": { "chat": 4 },
        });
        lead.post("/v1/staff", &wish).done();
        lead.post(&format!("/v1/staff/{name}/presence"), &json!({ "presence": "available" })).done();
        lead.make(name, &["staff"], Some(name))
    };
    STAFF.iter().map(note).collect()
}

fn round(plan: Plan) {
    let (house, mut dice) = (House::new(), plan.dice());
    let server = house.serve();
    let admin = server.admin();
    let lead = admin.make("lead", &["admin", "lead"], None);
    let staff = staff(&lead);
    let open = |at| {
        let text = TEXTS[at % TEXTS.len()];
        id(&lead.open(&customer(at), text))
    };
    let cases: Vec<String> = (0..plan.of(24, 200)).map(open).collect();
    let mut hands: Vec<Hand<'_>> = (0..8)
        .map(|name| Hand {
            name,
            dice: dice.fork(),
            lead: lead.clone(),
            staff: &staff,
            cases: &cases,
            epochs: BTreeMap::new(),
            attempts: Vec::new(),
            erased: BTreeSet::new(),
        })
        .collect();
    std::thread::scope(|scope| {
        for hand in &mut hands {
            scope.spawn(|| (0..plan.of(100, 2_000)).for_each(|_| hand.act()));
        }
    });
    let attempts: Vec<Attempt> = hands.iter().flat_map(|hand| hand.attempts.iter().cloned()).collect();
    let erased: BTreeSet<&String> = hands.iter().flat_map(|hand| &hand.erased).collect();
    let lists = format!("{} cases, {} writes", cases.len(), attempts.len());
    let refused = attempts.iter().filter(|attempt| attempt.status == 409).count();
    let done = attempts.iter().filter(|attempt| attempt.status < 300).count();
    eprintln!("races: {lists}: {done} done, {refused} refused as late, {} customers erased", erased.len());
    // The floor goes on to offer, so that a view and a timeline are of one moment only once the server has stopped.
    server.stop();
    let server = house.serve();
    let reader = server.client(&lead.token);
    let told = read(&reader, &cases, &erased);
    let reasons: Vec<String> =
        reader.all("/v1/overrides").iter().filter_map(|made| made["reason"].as_str().map(ToOwned::to_owned)).collect();
    check(&told, &reasons, &attempts).unwrap_or_else(|why| panic!("{why}"));
    assert!(done > attempts.len() / 10 && refused > attempts.len() / 20, "{lists}: {done} done, {refused} refused");
    sees(&told, &reasons, &attempts);
    server.stop();
    house.verifies();
}

/// All cases as they stand. One that changes while it is read is read again.
fn read(reader: &Client, cases: &[String], erased: &BTreeSet<&String>) -> BTreeMap<String, Told> {
    let one = |case: &String| loop {
        let timeline = reader.all(&format!("/v1/cases/{case}/timeline"));
        let view = reader.get(&format!("/v1/cases/{case}"));
        if view["version"].as_u64() == Some(timeline.len() as u64) {
            return (case.clone(), Told { view, timeline, erased: erased.contains(case) });
        }
    };
    cases.iter().map(one).collect()
}

/// The reader sees each kind of fault.
fn sees(told: &BTreeMap<String, Told>, reasons: &[String], attempts: &[Attempt]) {
    type Fault<'a> = (&'a str, &'a dyn Fn(&Value) -> bool, fn(&mut Vec<Value>, usize));
    let handed = |item: &Value| !item["event"]["handoff"].is_null() && item["event"]["handoff"]["epoch"] != 1;
    let written = |item: &Value| item["event"]["type"] == "message_added" && item["words"].is_string();
    let by_holder = |item: &Value| item["event"]["message"]["author"]["kind"] == "holder";
    let faults: [Fault<'_>; 5] = [
        ("a handoff is missing", &handed, |items, at| _ = items.remove(at)),
        ("an epoch skips one", &handed, |items, at| items[at]["event"]["handoff"]["epoch"] = json!(99)),
        ("somebody else wrote", &by_holder, |items, at| {
            items[at]["event"]["message"]["author"]["holder"] = json!({ "responder": "nobody" });
        }),
        ("a write is missing", &written, |items, at| items[at]["words"] = Value::Null),
        ("a write is there twice", &written, |items, at| {
            let again = items[at]["words"].clone();
            items[at - 1]["words"] = again;
        }),
    ];
    for (fault, which, change) in faults {
        let marked =
            |item: &Value| which(item) && (!written(item) || item["words"].as_str().unwrap().starts_with("mark"));
        let place = told.iter().filter(|(_, case)| !case.erased).find_map(|(id, case)| {
            let at = case.timeline.iter().position(marked)?;
            Some((id.clone(), at))
        });
        let (id, at) = place.unwrap_or_else(|| panic!("nothing to change so that {fault}"));
        let mut changed = told.clone();
        change(&mut changed.get_mut(&id).unwrap().timeline, at);
        assert!(check(&changed, reasons, attempts).is_err(), "not seen: {fault}");
    }
    // A refused write that is on record, and a done one under a lease that was over.
    let late = attempts.iter().position(|attempt: &Attempt| {
        attempt.status < 300 && attempt.epoch.is_some() && attempt.kept && !told[&attempt.case].erased
    });
    let late = late.unwrap();
    for change in [|attempt: &mut Attempt| attempt.status = 409, |attempt: &mut Attempt| attempt.epoch = Some(1_000)] {
        let mut changed = attempts.to_vec();
        change(&mut changed[late]);
        assert!(check(told, reasons, &changed).is_err(), "not seen: {:?}", changed[late]);
    }
}

#[test]
fn races() {
    attack("races", round);
}
