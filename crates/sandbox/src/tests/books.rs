//! What must hold of the books at every moment, whatever was done.

use crate::Sandbox;

/// What is wrong, as a question that counts it.
const FAULTS: [(&str, &str); 8] = [
    (
        "a gift card has another balance than what was paid with it and back to it says",
        "SELECT count(*) FROM shop_method AS method WHERE balance <> opening - (SELECT coalesce(sum(minor), 0)
         FROM shop_payment WHERE method_id = method.method_id AND effect IS NOT NULL)",
    ),
    (
        "an order was not paid as its items cost, or a cancelled one not paid back",
        "SELECT count(*) FROM shop_order AS o
         WHERE (SELECT coalesce(sum(minor), 0) FROM shop_payment WHERE order_id = o.order_id)
            <> iif(status = 'cancelled', 0, (SELECT sum(price) FROM shop_order_item WHERE order_id = o.order_id))",
    ),
    (
        "what is due for an order is not what its items cost that go back, less those that come for them",
        "SELECT count(*) FROM shop_order AS o
         WHERE (SELECT coalesce(sum(minor), 0) FROM shop_due WHERE order_id = o.order_id)
            <> (SELECT coalesce(sum(line.price - coalesce(new.price, 0)), 0) FROM shop_order_item AS line
                LEFT JOIN shop_item AS new ON new.item_id = line.new_item_id
                WHERE line.order_id = o.order_id AND stays = 0)",
    ),
    (
        "a statement of the shop states another amount than what was paid and will be",
        "SELECT count(*) FROM effect WHERE currency = 'USD' AND minor
         <> (SELECT coalesce(-sum(minor), 0) FROM shop_payment WHERE effect = effect.id)
          + (SELECT coalesce(sum(minor), 0) FROM shop_due WHERE effect = effect.id)",
    ),
    (
        "a change of payment method moved money to or from the customer",
        "SELECT count(*) FROM effect WHERE action = 'modify_pending_order_payment'
         AND (SELECT sum(minor) FROM shop_payment WHERE effect = effect.id) <> 0",
    ),
    (
        "entries of an effect on the bank do not add up to nothing",
        "SELECT count(*) FROM (SELECT sum(minor) AS sum FROM bank_entry GROUP BY effect) WHERE sum <> 0",
    ),
    (
        "an account has another balance than its entries say",
        "SELECT count(*) FROM bank_account AS account WHERE balance <> opening
         + (SELECT coalesce(sum(minor), 0) FROM bank_entry WHERE account_id = account.account_id)",
    ),
    (
        "a statement of the bank states another amount than what came to an account",
        "SELECT count(*) FROM effect WHERE currency <> 'USD' AND minor <> (SELECT coalesce(sum(minor), 0)
         FROM bank_entry WHERE effect = effect.id AND account_id IS NOT NULL AND bank_entry.minor > 0)",
    ),
];

/// What does not balance.
pub(super) fn faults(sandbox: &Sandbox) -> Vec<&'static str> {
    let database = sandbox.lock();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    FAULTS.iter().filter(|(_, sql)| count(sql) > 0).map(|(told, _)| *told).collect()
}

#[test]
fn books_are_right_at_the_beginning_and_a_wrong_row_is_seen() {
    let sandbox = super::filled();
    assert_eq!(faults(&sandbox), Vec::<&str>::new());
    for wrong in [
        "UPDATE shop_method SET balance = balance + 1 WHERE method_id = 'gift_card_1725971'",
        "INSERT INTO shop_payment (order_id, method_id, minor) VALUES ('#W2611340', 'gift_card_1725971', 1)",
        "UPDATE bank_account SET balance = balance + 1 WHERE account_id = 'acc-1001-1'",
    ] {
        let sandbox = super::filled();
        sandbox.lock().execute(wrong, []).unwrap();
        assert_eq!(faults(&sandbox).len(), 1, "{wrong}");
    }
}
