//! A small organisation and a policy that says what a test tells it to; the tests' stand-in for a bundle.

use remit_domain::{
    Case, Command, Context, Deliberation, Refusal, Step,
    action::ActionAnswer,
    begin,
    case::{Channel, Requester},
    command::{Happened, Question},
    cost::{Currency, Economics},
    decision::{
        CandidateFacts, Collecting, Collects, Considerations, DecisionPoint, PolicyEffect, PolicyNote, ResponderKind,
        Terms, Verdict,
    },
    event::{Attachment, Words},
    field::{FieldKind, FieldValue, Held, SetFields},
    id::{CustomerId, Digest, FieldName, Ids, OwnerId, PolicyId, ResponderId, SignalName, Timestamp},
    signal::{OWN_SOURCE, Reading, Value},
    situation::Noted,
};
use std::{collections::BTreeMap, sync::Arc};

/// When every test begins.
pub(crate) const START: Timestamp = Timestamp(1_750_000_000_000);
/// How long the owner of an exception has.
pub(crate) const DUE_MS: i64 = 3_600_000;
/// How long after its moment a customer waits to be called.
pub(crate) const CALL_MS: i64 = 15 * 60_000;

pub(crate) fn responder(name: &str) -> ResponderId {
    ResponderId::new(name).unwrap()
}

pub(crate) fn owner(name: &str) -> OwnerId {
    OwnerId::new(name).unwrap()
}

pub(crate) fn policy(name: &str) -> PolicyId {
    PolicyId::new(name).unwrap()
}

pub(crate) fn customer() -> CustomerId {
    CustomerId::from_digest([9; 16])
}

/// A commitment to `text` that does not contain it.
pub(crate) fn words(text: &str) -> Words {
    let hash =
        text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    Words { commit: format!("{hash:064x}"), bytes: u32::try_from(text.len()).unwrap() }
}

/// A file of so many bytes.
pub(crate) fn file(bytes: &str) -> Option<Attachment> {
    Some(Attachment { commit: words(bytes).commit, bytes: bytes.parse().ok()?, media_type: "image/png".into() })
}

pub(crate) fn reading(name: &str, value: Value, at: Timestamp) -> (SignalName, Reading) {
    (SignalName::new(name).unwrap(), Reading { value, source: OWN_SOURCE.into(), at, because: vec![] })
}

pub(crate) fn wants_human(at: Timestamp) -> (SignalName, Reading) {
    reading("wants_human", Value::Bool(true), at)
}

pub(crate) fn open_with(readings: Vec<(SignalName, Reading)>) -> Command {
    Command::Open {
        customer: customer(),
        requester: Requester::Customer,
        channel: Channel::Chat,
        words: words("hello"),
        readings,
        situation: None,
        not_asked: None,
        fields: Vec::new(),
        untold: None,
        follows: None,
    }
}

/// The one field that cases have.
pub(crate) fn field() -> FieldName {
    FieldName::new("delivered").unwrap()
}

/// That an integration sets it.
pub(crate) fn set_field(decides: bool) -> SetFields {
    let held = Held::Plain(FieldValue { kind: FieldKind::Truth, value: Value::Bool(true) });
    SetFields { fields: [(field(), held)].into(), taken_away: vec![], source: "shop".into(), decides }
}

/// A danger or need that was read.
pub(crate) fn noted(situation: &str) -> Noted {
    Noted { situation: situation.into(), strength_bp: 8_000, source: OWN_SOURCE.into(), rank: None, because: vec![] }
}

