//! Who may call, who works here, and which chats and subscriptions there are, who was stopped, and what is listed of
//! cases: everything that is kept as a token or a setting, against the records that say so.

mod accounts;
mod agents;
mod baselines;
mod chats;
mod delegations;
mod facts;
mod issuers;
mod limits;
mod listed;
mod reconciliations;
mod requests;
mod responders;
pub(super) mod sides;
mod staff;
mod subscriptions;
mod tokens;

use super::problem::kept;
use crate::{
    bundle::{BUNDLE, MOVES},
    case::{consult::CONSULTS, override_log::OVERRIDES},
    journal::accounts::{ACCOUNTS, PASSKEYS, SESSIONS},
    journal::agents::AGENTS,
    journal::baselines::{BASELINES, PROPOSALS},
    journal::delegations::{
        BACKCHANNELS, BY_DOCUMENT, BackchannelItem, CASES, CODES, CONSENTS, CodeItem, DELEGATES, DELEGATIONS, GIVEN_ON,
        GRANTED, OF_CUSTOMER, REVOKED_TOKENS,
    },
    journal::issuers::{BEGAN, BY_NAME, ISSUERS, LINKED, SUBJECTS},
    live::{
        chats::CHATS,
        floor::STAFF,
        load::BREAKERS,
        subscriptions::{DEAD, DELIVERIES, SUBSCRIPTIONS},
    },
    pipeline::{
        authority::{GOVERNANCE, PAUSES, RECORDED},
        found_by::{BY_CASE, BY_VALUE},
    },
    reconciliation::{self, FOUND, RECONCILIATIONS, STATED},
    request::{EFFECT_OF, LAST_DONE, OF_CASE, REQUESTS, UNDER_WAY, turn::LAST_BEGUN},
    vault::{keys::Keys, known_facts::FACTS},
};
use accounts::Accounts;
use agents::Agents;
use baselines::Baselines;
use chats::Chats;
use delegations::Delegations;
use facts::Facts;
use issuers::Issuers;
use listed::Listed;
use reconciliations::Reconciliations;
use remit_domain::{
    Event,
    governance::{NameForgotten, StaffRemoval, SubscriptionDeleted},
    id::Timestamp,
};
use remit_store::{Balance, Counter, CustomerOf, Found, Item, OutboxRow, REVOKED_TOKEN, Reservation, TokenRow};
use requests::Requests;
use responders::Responders;
use sides::{Coverage, Known};
use staff::Staff;
use subscriptions::Subscriptions;
use tokens::Tokens;

/// What is on record, and what is kept.
#[derive(Debug, Default)]
pub(super) struct Authority {
    /// Whether anything of it is on record: it is not in what an earlier version made.
    is_recorded: bool,
    /// The moment of the newest record of it.
    newest: Option<Timestamp>,
    /// Settings that say what is on record.
    marks: usize,
    /// The position of the newest record of all.
    last: u64,
    tokens: Tokens,
    accounts: Accounts,
    staff: Staff,
    chats: Chats,
    subscriptions: Subscriptions,
    responders: Responders,
    listed: Listed,
    facts: Facts,
    requests: Requests,
    reconciliations: Reconciliations,
    delegations: Delegations,
    agents: Agents,
    baselines: Baselines,
    issuers: Issuers,
}

impl Authority {
    /// Notes the record at a position of a stream.
    pub(super) fn note(&mut self, seq: u64, stream: &str, event: &Event) {
        self.last = self.last.max(seq);
        self.listed.note(event);
        self.responders.note(seq, event);
        self.chats.note_erasure(seq, event);
        self.facts.note(event);
        self.requests.note(seq, event);
        self.requests.note_case(seq, stream, event);
        self.reconciliations.note(event);
        self.delegations.note(event);
        self.agents.note(event);
        self.baselines.note(event);
        self.issuers.note(event);
        let at = match event {
            Event::TokenMade { at, .. }
            | Event::TokenRevoked { at, .. }
            | Event::TokenNameForgotten { forgotten: NameForgotten { at, .. } } => {
                self.tokens.note(event);
                at
            }
            Event::SessionStarted(started) => {
                self.tokens.note(event);
                self.accounts.note(event);
                &started.at
            }
            Event::SessionEnded(ended) => {
                self.tokens.note(event);
                self.accounts.note(event);
                &ended.at
            }
            Event::AccountChanged(changed) => {
                self.accounts.note(event);
                &changed.at
            }
            Event::StaffNoted { at, .. }
            | Event::PresenceSet { at, .. }
            | Event::StaffRemoved { removed: StaffRemoval { at, .. } } => {
                self.staff.note(event);
                at
            }
            Event::ChatStarted { at, .. } => {
                self.chats.note(seq, event);
                at
            }
            Event::SubscriptionMade { at, .. }
            | Event::SubscriptionChanged { at, .. }
            | Event::SubscriptionDeleted(SubscriptionDeleted { at, .. }) => {
                self.subscriptions.note(event);
                at
            }
            _ => return,
        };
        self.is_recorded = true;
        self.newest = self.newest.max(Some(*at));
    }

