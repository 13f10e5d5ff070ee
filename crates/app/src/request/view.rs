//! A request as interfaces show it.

use crate::{Caller, Governance, Parts, environment::clock::rfc3339, pipeline::sealing, refused::Refused};
use remit_domain::{
    Case,
    id::{PolicyId, Timestamp},
    request::{
        Agreement, Answer, Batch, Changed, Confirmation, Confirmer, Confirming, Effect, Money, Names, Request,
        RequestDecision, RequestState, Requestable, Via,
    },
};
use remit_policy::{action::ActionSpec, manifest::ConnectorKind};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A request for an action.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RequestView {
    /// Which.
    pub id: String,
    /// On which case.
    pub case: String,
    /// What is to be done.
    pub action: String,
    /// What people call that; its name where the bundle in force has it no more.
    pub title: String,
    /// How far it has come.
    pub state: RequestState,
    /// What is read by who confirms it; nothing once the words on the case were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The hash of the exact request, which a confirmation names.
    pub hash: String,
    /// What it moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Who asks: `responder`, `staff`, `person`, `customer`, `delegate` or `integration`.
    pub asked_by: AskedBy,
    /// Whose yes is still wanted.
    pub wanted: Vec<Confirming>,
    /// Who said yes.
    pub confirmations: Vec<ConfirmationView>,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// When it expires unless it is confirmed.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// The same moment.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) due: Timestamp,
    /// What changed, where it was withdrawn since it is no longer what was confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void: Option<Changed>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectView>,
    /// The decision that it rests on.
    pub decision: String,
    /// Policy's answer, where one request is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictView>,
    /// The exact arguments, where one request is read and they are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub arguments: Option<Map<String, Value>>,
    /// How it is carried out, where one request is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionView>,
    /// What became of it step by step, where one request is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<StepView>,
}

/// How a request is carried out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExecutionView {
    /// Who carries it out; nothing where the bundle in force has its action no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
    /// The key under which it is carried out once.
    pub key: String,
    /// How often the connector was asked to carry it out or what became of it.
    pub attempts: u32,
    /// Where it can be seen what was done under the key, where the sandbox carries it out: an address, or the path of
    /// one on this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// Who asks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AskedBy {
    /// `responder`, `staff`, `person`, `customer`, `delegate` or `integration`.
    pub kind: String,
    /// What they are called.
    pub name: String,
}

/// A yes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConfirmationView {
    /// `customer` or `staff`.
    pub by: Confirming,
    /// Who, of staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// How many open cases they had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cases: Option<u32>,
    /// Over what it came.
    pub via: Via,
    /// For how long they had it before them, in milliseconds, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_ms: Option<i64>,
    /// With which others it was shown and answered, where it was not alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// How carrying a request out ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum EffectView {
    /// It was done.
    Done {
        /// By what the back office knows it.
        reference: String,
        /// How much it says was moved.
        #[serde(skip_serializing_if = "Option::is_none")]
        amount: Option<Money>,
        /// When, as it says; nothing where it does not.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(format = DateTime)]
        at: Option<String>,
        /// Whether that is what was asked for.
        agrees: Agreement,
    },
    /// It was refused, and nothing happened.
    Failed {
        /// Why.
        why: String,
    },
    /// What became of it is not known.
    Unknown {
        /// In what way.
        why: String,
    },
}

/// Policy's answer about a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerdictView {
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
    /// The policies that determine it.
    pub policies: Vec<PolicyView>,
    /// Policies that stand against it until it is confirmed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<PolicyView>,
    /// Of a denial, what would change it and who may bring it about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requestable: Vec<Requestable>,
    /// What was true of the request, as its connector said.
    pub facts: Names,
    /// Hours since actions that its policies look back at were last done for the customer.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub recent: Names,
}

/// A policy that a verdict names.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyView {
    /// Its identifier.
    pub id: String,
    /// Its reason.
    pub reason: String,
    /// Its owner.
    pub owner: String,
}

/// A step of a request, and when it was taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StepView {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub step: RequestStep,
}

