//! Cases put off: snoozed, until a callback or a follow-up, or while somebody else is waited for; and what ends that.

use crate::{
    Caller, Done, Parts, Repeat,
    access::principal::Principal,
    case::{
        announce, bounds,
        counted::{CaseAnswer, shown},
    },
    environment::clock::parse_rfc3339,
    journal::outbox::{self, Look},
    operation::{DeferCaseRefusal, EndDeferralRefusal},
    pipeline::{self, commit::Act, lease, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{
    Command,
    case::Status,
    deferral::{DeferralHow, DeferralKind, Wish},
    id::{CaseId, PartyName, Timestamp},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A case that is to be put off.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeferCase {
    /// Why: `snooze`, `callback`, `follow_up` or `third_party`. Another one of the same kind takes its place.
    pub kind: DeferralKind,
    /// Until when, as RFC 3339: a moment still to come, within a year.
    #[schema(format = DateTime)]
    pub until: String,
    /// The holder's lease. Without it the customer's side agrees on a callback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Of a snooze: the open case with whose end it ends, if that comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Who is waited for, of `third_party`: a letter, then up to 63 of `a-z 0-9 _ - .`. No name of a person: it is on
    /// record for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "courier")]
    pub party: Option<String>,
    /// A note, which only those who work on the case read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32_768)]
    pub note: Option<String>,
}

/// What a case was put off for has ended.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndDeferral {
    /// Which.
    pub kind: DeferralKind,
    /// `kept`: the customer was called, or who was waited for has answered; `cancelled`: it is taken back.
    pub how: EndedHow,
    /// The holder's lease. Without it the customer's side takes a callback back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

/// How people end what a case was put off for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndedHow {
    /// The customer was called, or who was waited for has answered.
    Kept,
    /// It is taken back.
    Cancelled,
}

/// For how long a case can be put off, in milliseconds: a year.
const LONGEST_MS: i64 = 366 * 24 * 3_600_000;

const MINUTE_MS: i64 = 60_000;

/// Which action of policy is asked for: the holder's, or that of the customer's side.
fn action(caller: &Caller, kind: DeferralKind, epoch: Option<u64>) -> Result<&'static str, Refused> {
    match epoch {
        Some(_) => Ok("handoff.request"),
        None if kind != DeferralKind::Callback => {
            Err(Refused::invalid("epoch", "only who has the case does this; send the lease's `epoch`"))
        }
        None if matches!(caller.principal, Principal::Responder(_)) => {
            Err(Refused::invalid("epoch", "a responder agrees on a callback under its lease; send its `epoch`"))
        }
        None => Ok("message.post"),
    }
}

/// Puts a case off until a moment or an event; whoever has it keeps it, and it comes back to them.
///
/// # Errors
/// When policy, the lease, a bound, the state or the store refuses.
pub async fn defer_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    defer: DeferCase,
) -> Result<Done<CaseAnswer>, DeferCaseRefusal> {
    let (kind, epoch) = (defer.kind, defer.epoch);
    let action = action(caller, kind, epoch)?;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let loaded = lease::load_under(governance, journal, environment, caller, action, id, epoch).await?;
    let until = moment(environment.now(), &defer.until)?;
    let (after, party) = (of_snooze(parts, caller, &defer).await?, of_third_party(&defer)?);
    let (sealed, note) = sealing::seal_note(journal, &parts.vault, environment, &loaded, defer.note.as_deref()).await?;
    let call_ms = i64::from(governance.bundle.limits().callback_minutes) * MINUTE_MS;
    let call_by = (kind == DeferralKind::Callback).then(|| until.plus_ms(call_ms));
    let own = loaded.case.id;
    let told = kind.is_told().then(|| announce::wording(governance, &loaded.case));
    let wish = Wish { kind, until, call_by, after, party, note, told };
    let mut act = Act::on(loaded, Command::Defer { epoch, wish }).with(sealed);
    if let Some(after) = after {
        // The other case has to know who waits for its end.
        let (row, now) = (format!("awaited:{after}:{own}"), environment.now());
        act.beside.outbox.push(outbox::timer_on(row, after, now, Look::Awaited { by: own }));
    }
    Ok(pipeline::execute(parts, caller, repeat, Some(id), act, shown(parts)).await?)
}

/// Ends what a case was put off for: it was done, or is taken back.
///
/// # Errors
/// When policy, the lease, the state or the store refuses.
pub async fn end_deferral(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    end: EndDeferral,
) -> Result<Done<CaseAnswer>, EndDeferralRefusal> {
    let EndDeferral { kind, how, epoch } = end;
    let action = action(caller, kind, epoch)?;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let loaded = lease::load_under(governance, journal, environment, caller, action, id, epoch).await?;
    let how = match how {
        EndedHow::Kept if epoch.is_none() => {
            return Err(Refused::invalid("how", "only who has the case says that it was kept").into());
        }
        EndedHow::Kept => DeferralHow::Kept,
        EndedHow::Cancelled => DeferralHow::Cancelled,
    };
    let command = Command::EndDeferral { epoch, kind, how, due: environment.now() };
    Ok(pipeline::execute(parts, caller, repeat, Some(id), Act::on(loaded, command), shown(parts)).await?)
}

/// A moment still to come, within a year.
fn moment(now: Timestamp, until: &str) -> Result<Timestamp, Refused> {
    bounds::bounded("until", until, 64)?;
    let at = parse_rfc3339(until)
        .ok_or_else(|| Refused::invalid("until", "is no moment of RFC 3339, such as 2027-03-01T16:00:00Z"))?;
    if at <= now {
        return Err(Refused::invalid("until", "is over; name a moment still to come"));
    }
    if at > now.plus_ms(LONGEST_MS) {
        return Err(Refused::invalid("until", "is more than a year ahead"));
    }
    Ok(at)
}

/// The open case with whose end a snooze ends, which the caller may read.
async fn of_snooze(parts: &Parts, caller: &Caller, defer: &DeferCase) -> Result<Option<CaseId>, Refused> {
    let Some(after) = &defer.after else { return Ok(None) };
    if defer.kind != DeferralKind::Snooze {
        return Err(Refused::invalid("after", "is of a `snooze`"));
    }
    let after: CaseId = after.parse().map_err(|error| Refused::invalid("after", error))?;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let other = load::case_for(governance, journal, environment, caller, "case.read", &after.to_string()).await?;
    if other.status != Status::Open {
        return Err(Refused::new(Kind::Conflict, format!("{after} has ended already")));
    }
    Ok(Some(after))
}

fn of_third_party(defer: &DeferCase) -> Result<Option<PartyName>, Refused> {
    match (&defer.party, defer.kind) {
        (Some(party), DeferralKind::ThirdParty) => {
            PartyName::new(party).map(Some).map_err(|error| Refused::invalid("party", error))
        }
        (None, DeferralKind::ThirdParty) => Err(Refused::invalid("party", "name who is waited for, such as `courier`")),
        (Some(_), _) => Err(Refused::invalid("party", "is of `third_party`")),
        (None, _) => Ok(None),
    }
}
