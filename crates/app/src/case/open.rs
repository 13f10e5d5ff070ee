//! Opens cases, and says what opening one would come to.

use crate::{
    ATTEMPTS, Caller, Done, Environment, Governance, Live, Parts, Repeat,
    access::auth,
    bounds::{self, CUSTOMER_MAX, TEXT_MAX},
    case::{
        automatic::{self, NothingOpened},
        counted::{self, CaseAnswer},
        enrich::{self, Enriched},
        feedback, fields,
        request::OpenCase,
    },
    customer,
    operation::OpenCaseRefusal,
    pipeline::{
        self,
        about::About,
        commit::Envelope,
        found_by::FoundBy,
        measure::{self, Named},
    },
    refused::{Kind, Refused},
    vault::customers::Customer,
};
use remit_domain::{Command, case::Requester, id::Timestamp};
use remit_policy::actions::Permission;
use remit_signals::written::written;

/// What becomes of a request to open a case.
#[derive(Debug, Clone)]
pub enum Opened {
    /// A case was opened and decided.
    Case(Box<Done<CaseAnswer>>),
    /// A machine sent the message.
    Nothing(Done<NothingOpened>),
}

/// Who writes, which follows from who sends it.
///
/// # Errors
/// `Invalid` where the body says otherwise.
pub(crate) fn requester(caller: &Caller, open: &OpenCase) -> Result<Requester, Refused> {
    let follows = caller.principal.requester();
    match open.requester {
        Some(said) if said != follows => Err(Refused::invalid(
            "requester",
            format!("is `{}` for what this token sends; leave it out", follows.as_str()),
        )),
        _ => Ok(follows),
    }
}

/// Takes a request in, decides who handles it, and answers once both are durable.
///
/// # Errors
/// [`OpenCaseRefusal`] says when each arises.
pub async fn open_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    open: OpenCase,
) -> Result<Opened, OpenCaseRefusal> {
    may_open(&parts.governance, &parts.live, &parts.environment, caller, &open)?;
    let under = caller.under(open.source.as_deref())?;
    let caller = &*under;
    bounds::bounded("customer", &open.customer, CUSTOMER_MAX)?;
    let message = written(&open.text);
    let (field, requester) = (open.auto_submitted.as_deref(), requester(caller, &open)?);
    let nothing = automatic::nothing_opened(&parts.governance, &parts.environment, field, requester, &message);
    if let Some(nothing) = nothing.await? {
        return Ok(Opened::Nothing(pipeline::keep(parts, caller, repeat, nothing).await?));
    }
    let now = parts.environment.now();
    if parts.governance.services.enricher().is_some() {
        // Nobody is told anything of a request that is refused.
        fields::read(&parts.governance, caller, &open.fields)?;
        measure::posted(&parts.governance, caller, &open.signals, now)?;
    }
    let readings = measure::measure(&parts.governance, &parts.environment, &message, now).await?;
    let id = customer::customer_id(&parts.vault, &open.customer);
    let enriched = enrich::enrich(parts, Some(&open.customer), &id, open.channel, &open.fields, now).await?;
    let mut replaced = None;
    for _ in 0..ATTEMPTS {
        let customer = customer::customer_of(&parts.journal, &parts.vault, &parts.environment, id.clone()).await?;
        replaced = customer.new.as_ref().map(|new| new.replaces);
        let envelope = opening_of(parts, caller, customer, &open, enriched.clone(), readings.clone(), now).await?;
        // Those that came with it are measured first, so that what measuring reads stays in the processor's caches.
        tokio::task::yield_now().await;
        match pipeline::execute(
            parts,
            caller,
            repeat,
            None,
            envelope,
            counted::shown_with(parts, caller, &open.signals),
        )
        .await
        {
            // The customer was erased since their key was read: what they say now is sealed under another one.
            Err(refused) if refused.kind == Kind::Erased => {
                customer::forget_customer(&parts.vault, &id);
            }
            // What a machine was found to have sent when the request came first, before words were read otherwise.
            Ok(Done::Before(kept)) if NothingOpened::is_kept(&kept) => return Ok(Opened::Nothing(Done::Before(kept))),
            done => return Ok(Opened::Case(Box::new(done?))),
        }
    }
    Err(customer::key_refused(&parts.journal, &id, replaced).await?.into())
}

/// Whether policy lets the caller open a case, and its text is within bounds.
pub(crate) fn may_open(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
    open: &OpenCase,
) -> Result<(), Refused> {
    auth::permit(governance, live, environment, caller, Permission::CASE_OPEN)?;
    bounds::bounded("text", &open.text, TEXT_MAX)
}

/// The command for a case in which `readings` were measured.
pub(crate) async fn opening_of(
    parts: &Parts,
    caller: &Caller,
    customer: Customer,
    open: &OpenCase,
    enriched: Enriched,
    mut readings: Named,
    now: Timestamp,
) -> Result<Envelope, Refused> {
    let under = caller.under(open.source.as_deref())?;
    let caller = &*under;
    readings.push(measure::repeat_contacts(&parts.journal, &customer, now).await?);
    if parts.governance.bundle.asked().served_before {
        readings.extend(measure::served_by(&parts.governance, &parts.journal, &customer, now).await?);
    }
    readings.extend(measure::posted(&parts.governance, caller, &open.signals, now)?);
    let sealed = customer.key.seal(&open.text, &parts.environment.entropy)?;
    let again = if customer.met {
        feedback::ended_before(&parts.governance, &parts.journal, &customer.id, &readings, now).await?
    } else {
        None
    };
    let Enriched { fields: told, has_facts, untold } = enriched;
    let (mut fields, mut of_fields, mut about) = (Vec::new(), Vec::new(), About::default());
    let mut found_by = FoundBy::default();
    for read in told.into_iter().chain(fields::read(&parts.governance, caller, &open.fields)?) {
        let (set, sealed, opened) = fields::seal(read, &customer.key, &parts.environment)?;
        found_by.add(FoundBy::of(&parts.governance, &parts.vault, &set, &opened)?);
        about.and(&opened);
        of_fields.extend(sealed);
        fields.push(set);
    }
    if customer.met || has_facts {
        about = about.of_customer(&parts.governance.bundle, parts.opener(), &customer.id).await?;
    }
    let (situation, not_asked) =
        (measure::noted(&parts.governance, &readings), measure::not_asked(&parts.governance, &readings));
    let command = Command::Open {
        situation,
        not_asked,
        customer: customer.id,
        requester: requester(caller, open)?,
        channel: open.channel,
        words: sealed.words.clone(),
        readings,
        follows: None,
        fields,
        untold,
    };
    let customer = customer.new;
    let mut envelope = Envelope::new(Permission::CASE_OPEN, command).with([sealed]);
    envelope = envelope.with(of_fields);
    (envelope.side.customer, envelope.side.again) = (customer, again);
    (envelope.side.about, envelope.side.found_by) = (about, found_by);
    Ok(envelope)
}
