//! Requests for actions: whether one may be carried out, once whose yes is given, or not at all.

use super::{Engine, api::ApiCase, governed::Requested, value};
use crate::{
    action::{ARGUMENTS, CONFIRMED, HOURS_AGO, RECENT, REQUEST_FACTS},
    actions::REQUEST,
    attributes,
    scope::uid,
};
use cedar_policy::{Entities, Entity, EntityUid, Request, RestrictedExpression};
use remit_domain::{
    decision::{PolicyNote, Verdict},
    id::PolicyId,
    request::{Answer, Asker, Confirming, Names, RequestVerdict, Term},
    signal::Signals,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What policy is asked of a request.
#[derive(Debug, Clone, Copy)]
pub struct RequestQuestion<'a> {
    /// Who asks.
    pub asker: &'a Asker,
    /// The arguments that policies see.
    pub arguments: &'a Names,
    /// What is true of it; of the action's facts, all.
    pub facts: &'a Names,
    /// Hours since others were last done for the customer, by action.
    pub recent: &'a Names,
    /// The case's readings.
    pub signals: &'a Signals,
    /// Whose the case is.
    pub case: ApiCase<'a>,
}

impl Engine {
    /// Policy's answer about a request for `action`, which `confirmed` have said yes to, with notes of the policies
    /// that it names. What the catalogue lacks is denied.
    ///
    /// Where it is denied as it stands, policy is asked again with each set of confirmations that the action declares,
    /// the smallest first; the first that makes it an allow is what it needs. Of a denial the policies are told that
    /// stand against it with everybody's yes.
    pub fn request(
        &self,
        action: &str,
        asked: &RequestQuestion<'_>,
        confirmed: &[Confirming],
    ) -> (RequestVerdict, BTreeMap<PolicyId, PolicyNote>) {
        let verdict = self.requests.get(action).and_then(|requested| self.answer(requested, asked, confirmed));
        let nobody = || RequestVerdict {
            answer: Answer::Deny,
            policies: Vec::new(),
            until: Vec::new(),
            errors: Vec::new(),
            requestable: Vec::new(),
        };
        let verdict = verdict.unwrap_or_else(nobody);
        let named = verdict.policies.iter().chain(&verdict.until).chain(&verdict.errors);
        let named = named.chain(verdict.requestable.iter().map(|requestable| &requestable.policy));
        let notes = named.filter_map(|id| Some((id.clone(), self.notes.get(id)?.clone()))).collect();
        (verdict, notes)
    }

    fn answer(
        &self,
        requested: &Requested,
        asked: &RequestQuestion<'_>,
        confirmed: &[Confirming],
    ) -> Option<RequestVerdict> {
        let entities = self.around(requested, asked)?;
        let with = |confirmed: &[Confirming]| self.ask_requested(requested, asked, &entities, confirmed);
        let as_it_is = with(confirmed)?;
        let verdict = |answer, verdict: Verdict, until: Vec<PolicyId>| RequestVerdict {
            answer,
            policies: verdict.policies,
            until,
            errors: verdict.errors,
            requestable: Vec::new(),
        };
        if as_it_is.allow {
            return Some(verdict(Answer::Allow, as_it_is, Vec::new()));
        }
        let mut last = None;
        for set in &requested.confirmations {
            let Some(wanted) = without(set, confirmed) else { continue };
            let answer = with(set)?;
            if answer.allow {
                let needs = Answer::Needs { confirmations: wanted };
                return Some(verdict(needs, answer, as_it_is.policies));
            }
            last = Some(answer);
        }
        let denied = last.unwrap_or(as_it_is);
        // By absence of a permit: what the permits on it would want.
        let against = if denied.policies.is_empty() { &requested.permits } else { &denied.policies };
        let requestable = against.iter().filter_map(|id| requested.requestable.get(id).cloned()).collect();
        Some(RequestVerdict { requestable, ..verdict(Answer::Deny, denied, Vec::new()) })
    }

    /// Who asks, the case and the action in its group: the same whoever has confirmed it.
    fn around(&self, requested: &Requested, asked: &RequestQuestion<'_>) -> Option<(EntityUid, Entities)> {
        let principal = self.asker(asked.asker)?;
        let asker = principal.uid();
        let group = uid("Action", REQUEST);
        let entities = [
            principal,
            Entity::new(self.case.clone(), self.of_case(asked.case), HashSet::new()).ok()?,
            Entity::new_no_attrs(requested.governed.action.clone(), HashSet::from([group.clone()])),
            Entity::new_no_attrs(group, HashSet::new()),
        ];
        Some((asker, Entities::from_entities(entities, None).ok()?))
    }

