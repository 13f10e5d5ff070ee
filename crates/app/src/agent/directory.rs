//! Keys of an agent, read where it says that it has them, within bounds, and whether one of them signed a request.

use crate::{
    Environment, Live,
    live::directories::{KeyDirectory, KeysKnown, NoKeys, ReadTurn},
};
use remit_oauth::{
    jwk::KeySet,
    web_bot_auth::{AgentUrl, DIRECTORY_TYPES, SignatureError, Signed},
};
use remit_policy::address::Address;
use remit_responders::{Failure, document, reach::PrivateHosts};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// Largest set of keys that is read, in bytes.
const KEYS_BYTES_MAX: usize = 64 * 1_024;
/// How long a request waits until something is read. What takes longer is read on for the next one.
const PATIENCE: Duration = Duration::from_secs(1);
/// After how long it is worth sending a request again whose agent has keys that are being read.
const SOON: Duration = Duration::from_secs(1);

/// Why nobody is recognised.
#[derive(Debug)]
pub(super) enum Unrecognised {
    /// Something is wrong with the signature.
    Signature(SignatureError),
    /// The keys cannot be read.
    Unreadable(Arc<str>),
    /// They are not read yet; it may be worth trying after so long.
    NotYet(Duration),
}

/// Whether a key signed a request that its agent has at its address.
pub(super) async fn recognised(live: &Live, environment: &Environment, signed: &Signed) -> Result<(), Unrecognised> {
    let directories = &live.agents.directories;
    let now = environment.clock.monotonic();
    if let Some(known) = directories.of(signed.agent.directory()) {
        match known.look(now) {
            KeysKnown::All(keys) => match signed.is_by(&keys) {
                // It may have been added meanwhile.
                Err(SignatureError::UnknownKey) if known.may_be_anew(now) => {}
                told => return noted(&known, told),
            },
            KeysKnown::Failed(why) => return Err(Unrecognised::Unreadable(why)),
            KeysKnown::Unread => {}
        }
    }
    let read = read(live, environment, &signed.agent, now).await?;
    match read.look(now) {
        KeysKnown::All(keys) => noted(&read, signed.is_by(&keys)),
        KeysKnown::Failed(why) => Err(Unrecognised::Unreadable(why)),
        KeysKnown::Unread => Err(Unrecognised::NotYet(SOON)),
    }
}

/// Notes that somebody was recognised.
fn noted(directory: &KeyDirectory, told: Result<(), SignatureError>) -> Result<(), Unrecognised> {
    told.map_err(Unrecognised::Signature)?;
    directory.is_known();
    Ok(())
}

/// Has what stands at an agent's address read, and waits for it for a moment.
async fn read(
    live: &Live,
    environment: &Environment,
    agent: &AgentUrl,
    now: Duration,
) -> Result<Arc<KeyDirectory>, Unrecognised> {
    let directories = &live.agents.directories;
    let host = agent.host();
    let turn = directories.turn(agent.directory(), host_alone(host), now).map_err(Unrecognised::NotYet)?;
    let directory = match turn {
        ReadTurn::Another(directory) => directory,
        ReadTurn::Own(directory, reading) => {
            let (read, agent, hosts) = (Arc::clone(&directory), agent.clone(), environment.private_hosts.clone());
            // Beside this request, which may have gone by then.
            tokio::spawn(async move {
                read.note(now, fetched(&agent, &hosts).await);
                drop(reading);
            });
            directory
        }
    };
    let not_yet = || Unrecognised::NotYet(SOON);
    let _place = directories.waiting.try_acquire().map_err(|_| not_yet())?;
    drop(timeout(PATIENCE, directory.turn.lock()).await.map_err(|_| not_yet())?);
    Ok(directory)
}

/// A host without its port.
fn host_alone(host: &str) -> &str {
    let is_port = |(_, port): &(&str, &str)| port.bytes().all(|byte| byte.is_ascii_digit());
    host.rsplit_once(':').filter(is_port).map_or(host, |(host, _)| host)
}

/// Reads it. Strangers are not told what they could find out about networks that this server is in.
async fn fetched(agent: &AgentUrl, hosts: &PrivateHosts) -> Result<KeySet, NoKeys> {
    let nothing = |why: String| NoKeys::Nothing(why);
    let away = || NoKeys::Away("nobody answers there whom this server reaches".to_owned());
    let at = agent.directory();
    let address = Address::parse(at).map_err(|error| nothing(format!("the address {error}")))?;
    if !address.is_private() {
        return Err(nothing("the address must be https://…".to_owned()));
    }
    // What whoever runs the server named for others is asked for nothing else by strangers.
    let is_directory = AgentUrl::parse(&address.origin()).is_ok_and(|origin| origin.directory() == at);
    if hosts.has(host_alone(agent.host())) && !is_directory {
        return Err(away());
    }
    let read = document::read(at, hosts, KEYS_BYTES_MAX, DIRECTORY_TYPES).await;
    let read = read.map_err(|failure| match failure {
        Failure::Private | Failure::Connect(_) | Failure::Timeout | Failure::Cut => away(),
        failure if failure.retryable() => NoKeys::Away(failure.to_string()),
        failure => nothing(failure.to_string()),
    })?;
    KeySet::parse(&read).map_err(|error| nothing(error.to_string()))
}
