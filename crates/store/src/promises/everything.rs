//! Everything that the port can read of a few names, so that two states can be held against each other.

use crate::{CaseFilter, Counter, Evidence, ExceptionFilter, Journal, Views, fixtures::filters};
use std::fmt::Debug;

pub(super) const CASES: [&str; 4] = ["cas_0", "cas_1", "cas_2", "cas_3"];
pub(super) const CUSTOMERS: [&str; 2] = ["cus_0", "cus_1"];
pub(super) const HOLDERS: [&str; 2] = ["holder_0", "holder_1"];
pub(super) const TEAMS: [&str; 2] = ["team_0", "team_1"];
pub(super) const WORDS: [&str; 2] = ["w0", "w1"];
pub(super) const EXCEPTIONS: [&str; 2] = ["exc_0", "exc_1"];
pub(super) const KEYS: [&str; 3] = ["k0", "k1", "k2"];
pub(super) const OUTBOX: [&str; 3] = ["out_0", "out_1", "out_2"];
pub(super) const KINDS: [&str; 2] = ["staff", "chat"];
pub(super) const ITEMS: [&str; 2] = ["a", "b"];
pub(super) const TOKENS: [&str; 2] = ["tok_0", "tok_1"];
pub(super) const BUNDLES: [&str; 2] = ["one", "two"];
pub(super) const SUBJECTS: [&str; 3] = ["dec_0", "dec_1", "dec_2"];
pub(super) const RESERVATIONS: [&str; 2] = ["res_0", "res_1"];
pub(super) const STREAMS: [&str; 2] = ["responder/ai", "token/tok_0"];
/// When cases are opened.
pub(super) const OPENED_MS: [i64; 4] = [5, 5, 7, 6];

/// The counters.
pub(super) fn counters() -> [Counter; 2] {
    [0, 10].map(|window_ms| Counter { scope: "dlg".into(), key: "refund/EUR".into(), window_ms })
}

/// What was read, by what was asked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Everything(Vec<(String, String)>);

impl Everything {
    fn note(&mut self, asked: impl Into<String>, answer: impl Debug) {
        self.0.push((asked.into(), format!("{answer:?}")));
    }

    /// In what another differs.
    pub(super) fn differs(&self, other: &Self) -> Vec<String> {
        let pairs = self.0.iter().zip(&other.0).filter(|(a, b)| a != b);
        pairs.map(|((asked, this), (_, that))| format!("{asked}:\n  {this}\n  {that}")).collect()
    }
}

/// Reads everything, with the answers to repeat that have not expired at `now_ms`.
pub(super) async fn everything(store: &(impl Journal + Views + Evidence), now_ms: i64) -> Everything {
    let mut all = Everything::default();
    store.wait_durable().await.unwrap();
    of_records(store, &mut all).await;
    of_cases(store, &mut all).await;
    of_customers(store, &mut all).await;
    beside(store, &mut all, now_ms).await;
    of_settings(store, &mut all).await;
    of_evidence(store, &mut all).await;
    all
}

async fn of_records(store: &impl Journal, all: &mut Everything) {
    all.note("last_seq", store.last_seq().await.unwrap());
    all.note("feed", store.feed(0, usize::MAX).await.unwrap());
    all.note("feed after 2", store.feed(2, 3).await.unwrap());
    for stream in CASES.map(|case| format!("case/{case}")).into_iter().chain(STREAMS.map(Into::into)) {
        all.note(format!("records of {stream}"), store.records_of(&stream, 0, 100).await.unwrap());
        all.note(format!("records of {stream} after 3"), store.records_of(&stream, 3, 2).await.unwrap());
        all.note(format!("newest record of {stream}"), store.newest_record_of(&stream).await.unwrap());
    }
    for subject in SUBJECTS {
        all.note(format!("record {subject}"), store.record_by_subject(subject).await.unwrap());
    }
    all.note("has_kind", store.has_kind(&["noted", "none"]).await.unwrap());
}

