//! Promise 8: what was answered with success is there after `kill -9`, once, and the ledger verifies. Who subscribed
//! has been sent all of it, at least once.
use crate::{
    client::{Client, id, opening},
    house::House,
    inbox::{self, Message},
    plan::{Plan, attack},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

const WRITERS: usize = 8;

/// What the writers know of each key: the case that was acknowledged, or nothing yet.
type Known = BTreeMap<String, Option<String>>;

/// One server's time.
struct Life<'a> {
    client: &'a Client,
    next: &'a AtomicUsize,
    known: &'a Mutex<Known>,
    acknowledged: &'a AtomicUsize,
}

impl Life<'_> {
    /// Opens cases until the server is gone. Each key is noted before it is sent; first come those that the
    /// last server left open.
    fn write(&self, writer: usize) {
        let open: Vec<String> =
            self.known.lock().unwrap().iter().filter(|(_, id)| id.is_none()).map(|(key, _)| key.clone()).collect();
        let mut again = open.into_iter().filter(|key| key.ends_with(&format!("-{writer}")));
        loop {
            let fresh = || format!("key-{:08}-{writer}", self.next.fetch_add(1, Ordering::Relaxed));
            let key = again.next().unwrap_or_else(fresh);
            self.known.lock().unwrap().entry(key.clone()).or_default();
            let body = opening(&key, "my card has not arrived, where is it?");
            let Some(got) = self.client.try_send("POST", "/v1/cases", Some(&key), &body) else { return };
            let id = id(&got.done()["case"]);
            let before = self.known.lock().unwrap().insert(key, Some(id.clone())).flatten();
            assert!(before.is_none_or(|before| before == id), "one key, two cases");
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Positions in the ledger, and by stream in the order in which they first arrived.
#[derive(Default)]
struct Arrived {
    seqs: BTreeSet<u64>,
    by_stream: BTreeMap<String, Vec<u64>>,
}

impl Arrived {
    fn take(&mut self, message: &Message) {
        let message: Value = serde_json::from_slice(&message.body).unwrap();
        let (seq, stream) = (message["data"]["seq"].as_u64().unwrap(), message["data"]["stream"].to_string());
        if self.seqs.insert(seq) {
            self.by_stream.entry(stream).or_default().push(seq);
        }
    }

    /// Panics unless every event up to this position has arrived, in the order of its stream.
    fn has_all(&self, upto: u64) {
        let lost: Vec<u64> = (1..=upto).filter(|seq| !self.seqs.contains(seq)).collect();
        assert!(lost.is_empty(), "never sent: {lost:?}");
        for (stream, seqs) in &self.by_stream {
            assert!(seqs.is_sorted(), "the events of {stream} arrived as {seqs:?}");
        }
    }
}

fn round(plan: Plan) {
    let (house, kills) = (House::new(), plan.of(3, 20));
    let (known, next, mut token) = (Mutex::new(Known::new()), AtomicUsize::new(0), None);
    let arrived: Arc<Mutex<Arrived>> = Arc::default();
    let inbox_url = inbox::start({
        let arrived = Arc::clone(&arrived);
        move |message| arrived.lock().unwrap().take(&message)
    });
    let mut dice = plan.dice();
    for kill in 0..kills {
        let mut server = house.serve();
        let token = token.get_or_insert_with(|| server.token.clone().unwrap());
        let client = server.client(token);
        if kill == 0 {
            client.post("/v1/subscriptions", &json!({ "name": "all", "url": inbox_url, "after": 0 })).done();
        }
        let acknowledged = AtomicUsize::new(0);
        let life = Life { client: &client, next: &next, known: &known, acknowledged: &acknowledged };
        // Killed after a number of answers that differs each time, wherever the writers are then. Now and then after
        // so many that the log of writes is being moved and begun anew.
        let enough = if kill % 10 == 9 { 3_000 + dice.roll(7_000) } else { 20 + dice.roll(100) };
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn({
                        let life = &life;
                        move || life.write(writer)
                    })
                })
                .collect();
            while acknowledged.load(Ordering::Relaxed) < enough {
                assert!(!writers.iter().all(|writer| writer.is_finished()), "every writer gave up");
                std::thread::yield_now();
            }
            server.kill();
        });
        eprintln!("kills: {} of {kills}, after {} answers", kill + 1, acknowledged.load(Ordering::Relaxed));
    }
    let server = house.serve();
    let client = server.client(token.as_deref().unwrap());
    let ids: Vec<String> = client.all("/v1/cases").iter().map(id).collect();
    let settled = loop {
        let now = client.get("/v1/subscriptions");
        if now[0]["lag"] == 0 {
            break now[0]["cursor"].as_u64().unwrap();
        }
    };
    arrived.lock().unwrap().has_all(settled);
    assert!(settled >= ids.len() as u64);
    drop(server);

    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "a case is listed twice");
    let known = known.into_inner().unwrap();
    let acknowledged: Vec<&String> = known.values().flatten().collect();
    for id in &acknowledged {
        assert!(once.binary_search(id).is_ok(), "{id} was acknowledged and is gone");
    }
    // What is there beyond that was under way when the last server died, at most one request of each writer.
    let under_way = known.values().filter(|id| id.is_none()).count();
    assert!(ids.len() <= acknowledged.len() + under_way, "{} cases of {} keys", ids.len(), known.len());
    assert!(acknowledged.len() >= kills * 20);
    house.verifies();
}

#[test]
fn kills() {
    attack("kills", round);
}
