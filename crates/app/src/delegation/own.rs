//! What a customer granted, before their own eyes: what each delegate may do and did, limited or taken back by them, on
//! a page whose link the organisation gives them.

use super::words::Words;
use crate::{
    Caller, Environment, Journal, Parts, Vault,
    access::auth,
    bounds::{CUSTOMER_MAX, bounded},
    customer,
    environment::clock::rfc3339,
    journal::{
        delegations::{self, DELEGATIONS, EACH_MAX, cases_of, given_on, of_customer},
        stored_case::stored_case,
    },
    operation::{
        LinkDelegationsRefusal, NarrowOwnDelegationRefusal, ReadOwnDelegationsRefusal, RevokeOwnDelegationRefusal,
    },
    pipeline::{authority, sealing},
    refused::{Kind, Refused},
    request::tell,
};
use remit_domain::{
    Case, Event, Stream,
    delegation::{
        DelegatedGrant, Delegation, DelegationChange, DelegationChanged, GrantLimits, RevocationCause, Scope,
    },
    id::{ActionName, CustomerId, DelegationId, Timestamp},
    request::{Asker, Money, decimals},
};
use remit_policy::actions::Permission;
use remit_store::{Commit, Entry, Journal as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What the secret of such a link begins with.
const SECRET_PREFIX: &str = "remit_delegations_";
/// For what such a secret is stamped.
const LINK: &[u8] = b"link to delegations";
/// The longest secret that is looked at, in bytes.
const SECRET_MAX: usize = 1_024;
/// Cases of one delegation that are told of at once, the newest.
const CASES_MAX: usize = 10;
/// Of so many of those to whom a part was given on is told.
const OTHERS_MAX: usize = 20;
/// How much is told of the words that a case began with, in characters.
const WORDS_MAX: usize = 200;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// For how long a customer can use a link.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkDelegations {
    /// For how many hours: 1 to 72; 1 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 72)]
    pub hours: Option<u16>,
}

/// A link just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LinkedDelegations {
    /// Where the customer goes. The secret is behind `#`, which browsers send to nobody.
    #[schema(example = "/delegations#remit_delegations_…")]
    pub url: String,
    /// Until when it can be used.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// For whom a link is.
#[derive(Debug, Serialize, Deserialize)]
struct Linked {
    customer: CustomerId,
    expires: Timestamp,
}

/// Makes a link by which a customer sees, limits and takes back what they granted. It is kept nowhere.
///
/// # Errors
/// [`LinkDelegationsRefusal`] says when each arises.
pub async fn link_delegations(
    parts: &Parts,
    caller: &Caller,
    customer: &str,
    link: LinkDelegations,
) -> Result<LinkedDelegations, LinkDelegationsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DELEGATION_ASK)?;
    super::ask::by_a_program(caller)?;
    bounded("customer", customer, CUSTOMER_MAX)?;
    let hours = link.hours.unwrap_or(1);
    if !(1..=72).contains(&hours) {
        return Err(Refused::invalid("hours", "must be 1 to 72").into());
    }
    let expires = parts.environment.now().plus_ms(i64::from(hours) * HOUR_MS);
    let linked = Linked { customer: customer::customer_id(&parts.vault, customer), expires };
    let body = serde_json::to_vec(&linked).map_err(Refused::internal)?;
    let secret = format!("{SECRET_PREFIX}{}", parts.vault.delegate_tokens.stamped(LINK, &body));
    let url = parts.environment.public_link(&format!("/delegations#{secret}"));
    Ok(LinkedDelegations { url, expires_at: rfc3339(expires) })
}

/// The secret of a link.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenDelegations {
    /// What stands behind `#` in the link.
    #[schema(max_length = 1_024)]
    pub secret: String,
    /// In which language it is read, as browsers say it: `de`, `en-GB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 35)]
    pub language: Option<String>,
}

/// A delegation that its customer takes back.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeOwnDelegation {
    /// What stands behind `#` in the link.
    #[schema(max_length = 1_024)]
    pub secret: String,
    /// Which.
    #[schema(pattern = "^dgn_[0-9A-HJKMNP-TV-Z]{26}$")]
    pub delegation: String,
}

/// What is left of a delegation whose customer limits it. What is not said stays as it is.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NarrowOwnDelegation {
    /// What stands behind `#` in the link.
    #[schema(max_length = 1_024)]
    pub secret: String,
    /// Which.
    #[schema(pattern = "^dgn_[0-9A-HJKMNP-TV-Z]{26}$")]
    pub delegation: String,
    /// What it may go on doing at the interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<BTreeSet<Scope>>,
    /// Which actions it may go on requesting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 32)]
    pub actions: Option<Vec<String>>,
    /// The most that one action may move, in minor units of the currency that it was granted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<i64>,
    /// The most that all together may move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_total: Option<i64>,
    /// How many actions may be requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_count: Option<u32>,
    /// In how many days it ends, where that is sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 366)]
    pub days: Option<u16>,
}