    fn ask_requested(
        &self,
        requested: &Requested,
        asked: &RequestQuestion<'_>,
        (asker, entities): &(EntityUid, Entities),
        confirmed: &[Confirming],
    ) -> Option<Verdict> {
        let values = self.signals.iter();
        let values = values.filter_map(|spec| Some((spec, self.expression(spec, value(spec, asked.signals)?)?)));
        let staff = confirmed.iter().filter(|kind| **kind == Confirming::Staff).count();
        let confirmed = [
            ("customer".to_owned(), RestrictedExpression::new_bool(confirmed.contains(&Confirming::Customer))),
            ("staff".to_owned(), RestrictedExpression::new_long(i64::try_from(staff).ok()?)),
        ];
        let recent = asked.recent.iter().map(|(name, term)| Some((format!("{name}{HOURS_AGO}"), expression(term)?)));
        let more = [
            (ARGUMENTS, named(asked.arguments)?),
            (REQUEST_FACTS, named(asked.facts)?),
            (RECENT, record(recent)?),
            (CONFIRMED, record(confirmed.into_iter().map(Some))?),
        ];
        let context = attributes::context_with(values, &self.records, more)?;
        let action = requested.governed.action.clone();
        let request = Request::new(asker.clone(), action, self.case.clone(), context, None).ok()?;
        Some(requested.governed.ask(&self.authorizer, &request, entities, true))
    }

    fn asker(&self, asker: &Asker) -> Option<Entity> {
        let with_roles = |kind: &str, name: &str, roles: &[String]| {
            let roles = roles.iter().map(|role| RestrictedExpression::new_entity_uid(uid("Role", role)));
            let attributes = [("roles".to_owned(), RestrictedExpression::new_set(roles))];
            Entity::new(uid(kind, name), HashMap::from(attributes), HashSet::new()).ok()
        };
        match asker {
            Asker::Responder { facts } => {
                let slot = self.slots.get(facts.responder.as_str())?;
                slot.entities(facts)?.get(&slot.uid).cloned()
            }
            Asker::Staff { staff, roles } => with_roles("Staff", staff.as_str(), roles),
            // Policies know people who work here by one kind.
            Asker::Person { who, roles } => with_roles("Staff", who, roles),
            Asker::Integration { token, roles } => with_roles("Integration", token, roles),
            Asker::Customer { customer } => Some(Entity::with_uid(uid("Customer", customer.as_str()))),
            Asker::Delegate(asker) => {
                let depth = i64::try_from(asker.chain.len()).ok()?;
                let attributes = [
                    ("class".to_owned(), RestrictedExpression::new_string(asker.class.as_str().to_owned())),
                    ("depth".to_owned(), RestrictedExpression::new_long(depth)),
                ];
                let entity = uid("Delegate", &asker.delegate.to_string());
                Entity::new(entity, HashMap::from(attributes), HashSet::new()).ok()
            }
        }
    }
}

/// Of a set of confirmations what is wanted still, where it holds all that were given.
fn without(set: &[Confirming], given: &[Confirming]) -> Option<Vec<Confirming>> {
    let mut left = set.to_vec();
    for given in given {
        let at = left.iter().position(|wanted| wanted == given)?;
        left.remove(at);
    }
    Some(left)
}

fn named(names: &Names) -> Option<RestrictedExpression> {
    record(names.iter().map(|(name, term)| Some((name.clone(), expression(term)?))))
}

fn record(members: impl Iterator<Item = Option<(String, RestrictedExpression)>>) -> Option<RestrictedExpression> {
    RestrictedExpression::new_record(members.collect::<Option<Vec<_>>>()?).ok()
}

fn expression(term: &Term) -> Option<RestrictedExpression> {
    Some(match term {
        Term::Truth(truth) => RestrictedExpression::new_bool(*truth),
        Term::Number(number) => RestrictedExpression::new_long(*number),
        Term::Text(text) => RestrictedExpression::new_string(text.clone()),
        Term::Texts(texts) => {
            RestrictedExpression::new_set(texts.iter().map(|text| RestrictedExpression::new_string(text.clone())))
        }
        Term::Money(money) => {
            let members = [
                ("minor".to_owned(), RestrictedExpression::new_long(money.minor)),
                ("currency".to_owned(), RestrictedExpression::new_string(money.currency.clone())),
            ];
            RestrictedExpression::new_record(members).ok()?
        }
    })
}
