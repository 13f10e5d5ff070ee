//! Other people's programs verify what a server publishes and sends: the ledger by Go's `x/mod/sumdb` and by a program
//! in Python that was written from the specifications, webhooks by PyPI's and npm's `standardwebhooks`. Each refuses
//! what was changed on its way.

use crate::{
    client::{Client, id},
    house::{House, KEPT},
    inbox::{self, Message},
    plan::{Plan, attack},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks/peers");
/// Entries in a full tile.
const TILE: u64 = 256;

/// Where `cargo xtask test` installs what the programs need.
fn installed(what: &str) -> PathBuf {
    let path = Path::new(KEPT).join("peers").join(what);
    assert!(path.exists(), "{} is not there; `cargo xtask test` installs it", path.display());
    path
}

/// Everything that a server publishes of its ledger, changed on its way.
struct Forger {
    server: Client,
    /// Part of an address, and the place in what lies there of the byte that is another.
    changed: Option<(&'static str, usize)>,
}

impl Forger {
    fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                lines.find(String::is_empty);
                let answer = first.split(' ').nth(1).map_or_else(String::new, ToOwned::to_owned);
                let (status, body) = match self.server.bytes(&answer) {
                    Some(body) => ("200 OK", self.change(&answer, body)),
                    None => ("404 Not Found", Vec::new()),
                };
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(&[head.into_bytes(), body].concat());
            }
        });
        url
    }

    fn change(&self, path: &str, mut body: Vec<u8>) -> Vec<u8> {
        if let Some((_, at)) = self.changed.filter(|(part, _)| path.starts_with(part)) {
            body[at] ^= 1;
        }
        body
    }
}

