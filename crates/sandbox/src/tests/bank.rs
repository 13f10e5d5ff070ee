//! What the bank does, action by action: what facts say before and after, what comes back, what is refused.

use super::{HOUR, NOW, ask, execute, facts, filled, minor, object, refused};
use crate::{NEVER_HOURS, Refusal, Sandbox};
use serde_json::{Value, json};

fn gbp(minor: i64) -> Value {
    json!({"minor": minor, "currency": "GBP"})
}

fn balance(sandbox: &Sandbox, account: &str) -> i64 {
    minor(&facts(sandbox, "pay_goodwill", json!({"account_id": account})), "account_balance")
}

#[test]
fn a_fee_is_waived_once_and_counted() {
    let sandbox = filled();
    let (fee, before) = (json!({"fee_id": "fee-1001-1-1"}), balance(&sandbox, "acc-1001-1"));
    let told = facts(&sandbox, "waive_fee", fee.clone());
    assert!(told["fee_found"] == true && told["waived_already"] == false && told["account_found"] == true, "{told:?}");
    assert_eq!((&told["fee_customer"], &told["fee_of"]), (&json!("cust-1001"), &json!("returned payment")));
    assert_eq!((&told["fee_amount"], &told["amount"], &told["fee_age_days"]), (&gbp(522), &gbp(522), &json!(166)));
    assert_eq!(told["fees_waived_365_days"], 0);
    let statement = execute(&sandbox, "a", "waive_fee", fee.clone()).unwrap();
    assert_eq!((statement.amount.unwrap().minor, statement.customer.as_str()), (522, "cust-1001"));
    assert_eq!(balance(&sandbox, "acc-1001-1"), before + 522);
    let told = facts(&sandbox, "waive_fee", fee.clone());
    assert!(
        told["waived_already"] == true && told["amount"] == gbp(0) && told["fees_waived_365_days"] == 1,
        "{told:?}"
    );
    assert!(matches!(refused(&sandbox, "b", "waive_fee", fee), Refusal::State { kind: "fee", .. }));
}

#[test]
fn a_charge_comes_back_in_parts_and_never_more_than_it_was() {
    let sandbox = filled();
    let charge = |minor: Option<i64>| match minor {
        Some(minor) => json!({"charge_id": "charge-1001-1-1", "amount": gbp(minor)}),
        None => json!({"charge_id": "charge-1001-1-1"}),
    };
    let told = facts(&sandbox, "refund_charge", charge(Some(1_000)));
    assert_eq!((&told["charge_amount"], &told["refundable"], &told["amount"]), (&gbp(5_378), &gbp(5_378), &gbp(1_000)));
    assert_eq!((&told["charge_status"], &told["charge_age_days"]), (&json!("pending"), &json!(2)));
    execute(&sandbox, "a", "refund_charge", charge(Some(1_000))).unwrap();
    let told = facts(&sandbox, "refund_charge", charge(None));
    assert!(told["refunded_already"] == true && told["refundable"] == gbp(4_378), "{told:?}");
    let refusal = refused(&sandbox, "b", "refund_charge", charge(Some(4_379)));
    assert!(matches!(&refusal, Refusal::TooLittle { has, needs, .. } if (has.minor, needs.minor) == (4_378, 4_379)));
    let other = json!({"charge_id": "charge-1001-1-1", "amount": {"minor": 1, "currency": "EUR"}});
    assert!(matches!(refused(&sandbox, "b", "refund_charge", other), Refusal::Argument { name: "amount", .. }));
    assert_eq!(execute(&sandbox, "b", "refund_charge", charge(None)).unwrap().amount.unwrap().minor, 4_378);
    assert!(matches!(refused(&sandbox, "c", "refund_charge", charge(Some(1))), Refusal::State { .. }));
    // A fee is no charge.
    let fee = json!({"charge_id": "fee-1001-1-1"});
    assert!(matches!(refused(&sandbox, "c", "refund_charge", fee), Refusal::NotFound { kind: "charge", .. }));
}

