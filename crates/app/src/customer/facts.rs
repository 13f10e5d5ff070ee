//! What is known of a customer: facts that the bundle declares, said by integrations, each with its source and when it
//! was said. They stay with the customer, sealed under the customer's key as a whole, and go with it.

use crate::{
    ATTEMPTS, Caller, Environment, Governance, Journal, Parts, Vault,
    access::auth,
    bounds::{self, CUSTOMER_MAX},
    customer,
    environment::clock::rfc3339,
    field::{
        schema::values,
        sent::{self, Of, SaidValues, Sent, source_of},
        view::{FieldView, currency},
    },
    journal::outbox::facts_row,
    operation::{GetFactsRefusal, PutFactsRefusal},
    pipeline::{commit, projections},
    refused::{Kind, Refused},
    vault::{
        customers::Customer,
        known_facts::{self, FACTS, Fact, Facts, FactsItem, opened},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use remit_domain::{
    Event, Stream,
    field::FactsSet,
    id::{CaseId, CustomerId, FieldName, Timestamp},
};
use remit_policy::{
    actions::Permission,
    bundle::{self, Bundle, FieldSpec},
    engine::ApiCase,
};
use remit_store::{CaseRow, Commit, CommitError, Entry, Expected, OutboxRow, Views as _};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use utoipa::ToSchema;

/// By how much the moment since which a fact is so may be ahead of the clock here, in milliseconds.
const SAID_AHEAD_MS: i64 = 60_000;

const HOUR_MS: i64 = 3_600_000;

/// Of how many of a customer's cases, the newest, those that are open are decided anew once facts change.
const LOOKED_AT: usize = 100;

/// What is known of a customer by now.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutFacts {
    /// The values, by fact; `null` takes one away, and what is not named stays. What is older than what is known, or
    /// than when it was taken away, says nothing new.
    #[serde(deserialize_with = "sent::once")]
    #[schema(schema_with = values)]
    pub facts: Sent,
    /// Which of the token's sources says so; its first unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub source: Option<String>,
    /// Since when it is known, where that is not now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub at: Option<String>,
}

/// What is known of a customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FactsView {
    /// The customer's pseudonym.
    pub customer: String,
    /// What is known, in the bundle's order, as far as the caller may see it.
    pub facts: Vec<FieldView>,
}

/// Facts that were read, before they are sealed.
#[derive(Debug, Clone)]
pub(crate) struct FactsRead {
    said: SaidValues,
    at: Timestamp,
}

impl FactsRead {
    /// All of them together, which are of one source and moment; nothing where there are none.
    pub(crate) fn all(each: impl IntoIterator<Item = Self>) -> Option<Self> {
        each.into_iter().reduce(|mut all, one| {
            all.said.values.extend(one.said.values);
            all
        })
    }
}

/// Reads facts that are sent, by the bundle's declarations.
pub(crate) fn read(governance: &Governance, source: SmolStr, sent: &Sent, at: Timestamp) -> Result<FactsRead, Refused> {
    Ok(FactsRead { said: sent::read(governance.bundle.facts(), Of::Customer, source, sent)?, at })
}

/// The pseudonym of a customer who is named by the organisation's own identifier, or by the pseudonym itself.
fn named(vault: &Vault, id: &str) -> Result<CustomerId, Refused> {
    bounds::bounded("customer", id, CUSTOMER_MAX)?;
    Ok(CustomerId::try_from(id.to_owned()).unwrap_or_else(|_| customer::customer_id(vault, id)))
}

