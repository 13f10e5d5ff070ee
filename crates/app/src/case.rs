//! What can be done to a case: open, write, answer, measure, hand over, override, resolve, reopen, erase.

use crate::{
    ATTEMPTS, Caller, Done, Environment, Governance, Journal, Live, Parts, Repeat, auth,
    automatic::{self, NothingOpened},
    commit::{Act, Loaded},
    counted::{self, NotCounted},
    customer::{self, Customer},
    decision::{self, WouldDecide},
    facts, feedback,
    measure::{self, Named, PostedReading},
    pipeline,
    refused::{Kind, Refused},
    resolve_names, schema, sealing,
    view::{CaseView, DecisionSummary},
    view_check,
};
use remit_domain::{
    Case, Command, Step,
    case::{Channel, Holder, Requester},
    decision::{Trigger, YieldReason},
    event::Mark,
    id::{CaseId, Disposition, ResponderId, StaffId, Timestamp},
};
use remit_policy::engine::Held;
use remit_signals::{normal::says_nothing, written::written};
use remit_store::Store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use super::counted::shown;

/// What becomes of a request to open a case.
#[derive(Debug, Clone)]
pub enum Opened {
    /// A case was opened and decided.
    Case(Box<Done<CaseAnswer>>),
    /// A machine sent the message.
    Nothing(NothingOpened),
}

/// A request to take in.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCase {
    /// Your own identifier of the customer; recorded only as a pseudonym.
    #[schema(max_length = 256, min_length = 1)]
    pub customer: String,
    /// What the customer wrote.
    #[schema(max_length = 32_768, min_length = 1)]
    pub text: String,
    /// Over which channel: `chat`, `email`, `web`, `phone` or `api`.
    #[schema(schema_with = schema::channel)]
    pub channel: Channel,
    /// Who wrote: `customer`, `proxy`, `workflow`, `autonomous` or `integration`.
    #[serde(default = "customer")]
    #[schema(schema_with = schema::requester)]
    pub requester: Requester,
    /// Readings that you have of the case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<PostedReading>,
    /// The value of the message's field `Auto-Submitted` (RFC 3834): `no` where a person sent it, `auto-generated`,
    /// `auto-replied` or another keyword where a machine did, which opens no case. Without it the usual forms of
    /// machines' messages are known by their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "auto-replied")]
    pub auto_submitted: Option<String>,
}

fn customer() -> Requester {
    Requester::Customer
}

/// A message on a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostMessage {
    /// What it says.
    #[schema(max_length = 32_768, min_length = 1)]
    pub text: String,
    /// The holder's lease, when the holder writes; without it the requester writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// What the holder commits to with it, so that the next holder is told: `promise`, `refusal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::marks)]
    pub marks: Vec<Mark>,
    /// The value of the message's field `Auto-Submitted` (RFC 3834), where the requester writes: what a machine sent is
    /// kept, and nothing follows from it. Without it the usual forms are known by their words; `no` says that a person
    /// wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "auto-replied")]
    pub auto_submitted: Option<String>,
}

/// Readings of a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostSignals {
    /// The readings.
    pub signals: Vec<PostedReading>,
}

/// A wish to hand a case over.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestHandoff {
    /// The holder's lease.
    pub epoch: u64,
    /// Why: `unsure`, `out_of_scope`, `wants_human`, `needs_action`, `tool_failed`, `conversation_stuck`, `wrong_team`,
    /// `no_answer`; `return_to_ai` to ask for an AI responder to take over again; `return_to_queue` to give a case that
    /// you took back to its queue.
    pub reason: HandoffReason,
    /// A note for the next holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32_768)]
    pub note: Option<String>,
}

/// Why a case is handed over.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandoffReason {
    /// Not sure enough of the answer.
    Unsure,
    /// Outside what the holder may or can answer.
    OutOfScope,
    /// The customer wants a human.
    WantsHuman,
    /// Needs an action that the holder may not take.
    NeedsAction,
    /// A tool failed.
    ToolFailed,
    /// The conversation goes in circles.
    ConversationStuck,
    /// Belongs to another team.
    WrongTeam,
    /// Did not answer in time.
    NoAnswer,
    /// Another of the queue's staff may have it.
    ReturnToQueue,
    /// An AI responder may have it again.
    ReturnToAi,
}

/// A human's decision against the system.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeOverride {
    /// The responder that is to have the case.
    pub to: String,
    /// Why.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// The end of a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveCase {
    /// The holder's lease.
    pub epoch: u64,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4_096)]
    pub note: Option<String>,
    /// How it is wrapped up, as the bundle lists it under `dispositions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
}

/// A resolved case that came back.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenCase {
    /// Why.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// A case and what was decided about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseAnswer {
    /// The case as it is now.
    pub case: CaseView,
    /// The decision that this request caused, if it caused one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionSummary>,
    /// Readings of this request that do not count, with those that count in their place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_counted: Vec<NotCounted>,
}

