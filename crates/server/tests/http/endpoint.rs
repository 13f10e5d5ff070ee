//! An AI service of somebody's own behind a webhook: it answers what a test tells it to, when it is let go.

use crate::harness::{Client, Server};
use remit_app::governance::services::Services;
use remit_responders::{Service, WebhookService, signature, webhook::WebhookConfig};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What makes the body of an answer from the turn.
type Reply = Arc<dyn Fn(&Value) -> Value + Send + Sync>;

pub(crate) fn second() -> i64 {
    1_773_136_800
}

/// An AI of somebody's own: holds every turn until it is let go, then answers what it was told to.
pub(crate) struct Ai {
    address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    arrived: usize,
    /// Whether turns are answered at once.
    open: bool,
    turns: Vec<Value>,
}

impl Ai {
    /// Starts it; `reply` makes the body of each answer from the turn.
    pub(crate) fn start(reply: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Self {
        let reply: Reply = Arc::new(reply);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state: Arc<(Mutex<State>, Condvar)> = Arc::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, reply) = (Arc::clone(&shared), Arc::clone(&reply));
                std::thread::spawn(move || while answer(&stream, &shared, &reply).is_some() {});
            }
        });
        Self { address, state }
    }

    /// Where it is asked.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn services(&self, toml: &str) -> Services {
        let config = WebhookConfig {
            url: format!("http://{}/turn", self.address),
            secret: signature::SigningSecret::parse(SECRET).unwrap(),
            limits: remit_responders::EndpointLimits::default(),
            now: second,
        };
        let configured = toml::from_str(toml).unwrap();
        let service = || Service::Webhook(WebhookService::new(config.clone()).unwrap());
        ["everyday-ai", "cards-ai", "payments-ai", "onboarding-ai"]
            .into_iter()
            .fold(Services::none(), |services, name| services.with(name, service(), &configured))
    }

    /// Waits until so many turns have arrived since the start.
    pub(crate) fn wait_for(&self, turns: usize) {
        let (state, bell) = &*self.state;
        let arrived = state.lock().unwrap();
        drop(bell.wait_while(arrived, |state| state.arrived < turns).unwrap());
    }

    pub(crate) fn set_open(&self, open: bool) {
        let (state, bell) = &*self.state;
        state.lock().unwrap().open = open;
        bell.notify_all();
    }

    pub(crate) fn turns(&self) -> Vec<Value> {
        self.state.0.lock().unwrap().turns.clone()
    }
}

/// Answers one request; nothing once the other side has hung up.
fn answer(stream: &TcpStream, shared: &(Mutex<State>, Condvar), reply: &Reply) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut name) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((key, value)) = line.trim_end().split_once(": ") else {
            if line == "\r\n" { break } else { continue }
        };
        match key.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "webhook-id" => name = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let turn: Value = serde_json::from_slice(&body).ok()?;
    let (state, bell) = shared;
    {
        let mut state = state.lock().unwrap();
        state.arrived += 1;
        state.turns.push(turn.clone());
        bell.notify_all();
        drop(bell.wait_while(state, |state| !state.open).unwrap());
    }
    let body = reply(&turn).to_string();
    let secret = signature::SigningSecret::parse(SECRET).unwrap();
    let signed = signature::sign(&secret, &name, second(), body.as_bytes());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nwebhook-id: {name}\r\n\
         webhook-timestamp: {}\r\nwebhook-signature: {signed}\r\n\r\n",
        body.len(),
        second()
    );
    // In one piece, so that no part waits until the other side has told that the first has come.
    (&mut &*stream).write_all(format!("{head}{body}").as_bytes()).ok()
}

pub(crate) const MANY_AT_ONCE: &str =
    "kind = \"webhook\"\nurl = \"http://unused\"\nconcurrency = 1000\nper_minute = 1000000\npatience_seconds = 3600";

pub(crate) fn timeline(client: &Client, case: &str) -> Vec<Value> {
    let got = client.get(&format!("/v1/cases/{case}/timeline?limit=200"));
    assert_eq!(got.status, 200, "{}", got.body);
    got.body["items"].as_array().unwrap().clone()
}

/// Waits, event by event, until nothing is left to be asked of AI responders.
pub(crate) fn settled(server: &Server, client: &Client) {
    while server.turns_left() > 0 {
        client.get("/healthz");
    }
}
