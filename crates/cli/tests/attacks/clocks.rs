//! The clock of a machine is set back and ahead, and goes through midnight and both changes of summer time, under load:
//! everybody is served, chats go on, and the ledger is dense and signed.

use crate::{
    client::{Client, opening},
    house::{House, Served},
    plan::{Plan, attack},
};
use serde_json::json;
use std::{cell::Cell, path::Path, process::Command};

const WRITERS: usize = 4;
/// Longest pause between writes on a chat, in seconds, once those are spent that are given at once.
const CHAT_PAUSE: u64 = 3;
const TOO_OFTEN: u16 = 429;

/// Moments that the clock is set to, in order, and until when what follows is done by then at the latest.
type Moments = [(&'static str, &'static str); 9];

const SPRING: Moments = [
    ("2027-03-28 00:30:00", "2027-03-28T00:59"),
    // Back and ahead by three hours.
    ("2027-03-27 21:30:00", "2027-03-27T21:59"),
    ("2027-03-28 00:30:00", "2027-03-28T00:59"),
    ("2027-03-28 03:30:00", "2027-03-28T03:59"),
    // Midnight, and the hour that is left out in London.
    ("2027-03-27 23:59:58", "2027-03-28T00:29"),
    ("2027-03-28 00:00:02", "2027-03-28T00:29"),
    ("2027-03-28 00:59:58", "2027-03-28T01:29"),
    ("2027-03-28 01:00:02", "2027-03-28T01:29"),
    ("2027-03-28 00:30:00", "2027-03-28T00:59"),
];
const AUTUMN: Moments = [
    ("2027-10-31 00:30:00", "2027-10-31T00:59"),
    ("2027-10-30 21:30:00", "2027-10-30T21:59"),
    ("2027-10-31 00:30:00", "2027-10-31T00:59"),
    ("2027-10-31 03:30:00", "2027-10-31T03:59"),
    // Midnight in London, and the hour that comes twice.
    ("2027-10-30 22:59:58", "2027-10-30T23:29"),
    ("2027-10-30 23:00:02", "2027-10-30T23:29"),
    ("2027-10-31 00:59:58", "2027-10-31T01:29"),
    ("2027-10-31 01:00:02", "2027-10-31T01:29"),
    ("2027-10-31 00:30:00", "2027-10-31T00:59"),
];

/// A server whose wall clock says what a file says. Its monotonic clock goes as it does.
fn serve(house: &House, clock: &Path) -> Served {
    let command = house.command();
    let wrapper = Command::new("faketime").args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"]).output().unwrap();
    let library = String::from_utf8(wrapper.stdout).unwrap();
    Served::start(
        Command::new(&command[0])
            .args(&command[1..])
            .env("TZ", "UTC")
            .env("LD_PRELOAD", library.trim())
            .env("FAKETIME_TIMESTAMP_FILE", clock)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    )
}

fn set(clock: &Path, to: &str) {
    // Read by the server at any moment, and so replaced at once.
    let new = clock.with_extension("new");
    std::fs::write(&new, format!("@{to}\n")).unwrap();
    std::fs::rename(new, clock).unwrap();
}

/// A customer with a chat.
struct Chat {
    agent: ureq::Agent,
    messages: String,
    cookie: String,
    said: Cell<u32>,
}

impl Chat {
    fn start(client: &Client, customer: &str) -> Self {
        let started = client.post("/v1/chats", &json!({ "customer": customer })).done();
        let (chat, secret) =
            (started["id"].as_str().unwrap(), started["url"].as_str().unwrap().split_once('#').unwrap().1);
        Self {
            agent: ureq::Agent::config_builder().http_status_as_error(false).build().into(),
            messages: format!("{}/chat/v1/{chat}/messages", client.url),
            cookie: format!("remit_{chat}={secret}"),
            said: Cell::new(0),
        }
    }

    /// Says something, and gives after how many seconds to try again, if that was too often.
    fn say(&self) -> Option<u64> {
        self.said.set(self.said.get() + 1);
        let sent =
            self.agent.post(&self.messages).header("cookie", &self.cookie).header("content-type", "application/json");
        let sent = sent.header("idempotency-key", format!("say-{}", self.said.get()));
        let mut response = sent.send(json!({ "text": "And where is it now?" }).to_string()).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        let status = response.status().as_u16();
        assert!(status == 204 || status == TOO_OFTEN, "{status}: {text}");
        let after = || response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        (status == TOO_OFTEN).then(after)
    }

    /// Says something as soon as that may be, which is soon.
    fn go_on(&self) {
        while let Some(wait) = self.say() {
            assert!(wait <= CHAT_PAUSE, "the chat is shut for {wait} seconds");
        }
    }

    /// Says as much as may be said at once.
    fn spend(&self) {
        while self.say().is_none() {}
    }
}

/// Opens cases, several at once, each of which is on record between two moments.
fn write(client: &Client, step: usize, times: usize, since: &str, until: &str) {
    let since = since.replace(' ', "T");
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let since = &since;
            scope.spawn(move || {
                for at in 0..times {
                    let customer = format!("c{step}-{writer}-{at}");
                    let got = client.post("/v1/cases", &opening(&customer, "When will my card arrive?"));
                    let case = &got.done()["case"];
                    let opened = case["opened_at"].as_str().unwrap();
                    assert!(
                        opened >= since.as_str() && opened < until,
                        "opened at {opened}, not from {since} to {until}"
                    );
                    let messages = format!("/v1/cases/{}/messages", case["id"].as_str().unwrap());
                    client.post(&messages, &json!({ "text": "And where is it now?" })).done();
                }
            });
        }
    });
}

/// Waits until everything is signed that is on record.
fn signed(client: &Client) {
    let records = client.get("/readyz")["records"].as_u64().unwrap();
    while client
        .bytes("/ledger/checkpoint")
        .and_then(|note| String::from_utf8_lossy(&note).lines().nth(1)?.parse::<u64>().ok())
        .is_none_or(|size| size < records)
    {}
}

fn round(plan: Plan) {
    let room = tempfile::tempdir().unwrap();
    let clock = room.path().join("clock");
    let moments = if plan.seed.is_multiple_of(2) { AUTUMN } else { SPRING };
    set(&clock, moments[0].0);
    let house = House::new();
    let server = serve(&house, &clock);
    let lead = server.admin().make("lead", &["admin", "lead"], None);
    let staff = json!({
        "name": "ana", "first_name": "Ana", "queues": ["general", "cards"], "languages": { "en": 5 },
        "capacity": { "chat": 4 },
    });
    lead.post("/v1/staff", &staff).done();
    lead.post("/v1/staff/ana/presence", &json!({ "presence": "available" })).done();
    let chats: Vec<Chat> = (0..3).map(|at| Chat::start(&lead, &format!("chatting {at}"))).collect();
    // One has said all that may be said at once when the clock is set back.
    chats[0].spend();
    for (step, (since, until)) in moments.into_iter().enumerate() {
        set(&clock, since);
        write(&lead, step, plan.of(3, 40), since, until);
        chats.iter().for_each(Chat::go_on);
        signed(&lead);
    }
    server.stop();
    house.verifies();
    // Events have dense positions, whatever their moments; and a start reads them all.
    let server = serve(&house, &clock);
    let client = server.client(&lead.token);
    let cases = client.all("/v1/cases");
    assert_eq!(cases.len(), moments.len() * WRITERS * plan.of(3, 40) + chats.len());
    server.stop();
}

#[test]
fn clocks() {
    attack("clocks", round);
}
