//! Random commands over a few names, which often meet each other.

use super::everything::{
    CASES, CUSTOMERS, EXCEPTIONS, HOLDERS, ITEMS, KEYS, KINDS, OPENED_MS, OUTBOX, RESERVATIONS, STREAMS, SUBJECTS,
    TEAMS, TOKENS, WORDS, counters,
};
use crate::{
    ActivationRow, AttachmentRow, CaseWrite, Commit, ExceptionRow, Expect, Expected, IdempotencyRow, ItemWrite,
    NewCustomer, OutboxRow, OutcomeDelta, Spend, TokenChange, TokenRow, Views, WordsRow, fixtures,
};
use proptest::{option::weighted, prelude::*};
use std::collections::BTreeMap;

/// A command, as numbers that names are taken by.
#[derive(Debug, Clone)]
pub(super) struct Command {
    case: Option<(u8, u8)>,
    records: u8,
    stream: Option<u8>,
    subject: Option<u8>,
    /// Whose, under which key, and whether it takes a destroyed one's place.
    customer: Option<(u8, u8, bool)>,
    sealed_under: Option<u8>,
    sealed: Option<u8>,
    exception: Option<u8>,
    outcome: Option<u8>,
    answer: Option<(u8, u8)>,
    outbox: Vec<u8>,
    claim: Option<u8>,
    cancel: Option<u8>,
    items: Vec<(u8, u8)>,
    expect: Option<(u8, bool)>,
    spend: Vec<u8>,
    token: Option<u8>,
    erase: Option<u8>,
    clear: Option<u8>,
    activation: Option<u8>,
}

/// Any command.
pub(super) fn command() -> impl Strategy<Value = Command> {
    let some = |chance| weighted(chance, any::<u8>());
    let of_case = (
        weighted(0.7, (any::<u8>(), any::<u8>())),
        0..3_u8,
        some(0.2),
        some(0.2),
        weighted(0.3, (any::<u8>(), any::<u8>(), any::<bool>())),
        some(0.1),
        some(0.2),
        some(0.2),
        some(0.2),
        weighted(0.2, (any::<u8>(), any::<u8>())),
    );
    let beside = (
        prop::collection::vec(any::<u8>(), 0..3),
        some(0.15),
        some(0.1),
        prop::collection::vec((any::<u8>(), any::<u8>()), 0..3),
        weighted(0.15, (any::<u8>(), any::<bool>())),
        prop::collection::vec(any::<u8>(), 0..3),
        some(0.15),
        some(0.08),
        some(0.08),
        some(0.08),
    );
    (of_case, beside).prop_map(|(of_case, beside)| {
        let (case, records, stream, subject, customer, sealed_under, sealed, exception, outcome, answer) = of_case;
        let (outbox, claim, cancel, items, expect, spend, token, erase, clear, activation) = beside;
        Command {
            case,
            records,
            stream,
            subject,
            customer,
            sealed_under,
            sealed,
            exception,
            outcome,
            answer,
            outbox,
            claim,
            cancel,
            items,
            expect,
            spend,
            token,
            erase,
            clear,
            activation,
        }
    })
}

/// What whoever commands had read, in the order of the names.
#[derive(Debug)]
pub(super) struct Seen {
    now_ms: i64,
    cases: Vec<u64>,
    items: BTreeMap<(&'static str, &'static str), u64>,
    keys: Vec<Option<u64>>,
    /// Whether what is written is so long that it is compressed.
    at_length: bool,
}

impl Seen {
    /// What is there.
    pub(super) async fn of(views: &impl Views, now_ms: i64) -> Self {
        let mut seen = Self { now_ms, cases: Vec::new(), items: BTreeMap::new(), keys: Vec::new(), at_length: false };
        for case in CASES {
            seen.cases.push(views.case(case).await.unwrap().map_or(0, |row| row.version));
        }
        for kind in KINDS {
            for id in ITEMS {
                seen.items.insert((kind, id), views.item(kind, id).await.unwrap().map_or(0, |item| item.version));
            }
        }
        for customer in CUSTOMERS {
            seen.keys.push(views.customer(customer).await.unwrap().map(|row| row.key));
        }
        seen
    }
}

