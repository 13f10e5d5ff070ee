//! Customers asked whether a delegate may act for them: by a link that the organisation sends them, or whose browser it
//! shows it to, since it alone knows who is before it.

use super::expired_below;
use crate::{
    Caller, Governance, Parts,
    access::auth,
    bounds::{CUSTOMER_MAX, bounded},
    customer, digest,
    environment::clock::rfc3339,
    journal::delegations::{self, AuthorizationReturn, CONSENTS, ConsentItem},
    operation::AskConsentRefusal,
    pipeline::authority,
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::{
    Event,
    delegation::{DelegatedGrant, GrantLimits, Scope},
    id::{ActionName, CustomerId, DelegateId, Timestamp},
    request::Money,
};
use remit_oauth::details::ACTIONS_MAX;
use remit_policy::actions::Permission;
use remit_store::{Commit, Expected};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What the secret of a link begins with.
pub(super) const SECRET_PREFIX: &str = "remit_consent_";

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What a customer is to be asked.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskConsent {
    /// Your own identifier of the customer, who must be who opens the link: recorded only as a pseudonym.
    #[schema(max_length = 256, min_length = 1)]
    pub customer: String,
    /// The delegate, by its identifier.
    #[schema(pattern = "^dlg_[0-9A-HJKMNP-TV-Z]{26}$")]
    pub delegate: String,
    /// What it would be able to do at the interface.
    pub scopes: BTreeSet<Scope>,
    /// Which actions of the catalogue it would be able to request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub actions: Vec<String>,
    /// How much of them.
    #[serde(default)]
    pub limits: GrantLimits,
    /// For how many days: 1 to 366; 30 unless told.
    #[serde(default = "thirty")]
    #[schema(minimum = 1, maximum = 366)]
    pub days: u16,
    /// For how many hours the link is valid: 1 to 72; 12 unless told.
    #[serde(default = "twelve")]
    #[schema(minimum = 1, maximum = 72)]
    pub hours: u16,
}

fn thirty() -> u16 {
    30
}

fn twelve() -> u16 {
    12
}

/// A link just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AskedConsent {
    /// Where the customer goes: at the server's public address, or, where it was told none, on this server. The secret
    /// is behind `#`, which browsers send to nobody.
    #[schema(example = "/consent#remit_consent_…")]
    pub url: String,
    /// Until when it can be answered.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// Makes a link by which a customer says once whether a delegate may act for them. Its secret is in the answer and kept
/// nowhere.
///
/// # Errors
/// [`AskConsentRefusal`] says when each arises.
pub async fn ask_consent(parts: &Parts, caller: &Caller, ask: AskConsent) -> Result<AskedConsent, AskConsentRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DELEGATION_ASK)?;
    by_a_program(caller)?;
    bounded("customer", &ask.customer, CUSTOMER_MAX)?;
    if !(1..=72).contains(&ask.hours) {
        return Err(Refused::invalid("hours", "must be 1 to 72").into());
    }
    if !(1..=366).contains(&ask.days) {
        return Err(Refused::invalid("days", "must be 1 to 366").into());
    }
    let now = parts.environment.now();
    let not_after = now.plus_ms(i64::from(ask.days) * DAY_MS);
    let terms = GrantTerms { scopes: &ask.scopes, actions: &ask.actions, limits: &ask.limits, not_after };
    let grant = grant(&parts.governance, &terms)?;
    let unknown = || Refused::invalid("delegate", "there is no such delegate; `GET /v1/delegates` lists them");
    let delegate: DelegateId = ask.delegate.parse().map_err(|_| unknown())?;
    delegations::stored_delegate(&parts.journal, delegate).await?.ok_or_else(unknown)?;
    let customer = customer::customer_id(&parts.vault, &ask.customer);
    let expires = now.plus_ms(i64::from(ask.hours) * HOUR_MS);
    Ok(asked(parts, caller, customer, delegate, grant, expires, None).await?)
}

/// That a program asks. Whoever has the secret can consent as the customer: people who work here never see it.
pub(super) fn by_a_program(caller: &Caller) -> Result<(), Refused> {
    if caller.is_program() {
        return Ok(());
    }
    let detail = "a link is made by a program, which shows it to the customer; people who work here never see it";
    Err(Refused::new(Kind::Forbidden, detail))
}

