//! A customer asks on the chat page to be called back: the times that there are, and the one that they pick.

use super::{begun, current_of, pace_write};
use crate::{
    Governance, Parts, Repeat,
    case::{announce, defer},
    environment::clock::rfc3339,
    live::chats::Chat,
    operation::{AskForCallbackRefusal, EndCallbackRefusal, GetCallbackRefusal, Refusal},
    pipeline::{self, commit::Envelope, load},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command,
    case::Status,
    deferral::{DeferralHow, DeferralKind, Wish},
    id::{ResponderId, Timestamp},
};
use remit_policy::{
    actions::Permission,
    bundle::{QueueSpec, WallTime},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

const DAY_MS: i64 = 24 * 3_600_000;

/// How far ahead a call can be asked for: two months.
const AHEAD_MS: i64 = 62 * DAY_MS;

/// Days on which times are offered.
const DAYS: usize = 7;

/// From one time that is offered to the next, and from now to the first.
const STEP_MS: i64 = 30 * 60_000;

/// When a customer can be called.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallbackTimes {
    /// When they are called, where that is agreed on or promised already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// The IANA zone in which the queue that has the case works, in which times and days are told.
    #[schema(example = "Europe/London")]
    pub time_zone: String,
    /// Days with times within opening hours, the next first. Any other moment within these hours can be asked for too.
    pub days: Vec<CallbackDay>,
    /// What a page says around them, in the customer's language.
    pub texts: CallbackTexts,
}

/// A day on which a customer can be called.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallbackDay {
    /// Its date there.
    #[schema(example = "2026-03-11")]
    pub date: String,
    /// The same in words.
    pub title: String,
    /// Its times, in order.
    pub times: Vec<CallbackTime>,
}

/// A moment at which a customer can be called.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallbackTime {
    /// The moment: ask for it as it stands.
    #[schema(format = DateTime)]
    pub at: String,
    /// What the clock there shows.
    #[schema(example = "08:30")]
    pub title: String,
}

/// What a page says around the times, to be shown as it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallbackTexts {
    /// What is asked.
    pub when: String,
    /// What days are called.
    pub day: String,
    /// What times are called, with the zone.
    pub time: String,
    /// What is said where there is no time.
    pub none: String,
    /// What asks for the call.
    pub confirm: String,
    /// What takes it back.
    pub cancel: String,
    /// What leaves everything as it is.
    pub keep: String,
}

/// A moment at which the customer wants to be called.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskCallback {
    /// The moment, as RFC 3339: still to come, within two months, and while the queue that has the case is open.
    #[schema(format = DateTime)]
    pub at: String,
}

/// When the customer of a case is called, where that is still to come.
pub(super) fn agreed(case: &Case) -> Option<Timestamp> {
    case.deferrals.get(&DeferralKind::Callback).filter(|callback| !callback.is_due).map(|callback| callback.until)
}

/// What the customer of a case is offered, in words, where they can ask to be called.
pub(super) fn offered(governance: &Governance, case: &Case, now: Timestamp) -> Option<String> {
    let (_, queue) = desk(governance, case).ok()?;
    queue.opens(now).filter(|opens| opens.since(now) <= AHEAD_MS)?;
    let text = if agreed(case).is_some() { "callback_change" } else { "callback_ask" };
    Some(governance.bundle.texts().say(announce::language(case), text, &[]))
}

/// The queue in whose hours the customer can be called: the one that has the case, or whose member of staff does.
fn desk<'a>(governance: &'a Governance, case: &'a Case) -> Result<(&'a ResponderId, &'a QueueSpec), Refused> {
    let conflict = |why: &str| Refused::new(Kind::Conflict, why);
    let holder = case.holder.as_ref().filter(|_| case.status == Status::Open);
    let holder = holder.ok_or_else(|| conflict("the case has ended; write again first"))?;
    if case.situations.gravest().is_some() {
        return Err(conflict("a danger stands on the case, which waits for no call"));
    }
    if case.deferrals.get(&DeferralKind::Callback).is_some_and(|callback| callback.is_due) {
        return Err(conflict("the moment of the call has come"));
    }
    let queue = holder.responder().filter(|_| !case.held_by_ai);
    let queue = queue.and_then(|id| Some((id, governance.bundle.candidate(id)?.queue.as_ref()?)));
    queue.ok_or_else(|| conflict("no person of a queue has the case; ask for a person first"))
}

/// When the customer of a chat can be called.
///
/// # Errors
/// [`GetCallbackRefusal`] says when each arises.
pub async fn callback_times(parts: &Parts, chat: &Chat) -> Result<CallbackTimes, GetCallbackRefusal> {
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let Some(now) = current_of(journal, chat).await? else { return Err(nothing_said().into()) };
    let caller = chat.caller();
    let case =
        load::case_for(governance, journal, environment, &caller, Permission::CASE_READ, &now.id.to_string()).await?;
    let (_, queue) = desk(governance, &case)?;
    let (language, texts) = (announce::language(&case), governance.bundle.texts());
    let say = |text: &str, with: &[(&str, &str)]| texts.say(language, text, with);
    let days = days(queue, environment.now(), &|at| texts.day(language, "callback_when", at));
    Ok(CallbackTimes {
        at: agreed(&case).map(rfc3339),
        time_zone: queue.zone().to_owned(),
        days,
        texts: CallbackTexts {
            when: say("callback_when", &[]),
            day: say("callback_day", &[]),
            time: say("callback_time", &[("zone", queue.zone())]),
            none: say("callback_none", &[]),
            confirm: say("callback_confirm", &[]),
            cancel: say("callback_cancel", &[]),
            keep: say("callback_keep", &[]),
        },
    })
}

