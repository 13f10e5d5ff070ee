//! What a customer is shown who is asked whether a delegate may act for them, and their answer: once, to exactly what
//! was shown.

use super::{ask::SECRET_PREFIX, view::DelegationView};
use crate::{
    Caller, Parts,
    access::auth,
    bounds, digest,
    environment::clock::rfc3339,
    journal::delegations::{self, CONSENTS, ConsentItem, DELEGATIONS, DelegateItem, EACH_MAX, of_customer},
    operation::{AcceptConsentRefusal, ReadConsentRefusal, RefuseConsentRefusal},
    pipeline::{authority, projections},
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    delegation::{Consent, DelegateClass, DelegatedGrant, Delegation, DelegationGranted, Scope},
    id::{DelegationId, Digest},
    request::Money,
};
use remit_store::{Commit, Entry, Expected};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The longest secret that is looked at, in bytes.
const SECRET_MAX: usize = 128;

/// The secret of a link.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenConsent {
    /// What stands behind `#` in the link.
    #[schema(max_length = 128)]
    pub secret: String,
    /// In which language it is read, as browsers say it: `de`, `en-GB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 35)]
    pub language: Option<String>,
}

/// A yes to exactly what was shown.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptConsent {
    /// What stands behind `#` in the link.
    #[schema(max_length = 128)]
    pub secret: String,
    /// The hash of what was shown.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
    /// For how long it was before the customer, in milliseconds, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86_400_000)]
    pub seen_ms: Option<i64>,
}

/// What a customer is asked, in words that are shown as they stand.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShownConsent {
    /// The name of the organisation.
    pub organisation: String,
    /// The hash of what is asked, which the answer names.
    pub hash: String,
    /// Who asks to act for the customer.
    pub title: String,
    /// Who answers for it, and how much of what it does is the customer's own.
    pub who: String,
    /// What stands before what it would be able to do.
    pub may: String,
    /// What it would be able to do, each in a sentence.
    pub can: Vec<String>,
    /// How much of it, each in a sentence.
    pub limits: Vec<String>,
    /// Until when it would be able to.
    pub until: String,
    /// That it can be taken back.
    pub note: String,
    /// Yes.
    pub yes: String,
    /// No.
    pub no: String,
    /// What is shown after a yes.
    pub granted: String,
    /// What is shown after a no.
    pub refused: String,
    /// When the link ends.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// What a link asks. Reading it changes nothing.
///
/// # Errors
/// [`ReadConsentRefusal`] says when each arises.
pub async fn read_consent(parts: &Parts, open: OpenConsent) -> Result<ShownConsent, ReadConsentRefusal> {
    let found = Found::by(parts, &open.secret).await?;
    found.permitted(parts)?;
    let language = open.language.as_deref().map(|language| language.split('-').next().unwrap_or(language));
    Ok(found.shown(parts, language)?)
}

/// Grants a delegate what a link asks for, as the customer.
///
/// # Errors
/// [`AcceptConsentRefusal`] says when each arises.
pub async fn accept_consent(parts: &Parts, said: AcceptConsent) -> Result<DelegationView, AcceptConsentRefusal> {
    let found = Found::by(parts, &said.secret).await?;
    let caller = found.permitted(parts)?;
    let hash = Digest::try_from(said.hash).map_err(|error| Refused::invalid("hash", error))?;
    let shown = found.hash()?;
    if hash != shown {
        return Err(Refused::invalid("hash", "is not that of what the link asks; read it again").into());
    }
    bounds::seen(said.seen_ms)?;
    let (asked, now) = (&found.entry.value, parts.environment.now());
    let of_customer = of_customer(&asked.customer);
    let had = of_customer.page(&parts.journal.store, None, EACH_MAX).await.map_err(Refused::internal)?;
    if had.len() >= EACH_MAX {
        let detail = format!("the customer has had {EACH_MAX} delegations");
        return Err(Refused::new(Kind::LimitReached, detail).into());
    }
    let id = DelegationId::next(&mut parts.environment.ids(now)?);
    let link: String = found.entry.id.chars().take(16).collect();
    let consent = Consent { link, shown, seen_ms: said.seen_ms, asked_by: asked.asked_by.clone() };
    let granted = DelegationGranted {
        delegation: id,
        customer: asked.customer.clone(),
        delegate: asked.delegate,
        parent: None,
        depth: 1,
        grant: asked.grant.clone(),
        consent: Some(consent),
        at: now,
    };
    let delegation = Delegation::from(&granted);
    let items = vec![
        CONSENTS.forget(&found.entry.id, found.entry.expected()),
        DELEGATIONS.write(id.to_string(), Expected::Absent, &delegation).map_err(Refused::internal)?,
        of_customer.write(id.to_string(), Expected::Absent, &now).map_err(Refused::internal)?,
    ];
    let event = Event::DelegationGranted(Box::new(granted));
    let commit = Commit { items, ..Commit::default() };
    authority::govern(parts, &caller, &[event], commit).await.map_err(answered)?;
    Ok(DelegationView::of(&delegation, now))
}

/// Refuses what a link asks for, as the customer: it can be answered no more.
///
/// # Errors
/// [`RefuseConsentRefusal`] says when each arises.
pub async fn refuse_consent(parts: &Parts, said: OpenConsent) -> Result<(), RefuseConsentRefusal> {
    let found = Found::by(parts, &said.secret).await?;
    found.permitted(parts)?;
    let items = vec![CONSENTS.forget(&found.entry.id, found.entry.expected())];
    projections::commit(parts, Commit { items, ..Commit::default() }).await.map_err(answered)?;
    Ok(())
}

fn answered(error: remit_store::CommitError) -> Refused {
    match error {
        remit_store::CommitError::ItemConflict { kind, .. } if kind == CONSENTS.kind() => over(),
        other => delegations::changed(other),
    }
}

