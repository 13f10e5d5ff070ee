//! The actions of the program's own: those that candidates are asked for, and those of its interfaces.

/// Declares the actions of the product's own interfaces.
macro_rules! api_actions {
    ($($constant:ident = $name:literal,)*) => {
        $(
            #[doc = concat!("The action `", $name, "`.")]
            pub const $constant: &str = $name;
        )*

        /// Actions of the product's own interfaces, each asked of policy before it is carried out. They are in every
        /// bundle's schema, whether it declares them or not.
        pub const API_ACTIONS: [&str; [$($name),*].len()] = [$($name),*];
    };
}

api_actions! {
    CHAT_START = "chat.start",
    CASE_OPEN = "case.open",
    CASE_READ = "case.read",
    CASE_LIST = "case.list",
    CASE_RESOLVE = "case.resolve",
    CASE_REOPEN = "case.reopen",
    CASE_MERGE = "case.merge",
    CASE_FEEDBACK = "case.feedback",
    MESSAGE_POST = "message.post",
    MESSAGE_ANSWER = "message.answer",
    SIGNAL_POST = "signal.post",
    HANDOFF_REQUEST = "handoff.request",
    CONSULT_ASK = "consult.ask",
    CONSULT_ANSWER = "consult.answer",
    ACTION_END = "action.end",
    OFFER_ANSWER = "offer.answer",
    PRESENCE_SET = "presence.set",
    STAFF_READ = "staff.read",
    STAFF_MANAGE = "staff.manage",
    RESPONDER_RESUME = "responder.resume",
    SUBSCRIPTION_MANAGE = "subscription.manage",
    OVERRIDE_MAKE = "override.make",
    EXCEPTION_RAISE = "exception.raise",
    EXCEPTION_READ = "exception.read",
    EXCEPTION_OWN = "exception.own",
    EXCEPTION_RESOLVE = "exception.resolve",
    DECISION_READ = "decision.read",
    DECISION_REPLAY = "decision.replay",
    ROUTE_ASK = "route.ask",
    EVENTS_READ = "events.read",
    LEDGER_READ = "ledger.read",
    CUSTOMER_ERASE = "customer.erase",
    METRICS_READ = "metrics.read",
    TOKEN_MANAGE = "token.manage",
    BUNDLE_READ = "bundle.read",
    BUNDLE_ACTIVATE = "bundle.activate",
    FIELD_SET = "field.set",
    FACT_SET = "fact.set",
    FACT_READ = "fact.read",
    REQUEST_ASK = "request.ask",
    REQUEST_READ = "request.read",
    REQUEST_CONFIRM = "request.confirm",
    REQUEST_LINK = "request.link",
    REQUEST_WITHDRAW = "request.withdraw",
    SANDBOX_READ = "sandbox.read",
    RECONCILIATION_RUN = "reconciliation.run",
    RECONCILIATION_READ = "reconciliation.read",
    DELEGATE_MANAGE = "delegate.manage",
    DELEGATE_READ = "delegate.read",
    DELEGATION_ASK = "delegation.ask",
    DELEGATION_EXCHANGE = "delegation.exchange",
    DELEGATION_GRANT = "delegation.grant",
    DELEGATION_READ = "delegation.read",
    DELEGATION_REVOKE = "delegation.revoke",
}

/// The action of who is given a case, which every bundle's schema declares with its signals.
pub(crate) const HANDLE: &str = "handle";

/// The action of what an AI responder may have carried out, which a bundle's schema declares if it has any.
pub(crate) const ACT: &str = "act";

/// The group of all actions that are requested exactly, which the program adds to the schema.
pub(crate) const REQUEST: &str = "request";