/// Notes what is known of a customer.
///
/// # Errors
/// [`PutFactsRefusal`] says when each arises.
pub async fn put_facts(parts: &Parts, caller: &Caller, id: &str, put: PutFacts) -> Result<FactsView, PutFactsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::FACT_SET)?;
    let customer = named(&parts.vault, id)?;
    if put.facts.is_empty() {
        return Err(Refused::invalid("facts", "name at least one fact").into());
    }
    let now = parts.environment.now();
    let at = match &put.at {
        None => now,
        Some(at) => at
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|at| Timestamp(at.as_millisecond()))
            .filter(|at| *at <= now.plus_ms(SAID_AHEAD_MS))
            .ok_or_else(|| Refused::invalid("at", "is a moment as RFC 3339 that is not ahead of now"))?,
    };
    let source = source_of(&parts.governance, &*caller.under(put.source.as_deref())?, "facts")?;
    let facts = note(parts, caller, &customer, &read(&parts.governance, source, &put.facts, at)?).await?;
    Ok(FactsView {
        customer: customer.to_string(),
        facts: fact_views(&parts.governance, &facts, |spec| spec.seen_by_staff),
    })
}

/// Notes what is known of a customer by now, as it is told with something else.
///
/// # Errors
/// When policy, a declaration or the store refuses.
pub(crate) async fn say(
    parts: &Parts,
    caller: &Caller,
    customer: &CustomerId,
    sent: &Sent,
    source: Option<&str>,
) -> Result<Facts, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::FACT_SET)?;
    if sent.is_empty() {
        return Ok(Facts::new());
    }
    let source = source_of(&parts.governance, &*caller.under(source)?, "facts")?;
    note(parts, caller, customer, &read(&parts.governance, source, sent, parts.environment.now())?).await
}

/// What is known of a customer, for people.
///
/// # Errors
/// [`GetFactsRefusal`] says when each arises.
pub async fn get_facts(parts: &Parts, caller: &Caller, id: &str) -> Result<FactsView, GetFactsRefusal> {
    // Policy sees of whom it is: as of a case of theirs that nobody has.
    let customer = match named(&parts.vault, id) {
        Ok(customer) => customer,
        Err(wrong) => {
            auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::FACT_READ)?;
            return Err(wrong.into());
        }
    };
    let of = ApiCase { customer: Some(customer.as_str()), ..ApiCase::default() };
    auth::permit_on(&parts.governance, &parts.environment, caller, Permission::FACT_READ, of)?;
    let facts = known_facts::of(parts.opener(), &customer).await?;
    let Some(facts) = facts.filter(|facts| facts.values().any(|fact| fact.held.is_some())) else {
        let none = Refused::new(Kind::NotFound, "nothing is known of a customer of this identifier");
        let cure = "Check the customer's identifier or pseudonym; where it is right, facts are to be noted first.";
        return Err(none.cured_by(cure).into());
    };
    Ok(FactsView {
        customer: customer.to_string(),
        facts: fact_views(&parts.governance, &facts, |spec| spec.seen_by_staff),
    })
}

/// Notes facts of a customer on record, sealed with those that are known already; gives all of them. Open cases of
/// theirs that no member of staff has are decided anew, beside this, where policies see what changed.
pub(crate) async fn note(parts: &Parts, caller: &Caller, id: &CustomerId, read: &FactsRead) -> Result<Facts, Refused> {
    let mut replaced = None;
    for _ in 0..ATTEMPTS {
        let customer = customer::customer_of(&parts.journal, &parts.vault, &parts.environment, id.clone()).await?;
        let new = customer.new.as_ref().map(|new| new.replaces);
        let stored = FACTS.get(&parts.journal.store, id.as_str()).await.map_err(Refused::internal)?;
        let known = stored.as_ref();
        let known = known.and_then(|entry| opened(&parts.environment.metrics, &customer.key, &entry.value));
        let known = known.unwrap_or_default();
        let facts = after(&known, read);
        let now = parts.environment.now();
        let outbox = if policies_see_change(&parts.governance.bundle, &known, &facts, now) {
            to_be_decided_anew(&parts.journal, id, now).await?
        } else {
            Vec::new()
        };
        let expected = stored.as_ref().map_or(Expected::Absent, Entry::expected);
        let commit = Commit { outbox, ..to_commit(&parts.environment, caller, customer, read, &facts, expected, now)? };
        match projections::commit(parts, commit).await {
            Ok(_) => return Ok(facts),
            Err(CommitError::ItemConflict { .. }) => {}
            // The customer was erased since their key was read: what is known now is sealed under another one.
            Err(CommitError::KeyGone) => {
                replaced = new;
                customer::forget_customer(&parts.vault, id);
            }
            Err(error) => return Err(crate::refused(error)),
        }
    }
    Err(match replaced {
        Some(_) => customer::key_refused(&parts.journal, id, replaced).await?,
        None => Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")),
    })
}

