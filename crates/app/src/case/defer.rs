//! Cases put off: snoozed, until a callback or a follow-up, or while somebody else is waited for; and what ends that.

use crate::{
    Caller, Done, Governance, Parts, Repeat, bounds,
    caller::principal::Principal,
    case::{
        announce,
        counted::{CaseAnswer, shown},
        fields,
    },
    environment::clock::parse_rfc3339,
    field::sent::{self, Of},
    journal::outbox::{self, Look},
    operation::{DeferCaseRefusal, EndDeferralRefusal},
    pipeline::{self, commit::Envelope, lease, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{
    Command,
    case::Status,
    deferral::{DeferralHow, DeferralKind, Wish},
    id::{CaseId, FieldName, PartyName, Timestamp},
};
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A case that is to be put off.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeferCase {
    /// Why: `snooze`, `callback`, `follow_up` or `third_party`. Another one of the same kind takes its place.
    pub kind: DeferralKind,
    /// Until when, as RFC 3339: a moment still to come, within a year. A snooze can do without: then it ends with the
    /// customer's next message, with `after` or `field`, and at the latest after the bundle's `snooze_days`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// The holder's lease. Without it the customer's side agrees on a callback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Of a snooze: the open case with whose end it ends, if that comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Of a snooze: the field of the bundle with which it ends, once somebody sets it on the case, if that comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "delivered")]
    pub field: Option<String>,
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
const LONGEST_MS: i64 = 366 * DAY_MS;

const DAY_MS: i64 = 24 * 3_600_000;

/// Which action of policy is asked for: the holder's, or that of the customer's side.
fn action(caller: &Caller, kind: DeferralKind, epoch: Option<u64>) -> Result<Permission, Refused> {
    match epoch {
        Some(_) => Ok(Permission::HANDOFF_REQUEST),
        None if kind != DeferralKind::Callback => {
            Err(Refused::invalid("epoch", "only who has the case does this; send the lease's `epoch`"))
        }
        None if matches!(caller.principal, Principal::Responder(_)) => {
            Err(Refused::invalid("epoch", "a responder agrees on a callback under its lease; send its `epoch`"))
        }
        None => Ok(Permission::MESSAGE_POST),
    }
}

/// Puts a case off until a moment or an event; whoever has it keeps it, and it comes back to them.
///
/// # Errors
/// [`DeferCaseRefusal`] says when each arises.
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
    let until = until(governance, environment.now(), &defer)?;
    let (after, field) = (of_snooze(parts, caller, &defer).await?, field_of(governance, caller, &defer)?);
    let party = of_third_party(&defer)?;
    let (sealed, note) = sealing::seal_note(journal, &parts.vault, environment, &loaded, defer.note.as_deref()).await?;
    let call_ms = governance.bundle.terms().callback_ms;
    let call_by = (kind == DeferralKind::Callback).then(|| until.plus_ms(call_ms));
    let own = loaded.case.id;
    let wording = kind.is_told().then(|| announce::wording(governance, &loaded.case));
    let wish = Wish { kind, until, call_by, after, field, party, note, wording };
    let mut envelope = Envelope::on(loaded, Command::Defer { epoch, wish }).with(sealed);
    if let Some(after) = after {
        // The other case has to know who waits for its end.
        let (row, now) = (format!("awaited:{after}:{own}"), environment.now());
        envelope.side.outbox.push(outbox::timer_on(row, after, now, Look::Awaited { by: own }));
    }
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Ends what a case was put off for: it was done, or is taken back.
///
/// # Errors
/// [`EndDeferralRefusal`] says when each arises.
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
    Ok(pipeline::execute(
        parts,
        caller,
        repeat,
        Some(id),
        Envelope::on(loaded, command),
        shown(&parts.environment, &parts.governance),
    )
    .await?)
}

/// Until when. A snooze that waits for an event alone lasts no longer than the bundle says.
fn until(governance: &Governance, now: Timestamp, defer: &DeferCase) -> Result<Timestamp, Refused> {
    match (&defer.until, defer.kind) {
        (Some(until), _) => moment(now, "until", until),
        (None, DeferralKind::Snooze) => {
            let longest_ms = i64::from(governance.bundle.limits().snooze_days) * DAY_MS;
            Ok(now.plus_ms(longest_ms.min(LONGEST_MS)))
        }
        (None, _) => Err(Refused::invalid("until", "name the moment; a `snooze` alone can do without")),
    }
}

/// The bundle's field with which a snooze ends once it is set.
fn field_of(governance: &Governance, caller: &Caller, defer: &DeferCase) -> Result<Option<FieldName>, Refused> {
    let Some(field) = &defer.field else { return Ok(None) };
    if defer.kind != DeferralKind::Snooze {
        return Err(Refused::invalid("field", "is of a `snooze`"));
    }
    let seen = governance.bundle.field(field).filter(|spec| fields::may_see(governance, caller, spec));
    let spec = seen.ok_or_else(|| sent::unknown("field", governance.bundle.fields(), Of::Case, field))?;
    Ok(Some(spec.name.clone()))
}

/// A moment still to come, within a year, as `part` of a request names it.
pub(crate) fn moment(now: Timestamp, part: &'static str, text: &str) -> Result<Timestamp, Refused> {
    bounds::bounded(part, text, 64)?;
    let at = parse_rfc3339(text)
        .ok_or_else(|| Refused::invalid(part, "is no moment of RFC 3339, such as 2027-03-01T16:00:00Z"))?;
    if at <= now {
        return Err(Refused::invalid(part, "is over; name a moment still to come"));
    }
    if at > now.plus_ms(LONGEST_MS) {
        return Err(Refused::invalid(part, "is more than a year ahead"));
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
    let other =
        load::case_for(governance, journal, environment, caller, Permission::CASE_READ, &after.to_string()).await?;
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
