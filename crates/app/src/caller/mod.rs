//! Who calls.

pub mod principal;
pub(crate) mod token_id;
pub mod usage;

use crate::{
    caller::{
        principal::{Job, Principal, Represented},
        usage::Usage,
    },
    refused::Refused,
};
use remit_domain::id::{CustomerId, ResponderId, Timestamp};
use remit_store::TokenRow;
use smol_str::SmolStr;
use std::{borrow::Cow, sync::Arc};

/// Who gives a command, as their token says.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The token's identifier.
    pub token: Arc<str>,
    /// What it is called in records: a token's identifier, never its name, since records are for ever.
    pub pseudonym: Arc<str>,
    /// Its roles.
    pub roles: Vec<String>,
    /// Who it is.
    pub principal: Principal,
    /// The source under which it says things, unless it names another one of its own.
    pub source: Option<SmolStr>,
    /// All sources under which it may.
    pub sources: Vec<SmolStr>,
    /// When it ends.
    pub expires: Timestamp,
    /// What the token uses; nothing where no token is used.
    pub(crate) usage: Option<Arc<Usage>>,
}

impl Caller {
    /// Remit itself, in a job.
    pub(crate) fn system(job: Job) -> Self {
        Self::of("remit", Vec::new(), Principal::System(job))
    }

    /// Remit itself, in a job in which it goes on with what somebody began whom records call so.
    pub(crate) fn system_for(job: Job, name: &str) -> Self {
        Self::of(name, Vec::new(), Principal::System(job))
    }

    /// An AI responder that Remit asks: policy is asked for what it says as for any other caller.
    pub(crate) fn responder(name: &str) -> Self {
        Self::of(name, vec!["responder".to_owned()], Principal::Responder(name.to_owned()))
    }

    /// A customer on the chat page, by the name of their chat. No token has this role.
    pub(crate) fn customer(chat: &str, customer: &CustomerId) -> Self {
        let of = Self::of("customer", vec!["customer".to_owned()], Principal::Customer(customer.clone()));
        Self { token: chat.into(), ..of }
    }

    /// A delegate, by the identifier of its own, on behalf of a customer. No token that is kept has this role.
    pub(crate) fn delegate(of: Represented) -> Self {
        let (name, expires) = (of.delegate.to_string(), of.grant.not_after);
        let token = of.chain.last().map_or_else(|| name.clone(), |last| last.id.to_string());
        let caller = Self::of(&name, vec!["delegate".to_owned()], Principal::Delegate(Box::new(of)));
        Self { expires, token: token.into(), ..caller }
    }

    fn of(name: &str, roles: Vec<String>, principal: Principal) -> Self {
        Self {
            token: name.into(),
            pseudonym: name.into(),
            roles,
            principal,
            source: None,
            sources: Vec::new(),
            expires: Timestamp(i64::MAX),
            usage: None,
        }
    }
}

impl Caller {
    /// What comes without a lease is the customer's: whoever has the case sends theirs, and nobody else writes on it.
    ///
    /// # Errors
    /// When a responder or a member of staff names none.
    pub(crate) fn brings_customers_words(&self, epoch: Option<u64>) -> Result<(), Refused> {
        if epoch.is_some() || self.principal.brings_customers_words() {
            return Ok(());
        }
        Err(Refused::invalid(
            "epoch",
            "is of who has the case; only what integrations send without it is the customer's",
        ))
    }

    /// Whether it is told what is true of a request that policy denies, which may be about somebody else: people who
    /// work here are, and whoever sets a server up reads whatever is on record.
    pub(crate) fn sees_denials(&self) -> bool {
        self.is_person()
    }

    /// Whether a program of the organisation's calls, and nobody who works here, or sets a server up.
    pub(crate) fn is_program(&self) -> bool {
        self.principal == Principal::Integration && !self.is_person()
    }

    /// Whether a person is behind it, as far as its token says: somebody who works here, or sets a server up.
    pub(crate) fn is_person(&self) -> bool {
        let works_here = matches!(self.principal, Principal::Staff { .. } | Principal::Person(_));
        works_here || self.roles.iter().any(|role| role == "admin")
    }

    /// Whether it is a responder and nobody else: no person is known behind it.
    pub(crate) fn is_responder_alone(&self) -> bool {
        self.principal.staff().is_none() && self.roles.iter().all(|role| role == "responder")
    }

    /// The responder that it is, where it is one and nobody else.
    pub(crate) fn responder_alone(&self) -> Option<ResponderId> {
        let named = self.principal.responder().filter(|_| self.is_responder_alone())?;
        ResponderId::new(named).ok()
    }
}

impl Caller {
    /// The same, saying things under this source of its own; under its first where none is named.
    ///
    /// # Errors
    /// When it is none of its own.
    pub(crate) fn under(&self, source: Option<&str>) -> Result<Cow<'_, Self>, Refused> {
        let Some(named) = source.filter(|named| self.source.as_deref() != Some(named)) else {
            return Ok(Cow::Borrowed(self));
        };
        match self.sources.iter().find(|own| *own == named) {
            Some(own) => Ok(Cow::Owned(Self { source: Some(own.clone()), ..self.clone() })),
            None => {
                let own = if self.sources.is_empty() { "none".to_owned() } else { self.sources.join(", ") };
                Err(Refused::invalid("source", format!("is none of this token's sources, which are: {own}")))
            }
        }
    }
}

/// What stands between the sources of a token, as it is kept.
pub(crate) const BETWEEN: &str = ",";

/// The sources of a token, as they are kept.
pub(crate) fn sources_of(kept: Option<&str>) -> impl Iterator<Item = &str> {
    kept.into_iter().flat_map(|kept| kept.split(BETWEEN))
}

impl From<TokenRow> for Caller {
    fn from(row: TokenRow) -> Self {
        Self {
            principal: Principal::from(&row),
            pseudonym: row.id.as_str().into(),
            token: row.id.into(),
            roles: row.roles,
            source: sources_of(row.source.as_deref()).next().map(Into::into),
            sources: sources_of(row.source.as_deref()).map(Into::into).collect(),
            usage: None,
            expires: Timestamp(row.expires_ms),
        }
    }
}
