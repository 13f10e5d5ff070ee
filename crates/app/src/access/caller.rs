//! Who calls.

use crate::{
    access::principal::{Job, Principal},
    live::usage::Usage,
};
use remit_domain::id::{CustomerId, Timestamp};
use remit_store::TokenRow;
use smol_str::SmolStr;
use std::sync::Arc;

/// Who gives a command, as their token says.
#[derive(Debug)]
pub struct Caller {
    /// The token's identifier.
    pub token: Arc<str>,
    /// What it is called in records: a token's identifier, never its name, since records are for ever.
    pub pseudonym: Arc<str>,
    /// Its roles.
    pub roles: Vec<String>,
    /// Who it is.
    pub principal: Principal,
    /// The source name of the readings that it posts.
    pub source: Option<SmolStr>,
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

    fn of(name: &str, roles: Vec<String>, principal: Principal) -> Self {
        Self {
            token: name.into(),
            pseudonym: name.into(),
            roles,
            principal,
            source: None,
            expires: Timestamp(i64::MAX),
            usage: None,
        }
    }
}

impl Caller {
    /// Whether it is a responder and nobody else: no person is known behind it.
    pub(crate) fn is_responder_alone(&self) -> bool {
        self.principal.staff().is_none() && self.roles.iter().all(|role| role == "responder")
    }
}

impl From<TokenRow> for Caller {
    fn from(row: TokenRow) -> Self {
        Self {
            principal: Principal::from(&row),
            pseudonym: row.id.as_str().into(),
            token: row.id.into(),
            roles: row.roles,
            source: row.source.map(Into::into),
            usage: None,
            expires: Timestamp(row.expires_ms),
        }
    }
}