/// What is known after what is said.
fn after(known: &Facts, read: &FactsRead) -> Facts {
    let mut facts = known.clone();
    for (name, value) in &read.said.values {
        // What is older than what is known, or than when it was taken away, says nothing new.
        if facts.get(name).is_none_or(|known| known.at <= read.at) {
            let fact = Fact { held: value.clone(), source: read.said.source.clone(), at: read.at };
            facts.insert(name.clone(), fact);
        }
    }
    facts
}

/// Whether policies see anything else than before: another value, or another age, which they see in hours.
fn policies_see_change(bundle: &Bundle, known: &Facts, facts: &Facts, now: Timestamp) -> bool {
    let seen = |facts: &Facts, name: &FieldName| {
        facts.get(name).and_then(|fact| Some((fact.held.clone()?, now.since(fact.at).div_euclid(HOUR_MS))))
    };
    let mut specs = bundle.facts().iter().filter(|spec| spec.seen_by_policies);
    specs.any(|spec| seen(known, &spec.name) != seen(facts, &spec.name))
}

/// What has open cases of a customer be decided anew: a row for each of the newest.
async fn to_be_decided_anew(journal: &Journal, id: &CustomerId, now: Timestamp) -> Result<Vec<OutboxRow>, Refused> {
    let open = journal.store.open_of_customer(id.as_str(), LOOKED_AT).await.map_err(Refused::internal)?;
    let row = |row: CaseRow| {
        let case: CaseId = row.id.parse().map_err(Refused::internal)?;
        Ok(facts_row(case, now))
    };
    open.into_iter().map(row).collect()
}

fn to_commit(
    environment: &Environment,
    caller: &Caller,
    customer: Customer,
    read: &FactsRead,
    facts: &Facts,
    expected: Expected,
    now: Timestamp,
) -> Result<Commit, Refused> {
    let text = serde_json::to_string(facts).map_err(Refused::internal)?;
    let sealed = customer.key.seal(&text, &environment.entropy)?;
    let named = |is_set: bool| {
        let named = read.said.values.iter().filter(move |(_, value)| value.is_some() == is_set);
        named.map(|(name, _)| name.clone()).collect()
    };
    let event = Event::CustomerFactsSet(FactsSet {
        customer: customer.id.clone(),
        facts: sealed.words.clone(),
        set: named(true),
        taken_away: named(false),
        source: read.said.source.to_string(),
        by: caller.pseudonym.to_string(),
        at: now,
    });
    let stream = Stream::customer(&customer.id);
    let record = commit::to_record(environment, &event, &stream, caller, now)?;
    let item = FactsItem { words: sealed.words, sealed: STANDARD_NO_PAD.encode(&sealed.bytes) };
    Ok(Commit {
        records: vec![record],
        items: vec![FACTS.write(customer.id.as_str(), expected, &item).map_err(Refused::internal)?],
        customer: customer.new,
        sealed_under: sealed.key,
        ..Commit::default()
    })
}

/// Facts that may be seen, in the bundle's order.
pub(crate) fn fact_views(
    governance: &Governance,
    facts: &Facts,
    may_see: impl Fn(&FieldSpec) -> bool,
) -> Vec<FieldView> {
    let view = |spec: &FieldSpec| {
        let fact = facts.get(&spec.name).filter(|_| may_see(spec))?;
        let held = fact.held.as_ref()?;
        Some(FieldView {
            name: spec.name.to_string(),
            title: spec.title.clone(),
            kind: held.kind.as_str(),
            value: bundle::shown(held),
            currency: currency(&governance.bundle, held.kind),
            source: fact.source.to_string(),
            at: rfc3339(fact.at),
        })
    };
    governance.bundle.facts().iter().filter_map(view).collect()
}
