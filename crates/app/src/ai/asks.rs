//! An action that an AI responder asks for in its turn: where only a yes is missing, the case stays with it, and the
//! customer hears what is waited for; what policy denies goes to people with the reasons.

use crate::{
    ATTEMPTS, Caller, Parts,
    bounds::{REASON_MAX, cut},
    journal::outbox::TurnDue,
    pipeline::{load, sealing},
    refused::{Kind, Refused},
    request::ask::{self, Together, Uncommitted},
};
use remit_domain::{
    Case, Command,
    decision::YieldReason,
    request::{Answer, Confirming},
};
use remit_policy::actions::Permission;
use remit_store::OutboxRow;
use serde_json::{Map, Value};

/// Asks for the action on the case as it was when its service was asked, or as it is by now where that is otherwise, as
/// the AI responder whose turn `row` is; or says why it cannot be asked for so.
///
/// # Errors
/// When policy, the lease or the store refuses.
pub(super) async fn ask(
    parts: &Parts,
    caller: &Caller,
    row: &OutboxRow,
    (due, case): (&TurnDue, &Case),
    action: &str,
    arguments: &Map<String, Value>,
) -> Result<Result<(), String>, Refused> {
    let spec = match ask::known(&parts.governance, action, arguments) {
        Ok(spec) => spec,
        Err(refused) => return Ok(Err(format!("asked for `{action}` otherwise than it can be: {}", refused.detail))),
    };
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let mut read = Some(case.clone());
    for _ in 0..ATTEMPTS {
        // What it asks for is an answer of its own; whether it may is for the action's policies to say.
        let loaded = match read.take() {
            Some(case) => load::permitted(governance, environment, caller, Permission::MESSAGE_ANSWER, case)?,
            None => load::load(governance, journal, environment, caller, Permission::MESSAGE_ANSWER, &row.case).await?,
        };
        let prepared = match ask::prepared(parts, caller, &loaded, spec, arguments).await {
            Ok(prepared) => prepared,
            Err(refused) if refused.kind == Kind::Unreachable => return Ok(Err(refused.detail)),
            Err(refused) => return Err(refused),
        };
        let (command, words) = match prepared.answer() {
            Answer::Deny => {
                let note = format!("Policy denies `{action}` ({}): {}", prepared.shown_text, prepared.because());
                let words = sealed(parts, &loaded, cut(&note, REASON_MAX)).await?;
                let reason = YieldReason::NeedsAction;
                (Command::Yield { epoch: due.epoch, reason, note: Some(words.words.clone()), found: None }, words)
            }
            answer => {
                let key = match answer {
                    Answer::Needs { confirmations } if confirmations.contains(&Confirming::Customer) => "request_waits",
                    Answer::Needs { .. } => "request_waits_for_staff",
                    Answer::Allow | Answer::Deny => "request_under_way",
                };
                let language = prepared.language();
                let texts = governance.bundle.texts();
                let text = texts.say(language.as_deref(), key, &[("shown", &prepared.shown_text)]);
                let words = sealed(parts, &loaded, &text).await?;
                let answer = Command::Answer {
                    epoch: due.epoch,
                    words: words.words.clone(),
                    to: due.message,
                    marks: Vec::new(),
                    found: None,
                };
                (answer, words)
            }
        };
        let together = Together {
            repeat: None,
            epoch: Some(due.epoch),
            then: vec![command],
            sealed: vec![words],
            claim: Some(row.id.clone()),
        };
        match ask::commit(parts, caller, loaded.case, spec, prepared, together, |view| view).await {
            Ok(_) => return Ok(Ok(())),
            Err(Uncommitted::Moved) => environment.metrics.conflicts.inc(),
            Err(Uncommitted::Refused(refused)) if refused.kind == Kind::LimitReached => {
                return Ok(Err(refused.detail));
            }
            Err(Uncommitted::Refused(refused)) => return Err(refused),
        };
    }
    Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
}

async fn sealed(parts: &Parts, loaded: &load::Loaded, text: &str) -> Result<crate::vault::keys::Sealed, Refused> {
    sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, loaded, text).await
}