/// Longest message, in bytes of UTF-8.
pub const TEXT_MAX: usize = 32_768;
/// Longest reason, in bytes of UTF-8.
pub const REASON_MAX: usize = 4_096;
/// Longest external identifier of a customer, in bytes of UTF-8.
pub const CUSTOMER_MAX: usize = 256;

pub(crate) fn bounded(field: &str, text: &str, max: usize) -> Result<(), Refused> {
    if says_nothing(text) {
        return Err(Refused::invalid(field, "must not be empty"));
    }
    if text.len() > max {
        return Err(Refused::invalid(field, format!("has {} bytes, more than {max}", text.len())));
    }
    Ok(())
}

/// Takes a request in, decides who handles it, and answers once both are durable.
///
/// # Errors
/// When policy, a bound or the store refuses.
pub async fn open_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    open: OpenCase,
) -> Result<Opened, Refused> {
    may_open(&parts.governance, &parts.live, &parts.environment, caller, &open)?;
    bounded("customer", &open.customer, CUSTOMER_MAX)?;
    let message = written(&open.text);
    if let Some(nothing) = automatic::nothing_opened(&parts.governance, &parts.environment, &open, &message).await? {
        return Ok(Opened::Nothing(nothing));
    }
    let now = parts.environment.now();
    let readings = measure::measure(&parts.governance, &parts.environment, &message, now).await?;
    for _ in 0..ATTEMPTS {
        let customer = customer::customer(&parts.journal, &parts.vault, &parts.environment, &open.customer)?;
        let act = opening_of(parts, caller, customer, &open, readings.clone(), now)?;
        // Those that came with it are measured first, so that what measuring reads stays in the processor's caches.
        tokio::task::yield_now().await;
        match pipeline::execute(parts, caller, repeat, None, act, counted::shown_with(parts, caller, &open.signals))
            .await
        {
            // The customer was erased since their key was read: what they say now is sealed under another one.
            Err(refused) if refused.kind == Kind::Erased => {
                customer::forget_customer(&parts.vault, &customer::customer_id(&parts.vault, &open.customer));
            }
            done => return done.map(|done| Opened::Case(Box::new(done))),
        }
    }
    Err(Refused::new(Kind::Changed, "the customer was erased again and again meanwhile"))
}

/// What would be decided if this request came in now. Nothing is recorded.
///
/// # Errors
/// When policy or a bound refuses.
pub async fn ask_route(parts: &Parts, caller: &Caller, open: OpenCase) -> Result<WouldDecide, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, "route.ask")?;
    may_open(&parts.governance, &parts.live, &parts.environment, caller, &open)?;
    bounded("customer", &open.customer, CUSTOMER_MAX)?;
    let message = written(&open.text);
    automatic::asked_by_a_person(&open, &message)?;
    let now = parts.environment.now();
    let readings = measure::measure(&parts.governance, &parts.environment, &message, now).await?;
    let act = opening_of(
        parts,
        caller,
        customer::customer(&parts.journal, &parts.vault, &parts.environment, &open.customer)?,
        &open,
        readings,
        now,
    )?;
    let mut context = parts.environment.context(caller)?;
    let happened = match remit_domain::begin(None, act.command, &mut context)? {
        Step::Done(happened) => happened,
        Step::Asks(pending) => {
            let mut answer = facts::answer(
                &parts.governance,
                &parts.live,
                &parts.environment,
                pending.case(),
                pending.question(),
                now,
            );
            answer.trigger = Trigger::Asked;
            pending.conclude(answer, &mut context)?
        }
    };
    let decision = happened.decision().ok_or_else(|| Refused::internal("opening a case took no decision"))?;
    Ok(WouldDecide {
        explanation: decision::explain(&parts.governance, &parts.journal, decision),
        decision: decision.clone(),
    })
}

/// Whether policy lets the caller open a case, and its text is within bounds.
pub(crate) fn may_open(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
    open: &OpenCase,
) -> Result<(), Refused> {
    auth::permit(governance, live, environment, caller, "case.open")?;
    bounded("text", &open.text, TEXT_MAX)
}

/// The command for a case in which `readings` were measured.
pub(crate) fn opening_of(
    parts: &Parts,
    caller: &Caller,
    customer: Customer,
    open: &OpenCase,
    mut readings: Named,
    now: Timestamp,
) -> Result<Act, Refused> {
    readings.push(measure::repeat_contacts(&parts.journal, &customer, now)?);
    readings.extend(measure::posted(&parts.governance, caller, &open.signals, now)?);
    let sealed = customer.key.seal(&open.text, &parts.environment.entropy)?;
    let again = if customer.met {
        feedback::ended_before(&parts.governance, &parts.journal, &customer.id, &readings, now)?
    } else {
        None
    };
    let (situation, not_asked) =
        (measure::noted(&parts.governance, &readings), measure::not_asked(&parts.governance, &readings));
    let command = Command::Open {
        situation,
        not_asked,
        customer: customer.id,
        requester: open.requester,
        channel: open.channel,
        words: sealed.words.clone(),
        readings,
    };
    let customer = customer.new;
    let mut act = Act::new("case.open", command).with([sealed]);
    (act.beside.customer, act.beside.again) = (customer, again);
    Ok(act)
}