/// What happened to a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
#[schema(as = Step)]
pub enum RequestStep {
    /// It was asked for, and policy answered.
    Asked {
        /// The record of that.
        decision: String,
        /// What policy answered.
        verdict: VerdictView,
    },
    /// Somebody said yes to it.
    Confirmed {
        /// Who, to what, and over what.
        confirmation: ConfirmationView,
    },
    /// Somebody said no to it.
    Declined {
        /// Who, to what, and over what.
        confirmation: ConfirmationView,
    },
    /// A link was made by which the customer can answer it.
    Linked {
        /// Who asked for it, by the name of their token.
        by: String,
    },
    /// A code is shown to the customer beside it, which their delegate shows them too.
    CodeShown {
        /// The code.
        code: String,
        /// Which delegate.
        by: String,
    },
    /// It was taken back.
    Withdrawn {
        /// Who took it back, by the name of their token.
        by: String,
    },
    /// Nobody confirmed it in time.
    Expired,
    /// It was confirmed, and was no longer what was confirmed.
    Voided {
        /// What had changed.
        changed: Changed,
        /// The record of policy's answer then; nothing where the case had ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        decision: Option<String>,
        /// That answer.
        #[serde(skip_serializing_if = "Option::is_none")]
        verdict: Option<VerdictView>,
    },
    /// Policy allowed it once more, and its connector was asked to carry it out.
    Executing {
        /// The record of policy's answer.
        decision: String,
        /// What policy answered.
        verdict: VerdictView,
    },
    /// Its connector was asked what became of it.
    AskedAgain,
    /// How carrying it out ended.
    CarriedOut {
        /// In which way.
        effect: EffectView,
    },
    /// A person found out what became of it.
    Concluded {
        /// What.
        effect: EffectView,
        /// Who says so, by the name of their token.
        by: String,
    },
}

impl RequestView {
    /// Of a request of `case`, with what is read of it opened.
    pub(super) async fn of(parts: &Parts, case: &Case, request: &Request) -> Result<Self, Refused> {
        let (journal, vault, environment) = (&parts.journal, &parts.vault, &parts.environment);
        let shown = sealing::open_words(journal, vault, environment, case, &request.shown).await?;
        Ok(Self { shown, ..Self::new(&parts.governance, request) })
    }

    /// Of a request, without what is read of it.
    pub(super) fn new(governance: &Governance, request: &Request) -> Self {
        let spec = governance.bundle.requested(request.action.as_str());
        Self {
            id: request.id.to_string(),
            case: request.case.to_string(),
            action: request.action.to_string(),
            title: spec.map_or_else(|| request.action.to_string(), |spec| spec.title.clone()),
            state: request.state,
            shown: None,
            hash: request.hash.to_string(),
            amount: request.amount.clone(),
            asked_by: AskedBy { kind: request.by.kind().to_owned(), name: request.by.name().into_owned() },
            wanted: request.wanted.clone(),
            confirmations: request.confirmations.iter().map(ConfirmationView::from).collect(),
            asked_at: rfc3339(request.asked),
            due_at: rfc3339(request.due),
            due: request.due,
            void: request.void,
            effect: request.effect.as_ref().map(EffectView::from),
            decision: request.decision.to_string(),
            verdict: None,
            arguments: None,
            execution: None,
            history: Vec::new(),
        }
    }

    /// With what is read of it, which is known.
    pub(super) fn reading(mut self, shown: &str) -> Self {
        self.shown = Some(shown.to_owned());
        self
    }

    /// Without anything that its connector said of it.
    pub(super) fn untold(mut self) -> Self {
        (self.shown, self.amount) = (None, None);
        self.verdict = self.verdict.map(VerdictView::untold);
        self
    }

    /// As it is told `reader`: of what policy denies nobody but staff is told what is true of it, however they ask.
    pub(super) fn told_to(mut self, reader: &Caller, request: &Request) -> Self {
        if reader.sees_denials() {
            return self;
        }
        for step in &mut self.history {
            let (RequestStep::Asked { verdict, .. }
            | RequestStep::Executing { verdict, .. }
            | RequestStep::Voided { verdict: Some(verdict), .. }) = &mut step.step
            else {
                continue;
            };
            if verdict.answer == Answer::Deny {
                *verdict = verdict.clone().untold();
            }
        }
        // What policy lets be asked for was shown to who asks; a later no tells them nothing new.
        if request.is_denied() {
            return self.untold();
        }
        let hide = |verdict: VerdictView| if verdict.answer == Answer::Deny { verdict.untold() } else { verdict };
        self.verdict = self.verdict.map(hide);
        self
    }

