//! What became of a request that its connector does not say, as a person found out: its limits are held until then.

use super::{
    carrier::{self, Carrier},
    change::{self, Read, Wish, change},
    held, read,
    view::RequestView,
};
use crate::{
    Caller, Done, Governance, Journal, Parts, Repeat,
    bounds::bounded,
    environment::clock::{parse_rfc3339, rfc3339},
    operation::ConcludeRequestRefusal,
    refused::{Kind, Refused},
};
use remit_domain::{
    id::Timestamp,
    request::{Effect, Money, Request, RequestCommand, RequestState, Statement, is_currency},
    text::is_hidden,
};
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest reference, in bytes.
const REFERENCE_MAX: usize = 200;
/// How long after it was begun nothing is carried out any more where nobody can be asked: the longest that a connector
/// may declare, in milliseconds.
const SETTLED_MS: i64 = 3_600_000;

/// What a person found that became of a request.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcludeRequest {
    /// How it ended.
    pub how: Concluded,
    /// By what the back office knows what was done; of nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub reference: Option<String>,
    /// How much was moved, where money was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// When it was done, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub at: Option<String>,
}

/// How a request ended, as a person found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Concluded {
    /// It was carried out.
    Done,
    /// It was not, and will not be.
    Failed,
}

/// Says what became of a request of which that is not known.
///
/// # Errors
/// [`ConcludeRequestRefusal`] says when each arises.
pub async fn conclude_request(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    request: &str,
    conclude: ConcludeRequest,
) -> Result<Done<RequestView>, ConcludeRequestRefusal> {
    let wish = Wish { ids: &[request], permission: Permission::REQUEST_CONCLUDE, as_list: None };
    let (entry, _) = read::permitted(parts, caller, wish.permission, request).await?;
    if !caller.is_person() {
        let detail = "what became of it is for a person who works here to find out, with a token of their own";
        return Err(Refused::new(Kind::Forbidden, detail).into());
    }
    let effect = found(parts, &entry.value, conclude).await?;
    let by = (caller.pseudonym.to_string(), caller.principal.person().cloned());
    let conclude = |_: &Read<'_>, _| Ok(RequestCommand::Conclude { effect: effect.clone(), by: by.clone() });
    Ok(change(parts, caller, repeat, wish, conclude, |_, views| change::only(views)).await?)
}

/// What was found, held against what was asked for as what a connector states is.
async fn found(parts: &Parts, request: &Request, said: ConcludeRequest) -> Result<Effect, Refused> {
    let ConcludeRequest { how, reference, amount, at } = said;
    match how {
        Concluded::Done => {
            let reference = reference.unwrap_or_default();
            bounded("reference", &reference, REFERENCE_MAX)?;
            let reference = reference.trim().to_owned();
            if reference.chars().any(is_hidden) {
                return Err(Refused::invalid("reference", "has characters that do not show themselves"));
            }
            if amount.as_ref().is_some_and(|amount| !is_currency(&amount.currency)) {
                return Err(Refused::invalid("amount.currency", "is no code of ISO 4217"));
            }
            let moment = |at: String| {
                let read = parse_rfc3339(&at);
                read.ok_or_else(|| Refused::invalid("at", "is no moment of RFC 3339, such as 2026-01-31T09:30:00Z"))
            };
            let at = at.map(moment).transpose()?;
            held::effect(parts, request, Statement { reference, amount, at }).await
        }
        Concluded::Failed => {
            let said = [("reference", reference.is_some()), ("amount", amount.is_some()), ("at", at.is_some())];
            if let Some((field, _)) = said.into_iter().find(|(_, is_said)| *is_said) {
                return Err(Refused::invalid(field, "is of what was carried out: leave it out, or say `done`"));
            }
            let (until, now) = (settled(&parts.governance, &parts.journal, request).await?, parts.environment.now());
            if request.state == RequestState::Unknown && now < until {
                let detail = format!("it may still be carried out until {}: look again then", rfc3339(until));
                return Err(Refused::new(Kind::Conflict, detail).with("state", request.state));
            }
            Ok(Effect::Failed { why: "a person found that it was not carried out".to_owned() })
        }
    }
}

/// From when on it is not carried out any more.
async fn settled(governance: &Governance, journal: &Journal, request: &Request) -> Result<Timestamp, Refused> {
    let begun = carrier::begun(journal, request).await?;
    let carrier = Carrier::of(governance, journal, request).await;
    Ok(carrier.map_or_else(|_| begun.plus_ms(SETTLED_MS), |carrier| carrier.connector.settled(begun)))
}
