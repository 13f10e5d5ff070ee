//! Asking for an action: exactly, on a case, with policy's answer on record before anybody is told.

use super::{
    evaluate::{self, Evaluated, Exact, Moment},
    record,
    view::{RequestView, VerdictView},
};
use crate::{
    ATTEMPTS, Caller, Done, Governance, Journal, Kept, Parts, Repeat,
    access::auth,
    caller::principal::Principal,
    operation::{AskRequestRefusal, PreviewRequestRefusal},
    pipeline::{
        self,
        about::About,
        commit::{self, SideRows},
        lease,
        load::Loaded,
        projections, sealing,
    },
    refused::{Kind, Refused, refused},
    vault::keys::Sealed,
};
use remit_domain::{
    Case, Command, Refusal,
    case::Status,
    command::Effects,
    id::{DecisionId, RequestId, ResponderId, StaffId, Timestamp},
    request::{Answer, Asker, DelegateAsker, Request, RequestAsked, RequestDecision, RequestNoted},
    signal::Signals,
};
use remit_policy::{action::ActionSpec, actions::Permission};
use remit_store::CommitError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A request for an action.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRequest {
    /// The action, one of the bundle's catalogue.
    pub action: String,
    /// With what, as the action's parameters say; money in minor units.
    #[serde(deserialize_with = "remit_responders::once")]
    #[schema(value_type = Object)]
    pub arguments: Map<String, Value>,
    /// The lease, where who asks has the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

/// Asks for an action.
///
/// # Errors
/// [`AskRequestRefusal`] says when each arises.
pub async fn ask_request(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    case: &str,
    ask: AskRequest,
) -> Result<Done<RequestView>, AskRequestRefusal> {
    Ok(ask_shown(parts, caller, repeat, case, &ask, |view| view).await?)
}

/// Asks for an action, and answers with what `show` makes of the request.
pub(crate) async fn ask_shown<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    case: &str,
    ask: &AskRequest,
    show: impl Fn(RequestView) -> T,
) -> Result<Done<T>, Refused> {
    for _ in 0..ATTEMPTS {
        let loaded = loaded(parts, caller, case, ask.epoch).await?;
        let spec = known(&parts.governance, &ask.action, &ask.arguments)?;
        let prepared = prepared(parts, caller, &loaded, spec, &ask.arguments).await?;
        let asked = Together { repeat, epoch: ask.epoch, then: Vec::new(), sealed: Vec::new(), claim: None };
        match commit(parts, caller, loaded.case, spec, prepared, asked, &show).await {
            Err(Uncommitted::Moved) => parts.environment.metrics.conflicts.inc(),
            Err(Uncommitted::Refused(refused)) => return Err(refused),
            Ok(done) => return Ok(done),
        };
    }
    Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
}

/// What would be answered, without a request: so that people see it before they ask.
///
/// # Errors
/// [`PreviewRequestRefusal`] says when each arises.
pub async fn preview_request(
    parts: &Parts,
    caller: &Caller,
    case: &str,
    ask: AskRequest,
) -> Result<RequestView, PreviewRequestRefusal> {
    let loaded = loaded(parts, caller, case, ask.epoch).await?;
    let spec = known(&parts.governance, &ask.action, &ask.arguments)?;
    let prepared = prepared(parts, caller, &loaded, spec, &ask.arguments).await?;
    counted(&parts.journal, caller, &loaded.case, spec, &prepared.asked.decision).await?;
    let request = Request::asked_for(&prepared.asked);
    Ok(told(&parts.governance, &request, &prepared.shown_text, &prepared.asked.decision))
}

/// What is told of a request to who asks for it. Of what policy denies nobody but staff is told what is true of it: it
/// may be somebody else's.
fn told(governance: &Governance, request: &Request, shown: &str, decision: &RequestDecision) -> RequestView {
    let view = RequestView::new(governance, request).answered(decision);
    if is_told(decision) { view.reading(shown) } else { view.untold() }
}

/// Whether who asks is told what is true of it.
fn is_told(decision: &RequestDecision) -> bool {
    decision.verdict.answer != Answer::Deny || decision.principal.staff().is_some()
}

