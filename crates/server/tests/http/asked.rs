//! Short ways of asking: answers of an expected status, and bundles that are the sample bank with more in it.

use super::harness::{BANK, Client, Got, got};
use remit_policy::bundle::Bundle;
use serde_json::Value;
use std::sync::Arc;

/// An answer whose status is known beforehand.
pub(crate) trait Expected {
    /// Its body.
    fn expect(self, status: u16) -> Value;
}

impl Expected for Got {
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

/// Puts what is told in the place of what was there.
pub(crate) fn put(client: &Client, path: &str, body: &Value) -> Got {
    let request = client.agent.put(format!("{}{path}", client.url));
    let request = request.header("authorization", format!("Bearer {}", client.token));
    got("put", path, request.header("content-type", "application/json").send(body.to_string().as_bytes()).unwrap())
}

/// The sample bank with more at the end of its manifest, and more files.
pub(crate) fn bank_and(declared: &str, files: &[(&str, &str)]) -> Arc<Bundle> {
    let manifest = String::from_utf8(BANK.files().get("bundle.toml").unwrap().to_vec()).unwrap() + declared;
    let changed = BANK.files().clone().with("bundle.toml", manifest.into_bytes());
    let changed = files.iter().fold(changed, |all, (name, text)| all.with(name, text.as_bytes().to_vec()));
    Arc::new(Bundle::load(changed).unwrap_or_else(|findings| panic!("{findings:#?}")))
}
