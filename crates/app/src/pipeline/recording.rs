//! The record that an event becomes.

use crate::{Caller, Environment, environment::entropy::Entropy, refused::Refused};
use remit_domain::{Event, id::Timestamp};
use remit_store::Record;

/// Bytes that most events fit in.
const BODY_USUAL: usize = 4 * 1024;

pub(crate) fn to_record(
    environment: &Environment,
    event: &Event,
    case: &str,
    caller: &Caller,
    now: Timestamp,
) -> Result<Record, Refused> {
    recorded(&environment.entropy, event, case, &caller.pseudonym, now)
}

/// The record of an event of a case, or of a stream of its own, that `actor` caused.
pub(crate) fn recorded(
    entropy: &Entropy,
    event: &Event,
    case: &str,
    actor: &str,
    now: Timestamp,
) -> Result<Record, Refused> {
    let mut body = Vec::with_capacity(BODY_USUAL);
    serde_json::to_writer(&mut body, event).map_err(Refused::internal)?;
    let salt: [u8; 32] = entropy.bytes()?;
    let commit = remit_ledger::entry::commitment(&salt, &body);
    Ok(Record {
        kind: event.kind(),
        case: case.to_owned(),
        actor: actor.to_owned(),
        ts_ms: now.0,
        subject: event.subject(),
        body,
        salt,
        commit,
    })
}
