//! Actions that delegates request for customers.

use super::{opened, permitted, requestable};
use crate::{
    Caller, Done, Journal, Parts, Repeat,
    caller::principal::Represented,
    journal::delegations,
    operation::{AskDelegatedRefusal, GetDelegatedRequestRefusal, WithdrawDelegatedRefusal},
    pipeline::{self, load},
    refused::{Kind, Refused},
    request::{
        ask::{self, AskRequest},
        read,
        told::RequestTold,
        view::RequestView,
        withdraw,
    },
};
use remit_domain::{id::RequestId, request::Asker};
use remit_policy::actions::Permission;
use remit_responders::once;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An action that a delegate requests.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskDelegated {
    /// The action, one that the delegation names.
    pub action: String,
    /// With what, as the action's parameters say; money in minor units.
    #[serde(deserialize_with = "once")]
    #[schema(value_type = Object)]
    pub arguments: Map<String, Value>,
}

/// A request of a delegate's.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DelegatedRequest {
    /// What is told of it.
    #[serde(flatten)]
    pub told: RequestTold,
    /// Where it can be watched what becomes of it.
    pub watch: String,
}

impl From<RequestView> for DelegatedRequest {
    fn from(view: RequestView) -> Self {
        Self { watch: format!("/delegate/v1/requests/{}", view.id), told: view.into() }
    }
}

/// Requests an action for the customer, on a case that was opened under the delegation.
///
/// # Errors
/// [`AskDelegatedRefusal`] says when each arises.
pub async fn ask_delegated(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    case: &str,
    said: AskDelegated,
) -> Result<Done<DelegatedRequest>, AskDelegatedRefusal> {
    let of = permitted(caller, Permission::REQUEST_ASK)?;
    let opened = opened(&parts.journal, of, case).await?;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    load::case_for(governance, journal, environment, caller, Permission::REQUEST_ASK, case).await?;
    requestable(of, &opened, &said.action)?;
    let ask = AskRequest { action: said.action, arguments: said.arguments, epoch: None };
    let asked = async {
        let asked = ask::ask_shown(parts, caller, repeat, case, &ask, DelegatedRequest::from).await;
        Ok::<_, AskDelegatedRefusal>(asked?)
    };
    pipeline::or_earlier_answer(&parts.journal, &parts.vault, caller, repeat, asked).await
}

/// A request on a case that was opened under the delegation.
///
/// # Errors
/// [`GetDelegatedRequestRefusal`] says when each arises.
pub async fn get_delegated_request(
    parts: &Parts,
    caller: &Caller,
    request: &str,
) -> Result<DelegatedRequest, GetDelegatedRequestRefusal> {
    own(&parts.journal, permitted(caller, Permission::REQUEST_READ)?, request).await?;
    let view = read::request(parts, caller, request).await.map_err(Refused::from)?;
    Ok(view.into())
}

/// Takes a request back that is not being carried out yet.
///
/// # Errors
/// [`WithdrawDelegatedRefusal`] says when each arises.
pub async fn withdraw_delegated(
    parts: &Parts,
    caller: &Caller,
    request: &str,
) -> Result<DelegatedRequest, WithdrawDelegatedRefusal> {
    own(&parts.journal, permitted(caller, Permission::REQUEST_WITHDRAW)?, request).await?;
    let done = withdraw::withdraw_request(parts, caller, None, request).await.map_err(Refused::from)?;
    match done {
        Done::Now { output, .. } => Ok(output.into()),
        Done::Before(_) => Err(Refused::internal("a request was taken back before").into()),
    }
}

/// That a request was made on a case that was opened under the delegation; of others it is not told whether they are
/// there.
async fn own(journal: &Journal, of: &Represented, request: &str) -> Result<(), Refused> {
    let unknown = || Refused::new(Kind::NotFound, "no such request was made under this delegation");
    let id: RequestId = request.parse().map_err(|_| unknown())?;
    let request = read::stored(journal, id).await?.ok_or_else(unknown)?;
    // What was asked for under its own delegation, or under one that it gave on.
    let last = of.chain.last().map(|link| link.id).ok_or_else(delegations::no_chain)?;
    let is_theirs = matches!(&request.value.by, Asker::Delegate(asker) if asker.chain.contains(&last));
    if !is_theirs {
        return Err(unknown());
    }
    opened(journal, of, &request.value.case.to_string()).await.map(drop).map_err(|refused| match refused.kind {
        Kind::NotFound => unknown(),
        _ => refused,
    })
}
