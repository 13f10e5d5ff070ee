//! Talks to a server over HTTP, and turns its problems into errors that name the cause and the cure.

use anyhow::Context;
use clap::Args;
use remit_app::{input::FollowEvents, operation};
use remit_policy::address::Address;
use remit_server::http::address::{self, Addressed, Method};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    fmt,
    io::{BufRead as _, BufReader},
    time::Duration,
};

/// Which server, and with which token.
#[derive(Debug, Clone, Args)]
pub struct Server {
    /// The server's address.
    #[arg(long, env = "REMIT_URL", default_value = "http://127.0.0.1:7171")]
    pub url: String,
    /// An API token; `remit serve` makes one when it starts on a new data directory.
    #[arg(long, env = "REMIT_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// How long is waited for what learns from a bundle.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Bytes of an answer that are taken at most.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A connection that is kept.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
    token: String,
}

/// What a server refused, and why.
#[derive(Debug)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The path of the problem's type, such as `/problems/lease_lost`.
    pub kind: String,
    /// What exactly.
    pub detail: String,
    /// Further members of the problem, such as `findings`.
    pub members: Map<String, Value>,
    said: String,
}

impl Refused {
    /// A refusal that no server told.
    pub fn of(detail: &str, members: &Map<String, Value>) -> Self {
        let (detail, members, said) = (detail.to_owned(), members.clone(), detail.to_owned());
        Self { status: 0, kind: String::new(), detail, members, said }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Refused {}

impl Server {
    /// The client that the options name.
    ///
    /// # Errors
    /// When the address is none, or there is no token.
    pub fn client(&self) -> anyhow::Result<Client> {
        Address::parse(&self.url).map_err(|why| anyhow::anyhow!("--url {} {why}", self.url))?;
        let token = self.token.clone().context("no token: pass --token or set REMIT_TOKEN")?;
        Ok(Client::new(&self.url, &token))
    }
}

impl Client {
    pub(crate) fn agent(&self) -> &ureq::Agent {
        &self.agent
    }

    /// Where the server is that it asks.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of the server at `url`.
    pub fn new(url: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { agent: config.into(), url: url.trim_end_matches('/').to_owned(), token: token.to_owned() }
    }

    /// What an operation answers that reads, on what `names` says.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn get<O: Addressed>(&self, operation: O, names: &[&str]) -> anyhow::Result<Value> {
        const { assert!(matches!(O::ADDRESS.method, Method::Get), "the operation does not read") };
        self.read(&address::path(operation, names))
    }

    /// The same of one that is asked with something.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn get_with<O>(&self, operation: O, names: &[&str], asked: &O::Takes) -> anyhow::Result<Value>
    where
        O: Addressed<Takes: Serialize>,
    {
        const { assert!(matches!(O::ADDRESS.method, Method::Get), "the operation does not read") };
        self.read(&format!("{}{}", address::path(operation, names), query(asked)?))
    }

    /// What comes of an operation that writes, on what `names` says.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn post<O: Addressed>(&self, operation: O, names: &[&str], body: &Value) -> anyhow::Result<Value> {
        const { assert!(matches!(O::ADDRESS.method, Method::Post), "the operation does not write") };
        let request = self
            .agent
            .post(format!("{}{}", self.url, address::path(operation, names)))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        let sent = request.send(body.to_string());
        answered(sent.with_context(|| format!("no answer from {}; is `remit serve` running there?", self.url))?)
    }