/// What policy says of a responder, beside what it says of everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Says {
    /// A policy permits it.
    Allow,
    /// This policy forbids it.
    Deny(&'static str),
    /// Nothing permits it and nothing forbids it.
    Nothing,
    /// A policy permits it, and it is closed and collects.
    Collects,
    /// A policy permits it, and it is closed and could only promise to call back.
    CallsBack,
    /// This policy failed, so the verdict is a deny.
    Fails(&'static str),
    /// This policy failed, and yet the verdict claims to allow.
    FailsOpen(&'static str),
}

/// The responders, what policy says of each, and the bundle's terms.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) responders: Vec<(CandidateFacts, Says)>,
    pub(crate) handoffs_max: u32,
    /// What is weighed beside policy, and what of it applies to each responder.
    pub(crate) considerations: Considerations,
    pub(crate) applies: Vec<Vec<PolicyId>>,
    pub(crate) now: Timestamp,
    /// What the next command's identifiers count up from.
    pub(crate) random: u128,
}

impl World {
    /// Responders with the handling cost of each; names that end in `ai` are AI responders.
    pub(crate) fn new(responders: &[(&str, i64)]) -> Self {
        let responders = responders.iter().map(|(name, cost)| (facts(name, *cost), Says::Allow)).collect();
        let (considerations, applies) = (Vec::new(), Vec::new());
        Self { responders, handoffs_max: 3, considerations, applies, now: START, random: 0 }
    }

    /// From now on policy says this of that responder.
    pub(crate) fn says(&mut self, name: &str, says: Says) {
        let found = self.responders.iter_mut().find(|(facts, _)| facts.responder.as_str() == name);
        found.unwrap_or_else(|| panic!("no responder `{name}`")).1 = says;
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms {
            bundle: Digest::from_bytes(&[7; 32]),
            baseline: Digest::from_bytes(&[8; 32]),
            owners: DecisionPoint::ALL.into_iter().map(|point| (point, owner(point_owner(point)))).collect(),
            economics: Economics {
                currency: Currency("GBP".into()),
                delay_minor_per_hour: 600,
                breach_minor: 1_000,
                failure_minor: 2_000,
                due_minor: 0,
                value_signal: Some(SignalName::new("value_class").unwrap()),
                value_percent: BTreeMap::from([("gold".to_owned(), 300)]),
            },
            considerations: self.considerations.clone(),
            handoffs_max: self.handoffs_max,
            exception_owner: owner("duty-manager"),
            exception_due_ms: DUE_MS,
            callback_ms: CALL_MS,
            escalate_to: None,
        }
    }

    /// What a server would answer: the facts as they stand, and verdicts that obey what every bundle holds.
    pub(crate) fn answer(&self, case: &Case, question: &Question) -> Deliberation {
        let mut policies = BTreeMap::new();
        let mut candidates = Vec::new();
        for (facts, says) in &self.responders {
            let facts = CandidateFacts { yielded: case.has_yielded(&facts.responder), ..facts.clone() };
            let verdict = verdict(case, &facts, says);
            for id in verdict.policies.iter().chain(&verdict.errors) {
                policies.insert(id.clone(), note(id));
            }
            candidates.push((facts, verdict));
        }
        Deliberation {
            read_by: None,
            collecting: self.collecting(),
            forbidden: Vec::new(),
            point: question.point,
            trigger: question.trigger.clone(),
            signals: case.readings.effective(|_, _| false),
            candidates,
            considered: self.applies.clone(),
            policies,
            terms: Arc::new(self.terms()),
        }
    }

    /// Queues that are closed and have cases wait for them, until the next morning.
    fn collecting(&self) -> Collecting {
        let opens = self.now.plus_ms(8 * 3_600_000);
        let collects = |(facts, says): &(CandidateFacts, Says)| {
            let calls_back = *says == Says::CallsBack;
            let closed = facts.kind == ResponderKind::Queue && (calls_back || *says == Says::Collects);
            closed.then(|| (facts.responder.clone(), Collects { opens, calls_back }))
        };
        self.responders.iter().filter_map(collects).collect()
    }

    /// What policy would say of an action: yes or no.
    pub(crate) fn action(&self, case: &Case, allow: bool) -> ActionAnswer {
        let id = policy(if allow { "support.allow" } else { "support.no-refunds" });
        let holder = case.holder.as_ref().and_then(|holder| holder.responder());
        let principal = self.responders.iter().find(|(facts, _)| Some(&facts.responder) == holder);
        ActionAnswer {
            principal: principal.unwrap_or_else(|| &self.responders[0]).0.clone(),
            signals: case.readings.effective(|_, _| false),
            verdict: Verdict { allow, policies: vec![id.clone()], errors: vec![] },
            policies: BTreeMap::from([(id.clone(), note(&id))]),
            bundle: self.terms().bundle,
            baseline: self.terms().baseline,
            owner: owner(point_owner(DecisionPoint::Act)),
        }
    }

    /// Gives one command; `asked` tells whether policy was.
    pub(crate) fn give(
        &mut self,
        case: Option<&Case>,
        command: Command,
        asked: &mut bool,
    ) -> Result<Happened, Refusal> {
        self.random += 1 << 20;
        let mut context = Context { now: self.now, ids: Ids::new(self.now, self.random), by: "tests".to_owned() };
        match begin(case, command, &mut context)? {
            Step::Done(happened) => Ok(happened),
            Step::Asks(pending) => {
                *asked = true;
                let answer = self.answer(pending.case(), pending.question());
                // Somebody is there in every queue.
                let decided = pending.decide(answer, &mut context)?;
                let wait_ms = decided.waits_in().map(|_| 0);
                Ok(decided.conclude(wait_ms, &mut context))
            }
        }
    }
}

fn point_owner(point: DecisionPoint) -> &'static str {
    match point {
        DecisionPoint::Route => "routing",
        DecisionPoint::Retain => "quality",
        DecisionPoint::Escalate => "support-lead",
        DecisionPoint::ReturnToAi => "ai-lead",
        DecisionPoint::Override => "duty-manager",
        DecisionPoint::Offer => "support-lead",
        DecisionPoint::StopAi => "ai-lead",
        DecisionPoint::Act => "risk",
    }
}