/// That limits leave as much as what policy does not deny takes.
async fn counted(
    journal: &Journal,
    caller: &Caller,
    case: &Case,
    spec: &ActionSpec,
    decision: &RequestDecision,
) -> Result<(), Refused> {
    if decision.verdict.answer == Answer::Deny {
        return Ok(());
    }
    record::within_limits(journal, spec, decision, &case.customer, caller.principal.represented()).await
}

/// Policy's answer alone, as [`preview_request`] tells it.
///
/// # Errors
/// As [`preview_request`], for which [`PreviewRequestRefusal`] says when each arises.
pub(crate) async fn verdict_of(
    parts: &Parts,
    caller: &Caller,
    case: &str,
    action: &str,
    arguments: &Map<String, Value>,
) -> Result<VerdictView, Refused> {
    let loaded = loaded(parts, caller, case, None).await?;
    let spec = known(&parts.governance, action, arguments)?;
    let decision = evaluated(parts, caller, &loaded, spec, arguments).await?.decision;
    counted(&parts.journal, caller, &loaded.case, spec, &decision).await?;
    let verdict = VerdictView::of(&decision);
    Ok(if is_told(&decision) { verdict } else { verdict.untold() })
}

/// The action of the catalogue, if the arguments fit it.
pub(crate) fn known<'p>(
    governance: &'p Governance,
    action: &str,
    arguments: &Map<String, Value>,
) -> Result<&'p ActionSpec, Refused> {
    let catalogue = governance.bundle.catalogue();
    let spec = catalogue.iter().find(|spec| spec.name.as_str() == action).ok_or_else(|| {
        let names: Vec<&str> = catalogue.iter().map(|spec| spec.name.as_str()).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Refused::invalid("action", format!("the bundle has no such action in its catalogue, which has {there}"))
    })?;
    spec.parameters.check(arguments).map_err(|error| Refused::invalid("arguments", error))?;
    Ok(spec)
}

async fn loaded(parts: &Parts, caller: &Caller, case: &str, epoch: Option<u64>) -> Result<Loaded, Refused> {
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let loaded =
        lease::load_under(governance, journal, environment, caller, Permission::REQUEST_ASK, case, epoch).await?;
    match (loaded.case.status, &loaded.case.holder, epoch) {
        (Status::Resolved, ..) => Err(Refusal::CaseResolved.into()),
        // Before the connector is asked what is true, and where nothing is put on record, too.
        (Status::Open, Some(holder), Some(held)) if holder.epoch != held => {
            Err(Refusal::LeaseLost { held, current: holder.epoch, holder: holder.to_ref() }.into())
        }
        (Status::Open, ..) => Ok(loaded),
    }
}

/// A request that policy has answered, ready to be put on record.
#[derive(Debug)]
pub(crate) struct PreparedRequest {
    pub(super) asked: RequestAsked,
    arguments: Sealed,
    shown: Sealed,
    /// What who confirms it reads.
    pub(crate) shown_text: String,
}

impl PreparedRequest {
    /// What policy answered.
    pub(crate) fn answer(&self) -> &Answer {
        &self.asked.decision.verdict.answer
    }

    /// The customer's language, as it was read.
    pub(crate) fn language(&self) -> Option<String> {
        language(&self.asked.decision.signals)
    }

    /// The policies that determined it, in words.
    pub(crate) fn because(&self) -> String {
        let decision = &self.asked.decision;
        let reason = |id| decision.policies.get(id).map(|note| format!("{id}: {}", note.reason));
        let reasons: Vec<String> = decision.verdict.policies.iter().filter_map(reason).collect();
        if reasons.is_empty() { "no policy permits it".to_owned() } else { reasons.join("; ") }
    }
}

fn language(signals: &Signals) -> Option<String> {
    signals.get("language").map(|reading| reading.value.to_string())
}

