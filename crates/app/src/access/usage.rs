//! Bounds of what a caller may use: requests in time, and event streams at once.

use crate::{
    Caller, Environment, Live,
    caller::usage::{Following, NoPlace, Usage},
    refused::{Kind, Refused},
};
use remit_domain::id::DelegateId;

/// Notes a request of `caller`, as often as they may send one.
///
/// # Errors
/// When they have sent too many.
pub fn pace(environment: &Environment, caller: &Caller) -> Result<(), Refused> {
    caller.usage.as_ref().map_or(Ok(()), |usage| paced(environment, usage))
}

/// Notes a request for a token of a client that proved who it is, as often as one may send one.
///
/// # Errors
/// When it has sent too many.
pub(crate) fn pace_client(live: &Live, environment: &Environment, client: DelegateId) -> Result<(), Refused> {
    paced(environment, &live.used.of(&client.to_string().into(), &environment.limits))
}

fn paced(environment: &Environment, usage: &Usage) -> Result<(), Refused> {
    usage.requests.take(environment.clock.monotonic()).map_err(|wait| {
        let most = environment.limits.requests_a_second;
        let detail = format!("more than {most} requests a second came with this token, or from this client");
        Refused::new(Kind::RateLimited, detail).with("retry_after", wait.as_millis().div_ceil(1_000).max(1))
    })
}

/// A place among the event streams, of `caller` and of all.
///
/// # Errors
/// When there are as many as there may be.
pub fn follow(live: &Live, environment: &Environment, caller: &Caller) -> Result<Following, Refused> {
    let limits = &environment.limits;
    live.used.follow(caller.usage.as_deref(), limits).map_err(|no| match no {
        NoPlace::OfToken => {
            let detail = format!("{} event streams are open with this token", limits.streams_each);
            Refused::new(Kind::RateLimited, detail)
        }
        NoPlace::OfAll => Refused::new(Kind::Busy, format!("{} event streams are open", limits.streams)),
    })
}
