//! What is wrong with `[[connector]]`.

use crate::{
    address::{Address, IN_THE_CLEAR},
    bundle::parts::MANIFEST,
    finding::Finding,
    manifest::{ClientAuth, Connector, ConnectorKind, Manifest, OAuth},
    places::{Places, TomlPath},
};
use remit_domain::id::ActionName;
use std::path::{Component, Path};

/// Milliseconds that a connector is waited for at most.
const ANSWER_MS_MAX: u32 = 60_000;
/// Seconds of the longest time within which a service may still begin with something.
const SETTLED_SECONDS_MAX: u32 = 3_600;
/// Headers that are not for a bundle to set.
const TAKEN: [&str; 10] = [
    "authorization",
    "accept",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "te",
    "transfer-encoding",
    "user-agent",
];

pub(super) fn lint(places: &Places<'_>, manifest: &Manifest, findings: &mut Vec<Finding>) {
    for (at, connector) in manifest.connectors.iter().enumerate() {
        let mut wrong = |keys: &[&str], message: String, cure: &str| {
            let place = keys.iter().fold(TomlPath::entry("connector", at), |place, key| place.then(key));
            let message = format!("connector `{}`: {message}", connector.name);
            findings.push(Finding::new(MANIFEST, places.line(&place), message, cure));
        };
        if manifest.connectors.iter().take(at).any(|before| before.name == connector.name) {
            wrong(&["name"], "it is declared twice".to_owned(), "rename one of them");
        }
        if ActionName::new(&connector.name).is_err() {
            wrong(&["name"], "this is no name".to_owned(), "use a letter, then up to 63 of a-z 0-9 _ - .");
        }
        if !(50..=ANSWER_MS_MAX).contains(&connector.deadline_ms) || !(1..=100).contains(&connector.attempts) {
            let message = format!("deadline_ms must be 50 to {ANSWER_MS_MAX}, attempts 1 to 100");
            wrong(&["deadline_ms"], message, "correct the number");
        }
        if let Some(seed) = &connector.seed {
            if connector.kind != ConnectorKind::Sandbox {
                wrong(&["seed"], "only the sandbox is filled from a file".to_owned(), "leave out `seed`");
            }
            if !is_beside(seed) {
                let cure = "name a file beside bundle.toml or in a folder there, such as `source/database.json`";
                wrong(&["seed"], "its seed is no file beside the bundle".to_owned(), cure);
            }
        }
        if let Some(owner) = &connector.owner
            && !manifest.owners.iter().any(|known| known.name == *owner)
        {
            let message = format!("its owner `{owner}` is none of the bundle");
            wrong(&["owner"], message, "declare it in `[[owner]]`, or name another");
        }
        reached(connector, &mut wrong);
    }
}