#[test]
fn a_direct_debit_is_reversed_and_goodwill_is_counted_for_a_year() {
    let sandbox = filled();
    let debit = json!({"debit_id": "debit-1001-1-1"});
    assert_eq!(facts(&sandbox, "reverse_direct_debit", debit.clone())["debit_of"], "Oakshield Insurance");
    assert_eq!(execute(&sandbox, "a", "reverse_direct_debit", debit.clone()).unwrap().amount.unwrap().minor, 6_073);
    assert_eq!(facts(&sandbox, "reverse_direct_debit", debit)["reversed_already"], true);
    let goodwill = object(json!({"account_id": "acc-1001-1", "amount": gbp(2_000)}));
    let ask = ask("pay_goodwill", &goodwill);
    sandbox.execute("b", "h", &ask, NOW).unwrap();
    let paid = |at_ms| minor(&sandbox.facts(&ask, at_ms).unwrap(), "goodwill_365_days");
    assert_eq!((paid(NOW + 365 * 24 * HOUR - 1), paid(NOW + 365 * 24 * HOUR)), (2_000, 0));
    let euros = json!({"account_id": "acc-1001-1", "amount": {"minor": 1, "currency": "EUR"}});
    assert!(matches!(refused(&sandbox, "c", "pay_goodwill", euros), Refusal::Argument { .. }));
}

#[test]
fn a_transfer_is_cancelled_until_it_is_sent() {
    let sandbox = filled();
    let transfer = object(json!({"transfer_id": "transfer-1001-1-1"}));
    let ask = ask("cancel_transfer", &transfer);
    let status = |at_ms| sandbox.facts(&ask, at_ms).unwrap()["transfer_status"].as_str().unwrap().to_owned();
    assert_eq!((status(NOW), status(NOW + 159 * HOUR)), ("scheduled".to_owned(), "sent".to_owned()));
    let too_late = sandbox.execute("a", "h", &ask, NOW + 159 * HOUR).unwrap_err().to_string();
    assert_eq!(too_late, "the transfer `transfer-1001-1-1` is sent; only what was not sent yet can be cancelled");
    let before = balance(&sandbox, "acc-1001-1");
    assert_eq!(sandbox.execute("a", "h", &ask, NOW).unwrap().amount.unwrap().minor, 77_011);
    assert_eq!((status(NOW), balance(&sandbox, "acc-1001-1")), ("cancelled".to_owned(), before + 77_011));
    assert!(sandbox.execute("b", "h", &ask, NOW).is_err());
}

#[test]
fn cards_are_frozen_replaced_and_followed_by_another() {
    let sandbox = filled();
    let card = |id: &str| json!({"card_id": id});
    let status = |id: &str| facts(&sandbox, "freeze_card", card(id))["card_status"].clone();
    execute(&sandbox, "a", "freeze_card", card("card-1001-1-1")).unwrap();
    let told = facts(&sandbox, "unfreeze_card", card("card-1001-1-1"));
    assert!(
        told["card_status"] == "frozen" && told["card_frozen_by"] == "customer" && told["card_limit"] == gbp(100_000)
    );
    assert!(matches!(refused(&sandbox, "b", "freeze_card", card("card-1001-1-1")), Refusal::State { .. }));
    execute(&sandbox, "b", "unfreeze_card", card("card-1001-1-1")).unwrap();
    assert!(matches!(refused(&sandbox, "c", "unfreeze_card", card("card-1001-1-1")), Refusal::State { .. }));
    assert_eq!(facts(&sandbox, "unfreeze_card", card("card-1009-1-1"))["card_frozen_by"], "bank");
    let first = execute(&sandbox, "c", "send_replacement_card", card("card-1001-1-1")).unwrap();
    assert_eq!(first.effect["new_card_id"], "card-1001-1-1-R1");
    let second = execute(&sandbox, "d", "send_replacement_card", card("card-1001-1-1-R1")).unwrap();
    assert_eq!(second.effect["new_card_id"], "card-1001-1-1-R2");
    assert_eq!(
        [status("card-1001-1-1"), status("card-1001-1-1-R1"), status("card-1001-1-1-R2")],
        ["replaced", "replaced", "active"]
    );
    assert!(matches!(refused(&sandbox, "e", "send_replacement_card", card("card-1001-1-1")), Refusal::State { .. }));
    assert!(matches!(refused(&sandbox, "e", "freeze_card", card("card-0")), Refusal::NotFound { kind: "card", .. }));
}