    /// Notes a token that is kept.
    pub(super) fn token(&mut self, row: &TokenRow) {
        self.tokens.keep(row);
    }

    /// Notes a customer's key that is kept.
    pub(super) fn customer(&mut self, id: &str, wrapped_key: &[u8]) {
        self.facts.note_key(id, wrapped_key);
    }

    /// Notes what remains to be done about a request.
    pub(super) fn execution(&mut self, row: &OutboxRow) {
        if reconciliation::tell::is_of(row) {
            self.reconciliations.keep_row(row);
        } else {
            self.requests.keep_row(row);
        }
    }

    /// Notes what a counter stands at.
    pub(super) fn counter(&mut self, counter: &Counter, balance: Balance) {
        self.requests.keep_counter(counter, balance);
    }

    /// Notes what is held back under a name.
    pub(super) fn reservation(&mut self, id: &str, held: &Reservation) {
        self.requests.keep_reservation(id, held);
    }

    /// Of how many customers what is known was opened.
    pub(super) fn facts_opened(&self) -> u64 {
        self.facts.opened()
    }

    /// Notes an item that is kept, of which what is sealed is opened where `keys` are at hand; one that cannot be read,
    /// or is of no kind that there is, is found.
    pub(super) fn item(&mut self, row: &Item, keys: Option<&Keys>, found: Found<'_>) {
        let body = row.body.as_slice();
        let read = match row.kind.as_str() {
            kind if kind == STAFF.kind() => self.staff.keep(&row.id, body),
            kind if kind == ACCOUNTS.kind() => self.accounts.keep(&row.id, body),
            kind if kind == PASSKEYS.kind() => self.accounts.keep_passkey(&row.id, body),
            kind if kind == SESSIONS.kind() => self.accounts.keep_session(&row.id, body),
            kind if kind == CHATS.kind() => self.chats.keep(&row.id, body, found),
            kind if kind == SUBSCRIPTIONS.kind() => self.subscriptions.keep(&row.id, body),
            kind if kind == DELIVERIES.kind() => self.subscriptions.keep_delivery(&row.id, body),
            kind if kind == BREAKERS.kind() => self.responders.keep(&row.id, body),
            kind if kind == CONSULTS.kind() => self.listed.keep_consult(&row.id, body),
            kind if kind == OVERRIDES.kind() => self.listed.keep_override(&row.id, body),
            kind if kind == FACTS.kind() => self.facts.keep(&row.id, body, keys, found),
            kind if kind == BY_VALUE.kind() => self.facts.keep_value(&row.id),
            kind if kind == BY_CASE.kind() => self.facts.keep_case(&row.id),
            REVOKED_TOKEN => {
                self.tokens.keep_name(&row.id);
                Ok(())
            }
            kind if kind == BUNDLE.kind() && row.id == MOVES => Ok(()),
            kind if kind == GOVERNANCE.kind() && [RECORDED, PAUSES].contains(&row.id.as_str()) => {
                self.marks += 1;
                if row.id == PAUSES {
                    self.subscriptions.pauses_are_recorded();
                }
                Ok(())
            }
            kind if kind == REQUESTS.kind() => self.requests.keep(&row.id, body),
            kind if kind == LAST_BEGUN.kind() => self.requests.keep_begun(&row.id, body),
            kind if kind == RECONCILIATIONS.kind() => self.reconciliations.keep(&row.id, body),
            kind if kind == FOUND.kind() => self.reconciliations.keep_found(&row.id, body),
            kind if kind == AGENTS.kind() => self.agents.keep(&row.id, body),
            kind if kind == BASELINES.kind() => self.baselines.keep(&row.id, body),
            kind if kind == PROPOSALS.kind() => self.baselines.keep_proposal(&row.id, body),
            kind if kind == DELEGATES.kind() => self.delegations.keep_delegate(&row.id, body),
            kind if kind == BY_DOCUMENT.kind() => self.delegations.keep_document(&row.id, body),
            kind if kind == DELEGATIONS.kind() => self.delegations.keep(&row.id, body),
            // It ends within a minute, and lets nobody do more than is on record.
            kind if kind == BACKCHANNELS.kind() => serde_json::from_slice::<BackchannelItem>(body).map(drop),
            kind if kind == CODES.kind() => serde_json::from_slice::<CodeItem>(body).map(drop),
            kind if kind == GRANTED.kind() => self.delegations.keep_count(&row.id, body),
            kind if kind == CONSENTS.kind() => self.delegations.keep_consent(&row.id, body),
            kind if kind == REVOKED_TOKENS.kind() => self.delegations.keep_revoked(&row.id, body),
            kind if kind == ISSUERS.kind() => self.issuers.keep(&row.id, body),
            kind if kind == BY_NAME.kind() => self.issuers.keep_name(&row.id, body),
            kind if kind == BEGAN.kind() => self.issuers.keep_began(&row.id, body),
            kind => {
                if let Some(subscription) = kind.strip_prefix(DEAD) {
                    self.subscriptions.keep_letter(subscription, &row.id, body)
                } else if let Some(customer) = kind.strip_prefix(OF_CUSTOMER) {
                    self.delegations.keep_listed(customer, &row.id);
                    Ok(())
                } else if let Some(parent) = kind.strip_prefix(GIVEN_ON) {
                    self.delegations.keep_listed(parent, &row.id);
                    Ok(())
                } else if let Some(issuer) = kind.strip_prefix(SUBJECTS) {
                    self.issuers.keep_subject(issuer, &row.id, body)
                } else if let Some(customer) = kind.strip_prefix(LINKED) {
                    self.issuers.keep_listed(customer, &row.id);
                    Ok(())
                } else if let Some(root) = kind.strip_prefix(CASES) {
                    self.delegations.keep_case(root, &row.id, body)
                } else if let Some(case) = kind.strip_prefix(OF_CASE) {
                    self.requests.keep_of_case(case, &row.id, body)
                } else if let Some(customer) = kind.strip_prefix(LAST_DONE) {
                    self.requests.keep_done(customer, &row.id, body)
                } else if let Some(connector) = kind.strip_prefix(EFFECT_OF) {
                    self.requests.keep_effect(connector, &row.id, body)
                } else if kind.starts_with(STATED) {
                    self.reconciliations.keep_stated(&row.id, body)
                } else if let Some(customer) = kind.strip_prefix(UNDER_WAY) {
                    self.requests.keep_under_way(customer, &row.id, body)
                } else {
                    return found(kept("setting", &format!("{kind} {}", row.id), "there is no such kind"));
                }
            }
        };
        if read.is_err() {
            found(kept(&row.kind, &row.id, "it cannot be read as one"));
        }
    }

