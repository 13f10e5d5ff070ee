//! Actions: an AI responder asks, policy answers, and a person carries out what is permitted.

use crate::{
    Caller, Done, Parts, Repeat,
    case::counted::{CaseAnswer, shown},
    journal::outbox::TurnDue,
    operation::EndActionRefusal,
    pipeline::{self, about::About, commit::Act, facts, lease, load, sealing},
    refused::Refused,
};
use remit_domain::{
    Command,
    action::{ActionAnswer, ActionEnd},
    decision::DecisionPoint,
    id::{ActionName, DecisionId},
};
use remit_store::OutboxRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of a permitted action.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndAction {
    /// The holder's lease.
    pub epoch: u64,
    /// Which action, by the decision that permitted it.
    pub action: String,
    /// `done`, or `refused`.
    pub how: ActionEnded,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32_768)]
    pub note: Option<String>,
}

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionEnded {
    /// Carried out.
    Done,
    /// Not carried out, and it will not be.
    Refused,
}

/// Arguments of an action, in bytes of JSON.
const ARGUMENTS_MAX: usize = 4_096;

/// Asks policy for an action, as the AI responder whose turn it is. The answer is recorded with the turn, and the
/// case goes to people: an AI responder carries nothing out. The case is read anew, so that policy is asked of what is
/// known of it now.
///
/// # Errors
/// Says what is wrong with the action, where it is none of the catalogue or its arguments are too many; otherwise
/// when the store refuses.
pub(crate) async fn ask_action(
    parts: &Parts,
    row: &OutboxRow,
    due: &TurnDue,
    action: &str,
    arguments: &serde_json::Map<String, serde_json::Value>,
) -> Result<Result<(), String>, Refused> {
    let known = ActionName::new(action).ok().filter(|name| parts.governance.bundle.actions().contains(name));
    let Some(action) = known else {
        let action: String = action.chars().take(64).collect();
        return Ok(Err(format!("asked for the action `{action}`, which is none of the catalogue")));
    };
    let arguments = serde_json::to_string(arguments).map_err(Refused::internal)?;
    if arguments.len() > ARGUMENTS_MAX {
        return Ok(Err(format!("asked for `{action}` with arguments of {} bytes", arguments.len())));
    }
    let caller = Caller::responder(due.responder.as_str());
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let loaded = load::load(governance, journal, environment, &caller, "message.answer", &row.case).await?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &arguments).await?;
    let standing = &loaded.case;
    let now = parts.environment.now();
    let about = About::default().of(&parts.governance.bundle, parts.opener(), standing).await?;
    let signals = facts::seen(&parts.governance, &parts.live, standing, &about, now);
    let candidates = facts::candidates(&parts.governance, &parts.live, &parts.environment, standing, &signals, now);
    let principal = candidates.into_iter().find(|facts| facts.responder == due.responder);
    let principal = principal.ok_or_else(|| Refused::internal("the holder is none of the bundle's responders"))?;
    let (verdict, policies) = parts.governance.engine.act(&signals, &principal, &action);
    let terms = parts.governance.bundle.terms();
    let answer = Box::new(ActionAnswer {
        principal,
        signals,
        verdict,
        policies,
        bundle: terms.bundle.clone(),
        baseline: terms.baseline.clone(),
        owner: terms.owners.get(&DecisionPoint::Act).unwrap_or(&terms.exception_owner).clone(),
    });
    let command = Command::AskAction { epoch: due.epoch, action, arguments: sealed.words.clone(), answer };
    let act = Act::on(loaded, command).with([sealed]).claiming(&row.id);
    pipeline::execute(parts, &caller, None, Some(&row.case), act, |_| ()).await.map(|_| Ok(()))
}

/// Says what became of a permitted action, as who has the case.
///
/// # Errors
/// [`EndActionRefusal`] says when each arises.
pub async fn end_action(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    end: EndAction,
) -> Result<Done<CaseAnswer>, EndActionRefusal> {
    let permission = "action.end";
    let action: DecisionId = end.action.parse().map_err(|error| Refused::invalid("action", error))?;
    let loaded = lease::load_under(
        &parts.governance,
        &parts.journal,
        &parts.environment,
        caller,
        permission,
        id,
        Some(end.epoch),
    )
    .await?;
    let (sealed, note) =
        sealing::seal_note(&parts.journal, &parts.vault, &parts.environment, &loaded, end.note.as_deref()).await?;
    let how = match end.how {
        ActionEnded::Done => ActionEnd::Done,
        ActionEnded::Refused => ActionEnd::Refused,
    };
    let act = Act::on(loaded, Command::EndAction { epoch: end.epoch, action, how, note }).with(sealed);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), act, shown(parts)).await?)
}
