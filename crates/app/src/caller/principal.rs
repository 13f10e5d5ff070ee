//! Principals: who gives a command, and what Remit itself may do in each of its jobs.

use super::token_id::SESSION_ID;
use remit_domain::{
    case::Requester,
    delegation::{DelegateClass, DelegatedGrant, Delegation, GrantLimits},
    id::{CustomerId, DelegateId, StaffId},
};
use remit_policy::{actions::Permission, engine::ApiPrincipal};
use remit_store::{Expect, TokenRow};

/// What a token's text begins with.
pub const TOKEN_PREFIX: &str = "remit_";

/// Roles that a token can have; what each may do is for the bundle's policies to say.
pub const ROLES: [&str; 6] = ["admin", "integration", "responder", "staff", "lead", "auditor"];

/// Those of programs, and of whoever sets a server up: what they bring without a lease is the customer's.
const PROGRAMS: [&str; 2] = ["admin", "integration"];

/// Who gives a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A program of the organisation's, or somebody at the command line.
    Integration,
    /// An AI responder, or whoever writes for a responder with no person behind it.
    Responder(String),
    /// A person who works here.
    Staff {
        /// Who.
        staff: StaffId,
        /// The responder on whose behalf they write.
        responder: Option<String>,
    },
    /// A person who works here and is not noted as staff, such as a lead or an auditor: who they are is known where
    /// they signed in.
    Person(Option<StaffId>),
    /// A customer, on the chat page.
    Customer(CustomerId),
    /// A customer's own AI agent, on their behalf.
    Delegate(Box<Represented>),
    /// Remit itself: what it does follows from what was decided and recorded before.
    System(Job),
}

/// Whom a delegate represents, and by what it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Represented {
    /// Who acts.
    pub delegate: DelegateId,
    /// Of which kind it is.
    pub class: DelegateClass,
    /// Who is represented.
    pub customer: CustomerId,
    /// The delegations from the customer's own to the one that it acts under.
    pub chain: Vec<Delegation>,
    /// That they are as they were read, which whatever is done under them expects.
    pub expect: Vec<Expect>,
    /// What all of them and the token grant together.
    pub grant: DelegatedGrant,
    /// The limits of the token, where it was narrowed further than they are.
    pub narrowed: Option<GrantLimits>,
    /// The identifier of the token (`jti`).
    pub token: String,
    /// The thumbprint of the key that the token is bound to (`jkt`).
    pub key: String,
}

/// A job of Remit's own, which may take the actions that it is there for and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// Shows cases to who may see the list that they are on.
    Views,
    /// Makes offers, ends them, and takes cases back from who is gone.
    Floor,
    /// Looks at what is due: offers, promises, silence, overdue exceptions.
    Timers,
    /// Goes on where an AI responder's turn came to nothing.
    Turns,
    /// Moves on what a stopped AI responder holds.
    Stops,
    /// Moves cases whose holder is gone from the bundle.
    Rehome,
    /// Decides anew what waits in queues that closed.
    Closing,
    /// Gives exceptions to owners that the bundle names.
    Exceptions,
    /// Erases what a customer's erasure leaves to be done.
    Erasures,
    /// Takes revoked tokens off the disk.
    Tokens,
    /// Pauses subscriptions whose receiver is gone.
    Webhooks,
    /// Notes what is told before a case is decided first.
    Enrichment,
    /// Carries requests for actions out, and ends those that nobody confirmed.
    Requests,
    /// Reads the keys of delegates from where they are.
    Delegates,
    /// Puts on record who knocked.
    Agents,
    /// Holds what capacity is planned on against the record.
    Capacity,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Views,
        Self::Floor,
        Self::Timers,
        Self::Turns,
        Self::Stops,
        Self::Rehome,
        Self::Closing,
        Self::Exceptions,
        Self::Erasures,
        Self::Tokens,
        Self::Webhooks,
        Self::Enrichment,
        Self::Requests,
        Self::Delegates,
        Self::Agents,
        Self::Capacity,
    ];

    /// The actions that it may take. Those that are none of the interface's are taken by it alone.
    pub fn rights(self) -> &'static [Permission] {
        match self {
            Self::Views => &[Permission::CASE_READ],
            Self::Floor => &[Permission::OFFER_MAKE, Permission::OFFER_ANSWER, Permission::HANDOFF_REQUEST],
            Self::Timers => &[Permission::TIMER],
            Self::Turns => &[Permission::MESSAGE_ANSWER, Permission::EXCEPTION_RAISE, Permission::HANDOFF_REQUEST],
            Self::Stops => &[Permission::RESPONDER_STOP],
            Self::Rehome => &[Permission::BUNDLE_ACTIVATE],
            Self::Closing => &[Permission::QUEUE_CLOSE],
            Self::Exceptions => &[Permission::EXCEPTION_OWN],
            Self::Erasures => &[Permission::CUSTOMER_ERASE],
            Self::Tokens => &[Permission::TOKEN_MANAGE],
            Self::Webhooks => &[Permission::SUBSCRIPTION_MANAGE],
            Self::Enrichment => &[Permission::FACT_SET, Permission::FIELD_SET],
            Self::Requests => &[Permission::REQUEST_EXECUTE],
            Self::Delegates => &[Permission::DELEGATE_MANAGE],
            Self::Agents => &[Permission::AGENT_NOTE],
            Self::Capacity => &[Permission::BASELINE_NOTE],
        }
    }

    /// Whether it may take an action.
    pub fn may(self, action: Permission) -> bool {
        self.rights().contains(&action)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Views => "views",
            Self::Floor => "floor",
            Self::Timers => "timers",
            Self::Turns => "turns",
            Self::Stops => "stops",
            Self::Rehome => "rehome",
            Self::Closing => "closing",
            Self::Exceptions => "exceptions",
            Self::Erasures => "erasures",
            Self::Tokens => "tokens",
            Self::Webhooks => "webhooks",
            Self::Enrichment => "enrichment",
            Self::Requests => "requests",
            Self::Delegates => "delegates",
            Self::Agents => "agents",
            Self::Capacity => "capacity",
        }
    }
}