/// Has policy answer, and seals what was asked for and what is read of it.
pub(crate) async fn prepared(
    parts: &Parts,
    caller: &Caller,
    loaded: &Loaded,
    spec: &ActionSpec,
    arguments: &Map<String, Value>,
) -> Result<PreparedRequest, Refused> {
    let evaluated = evaluated(parts, caller, loaded, spec, arguments).await?;
    let (case, now) = (&loaded.case, evaluated.decision.at);
    let language = language(&evaluated.decision.signals);
    let shown_text = spec.template.say(language.as_deref(), arguments, &evaluated.told);
    let (journal, vault, environment) = (&parts.journal, &parts.vault, &parts.environment);
    let written = serde_json::to_string(arguments).map_err(Refused::internal)?;
    let sealed_arguments = sealing::seal_on(journal, vault, environment, loaded, &written).await?;
    let shown = sealing::seal_on(journal, vault, environment, loaded, &shown_text).await?;
    // Nobody says yes to what ended with a delegation that it was asked for under. It waits longer than the token by
    // which it was asked for, which lasts minutes.
    let chain = caller.principal.represented().map_or(&[][..], |of| &of.chain);
    let ends = chain.iter().map(|delegation| delegation.grant.not_after);
    let due = ends.fold(now.plus_ms(spec.deadline_ms), Timestamp::min);
    let asked = RequestAsked {
        customer: case.customer.clone(),
        arguments: sealed_arguments.words.clone(),
        shown: shown.words.clone(),
        amount: spec.amount(&evaluated.decision.arguments, &evaluated.decision.facts),
        reserved: Vec::new(),
        standing: evaluated.standing,
        due,
        decision: evaluated.decision,
    };
    Ok(PreparedRequest { asked, arguments: sealed_arguments, shown, shown_text })
}

/// Policy's answer on what is true now.
async fn evaluated(
    parts: &Parts,
    caller: &Caller,
    loaded: &Loaded,
    spec: &ActionSpec,
    arguments: &Map<String, Value>,
) -> Result<Evaluated, Refused> {
    let (case, now) = (&loaded.case, parts.environment.now());
    let mut ids = parts.environment.ids(now)?;
    let (id, decision) = (RequestId::next(&mut ids), DecisionId::next(&mut ids));
    let signals = evaluate::signals(parts, case, now).await?;
    let by = asker(parts, caller, case, &signals)?;
    let hash = evaluate::hash(id, case, spec.name.as_str(), &by, arguments)?;
    let mut exact = Exact { id, spec, asker: by, arguments: arguments.clone(), hash };
    if spec.facts.is_empty() {
        let moment = Moment { now, decision, confirmed: &[], begun: None };
        return exact.evaluate(&parts.governance, &parts.journal, case, (signals, Map::new()), moment).await;
    }
    let told = exact.told(parts, case).await.inspect_err(|refused| {
        if refused.kind == Kind::Unreachable {
            tracing::warn!(%refused, "a connector did not say what is true");
        }
    })?;
    // Its connector took its time: whoever asks may be gone by now, and what is known of them another thing.
    // Of a delegate, what it stands on is expected in the commit.
    let by_token = caller.usage.is_some() && caller.principal.represented().is_none();
    if by_token && !auth::stands(&parts.journal, &parts.live, &parts.environment, caller).await? {
        return Err(Refused::new(Kind::Forbidden, "the token was revoked, or ran out, while facts were asked for"));
    }
    let now = parts.environment.now();
    let signals = evaluate::signals(parts, case, now).await?;
    exact.asker = asker(parts, caller, case, &signals)?;
    let moment = Moment { now, decision, confirmed: &[], begun: None };
    exact.evaluate(&parts.governance, &parts.journal, case, (signals, told), moment).await
}

/// What goes into one commit with a request.
pub(crate) struct Together<'a> {
    pub(crate) repeat: Option<&'a Repeat>,
    /// The lease under which it is asked for.
    pub(crate) epoch: Option<u64>,
    /// What is done on the case with it, after it.
    pub(crate) then: Vec<Command>,
    /// Words that those commit to.
    pub(crate) sealed: Vec<Sealed>,
    /// The outbox row that this is done for.
    pub(crate) claim: Option<String>,
}

/// Why a request is not on record.
#[derive(Debug)]
pub(crate) enum Uncommitted {
    /// The case changed since it was evaluated.
    Moved,
    /// It is refused.
    Refused(Refused),
}

