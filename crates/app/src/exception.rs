//! Exceptions: raised by hand, listed, taken on, resolved.

use super::{
    App, Caller, Done, Repeat,
    case::{CaseAnswer, REASON_MAX, bounded, shown},
    commit::Act,
    query::{PAGE_MAX, Page},
    view::ExceptionView,
};
use crate::{
    clock::parse_rfc3339,
    principal::Job,
    refused::{Kind, Refused},
};
use remit_domain::{Command, exception::Exception, id::ExceptionId};
use remit_store::{ExceptionFilter, Store};
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

impl App {
    /// Raises an exception on a case by hand.
    ///
    /// # Errors
    /// When policy, a bound, the state or the store refuses.
    pub async fn raise_exception(
        &self,
        caller: &Caller,
        repeat: Option<&Repeat>,
        case: &str,
        raise: RaiseException,
    ) -> Result<Done<CaseAnswer>, Refused> {
        let action = "exception.raise";
        bounded("reason", &raise.reason, REASON_MAX)?;
        let due = parse_rfc3339(&raise.due_at).filter(|due| *due > self.now()).ok_or_else(|| {
            Refused::invalid("due_at", "must be a coming moment in RFC 3339, such as 2030-01-31T09:00:00Z")
        })?;
        let loaded = self.load(caller, action, case)?;
        let sealed = self.seal_on(&loaded, &raise.reason)?;
        let owner = self.owner_named("owner", &raise.owner)?;
        let command = Command::RaiseException { owner, due, reason: sealed.words.clone() };
        let act = Act::on(loaded, command).with([sealed]);
        self.execute(caller, repeat, Some(case), act, shown).await
    }

    /// Takes an exception on.
    ///
    /// # Errors
    /// When policy, the state or the store refuses.
    pub async fn take_exception(
        &self,
        caller: &Caller,
        repeat: Option<&Repeat>,
        id: &str,
    ) -> Result<Done<CaseAnswer>, Refused> {
        let (exception, case) = self.exception_row(caller, "exception.own", id)?;
        let command = Command::TakeException { exception };
        let act = Act::new("exception.own", command);
        self.execute(caller, repeat, Some(&case), act, shown).await
    }

    /// Resolves an exception with a reason. A case that it held moves on, or ends with it.
    ///
    /// # Errors
    /// When policy, a bound, the state or the store refuses.
    pub async fn resolve_exception(
        &self,
        caller: &Caller,
        repeat: Option<&Repeat>,
        id: &str,
        resolve: ResolveException,
    ) -> Result<Done<CaseAnswer>, Refused> {
        let action = "exception.resolve";
        let (exception, case) = self.exception_row(caller, action, id)?;
        let loaded = self.load(caller, action, &case)?;
        let sealed = match &resolve.reason {
            Some(reason) => {
                bounded("reason", reason, REASON_MAX)?;
                Some(self.seal_on(&loaded, reason)?)
            }
            None if loaded.case.erased => None,
            None => return Err(Refused::invalid("reason", "say why it is over")),
        };
        let reason = sealed.as_ref().map(|sealed| sealed.words.clone());
        let command = Command::ResolveException { exception, reason, close: resolve.close };
        let act = Act::on(loaded, command).with(sealed);
        self.execute(caller, repeat, Some(&case), act, shown).await
    }

    /// Exceptions in the order of their identifiers, newest first.
    ///
    /// # Errors
    /// When policy or the store refuses.
    pub fn exceptions(
        &self,
        caller: &Caller,
        filter: ExceptionFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<ExceptionView>, Refused> {
        self.permit(caller, "exception.read")?;
        let rows = self.store.exceptions(&filter, after, limit).map_err(Refused::internal)?;
        let next = (rows.len() == limit).then(|| rows.last().map(|row| row.id.clone())).flatten();
        let items = rows
            .iter()
            .map(|row| {
                let mut exception: Exception = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
                self.name_in(&mut exception)?;
                Ok(ExceptionView::new(&row.case, &exception))
            })
            .collect::<Result<_, Refused>>()?;
        Ok(Page { items, next })
    }

    /// Exceptions whose owner the bundle in force does not name, so that nobody could be reached. Each is given to
    /// whoever owns exceptions as soon as the server starts, so that there are none.
    ///
    /// # Errors
    /// When policy or the store refuses.
    pub fn unreachable_exceptions(&self, caller: &Caller) -> Result<Vec<ExceptionView>, Refused> {
        self.permit(caller, "exception.read")?;
        let mut views = Vec::new();
        self.each_unreachable(&mut |case, exception| views.push(ExceptionView::new(case, exception)))?;
        for view in &mut views {
            view.taken_by = view.taken_by.take().map(|by| self.named(&by)).transpose()?;
        }
        Ok(views)
    }

    fn each_unreachable(&self, each: &mut dyn FnMut(&str, &Exception)) -> Result<(), Refused> {
        for state in ["open", "taken"] {
            let owners = self.store.owners(state).map_err(Refused::internal)?;
            for owner in owners.into_iter().filter(|owner| !self.bundle.is_reachable(owner)) {
                let filter = ExceptionFilter { state: Some(state.to_owned()), owner: Some(owner) };
                self.each_exception(&filter, each)?;
            }
        }
        Ok(())
    }

    fn each_exception(&self, filter: &ExceptionFilter, each: &mut dyn FnMut(&str, &Exception)) -> Result<(), Refused> {
        let mut after: Option<String> = None;
        loop {
            let rows = self.store.exceptions(filter, after.as_deref(), PAGE_MAX).map_err(Refused::internal)?;
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
    pub async fn reach_exceptions(&self) -> Result<usize, Refused> {
        let mut found = Vec::new();
        self.each_unreachable(&mut |case, exception| found.push((case.to_owned(), exception.id)))?;
        let terms = self.bundle.terms();
        let owner = &terms.exception_owner;
        for (case, exception) in &found {
            let due = self.now().plus_ms(terms.exception_due_ms);
            let command = Command::EscalateException { exception: *exception, owner: owner.clone(), due };
            let act = Act::new("exception.own", command);
            let moved = self.execute(&Caller::system(Job::Exceptions), None, Some(case), act, |_| ()).await;
            if let Err(refused) = moved
                && refused.kind.is_ours()
            {
                return Err(refused);
            }
        }
        Ok(found.len())
    }

    fn exception_row(&self, caller: &Caller, action: &'static str, id: &str) -> Result<(ExceptionId, String), Refused> {
        self.permit(caller, action)?;
        let parsed: ExceptionId = id.parse().map_err(|e| Refused::new(Kind::NotFound, format!("{e}")))?;
        let row = self.store.exception(&parsed.to_string()).map_err(Refused::internal)?;
        let row = row.ok_or_else(|| Refused::new(Kind::NotFound, format!("no exception {parsed} is on record")))?;
        Ok((parsed, row.case))
    }
}