impl Principal {
    /// The responder on whose behalf it writes.
    pub fn responder(&self) -> Option<&str> {
        match self {
            Self::Responder(responder) => Some(responder),
            Self::Staff { responder, .. } => responder.as_deref(),
            Self::Integration | Self::Person(_) | Self::Customer(_) | Self::Delegate(_) | Self::System(_) => None,
        }
    }

    /// Who it is, as policies see it.
    pub fn as_asked(&self) -> ApiPrincipal<'_> {
        match self {
            Self::Integration | Self::Person(_) | Self::System(_) => ApiPrincipal::Unnamed,
            Self::Responder(responder) => ApiPrincipal::Responder(responder),
            Self::Staff { staff, responder } => {
                ApiPrincipal::Staff { staff: staff.as_str(), responder: responder.as_deref() }
            }
            Self::Customer(customer) => ApiPrincipal::Customer(customer.as_str()),
            Self::Delegate(of) => ApiPrincipal::Delegate { class: of.class, customer: of.customer.as_str() },
        }
    }

    /// The member of staff that it is.
    pub fn staff(&self) -> Option<&StaffId> {
        if let Self::Staff { staff, .. } = self { Some(staff) } else { None }
    }

    /// The customer that it is, or whom it represents.
    pub fn customer(&self) -> Option<&CustomerId> {
        match self {
            Self::Customer(customer) => Some(customer),
            Self::Delegate(of) => Some(&of.customer),
            _ => None,
        }
    }

    /// Whom it represents, where it is a delegate.
    pub fn represented(&self) -> Option<&Represented> {
        if let Self::Delegate(of) = self { Some(of) } else { None }
    }
}

impl Principal {
    /// Who writes what it sends without a lease. An integration brings what the customer wrote, and a person who works
    /// here relays it; a responder decides for itself.
    pub fn requester(&self) -> Requester {
        match self {
            Self::Integration | Self::Customer(_) => Requester::Customer,
            Self::Staff { .. } | Self::Person(_) => Requester::Proxy,
            Self::Responder(_) => Requester::Autonomous,
            Self::Delegate(of) => of.class.requester(),
            Self::System(_) => Requester::Integration,
        }
    }

    /// The person who works here, by their name in records, where that is known.
    pub fn person(&self) -> Option<&StaffId> {
        match self {
            Self::Staff { staff, .. } => Some(staff),
            Self::Person(person) => person.as_ref(),
            _ => None,
        }
    }

    /// Whether what it adds to a case without a lease is the customer's, or of who speaks for them.
    pub fn brings_customers_words(&self) -> bool {
        self.requester() == Requester::Customer || self.represented().is_some()
    }
}

impl From<&TokenRow> for Principal {
    /// Whom a token stands for.
    fn from(row: &TokenRow) -> Self {
        let staff = row.staff.as_deref().and_then(|staff| StaffId::new(staff).ok());
        match (staff, row.responder.clone()) {
            (Some(staff), responder) => Self::Staff { staff, responder },
            (None, Some(responder)) => Self::Responder(responder),
            // Who signed in is a person, whatever their roles.
            (None, None) if row.id.starts_with(SESSION_ID) => Self::Person(StaffId::new(&row.name).ok()),
            (None, None) if row.roles.iter().any(|role| PROGRAMS.contains(&role.as_str())) => Self::Integration,
            (None, None) => Self::Person(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_writes_follows_from_who_sends() {
        let staff = Principal::Staff { staff: StaffId::new("ana").unwrap(), responder: Some("cards-desk".to_owned()) };
        for (principal, requester, customers) in [
            (Principal::Integration, Requester::Customer, true),
            (staff, Requester::Proxy, false),
            (Principal::Person(None), Requester::Proxy, false),
            (Principal::Responder("cards-ai".to_owned()), Requester::Autonomous, false),
            (Principal::System(Job::Timers), Requester::Integration, false),
        ] {
            let follows = (principal.requester(), principal.brings_customers_words());
            assert_eq!(follows, (requester, customers), "{principal:?}");
        }
    }

    #[test]
    fn each_job_may_what_it_is_there_for_and_nothing_else() {
        for job in Job::ALL {
            assert!(job.rights().iter().all(|action| job.may(*action)), "{job:?}");
            for other in Job::ALL.into_iter().filter(|other| *other != job) {
                let shared = other.rights().iter().filter(|action| job.may(**action)).count();
                assert!(shared < other.rights().len(), "{job:?} may all that {other:?} may");
            }
            for of_people in [
                Permission::OVERRIDE_MAKE,
                Permission::EXCEPTION_RESOLVE,
                Permission::CASE_RESOLVE,
                Permission::LEDGER_READ,
                Permission::CHAT_START,
            ] {
                assert!(!job.may(of_people), "{job:?} may {of_people}");
            }
        }
    }
}
