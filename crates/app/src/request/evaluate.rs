//! Policy's answer about an exact request, on what is true of it now.

use super::{UnderWay, delegated, last_done, under_way};
use crate::{
    Caller, Environment, Governance, Journal, Parts,
    access::auth,
    caller::token_id::TOKEN_ID,
    digest,
    governance::connectors::Connector,
    journal::accounts::{self, ACCOUNTS},
    pipeline::{about::About, facts, load},
    refused::{Kind, Refused},
    sign_in::session,
};
use remit_domain::{
    Case,
    case::Holder,
    decision::DecisionPoint,
    id::{DecisionId, Digest, RequestId, ResponderId, StaffId, Timestamp},
    request::{
        Asker, Confirmer, Confirming, Names, Parties, REQUEST_VERSION, Request, RequestDecision, RequestStanding, Term,
    },
    signal::Signals,
};
use remit_policy::{
    action::{ActionSpec, term},
    actions::Permission,
    engine::{ApiCase, RequestQuestion},
};
use remit_responders::{
    Failure,
    connector::{ConnectorAsked, Wanted},
};
use remit_store::{Entry, TokenRow, Views as _};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Hours since what was never done.
const NEVER_HOURS: i64 = 1_000_000;
const HOUR_MS: i64 = 3_600_000;

/// An exact request.
#[derive(Debug, Clone)]
pub(super) struct Exact<'a> {
    pub(super) id: RequestId,
    pub(super) spec: &'a ActionSpec,
    pub(super) asker: Asker,
    pub(super) arguments: Map<String, Value>,
    pub(super) hash: Digest,
}

/// When it is evaluated, and after what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: Timestamp,
    /// The decision that it comes to.
    pub(super) decision: DecisionId,
    /// Who has said yes.
    pub(super) confirmed: &'a [Confirming],
    /// What is being carried out for the customer, where that was read for it.
    pub(super) begun: Option<&'a [Entry<UnderWay>]>,
}

/// What policy says of it, and what that was taken from.
#[derive(Debug, Clone)]
pub(super) struct Evaluated {
    pub(super) decision: RequestDecision,
    pub(super) standing: RequestStanding,
    /// The facts as the connector told them, for the template.
    pub(super) told: Map<String, Value>,
}

/// Whose `case` is, as policy sees it.
fn parties(case: &Case) -> Parties {
    let holder = case.holder.as_ref();
    Parties {
        holder: holder.and_then(Holder::responder).cloned(),
        staff: holder.and_then(|holder| holder.staff.clone()),
        offered: case.offer.as_ref().map(|offer| offer.staff.clone()),
        customer: case.customer.clone(),
    }
}

/// The hash that names an exact request: SHA-256 of its canonical JSON (RFC 8785).
pub(super) fn hash(
    id: RequestId,
    case: &Case,
    action: &str,
    asker: &Asker,
    arguments: &Map<String, Value>,
) -> Result<Digest, Refused> {
    let exact = json!({
        "request": id.to_string(),
        "case": case.id.to_string(),
        "customer": case.customer.as_str(),
        "action": action,
        "asked_by": asked_by(asker),
        "arguments": arguments,
    });
    digest::of_json(&exact)
}

/// Who asks, as connectors are told.
pub(super) fn asked_by(asker: &Asker) -> String {
    format!("{}:{}", asker.kind(), asker.name())
}

/// The connector of an action.
pub(super) fn connector<'p>(governance: &'p Governance, spec: &ActionSpec) -> Result<&'p Arc<Connector>, Refused> {
    let connector = governance.services.connectors().get(&spec.connector);
    connector.ok_or_else(|| Refused::internal(format!("there is no connector `{}`", spec.connector)))
}

