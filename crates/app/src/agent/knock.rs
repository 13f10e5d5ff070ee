//! A request that is only signed: who sent it is recognised, counted and told what to do next. It is refused whatever
//! comes of that.

use super::directory::{self, Unrecognised};
use crate::{
    Caller, Environment, Live, Parts,
    caller::principal::Job,
    journal::agents::AGENTS,
    live::agents::{Knocks, is_recent},
    pipeline::authority,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    agent::{AgentKnocked, KnownAgent, OTHERS},
    id::Timestamp,
};
use remit_oauth::{
    seen::{NotFirst, Seen as _},
    web_bot_auth::{SignatureError, Signed},
};
use remit_store::{Commit, Expected};
use std::time::Duration;

/// What a request that is only signed is refused with. `read` reads what was signed of it, at a moment in milliseconds
/// since 1970.
pub async fn knock(parts: &Parts, read: impl FnOnce(i64) -> Result<Signed, SignatureError>) -> Refused {
    let (live, environment) = (&parts.live, &parts.environment);
    let (outcome, refused) = match look(live, environment, read).await {
        Err(refused) => refused,
        Ok(signed) => {
            let refused = counted(live, environment, &signed);
            for name in [signed.agent.origin(), OTHERS] {
                if let Err(failed) = note(parts, name).await {
                    // It is kept, and put on record with what comes next.
                    tracing::warn!(%failed, "it is not on record yet who knocked");
                }
            }
            refused
        }
    };
    environment.metrics.knocked(outcome);
    refused
}

type Outcome = (&'static str, Refused);

/// Who signed, where a key shows it.
async fn look(
    live: &Live,
    environment: &Environment,
    read: impl FnOnce(i64) -> Result<Signed, SignatureError>,
) -> Result<Signed, Outcome> {
    let looked = live.agents.look(&environment.limits, environment.clock.monotonic());
    looked.map_err(|wait| {
        let most = environment.limits.knocks;
        too_many(format!("more than {most} requests a minute came that are only signed"), wait)
    })?;
    let signed = read(environment.now().0).map_err(|error| unrecognised(error.name(), error.to_string()))?;
    directory::recognised(live, environment, &signed).await.map_err(|why| {
        let agent = &signed.agent;
        match why {
            Unrecognised::Signature(error) => unrecognised(error.name(), format!("{agent}: {error}")),
            Unrecognised::Unreadable(why) => {
                let detail = format!("the keys of {agent} cannot be read at {}: {why}", agent.directory());
                unrecognised("keys_unreadable", detail)
            }
            Unrecognised::NotYet(wait) => {
                let (_, refused) = unrecognised("keys_unread", format!("the keys of {agent} are not read yet"));
                (
                    "unread",
                    refused
                        .cured_by("Send it again after a moment; `retry_after` says in how many seconds.")
                        .with("retry_after", seconds(wait)),
                )
            }
        }
    })?;
    Ok(signed)
}

/// What is told to whom it was recognised.
fn counted(live: &Live, environment: &Environment, signed: &Signed) -> Outcome {
    let (agent, key, limits) = (&signed.agent, signed.key.as_str(), &environment.limits);
    let (steady, now) = (environment.clock.monotonic(), environment.now());
    if let Err(wait) = live.agents.knock((agent.origin(), key), limits, steady, now) {
        let most = limits.knocks_each;
        return too_many(format!("more than {most} requests a minute came from {agent} that are only signed"), wait);
    }
    if let Some(nonce) = &signed.nonce {
        match live.agents.nonces.first_time(key, nonce, signed.until_ms, now.0) {
            Ok(()) => {}
            Err(NotFirst::Repeated) => {
                let detail = format!("{agent}: the nonce of the signature was used before: make one for each request");
                return unrecognised("replayed", detail);
            }
            Err(NotFirst::Busy) => {
                let wait = Duration::from_secs(60);
                return too_many("more nonces of signatures are remembered than can be".to_owned(), wait);
            }
        }
    }
    let detail = format!(
        "the request is signed by {agent}; a signature says who asks, lets nothing be done, and names nobody whom \
         it is done for"
    );
    ("recognised", Refused::new(Kind::ProveWhomYouActFor, detail).with("agent", agent.name()).with("key", key))
}

fn too_many(detail: String, wait: Duration) -> Outcome {
    ("too_many", Refused::new(Kind::TooManyKnocks, detail).with("retry_after", seconds(wait)))
}

fn seconds(wait: Duration) -> u128 {
    wait.as_millis().div_ceil(1_000).max(1)
}

fn unrecognised(name: &'static str, detail: String) -> Outcome {
    ("not_recognised", Refused::new(Kind::SignatureNotRecognised, detail).with("signature", name))
}

/// Puts on record what is to be by now of all who knocked.
///
/// # Errors
/// When it cannot be; what is not on record yet is kept.
pub async fn note_due(parts: &Parts) -> Result<(), Refused> {
    for name in parts.live.agents.all_due(parts.environment.now()) {
        note(parts, &name).await?;
    }
    note(parts, OTHERS).await
}

/// Puts on record how often an agent knocked, where that is due: when it first knocks, and then once a day at most.
async fn note(parts: &Parts, name: &str) -> Result<(), Refused> {
    let (agents, now) = (&parts.live.agents, parts.environment.now());
    let Some(tally) = agents.due(name, now) else { return Ok(()) };
    let noted = record(parts, name, &tally, now).await;
    match &noted {
        Ok(recorded) => match recorded {
            Recorded::At(at) => agents.recorded(name, *at),
            Recorded::Before(at) => agents.put_back(name, tally, Some(*at)),
            Recorded::AmongOthers => {
                let (limits, steady) = (&parts.environment.limits, parts.environment.clock.monotonic());
                agents.among_others(tally, limits, steady);
                agents.recorded(name, now);
            }
        },
        Err(_) => agents.put_back(name, tally, None),
    }
    noted.map(drop)
}

/// What became of a record that seemed due.
enum Recorded {
    /// It was made.
    At(Timestamp),
    /// There is one that is the last for a while.
    Before(Timestamp),
    /// There are too many of this day.
    AmongOthers,
}

async fn record(parts: &Parts, name: &str, tally: &Knocks, at: Timestamp) -> Result<Recorded, Refused> {
    let known = AGENTS.get(&parts.journal.store, name).await.map_err(Refused::internal)?;
    if let Some(known) = known.as_ref().filter(|known| is_recent(known.value.recorded, at)) {
        return Ok(Recorded::Before(known.value.recorded));
    }
    if name != OTHERS && !parts.live.agents.take_record(known.is_none(), at) {
        return Ok(Recorded::AmongOthers);
    }
    let Knocks { keys, knocks, refused, first, last } = tally.clone();
    let knocked = AgentKnocked { agent: name.to_owned(), keys, knocks, refused, first, last, at };
    let expected = known.as_ref().map_or(Expected::Absent, |known| known.expected());
    let item = KnownAgent::after(known.map(|known| known.value), &knocked);
    let item = AGENTS.write(name, expected, &item).map_err(Refused::internal)?;
    let commit = Commit { items: vec![item], ..Commit::default() };
    let event = Event::AgentKnocked(knocked);
    authority::govern(parts, &Caller::system(Job::Agents), &[event], commit).await.map_err(crate::refused)?;
    Ok(Recorded::At(at))
}