/// Whether a path leads to what lies beside a bundle, and to nothing above it.
fn is_beside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && !path.contains('\\') && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// What is wrong with how it is reached.
fn reached(connector: &Connector, wrong: &mut impl FnMut(&[&str], String, &str)) {
    let is_http = connector.kind == ConnectorKind::Http;
    if !is_http && connector.oauth.is_some() {
        let message = "only a connector with `kind = \"http\"` asks with a token";
        wrong(&["oauth"], message.to_owned(), "leave out `[connector.oauth]`, or change `kind`");
    }
    match (connector.kind, &connector.url, &connector.secret_env) {
        (ConnectorKind::Sandbox, None, None) => {}
        (ConnectorKind::Sandbox, ..) => {
            let message = "the sandbox has no address and no secret";
            wrong(&["kind"], message.to_owned(), "leave out `url` and `secret_env`");
        }
        (ConnectorKind::Webhook, Some(url), Some(_)) => address(connector, &["url"], url, wrong),
        (ConnectorKind::Webhook, ..) => {
            wrong(&["kind"], "a webhook has a `url` and a `secret_env`".to_owned(), "add what lacks");
        }
        (ConnectorKind::Http, Some(url), None) => {
            address(connector, &["url"], url, wrong);
            if url.contains('?') {
                let message = "its url has a query, and paths are put behind it";
                wrong(&["url"], message.to_owned(), "write what is asked for into `query` of each call");
            }
        }
        (ConnectorKind::Http, ..) => {
            let message = "an HTTP service has a `url`, and its secret in `[connector.oauth]`";
            wrong(&["kind"], message.to_owned(), "write where it is; `secret_env` belongs to `[connector.oauth]`");
        }
    }
    if !is_http {
        return;
    }
    let header = connector.key_header.to_ascii_lowercase();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if header.is_empty() || header.len() > 64 || !header.bytes().all(is_token) || TAKEN.contains(&&*header) {
        let message = format!("`{}` can be no header for the key", connector.key_header);
        wrong(&["key_header"], message, "write the header in which the service reads idempotency keys");
    }
    if !(1..=SETTLED_SECONDS_MAX).contains(&connector.settled_seconds) {
        let message = format!("settled_seconds must be 1 to {SETTLED_SECONDS_MAX}");
        wrong(&["settled_seconds"], message, "correct the number");
    }
    let Some(oauth) = &connector.oauth else { return };
    address(connector, &["oauth", "token_url"], &oauth.token_url, wrong);
    let shown = |text: &String| !text.is_empty() && text.chars().all(|letter| matches!(letter, ' '..='~'));
    let said = [&oauth.scope, &oauth.audience, &oauth.resource, &oauth.key_id, &oauth.key_audience];
    if !said.into_iter().flatten().chain([&oauth.client_id]).all(shown) {
        let message = "client_id, scope, audience, resource, key_id and key_audience are plain ASCII, and not empty";
        wrong(&["oauth", "client_id"], message.to_owned(), "correct it, or leave it out");
    }
    proof(oauth, wrong);
    if let Some(resource) = &oauth.resource
        && let Err(error) = Address::parse(resource)
    {
        let cure = "name the service by its address (RFC 8707), or leave it out";
        wrong(&["oauth", "resource"], format!("its resource {error}"), cure);
    }
}

/// What is wrong with how it is seen who asks for tokens.
fn proof(oauth: &OAuth, wrong: &mut impl FnMut(&[&str], String, &str)) {
    let by_key = oauth.client_auth == ClientAuth::PrivateKeyJwt;
    let of_key = [&oauth.key_file, &oauth.key_id, &oauth.key_audience];
    match (by_key, &oauth.secret_env, &oauth.key_file) {
        (true, None, Some(file)) if Path::new(file).is_absolute() => {}
        (true, None, Some(_)) => {
            let cure = "write the whole path: a key is no part of the bundle";
            wrong(&["oauth", "key_file"], "its key_file is no absolute path".to_owned(), cure);
        }
        (true, ..) => {
            let message = "`private_key_jwt` has a `key_file`, and no secret";
            wrong(&["oauth", "client_auth"], message.to_owned(), "name the key_file, and leave out `secret_env`");
        }
        (false, Some(_), _) if of_key.iter().all(|key| key.is_none()) => {}
        (false, Some(_), _) => {
            let message = "key_file, key_id and key_audience belong to `private_key_jwt`";
            wrong(&["oauth", "client_auth"], message.to_owned(), "leave them out, or change `client_auth`");
        }
        (false, None, _) => {
            let cure = "name the variable in `secret_env`, or set `client_auth = \"private_key_jwt\"`";
            wrong(&["oauth"], "it does not say where its secret is".to_owned(), cure);
        }
    }
}

fn address(connector: &Connector, keys: &[&str], url: &str, wrong: &mut impl FnMut(&[&str], String, &str)) {
    let key = keys.last().copied().unwrap_or_default();
    match Address::parse(url) {
        Err(error) => wrong(keys, format!("its {key} {error}"), &format!("change `{key}`")),
        Ok(address) if !address.is_private() && !connector.in_the_clear => {
            wrong(keys, "it is asked over the network in the clear".to_owned(), IN_THE_CLEAR);
        }
        Ok(_) => {}
    }
}