    /// Names everything that is kept otherwise than it is on record.
    pub(super) fn compare(&self, known: Known<'_>, customer_of: CustomerOf<'_>, found: Found<'_>) -> Coverage {
        if known.is_whole {
            self.responders.compare(found);
            self.listed.compare(found);
        }
        self.facts.compare(customer_of, found);
        self.delegations.compare(known.keys, found);
        self.agents.compare(found);
        self.baselines.compare(found);
        self.issuers.compare(found);
        let mut held = Coverage { is_recorded: self.is_recorded, not: Vec::new() };
        self.requests.compare(&mut held, found);
        self.reconciliations.compare(found);
        if !self.is_recorded {
            held.is_recorded = self.count() == 0;
            return held;
        }
        // A server has started before there is anything but tokens.
        let served = !(self.staff.is_empty() && self.chats.is_empty() && self.subscriptions.is_empty());
        if known.is_recorded_from_birth && served && self.marks < [RECORDED, PAUSES].len() {
            found(kept("setting", GOVERNANCE.kind(), "what says that everything is on record is not there"));
        }
        self.tokens.compare(known, &mut held, found);
        self.accounts.compare(found);
        self.staff.compare(&mut held, found);
        self.chats.compare(self.newest, customer_of, found);
        self.subscriptions.compare(known, self.last, &mut held, found);
        held
    }

    /// How much was looked at.
    pub(super) fn count(&self) -> u64 {
        self.tokens.count()
            + self.accounts.count()
            + self.staff.count()
            + self.chats.count()
            + self.subscriptions.count()
    }
}