impl From<Refused> for Uncommitted {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Puts a request on record, with what is done on its case, if the case is as it was evaluated.
pub(crate) async fn commit<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    case: Case,
    spec: &ActionSpec,
    prepared: PreparedRequest,
    together: Together<'_>,
    show: impl Fn(RequestView) -> T,
) -> Result<Done<T>, Uncommitted> {
    let PreparedRequest { asked, arguments, shown, shown_text } = prepared;
    let in_flight = parts.journal.announce();
    let mut context = parts.environment.context(&caller.pseudonym)?;
    context.now = asked.decision.at;
    let noted = RequestNoted {
        request: asked.decision.request,
        action: asked.decision.action.clone(),
        arguments: asked.arguments.clone(),
        shown: asked.shown.clone(),
        at: context.now,
    };
    let note = Command::NoteRequest { epoch: together.epoch, noted };
    let mut effects = Effects { case: case.clone(), events: Vec::new() };
    for command in std::iter::once(note).chain(together.then) {
        let next = pipeline::decided(parts, Some(&effects.case), command, None, About::default(), &mut context).await?;
        effects.case = next.case;
        effects.events.extend(next.events);
    }
    let decision = asked.decision.clone();
    let (request, more) = record::asked(&parts.environment, caller, spec, asked, context.now)?;
    let view = show(told(&parts.governance, &request, &shown_text, &decision));
    let sealed = [arguments, shown].into_iter().chain(together.sealed);
    let side = SideRows::sealed(sealed.collect(), together.claim);
    let now = context.now;
    let mut ready = commit::record(parts, caller, together.repeat, Some(&case), effects, side, view, now)?;
    ready.commit.with(more);
    let done = parts.journal.commit_and(ready.commit, in_flight, || {
        projections::follow(parts, ready.projections.change);
        parts.environment.metrics.happened(&ready.projections.counted);
    });
    match done.await {
        Ok(_) => Ok(Done::Now { output: ready.output, kept: ready.kept }),
        Err(CommitError::Replayed { response }) => Ok(Done::Before(Kept::stored(response))),
        Err(CommitError::VersionConflict { .. }) => Err(Uncommitted::Moved),
        Err(CommitError::Overdrawn { counter, left }) => {
            Err(Refused::new(Kind::LimitReached, record::reached(spec, &counter, left)).into())
        }
        Err(error) => Err(refused(error).into()),
    }
}

/// Who somebody is that works here: who signed in is the same person in each session of theirs.
fn who(caller: &Caller, person: Option<&StaffId>) -> String {
    person.map_or_else(|| caller.pseudonym.to_string(), ToString::to_string)
}

/// Whether `caller` asked for a request. What a delegate's own are is its delegation's to say.
pub(super) fn is_asker(caller: &Caller, request: &Request) -> bool {
    match (&caller.principal, &request.by) {
        (Principal::Integration, Asker::Integration { token, .. }) => *token == *caller.pseudonym,
        (Principal::Responder(name), Asker::Responder { facts }) => facts.responder.as_str() == name,
        (Principal::Customer(customer), Asker::Customer { customer: asker }) => customer == asker,
        (Principal::Delegate(_), Asker::Delegate(_)) => true,
        (Principal::Staff { staff, .. }, Asker::Staff { staff: asker, .. }) => staff == asker,
        (Principal::Person(person), Asker::Person { who: asker, .. }) => *asker == who(caller, person.as_ref()),
        _ => false,
    }
}

/// As who `caller` asks.
fn asker(parts: &Parts, caller: &Caller, case: &Case, signals: &Signals) -> Result<Asker, Refused> {
    Ok(match &caller.principal {
        Principal::Staff { staff, .. } => Asker::Staff { staff: staff.clone(), roles: caller.roles.clone() },
        Principal::Customer(customer) => Asker::Customer { customer: customer.clone() },
        Principal::Delegate(of) => Asker::Delegate(Box::new(DelegateAsker {
            delegate: of.delegate,
            class: of.class,
            customer: of.customer.clone(),
            chain: of.chain.iter().map(|link| link.id).collect(),
            token: of.token.clone(),
            key: of.key.clone(),
        })),
        Principal::Responder(name) => {
            let responder = ResponderId::new(name).map_err(Refused::internal)?;
            let asker = evaluate::as_responder(parts, case, &responder, signals, parts.environment.now());
            asker.ok_or_else(|| Refused::new(Kind::Forbidden, "the bundle has no such AI responder"))?
        }
        Principal::Person(person) => Asker::Person { who: who(caller, person.as_ref()), roles: caller.roles.clone() },
        Principal::Integration | Principal::System(_) => {
            Asker::Integration { token: caller.pseudonym.to_string(), roles: caller.roles.clone() }
        }
    })
}