fn facts(name: &str, handling_minor: i64) -> CandidateFacts {
    let kind = if name.ends_with("ai") { ResponderKind::Ai } else { ResponderKind::Queue };
    let accountable = owner(if kind == ResponderKind::Ai { "ai-lead" } else { "support" });
    let idle = CandidateFacts::idle(responder(name), kind, accountable);
    CandidateFacts { handling_minor, prior_bp: 5_000, prior_weight: 10, ..idle }
}

/// Whether a human was asked for and who gave the case up come before what the organisation says.
fn verdict(case: &Case, facts: &CandidateFacts, says: &Says) -> Verdict {
    let deny = |id: &str| Verdict { allow: false, policies: vec![policy(id)], errors: vec![] };
    if facts.kind == ResponderKind::Ai && case.human_requested {
        return deny("remit.human-when-asked");
    }
    if facts.kind == ResponderKind::Ai && case.situations.gravest().is_some() {
        return deny("support.no-machine-in-danger");
    }
    if facts.yielded {
        return deny("remit.no-second-try");
    }
    match says {
        Says::Allow | Says::Collects | Says::CallsBack => {
            Verdict { allow: true, policies: vec![policy("support.allow")], errors: vec![] }
        }
        Says::Deny(id) => deny(id),
        Says::Nothing => Verdict { allow: false, policies: vec![], errors: vec![] },
        Says::Fails(id) => Verdict { allow: false, policies: vec![], errors: vec![policy(id)] },
        Says::FailsOpen(id) => {
            Verdict { allow: true, policies: vec![policy("support.allow")], errors: vec![policy(id)] }
        }
    }
}

fn note(id: &PolicyId) -> PolicyNote {
    let effect = if id.as_str() == "support.allow" { PolicyEffect::Permit } else { PolicyEffect::Forbid };
    PolicyNote { effect, owner: owner("policy-team"), reason: format!("what {id} is for").into(), invariant: false }
}