    /// With policy's answer.
    pub(super) fn answered(mut self, decision: &RequestDecision) -> Self {
        self.verdict = Some(VerdictView::of(decision));
        self
    }

    /// With its exact arguments, how it is carried out, and what became of it.
    pub(super) async fn whole(
        mut self,
        parts: &Parts,
        case: &Case,
        request: &Request,
        history: Vec<StepView>,
    ) -> Result<Self, Refused> {
        let (journal, vault, environment) = (&parts.journal, &parts.vault, &parts.environment);
        let written = sealing::open_words(journal, vault, environment, case, &request.arguments).await?;
        self.arguments = written.map(|text| serde_json::from_str(&text)).transpose().map_err(Refused::internal)?;
        let spec = parts.governance.bundle.requested(request.action.as_str());
        // Nothing of a key has to be written otherwise in an address.
        let page = environment.public_link(&format!("/sandbox?key={}", request.key()));
        self.execution = Some(ExecutionView {
            connector: spec.map(|spec| spec.connector.clone()),
            key: request.key().to_string(),
            attempts: request.attempts,
            page: spec.filter(|spec| is_sandbox(&parts.governance, spec)).map(|_| page),
        });
        self.history = history;
        Ok(self)
    }
}

/// Whether the sandbox carries an action out.
fn is_sandbox(governance: &Governance, spec: &ActionSpec) -> bool {
    let mut connectors = governance.bundle.connectors().iter();
    connectors.any(|connector| connector.name == spec.connector && connector.kind == ConnectorKind::Sandbox)
}

impl VerdictView {
    /// Without anything that its connector said, or that would tell something of it.
    pub(super) fn untold(mut self) -> Self {
        self.facts.clear();
        // What else stands against it may be that it is somebody else's: which rules do so tells what is true of them.
        let can_change = |policy: &PolicyView| self.requestable.iter().any(|one| *one.policy.as_str() == *policy.id);
        if !self.policies.iter().all(can_change) {
            self.requestable.clear();
            self.policies.clear();
        }
        self
    }

    /// Of a record of policy's answer.
    pub(super) fn of(decision: &RequestDecision) -> Self {
        let policy = |id: &PolicyId| {
            let note = decision.policies.get(id);
            PolicyView {
                id: id.to_string(),
                reason: note.map(|note| note.reason.to_string()).unwrap_or_default(),
                owner: note.map(|note| note.owner.to_string()).unwrap_or_default(),
            }
        };
        let verdict = &decision.verdict;
        Self {
            answer: verdict.answer.clone(),
            policies: verdict.policies.iter().chain(&verdict.errors).map(policy).collect(),
            until: verdict.until.iter().map(policy).collect(),
            requestable: verdict.requestable.clone(),
            facts: decision.facts.clone(),
            recent: decision.recent.clone(),
        }
    }
}

impl From<&Confirmation> for ConfirmationView {
    fn from(given: &Confirmation) -> Self {
        let (staff, cases) = match &given.by {
            Confirmer::Customer { .. } => (None, None),
            Confirmer::Staff { staff, cases } => (Some(staff.to_string()), Some(*cases)),
        };
        Self {
            by: given.by.confirming(),
            staff,
            cases,
            via: given.via,
            seen_ms: given.seen_ms,
            batch: given.batch.clone(),
            at: rfc3339(given.at),
        }
    }
}

impl From<&Effect> for EffectView {
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::Done { statement, agrees } => Self::Done {
                reference: statement.reference.clone(),
                amount: statement.amount.clone(),
                at: statement.at.map(rfc3339),
                agrees: *agrees,
            },
            Effect::Failed { why } => Self::Failed { why: why.clone() },
            Effect::Unknown { why, .. } => Self::Unknown { why: why.clone() },
        }
    }
}