    /// What comes of an operation that says how something is, on what `names` says.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn put<O: Addressed>(&self, operation: O, names: &[&str], body: &Value) -> anyhow::Result<Value> {
        const { assert!(matches!(O::ADDRESS.method, Method::Put), "the operation does not say how something is") };
        let request = self
            .agent
            .put(format!("{}{}", self.url, address::path(operation, names)))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        let sent = request.send(body.to_string());
        answered(sent.with_context(|| format!("no answer from {}; is `remit serve` running there?", self.url))?)
    }

    /// Carries out an operation that ends what `names` says.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn delete<O: Addressed>(&self, operation: O, names: &[&str]) -> anyhow::Result<()> {
        const { assert!(matches!(O::ADDRESS.method, Method::Delete), "the operation ends nothing") };
        let request = self
            .agent
            .delete(format!("{}{}", self.url, address::path(operation, names)))
            .header("authorization", format!("Bearer {}", self.token));
        let sent = request.call();
        answered(sent.with_context(|| format!("no answer from {}; is `remit serve` running there?", self.url))?)?;
        Ok(())
    }

    /// What comes of an operation that takes a file of a media type, asked with something. It may take long.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn post_file<O: Addressed>(
        &self,
        operation: O,
        asked: &impl Serialize,
        sent_as: &str,
        file: &[u8],
    ) -> anyhow::Result<Value> {
        const { assert!(matches!(O::ADDRESS.method, Method::Post), "the operation does not write") };
        let sent = self
            .agent
            .post(format!("{}{}{}", self.url, address::path(operation, &[]), query(asked)?))
            .config()
            .timeout_global(Some(PATIENCE))
            .build()
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", sent_as)
            .send(file);
        answered(sent.with_context(|| self.no_answer())?)
    }

    /// The same of one that takes values and may take long.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn post_patiently<O: Addressed>(&self, operation: O, body: &impl Serialize) -> anyhow::Result<Value> {
        const { assert!(matches!(O::ADDRESS.method, Method::Post), "the operation does not write") };
        let sent = self
            .agent
            .post(format!("{}{}", self.url, address::path(operation, &[])))
            .config()
            .timeout_global(Some(PATIENCE))
            .build()
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .send(serde_json::to_string(body)?);
        answered(sent.with_context(|| self.no_answer())?)
    }

    /// The bytes that an operation gives, on what `names` says.
    ///
    /// # Errors
    /// When there is no answer, or it is a problem.
    pub fn get_bytes<O: Addressed>(&self, operation: O, names: &[&str]) -> anyhow::Result<Vec<u8>> {
        const { assert!(matches!(O::ADDRESS.method, Method::Get), "the operation does not read") };
        let request = self.agent.get(format!("{}{}", self.url, address::path(operation, names)));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let mut response = request.call().with_context(|| self.no_answer())?;
        if !response.status().is_success() {
            answered(response)?;
            anyhow::bail!("the answer cannot be read");
        }
        Ok(response.body_mut().with_config().limit(BYTES_MAX).read_to_vec()?)
    }

    pub(crate) fn no_answer(&self) -> String {
        format!("no answer from {}; is `remit serve` running there?", self.url)
    }

    fn read(&self, path: &str) -> anyhow::Result<Value> {
        let request =
            self.agent.get(format!("{}{path}", self.url)).header("authorization", format!("Bearer {}", self.token));
        answered(
            request.call().with_context(|| format!("no answer from {}; is `remit serve` running there?", self.url))?,
        )
    }

    /// Follows all events after a position; `each` is given the JSON of every one, until it says that it is enough.
    ///
    /// # Errors
    /// When the stream cannot be had, breaks off, or `each` fails.
    pub fn follow(&self, after: u64, each: &mut dyn FnMut(&str) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let from = FollowEvents { after: Some(after.to_string()), stream: None };
        let request = agent
            .get(format!("{}{}{}", self.url, address::path(operation::FollowEvents, &[]), query(&from)?))
            .header("authorization", format!("Bearer {}", self.token));
        let response = request.call().with_context(|| format!("no events from {}", self.url))?;
        if !response.status().is_success() {
            return answered(response).map(|_| ());
        }
        let mut lines = BufReader::new(response.into_body().into_reader());
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            if let Some(data) = line.strip_prefix("data:")
                && !each(data.trim())?
            {
                return Ok(());
            }
            line.clear();
        }
        Ok(())
    }
}

/// What is asked, as a query with its `?`; empty where nothing is.
fn query(asked: &impl Serialize) -> anyhow::Result<String> {
    let asked = serde_json::to_value(asked)?;
    let pair = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        format!("{name}={}", address::encoded(&value))
    };
    let pairs: Vec<String> = asked.as_object().into_iter().flatten().map(pair).collect();
    Ok(if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) })
}

pub(crate) fn answered(mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<Value> {
    let text = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string()?;
    let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if response.status().is_success() {
        return Ok(value);
    }
    let said = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let status = response.status().as_u16();
    let text = format!("{} ({status}): {}\n  cure: {}", said("title"), said("detail"), said("cure"));
    let members = value.as_object().cloned().unwrap_or_default();
    Err(Refused { status, kind: said("type"), detail: said("detail"), members, said: text }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use remit_app::input::ListCases;

    #[test]
    fn what_is_asked_stands_in_a_query() {
        let asked = ListCases { holder: Some("a b&c".to_owned()), limit: Some(5), ..ListCases::default() };
        assert_eq!(query(&asked).unwrap(), "?holder=a%20b%26c&limit=5");
        assert_eq!(query(&ListCases::default()).unwrap(), "");
    }
}