/// The programs that verify a ledger, ready to be told of which.
fn verifiers() -> [(&'static str, Command); 2] {
    let mut python = Command::new(installed("python/bin/python"));
    python.arg(format!("{PROGRAMS}/ledger.py"));
    [("Go", Command::new(installed("ledger-go"))), ("Python", python)]
}

/// What each makes of the ledger at this address.
fn judged(url: &str, token: &str, key: &str, older: &Path) -> Vec<(&'static str, bool, String)> {
    verifiers()
        .into_iter()
        .map(|(name, mut command)| {
            let told = command.args([url, token, key]).arg(older).output().unwrap();
            (name, told.status.success(), String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned())
        })
        .collect()
}

/// A checkpoint over at least so many records.
fn signed(client: &Client, records: u64) -> (u64, Vec<u8>) {
    loop {
        let Some(note) = client.bytes("/ledger/checkpoint") else { continue };
        let size = String::from_utf8_lossy(&note).lines().nth(1).unwrap().parse().unwrap();
        if size >= records {
            return (size, note);
        }
    }
}

fn newest(client: &Client) -> u64 {
    client.get("/readyz")["records"].as_u64().unwrap()
}

fn ledger(plan: Plan) {
    let house = House::new();
    let server = house.serve();
    let (client, mut dice) = (server.admin(), plan.dice());
    let open = |upto: u64| {
        while newest(&client) < upto {
            client.open(&format!("c{}", newest(&client)), "When will my card arrive?");
        }
    };
    open(TILE / 2);
    let (size_then, note) = signed(&client, TILE / 2);
    let older = house.data.join("older");
    std::fs::write(&older, &note).unwrap();
    // A full tile at least, and an edge; for long more than a tile of full ones would be too slow without release.
    open(TILE + 1 + dice.number() % plan.of(TILE, 8 * TILE));
    let (size, note) = signed(&client, newest(&client));
    assert!(size > size_then);
    let key = String::from_utf8(client.bytes("/ledger/key").unwrap()).unwrap();
    let key = key.trim();
    let url = |changed| Forger { server: client.clone(), changed }.start();
    for (who, good, said) in judged(&url(None), &client.token, key, &older) {
        // More, where an AI's patience ran out meanwhile and the server recorded it.
        let verified = said.trim().strip_prefix("verified ").and_then(|size| size.parse().ok());
        assert!(good && verified >= Some(size), "{who} of {size}: {said}");
    }
    // The root of a checkpoint begins after its origin and size.
    let root: usize = String::from_utf8_lossy(&note).lines().take(2).map(|line| line.len() + 1).sum();
    let (entry, hash) = (dice.roll(100), dice.roll(TILE as usize * 32));
    let changes = [
        ("/ledger/tile/entries/000", entry),
        ("/ledger/tile/entries/001", entry),
        ("/ledger/tile/0/000", hash),
        ("/ledger/tile/1/000", dice.roll(32)),
        ("/ledger/checkpoint", root + dice.roll(40)),
    ];
    for change in changes {
        for (who, good, said) in judged(&url(Some(change)), &client.token, key, &older) {
            assert!(!good && said.contains("refused"), "{who} believes a change of {change:?}: {said}");
        }
    }
    // Another's key, and a beginning that was signed by nobody.
    let other = House::new();
    let other = other.serve();
    let foreign = String::from_utf8(other.admin().bytes("/ledger/key").unwrap()).unwrap();
    for (who, good, said) in judged(&url(None), &client.token, foreign.trim(), &older) {
        assert!(!good && said.contains("refused"), "{who} believes another's key: {said}");
    }
    let forged = String::from_utf8(std::fs::read(&older).unwrap()).unwrap();
    std::fs::write(&older, forged.replacen(&format!("\n{size_then}\n"), &format!("\n{}\n", size_then - 1), 1)).unwrap();
    for (who, good, said) in judged(&url(None), &client.token, key, &older) {
        assert!(!good && said.contains("refused"), "{who} believes another beginning: {said}");
    }
}

/// A message as others are told of it, which is to be verified under this secret.
fn told(message: &Message, secret: &str) -> String {
    json!({ "secret": secret, "headers": message.headers, "body": STANDARD.encode(&message.body) }).to_string()
}

/// What each library makes of each line, on a clock that is so much ahead (`+10m`) or behind.
fn believed(lines: &[String], clock: &str) -> Vec<(&'static str, Vec<bool>)> {
    let mut python = Command::new("faketime");
    python.args(["-f", clock]).arg(installed("python/bin/python")).arg(format!("{PROGRAMS}/webhooks.py"));
    let mut node = Command::new("faketime");
    node.args(["-f", clock, "node"]).arg(format!("{PROGRAMS}/webhooks.mjs")).arg(installed("npm/package.json"));
    [("PyPI", python), ("npm", node)]
        .into_iter()
        .map(|(name, mut command)| {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
            let said = child.wait_with_output().unwrap();
            assert!(said.status.success(), "{name}");
            let said = String::from_utf8(said.stdout).unwrap();
            let said: Vec<bool> = said.lines().map(|line| line.parse().unwrap()).collect();
            assert_eq!(said.len(), lines.len(), "{name}");
            (name, said)
        })
        .collect()
}

/// Changes of one message, none of which may be believed.
fn changes(message: &Message, secret: &str) -> Vec<String> {
    let with = |name: &str, change: &dyn Fn(&str) -> String| {
        let mut changed = message.clone();
        let header = changed.headers.get_mut(name).unwrap();
        *header = change(header);
        told(&changed, secret)
    };
    let mut body = message.clone();
    let at = String::from_utf8_lossy(&body.body).find("\"seq\":").unwrap() + 6;
    body.body[at] = if body.body[at] == b'9' { b'8' } else { b'9' };
    vec![
        told(&body, secret),
        with("webhook-id", &|id| format!("{id}0")),
        // A second later is well within what is believed of time.
        with("webhook-timestamp", &|at| (at.parse::<i64>().unwrap() + 1).to_string()),
        with("webhook-signature", &|signature| signature.replace("v1,", "v2,")),
        with("webhook-signature", &|_| format!("v1,{}", STANDARD.encode([7; 32]))),
        told(message, &format!("whsec_{}", STANDARD.encode([7; 32]))),
    ]
}

fn webhooks(plan: Plan) {
    let house = House::new();
    let server = house.serve();
    let client = server.admin();
    let (sender, arrived) = mpsc::channel();
    let inbox = inbox::start(move |message| _ = sender.send(message));
    let wish = json!({ "name": "crm", "url": inbox, "after": 0 });
    let subscription = client.post("/v1/subscriptions", &wish).done();
    let secret = subscription["secret"].as_str().unwrap().to_owned();
    for at in 0..plan.of(3, 100) {
        client.open(&format!("c{at}"), "Meine Karte ist nicht da: wo bleibt sie? \u{1f4b3}");
    }
    let act = |what: &str| client.post(&format!("/v1/subscriptions/{}/{what}", id(&subscription)), &json!({})).done();
    assert_eq!(act("test")["delivered"], true);
    let records = usize::try_from(newest(&client)).unwrap();
    let mut messages: Vec<Message> = arrived.iter().take(records + 1).collect();
    let lines: Vec<String> = messages.iter().map(|message| told(message, &secret)).collect();
    let all = |wanted: bool, lines: &[String], clock: &str| {
        for (who, believed) in believed(lines, clock) {
            let wrong = believed.iter().position(|believed| *believed != wanted).map(|at| &lines[at]);
            assert!(wrong.is_none(), "{who} at {clock} says {}: {wrong:?}", !wanted);
        }
    };
    all(true, &lines, "+0");
    all(false, &lines, "+10m");
    all(false, &lines, "-10m");
    all(false, &changes(&messages[0], &secret), "+0");
    // While the secret is being changed, who knows the old one and who knows the new one believe the same message.
    let newer = act("rotate")["secret"].as_str().unwrap().to_owned();
    assert_ne!(newer, secret);
    client.open("later", "When will my card arrive?");
    messages = arrived.iter().take(1).collect();
    all(true, &[told(&messages[0], &secret), told(&messages[0], &newer)], "+0");
    all(false, &changes(&messages[0], &newer), "+0");
    server.stop();
}

#[test]
fn peers() {
    attack("peers", |plan| {
        ledger(plan);
        webhooks(plan);
    });
}
