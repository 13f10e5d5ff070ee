//! The interface over real HTTP, on a real store, under the sample bank.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod about;
mod activation;
mod ai;
mod asking;
mod asks_nothing;
mod at_once;
mod attachments;
mod authorizations;
mod authzen;
mod authzen_certification;
mod authzen_interop;
mod backchannel;
mod bad_input;
mod bundles;
mod cases;
mod changed_delegations;
mod changed_rows;
mod chat;
mod chronicle;
mod clocks;
mod conclusions;
mod concurrent;
mod confirmations;
mod consents;
mod customer;
mod customers_ask;
mod danger;
mod danger_moves;
mod deferrals;
mod delegate;
mod delegates;
mod delegates_of_others;
mod described;
mod described_requests;
mod endpoint;
mod erasure;
mod events;
mod evidence;
mod exchanges;
mod expected;
mod facts;
mod fields;
mod foreseen;
mod governance;
mod hands;
mod harness;
mod http_connectors;
mod inbox;
mod injections;
mod limits;
mod mails;
mod midway;
mod names;
mod night;
mod one_person;
mod outages;
mod own_delegations;
mod permissions;
mod preference;
mod presence;
mod principals;
mod program;
mod provider;
mod proxies;
mod readings;
mod reconciliation;
mod recorded;
mod requests;
mod requests_kept;
mod requests_over;
mod requests_told;
mod sample_bundle;
mod sandbox_page;
mod scripts;
mod sessions;
mod slow_facts;
mod staff;
#[path = "../../../domain/tests/domain/story.rs"]
mod story;
mod streams;
mod texts;
mod tokens;
mod told;
mod two_chats;
mod webhooks;
mod work;
