//! What the bank does.

use super::{
    account::{self, Account, Book},
    action::Action,
    card::{self, Card},
    taken::{Kind, Taken},
    transfer::Transfer,
};
use crate::{
    Ask, Failure, Money, Refusal,
    facts::money,
    work::{Done, Work},
};
use rusqlite::params;
use serde_json::{Map, Value, json};

const IN_USE: &str = "name one that is in use";

/// Carries the action out.
pub(crate) fn act(work: &Work<'_>, action: Action, ask: &Ask<'_>) -> Result<Done, Failure> {
    match action {
        Action::WaiveFee => give_back(work, ask, Kind::Fee, Book::Fees),
        Action::RefundCharge => give_back(work, ask, Kind::Charge, Book::Charges),
        Action::ReverseDirectDebit => give_back(work, ask, Kind::Debit, Book::Debits),
        Action::PayGoodwill => pay_goodwill(work, ask),
        Action::CancelTransfer => cancel_transfer(work, ask),
        Action::FreezeCard => freeze_card(work, ask),
        Action::UnfreezeCard => unfreeze_card(work, ask),
        Action::SendReplacementCard => send_replacement_card(work, ask),
        Action::ResendPin => resend_pin(work, ask),
        Action::RaiseCardLimit => raise_card_limit(work, ask),
        Action::ChangeAddress => change_address(work, ask),
        Action::CloseAccount => close_account(work, ask),
    }
}

/// A fee, a charge or a direct debit comes back, whole or in part.
fn give_back(work: &Work<'_>, ask: &Ask<'_>, kind: Kind, book: Book) -> Result<Done, Failure> {
    let id = ask.need_text(kind.argument())?;
    let missing = || Refusal::NotFound { kind: kind.told(), id: id.to_owned() };
    let taken = Taken::find(work.database, kind, id)?.ok_or_else(missing)?;
    let account = Account::open(work.database, &taken.account)?;
    let minor = work.amount(taken.part(ask.may_money("amount")?, &account.currency)?).max(0);
    taken.comes_back(work, minor)?;
    account::from_book(work, book, &account, minor)?;
    let effect = json!({kind.argument(): id, "account_id": account.id});
    Ok(paid(account, minor, effect))
}

fn pay_goodwill(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let (account, asked) = (account_of(work, ask)?, ask.need_money("amount")?);
    if asked.currency != account.currency {
        return Err(Refusal::Argument { name: "amount", must: "in the account's currency" }.into());
    }
    let minor = work.amount(asked.minor).max(0);
    account::from_book(work, Book::Goodwill, &account, minor)?;
    let effect = json!({"account_id": account.id});
    Ok(paid(account, minor, effect))
}

fn cancel_transfer(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let id = ask.need_text("transfer_id")?;
    let missing = || Refusal::NotFound { kind: "transfer", id: id.to_owned() };
    let transfer = Transfer::find(work.database, id)?.ok_or_else(missing)?;
    let status = transfer.status(work.now_ms);
    if status != "scheduled" {
        let (id, state, cure) = (transfer.id, status.to_owned(), "only what was not sent yet can be cancelled");
        return Err(Refusal::State { kind: "transfer", id, state, cure }.into());
    }
    let account = Account::open(work.database, &transfer.account)?;
    let minor = work.amount(transfer.minor).max(0);
    work.database.execute("UPDATE bank_transfer SET cancelled = 1 WHERE transfer_id = ?1", [id])?;
    account::from_book(work, Book::Transfers, &account, minor)?;
    let effect = json!({"transfer_id": id, "account_id": account.id});
    Ok(paid(account, minor, effect))
}

fn freeze_card(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let card = Card::in_state(work.database, ask.need_text("card_id")?, &["active"], IN_USE)?;
    let sql = "UPDATE bank_card SET status = 'frozen', frozen_by = 'customer' WHERE card_id = ?1";
    work.database.execute(sql, [&card.id])?;
    of_card(work, &card, json!({"card_id": card.id, "card_status": "frozen"}))
}

fn unfreeze_card(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let card = Card::in_state(work.database, ask.need_text("card_id")?, &["frozen"], "name one that is frozen")?;
    let sql = "UPDATE bank_card SET status = 'active', frozen_by = 'none' WHERE card_id = ?1";
    work.database.execute(sql, [&card.id])?;
    of_card(work, &card, json!({"card_id": card.id, "card_status": "active"}))
}