/// Makes the link by which a customer is asked, and puts on record that they are; `back` is where their answer is
/// brought to, where their browser came from a delegate.
pub(super) async fn asked(
    parts: &Parts,
    caller: &Caller,
    customer: CustomerId,
    delegate: DelegateId,
    grant: DelegatedGrant,
    until: Timestamp,
    back: Option<AuthorizationReturn>,
) -> Result<AskedConsent, Refused> {
    let gone = || Refused::invalid("delegate", "there is no such delegate any more");
    let known = delegations::stored_delegate(&parts.journal, delegate).await?.ok_or_else(gone)?;
    if known.value.suspended {
        return Err(Refused::new(Kind::Conflict, "the delegate is suspended"));
    }
    let bytes: [u8; 32] = parts.environment.entropy.bytes().map_err(Refused::from)?;
    let secret = format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let (now, expires) = (parts.environment.now(), until.min(grant.not_after));
    let item = ConsentItem { customer, delegate, grant, asked_by: caller.pseudonym.to_string(), expires, back };
    let id = digest::of_secret(&secret).to_string();
    let event = Event::ConsentAsked(Box::new(item.asked(&id, now)));
    let mut items = vec![CONSENTS.write(&id, Expected::Absent, &item).map_err(Refused::internal)?];
    let over = expired_below(&parts.journal, &CONSENTS, &id, LOOKED_AT, |item| item.expires <= now).await?;
    items.extend(over.iter().take(FORGOTTEN).map(|entry| CONSENTS.forget(&entry.id, entry.expected())));
    let commit = Commit { items, ..Commit::default() };
    authority::govern(parts, caller, &[event], commit).await.map_err(delegations::changed)?;
    let url = parts.environment.public_link(&format!("/consent#{secret}"));
    Ok(AskedConsent { url, expires_at: rfc3339(expires) })
}

/// Links whose time is over and that are forgotten with each that is made, at most.
const FORGOTTEN: usize = 4;
/// Links that are looked at for that.
const LOOKED_AT: usize = 32;

/// What is to be granted.
pub(crate) struct GrantTerms<'a> {
    pub(crate) scopes: &'a BTreeSet<Scope>,
    pub(crate) actions: &'a [String],
    pub(crate) limits: &'a GrantLimits,
    pub(crate) not_after: Timestamp,
}

/// The same as a grant, where all of it can be granted.
pub(crate) fn grant(governance: &Governance, ask: &GrantTerms<'_>) -> Result<DelegatedGrant, Refused> {
    let mut actions = BTreeSet::new();
    if ask.actions.len() > ACTIONS_MAX {
        return Err(Refused::invalid("actions", format!("must name {ACTIONS_MAX} actions at most")));
    }
    for name in ask.actions {
        let action = ActionName::new(name).map_err(|error| Refused::invalid("actions", error))?;
        if governance.bundle.requested(name).is_none() {
            let catalogue = governance.bundle.catalogue().iter().map(|spec| spec.name.as_str());
            let there: Vec<&str> = catalogue.collect();
            let why = format!("the bundle has no action `{name}` in its catalogue, which has {}", there.join(", "));
            return Err(Refused::invalid("actions", why));
        }
        if !actions.insert(action) {
            return Err(Refused::invalid("actions", format!("names `{name}` twice")));
        }
    }
    if ask.scopes.is_empty() && actions.is_empty() {
        return Err(Refused::invalid("scopes", "name at least one scope or action"));
    }
    if !actions.is_empty() && !ask.scopes.contains(&Scope::CaseOpen) {
        return Err(Refused::invalid("scopes", "actions are requested on cases: `case:open` has to be one of them"));
    }
    limits(governance, ask.limits)?;
    Ok(DelegatedGrant { scopes: ask.scopes.clone(), actions, limits: ask.limits.clone(), not_after: ask.not_after })
}

/// That limits can be kept: amounts in the bundle's currency, and nothing that is none.
fn limits(governance: &Governance, limits: &GrantLimits) -> Result<(), Refused> {
    let currency = &*governance.bundle.currency().0;
    let money = |field: &str, money: &Option<Money>| match money {
        Some(money) if money.minor < 1 || money.currency != currency => {
            Err(Refused::invalid(field, format!("must be minor units of {currency}, 1 or more")))
        }
        _ => Ok(()),
    };
    money("limits.max_amount", &limits.max_amount)?;
    money("limits.max_total", &limits.max_total)?;
    if limits.max_count.is_some_and(|most| !(1..=1_000_000).contains(&most)) {
        return Err(Refused::invalid("limits.max_count", "must be 1 to 1,000,000"));
    }
    match limits.window_hours {
        Some(hours) if !(1..=8_784).contains(&hours) => {
            Err(Refused::invalid("limits.window_hours", "must be 1 to 8,784"))
        }
        Some(_) if limits.max_total.is_none() && limits.max_count.is_none() => {
            Err(Refused::invalid("limits.window_hours", "says nothing without `max_total` or `max_count`"))
        }
        _ => Ok(()),
    }
}
