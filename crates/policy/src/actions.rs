//! The actions of the program's own: those that candidates are asked for, and those of its interfaces.

/// Actions of the product's own interfaces, each asked of policy before it is carried out. They are in every bundle's
/// schema, whether it declares them or not.
pub const API_ACTIONS: [&str; 34] = [
    "chat.start",
    "case.open",
    "case.read",
    "case.list",
    "case.resolve",
    "case.reopen",
    "case.merge",
    "case.feedback",
    "message.post",
    "message.answer",
    "signal.post",
    "handoff.request",
    "consult.ask",
    "consult.answer",
    "action.end",
    "offer.answer",
    "presence.set",
    "staff.read",
    "staff.manage",
    "responder.resume",
    "subscription.manage",
    "override.make",
    "exception.raise",
    "exception.read",
    "exception.own",
    "exception.resolve",
    "decision.read",
    "decision.replay",
    "route.ask",
    "events.read",
    "ledger.read",
    "customer.erase",
    "metrics.read",
    "token.manage",
];

/// The action of who is given a case, which every bundle's schema declares with its signals.
pub(crate) const HANDLE: &str = "handle";

/// The action of what an AI responder may have carried out, which a bundle's schema declares if it has any.
pub(crate) const ACT: &str = "act";