#[test]
fn pins_limits_and_addresses_are_remembered_with_their_hours() {
    let sandbox = filled();
    let later = |action: &str, arguments: &Value, name: &str| {
        sandbox.facts(&ask(action, &object(arguments.clone())), NOW + 3 * HOUR + 1).unwrap()[name].as_i64().unwrap()
    };
    let limit = |minor: i64| json!({"card_id": "card-1001-1-1", "limit": gbp(minor)});
    let address = json!({"customer_id": "cust-1004", "address1": "1 Way", "city": "Leeds", "postcode": "LS6 1CI",
                         "country": "GB"});
    assert_eq!(later("resend_pin", &limit(1), "pin_sent_hours_ago"), NEVER_HOURS);
    execute(&sandbox, "a", "resend_pin", limit(1)).unwrap();
    assert_eq!(later("resend_pin", &limit(1), "pin_sent_hours_ago"), 3);
    assert!(matches!(
        refused(&sandbox, "b", "raise_card_limit", limit(100_000)),
        Refusal::Argument { name: "limit", .. }
    ));
    execute(&sandbox, "b", "raise_card_limit", limit(100_001)).unwrap();
    assert_eq!(later("raise_card_limit", &limit(1), "limit_raised_hours_ago"), 3);
    assert_eq!(later("change_address", &address, "address_changed_hours_ago"), 403);
    let statement = execute(&sandbox, "c", "change_address", address.clone()).unwrap();
    assert_eq!(Value::Object(statement.effect), json!({"customer_id": "cust-1004", "address_changed": true}));
    assert_eq!(later("change_address", &address, "address_changed_hours_ago"), 3);
    assert_eq!(later("waive_fee", &json!({"fee_id": "fee-1004-1-1"}), "address_changed_hours_ago"), 3);
    let nobody = json!({"customer_id": "x", "address1": "1", "city": "A", "postcode": "B", "country": "C"});
    assert_eq!(facts(&sandbox, "change_address", nobody.clone())["named_customer_found"], false);
    assert!(matches!(refused(&sandbox, "d", "change_address", nobody), Refusal::NotFound { kind: "customer", .. }));
}

#[test]
fn an_account_is_closed_when_its_money_has_another_place() {
    let sandbox = filled();
    let close = |from: &str, to: &str| json!({"account_id": from, "pay_out_to": to});
    let told = facts(&sandbox, "close_account", close("acc-1002-1", "acc-1002-2"));
    assert_eq!((&told["transfers_scheduled"], &told["cards_in_use"]), (&json!(1), &json!(2)));
    assert_eq!((&told["pay_out_customer"], &told["amount"]), (&json!("cust-1002"), &gbp(568_649)));
    // None, itself, one that is not there, one in another currency.
    for to in ["", "acc-1002-1", "acc-0", "acc-1014-3"] {
        let refusal = refused(&sandbox, "a", "close_account", close("acc-1002-1", to));
        assert!(matches!(refusal, Refusal::Argument { .. } | Refusal::NotFound { .. }), "{to}: {refusal}");
    }
    assert!(matches!(refused(&sandbox, "a", "close_account", close("acc-1005-1", "")), Refusal::State { .. }));
    let before = balance(&sandbox, "acc-1002-2");
    let statement = execute(&sandbox, "a", "close_account", close("acc-1002-1", "acc-1002-2")).unwrap();
    assert_eq!((statement.amount.unwrap().minor, &statement.effect["cards_cancelled"]), (568_649, &json!(2)));
    assert_eq!(balance(&sandbox, "acc-1002-2"), before + 568_649);
    let told = facts(&sandbox, "close_account", close("acc-1002-1", "acc-1002-2"));
    assert!(told["account_status"] == "closed" && told["cards_in_use"] == 0 && told["amount"] == gbp(0), "{told:?}");
    let fee = json!({"fee_id": "fee-1002-1-1"});
    assert!(matches!(refused(&sandbox, "b", "waive_fee", fee), Refusal::State { kind: "account", .. }));
}
