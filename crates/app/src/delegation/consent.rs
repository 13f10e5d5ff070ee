//! What a customer is shown who is asked whether a delegate may act for them, and their answer: once, to exactly what
//! was shown.

use super::{ask::SECRET_PREFIX, code, own_issuer::own_issuer, view::DelegationView, words::Words};
use crate::{
    Caller, Environment, Journal, Parts,
    access::auth,
    bounds, digest,
    environment::clock::rfc3339,
    journal::delegations::{
        self, AuthorizationReturn, CONSENTS, ConsentItem, DELEGATIONS, DelegateItem, EACH_MAX, Granted, link_on_record,
        of_customer,
    },
    operation::{AcceptConsentRefusal, ReadConsentRefusal, RefuseConsentRefusal},
    pipeline::authority,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    delegation::{Consent, ConsentEnded, Delegation, DelegationGranted, Unanswered},
    id::{DelegationId, Digest},
};
use remit_oauth::{
    authorization,
    error::{ErrorCode, OAuthError},
};
use remit_policy::actions::Permission;
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

/// What was granted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AcceptedConsent {
    /// The delegation.
    #[serde(flatten)]
    pub delegation: DelegationView,
    /// Where the browser goes on to, where a delegate sent it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
}

/// What was refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefusedConsent {
    /// Where the browser goes on to, where a delegate sent it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
}

/// What a link asks. Reading it changes nothing.
///
/// # Errors
/// [`ReadConsentRefusal`] says when each arises.
pub async fn read_consent(
    parts: &Parts,
    browser: Option<&str>,
    open: OpenConsent,
) -> Result<ShownConsent, ReadConsentRefusal> {
    let found = Found::by(&parts.environment, &parts.journal, browser, &open.secret).await?;
    found.permitted(parts)?;
    let language = open.language.as_deref().map(|language| language.split('-').next().unwrap_or(language));
    Ok(found.shown(parts, language)?)
}

/// Grants a delegate what a link asks for, as the customer.
///
/// # Errors
/// [`AcceptConsentRefusal`] says when each arises.
pub async fn accept_consent(
    parts: &Parts,
    browser: Option<&str>,
    said: AcceptConsent,
) -> Result<AcceptedConsent, AcceptConsentRefusal> {
    let found = Found::by(&parts.environment, &parts.journal, browser, &said.secret).await?;
    let caller = found.permitted(parts)?;
    let hash = Digest::try_from(said.hash).map_err(|error| Refused::invalid("hash", error))?;
    let shown = found.hash()?;
    if hash != shown {
        return Err(Refused::invalid("hash", "is not that of what the link asks; read it again").into());
    }
    bounds::seen(said.seen_ms)?;
    let (asked, now) = (&found.entry.value, parts.environment.now());
    let had = Granted::by(&parts.journal, &asked.customer).await?;
    if had.count >= EACH_MAX {
        let detail = format!("the customer has had {EACH_MAX} delegations");
        return Err(Refused::new(Kind::LimitReached, detail).into());
    }
    let id = DelegationId::next(&mut parts.environment.ids(now)?);
    let consent = Consent {
        link: link_on_record(&found.entry.id),
        shown,
        seen_ms: said.seen_ms,
        asked_by: asked.asked_by.clone(),
    };
    let granted = DelegationGranted {
        delegation: id,
        customer: asked.customer.clone(),
        delegate: asked.delegate,
        parent: None,
        depth: 1,
        grant: asked.grant.clone(),
        consent: Some(consent),
        asserted: None,
        at: now,
    };
    let delegation = Delegation::from(&granted);
    let mut items = vec![
        CONSENTS.forget(&found.entry.id, found.entry.expected()),
        DELEGATIONS.write(id.to_string(), Expected::Absent, &delegation).map_err(Refused::internal)?,
        of_customer(&asked.customer).write(id.to_string(), Expected::Absent, &now).map_err(Refused::internal)?,
        had.and(1)?,
    ];
    let mut redirect = None;
    if let Some(back) = &asked.back {
        let brought = code::give(&parts.environment, &parts.journal, asked.delegate, id, back, now).await?;
        items.extend(brought.items);
        redirect = Some(brought.to);
    }
    let event = Event::DelegationGranted(Box::new(granted));
    let commit = Commit { items, ..Commit::default() };
    authority::govern(parts, &caller, &[event], commit).await.map_err(answered)?;
    Ok(AcceptedConsent { delegation: DelegationView::of(&delegation, now), redirect })
}