/// A link that can be answered, with who asks.
struct Found {
    entry: Entry<ConsentItem>,
    delegate: DelegateItem,
}

impl Found {
    async fn by(parts: &Parts, secret: &str) -> Result<Self, Refused> {
        if !secret.starts_with(SECRET_PREFIX) || secret.len() > SECRET_MAX {
            return Err(over());
        }
        let entry = CONSENTS.get(&parts.journal.store, &digest::of_secret(secret).to_string()).await;
        let entry = entry.map_err(Refused::internal)?.ok_or_else(over)?;
        if entry.value.expires <= parts.environment.now() {
            return Err(over());
        }
        let delegate =
            delegations::stored_delegate(&parts.journal, entry.value.delegate).await?.ok_or_else(over)?.value;
        if delegate.suspended { Err(over()) } else { Ok(Self { entry, delegate }) }
    }

    /// The customer, whom policy lets grant it.
    fn permitted(&self, parts: &Parts) -> Result<Caller, Refused> {
        let name: String = self.entry.id.chars().take(16).collect();
        let caller = Caller::customer(&format!("consent_{name}"), &self.entry.value.customer);
        auth::permit(&parts.governance, &parts.live, &parts.environment, &caller, "delegation.grant")?;
        Ok(caller)
    }

    /// What is asked, in canonical JSON (RFC 8785), by its SHA-256.
    fn hash(&self) -> Result<Digest, Refused> {
        let asked = &self.entry.value;
        let exact = json!({
            "customer": asked.customer.as_str(),
            "delegate": asked.delegate.to_string(),
            "name": self.delegate.name,
            "class": self.delegate.class,
            "owner": self.delegate.owner,
            "grant": asked.grant,
        });
        digest::of_json(&exact)
    }

    fn shown(&self, parts: &Parts, language: Option<&str>) -> Result<ShownConsent, Refused> {
        let words = Words { parts, language };
        let (name, owner) = (self.delegate.name.as_str(), self.delegate.owner.as_str());
        let class = match self.delegate.class {
            DelegateClass::Proxy => "consent_proxy",
            DelegateClass::Workflow => "consent_workflow",
            DelegateClass::Autonomous => "consent_autonomous",
        };
        let of = [("name", name), ("owner", owner), ("organisation", parts.governance.bundle.name())];
        let grant = &self.entry.value.grant;
        Ok(ShownConsent {
            organisation: parts.governance.bundle.name().to_owned(),
            hash: self.hash()?.to_string(),
            title: words.say("consent_title", &of),
            who: format!("{} {}", words.say("consent_who", &of), words.say(class, &of)),
            may: words.say("consent_may", &of),
            can: words.can(grant),
            limits: words.limits(grant),
            until: words.say("consent_until", &[("time", &words.moment(grant))]),
            note: words.say("consent_note", &of),
            yes: words.say("consent_yes", &of),
            no: words.say("consent_no", &of),
            granted: words.say("consent_granted", &of),
            refused: words.say("consent_refused", &of),
            expires_at: rfc3339(self.entry.value.expires),
        })
    }
}

/// What is granted, in the bundle's words.
pub(super) struct Words<'a> {
    pub(super) parts: &'a Parts,
    pub(super) language: Option<&'a str>,
}

impl Words<'_> {
    fn say(&self, text: &str, with: &[(&str, &str)]) -> String {
        self.parts.governance.bundle.texts().say(self.language, text, with)
    }

    /// What the delegate can do, each in a sentence.
    pub(super) fn can(&self, grant: &DelegatedGrant) -> Vec<String> {
        let scope = |scope: &Scope| match scope {
            Scope::SupportAsk => "consent_ask",
            Scope::CaseOpen => "consent_open",
            Scope::CaseRead => "consent_read",
            Scope::CaseWrite => "consent_write",
        };
        let scopes = grant.scopes.iter().map(|granted| self.say(scope(granted), &[]));
        let actions = grant.actions.iter().map(|action| {
            let spec = self.parts.governance.bundle.requested(action.as_str());
            let title = spec.map_or(action.as_str(), |spec| spec.title.as_str());
            self.say("consent_action", &[("title", title)])
        });
        scopes.chain(actions).collect()
    }

    /// How much of it, each in a sentence.
    pub(super) fn limits(&self, grant: &DelegatedGrant) -> Vec<String> {
        let limits = &grant.limits;
        let money = |money: &Money| remit_policy::action::money_in_words(money);
        let hours = limits.window_hours.map(|hours| hours.to_string());
        let within = |alone: &'static str, in_hours: &'static str, what: (&str, &str)| match &hours {
            Some(hours) => self.say(in_hours, &[what, ("hours", hours)]),
            None => self.say(alone, &[what]),
        };
        let each = limits.max_amount.iter().map(|most| self.say("consent_amount", &[("amount", &money(most))]));
        let total = limits.max_total.iter();
        let total = total.map(|most| within("consent_total", "consent_total_in", ("amount", &money(most))));
        let count = limits.max_count.iter();
        let count = count.map(|most| within("consent_count", "consent_count_in", ("count", &most.to_string())));
        each.chain(total).chain(count).collect()
    }

    /// Until when, as a clock shows it.
    pub(super) fn moment(&self, grant: &DelegatedGrant) -> String {
        let (bundle, at) = (&self.parts.governance.bundle, grant.not_after);
        let there = bundle.wall_time(None, at);
        there.map_or_else(|| rfc3339(at), |there| bundle.texts().moment(self.language, "consent_until", &there))
    }
}

fn over() -> Refused {
    Refused::new(Kind::LinkEnded, "there is no such link, it was answered, or its time is over")
}