fn send_replacement_card(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let card = Card::in_state(work.database, ask.need_text("card_id")?, &["active", "frozen"], IN_USE)?;
    let new = card::next_id(work.database, &card.id)?;
    let sql = "INSERT INTO bank_card (card_id, account_id, status, frozen_by, max_minor)
               VALUES (?1, ?2, 'active', 'none', ?3)";
    work.database.execute(sql, params![new, card.account, card.max_minor])?;
    let sql = "UPDATE bank_card SET status = 'replaced', frozen_by = 'none', replaced_by = ?2 WHERE card_id = ?1";
    work.database.execute(sql, [&card.id, &new])?;
    of_card(work, &card, json!({"card_id": card.id, "card_status": "replaced", "new_card_id": new}))
}

fn resend_pin(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let card = Card::in_state(work.database, ask.need_text("card_id")?, &["active", "frozen"], IN_USE)?;
    let sql = "UPDATE bank_card SET pin_sent_ms = ?2 WHERE card_id = ?1";
    work.database.execute(sql, params![card.id, work.now_ms])?;
    of_card(work, &card, json!({"card_id": card.id, "pin_sent": true}))
}

fn raise_card_limit(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let card = Card::in_state(work.database, ask.need_text("card_id")?, &["active", "frozen"], IN_USE)?;
    let (account, limit) = (Account::open(work.database, &card.account)?, ask.need_money("limit")?);
    if limit.currency != account.currency || limit.minor <= card.max_minor {
        let must = "more than the card's limit is now, in the account's currency";
        return Err(Refusal::Argument { name: "limit", must }.into());
    }
    let sql = "UPDATE bank_card SET max_minor = ?2, limit_raised_ms = ?3 WHERE card_id = ?1";
    work.database.execute(sql, params![card.id, limit.minor, work.now_ms])?;
    of_card(work, &card, json!({"card_id": card.id, "card_limit": money(&limit)}))
}

fn change_address(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let customer = ask.need_text("customer_id")?;
    let sql = "UPDATE bank_customer SET address1 = ?2, address2 = ?3, city = ?4, postcode = ?5, country = ?6,
               address_changed_ms = ?7 WHERE customer_id = ?1";
    let (address1, address2) = (ask.need_text("address1")?, ask.may_text("address2")?);
    let (city, postcode, country) = (ask.need_text("city")?, ask.need_text("postcode")?, ask.need_text("country")?);
    let row = params![customer, address1, address2, city, postcode, country, work.now_ms];
    if work.database.execute(sql, row)? == 0 {
        return Err(Refusal::NotFound { kind: "customer", id: customer.to_owned() }.into());
    }
    let effect = object(json!({"customer_id": customer, "address_changed": true}));
    Ok(Done { customer: customer.to_owned(), amount: None, effect })
}

fn close_account(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let account = account_of(work, ask)?;
    let to = ask.may_text("pay_out_to")?;
    if account.balance < 0 {
        let (id, state) = (account.id, "overdrawn".to_owned());
        let cure = "have the overdraft paid before it is closed";
        return Err(Refusal::State { kind: "account", id, state, cure }.into());
    }
    if account.balance > 0 {
        let to = if to.is_empty() { None } else { Some(Account::open(work.database, to)?) };
        let fits = |to: &Account| to.id != account.id && to.currency == account.currency;
        let must = "another open account of the same currency, since there is money on this one";
        let to = to.filter(fits).ok_or(Refusal::Argument { name: "pay_out_to", must })?;
        account::between(work, &account, &to, account.balance)?;
    }
    let sql = "UPDATE bank_card SET status = 'cancelled', frozen_by = 'none'
               WHERE account_id = ?1 AND status IN ('active', 'frozen')";
    let cards = work.database.execute(sql, [&account.id])?;
    work.database.execute("UPDATE bank_account SET status = 'closed' WHERE account_id = ?1", [&account.id])?;
    let effect = json!({"account_id": account.id, "account_status": "closed", "cards_cancelled": cards});
    let minor = account.balance;
    Ok(paid(account, minor, effect))
}

fn account_of(work: &Work<'_>, ask: &Ask<'_>) -> Result<Account, Failure> {
    Account::open(work.database, ask.need_text("account_id")?)
}

/// What was done to a card, for whose account it is.
fn of_card(work: &Work<'_>, card: &Card, effect: Value) -> Result<Done, Failure> {
    let missing = || Refusal::NotFound { kind: "account", id: card.account.clone() };
    let account = Account::find(work.database, &card.account)?.ok_or_else(missing)?;
    Ok(Done { customer: account.customer, amount: None, effect: object(effect) })
}

fn paid(account: Account, minor: i64, effect: Value) -> Done {
    let amount = Some(Money::new(minor, &account.currency));
    Done { customer: account.customer, amount, effect: object(effect) }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { Map::new() }
}