async fn of_cases(store: &impl Views, all: &mut Everything) {
    for case in CASES {
        all.note(format!("case {case}"), store.case(case).await.unwrap());
        for word in WORDS {
            all.note(format!("words {word} of {case}"), store.words(case, word).await.unwrap());
            all.note(format!("file {word} of {case}"), store.attachment(case, word).await.unwrap());
        }
    }
    for filter in filters(HOLDERS[0], TEAMS[1]).into_iter().chain([CaseFilter::default()]) {
        let first = store.cases(&filter, None, 2).await.unwrap();
        let rest = store.cases(&filter, first.last().map(|row| row.id.as_str()), 100).await.unwrap();
        all.note(format!("cases {filter:?}"), (first, rest));
    }
    let mut depths: Vec<_> = store.depths().await.unwrap().into_iter().collect();
    depths.sort();
    all.note("depths", depths);
    for id in EXCEPTIONS {
        all.note(format!("exception {id}"), store.exception(id).await.unwrap());
    }
    for state in [None, Some("open"), Some("resolved")] {
        for owner in [None, Some(TEAMS[0])] {
            let filter = ExceptionFilter { state: state.map(Into::into), owner: owner.map(Into::into) };
            all.note(format!("exceptions {filter:?}"), store.exceptions(&filter, None, 9).await.unwrap());
        }
        all.note(format!("owners {state:?}"), store.owners(state.unwrap_or("none")).await.unwrap());
    }
}

async fn of_customers(store: &impl Views, all: &mut Everything) {
    for customer in CUSTOMERS {
        all.note(format!("customer {customer}"), store.customer(customer).await.unwrap());
        for key in 0..6 {
            let first = store.cases_under(customer, key, None, 1).await.unwrap();
            let rest = store.cases_under(customer, key, first.last(), 9).await.unwrap();
            all.note(format!("cases of {customer} under {key}"), (first, rest));
            all.note(format!("count under {key}"), store.count_under(customer, key).await.unwrap());
        }
        for since in [0, 6, 100] {
            let resolved = store.resolved_of_customer(customer, since, 2).await.unwrap();
            all.note(format!("resolved of {customer} since {since}"), resolved);
            let recent = store.recent_cases(customer, since).await.unwrap();
            all.note(format!("recent of {customer} since {since}"), recent);
        }
        all.note(format!("open of {customer}"), store.open_of_customer(customer, 2).await.unwrap());
        for (case, opened) in CASES.into_iter().zip(OPENED_MS) {
            let key = store.key_of_case(customer, opened, case).await.unwrap();
            all.note(format!("key of {case} for {customer}"), key);
        }
    }
    all.note("some customer", store.some_customer().await.unwrap().is_some());
    all.note("is_blank", store.is_blank().await.unwrap());
    all.note("key_marks", store.key_marks().await.unwrap());
}

async fn beside(store: &impl Views, all: &mut Everything, now_ms: i64) {
    all.note("outcomes", store.outcomes().await.unwrap());
    all.note("outcome_counts", store.outcome_counts().await.unwrap());
    for key in KEYS {
        let kept = store.idempotency("tok", key).await.unwrap().filter(|row| row.expires_ms > now_ms);
        all.note(format!("answer {key}"), kept);
    }
    for kind in ["turn", "timer"] {
        all.note(format!("due {kind}"), store.due(kind, i64::MAX, 9).await.unwrap());
        all.note(format!("due {kind} at 3"), store.due(kind, 3, 1).await.unwrap());
        all.note(format!("next {kind}"), store.next_due(kind).await.unwrap());
    }
}

async fn of_settings(store: &impl Views, all: &mut Everything) {
    for kind in KINDS {
        all.note(format!("items {kind}"), store.items(kind).await.unwrap());
        all.note(format!("page of {kind}"), store.items_page(kind, Some("b"), 2).await.unwrap());
        for id in ITEMS {
            all.note(format!("item {kind} {id}"), store.item(kind, id).await.unwrap());
        }
    }
    for counter in counters() {
        all.note(format!("{counter:?}"), store.balance(&counter).await.unwrap());
    }
    for id in RESERVATIONS {
        all.note(id, store.reservation(id).await.unwrap());
    }
    all.note("tokens", store.tokens().await.unwrap());
    for (at, id) in (1..).zip(TOKENS) {
        all.note(format!("token {id}"), store.token(&[at; 32]).await.unwrap());
        all.note(format!("token of {id}"), store.token_of_id(id).await.unwrap());
        all.note(format!("has {id}"), store.has_token(id).await.unwrap());
        all.note(format!("name of {id}"), store.token_name(id).await.unwrap());
    }
}

async fn of_evidence(store: &impl Evidence, all: &mut Everything) {
    all.note("head", store.head().await.unwrap());
    for (level, index) in [(0, 0), (0, 1), (1, 0)] {
        all.note(format!("tile {level} {index}"), store.tile(level, index).await.unwrap());
    }
    all.note("checkpoint", store.checkpoint().await.unwrap());
    for digest in BUNDLES {
        all.note(format!("bundle {digest}"), store.bundle(digest).await.unwrap());
    }
    all.note("in force", store.bundle_in_force().await.unwrap());
}