/// What a customer granted, in words that are shown as they stand.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnDelegations {
    /// The name of the organisation.
    pub organisation: String,
    /// What stands above all of them; of none, that there is none.
    pub title: String,
    /// What buttons and fields say.
    pub texts: OwnTexts,
    /// Each, the newest first.
    pub delegations: Vec<OwnDelegation>,
}

/// What the page of a customer's delegations says around them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnTexts {
    /// Ends one.
    pub revoke: String,
    /// Opens what limits one.
    pub limit: String,
    /// Limits it.
    pub save: String,
    /// The most each time.
    pub amount: String,
    /// The most in all.
    pub total: String,
    /// How often.
    pub count: String,
    /// In how many days it ends.
    pub days: String,
    /// What stands above what was done.
    pub done: String,
    /// That nothing was done.
    pub nothing: String,
}

/// A delegation as its customer is shown it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnDelegation {
    /// Which.
    pub id: String,
    /// The delegate's name.
    pub name: String,
    /// Who answers for it, and how much of what it does is the customer's own.
    pub who: String,
    /// `active`, `expired` or `revoked`.
    pub state: &'static str,
    /// How it stands, in words.
    pub stands: String,
    /// What it may do, each with the name by which it can be kept.
    pub can: Vec<OwnRight>,
    /// How much of it, each in a sentence.
    pub limits: Vec<String>,
    /// The same as numbers.
    pub limited: GrantLimits,
    /// How many decimals amounts have in the currency.
    pub decimals: usize,
    /// To whom the delegate gave a part of it on, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// What was done under it, the newest first.
    pub done: Vec<OwnCase>,
}

/// Something that a delegation lets be done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnRight {
    /// `scope` or `action`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// In words.
    pub text: String,
}

/// A case that was opened under a delegation, and what was requested on it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnCase {
    /// When, in words.
    pub at: String,
    /// What it began with; nothing once the words were erased.
    pub text: Option<String>,
    /// What was requested, and what became of each, in words.
    pub requests: Vec<String>,
}

/// What the customer of a link granted. Reading it changes nothing.
///
/// # Errors
/// [`ReadOwnDelegationsRefusal`] says when each arises.
pub async fn read_own_delegations(
    parts: &Parts,
    open: OpenDelegations,
) -> Result<OwnDelegations, ReadOwnDelegationsRefusal> {
    let own = Own::by(&parts.environment, &parts.vault, &open.secret)?;
    auth::permit(&parts.governance, &parts.live, &parts.environment, &own.caller, Permission::DELEGATION_READ)?;
    let language = open.language.as_deref().map(|language| language.split('-').next().unwrap_or(language));
    Ok(own.shown(parts, language).await?)
}

/// Ends a delegation, for the customer of a link.
///
/// # Errors
/// [`RevokeOwnDelegationRefusal`] says when each arises.
pub async fn revoke_own_delegation(
    parts: &Parts,
    said: RevokeOwnDelegation,
) -> Result<OwnDelegations, RevokeOwnDelegationRefusal> {
    let own = Own::by(&parts.environment, &parts.vault, &said.secret)?;
    auth::permit(&parts.governance, &parts.live, &parts.environment, &own.caller, Permission::DELEGATION_REVOKE)?;
    let entry = own.delegation(&parts.journal, &said.delegation).await?;
    super::revoke::revoke(parts, &own.caller, &entry, RevocationCause::Customer).await?;
    Ok(own.shown(parts, None).await?)
}

/// Limits a delegation further, for the customer of a link.
///
/// # Errors
/// [`NarrowOwnDelegationRefusal`] says when each arises.
pub async fn narrow_own_delegation(
    parts: &Parts,
    said: NarrowOwnDelegation,
) -> Result<OwnDelegations, NarrowOwnDelegationRefusal> {
    let own = Own::by(&parts.environment, &parts.vault, &said.secret)?;
    auth::permit(&parts.governance, &parts.live, &parts.environment, &own.caller, Permission::DELEGATION_REVOKE)?;
    let entry = own.delegation(&parts.journal, &said.delegation).await?;
    let now = parts.environment.now();
    if !entry.value.stands(now) {
        return Err(Refused::new(Kind::Conflict, "the delegation has ended").into());
    }
    let grant = narrowed(&entry.value.grant, &said, now)?;
    if grant != entry.value.grant {
        let change = DelegationChange::Narrowed { grant };
        let after = entry.value.clone().changed_by(&change, now);
        let write = DELEGATIONS.write(&entry.id, entry.expected(), &after).map_err(Refused::internal)?;
        let by = own.caller.pseudonym.to_string();
        let event = Event::DelegationChanged(DelegationChanged { delegation: after.id, change, by, at: now });
        let commit = Commit { items: vec![write], ..Commit::default() };
        authority::govern(parts, &own.caller, &[event], commit).await.map_err(delegations::changed)?;
    }
    Ok(own.shown(parts, None).await?)
}