/// Refuses what a link asks for, as the customer: it can be answered no more.
///
/// # Errors
/// [`RefuseConsentRefusal`] says when each arises.
pub async fn refuse_consent(
    parts: &Parts,
    browser: Option<&str>,
    said: OpenConsent,
) -> Result<RefusedConsent, RefuseConsentRefusal> {
    let found = Found::by(&parts.environment, &parts.journal, browser, &said.secret).await?;
    let caller = found.permitted(parts)?;
    let (link, delegate) = (link_on_record(&found.entry.id), found.entry.value.delegate);
    let (by, at) = (caller.pseudonym.to_string(), parts.environment.now());
    let event = Event::ConsentEnded(ConsentEnded { link, delegate, cause: Unanswered::Refused, by, at });
    let items = vec![CONSENTS.forget(&found.entry.id, found.entry.expected())];
    authority::govern(parts, &caller, &[event], Commit { items, ..Commit::default() }).await.map_err(answered)?;
    let said_no = OAuthError::new(ErrorCode::AccessDenied, "the customer said no");
    let issuer = own_issuer(&parts.environment).unwrap_or_default();
    let to = |back: &AuthorizationReturn| {
        authorization::with_error(&back.redirect_uri, &said_no, back.state.as_deref(), &issuer)
    };
    Ok(RefusedConsent { redirect: found.entry.value.back.as_ref().map(to) })
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
    /// The link of this secret, opened with what the browser has been given before, if anything.
    async fn by(
        environment: &Environment,
        journal: &Journal,
        browser: Option<&str>,
        secret: &str,
    ) -> Result<Self, Refused> {
        if !secret.starts_with(SECRET_PREFIX) || secret.len() > SECRET_MAX {
            return Err(over());
        }
        let entry = CONSENTS.get(&journal.store, &digest::of_secret(secret).to_string()).await;
        let entry = entry.map_err(Refused::internal)?.ok_or_else(over)?;
        if entry.value.expires <= environment.now() {
            return Err(over());
        }
        let began = entry.value.back.as_ref().map(|back| back.browser.as_str());
        if began.is_some_and(|began| browser.is_none_or(|browser| digest::of_secret(browser).to_string() != began)) {
            let detail = "this was begun in another browser, or too long ago: begin again where you came from";
            return Err(Refused::new(Kind::LinkEnded, detail));
        }
        let delegate = delegations::stored_delegate(journal, entry.value.delegate).await?.ok_or_else(over)?.value;
        if delegate.suspended { Err(over()) } else { Ok(Self { entry, delegate }) }
    }

    /// The customer, whom policy lets grant it.
    fn permitted(&self, parts: &Parts) -> Result<Caller, Refused> {
        let name = format!("consent_{}", link_on_record(&self.entry.id));
        let caller = Caller::customer(&name, &self.entry.value.customer);
        auth::permit(&parts.governance, &parts.live, &parts.environment, &caller, Permission::DELEGATION_GRANT)?;
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
        let of = [("name", self.delegate.name.as_str()), ("organisation", parts.governance.bundle.name())];
        let grant = &self.entry.value.grant;
        Ok(ShownConsent {
            organisation: parts.governance.bundle.name().to_owned(),
            hash: self.hash()?.to_string(),
            title: words.say("consent_title", &of),
            who: words.who(&self.delegate),
            may: words.say("consent_may", &of),
            can: words.can(grant),
            limits: words.limits(grant),
            until: words.until(grant),
            note: words.say("consent_note", &of),
            yes: words.say("consent_yes", &of),
            no: words.say("consent_no", &of),
            granted: words.say("consent_granted", &of),
            refused: words.say("consent_refused", &of),
            expires_at: rfc3339(self.entry.value.expires),
        })
    }
}

fn over() -> Refused {
    Refused::new(Kind::LinkEnded, "there is no such link, it was answered, or its time is over")
}
