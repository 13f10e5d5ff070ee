//! What people are shown is what is on the books.

use super::{NOW, execute, filled};
use crate::{Cell, Mischief, Money, On, Planned, Table};
use serde_json::json;

fn row<'t>(tables: &'t [Table], title: &str, first: &str) -> &'t [Cell] {
    let table = tables.iter().find(|table| table.title == title).unwrap_or_else(|| panic!("no {title}: {tables:?}"));
    let first = Cell::Text(first.to_owned());
    let row = table.rows.iter().find(|row| row.first() == Some(&first));
    row.unwrap_or_else(|| panic!("no {first:?} in {table:?}"))
}

#[test]
fn a_customer_is_shown_with_what_was_done_for_them() {
    let sandbox = filled();
    let before = sandbox.customer("cust-1002", NOW).unwrap();
    let arguments = json!({"account_id": "acc-1002-1", "amount": {"minor": 2_500, "currency": "GBP"}});
    let done = execute(&sandbox, "k", "pay_goodwill", arguments).unwrap();
    let after = sandbox.customer("cust-1002", NOW).unwrap();
    let balance = |tables: &[Table]| match row(tables, "Accounts", "acc-1002-1") {
        [.., Cell::Money(Money { minor, .. })] => *minor,
        other => panic!("{other:?}"),
    };
    assert_eq!(balance(&after), balance(&before) + 2_500);
    let entry = row(&after, "What was done on the accounts", "acc-1002-1");
    let reference = Cell::Text(done.reference);
    assert_eq!(entry[1..], [Cell::money(2_500, "GBP"), reference, Cell::Moment(NOW)]);
    let shop = sandbox.customer("yusuf_rossi_9620", NOW).unwrap();
    assert_eq!(row(&shop, "Orders", "#W2378156")[1], Cell::Text("delivered".to_owned()));
    for table in before.iter().chain(&after).chain(&shop) {
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{table:?}");
    }
    assert_eq!(sandbox.customer("nobody", NOW).unwrap(), []);
}

#[test]
fn customers_and_effects_are_read_page_by_page_and_a_mute_one_is_seen() {
    let sandbox = filled();
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = sandbox.customers(&after, 100).unwrap();
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        all.extend(page);
    }
    assert!(all.len() > 500 && all.iter().filter(|one| one.of == "bank").count() == 20, "{}", all.len());
    assert!(all.is_sorted_by(|a, b| a.id < b.id));
    let on = On::Key("k2".to_owned());
    sandbox.plan(&Planned { on, mischief: Mischief::Mute, times: 9 }).unwrap();
    for key in ["k1", "k2", "k3"] {
        let _ = execute(&sandbox, key, "freeze_card", json!({"card_id": format!("card-100{}-1-1", &key[1..])}));
    }
    let newest = sandbox.effects(2).unwrap();
    assert_eq!(newest.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["k3", "k2"]);
    let rest = sandbox.effects_before(&newest[1].reference, 2).unwrap();
    assert_eq!(rest.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["k1"]);
    assert_eq!(sandbox.effects_before("no reference", 2).unwrap(), []);
    assert_eq!(sandbox.effect("k2").unwrap().as_ref(), newest.last());
    assert!(sandbox.find("k2").is_err() && sandbox.effect("k2").unwrap().is_some());
}