/// What is left of a grant, no wider than it in anything.
fn narrowed(of: &DelegatedGrant, said: &NarrowOwnDelegation, now: Timestamp) -> Result<DelegatedGrant, Refused> {
    let mut grant = of.clone();
    if let Some(scopes) = &said.scopes {
        grant.scopes.clone_from(scopes);
    }
    if let Some(actions) = &said.actions {
        let named =
            actions.iter().map(|name| ActionName::new(name).map_err(|error| Refused::invalid("actions", error)));
        grant.actions = named.collect::<Result<_, _>>()?;
    }
    let money = |field: &str, limit: &mut Option<Money>, most: Option<i64>| {
        let Some(most) = most else { return Ok(()) };
        match limit {
            Some(limit) if (1..=limit.minor).contains(&most) => limit.minor = most,
            Some(_) => return Err(Refused::invalid(field, "must be 1 or more, and no more than was granted")),
            None => return Err(Refused::invalid(field, "is no limit of this delegation; take it back instead")),
        }
        Ok(())
    };
    money("max_amount", &mut grant.limits.max_amount, said.max_amount)?;
    money("max_total", &mut grant.limits.max_total, said.max_total)?;
    if let Some(most) = said.max_count {
        if most == 0 {
            return Err(Refused::invalid("max_count", "must be 1 or more"));
        }
        // A count that begins now would not know what was requested before.
        if grant.limits.max_count.is_none() {
            return Err(Refused::invalid("max_count", "is no limit of this delegation; take it back instead"));
        }
        grant.limits.max_count = Some(most);
    }
    if let Some(days) = said.days {
        if !(1..=366).contains(&days) {
            return Err(Refused::invalid("days", "must be 1 to 366"));
        }
        grant.not_after = grant.not_after.min(now.plus_ms(i64::from(days) * DAY_MS));
    }
    if grant.scopes.is_empty() {
        return Err(Refused::invalid("scopes", "leave at least one, or take it back"));
    }
    of.covers(&grant).map_err(|wider| Refused::invalid("delegation", format!("would allow more: {wider}")))?;
    Ok(grant)
}

/// The customer of a link that can be used.
struct Own {
    customer: CustomerId,
    caller: Caller,
}

impl Own {
    fn by(environment: &Environment, vault: &Vault, secret: &str) -> Result<Self, Refused> {
        let over = || Refused::new(Kind::LinkEnded, "there is no such link, or its time is over");
        let stamped = secret.strip_prefix(SECRET_PREFIX).filter(|_| secret.len() <= SECRET_MAX).ok_or_else(over)?;
        let body = vault.delegate_tokens.unstamped(LINK, stamped).ok_or_else(over)?;
        let Linked { customer, expires } = serde_json::from_slice(&body).map_err(|_| over())?;
        if expires <= environment.now() {
            return Err(over());
        }
        let caller = Caller::customer("delegations", &customer);
        Ok(Self { customer, caller })
    }

    /// A delegation that this customer granted themselves.
    async fn delegation(&self, journal: &Journal, id: &str) -> Result<Entry<Delegation>, Refused> {
        let unknown = || Refused::new(Kind::NotFound, "you granted no such delegation");
        let id: DelegationId = id.parse().map_err(|_| unknown())?;
        let entry = delegations::stored(journal, id).await?;
        entry.filter(|entry| entry.value.customer == self.customer && entry.value.parent.is_none()).ok_or_else(unknown)
    }

    async fn shown(&self, parts: &Parts, language: Option<&str>) -> Result<OwnDelegations, Refused> {
        let words = Words { parts, language };
        let store = &parts.journal.store;
        let listed = of_customer(&self.customer).page(store, None, EACH_MAX as usize).await;
        let mut shown = Vec::new();
        for entry in listed.map_err(Refused::internal)? {
            let Ok(id) = entry.id.parse() else { continue };
            let Some(entry) = delegations::stored(&parts.journal, id).await? else { continue };
            shown.push(one(parts, &words, &entry.value).await?);
        }
        let of = [("organisation", parts.governance.bundle.name())];
        let title = if shown.is_empty() { "delegations_none" } else { "delegations_title" };
        let say = |text: &str| words.say(text, &of);
        Ok(OwnDelegations {
            organisation: parts.governance.bundle.name().to_owned(),
            title: say(title),
            texts: OwnTexts {
                revoke: say("delegations_revoke"),
                limit: say("delegations_limit"),
                save: say("delegations_save"),
                amount: say("delegations_amount"),
                total: say("delegations_total"),
                count: say("delegations_count"),
                days: say("delegations_days"),
                done: say("delegations_done"),
                nothing: say("delegations_nothing"),
            },
            delegations: shown,
        })
    }
}