impl Exact<'_> {
    /// It, as its connector is told of it.
    pub(super) fn asked(&self, case: &Case, wanted: Wanted, key: &str) -> ConnectorAsked {
        ConnectorAsked {
            wanted,
            request: self.id.to_string(),
            case: case.id.to_string(),
            customer: case.customer.to_string(),
            action: self.spec.name.to_string(),
            arguments: self.arguments.clone(),
            hash: self.hash.to_string(),
            key: key.to_owned(),
            asked_by: asked_by(&self.asker),
            confirmed_by: Vec::new(),
            decision: None,
            not_after: None,
        }
    }

    /// Policy's answer on what is true at a moment: what its connector told, beside the case and its readings.
    ///
    /// # Errors
    /// When the store refuses.
    pub(super) async fn evaluate(
        &self,
        governance: &Governance,
        journal: &Journal,
        case: &Case,
        (signals, told): (Signals, Map<String, Value>),
        moment: Moment<'_>,
    ) -> Result<Evaluated, Refused> {
        let Moment { now, decision: id, confirmed, begun } = moment;
        let untold = |kind| ActionSpec::untold(kind, &governance.bundle.currency().0);
        let of_kind = |(name, kind): &(String, _)| {
            let value = told.get(name).and_then(|value| term(*kind, value));
            (name.clone(), value.unwrap_or_else(|| untold(*kind)))
        };
        let facts: Names = self.spec.facts.iter().map(of_kind).collect();
        let arguments = self.spec.parameters.seen(&self.arguments);
        let recent = self.recent(journal, case, begun, now).await?;
        let parties = parties(case);
        let question = RequestQuestion {
            asker: &self.asker,
            arguments: &arguments,
            facts: &facts,
            recent: &recent,
            signals: &signals,
            case: ApiCase::from(&parties),
        };
        let (verdict, policies) = governance.engine.request(self.spec.name.as_str(), &question, confirmed);
        let terms = governance.bundle.terms();
        let holder = case.holder.as_ref();
        let standing = RequestStanding {
            bundle: terms.bundle.clone(),
            holder: holder.map(|holder| holder.who.clone()),
            epoch: holder.map_or(0, |holder| holder.epoch),
            facts: self.spec.standing(&facts),
            elapsed: self.spec.elapsed(&facts),
        };
        let decision = RequestDecision {
            v: REQUEST_VERSION,
            id,
            request: self.id,
            case: case.id,
            parties,
            owner: terms.owners.get(&DecisionPoint::Act).unwrap_or(&terms.exception_owner).clone(),
            at: now,
            bundle: terms.bundle.clone(),
            baseline: terms.baseline.clone(),
            principal: self.asker.clone(),
            action: self.spec.name.clone(),
            hash: self.hash.clone(),
            arguments,
            facts,
            recent,
            confirmed: confirmed.to_vec(),
            signals,
            verdict,
            policies,
        };
        Ok(Evaluated { decision, standing, told })
    }

    /// What its connector says is true of it; of an action without facts it is not asked. That may take long: whatever
    /// else it is evaluated on is read afterwards.
    ///
    /// # Errors
    /// [`Kind::Unreachable`] where it does not say so; [`Kind::Invalid`] where it cannot be asked about the arguments.
    pub(super) async fn told(&self, parts: &Parts, case: &Case) -> Result<Map<String, Value>, Refused> {
        if self.spec.facts.is_empty() {
            return Ok(Map::new());
        }
        // Nobody is told of what a machine that dies would lose. Whoever makes that durable waits for no command that
        // waits for it.
        parts.journal.stand_back();
        parts.journal.settled().await.map_err(Refused::internal)?;
        let asked = self.asked(case, Wanted::Facts, "");
        let told = connector(&parts.governance, self.spec)?
            .facts(&parts.environment, &format!("facts_{}", self.id), &asked)
            .await;
        parts.journal.arrive().await;
        let told = told.and_then(|told| self.of_kinds(told));
        told.map_err(|failure| {
            if let Failure::Unsendable(why) = failure {
                return Refused::invalid("arguments", format!("the connector cannot be asked about them: {why}"));
            }
            let detail = format!("the connector `{}` did not say what is true of it: {failure}", self.spec.connector);
            Refused::new(Kind::Unreachable, detail)
        })
    }

    /// What was told, if it is of the kinds that are declared: who confirms would otherwise be shown what policy never
    /// saw.
    fn of_kinds(&self, told: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
        let is_other = |(name, kind): &&(String, _)| told.get(name).is_some_and(|value| term(*kind, value).is_none());
        match self.spec.facts.iter().find(is_other) {
            Some((name, _)) => Err(Failure::Malformed(format!("the fact `{name}` is of another type than declared"))),
            None => Ok(told),
        }
    }

    /// Hours since the actions that its policies look back at were last done for the customer, or begun where it is
    /// not known yet whether they were.
    async fn recent(
        &self,
        journal: &Journal,
        case: &Case,
        begun: Option<&[Entry<UnderWay>]>,
        now: Timestamp,
    ) -> Result<Names, Refused> {
        let mut recent = Names::new();
        if self.spec.recent.is_empty() {
            return Ok(recent);
        }
        let done = last_done(&case.customer);
        let read = match begun {
            Some(_) => Vec::new(),
            None => under_way(&case.customer).all(&journal.store).await.map_err(Refused::internal)?,
        };
        let begun = begun.unwrap_or(&read);
        for action in &self.spec.recent {
            let last = done.get(&journal.store, action.as_str()).await.map_err(Refused::internal)?;
            let begun = begun.iter().filter(|begun| begun.value.action == *action && begun.id != self.id.to_string());
            let last = begun.map(|begun| begun.value.since).chain(last.map(|last| last.value)).max();
            let hours = last.map_or(NEVER_HOURS, |last| now.since(last) / HOUR_MS);
            recent.insert(action.to_string(), Term::Number(hours));
        }
        Ok(recent)
    }
}