impl Seen {
    /// The same of whoever writes at length.
    pub(super) fn at_length(self) -> Self {
        Self { at_length: true, ..self }
    }
}

fn of<T: Copy>(names: &[T], which: u8) -> T {
    names[usize::from(which) % names.len()]
}

/// One in eight numbers.
fn is_rare(number: u8) -> bool {
    number.is_multiple_of(8)
}

impl Command {
    /// The command of whoever has seen this.
    pub(super) fn commit(&self, seen: &Seen) -> Commit {
        let at = usize::from(self.case.map_or(0, |(case, _)| case)) % CASES.len();
        let case = CASES[at];
        let mut records: Vec<_> =
            (0..self.records).map(|n| fixtures::record(case, &format!("{} {n}", seen.now_ms))).collect();
        let own = records.len() as u64;
        if let Some(stream) = self.stream {
            records.insert(0, fixtures::record_of(of(&STREAMS, stream), "beside"));
        }
        if let Some(subject) = self.subject {
            records.push(fixtures::subject(STREAMS[0], of(&SUBJECTS, subject)));
        }
        if self.answer.is_some() && records.is_empty() {
            records.push(fixtures::record_of(STREAMS[1], "answered"));
        }
        records.iter_mut().for_each(|record| record.ts_ms = seen.now_ms);
        Commit {
            case: self.case.map(|(_, how)| written_case(at, how, own, seen)),
            records,
            customer: self.customer.map(|(who, key, replaces)| NewCustomer {
                id: of(&CUSTOMERS, who).into(),
                wrapped_key: if is_rare(key) { vec![9, 9] } else { vec![who % 2 + 1; 3] },
                replaces: seen.keys[usize::from(who) % CUSTOMERS.len()].filter(|_| replaces && is_rare(key)),
            }),
            sealed_under: self.sealed_under.map(|key| u64::from(key % 3)),
            words: self.sealed.iter().filter(|which| **which & 1 == 0).map(|which| words(case, *which)).collect(),
            attachments: self.sealed.iter().filter(|which| **which & 2 == 0).map(|which| file(case, *which)).collect(),
            exceptions: self.exception.iter().map(|which| exception(case, *which)).collect(),
            outcomes: self.outcome.iter().map(|which| outcome(*which)).collect(),
            idempotency: self.answer.map(|(key, hash)| IdempotencyRow {
                scope: "tok".into(),
                key: of(&KEYS, key).into(),
                case: (!is_rare(hash)).then(|| case.to_owned()),
                request_hash: [hash % 2; 32],
                response: format!("answer of {}", seen.now_ms).into_bytes(),
                expires_ms: seen.now_ms + i64::from(hash % 64),
            }),
            outbox: self.outbox.iter().map(|which| outbox(case, *which)).collect(),
            claim: self.claim.map(|which| of(&OUTBOX, which).into()),
            cancel: self.cancel.iter().map(|which| of(&OUTBOX, *which).into()).collect(),
            items: self.items.iter().map(|(which, how)| item(*which, *how, seen)).collect(),
            expect: self.expect.iter().map(|(which, stale)| expect(*which, *stale, seen)).collect(),
            spend: self.spend.iter().map(|which| spend(*which)).collect(),
            tokens: self.token.iter().map(|which| token(*which)).collect(),
            erase: self.erase.map(|key| u64::from(key % 3)),
            clear: self.clear.map(|which| of(&CASES, which).into()),
            activation: self
                .activation
                .map(|which| ActivationRow { digest: of(&["one", "two", "none"], which).into(), at_ms: seen.now_ms }),
            ..Commit::default()
        }
    }
}

fn written_case(at: usize, how: u8, records: u64, seen: &Seen) -> CaseWrite {
    let version = seen.cases[at];
    let expected = if is_rare(how) { version + u64::from(how % 3) } else { version };
    CaseWrite {
        expected_version: expected,
        // A version is never the one before, also where nothing is on record.
        version: expected + records.max(1),
        status: if how & 2 == 0 { "open" } else { "resolved" }.into(),
        holder: (how & 4 == 0).then(|| of(&HOLDERS, how >> 3).into()),
        accountable: (how & 8 == 0).then(|| of(&TEAMS, how >> 4).into()),
        customer: CUSTOMERS[at % CUSTOMERS.len()].into(),
        opened_ms: OPENED_MS[at],
        updated_ms: seen.now_ms,
        state: "a state ".repeat(usize::from(if seen.at_length { how } else { how % 15 })).into_bytes(),
        ..fixtures::case_at(CASES[at], 0, 0, "")
    }
}

