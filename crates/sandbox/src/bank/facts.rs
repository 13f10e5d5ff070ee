//! What is true of a request to the bank now.

use super::{
    account::Account,
    action::Action,
    card::{self, Card},
    customer::{self, hours_since},
    taken::{Kind, Taken},
    transfer::{self, Transfer},
};
use crate::{Ask, facts::Facts};
use rusqlite::{Connection, Result};

/// The currency that is told where there is no account.
const CURRENCY: &str = "GBP";

/// A request that is looked at, and the facts gathered so far.
struct Look<'l> {
    database: &'l Connection,
    ask: &'l Ask<'l>,
    now_ms: i64,
    facts: &'l mut Facts,
}

/// Everything that policy may want to know; what is not there is told by values that mean nothing.
pub(crate) fn facts(
    database: &Connection,
    action: Action,
    ask: &Ask<'_>,
    now_ms: i64,
    facts: &mut Facts,
) -> Result<()> {
    let is_customer = ask.customer.map_or(Ok(false), |id| customer::found(database, id))?;
    facts.flag("customer_found", is_customer);
    let mut look = Look { database, ask, now_ms, facts };
    match action {
        Action::WaiveFee => look.taken(Kind::Fee),
        Action::RefundCharge => look.taken(Kind::Charge),
        Action::ReverseDirectDebit => look.taken(Kind::Debit),
        Action::PayGoodwill => look.goodwill(),
        Action::CancelTransfer => look.transfer(),
        Action::FreezeCard
        | Action::UnfreezeCard
        | Action::SendReplacementCard
        | Action::ResendPin
        | Action::RaiseCardLimit => look.card(action),
        Action::ChangeAddress => {
            let named = ask.text("customer_id");
            let found = named.map_or(Ok(false), |id| customer::found(database, id))?;
            look.facts.flag("named_customer_found", found);
            look.address_changed(named)
        }
        Action::CloseAccount => look.closing(),
    }
}

