//! Somebody's receiver of webhooks, made by hand: keeps what arrives, and answers as a test says.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
};

type Rule = Box<dyn Fn(&Value) -> &'static str + Send>;

/// Somebody's receiver: keeps what arrives, and answers each message as the test says.
pub(crate) struct Inbox {
    address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

struct State {
    arrived: Vec<Message>,
    rule: Rule,
}

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) answered: &'static str,
}

pub(crate) const OK: &str = "204 No Content";
pub(crate) const BROKEN: &str = "500 Internal Server Error";
pub(crate) const GONE: &str = "410 Gone";
/// Hangs up without an answer.
pub(crate) const NOTHING: &str = "";

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn seq(&self) -> u64 {
        self.json()["data"]["seq"].as_u64().unwrap_or(0)
    }

    /// The stream: `case/cas_…`.
    pub(crate) fn stream(&self) -> String {
        let json = self.json();
        let stream = &json["data"]["stream"];
        format!("{}/{}", stream["kind"].as_str().unwrap(), stream["id"].as_str().unwrap())
    }

    /// The case; nothing where the event is of something else.
    pub(crate) fn case(&self) -> String {
        self.json()["data"]["case"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn name(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// How many of its signatures are right under a secret, computed as the standard says and by nothing of Remit.
    pub(crate) fn signed_by(&self, secret: &str) -> usize {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.", self.name(), self.headers["webhook-timestamp"]).as_bytes());
        mac.update(&self.body);
        let right = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.headers["webhook-signature"].split(' ').filter(|signature| **signature == right).count()
    }
}

impl Inbox {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { arrived: Vec::new(), rule: Box::new(|_| OK) };
        let state = Arc::new((Mutex::new(state), Condvar::new()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || while receive(&stream, &shared).is_some() {});
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.address)
    }

    /// From now on messages are answered like this.
    pub(crate) fn answer(&self, rule: impl Fn(&Value) -> &'static str + Send + 'static) {
        self.state.0.lock().unwrap().rule = Box::new(rule);
    }

    /// Waits until what has arrived is enough.
    pub(crate) fn wait(&self, enough: impl Fn(&[Message]) -> bool) -> Vec<Message> {
        let (state, bell) = &*self.state;
        let state: MutexGuard<'_, State> = state.lock().unwrap();
        bell.wait_while(state, |state| !enough(&state.arrived)).unwrap().arrived.clone()
    }

    /// Waits until every event up to this position has arrived and was taken.
    pub(crate) fn wait_for_all(&self, upto: u64) -> Vec<Message> {
        self.wait(|arrived| {
            let taken: BTreeSet<u64> = taken(arrived).map(Message::seq).collect();
            (1..=upto).all(|seq| taken.contains(&seq))
        })
    }

    pub(crate) fn forget(&self) {
        self.state.0.lock().unwrap().arrived.clear();
    }
}

pub(crate) fn taken(arrived: &[Message]) -> impl Iterator<Item = &Message> {
    arrived.iter().filter(|message| message.answered == OK)
}

/// Takes in one message; nothing once the other side has hung up.
fn receive(stream: &TcpStream, shared: &(Mutex<State>, Condvar)) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None if line == "\r\n" => break,
            None => continue,
        };
    }
    let mut body = vec![0; headers["content-length"].parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let (state, bell) = shared;
    let answered = {
        let mut state = state.lock().unwrap();
        let answered = (state.rule)(&serde_json::from_slice(&body).unwrap());
        state.arrived.push(Message { headers, body, answered });
        answered
    };
    bell.notify_all();
    if answered == NOTHING {
        return stream.shutdown(std::net::Shutdown::Both).ok().and(None);
    }
    (&mut &*stream).write_all(format!("HTTP/1.1 {answered}\r\ncontent-length: 0\r\n\r\n").as_bytes()).ok()
}