/// Adds a message: the holder's if it names a lease, else the requester's, which is measured and may
/// change who holds the case.
///
/// # Errors
/// When policy, the lease, a bound or the store refuses.
pub async fn post_message(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    message: PostMessage,
) -> Result<Done<CaseAnswer>, Refused> {
    bounded("text", &message.text, TEXT_MAX)?;
    if message.marks.len() > 2 {
        return Err(Refused::invalid("marks", "name each mark once"));
    }
    let action = if message.epoch.is_some() { "message.answer" } else { "message.post" };
    let written = written(&message.text);
    let loaded = load(&parts.governance, &parts.journal, &parts.environment, caller, action, id)?;
    let automatic = automatic::automatic_on(&parts.environment, &loaded.case, &message, &written)?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &message.text)?;
    let words = sealed.words.clone();
    let command = match message.epoch {
        Some(epoch) => Command::Answer { epoch, words, to: None, marks: message.marks, found: None },
        None if !message.marks.is_empty() => {
            return Err(Refused::invalid("marks", "only the holder promises and refuses; send the lease's `epoch`"));
        }
        None => match automatic {
            Some(auto_submitted) => {
                let situation =
                    automatic::danger_of(&parts.governance, &parts.environment, auto_submitted, &written).await?;
                Command::KeepAutomatic { words, auto_submitted, situation }
            }
            None => {
                let readings = measure::measure_again(parts, &loaded.case, &written).await?;
                Command::Write { words, situation: measure::noted(&parts.governance, &readings), readings }
            }
        },
    };
    let act = Act::on(loaded, command).with([sealed]);
    pipeline::execute(parts, caller, repeat, Some(id), act, shown).await
}

/// Adds readings, which may change who holds the case.
///
/// # Errors
/// When policy, a declaration or the store refuses.
pub async fn post_signals(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    posted: PostSignals,
) -> Result<Done<CaseAnswer>, Refused> {
    let loaded = load(&parts.governance, &parts.journal, &parts.environment, caller, "signal.post", id)?;
    if posted.signals.is_empty() {
        return Err(Refused::invalid("signals", "name at least one reading"));
    }
    let readings: Named = measure::posted(&parts.governance, caller, &posted.signals, parts.environment.now())?;
    let (situation, not_asked) =
        (measure::noted(&parts.governance, &readings), measure::not_asked(&parts.governance, &readings));
    let act = Act::on(loaded, Command::Measure { readings, situation, not_asked });
    pipeline::execute(parts, caller, repeat, Some(id), act, counted::shown_with(parts, caller, &posted.signals)).await
}

/// Hands the case over, as its holder.
///
/// # Errors
/// When policy, the lease, a bound or the store refuses.
pub async fn request_handoff(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    handoff: RequestHandoff,
) -> Result<Done<CaseAnswer>, Refused> {
    let action = "handoff.request";
    let loaded = load(&parts.governance, &parts.journal, &parts.environment, caller, action, id)?;
    let sealed = sealing::seal_optional(
        &parts.journal,
        &parts.vault,
        &parts.environment,
        &loaded,
        "note",
        handoff.note.as_deref(),
    )?;
    let note = sealed.as_ref().map(|sealed| sealed.words.clone());
    let epoch = handoff.epoch;
    let yielded = |reason| Command::Yield { epoch, reason, note: note.clone(), found: None };
    let command = match handoff.reason {
        // From people to an AI responder a case goes only by a person's act.
        HandoffReason::ReturnToAi if caller.is_responder_alone() => {
            let why = "only a person asks for an AI responder: with a token of staff, a lead or an admin";
            return Err(Refused::new(Kind::Forbidden, why));
        }
        HandoffReason::ReturnToAi => Command::ReturnToAi { epoch, note },
        HandoffReason::ReturnToQueue => Command::Return { epoch, note },
        HandoffReason::NoAnswer => yielded(YieldReason::NoAnswer),
        HandoffReason::Unsure => yielded(YieldReason::Unsure),
        HandoffReason::OutOfScope => yielded(YieldReason::OutOfScope),
        HandoffReason::WantsHuman => yielded(YieldReason::WantsHuman),
        HandoffReason::NeedsAction => yielded(YieldReason::NeedsAction),
        HandoffReason::ToolFailed => yielded(YieldReason::ToolFailed),
        HandoffReason::ConversationStuck => yielded(YieldReason::ConversationStuck),
        HandoffReason::WrongTeam => yielded(YieldReason::WrongTeam),
    };
    let act = Act::on(loaded, command).with(sealed);
    pipeline::execute(parts, caller, repeat, Some(id), act, shown).await
}