fn words(case: &str, which: u8) -> WordsRow {
    WordsRow { id: of(&WORDS, which >> 2).into(), case: case.into(), sealed: vec![which; 9] }
}

fn file(case: &str, which: u8) -> AttachmentRow {
    AttachmentRow { id: of(&WORDS, which >> 2).into(), case: case.into(), sealed: vec![which; 5_000] }
}

fn exception(case: &str, which: u8) -> ExceptionRow {
    ExceptionRow {
        id: of(&EXCEPTIONS, which).into(),
        case: case.into(),
        kind: "raised".into(),
        owner: of(&TEAMS, which >> 1).into(),
        due_ms: i64::from(which),
        state: of(&["open", "taken", "resolved"], which >> 2).into(),
        taken_by: is_rare(which).then(|| "ana".into()),
        body: vec![which],
    }
}

fn outcome(which: u8) -> OutcomeDelta {
    let at = i64::from(which % 3) - 1;
    OutcomeDelta {
        responder: of(&HOLDERS, which).into(),
        intent: "parcels".into(),
        resolved: at,
        failed: at * at,
        wrong: 0,
        kind: of(&["answered", "reopened"], which >> 1).into(),
    }
}

fn outbox(case: &str, which: u8) -> OutboxRow {
    OutboxRow {
        id: of(&OUTBOX, which).into(),
        kind: of(&["turn", "timer"], which >> 2).into(),
        case: case.into(),
        due_ms: i64::from(which >> 4) % 5,
        body: vec![which],
    }
}

fn item(which: u8, how: u8, seen: &Seen) -> ItemWrite {
    let (kind, id) = (of(&KINDS, which), of(&ITEMS, which >> 1));
    let expected = match (how % 4, seen.items[&(kind, id)]) {
        (0, _) => Expected::Any("chance has it"),
        (1, version) => Expected::Version(version + u64::from(is_rare(how >> 2))),
        (_, 0) => Expected::Absent,
        (_, version) => Expected::Version(version),
    };
    ItemWrite { kind: kind.into(), id: id.into(), expected, body: (!how.is_multiple_of(5)).then(|| vec![how]) }
}

fn expect(which: u8, stale: bool, seen: &Seen) -> Expect {
    let more = u64::from(stale && which > 128);
    if which.is_multiple_of(2) {
        let at = usize::from(which >> 1) % CASES.len();
        return Expect::Case { id: CASES[at].into(), version: seen.cases[at] + more };
    }
    let (kind, id) = (of(&KINDS, which >> 1), of(&ITEMS, which >> 2));
    Expect::Item { kind: kind.into(), id: id.into(), version: seen.items[&(kind, id)] + more }
}

fn spend(which: u8) -> Spend {
    let [one, other] = counters();
    let counter = if which & 1 == 0 { one } else { other };
    let (id, amount, limit) = (of(&RESERVATIONS, which >> 1).to_owned(), u64::from(which >> 4), 60);
    match which >> 2 & 3 {
        0 => Spend::Take { counter, amount, limit },
        1 => Spend::Reserve { id, counter, amount, limit },
        2 => Spend::Settle { id, amount },
        _ => Spend::Release { id },
    }
}

fn token(which: u8) -> TokenChange {
    let (at, id) = (which % 2, of(&TOKENS, which));
    if which & 2 == 0 {
        return TokenChange::Revoke(id.into());
    }
    TokenChange::Add(Box::new(TokenRow {
        id: id.into(),
        hash: [at + 1; 32],
        name: format!("name {which}"),
        roles: vec!["lead".into()],
        responder: None,
        source: is_rare(which).then(|| "crm".into()),
        staff: (which & 4 != 0).then(|| "ana".into()),
        created_ms: i64::from(which >> 4),
        expires_ms: 99,
    }))
}
