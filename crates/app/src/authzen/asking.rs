//! Who asks, and what is looked up for them: the principals that a subject stands for, and the case that a resource is,
//! as far as they may know of it.

use super::sent::AccessEntity;
use crate::{
    Caller, Environment, Live, Parts,
    access::auth,
    bounds::CUSTOMER_MAX,
    caller::principal::Principal,
    customer,
    delegation::represent,
    journal::stored_case,
    pipeline::load::of_request,
    refused::{Kind, Refused},
};
use remit_domain::{
    Case,
    id::{CaseId, ResponderId, StaffId},
};
use remit_policy::actions::Permission;
use remit_store::{TokenRow, Views as _};
use std::{collections::BTreeMap, sync::Arc};

/// The one resource of its type.
pub(super) const ORGANISATION: &str = "organisation";
/// The type of cases.
pub(super) const CASE: &str = "case";
/// The type of people who work here.
pub(super) const STAFF: &str = "staff";
/// The type of AI responders and queues.
pub(super) const RESPONDER: &str = "responder";
/// The type of customers.
pub(super) const CUSTOMER: &str = "customer";
/// The type of the organisation's programs, and of people who are not noted as staff: whoever a token is of.
pub(super) const INTEGRATION: &str = "integration";

/// The type of delegates, as whoever acts under a delegation.
pub(super) const DELEGATION: &str = "delegation";

/// What is known of something that is asked about; else why nothing is.
type Known<T> = Result<T, String>;

/// One who asks, with what was looked up for them already.
pub(super) struct Asking<'a> {
    pub(super) parts: &'a Parts,
    pub(super) caller: &'a Caller,
    subjects: BTreeMap<(String, String), Known<Arc<[Caller]>>>,
    cases: BTreeMap<String, Known<Arc<Case>>>,
    /// How many actions of the catalogue were evaluated.
    pub(super) requested: usize,
    /// Connectors of actions that did not say what is true: they are not asked again.
    pub(super) silent: BTreeMap<String, Refused>,
}

/// What something is done to.
#[derive(Debug, Clone)]
pub(super) enum Resource {
    Organisation,
    Case(Arc<Case>),
}

impl<'a> Asking<'a> {
    pub(super) fn new(parts: &'a Parts, caller: &'a Caller) -> Self {
        let (subjects, cases, silent) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { parts, caller, subjects, cases, requested: 0, silent }
    }

    /// Whether policy permits who asks this on the organisation.
    pub(super) fn may(&self, action: Permission) -> bool {
        let Parts { governance, live, environment, .. } = self.parts;
        auth::permit(governance, live, environment, self.caller, action).is_ok()
    }

    /// The principals that a subject stands for: it may whatever one of them may.
    pub(super) async fn subject(&mut self, subject: &AccessEntity) -> Result<Known<Arc<[Caller]>>, Refused> {
        let key = (subject.kind.clone(), subject.id.clone());
        if let Some(known) = self.subjects.get(&key) {
            return Ok(known.clone());
        }
        let known = principals(self.parts, subject).await?.map(Arc::from);
        self.subjects.insert(key, known.clone());
        Ok(known)
    }

    /// What a resource is. A case that who asks may not read is to them as one that there is not.
    pub(super) async fn resource(&mut self, resource: &AccessEntity) -> Result<Known<Resource>, Refused> {
        match &*resource.kind {
            ORGANISATION if resource.id == ORGANISATION => Ok(Ok(Resource::Organisation)),
            ORGANISATION => Ok(Err(format!("the organisation is asked about as `{ORGANISATION}`"))),
            CASE => Ok(self.case(&resource.id).await?.map(Resource::Case)),
            other => {
                Ok(Err(format!("there are no resources of the type `{other}`: ask of `{CASE}` or `{ORGANISATION}`")))
            }
        }
    }

    async fn case(&mut self, id: &str) -> Result<Known<Arc<Case>>, Refused> {
        if let Some(known) = self.cases.get(id) {
            return Ok(known.clone());
        }
        let journal = &self.parts.journal;
        let row = match id.parse::<CaseId>() {
            Ok(id) => journal.store.case(&id.to_string()).await.map_err(Refused::internal)?,
            Err(_) => None,
        };
        let case = match row {
            Some(row) => Some(stored_case::case_of(journal, &row.state).await?),
            None => None,
        };
        let known = self.know(id, case);
        Ok(known)
    }

