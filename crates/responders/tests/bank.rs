//! How often the knowledge responder answers the sample bank's customers, and how often with the right article.
//!
//! `cargo test -p remit-responders --test bank -- --nocapture` prints the numbers that `knowledge::SURE` gives, and
//! each message that it answered.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

use remit_responders::knowledge::{KnowledgeService, SURE};
use std::{fs, path::PathBuf};

/// By article: the intents that it is about.
const ABOUT: [(&str, &[&str]); 18] = [
    ("activate-card", &["activate_my_card"]),
    ("apple-google-pay", &["apple_pay_or_google_pay"]),
    ("cancel-transfer", &["cancel_transfer"]),
    ("card-delivery", &["card_arrival", "card_delivery_estimate"]),
    ("cash-machine", &["cash_withdrawal_charge"]),
    ("close-account", &["terminate_account"]),
    ("contactless", &["contactless_not_working"]),
    ("declined-payment", &["declined_card_payment"]),
    (
        "exchange-rate",
        &[
            "exchange_rate",
            "exchange_charge",
            "card_payment_wrong_exchange_rate",
            "wrong_exchange_rate_for_cash_withdrawal",
        ],
    ),
    ("failed-transfer", &["failed_transfer", "declined_transfer"]),
    ("pending-payment", &["pending_card_payment"]),
    ("pin", &["change_pin", "pin_blocked"]),
    ("refund", &["Refund_not_showing_up"]),
    ("top-up", &["topping_up_by_card", "top_up_by_card_charge", "top_up_limits"]),
    ("transfer-timing", &["transfer_timing", "pending_transfer", "transfer_not_received_by_recipient"]),
    ("verify-identity", &["why_verify_identity", "verify_my_identity"]),
    ("virtual-card", &["getting_virtual_card", "get_disposable_virtual_card", "disposable_card_limits"]),
    ("wrong-cash", &["wrong_amount_of_cash_received"]),
];

/// Messages, answered ones, and those answered with an article about their intent.
#[derive(Debug, Default)]
struct Counts {
    messages: u32,
    answered: u32,
    fitting: u32,
}

fn bundles() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles")
}

fn bank() -> KnowledgeService {
    let mut articles = Vec::new();
    for entry in fs::read_dir(bundles().join("bank/knowledge")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        articles.push((name, fs::read_to_string(&path).unwrap()));
    }
    articles.sort();
    KnowledgeService::new(articles)
}

fn count(table: &str, with_intent: bool) -> Counts {
    let service = bank();
    let mut counts = Counts::default();
    for row in csv::Reader::from_path(bundles().join(table)).unwrap().records() {
        let row = row.unwrap();
        let (text, intent) = (&row[0], &row[1]);
        counts.messages += 1;
        let Some(fit) = service.best(text, with_intent.then_some(intent)).filter(|fit| fit.is_sure(&SURE)) else {
            continue;
        };
        let fits = ABOUT.iter().any(|(article, intents)| *article == fit.article && intents.contains(&intent));
        counts.answered += 1;
        counts.fitting += u32::from(fits);
        println!("{} {:16} {intent}: {}", if fits { " " } else { "!" }, fit.article, text.trim());
    }
    println!("{table}, {} intent: {counts:?}", if with_intent { "with" } else { "without" });
    counts
}

#[test]
fn the_bank_is_answered_seldom_and_rightly() {
    // What the thresholds were chosen on, then what they had not seen.
    let check = |table, with_intent, answered_min: f64, fitting_min: f64| {
        let counts = count(table, with_intent);
        let answered = f64::from(counts.answered) / f64::from(counts.messages);
        let fitting = f64::from(counts.fitting) / f64::from(counts.answered);
        assert!(answered >= answered_min && fitting >= fitting_min, "{answered:.3} {fitting:.3}");
    };
    check("bank/intents.csv", true, 0.09, 0.93);
    check("bank/intents.csv", false, 0.07, 0.85);
    check("bank-traffic/messages.csv", true, 0.07, 0.93);
    check("bank-traffic/messages.csv", false, 0.06, 0.80);
}
