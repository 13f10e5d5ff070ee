//! What is open and needs a responder or an owner that another bundle does not have.

use super::open_cases::{PAGE, each_open_shared};
use crate::live::floor::{STAFF, StaffItem};
use remit_domain::{
    Case,
    case::Status,
    decision::ResponderKind,
    id::{FieldName, ResponderId},
};
use remit_policy::bundle::Bundle;
use remit_store::{Entry, ExceptionFilter, ReadError, Views};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is left of a responder that is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gone {
    /// Open cases that it has as an AI responder.
    pub with_ai: u64,
    /// Open cases that wait in it, as a queue.
    pub waiting: u64,
    /// Open cases of it that a member of staff has.
    pub with_person: u64,
    /// Questions to it that nobody has answered.
    pub consults: u64,
    /// Members of staff who work in it.
    pub staff: u64,
    /// Of these, those who work nowhere else that is there.
    pub only_there: u64,
}

/// What is open, and what of it a bundle cannot go on with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Survey {
    /// Open cases.
    pub open: u64,
    /// What needs a responder that the bundle does not have, by responder.
    #[schema(value_type = BTreeMap<String, Gone>)]
    pub gone: BTreeMap<ResponderId, Gone>,
    /// Open cases for whose holder the bundle names somebody else as accountable: they answer for them at once.
    pub accountable: u64,
    /// Open exceptions whose owner the bundle gives no way to reach: whoever owns exceptions gets them at once.
    pub exceptions: u64,
    /// Tokens that write for a responder that the bundle does not have: they may do nothing for it any more.
    pub tokens: u64,
    /// Open cases whose holder is there and no person, and that its policies do not let it keep: decided anew at once.
    pub not_permitted: u64,
    /// Open cases with a value of a field that the bundle does not declare, by field: nobody sees it any more.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, u64>)]
    pub fields: BTreeMap<FieldName, u64>,
}

impl Gone {
    /// Open cases of it.
    pub fn cases(&self) -> u64 {
        self.with_ai + self.waiting + self.with_person
    }

    /// Whether it has to be told where it goes: otherwise it would be lost.
    pub fn is_held(&self) -> bool {
        self.cases() + self.consults + self.only_there > 0
    }

    /// Whether people had anything of it.
    pub(super) fn of_people(&self) -> bool {
        self.waiting + self.with_person + self.consults + self.staff > 0
    }
}

impl Survey {
    /// With what was found of other open cases.
    fn add(&mut self, more: Self) {
        let Self { open, gone, accountable, exceptions, tokens, not_permitted, fields } = more;
        self.open += open;
        self.accountable += accountable;
        self.exceptions += exceptions;
        self.tokens += tokens;
        self.not_permitted += not_permitted;
        for (name, more) in gone {
            let of = self.gone.entry(name).or_default();
            of.with_ai += more.with_ai;
            of.waiting += more.waiting;
            of.with_person += more.with_person;
            of.consults += more.consults;
            of.staff += more.staff;
            of.only_there += more.only_there;
        }
        for (name, more) in fields {
            *self.fields.entry(name).or_default() += more;
        }
    }

    /// Counts an open case. `may_keep` says whether its holder, which is there, may keep it.
    async fn count(
        &mut self,
        bundle: &Bundle,
        case: &Case,
        may_keep: &impl AsyncFn(&Case) -> Result<bool, ReadError>,
    ) -> Result<(), ReadError> {
        self.open += 1;
        for name in case.fields.keys().filter(|name| !bundle.fields().iter().any(|spec| spec.name == **name)) {
            *self.fields.entry(name.clone()).or_default() += 1;
        }
        for consult in case.consults.values() {
            if !is_there(bundle, &consult.queue, ResponderKind::Queue) {
                self.gone.entry(consult.queue.clone()).or_default().consults += 1;
            }
        }
        if let Some(gone) = holder_gone(bundle, case) {
            let of = self.gone.entry(gone.clone()).or_default();
            let with_person = case.holder.as_ref().is_some_and(|holder| holder.staff.is_some());
            match (case.held_by_ai, with_person) {
                (true, _) => of.with_ai += 1,
                (false, true) => of.with_person += 1,
                (false, false) => of.waiting += 1,
            }
            return Ok(());
        }
        self.accountable += u64::from(accountable_changed(bundle, case).is_some());
        self.not_permitted += u64::from(case.in_no_hands().is_some() && !may_keep(case).await?);
        Ok(())
    }
}

