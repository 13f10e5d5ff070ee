//! Exceptions: raised by hand, listed, taken on, given up, resolved.

use crate::{
    Caller, Done, Governance, Journal, Parts, Repeat,
    access::{auth, who},
    bounds::{REASON_MAX, bounded},
    caller::principal::Job,
    case::{
        counted::{CaseAnswer, shown},
        query::{self, PAGE_MAX, Page},
        view::ExceptionView,
    },
    environment::clock::parse_rfc3339,
    governance::resolve_names,
    operation::{
        GiveUpExceptionRefusal, ListExceptionsRefusal, ListUnreachableRefusal, OwnExceptionRefusal,
        RaiseExceptionRefusal, ResolveExceptionRefusal,
    },
    pipeline::{self, commit::Envelope, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{Command, exception::Exception, id::ExceptionId};
use remit_policy::actions::Permission;
use remit_store::{ExceptionFilter, Views as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work to take off the standard path.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseException {
    /// The owner in the bundle that must see to it.
    pub owner: String,
    /// By when, in RFC 3339.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// Why.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// Why whoever took an exception on gives it up.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveUpException {
    /// Why, for whoever takes it next.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// The end of an exception.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveException {
    /// Why it is over. Needed, except on a case whose words were erased, which takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: Option<String>,
    /// Whether the case is dealt with too; otherwise a case that the exception held is routed anew.
    #[serde(default)]
    pub close: bool,
}

/// Raises an exception on a case by hand.
///
/// # Errors
/// [`RaiseExceptionRefusal`] says when each arises.
pub async fn raise_exception(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    case: &str,
    raise: RaiseException,
) -> Result<Done<CaseAnswer>, RaiseExceptionRefusal> {
    let action = Permission::EXCEPTION_RAISE;
    bounded("reason", &raise.reason, REASON_MAX)?;
    let due = parse_rfc3339(&raise.due_at).filter(|due| *due > parts.environment.now()).ok_or_else(|| {
        Refused::invalid("due_at", "must be a coming moment in RFC 3339, such as 2030-01-31T09:00:00Z")
    })?;
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, case).await?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &raise.reason).await?;
    let owner = resolve_names::owner_named(&parts.governance, "owner", &raise.owner)?;
    let command = Command::RaiseException { owner, due, reason: Some(sealed.words.clone()) };
    let envelope = Envelope::on(loaded, command).with([sealed]);
    Ok(pipeline::execute(parts, caller, repeat, Some(case), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Takes an exception on.
///
/// # Errors
/// [`OwnExceptionRefusal`] says when each arises.
pub async fn take_exception(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
) -> Result<Done<CaseAnswer>, OwnExceptionRefusal> {
    let (exception, case) = exception_row(parts, caller, Permission::EXCEPTION_OWN, id).await?;
    let command = Command::TakeException { exception };
    let envelope = Envelope::new(Permission::EXCEPTION_OWN, command);
    Ok(pipeline::execute(parts, caller, repeat, Some(&case), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Gives up an exception that the caller took on, with a reason. Others may take it on at once.
///
/// # Errors
/// [`GiveUpExceptionRefusal`] says when each arises.
pub async fn give_up_exception(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    give_up: GiveUpException,
) -> Result<Done<CaseAnswer>, GiveUpExceptionRefusal> {
    let action = Permission::EXCEPTION_OWN;
    bounded("reason", &give_up.reason, REASON_MAX)?;
    let (exception, case) = exception_row(parts, caller, action, id).await?;
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, &case).await?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &give_up.reason).await?;
    let command = Command::GiveUpException { exception, reason: sealed.words.clone() };
    let envelope = Envelope::on(loaded, command).with([sealed]);
    Ok(pipeline::execute(parts, caller, repeat, Some(&case), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Resolves an exception with a reason. A case that it held moves on, or ends with it.
///
/// # Errors
/// [`ResolveExceptionRefusal`] says when each arises.
pub async fn resolve_exception(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    resolve: ResolveException,
) -> Result<Done<CaseAnswer>, ResolveExceptionRefusal> {
    let action = Permission::EXCEPTION_RESOLVE;
    let (exception, case) = exception_row(parts, caller, action, id).await?;
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, &case).await?;
    let sealed = match &resolve.reason {
        Some(reason) => {
            bounded("reason", reason, REASON_MAX)?;
            Some(sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, reason).await?)
        }
        None if loaded.case.erased => None,
        None => return Err(Refused::invalid("reason", "say why it is over").into()),
    };
    let reason = sealed.as_ref().map(|sealed| sealed.words.clone());
    let command = Command::ResolveException { exception, reason, close: resolve.close };
    let envelope = Envelope::on(loaded, command).with(sealed);
    Ok(pipeline::execute(parts, caller, repeat, Some(&case), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Exceptions in the order of their identifiers, newest first.
///
/// # Errors
/// [`ListExceptionsRefusal`] says when each arises.
pub async fn exceptions(
    parts: &Parts,
    caller: &Caller,
    filter: ExceptionFilter,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<ExceptionView>, ListExceptionsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::EXCEPTION_READ)?;
    query::begins_after::<ExceptionId>(after)?;
    let rows = parts.journal.store.exceptions(&filter, after, limit).await.map_err(Refused::internal)?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.id.clone())).flatten();
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut exception: Exception = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        who::name_in(&parts.journal, &parts.vault, &mut exception).await?;
        items.push(ExceptionView::new(&row.case, &exception).titled(&parts.governance));
    }
    Ok(Page { items, next })
}

/// Exceptions whose owner the bundle in force does not name, so that nobody could be reached. Each is given to
/// whoever owns exceptions as soon as the server starts, so that there are none.
///
/// # Errors
/// [`ListUnreachableRefusal`] says when each arises.
pub async fn unreachable_exceptions(
    parts: &Parts,
    caller: &Caller,
) -> Result<Vec<ExceptionView>, ListUnreachableRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::EXCEPTION_READ)?;
    let mut views = Vec::new();
    each_unreachable(&parts.governance, &parts.journal, &mut |case, exception| {
        views.push(ExceptionView::new(case, exception))
    })
    .await?;
    for view in &mut views {
        if let Some(by) = &mut view.taken_by {
            *by = who::named(&parts.journal, &parts.vault, by).await?;
        }
    }
    Ok(views)
}

async fn each_unreachable(
    governance: &Governance,
    journal: &Journal,
    each: &mut (dyn FnMut(&str, &Exception) + Send),
) -> Result<(), Refused> {
    for state in ["open", "taken"] {
        let owners = journal.store.owners(state).await.map_err(Refused::internal)?;
        for owner in owners.into_iter().filter(|owner| !governance.bundle.is_reachable(owner)) {
            let filter = ExceptionFilter { state: Some(state.to_owned()), owner: Some(owner) };
            each_exception(journal, &filter, each).await?;
        }
    }
    Ok(())
}

async fn each_exception(
    journal: &Journal,
    filter: &ExceptionFilter,
    each: &mut (dyn FnMut(&str, &Exception) + Send),
) -> Result<(), Refused> {
    let mut after: Option<String> = None;
    loop {
        let rows = journal.store.exceptions(filter, after.as_deref(), PAGE_MAX).await.map_err(Refused::internal)?;
        for row in &rows {
            each(&row.case, &serde_json::from_slice(&row.body).map_err(Refused::internal)?);
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE_MAX => after = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}

/// Gives every exception whose owner cannot be reached to whoever owns exceptions.
///
/// # Errors
/// When the store refuses; what is left is found at the next start.
pub async fn reach_exceptions(parts: &Parts) -> Result<usize, Refused> {
    let mut found = Vec::new();
    each_unreachable(&parts.governance, &parts.journal, &mut |case, exception| {
        found.push((case.to_owned(), exception.id))
    })
    .await?;
    let terms = parts.governance.bundle.terms();
    let owner = &terms.exception_owner;
    for (case, exception) in &found {
        let due = parts.environment.now().plus_ms(terms.exception_due_ms);
        let command = Command::EscalateException { exception: *exception, owner: owner.clone(), due };
        let envelope = Envelope::new(Permission::EXCEPTION_OWN, command);
        let moved =
            pipeline::execute(parts, &Caller::system(Job::Exceptions), None, Some(case), envelope, |_| ()).await;
        if let Err(refused) = moved
            && refused.kind.is_ours()
        {
            return Err(refused);
        }
    }
    Ok(found.len())
}

async fn exception_row(
    parts: &Parts,
    caller: &Caller,
    action: Permission,
    id: &str,
) -> Result<(ExceptionId, String), Refused> {
    let parsed: ExceptionId = id.parse().map_err(|e| Refused::new(Kind::NotFound, format!("{e}")))?;
    let row = parts.journal.store.exception(&parsed.to_string()).await.map_err(Refused::internal)?;
    let Some(row) = row else {
        // Policy is asked before it is told that there is none, so that who may do nothing cannot probe.
        auth::permit(&parts.governance, &parts.live, &parts.environment, caller, action)?;
        return Err(Refused::new(Kind::NotFound, format!("no exception {parsed} is on record")));
    };
    load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, action, &row.case).await?;
    Ok((parsed, row.case))
}
