//! Actions that customers ask for themselves on a chat: exactly, on the case that it goes on with, under the rules that
//! everybody asks under.

use super::{begun, pace_write};
use crate::{
    Done, Parts, Repeat,
    live::chats::Chat,
    operation::AskForActionRefusal,
    pipeline,
    request::{
        ask::{self, AskRequest},
        told::RequestTold,
    },
};
use remit_responders::once;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An action that a customer asks for.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskForAction {
    /// The action, one of the bundle's catalogue.
    pub action: String,
    /// With what, as the action's parameters say; money in minor units.
    #[serde(deserialize_with = "once")]
    #[schema(value_type = Object)]
    pub arguments: Map<String, Value>,
}

/// Asks for an action, as the customer of a chat.
///
/// # Errors
/// [`AskForActionRefusal`] says when each arises.
pub async fn ask_for_action(
    parts: &Parts,
    chat: &Chat,
    repeat: &Repeat,
    said: AskForAction,
) -> Result<Done<RequestTold>, AskForActionRefusal> {
    pace_write(&parts.environment, chat)?;
    let _turn = chat.turn.lock().await;
    let (caller, case) = (chat.caller(), begun(&parts.journal, chat).await?.id.to_string());
    let ask = AskRequest { action: said.action, arguments: said.arguments, epoch: None };
    let asked = async {
        let asked = ask::ask_shown(parts, &caller, Some(repeat), &case, &ask, RequestTold::from).await;
        Ok::<_, AskForActionRefusal>(asked?)
    };
    pipeline::or_earlier_answer(&parts.journal, &parts.vault, &caller, Some(repeat), asked).await
}
