//! Links by which a customer answers requests once, without a chat: made for an integration, which sends them, and kept
//! by the hash of their secret in the requests themselves.

use super::{
    answer::{self, AnswerRequests, GivenAnswer},
    change::{LISTED_MAX, ListedRequest, Read, Wish, change},
    read,
    tell::{self, AskedOfCustomer, ConfirmTexts},
};
use crate::{
    Caller, Done, Environment, Journal, Parts,
    access::reading,
    digest,
    environment::clock::rfc3339,
    operation::{ConfirmByLinkRefusal, DeclineByLinkRefusal, MakeLinkRefusal, ReadLinkRefusal},
    pipeline::load,
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::{
    Case,
    id::{Digest, RequestId, Timestamp},
    request::{Confirmation, Link, Request, RequestCommand, Via},
};
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What the secret of a link begins with; the request that it was made for follows, and what nobody guesses.
const SECRET_PREFIX: &str = "remit_confirm_";
/// How long the name of that request is, in bytes.
const REQUEST_ID_LEN: usize = 30;
/// The longest secret that is looked at, in bytes.
const SECRET_MAX: usize = 128;

/// What a link shows beside the request that it is made for.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLink {
    /// Further requests on the same case that wait for the customer, to be answered together with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 49)]
    pub with: Vec<String>,
}

/// A link just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MadeLink {
    /// Where the customer goes: at the server's public address, or, where it was told none, on this server. The secret
    /// is behind `#`, which browsers send to nobody.
    #[schema(example = "/confirm#remit_confirm_…")]
    pub url: String,
    /// Until when: the first deadline of the requests that it shows.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// The secret of a link.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenLink {
    /// What stands behind `#` in the link.
    #[schema(max_length = 128)]
    pub secret: String,
}

/// A yes or a no to all that a link shows and that still waits.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerByLink {
    /// What stands behind `#` in the link.
    #[schema(max_length = 128)]
    pub secret: String,
    /// What was shown and still waits: each such request of the link, with its hash.
    #[schema(min_items = 1, max_items = 50)]
    pub requests: Vec<ListedRequest>,
    /// For how long they were before the customer, in milliseconds, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86_400_000)]
    pub seen_ms: Option<i64>,
}

/// What a link shows.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LinkedRequests {
    /// The name of the organisation.
    pub organisation: String,
    /// What is asked, or what became of it.
    pub requests: Vec<AskedOfCustomer>,
    /// When the link ends.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// What a page says around it.
    pub texts: ConfirmTexts,
}

/// Makes a link by which the customer answers requests once. Its secret is in the answer and kept nowhere.
///
/// # Errors
/// [`MakeLinkRefusal`] says when each arises.
pub async fn make_link(
    parts: &Parts,
    caller: &Caller,
    request: &str,
    make: MakeLink,
) -> Result<MadeLink, MakeLinkRefusal> {
    if make.with.len() >= LISTED_MAX {
        return Err(Refused::invalid("with", format!("must name {} requests at most", LISTED_MAX - 1)).into());
    }
    let bytes: [u8; 32] = parts.environment.entropy.bytes().map_err(Refused::from)?;
    let secret = format!("{SECRET_PREFIX}{request}_{}", URL_SAFE_NO_PAD.encode(bytes));
    let digest = digest::of_secret(&secret);
    let ids: Vec<&str> = std::iter::once(request).chain(make.with.iter().map(String::as_str)).collect();
    let named: fn(usize) -> _ = |nth| nth.checked_sub(1).map(|nth| format!("with[{nth}]"));
    let as_list = (!make.with.is_empty()).then_some(named);
    let wish = Wish { ids: &ids, permission: Permission::REQUEST_LINK, as_list };
    let by = caller.pseudonym.to_string();
    let command = |read: &Read<'_>, _| {
        // Whoever has the secret can answer as the customer: people who work here never see it.
        // An admin's token is in the hands of a person who sets things up.
        if !caller.is_program() {
            let detail =
                "a link is made by a program, which sends it to the customer; people who work here never see it";
            return Err(Refused::new(Kind::Forbidden, detail));
        }
        let expires = read.requests.iter().map(|request| request.due).min().unwrap_or(read.now);
        let requests = read.requests.iter().map(|request| request.id).collect();
        Ok(RequestCommand::Link { link: Link { digest: digest.clone(), requests, expires }, by: by.clone() })
    };
    let output = |requests: &[Request], views: Vec<super::view::RequestView>| {
        if views.iter().any(|view| view.shown.is_none()) {
            return Err(Refused::new(Kind::Erased, "what would be read on the page was erased"));
        }
        let expires = requests.iter().find_map(|request| Some(request.link.as_ref()?.expires));
        let expires = expires.ok_or_else(|| Refused::internal("a link was made, and is not there"))?;
        Ok(MadeLink { url: parts.environment.public_link(&format!("/confirm#{secret}")), expires_at: rfc3339(expires) })
    };
    match change(parts, caller, None, wish, command, output).await? {
        Done::Now { output, .. } => Ok(output),
        Done::Before(_) => Err(Refused::internal("a link was made before").into()),
    }
}

