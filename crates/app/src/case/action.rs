//! Actions: an AI responder asks, policy answers, and a person carries out what is permitted.

use crate::{
    ATTEMPTS, Caller, Done, Parts, Repeat,
    case::counted::{CaseAnswer, shown},
    journal::outbox::TurnDue,
    operation::EndActionRefusal,
    pipeline::{self, about::About, commit::Envelope, facts, lease, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command,
    action::{ActionAnswer, ActionEnd},
    decision::DecisionPoint,
    id::{ActionName, DecisionId},
};
use remit_policy::actions::Permission;
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
/// case goes to people: an AI responder carries nothing out. Policy is asked on the case as it was when its service was
/// asked, or as it is by now where that is otherwise.
///
/// # Errors
/// Says what is wrong with the action, where it is none of the catalogue or its arguments are too many; otherwise
/// when the store refuses.
pub(crate) async fn ask_action(
    parts: &Parts,
    row: &OutboxRow,
    (due, case): (&TurnDue, &Case),
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
    let (permission, mut read) = (Permission::MESSAGE_ANSWER, Some(case.clone()));
    for _ in 0..ATTEMPTS {
        let in_flight = journal.announce();
        let loaded = match read.take() {
            Some(case) => load::permitted(governance, environment, &caller, permission, case)?,
            None => load::load(governance, journal, environment, &caller, permission, &row.case).await?,
        };
        let sealed = sealing::seal_on(journal, &parts.vault, environment, &loaded, &arguments).await?;
        let answer = Box::new(answered(parts, &loaded.case, due, &action).await?);
        let command =
            Command::AskAction { epoch: due.epoch, action: action.clone(), arguments: sealed.words.clone(), answer };
        let mut envelope = Envelope::on(loaded, command).with([sealed]).claiming(&row.id);
        let before = envelope.loaded.take().map(|case| *case);
        if pipeline::attempt(parts, &caller, None, (before, in_flight), envelope, &|_| ()).await?.is_some() {
            return Ok(Ok(()));
        }
    }
    Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
}

/// What policy answers the responder about an action on a case, with all that it is answered from.
async fn answered(parts: &Parts, case: &Case, due: &TurnDue, action: &ActionName) -> Result<ActionAnswer, Refused> {
    let (governance, now) = (&parts.governance, parts.environment.now());
    let about = About::default().of(&governance.bundle, parts.opener(), case).await?;
    let signals = facts::seen(governance, &parts.live, case, &about, now);
    let candidates = facts::candidates(governance, &parts.live, &parts.environment, case, &signals, now);
    let principal = candidates.into_iter().find(|facts| facts.responder == due.responder);
    let principal = principal.ok_or_else(|| Refused::internal("the holder is none of the bundle's responders"))?;
    let (verdict, policies) = governance.engine.act(&signals, &principal, action);
    let terms = governance.bundle.terms();
    Ok(ActionAnswer {
        principal,
        signals,
        verdict,
        policies,
        bundle: terms.bundle.clone(),
        baseline: terms.baseline.clone(),
        owner: terms.owners.get(&DecisionPoint::Act).unwrap_or(&terms.exception_owner).clone(),
    })
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
    let permission = Permission::ACTION_END;
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
    let envelope = Envelope::on(loaded, Command::EndAction { epoch: end.epoch, action, how, note }).with(sealed);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}