/// Whether `bundle` has a responder of this name and kind.
pub(super) fn is_there(bundle: &Bundle, responder: &ResponderId, kind: ResponderKind) -> bool {
    bundle.candidate(responder).is_some_and(|spec| spec.kind == kind)
}

/// The holder of an open case that `bundle` does not have: no responder of its name, or one of another kind.
pub(super) fn holder_gone<'a>(bundle: &Bundle, case: &'a Case) -> Option<&'a ResponderId> {
    let kind = if case.held_by_ai { ResponderKind::Ai } else { ResponderKind::Queue };
    let holder = case.holder.as_ref().filter(|_| case.status == Status::Open)?.responder()?;
    (!is_there(bundle, holder, kind)).then_some(holder)
}

/// The epoch of an open case for whose holder `bundle` names somebody else as accountable than who is; none where it
/// does not.
pub(super) fn accountable_changed(bundle: &Bundle, case: &Case) -> Option<u64> {
    let named = |holder: &remit_domain::case::Holder| {
        let spec = holder.responder().and_then(|id| bundle.candidate(id))?;
        (spec.accountable != holder.accountable).then_some(holder.epoch)
    };
    case.holder.as_ref().filter(|_| case.status == Status::Open).and_then(named)
}

/// Looks through all that is open in `store` for what `bundle` cannot go on with. For threads that carry no requests.
///
/// # Errors
/// When the store cannot be read.
pub async fn survey(
    store: &impl Views,
    bundle: &Bundle,
    may_keep: &(impl AsyncFn(&Case) -> Result<bool, ReadError> + Sync),
) -> Result<Survey, ReadError> {
    let counted = each_open_shared(store, &|_| true, &async |found: &mut Survey, case: Case| {
        found.count(bundle, &case, may_keep).await
    })?;
    let mut found = Survey::default();
    counted.into_iter().for_each(|more| found.add(more));
    for Entry { value: item, .. } in staff(store).await? {
        let gone = |queue: &&ResponderId| !is_there(bundle, queue, ResponderKind::Queue);
        let only_there = item.profile.queues.iter().all(|queue| gone(&queue));
        for queue in item.profile.queues.iter().filter(gone) {
            let of = found.gone.entry(queue.clone()).or_default();
            of.staff += 1;
            of.only_there += u64::from(only_there);
        }
    }
    let writes_for_nobody =
        |name: String| ResponderId::new(&name).ok().is_none_or(|id| bundle.candidate(&id).is_none());
    let tokens = store.tokens().await?.into_iter().filter_map(|token| token.responder);
    found.tokens = tokens.filter(|name| writes_for_nobody(name.clone())).count() as u64;
    found.exceptions = unreachable(store, bundle).await?;
    Ok(found)
}

/// Everybody who is noted as staff.
pub(super) async fn staff(store: &impl Views) -> Result<Vec<Entry<StaffItem>>, ReadError> {
    STAFF.all(store).await
}

/// How many open exceptions have an owner whom `bundle` gives no way to reach.
async fn unreachable(store: &impl Views, bundle: &Bundle) -> Result<u64, ReadError> {
    let mut found = 0;
    for state in ["open", "taken"] {
        let filter = ExceptionFilter { state: Some(state.to_owned()), owner: None };
        let mut after: Option<String> = None;
        loop {
            let rows = store.exceptions(&filter, after.as_deref(), PAGE).await?;
            found += rows.iter().filter(|row| !bundle.is_reachable(&row.owner)).count() as u64;
            match rows.last() {
                Some(last) if rows.len() == PAGE => after = Some(last.id.clone()),
                _ => break,
            }
        }
    }
    Ok(found)
}
