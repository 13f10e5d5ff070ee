//! A customer on the chat page, as a client of the server: it acts for the customer of one link and for nobody else.

use crate::client::{Client, answered};
use anyhow::Context as _;
use remit_app::operation;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// A customer with a link.
#[derive(Debug)]
pub struct ChatCustomer {
    client: Client,
    /// Where their chat is, below the address of chats.
    chat: String,
    cookie: String,
    keys: AtomicU64,
}

impl ChatCustomer {
    /// The customer of a link that `client` makes for them, about a case of theirs.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn start(client: &Client, customer: &str, case: &str) -> anyhow::Result<Self> {
        let started = client.post(operation::StartChat, &[], &json!({ "customer": customer, "case": case }))?;
        let member = |name: &str| started.get(name).and_then(Value::as_str).context("the link cannot be read");
        let (chat, url) = (member("id")?.to_owned(), member("url")?);
        let secret = url.split_once('#').context("the link has no secret")?.1;
        let cookie = format!("remit_{chat}={secret}");
        Ok(Self { client: client.clone(), chat, cookie, keys: AtomicU64::default() })
    }

    /// What they are given at an address below their chat.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.agent().get(self.address(path)).header("cookie", &self.cookie);
        answered(request.call().with_context(|| self.client.no_answer())?)
    }

    /// What they do at an address below their chat.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let key = format!("{}-{}", self.chat, self.keys.fetch_add(1, Ordering::Relaxed));
        let request = self.client.agent().post(self.address(path)).header("cookie", &self.cookie);
        let request = request.header("idempotency-key", key).header("content-type", "application/json");
        answered(request.send(body.to_string().as_bytes()).with_context(|| self.client.no_answer())?)
    }

    fn address(&self, path: &str) -> String {
        format!("{}/chat/v1/{}/{path}", self.client.url(), self.chat)
    }
}