/// The readings of a case that policies are asked with.
pub(super) async fn signals(parts: &Parts, case: &Case, now: Timestamp) -> Result<Signals, Refused> {
    let about = About::default().of(&parts.governance.bundle, parts.opener(), case).await?;
    Ok(facts::seen(&parts.governance, &parts.live, case, &about, now))
}

/// Who asks for it, as they are now; nothing where they work here no more, their token or delegation was revoked, or
/// the bundle has them not.
pub(super) async fn asker_now(
    parts: &Parts,
    case: &Case,
    request: &Request,
    signals: &Signals,
    now: Timestamp,
) -> Result<Option<Asker>, Refused> {
    let asker = &request.by;
    let stands = match asker {
        Asker::Responder { facts } => return Ok(as_responder(parts, case, &facts.responder, signals, now)),
        Asker::Customer { .. } => true,
        Asker::Delegate(asker) => {
            delegated::stands(&parts.journal, asker, &request.action, request.amount.as_ref(), now).await?
        }
        Asker::Staff { staff, roles } => {
            let tokens = auth::tokens_of(&parts.live, staff.as_str(), now);
            let has = |token: &TokenRow| roles.iter().all(|role| token.roles.contains(role));
            parts.live.floor.staff(staff).is_some()
                && (tokens.iter().any(|token| has(token))
                    || can_sign_in(&parts.environment, &parts.journal, staff, now).await?.is_some_and(|one| has(&one)))
        }
        Asker::Person { who, roles } if !who.starts_with(TOKEN_ID) => {
            let has = |row: &TokenRow| roles.iter().all(|role| row.roles.contains(role));
            let person = StaffId::new(who).map_err(Refused::internal)?;
            let sessions = session::of_person(&parts.journal, &parts.live, &person, now).await?;
            sessions.iter().any(has)
                || can_sign_in(&parts.environment, &parts.journal, &person, now).await?.is_some_and(|one| has(&one))
        }
        Asker::Person { who: token, .. } | Asker::Integration { token, .. } if auth::is_revoked(&parts.live, token) => {
            false
        }
        Asker::Person { who: token, .. } | Asker::Integration { token, .. } => {
            parts.journal.store.has_token(token).await.map_err(Refused::internal)?
        }
    };
    Ok(stands.then(|| asker.clone()))
}

/// What somebody who is not signed in would be let in with, as the token of a session is; nothing where they have no
/// account with a password or a passkey.
async fn can_sign_in(
    environment: &Environment,
    journal: &Journal,
    person: &StaffId,
    now: Timestamp,
) -> Result<Option<TokenRow>, Refused> {
    if environment.provider.is_some() {
        return Ok(None);
    }
    let known = ACCOUNTS.get(&journal.store, person.as_str()).await.map_err(Refused::internal)?;
    let Some(known) = known.map(|known| known.value) else { return Ok(None) };
    let has_one = known.password.is_some()
        || environment.relying_party.is_ok()
            && accounts::passkeys_of(&journal.store, person).await?.iter().any(|passkey| !passkey.value.doubted);
    Ok(has_one.then_some(known).map(|known| TokenRow {
        id: String::new(),
        hash: [0; 32],
        name: person.to_string(),
        responder: None,
        source: None,
        staff: known.roles.iter().any(|role| role == "staff").then(|| person.to_string()),
        roles: known.roles,
        created_ms: now.0,
        expires_ms: i64::MAX,
    }))
}

/// Whether everybody who said yes to a request may say so still.
pub(super) async fn confirmers_stand(
    parts: &Parts,
    case: &Case,
    request: &Request,
    now: Timestamp,
) -> Result<bool, Refused> {
    let may = |row: TokenRow| {
        let caller = Caller::from(row);
        load::may(&parts.governance, &parts.environment, &caller, Permission::REQUEST_CONFIRM, case)
    };
    for given in &request.confirmations {
        let Confirmer::Staff { staff, .. } = &given.by else { continue };
        let tokens = auth::tokens_of(&parts.live, staff.as_str(), now);
        let may = parts.live.floor.staff(staff).is_some()
            && (tokens.iter().any(|token| may((**token).clone()))
                || can_sign_in(&parts.environment, &parts.journal, staff, now).await?.is_some_and(may));
        if !may {
            return Ok(false);
        }
    }
    Ok(true)
}

/// An AI responder as who asks, with what is true of it now; nothing where the bundle has it not.
pub(super) fn as_responder(
    parts: &Parts,
    case: &Case,
    responder: &ResponderId,
    signals: &Signals,
    now: Timestamp,
) -> Option<Asker> {
    let candidates = facts::candidates(&parts.governance, &parts.live, &parts.environment, case, signals, now);
    let facts = candidates.into_iter().find(|facts| facts.responder == *responder);
    facts.map(|facts| Asker::Responder { facts: Box::new(facts) })
}