async fn one(parts: &Parts, words: &Words<'_>, of: &Delegation) -> Result<OwnDelegation, Refused> {
    let now = parts.environment.now();
    let known = delegations::stored_delegate(&parts.journal, of.delegate).await?.map(|entry| entry.value);
    let (state, stands) = match of.revoked {
        Some((at, _)) => ("revoked", words.told_at("delegations_revoked", at)),
        None if of.stands(now) => ("active", words.until(&of.grant)),
        None => ("expired", words.told_at("delegations_expired", of.grant.not_after)),
    };
    let scopes = of.grant.scopes.iter().map(|scope| {
        let (name, text) = (scope.as_str().to_owned(), words.scope(*scope));
        OwnRight { kind: "scope", name, text }
    });
    let actions = of.grant.actions.iter().map(|action| {
        let (name, text) = (action.to_string(), words.action(action));
        OwnRight { kind: "action", name, text }
    });
    let money = of.grant.limits.max_amount.as_ref().or(of.grant.limits.max_total.as_ref());
    Ok(OwnDelegation {
        id: of.id.to_string(),
        name: known.as_ref().map_or_else(|| of.delegate.to_string(), |known| known.name.clone()),
        who: words.who_for(known.as_ref(), of).await?,
        state,
        stands,
        can: scopes.chain(actions).collect(),
        limits: words.limits(&of.grant),
        limited: of.grant.limits.clone(),
        decimals: money.map_or(0, |money| decimals(&money.currency)),
        others: others(&parts.journal, words, of.id).await?,
        done: done(parts, words, of.id).await?,
    })
}

/// To whom a part of a delegation was given on, and by them to others.
async fn others(journal: &Journal, words: &Words<'_>, root: DelegationId) -> Result<Vec<String>, Refused> {
    let (mut told, mut next) = (Vec::new(), vec![root]);
    while let Some(of) = next.pop() {
        let given = given_on(of).page(&journal.store, None, OTHERS_MAX).await.map_err(Refused::internal)?;
        for id in given.iter().filter_map(|entry| entry.id.parse().ok()) {
            let Some(one) = delegations::stored(journal, id).await?.map(|entry| entry.value) else { continue };
            let known = delegations::stored_delegate(journal, one.delegate).await?;
            let name = known.map_or_else(|| one.delegate.to_string(), |known| known.value.name);
            told.push(words.say("delegations_other", &[("name", &name)]));
            if told.len() >= OTHERS_MAX {
                return Ok(told);
            }
            next.push(id);
        }
    }
    Ok(told)
}

/// What was done under a delegation.
async fn done(parts: &Parts, words: &Words<'_>, id: DelegationId) -> Result<Vec<OwnCase>, Refused> {
    let cases = cases_of(id).page(&parts.journal.store, None, CASES_MAX).await.map_err(Refused::internal)?;
    let mut done = Vec::with_capacity(cases.len());
    for entry in cases {
        let Some(case) = stored_case(&parts.journal, entry.value.case).await? else { continue };
        let Some((at, text)) = begun(parts, &case).await? else { continue };
        let mut requests = Vec::new();
        for request in tell::requests_of(&parts.journal, case.id).await? {
            let is_theirs = matches!(&request.by, Asker::Delegate(asker) if asker.chain.first() == Some(&id));
            if is_theirs && request.is_denied() {
                // What is true of it may be of somebody else: of what policy denies that is told to staff alone.
                let spec = parts.governance.bundle.requested(request.action.as_str());
                let title = spec.map_or(request.action.as_str(), |spec| spec.title.as_str());
                requests.push(words.say("delegations_denied", &[("title", title)]));
            } else if is_theirs && let Some(asked) = tell::asked(parts, &case, &request).await? {
                requests.push(asked.became.unwrap_or(asked.text));
            }
        }
        done.push(OwnCase { at: words.told_at("delegations_at", at), text, requests });
    }
    Ok(done)
}

/// When a case began, and with which words.
async fn begun(parts: &Parts, case: &Case) -> Result<Option<(Timestamp, Option<String>)>, Refused> {
    let stream = Stream::case(case.id).to_string();
    let first = parts.journal.store.records_of(&stream, 0, 1).await.map_err(Refused::internal)?;
    let Some(row) = first.first() else { return Ok(None) };
    let Event::CaseOpened { message, at, .. } = serde_json::from_slice(&row.body).map_err(Refused::internal)? else {
        return Ok(None);
    };
    let (journal, vault, environment) = (&parts.journal, &parts.vault, &parts.environment);
    let text = sealing::open_words(journal, vault, environment, case, &message.words).await?;
    Ok(Some((at, text.map(|text| text.chars().take(WORDS_MAX).collect()))))
}
