//! A request judged: facts from the sandbox, the answer from the shop's policies.

use remit_domain::{
    id::{PolicyId, SignalName, Timestamp},
    request::{Answer, Asker, Confirming, Names, Term},
    signal::{Reading, Signals, Value as Seen},
};
use remit_policy::{
    action::{ActionSpec, term},
    bundle::Bundle,
    engine::{ApiCase, Engine, RequestQuestion},
    files::Files,
};
use remit_sandbox::{Ask, Sandbox, Statement};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// A moment in 2026.
const NOW: i64 = 1_790_000_000_000;

/// The shop's bundle, ready to judge, beside a filled sandbox.
pub(crate) struct Shop {
    pub(crate) bundle: Bundle,
    engine: Engine,
    directory: tempfile::TempDir,
}

/// Who asks, for whom, and what of the case is otherwise than usual.
#[derive(Clone)]
pub(crate) struct Asks {
    pub(crate) account: Option<String>,
    pub(crate) identity_proved: bool,
    pub(crate) confirmed: Vec<Confirming>,
    pub(crate) signals: Vec<(&'static str, Seen)>,
}

impl Asks {
    /// A customer who has proved who they are.
    pub(crate) fn of(account: &str) -> Self {
        Self { account: Some(account.to_owned()), identity_proved: true, confirmed: Vec::new(), signals: Vec::new() }
    }

    /// The same, who has said yes.
    pub(crate) fn confirmed(account: &str) -> Self {
        Self { confirmed: vec![Confirming::Customer], ..Self::of(account) }
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) answer: Answer,
    /// The policies that determine it, and those that stand against it until there is a yes.
    pub(crate) rules: Vec<String>,
    /// Why its arguments are none, if they are not.
    pub(crate) unfit: Option<String>,
}

impl Judged {
    pub(crate) fn is_allowed(&self) -> bool {
        self.answer == Answer::Allow
    }

    pub(crate) fn needs_the_customer_alone(&self) -> bool {
        self.answer == (Answer::Needs { confirmations: vec![Confirming::Customer] })
    }

    pub(crate) fn says(&self) -> String {
        let answer = match &self.answer {
            Answer::Allow => "allowed".to_owned(),
            Answer::Needs { confirmations } => format!("needs {confirmations:?}"),
            Answer::Deny => "denied".to_owned(),
        };
        match &self.unfit {
            Some(unfit) => format!("{answer}: {unfit}"),
            None => format!("{answer} by {}", self.rules.join(", ")),
        }
    }
}

impl Shop {
    pub(crate) fn with(database: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop");
        let bundle = Bundle::load(Files::read(&root).unwrap()).unwrap_or_else(|findings| panic!("{findings:#?}"));
        let directory = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(directory.path().join("filled")).unwrap();
        assert!(sandbox.seed_shop(database).unwrap());
        drop(sandbox);
        Self { engine: Engine::new(&bundle), bundle, directory }
    }

    /// A sandbox as it is at the beginning.
    pub(crate) fn sandbox(&self, name: &str) -> Sandbox {
        let to: PathBuf = self.directory.path().join(name);
        std::fs::copy(self.directory.path().join("filled"), &to).unwrap();
        Sandbox::open(to).unwrap()
    }

    /// What policy says of the request, asked for by the AI responder whose work it is.
    pub(crate) fn judge(&self, sandbox: &Sandbox, action: &str, arguments: &Map<String, Value>, asks: &Asks) -> Judged {
        let unfit = |why: String| Judged { answer: Answer::Deny, rules: Vec::new(), unfit: Some(why) };
        let Some(spec) = self.bundle.requested(action) else { return unfit(format!("there is no `{action}`")) };
        if let Err(error) = spec.parameters.check(arguments) {
            return unfit(error.to_string());
        }
        let told = sandbox.facts(&Ask { action, arguments, customer: asks.account.as_deref() }, NOW).unwrap();
        let fact = |(name, kind): &(String, _)| {
            let value = told.get(name).unwrap_or_else(|| panic!("the sandbox has no fact `{name}` of {action}"));
            (name.clone(), term(*kind, value).unwrap_or_else(|| panic!("`{name}` of {action} is no {kind:?}: {value}")))
        };
        let facts: Names = spec.facts.iter().map(fact).collect();
        let never = Term::Number(remit_sandbox::NEVER_HOURS);
        let recent: Names = spec.recent.iter().map(|name| (name.to_string(), never.clone())).collect();
        let asker = self.asker(spec);
        let question = RequestQuestion {
            asker: &asker,
            arguments: &spec.parameters.seen(arguments),
            facts: &facts,
            recent: &recent,
            signals: &self.signals(asks),
            case: ApiCase::default(),
        };
        let (verdict, _) = self.engine.request(action, &question, &asks.confirmed);
        let rules = verdict.policies.iter().chain(&verdict.until).chain(&verdict.errors);
        Judged { answer: verdict.answer, rules: rules.map(PolicyId::to_string).collect(), unfit: None }
    }

    /// Carries it out, if the sandbox's books let it.
    pub(crate) fn carry_out(
        &self,
        sandbox: &Sandbox,
        key: &str,
        action: &str,
        arguments: &Map<String, Value>,
    ) -> Option<Statement> {
        sandbox.execute(key, "hash", &Ask { action, arguments, customer: None }, NOW).ok()
    }

    fn asker(&self, spec: &ActionSpec) -> Asker {
        let responder = match spec.name.as_str() {
            "modify_user_address" => "shop-ai",
            name if name.contains("_pending_") => "pending-orders-ai",
            _ => "returns-ai",
        };
        let spec = self.bundle.candidates().iter().find(|spec| spec.responder.as_str() == responder).unwrap();
        Asker::Responder { facts: Box::new(spec.idle()) }
    }

    fn signals(&self, asks: &Asks) -> Signals {
        let now = Timestamp(NOW);
        let usual = [
            ("intent_confidence_bp", Seen::Long(9_500)),
            ("intent_abstained", Seen::Bool(false)),
            ("language", Seen::name("en")),
        ];
        let mut signals: Signals = usual
            .iter()
            .chain(&asks.signals)
            .map(|(name, value)| {
                let reading = Reading { value: value.clone(), source: "test".into(), at: now, because: Vec::new() };
                (SignalName::new(name).unwrap(), reading)
            })
            .collect();
        let source = "shop".into();
        let proved = self.bundle.fields().iter().find(|spec| spec.name.as_str() == "identity_proved").unwrap();
        let held = proved.read(&json!(asks.identity_proved)).unwrap();
        self.engine.see_field(&mut signals, proved, &held, (&source, now), now);
        if let Some(account) = &asks.account {
            let spec = self.bundle.facts().iter().find(|spec| spec.name.as_str() == "account").unwrap();
            let held = spec.read(&json!(account)).unwrap();
            self.engine.see_fact(&mut signals, spec, &held, (&source, now), now);
        }
        self.engine.complete(&mut signals, now);
        signals
    }
}