impl Look<'_> {
    /// The account that something belongs to.
    fn account(&mut self, id: Option<&str>) -> Result<Option<Account>> {
        let account = id.map(|id| Account::find(self.database, id)).transpose()?.flatten();
        let found = account.as_ref();
        self.facts.flag("account_found", found.is_some());
        self.facts.text("account_customer", found.map_or("", |account| &account.customer));
        self.facts.text("account_status", found.map_or("none", |account| &account.status));
        self.facts.flag("account_frozen", found.is_some_and(|account| account.frozen));
        self.facts.money("account_balance", found.map_or(0, |account| account.balance), currency(found));
        self.address_changed(found.map(|account| account.customer.as_str()))?;
        Ok(account)
    }

    fn address_changed(&mut self, customer: Option<&str>) -> Result<()> {
        let hours = customer.map(|id| customer::address_changed_hours_ago(self.database, id, self.now_ms));
        self.facts.number("address_changed_hours_ago", hours.transpose()?.unwrap_or(crate::NEVER_HOURS));
        Ok(())
    }

    fn taken(&mut self, kind: Kind) -> Result<()> {
        let taken =
            self.ask.text(kind.argument()).map(|id| Taken::find(self.database, kind, id)).transpose()?.flatten();
        let taken = taken.as_ref();
        let account = self.account(taken.map(|taken| taken.account.as_str()))?;
        let currency = currency(account.as_ref());
        let named = |fact: &str| format!("{}_{fact}", kind.name());
        let days = taken.map_or(0, |taken| hours_since(Some(taken.at_ms), self.now_ms) / 24);
        let rest = taken.map_or(0, Taken::rest);
        self.facts.flag(&named("found"), taken.is_some());
        self.facts.text(&named("customer"), account.as_ref().map_or("", |account| &account.customer));
        self.facts.money(&named("amount"), taken.map_or(0, |taken| taken.minor), currency);
        self.facts.number(&named("age_days"), days);
        self.facts.text(&named("of"), taken.map_or("", |taken| &taken.what));
        let came_back = taken.is_some_and(|taken| taken.returned > 0);
        match kind {
            Kind::Fee => {
                self.facts.flag("waived_already", came_back);
                let of = account
                    .as_ref()
                    .map(|account| customer::fees_waived(self.database, &account.customer, self.now_ms));
                self.facts.number("fees_waived_365_days", of.transpose()?.unwrap_or(0));
            }
            Kind::Charge => {
                let status = taken.map_or("none", |taken| if taken.settled { "settled" } else { "pending" });
                self.facts.text("charge_status", status);
                self.facts.flag("refunded_already", came_back);
                self.facts.money("refundable", rest, currency);
            }
            Kind::Debit => self.facts.flag("reversed_already", came_back),
        }
        let amount = self.ask.money("amount").map_or(rest, |asked| asked.minor);
        self.facts.money("amount", amount, currency);
        Ok(())
    }

    fn goodwill(&mut self) -> Result<()> {
        let account = self.account(self.ask.text("account_id"))?;
        let paid = account.as_ref().map(|account| customer::goodwill(self.database, &account.id, self.now_ms));
        self.facts.money("goodwill_365_days", paid.transpose()?.unwrap_or(0), currency(account.as_ref()));
        let amount = self.ask.money("amount");
        let (minor, currency) = amount.as_ref().map_or((0, CURRENCY), |amount| (amount.minor, &amount.currency));
        self.facts.money("amount", minor, currency);
        Ok(())
    }

    fn transfer(&mut self) -> Result<()> {
        let transfer = self.ask.text("transfer_id").map(|id| Transfer::find(self.database, id)).transpose()?.flatten();
        let transfer = transfer.as_ref();
        let account = self.account(transfer.map(|transfer| transfer.account.as_str()))?;
        let (minor, currency) = (transfer.map_or(0, |transfer| transfer.minor), currency(account.as_ref()));
        self.facts.flag("transfer_found", transfer.is_some());
        self.facts.text("transfer_customer", account.as_ref().map_or("", |account| &account.customer));
        self.facts.text("transfer_payee", transfer.map_or("", |transfer| &transfer.payee));
        self.facts.text("transfer_status", transfer.map_or("none", |transfer| transfer.status(self.now_ms)));
        self.facts.money("transfer_amount", minor, currency);
        self.facts.money("amount", minor, currency);
        Ok(())
    }

    fn card(&mut self, action: Action) -> Result<()> {
        let card = self.ask.text("card_id").map(|id| Card::find(self.database, id)).transpose()?.flatten();
        let card = card.as_ref();
        let account = self.account(card.map(|card| card.account.as_str()))?;
        let currency = currency(account.as_ref());
        self.facts.flag("card_found", card.is_some());
        self.facts.text("card_customer", account.as_ref().map_or("", |account| &account.customer));
        self.facts.text("card_status", card.map_or("none", |card| &card.status));
        self.facts.text("card_frozen_by", card.map_or("none", |card| &card.frozen_by));
        self.facts.money("card_limit", card.map_or(0, |card| card.max_minor), currency);
        if action == Action::RaiseCardLimit {
            let hours = hours_since(card.and_then(|card| card.limit_raised_ms), self.now_ms);
            self.facts.number("limit_raised_hours_ago", hours);
        }
        if action == Action::ResendPin {
            let hours = hours_since(card.and_then(|card| card.pin_sent_ms), self.now_ms);
            self.facts.number("pin_sent_hours_ago", hours);
        }
        Ok(())
    }

    fn closing(&mut self) -> Result<()> {
        let account = self.account(self.ask.text("account_id"))?;
        let account = account.as_ref();
        let scheduled = account.map(|account| transfer::scheduled(self.database, &account.id, self.now_ms));
        self.facts.number("transfers_scheduled", scheduled.transpose()?.unwrap_or(0));
        let cards = account.map(|account| card::in_use(self.database, &account.id)).transpose()?;
        self.facts.number("cards_in_use", cards.unwrap_or(0));
        let to = self.ask.text("pay_out_to").map(|id| Account::find(self.database, id)).transpose()?.flatten();
        self.facts.flag("pay_out_found", to.is_some());
        self.facts.text("pay_out_customer", to.as_ref().map_or("", |to| &to.customer));
        self.facts.money("amount", account.map_or(0, |account| account.balance.max(0)), currency(account));
        Ok(())
    }
}

fn currency(account: Option<&Account>) -> &str {
    account.map_or(CURRENCY, |account| &account.currency)
}
