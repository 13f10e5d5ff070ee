//! Which role of the bundle's each of those who take part has: the one that its policies permit what they do.

use anyhow::Context as _;
use remit_policy::{
    bundle::Bundle,
    engine::{ApiCase, ApiRequest, Engine},
};

/// The member of staff as whom is asked.
const SOMEBODY: &str = "somebody";

/// What whoever brings messages does; with what is known of customers, where messages tell it.
const BRING_WITH_FACTS: &[(&str, bool)] =
    &[("fact.set", false), ("case.open", false), ("message.post", true), ("case.read", true)];
const BRING: &[(&str, bool)] = BRING_WITH_FACTS.split_at(1).1;

/// Who takes part, with what they have to do and what they do where they may. `mine`: on a case of their own.
struct Part {
    who: &'static str,
    usual: &'static str,
    staff: Option<&'static str>,
    must: &'static [(&'static str, bool)],
    may: &'static [(&'static str, bool)],
}

/// Roles, by who takes part.
pub(super) struct Roles {
    pub(super) admin: String,
    pub(super) lead: String,
    pub(super) customers: String,
    pub(super) staff: String,
}

impl Roles {
    /// Those of a bundle, for messages that tell facts of their customers or none.
    ///
    /// # Errors
    /// When none may do what somebody has to.
    pub(super) fn of(bundle: &Bundle, with_facts: bool) -> anyhow::Result<Self> {
        let engine = Engine::new(bundle);
        let role = |part: &Part| best(bundle, &engine, part);
        Ok(Self {
            admin: role(&Part {
                who: "whoever looks at it afterwards",
                usual: "admin",
                staff: None,
                must: &[("case.read", true), ("decision.read", true)],
                may: &[("token.manage", false), ("ledger.read", false), ("case.list", false)],
            })?,
            lead: role(&Part {
                who: "the lead",
                usual: "lead",
                staff: None,
                must: &[("events.read", false), ("staff.manage", false), ("case.list", false), ("case.read", true)],
                may: &[
                    ("exception.own", true),
                    ("exception.resolve", true),
                    ("override.make", true),
                    ("responder.resume", false),
                    ("decision.read", true),
                    ("request.read", true),
                ],
            })?,
            customers: role(&Part {
                who: "the customers' integration",
                usual: "integration",
                staff: None,
                must: if with_facts { BRING_WITH_FACTS } else { BRING },
                may: &[("case.reopen", true), ("signal.post", true), ("chat.start", false)],
            })?,
            staff: role(&Part {
                who: "staff",
                usual: "staff",
                staff: Some(SOMEBODY),
                must: &[("presence.set", false), ("offer.answer", true), ("message.answer", true)],
                may: &[
                    ("case.resolve", true),
                    ("handoff.request", true),
                    ("exception.raise", true),
                    ("request.confirm", true),
                ],
            })?,
        })
    }
}

/// The role that may do all that has to be done, and most of the rest; the usual one where others may as much.
fn best(bundle: &Bundle, engine: &Engine, part: &Part) -> anyhow::Result<String> {
    let may = |role: &str, (action, of_case): &(&str, bool)| {
        let case = ApiCase { staff: part.staff, offered: part.staff, ..ApiCase::default() };
        let asked = ApiRequest {
            roles: &[role.to_owned()],
            responder: None,
            staff: part.staff,
            customer: None,
            delegate: None,
            action,
            case: of_case.then_some(case),
        };
        engine.authorize(&asked).permits()
    };
    let able = bundle.roles().iter().filter(|role| part.must.iter().all(|act| may(role, act)));
    let rank = |role: &&String| (part.may.iter().filter(|act| may(role, act)).count(), role.as_str() == part.usual);
    able.max_by_key(rank).cloned().with_context(|| {
        let actions: Vec<&str> = part.must.iter().map(|(action, _)| *action).collect();
        format!("{} need a role that may do {}, and none of the bundle's may", part.who, actions.join(", "))
    })
}