    /// Notes a case that was read, as far as who asks may know of it.
    pub(super) fn know(&mut self, id: &str, case: Option<Case>) -> Known<Arc<Case>> {
        let may_read = |case: &Case| {
            let of = Some(of_request(case));
            auth::verdict(&self.parts.governance, self.caller, Permission::CASE_READ, of).allow
        };
        // One text for both, so that nobody learns which it is.
        let none = || "there is no such case, or who asks may not read it".to_owned();
        let known = case.filter(may_read).map(Arc::new).ok_or_else(none);
        self.cases.insert(id.to_owned(), known.clone());
        known
    }
}

/// The principals that a subject stands for; else why there is none.
async fn principals(parts: &Parts, subject: &AccessEntity) -> Result<Known<Vec<Caller>>, Refused> {
    let id = &*subject.id;
    Ok(match &*subject.kind {
        STAFF => {
            let staff = StaffId::new(id).ok().filter(|staff| parts.live.floor.staff(staff).is_some());
            let Some(staff) = staff else { return Ok(Err(format!("nobody who works here is called `{id}`"))) };
            let tokens = auth::tokens_of(&parts.live, staff.as_str(), parts.environment.now());
            let mut callers: Vec<Caller> = Vec::new();
            for caller in tokens.iter().map(|token| Caller::from(TokenRow::clone(token))) {
                let alike = |known: &Caller| known.roles == caller.roles && known.principal == caller.principal;
                if !callers.iter().any(alike) {
                    callers.push(caller);
                }
            }
            let none = || format!("`{id}` has no token that stands, by which they could do anything");
            if callers.is_empty() { Err(none()) } else { Ok(callers) }
        }
        RESPONDER => {
            let known = ResponderId::new(id).ok().filter(|name| parts.governance.bundle.candidate(name).is_some());
            let caller = known.map(|name| vec![Caller::responder(name.as_str())]);
            caller.ok_or_else(|| format!("the bundle in force has no responder `{id}`"))
        }
        CUSTOMER if id.len() > CUSTOMER_MAX => Err(format!("no customer is called by more than {CUSTOMER_MAX} bytes")),
        // Of every identifier there may be a customer: what they may follows from whose the case is.
        CUSTOMER => Ok(vec![Caller::customer(CUSTOMER, &customer::customer_id(&parts.vault, id))]),
        DELEGATION => {
            let of = match id.parse() {
                Ok(id) => represent::under(&parts.journal, id, parts.environment.now()).await?,
                Err(_) => None,
            };
            let none = || format!("no delegation `{id}` stands, under which somebody could do anything");
            of.map(|of| vec![Caller::delegate(of)]).ok_or_else(none)
        }
        INTEGRATION => {
            let token = parts.journal.store.token_of_id(id).await.map_err(Refused::internal)?;
            let own = |caller: &Caller| matches!(caller.principal, Principal::Integration | Principal::Person(_));
            let callers: Vec<Caller> = standing(&parts.environment, &parts.live, token).filter(own).collect();
            let none = || format!("no token `{id}` of a program stands; it is asked about by its identifier");
            if callers.is_empty() { Err(none()) } else { Ok(callers) }
        }
        other => {
            let there =
                [STAFF, RESPONDER, CUSTOMER, DELEGATION, INTEGRATION].map(|kind| format!("`{kind}`")).join(", ");
            Err(format!("there are no subjects of the type `{other}`: ask about {there}"))
        }
    })
}

/// Whom tokens are of that stand now.
fn standing(
    environment: &Environment,
    live: &Live,
    tokens: impl IntoIterator<Item = TokenRow>,
) -> impl Iterator<Item = Caller> {
    let now = environment.now();
    let stands = move |token: &TokenRow| token.expires_ms > now.0 && !auth::is_revoked(live, &token.id);
    tokens.into_iter().filter(stands).map(Caller::from)
}

/// That a value of an action's properties does not fit, as a request that is not of the form that is asked for.
pub(super) fn unfit(refused: Refused) -> Refused {
    if refused.kind != Kind::Invalid {
        return refused;
    }
    let why = refused.detail.strip_prefix("`arguments`: ").unwrap_or(&refused.detail);
    super::sent::wrong("action.properties", &format!("do not fit the action: {why}"))
}
