//! Opens cases, and says what opening one would come to.

use crate::ATTEMPTS;
use crate::{
    Caller, Done, Environment, Governance, Live, Parts, Repeat,
    access::auth,
    case::{
        automatic::{self, NothingOpened},
        bounds::{self, CUSTOMER_MAX, TEXT_MAX},
        counted::{self, CaseAnswer},
        feedback, schema,
    },
    customer,
    evidence::decision::{self, WouldDecide},
    pipeline::{
        self,
        commit::Act,
        facts,
        measure::{self, Named, PostedReading},
    },
    refused::{Kind, Refused},
    vault::customers::Customer,
};
use remit_domain::{
    Command, Step,
    case::{Channel, Requester},
    decision::Trigger,
    id::Timestamp,
};
use remit_signals::written::written;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    bounds::bounded("customer", &open.customer, CUSTOMER_MAX)?;
    let message = written(&open.text);
    if let Some(nothing) = automatic::nothing_opened(&parts.governance, &parts.environment, &open, &message).await? {
        return Ok(Opened::Nothing(nothing));
    }
    let now = parts.environment.now();
    let readings = measure::measure(&parts.governance, &parts.environment, &message, now).await?;
    for _ in 0..ATTEMPTS {
        let customer = customer::customer(&parts.journal, &parts.vault, &parts.environment, &open.customer).await?;
        let act = opening_of(parts, caller, customer, &open, readings.clone(), now).await?;
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
    bounds::bounded("customer", &open.customer, CUSTOMER_MAX)?;
    let message = written(&open.text);
    automatic::asked_by_a_person(&open, &message)?;
    let now = parts.environment.now();
    let readings = measure::measure(&parts.governance, &parts.environment, &message, now).await?;
    let act = opening_of(
        parts,
        caller,
        customer::customer(&parts.journal, &parts.vault, &parts.environment, &open.customer).await?,
        &open,
        readings,
        now,
    )
    .await?;
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
    bounds::bounded("text", &open.text, TEXT_MAX)
}

/// The command for a case in which `readings` were measured.
pub(crate) async fn opening_of(
    parts: &Parts,
    caller: &Caller,
    customer: Customer,
    open: &OpenCase,
    mut readings: Named,
    now: Timestamp,
) -> Result<Act, Refused> {
    readings.push(measure::repeat_contacts(&parts.journal, &customer, now).await?);
    readings.extend(measure::posted(&parts.governance, caller, &open.signals, now)?);
    let sealed = customer.key.seal(&open.text, &parts.environment.entropy)?;
    let again = if customer.met {
        feedback::ended_before(&parts.governance, &parts.journal, &customer.id, &readings, now).await?
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
