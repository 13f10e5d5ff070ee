//! Which role of the bundle's each of those who take part has: the one that its policies permit what they do.

use anyhow::Context as _;
use remit_policy::{
    actions::Permission,
    bundle::Bundle,
    engine::{ApiCase, ApiPrincipal, ApiRequest, Engine},
};

/// The member of staff as whom is asked.
const SOMEBODY: &str = "somebody";

/// What whoever brings messages does; with what is known of customers, where messages tell it.
const BRING_WITH_FACTS: &[(Permission, bool)] = &[
    (Permission::FACT_SET, false),
    (Permission::CASE_OPEN, false),
    (Permission::MESSAGE_POST, true),
    (Permission::CASE_READ, true),
];
const BRING: &[(Permission, bool)] = BRING_WITH_FACTS.split_at(1).1;

/// Who takes part, with what they have to do and what they do where they may. `mine`: on a case of their own.
struct Part {
    who: &'static str,
    usual: &'static str,
    staff: Option<&'static str>,
    must: &'static [(Permission, bool)],
    may: &'static [(Permission, bool)],
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
                must: &[(Permission::CASE_READ, true), (Permission::DECISION_READ, true)],
                may: &[
                    (Permission::TOKEN_MANAGE, false),
                    (Permission::LEDGER_READ, false),
                    (Permission::CASE_LIST, false),
                ],
            })?,
            lead: role(&Part {
                who: "the lead",
                usual: "lead",
                staff: None,
                must: &[
                    (Permission::EVENTS_READ, false),
                    (Permission::STAFF_MANAGE, false),
                    (Permission::CASE_LIST, false),
                    (Permission::CASE_READ, true),
                ],
                may: &[
                    (Permission::EXCEPTION_OWN, true),
                    (Permission::EXCEPTION_RESOLVE, true),
                    (Permission::OVERRIDE_MAKE, true),
                    (Permission::RESPONDER_RESUME, false),
                    (Permission::DECISION_READ, true),
                    (Permission::REQUEST_READ, true),
                ],
            })?,
            customers: role(&Part {
                who: "the customers' integration",
                usual: "integration",
                staff: None,
                must: if with_facts { BRING_WITH_FACTS } else { BRING },
                may: &[
                    (Permission::CASE_REOPEN, true),
                    (Permission::SIGNAL_POST, true),
                    (Permission::CHAT_START, false),
                ],
            })?,
            staff: role(&Part {
                who: "staff",
                usual: "staff",
                staff: Some(SOMEBODY),
                must: &[
                    (Permission::PRESENCE_SET, false),
                    (Permission::OFFER_ANSWER, true),
                    (Permission::MESSAGE_ANSWER, true),
                ],
                may: &[
                    (Permission::CASE_RESOLVE, true),
                    (Permission::HANDOFF_REQUEST, true),
                    (Permission::EXCEPTION_RAISE, true),
                    (Permission::REQUEST_CONFIRM, true),
                ],
            })?,
        })
    }
}

/// The role that may do all that has to be done, and most of the rest; the usual one where others may as much.
fn best(bundle: &Bundle, engine: &Engine, part: &Part) -> anyhow::Result<String> {
    let may = |role: &str, (action, of_case): &(Permission, bool)| {
        let case = ApiCase { staff: part.staff, offered: part.staff, ..ApiCase::default() };
        let principal =
            part.staff.map_or(ApiPrincipal::Unnamed, |staff| ApiPrincipal::Staff { staff, responder: None });
        let asked = ApiRequest { roles: &[role.to_owned()], principal, action: *action, case: of_case.then_some(case) };
        engine.authorize(&asked).permits()
    };
    let able = bundle.roles().iter().filter(|role| part.must.iter().all(|act| may(role, act)));
    let rank = |role: &&String| (part.may.iter().filter(|act| may(role, act)).count(), role.as_str() == part.usual);
    able.max_by_key(rank).cloned().with_context(|| {
        let actions: Vec<&str> = part.must.iter().map(|(action, _)| action.as_str()).collect();
        format!("{} need a role that may do {}, and none of the bundle's may", part.who, actions.join(", "))
    })
}
