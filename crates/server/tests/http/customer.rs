//! A customer of the chat page, as a client over real HTTP.

use crate::harness::{Client, Got, got};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    io::{BufRead as _, BufReader},
};

/// A customer with a link, in a browser that has its cookie and no other.
pub(crate) struct Customer {
    pub(crate) agent: ureq::Agent,
    pub(crate) url: String,
    pub(crate) chat: String,
    pub(crate) secret: String,
    keys: Cell<u32>,
}

pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

impl Customer {
    pub(crate) fn start(client: &Client, body: &Value) -> Self {
        let started = client.post("/v1/chats", body);
        assert_eq!(started.status, 201, "{}", started.body);
        let secret = started.body["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let customer = Self::with(client, started.body["id"].as_str().unwrap(), &secret);
        let entered = customer.enter(&secret, &[]);
        assert_eq!((entered.status, &entered.body["chat"]), (200, &started.body["id"]), "{}", entered.body);
        let cookie = entered.headers["set-cookie"].to_str().unwrap();
        for part in [customer.cookie().as_str(), "HttpOnly", "Secure", "SameSite=Strict", "Path=/chat/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        customer
    }

    pub(crate) fn with(client: &Client, chat: &str, secret: &str) -> Self {
        let (chat, secret) = (chat.to_owned(), secret.to_owned());
        Self { agent: client.agent.clone(), url: client.url.clone(), chat, secret, keys: Cell::new(0) }
    }

    pub(crate) fn of(client: &Client, name: &str) -> Self {
        Self::start(client, &json!({ "customer": name }))
    }

    pub(crate) fn cookie(&self) -> String {
        format!("remit_{}={}", self.chat, self.secret)
    }

    pub(crate) fn enter(&self, secret: &str, headers: Headers<'_>) -> Got {
        self.send_to("session", headers, json!({ "secret": secret }).to_string().as_bytes())
    }

    pub(crate) fn send(&self, path: &str, headers: Headers<'_>, body: &[u8]) -> Got {
        self.send_to(&format!("{}/{path}", self.chat), headers, body)
    }

    pub(crate) fn send_to(&self, path: &str, headers: Headers<'_>, body: &[u8]) -> Got {
        let path = format!("/chat/v1/{path}");
        let mut request = self.agent.post(format!("{}{path}", self.url));
        for (name, value) in
            [("content-type", "application/json"), ("cookie", &format!("theme=dark; {}", self.cookie()))]
        {
            if !headers.iter().any(|(known, _)| *known == name) {
                request = request.header(name, value);
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        got("post", &path, request.send(body).unwrap())
    }

    pub(crate) fn key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("key-{}", self.keys.get())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Got {
        self.send(path, &[("idempotency-key", &self.key())], body.to_string().as_bytes())
    }

    pub(crate) fn say(&self, text: &str) {
        let got = self.post("messages", &json!({ "text": text }));
        assert_eq!(got.status, 204, "{}", got.body);
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        let path = format!("/chat/v1/{}/{path}", self.chat);
        let request = self.agent.get(format!("{}{path}", self.url));
        got("get", &path, request.header("cookie", self.cookie()).call().unwrap())
    }

    pub(crate) fn conversation(&self) -> Value {
        let got = self.get("conversation");
        assert_eq!(got.status, 200, "{}", got.body);
        got.body
    }

    /// What was said, without what is told of who has the case.
    pub(crate) fn said(&self) -> Vec<Value> {
        let messages = self.conversation()["messages"].as_array().unwrap().clone();
        messages.into_iter().filter(|message| message["author"] != "remit").collect()
    }

    pub(crate) fn status(&self) -> Value {
        self.conversation()["status"].clone()
    }

    pub(crate) fn listen(&self, after: &str) -> ureq::http::Response<ureq::Body> {
        let request = self.agent.get(format!("{}/chat/v1/{}/events", self.url, self.chat));
        request.header("last-event-id", after).header("cookie", self.cookie()).call().unwrap()
    }

    /// What the stream tells after a place, up to what `enough` says is the last of it.
    pub(crate) fn follow(&self, after: &str, enough: impl Fn(&str, &Value) -> bool) -> Vec<(String, Value)> {
        let response = self.listen(after);
        assert_eq!(response.status(), 200);
        let (mut kind, mut told) = (String::new(), Vec::new());
        for line in BufReader::new(response.into_body().into_reader()).lines() {
            let line = line.unwrap();
            if let Some(name) = line.strip_prefix("event: ") {
                kind = name.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                let data: Value = serde_json::from_str(data).unwrap();
                let last = enough(&kind, &data);
                told.push((kind.clone(), data));
                if last {
                    break;
                }
            }
        }
        told
    }
}