/// What a link shows. Reading it changes nothing.
///
/// # Errors
/// [`ReadLinkRefusal`] says when each arises.
pub async fn read_link(parts: &Arc<Parts>, secret: String) -> Result<LinkedRequests, ReadLinkRefusal> {
    let found = Found::by(&parts.environment, &parts.journal, &secret).await?;
    let caller = Arc::new(found.caller());
    let read = async move |parts: &Parts, _: &Caller| {
        let case = found.case(parts, Permission::REQUEST_READ).await?;
        let mut requests = Vec::new();
        for request in &found.requests {
            requests.push(tell::asked(parts, &case, request).await?.ok_or_else(over)?);
        }
        Ok::<_, Refused>(LinkedRequests {
            organisation: parts.governance.bundle.name().to_owned(),
            texts: tell::texts(&parts.governance, &case, found.waiting(parts.environment.now()).count(), 0),
            requests,
            expires_at: rfc3339(found.expires),
        })
    };
    Ok(reading::read(parts, &caller, read).await?)
}

/// Says yes to all that a link shows.
///
/// # Errors
/// [`ConfirmByLinkRefusal`] says when each arises.
pub async fn confirm_by_link(parts: &Parts, said: AnswerByLink) -> Result<(), ConfirmByLinkRefusal> {
    Ok(answer_by_link(parts, said, RequestCommand::Confirm).await?)
}

/// Says no to all that a link shows.
///
/// # Errors
/// [`DeclineByLinkRefusal`] says when each arises.
pub async fn decline_by_link(parts: &Parts, said: AnswerByLink) -> Result<(), DeclineByLinkRefusal> {
    Ok(answer_by_link(parts, said, RequestCommand::Decline).await?)
}

async fn answer_by_link(
    parts: &Parts,
    said: AnswerByLink,
    answer: fn(Confirmation) -> RequestCommand,
) -> Result<(), Refused> {
    let found = Found::by(&parts.environment, &parts.journal, &said.secret).await?;
    let case = found.case(parts, Permission::REQUEST_CONFIRM).await?;
    // Who could not read it has confirmed nothing.
    if tell::asked(parts, &case, &found.first).await?.is_none() {
        return Err(over());
    }
    // What was answered elsewhere meanwhile is left out; whoever still names it is told what became of it.
    let listed = || said.requests.iter().map(|listed| listed.request.as_str());
    let is_waiting = listed().eq(found.waiting(parts.environment.now()).map(|request| request.id.to_string()));
    if !is_waiting && !listed().eq(found.requests.iter().map(|request| request.id.to_string())) {
        let detail = "must be those that the link shows and that still wait, all of them and in their order";
        return Err(Refused::invalid("requests", detail));
    }
    let given = GivenAnswer { via: Via::Link, answer, of: None, link: Some(&found.digest), started_by: None };
    let all = AnswerRequests { requests: said.requests, seen_ms: said.seen_ms };
    answer::answer_all(parts, &found.caller(), None, &all, &given).await.map(drop)
}

/// A link that is valid, with what it shows.
struct Found {
    digest: Digest,
    expires: Timestamp,
    /// The request that it was made for.
    first: Request,
    /// All that it shows.
    requests: Vec<Request>,
}

impl Found {
    /// The link of this secret.
    async fn by(environment: &Environment, journal: &Journal, secret: &str) -> Result<Self, Refused> {
        let named = secret.strip_prefix(SECRET_PREFIX).filter(|_| secret.len() <= SECRET_MAX);
        let named = named.and_then(|rest| rest.get(..REQUEST_ID_LEN));
        let first: RequestId = named.and_then(|id| id.parse().ok()).ok_or_else(over)?;
        let digest = digest::of_secret(secret);
        let first = read::stored(journal, first).await?.ok_or_else(over)?.value;
        let link = first.link.clone().filter(|link| link.digest == digest).ok_or_else(over)?;
        if link.expires <= environment.now() {
            return Err(over());
        }
        let mut requests = Vec::with_capacity(link.requests.len());
        for id in &link.requests {
            let request = read::stored(journal, *id).await?.map(|entry| entry.value);
            let is_its = |request: &Request| request.link.as_ref().is_some_and(|its| its.digest == digest);
            // Another link took the place of this one, for one of its requests.
            requests.push(request.filter(is_its).ok_or_else(over)?);
        }
        Ok(Self { digest, expires: link.expires, first, requests })
    }

    /// Those of its requests that still wait for the customer.
    fn waiting(&self, now: Timestamp) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(move |request| tell::waits_for_customer(request, now))
    }

    /// The customer, as policy is asked about them.
    fn caller(&self) -> Caller {
        let name: String = self.digest.to_string().chars().take(16).collect();
        Caller::customer(&format!("link_{name}"), &self.first.customer)
    }

    /// The case of its requests, on which its customer may do this.
    async fn case(&self, parts: &Parts, permission: Permission) -> Result<Case, Refused> {
        let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
        let case = self.first.case.to_string();
        load::case_for(governance, journal, environment, &self.caller(), permission, &case).await
    }
}

fn over() -> Refused {
    Refused::new(Kind::LinkEnded, "there is no such link, another one took its place, or its time is over")
}
