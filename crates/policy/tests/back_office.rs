//! The sample bundles and the sandbox fit one another: it carries out every action of theirs, and tells every fact that
//! they declare, of the kind that they say; and the bank's policies allow its customers what its books say of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_domain::{
    id::{CustomerId, Timestamp},
    request::{Answer, Asker, Confirming, Names, Term},
    signal::Signals,
};
use remit_policy::{
    action::{ActionSpec, term},
    bundle::Bundle,
    engine::{ApiCase, Engine, RequestQuestion},
    files::Files,
};
use remit_sandbox::{Ask, NEVER_HOURS, Sandbox};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, path::Path};

/// A moment in 2026.
const NOW: i64 = 1_790_000_000_000;

fn bundle(name: &str) -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles").join(name);
    Bundle::load(Files::read(&root).unwrap()).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// The facts that an action declares, as the sandbox tells them.
fn facts(sandbox: &Sandbox, spec: &ActionSpec, arguments: &Map<String, Value>) -> Names {
    let told = sandbox.facts(&Ask { action: spec.name.as_str(), arguments, customer: None }, NOW).unwrap();
    let of = |(name, kind): &(String, _)| {
        let value = told.get(name).unwrap_or_else(|| panic!("{}: there is no fact `{name}`", spec.name));
        let seen = term(*kind, value).unwrap_or_else(|| panic!("{}: `{name}` is no {kind:?}: {value}", spec.name));
        (name.clone(), seen)
    };
    spec.facts.iter().map(of).collect()
}

#[test]
fn the_sandbox_carries_out_every_action_and_tells_every_fact_that_is_declared() {
    let sandbox = Sandbox::in_memory().unwrap();
    let mut declared = BTreeSet::new();
    for bundle in [bundle("shop"), bundle("bank")] {
        for spec in bundle.catalogue() {
            facts(&sandbox, spec, &Map::new());
            declared.insert(spec.name.to_string());
        }
    }
    assert_eq!(declared, Sandbox::actions().map(ToOwned::to_owned).collect());
}

/// Policy's answer to a customer of the bank who asks themselves.
fn answer(bank: &Bundle, sandbox: &Sandbox, account: &str, action: &str, arguments: &Value) -> Answer {
    let engine = Engine::new(bank);
    let spec = bank.requested(action).unwrap();
    let arguments = arguments.as_object().unwrap();
    spec.parameters.check(arguments).unwrap();
    let (mut signals, now) = (Signals::new(), Timestamp(NOW));
    let known = bank.facts().iter().find(|spec| spec.name.as_str() == "account").unwrap();
    let held = known.read(&json!(account)).unwrap();
    engine.see_fact(&mut signals, known, &held, (&"core-banking".into(), now), now);
    engine.complete(&mut signals, now);
    let recent = spec.recent.iter().map(|name| (name.to_string(), Term::Number(NEVER_HOURS))).collect();
    let question = RequestQuestion {
        asker: &Asker::Customer { customer: CustomerId::from_digest([1; 16]) },
        arguments: &spec.parameters.seen(arguments),
        facts: &facts(sandbox, spec, arguments),
        recent: &recent,
        signals: &signals,
        case: ApiCase::default(),
    };
    engine.request(action, &question, &[]).0.answer
}

#[test]
fn what_customers_of_the_bank_may_ask_for_is_what_its_books_say_of_it() {
    let sandbox = Sandbox::in_memory().unwrap();
    sandbox.seed_bank(NOW).unwrap();
    let bank = bundle("bank");
    let ask = |account: &str, action: &str, arguments: Value| answer(&bank, &sandbox, account, action, &arguments);
    let needs = |staff: usize| {
        let staff = std::iter::repeat_n(Confirming::Staff, staff);
        Answer::Needs { confirmations: std::iter::once(Confirming::Customer).chain(staff).collect() }
    };
    let card = json!({ "card_id": "card-1006-1-1" });
    assert_eq!(ask("cust-1006", "freeze_card", card.clone()), Answer::Allow);
    assert_eq!(ask("cust-1006", "send_replacement_card", card.clone()), needs(0));
    // The address of one customer has changed five hours ago.
    assert_eq!(ask("cust-1001", "send_replacement_card", json!({ "card_id": "card-1001-1-1" })), Answer::Deny);
    for somebody_else in ["cust-1007", "cust-9999"] {
        assert_eq!(ask(somebody_else, "freeze_card", card.clone()), Answer::Deny);
    }
    let limit = |minor: i64| json!({ "card_id": "card-1006-1-1", "limit": { "minor": minor, "currency": "GBP" } });
    assert_eq!(ask("cust-1006", "raise_card_limit", limit(500_001)), Answer::Deny);
    assert_eq!(ask("cust-1006", "raise_card_limit", limit(1)), Answer::Deny);
    assert_eq!(ask("cust-1006", "raise_card_limit", limit(400_000)), needs(1));
    let goodwill = json!({ "account_id": "acc-1006-1", "amount": { "minor": 500, "currency": "GBP" } });
    assert_eq!(ask("cust-1006", "pay_goodwill", goodwill), Answer::Deny);
    let address = json!({
        "customer_id": "cust-1006", "address1": "1 Mill Lane", "city": "Leeds", "postcode": "LS6 1AA", "country": "GB",
    });
    assert_eq!(ask("cust-1006", "change_address", address.clone()), needs(0));
    assert_eq!(ask("cust-1007", "change_address", address), Answer::Deny);
}