fn nothing_said() -> Refused {
    Refused::new(Kind::Conflict, "nothing was said on this chat yet; say something first")
}

/// Times within the opening hours of a queue after `now`, by the day that the clock there shows.
fn days(queue: &QueueSpec, now: Timestamp, title: &dyn Fn(&WallTime) -> String) -> Vec<CallbackDay> {
    let mut days: BTreeMap<String, CallbackDay> = BTreeMap::new();
    let (first, last) = (now.plus_ms(STEP_MS), now.plus_ms(AHEAD_MS));
    // A shift of the day before may not be over.
    let from = queue.wall_time(now.plus_ms(-DAY_MS)).map(|there| there.date).unwrap_or_default();
    let ahead = usize::try_from(AHEAD_MS / DAY_MS).unwrap_or_default();
    let openings = queue.days(&from, ahead).unwrap_or_default().into_iter().flat_map(|day| day.openings);
    for opening in openings {
        let steps = std::iter::successors(Some(opening.opens_ms), |at| at.checked_add(STEP_MS));
        for at in steps.take_while(|at| *at < opening.closes_ms).map(Timestamp).filter(|at| *at >= first && *at <= last)
        {
            let Some(there) = queue.wall_time(at) else { continue };
            if days.len() == DAYS && !days.contains_key(&there.date) {
                return days.into_values().collect();
            }
            let day = days.entry(there.date.clone()).or_insert_with(|| CallbackDay {
                title: title(&there),
                date: there.date.clone(),
                times: Vec::new(),
            });
            day.times.push(CallbackTime { at: rfc3339(at), title: there.time });
        }
    }
    days.into_values().collect()
}

/// Has the customer of a chat called at the moment that they ask for, in place of one that was agreed on before.
///
/// # Errors
/// [`AskForCallbackRefusal`] says when each arises.
pub async fn ask_for_callback(
    parts: &Parts,
    chat: &Chat,
    repeat: &Repeat,
    asked: AskCallback,
) -> Result<(), AskForCallbackRefusal> {
    let governance = &parts.governance;
    act(parts, chat, repeat, |case, now| {
        let until = defer::moment(now, "at", &asked.at)?;
        let (queue, hours) = desk(governance, case)?;
        if until.since(now) > AHEAD_MS {
            return Err(Refused::invalid("at", "is more than two months ahead"));
        }
        match hours.opens(until) {
            Some(opens) if opens == until => {}
            Some(opens) => {
                let title = announce::title(&governance.bundle, queue.as_str());
                let detail = format!("{title} is closed then; it opens at {}", rfc3339(opens));
                return Err(Refused::invalid("at", detail));
            }
            None => return Err(Refused::invalid("at", "nobody works then, nor for long after")),
        }
        let call_by = Some(until.plus_ms(governance.bundle.terms().callback_ms));
        let (kind, after, field, party, note) = (DeferralKind::Callback, None, None, None, None);
        let wording = Some(announce::wording(governance, case));
        let wish = Wish { kind, until, call_by, after, field, party, note, wording };
        Ok(Command::Defer { epoch: None, wish })
    })
    .await
}

/// Takes back the call that the customer of a chat was to get.
///
/// # Errors
/// [`EndCallbackRefusal`] says when each arises.
pub async fn end_callback(parts: &Parts, chat: &Chat, repeat: &Repeat) -> Result<(), EndCallbackRefusal> {
    act(parts, chat, repeat, |_, now| {
        let (kind, how) = (DeferralKind::Callback, DeferralHow::Cancelled);
        Ok(Command::EndDeferral { epoch: None, kind, how, due: now })
    })
    .await
}

/// Gives the command that `make` makes of the case with which a chat goes on, for its customer.
async fn act<R: Refusal>(
    parts: &Parts,
    chat: &Chat,
    repeat: &Repeat,
    make: impl FnOnce(&Case, Timestamp) -> Result<Command, Refused>,
) -> Result<(), R> {
    pace_write(&parts.environment, chat)?;
    let _turn = chat.turn.lock().await;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let (caller, id) = (chat.caller(), begun(journal, chat).await?.id.to_string());
    let acted = async {
        let loaded = load::load(governance, journal, environment, &caller, Permission::MESSAGE_POST, &id).await?;
        let command = make(&loaded.case, environment.now())?;
        let envelope = Envelope::on(loaded, command);
        Ok::<_, R>(pipeline::execute(parts, &caller, Some(repeat), Some(&id), envelope, |_| ()).await?)
    };
    pipeline::or_earlier_answer(journal, &parts.vault, &caller, Some(repeat), acted).await.map(|_| ())
}