/// Gives the case to the responder that a human named, with a reason.
///
/// # Errors
/// When policy, a bound, the state or the store refuses.
pub async fn override_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    wish: MakeOverride,
) -> Result<Done<CaseAnswer>, Refused> {
    let action = "override.make";
    bounded("reason", &wish.reason, REASON_MAX)?;
    let loaded = load(&parts.governance, &parts.journal, &parts.environment, caller, action, id)?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &wish.reason)?;
    let to = resolve_names::responder_named(&parts.governance, "to", &wish.to)?;
    let command = Command::Override { to, reason: sealed.words.clone() };
    let act = Act::on(loaded, command).with([sealed]).changing(super::override_log::items);
    pipeline::execute(parts, caller, repeat, Some(id), act, shown).await
}

/// Ends the case, as its holder.
///
/// # Errors
/// When policy, the lease, a bound or the store refuses.
pub async fn resolve_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    resolve: ResolveCase,
) -> Result<Done<CaseAnswer>, Refused> {
    let action = "case.resolve";
    let loaded = load(&parts.governance, &parts.journal, &parts.environment, caller, action, id)?;
    let sealed = sealing::seal_optional(
        &parts.journal,
        &parts.vault,
        &parts.environment,
        &loaded,
        "note",
        resolve.note.as_deref(),
    )?;
    let note = sealed.as_ref().map(|sealed| sealed.words.clone());
    let known =
        |name: &String| parts.governance.bundle.dispositions().iter().find(|known| known.as_str() == name).cloned();
    let disposition = match &resolve.disposition {
        Some(name) => Some(known(name).ok_or_else(|| {
            let listed: Vec<&str> = parts.governance.bundle.dispositions().iter().map(Disposition::as_str).collect();
            Refused::invalid("disposition", format!("the bundle lists {}", listed.join(", ")))
        })?),
        None => None,
    };
    let act = Act::on(loaded, Command::Resolve { epoch: resolve.epoch, note, disposition }).with(sealed);
    pipeline::execute(parts, caller, repeat, Some(id), act, shown).await
}

/// Reopens a resolved case; who handles it is decided anew.
///
/// # Errors
/// When policy, a bound, the state or the store refuses.
pub async fn reopen_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    reopen: ReopenCase,
) -> Result<Done<CaseAnswer>, Refused> {
    let action = "case.reopen";
    bounded("reason", &reopen.reason, REASON_MAX)?;
    let loaded = load(&parts.governance, &parts.journal, &parts.environment, caller, action, id)?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &reopen.reason)?;
    let command = Command::Reopen { reason: sealed.words.clone() };
    let act = Act::on(loaded, command).with([sealed]);
    pipeline::execute(parts, caller, repeat, Some(id), act, shown).await
}

/// The case with this identifier, read for an action that `caller` may take on it.
pub(crate) fn load(
    governance: &Governance,
    journal: &Journal,
    environment: &Environment,
    caller: &Caller,
    action: &'static str,
    id: &str,
) -> Result<Loaded, Refused> {
    Ok(Loaded { action, case: case_for(governance, journal, environment, caller, action, id)? })
}

/// The case with this identifier, if `caller` may do `action` on it.
pub(crate) fn case_for(
    governance: &Governance,
    journal: &Journal,
    environment: &Environment,
    caller: &Caller,
    action: &'static str,
    id: &str,
) -> Result<Case, Refused> {
    // Asked first without the case, so that ids cannot be probed by who may do nothing at all.
    let parsed: CaseId = id.parse().map_err(|e| Refused::new(Kind::NotFound, format!("{e}")))?;
    let row = journal.store.case(&parsed.to_string()).map_err(Refused::internal)?;
    let case = row.map(|row| view_check::case_of(journal, &row.state)).transpose()?;
    auth::permit_on(governance, environment, caller, action, case.as_ref().map_or_else(Held::default, held))?;
    case.ok_or_else(|| Refused::new(Kind::NotFound, format!("no case {parsed} is on record")))
}

/// Who has `case`, as the policies of the interface see it.
fn held(case: &Case) -> Held<'_> {
    let holder = case.holder.as_ref();
    Held {
        holder: holder.and_then(Holder::responder).map_or("", ResponderId::as_str),
        staff: holder.and_then(|holder| holder.staff.as_ref()).map_or("", StaffId::as_str),
        offered: case.offer.as_ref().map_or("", |offer| offer.staff.as_str()),
        customer: case.customer.as_str(),
    }
}
