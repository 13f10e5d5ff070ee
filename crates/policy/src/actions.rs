//! The actions of the program's own: those that candidates are asked for, and those of its interfaces.

use std::fmt;

/// What an action of the product's own interfaces is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedOf {
    /// The organisation.
    Organisation,
    /// A case.
    Case,
    /// A case where what it is about is of one, and the organisation where it is of none.
    Either,
}

impl AskedOf {
    /// Whether it is asked of a case, or of the organisation.
    pub fn admits(self, case: bool) -> bool {
        match self {
            Self::Organisation => !case,
            Self::Case => case,
            Self::Either => true,
        }
    }
}

/// What somebody must be permitted: an action of the product's own interfaces, or of one of its jobs. There are those
/// that are declared here and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission(&'static str);

impl Permission {
    /// Its name, as policies say it.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Declares the actions of the product's own interfaces.
macro_rules! api_actions {
    ($($constant:ident = $name:literal of $of:ident,)*) => {
        impl Permission {
            $(
                #[doc = concat!("The action `", $name, "`.")]
                pub const $constant: Self = Self($name);
            )*

            /// Those of the product's own interfaces, each asked of policy before it is carried out.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$constant),*];

            /// The action of the interfaces with this name, if there is one.
            pub fn named(action: &str) -> Option<Self> {
                match action {
                    $($name => Some(Self::$constant),)*
                    _ => None,
                }
            }

            /// What it is asked of; nothing for what jobs alone may.
            pub fn asked_of(self) -> Option<AskedOf> {
                match self.0 {
                    $($name => Some(AskedOf::$of),)*
                    _ => None,
                }
            }
        }

        /// The names of all actions of the product's own interfaces. They are in every bundle's schema, whether it
        /// declares them or not.
        pub const API_ACTIONS: [&str; [$($name),*].len()] = [$($name),*];
    };
}

/// What is taken by a job and asked of no policy, since it follows from what was decided before.
impl Permission {
    /// It is noted who knocked.
    pub const AGENT_NOTE: Self = Self("agent.note");
    /// A level that capacity is planned on is learned, proposed to be changed, or scored.
    pub const BASELINE_NOTE: Self = Self("baseline.note");
    /// A case is proposed to a member of staff.
    pub const OFFER_MAKE: Self = Self("offer.make");
    /// A queue closes that cases wait in.
    pub const QUEUE_CLOSE: Self = Self("queue.close");
    /// A request is carried out.
    pub const REQUEST_EXECUTE: Self = Self("request.execute");
    /// An AI responder is stopped.
    pub const RESPONDER_STOP: Self = Self("responder.stop");
    /// What is due is looked at.
    pub const TIMER: Self = Self("timer");
}

api_actions! {
    CHAT_START = "chat.start" of Organisation,
    CASE_OPEN = "case.open" of Organisation,
    CASE_READ = "case.read" of Case,
    CASE_LIST = "case.list" of Organisation,
    CASE_RESOLVE = "case.resolve" of Case,
    CASE_REOPEN = "case.reopen" of Case,
    CASE_MERGE = "case.merge" of Case,
    CASE_FEEDBACK = "case.feedback" of Case,
    MESSAGE_POST = "message.post" of Case,
    MESSAGE_ANSWER = "message.answer" of Case,
    SIGNAL_POST = "signal.post" of Case,
    HANDOFF_REQUEST = "handoff.request" of Case,
    CONSULT_ASK = "consult.ask" of Case,
    CONSULT_ANSWER = "consult.answer" of Case,
    ACTION_END = "action.end" of Case,
    OFFER_ANSWER = "offer.answer" of Case,
    PRESENCE_SET = "presence.set" of Organisation,
    STAFF_READ = "staff.read" of Organisation,
    STAFF_MANAGE = "staff.manage" of Organisation,
    STAFF_INVITE = "staff.invite" of Organisation,
    SESSION_READ = "session.read" of Organisation,
    SESSION_END = "session.end" of Organisation,
    RESPONDER_RESUME = "responder.resume" of Organisation,
    SUBSCRIPTION_MANAGE = "subscription.manage" of Organisation,
    OVERRIDE_MAKE = "override.make" of Case,
    EXCEPTION_RAISE = "exception.raise" of Case,
    EXCEPTION_READ = "exception.read" of Organisation,
    EXCEPTION_OWN = "exception.own" of Either,
    EXCEPTION_RESOLVE = "exception.resolve" of Either,
    DECISION_READ = "decision.read" of Either,
    DECISION_REPLAY = "decision.replay" of Either,
    ROUTE_ASK = "route.ask" of Organisation,
    EVENTS_READ = "events.read" of Organisation,
    LEDGER_READ = "ledger.read" of Organisation,
    CUSTOMER_ERASE = "customer.erase" of Organisation,
    METRICS_READ = "metrics.read" of Organisation,
    TOKEN_MANAGE = "token.manage" of Organisation,
    BUNDLE_READ = "bundle.read" of Organisation,
    BUNDLE_ACTIVATE = "bundle.activate" of Organisation,
    FIELD_SET = "field.set" of Case,
    FACT_SET = "fact.set" of Organisation,
    FACT_READ = "fact.read" of Either,
    REQUEST_ASK = "request.ask" of Case,
    REQUEST_READ = "request.read" of Case,
    REQUEST_CONFIRM = "request.confirm" of Case,
    REQUEST_LINK = "request.link" of Case,
    REQUEST_CONCLUDE = "request.conclude" of Case,
    REQUEST_WITHDRAW = "request.withdraw" of Case,
    SANDBOX_READ = "sandbox.read" of Organisation,
    RECONCILIATION_RUN = "reconciliation.run" of Organisation,
    RECONCILIATION_READ = "reconciliation.read" of Organisation,
    DELEGATE_MANAGE = "delegate.manage" of Organisation,
    DELEGATE_READ = "delegate.read" of Organisation,
    DELEGATION_ASK = "delegation.ask" of Organisation,
    DELEGATION_EXCHANGE = "delegation.exchange" of Organisation,
    DELEGATION_GRANT = "delegation.grant" of Organisation,
    DELEGATION_READ = "delegation.read" of Organisation,
    DELEGATION_REVOKE = "delegation.revoke" of Organisation,
    AGENT_READ = "agent.read" of Organisation,
    ISSUER_MANAGE = "issuer.manage" of Organisation,
    ISSUER_READ = "issuer.read" of Organisation,
    ACCESS_EVALUATE = "access.evaluate" of Organisation,
    ACCESS_SEARCH = "access.search" of Organisation,
    CAPACITY_READ = "capacity.read" of Organisation,
    CAPACITY_DECIDE = "capacity.decide" of Organisation,
}

/// The action of who is given a case, which every bundle's schema declares with its signals.
pub(crate) const HANDLE: &str = "handle";

/// The action of what an AI responder may have carried out, which a bundle's schema declares if it has any.
pub(crate) const ACT: &str = "act";

/// The group of all actions that are requested exactly, which the program adds to the schema.
pub(crate) const REQUEST: &str = "request";
