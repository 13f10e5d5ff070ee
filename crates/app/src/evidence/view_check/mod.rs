//! A check of views: whether what is kept beside the records, to find cases and to go on from them, is what the records
//! make of it.
//!
//! The ledger proves the records; what is decided next, shown next and opened next starts from what lies beside them.

use crate::{
    caller::{principal, token_id},
    journal::{
        accounts::is_session,
        outbox::{EXECUTION, TIMER, TURN},
    },
    pipeline::case_fold::CaseFold,
    vault::keys::{CustomerKey, KeyError, Keys},
};
use authority::{Authority, sides::Known};
use governed::Governed;
use owed::Owed;
use problem::kept;
use remit_domain::{
    Event, Stream,
    exception::ExceptionKind,
    id::{CaseId, CustomerId},
};
use remit_ledger::verify::{LookedAt, NotLookedAt, Problem};
use remit_policy::files::Files;
use remit_store::{
    Balance, Counter, CustomerOf, Found, IdempotencyRow, Item, Judge, OutcomeDelta, REVOKED_TOKEN, Reservation,
    STREAMS_SINCE, Stored, TokenRow,
};
use sealed::{Named, after_each};
use std::collections::{BTreeMap, BTreeSet};
use turns::{TurnAsked, Unasked};

mod authority;
mod governed;
mod outbox;
mod owed;
mod problem;
mod rows;
mod sealed;
mod turns;
mod unlooked;

/// From this format on everything that is counted and remains to be done is there from the first record on.
const WHOLE_SINCE: i64 = 6;

/// From this format on each act of authority is on record from the first one on, with all that records say of it.
const RECORDED_SINCE: i64 = STREAMS_SINCE;

/// How a record names a bundle.
const BUNDLE: &[u8] = br#""bundle":""#;

/// Holds everything that is stored against the records, as `remit ledger verify` does.
#[derive(Debug, Default)]
pub struct ViewCheck {
    /// The directory's keys, where they are at hand.
    keys: Option<Keys>,
    /// Why not, where they are not.
    why: String,
    is_whole: bool,
    /// Whether AI services were not asked, as no server does it.
    is_unserved: bool,
    /// Whether each act of authority is on record from the first one on, with all that records say of it by now.
    is_recorded_from_birth: bool,
    /// Keys whose marks are in the database.
    marks: BTreeSet<String>,
    opened: u64,
    /// Bundles that records name, with the first case that does.
    named: BTreeMap<String, String>,
    bundles: BTreeSet<String>,
    /// By responder and intent.
    outcomes: BTreeMap<(String, String), Outcomes>,
    governed: Governed,
    authority: Authority,
    owed: Owed,
}

/// What the name of a case's stream begins with.
const OF_CASE: &str = "case/";

/// How an event is of another stream than the one that it stands in, if it is.
fn misplaced(event: &Event, stream: &str) -> Option<String> {
    let own = match event {
        Event::CaseOpened { case, .. } => Some(Stream::case(*case)),
        event => event.stream(),
    };
    match own {
        Some(own) if own.to_string() != stream => Some(format!("is of {own}")),
        None if !stream.starts_with(OF_CASE) => Some("is of a case".to_owned()),
        _ => None,
    }
}

/// What became of the cases of a responder that were about one intent.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcomes {
    counts: BTreeMap<String, i64>,
    /// Resolved, not resolved, wrong.
    sums: [i64; 3],
}

/// Whether a promise was missed, after which nothing looks at it again: its exception has an owner.
fn is_miss(event: &Event) -> bool {
    matches!(event, Event::ExceptionRaised { exception, .. } if exception.kind == ExceptionKind::SlaMissed)
}

impl ViewCheck {
    /// With the keys of the directory, so that what is sealed is opened.
    pub fn with(keys: Keys) -> Self {
        Self { keys: Some(keys), ..Self::default() }
    }

    /// Without them.
    pub fn without(why: String) -> Self {
        Self { why, ..Self::default() }
    }

    /// Of a directory in which AI services were not asked: no turn is missing there.
    #[must_use]
    pub fn unserved(self) -> Self {
        Self { is_unserved: true, ..self }
    }

    /// The key that seals what is said on a case; none where it is destroyed, or the master key is not at hand.
    fn key(&self, customer: &CustomerId, stored: &Stored) -> Result<Option<CustomerKey>, KeyError> {
        let (Some(keys), Some(wrapped)) = (&self.keys, &stored.wrapped_key) else { return Ok(None) };
        keys.customer(customer, 0, wrapped).map(Some)
    }

    fn count(&mut self, delta: OutcomeDelta) {
        let outcomes = self.outcomes.entry((delta.responder, delta.intent)).or_default();
        *outcomes.counts.entry(delta.kind).or_default() += 1;
        for (sum, more) in outcomes.sums.iter_mut().zip([delta.resolved, delta.failed, delta.wrong]) {
            *sum += more;
        }
    }

    /// Goes through a stream's records, and says in what something that is kept of it differs from what they make of
    /// it.
    fn differs(&mut self, stream: &str, stored: &Stored, found: Found<'_>) -> Option<String> {
        let name = stream.strip_prefix(OF_CASE).unwrap_or(stream);
        let mut named = Named::default();
        let mut exceptions = rows::Exceptions::default();
        let mut fold = CaseFold::default();
        let mut missed = false;
        let mut asked = TurnAsked::default();
        let case = stream.strip_prefix(OF_CASE).and_then(|case| case.parse().ok());
        self.owed.moments(&stored.records);
        for row in &stored.outbox {
            self.owed.keep(row, found);
            if row.kind == EXECUTION {
                self.authority.execution(row);
            }
        }
        for record in &stored.records {
            for digest in after_each(&record.body, BUNDLE).filter_map(|rest| rest.get(..64)) {
                let digest = String::from_utf8_lossy(digest);
                if !self.named.contains_key(&*digest) {
                    self.named.insert(digest.into_owned(), name.to_owned());
                }
            }
            let event = match serde_json::from_slice::<Event>(&record.body) {
                Ok(event) => event,
                Err(error) => return Some(format!("one of its records cannot be read: {error}")),
            };
            if let Some(how) = misplaced(&event, stream) {
                return Some(format!("record {} {how}", record.seq));
            }
            named.note(&record.body);
            self.governed.note(record.seq, &event);
            self.authority.note(record.seq.cast_unsigned(), stream, &event);
            self.owed.note(case, &event);
            missed |= is_miss(&event);
            if matches!(event, Event::WordsErased { .. }) {
                named.erase();
            }
            fold.apply(&event).into_iter().for_each(|delta| self.count(delta));
            if let Some(case) = &fold.case {
                rows::follow(&mut exceptions, &event, case);
                asked.follow(&event, case);
            }
        }
        let made = fold.case;
        if let Some(made) = &made {
            let key = self.key(&made.customer, stored).unwrap_or_else(|_| {
                let how = "it is another customer's, or damaged: nothing that was said on the case can be opened";
                found(kept("key", &format!("of case {name}"), how));
                None
            });
            if key.is_some() {
                self.opened += (stored.words.len() + stored.files.len()) as u64;
            }
            named.hold(stored, key.as_ref(), &mut |is_file, id, how| {
                found(kept(if is_file { "file" } else { "words" }, &format!("{id} of case {name}"), how));
            });
        }
        let beside = stored.exceptions.len() + stored.words.len() + stored.files.len();
        let late = stored.outbox.iter().any(|row| [TURN, TIMER].contains(&row.kind.as_str()));
        let differs = match (&stored.case, &made) {
            (None, None) if beside == 0 && !late => None,
            (Some(case), Some(made)) => rows::compare(case, made)
                .and_then(|differs| match differs {
                    None => rows::compare_exceptions(&stored.exceptions, &exceptions, made),
                    some => Ok(some),
                })
                .unwrap_or_else(|refused| Some(format!("it cannot be compared: {}", refused.detail)))
                .or_else(|| (!stored.is_listed).then(|| "it is not kept among its customer's".to_owned()))
                .or_else(|| outbox::differs(&stored.outbox, made, self.is_whole)),
            (None, Some(_)) => Some("it is not kept".to_owned()),
            (_, None) => Some("no record opens it".to_owned()),
        };
        if let (None, Some(made)) = (&differs, &made) {
            self.owed.made(made);
            if self.is_whole && !missed && outbox::lacks_promise(&stored.outbox, made) {
                self.governed.unseen(made);
            }
            let unasked = Unasked::of(&stored.outbox, made, &asked);
            unasked.into_iter().for_each(|unasked| self.governed.unasked(unasked));
        }
        differs
    }
}

impl Judge for ViewCheck {
    fn begin(&mut self, format: Option<i64>) {
        self.is_whole = format.is_some_and(|format| format >= WHOLE_SINCE);
        self.is_recorded_from_birth = format.is_some_and(|format| format >= RECORDED_SINCE);
    }

    fn stream(&mut self, name: &str, stored: &Stored, found: Found<'_>) {
        let Some(how) = self.differs(name, stored, found) else { return };
        found(match name.strip_prefix(OF_CASE) {
            Some(case) => Problem::Case { case: case.to_owned(), how },
            None => kept("stream", name, &how),
        });
    }

    fn customer(&mut self, id: &str, wrapped_key: &[u8], found: Found<'_>) {
        let Ok(customer) = CustomerId::try_from(id.to_owned()) else {
            return found(kept("customer", id, "this is no customer's name"));
        };
        if self.keys.as_ref().is_some_and(|keys| keys.customer(&customer, 0, wrapped_key).is_err()) {
            found(kept("customer", id, "the key does not open under the master key"));
        }
        self.authority.customer(id, wrapped_key);
    }

    fn bundle(&mut self, digest: &str, bytes: &[u8], found: Found<'_>) {
        self.bundles.insert(digest.to_owned());
        match Files::kept(digest, bytes) {
            Ok(files) => self.governed.bundle(digest, files),
            Err(error) => found(kept("bundle", digest, &error.to_string())),
        }
    }

    fn activation(&mut self, at_ms: i64, digest: &str) {
        self.governed.activation(at_ms, digest);
    }

    fn dictionary(&mut self, kind: &str, bytes: &[u8], found: Found<'_>) {
        let value: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
        let fits = value.is_some_and(|value| match kind {
            "state" | "answer" => value.is_object(),
            kind => value.get("type").is_some_and(|named| named == kind),
        });
        if !fits {
            found(kept("dictionary of", kind, "it is none of that kind"));
        }
    }

    fn key_mark(&mut self, name: &str, mark: &[u8], found: Found<'_>) {
        self.marks.insert(name.to_owned());
        let Some(keys) = &self.keys else { return };
        if !keys.marks().iter().any(|(known, is)| *known == name && is == mark) {
            found(kept("key", name, "its mark in the database is another's"));
        }
    }

    fn token(&mut self, token: &TokenRow, found: Found<'_>) {
        self.authority.token(token);
        let unknown = token.roles.iter().find(|role| !principal::ROLES.contains(&role.as_str()));
        if let Some(unknown) = unknown {
            found(kept("token", &token.id, &format!("`{unknown}` is no role")));
        }
        let named = match is_session(&token.id) {
            true => token_id::session_id(&token.hash),
            false => token_id::id_of_hash(&token.hash),
        };
        if token.id != named {
            found(kept("token", &token.id, "it is not named after its hash"));
        }
        if token.expires_ms <= token.created_ms {
            found(kept("token", &token.id, "it ends before it begins"));
        }
    }

    fn item(&mut self, item: &Item, found: Found<'_>) {
        self.authority.item(item, self.keys.as_ref(), found);
        let body = item.body.as_slice();
        // The name of a token that was revoked is kept as it is.
        let is_name = item.kind == REVOKED_TOKEN && std::str::from_utf8(body).is_ok();
        if !is_name && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err() {
            found(kept("setting", &format!("{} {}", item.kind, item.id), "it cannot be read"));
        }
    }

    fn answer(&mut self, answer: &IdempotencyRow, found: Found<'_>) {
        let which = format!("{:?} of {}", answer.key, answer.scope);
        // A chat keeps nothing but the case that it opened, if it did.
        let case = std::str::from_utf8(&answer.response).is_ok_and(|case| case.parse::<CaseId>().is_ok());
        let of_chat = answer.scope.starts_with("chat_") && (case || answer.response.is_empty());
        if !of_chat && serde_json::from_slice::<serde::de::IgnoredAny>(&answer.response).is_err() {
            found(kept("answer to", &which, "it cannot be read"));
        }
    }

    fn outcomes(&mut self, of: (&str, &str), counts: &[(String, i64)], sums: [i64; 3], found: Found<'_>) {
        let (responder, intent) = of;
        let made = self.outcomes.remove(&(responder.to_owned(), intent.to_owned())).unwrap_or_default();
        let kept_of = Outcomes { counts: counts.iter().cloned().collect(), sums };
        if self.is_whole && made != kept_of {
            let how = format!(
                "{:?} and {:?} are counted, and the records say {:?} and {:?}",
                kept_of.counts, kept_of.sums, made.counts, made.sums
            );
            found(kept("outcomes of", &format!("{responder} for {intent:?}"), &how));
        }
    }

    fn counter(&mut self, counter: &Counter, balance: Balance, _found: Found<'_>) {
        self.authority.counter(counter, balance);
    }

    fn reservation(&mut self, id: &str, held: &Reservation, _found: Found<'_>) {
        self.authority.reservation(id, held);
    }

    fn end(&mut self, customer_of: CustomerOf<'_>, found: Found<'_>) -> (Vec<LookedAt>, Vec<NotLookedAt>) {
        for (digest, case) in self.named.iter().filter(|(digest, _)| !self.bundles.contains(*digest)) {
            found(kept("bundle", digest, &format!("case {case} was decided by it, and it is not there")));
        }
        if let Some(how) = self.governed.differs(self.is_whole) {
            found(kept("bundle", "in force", &how));
        }
        let forgotten = self.governed.forgotten();
        for case in forgotten.iter().flat_map(|(cases, _)| cases) {
            let how = "a promise runs, and nothing remains to be done that would look at it".to_owned();
            found(Problem::Case { case: case.to_string(), how });
        }
        // A directory of an earlier version has none until it is started again.
        if let Some(keys) = self.keys.as_ref().filter(|_| !self.marks.is_empty()) {
            for (name, _) in keys.marks().iter().filter(|(name, _)| !self.marks.contains(*name)) {
                found(kept("key", name, "its mark is not in the database"));
            }
        }
        if self.is_whole {
            for ((responder, intent), _) in std::mem::take(&mut self.outcomes) {
                let of = format!("{responder} for {intent:?}");
                found(kept("outcomes of", &of, "the records say that there are some, and none is counted"));
            }
        }
        let turns = match self.is_whole && !self.is_unserved {
            true => self.governed.turns_forgotten(),
            false => Some((Vec::new(), 0)),
        };
        for case in turns.iter().flat_map(|(cases, _)| cases) {
            let how = "its AI responder was asked, and its turn is neither taken nor in the outbox".to_owned();
            found(Problem::Case { case: case.to_string(), how });
        }
        std::mem::take(&mut self.owed).compare(self.is_recorded_from_birth, customer_of, found);
        let (keys, is_whole) = (self.keys.as_ref(), self.is_whole);
        let known = Known { keys, is_whole, is_recorded_from_birth: self.is_recorded_from_birth };
        let held = self.authority.compare(known, customer_of, found);
        let looked = [
            ("sealed words and files opened", self.opened),
            ("customers whose sealed facts were opened", self.authority.facts_opened()),
            ("bundles that decisions name", self.named.len() as u64),
            ("tokens, staff, chats and subscriptions", if held.is_recorded { self.authority.count() } else { 0 }),
        ];
        let mut not = unlooked::always();
        not.extend(unlooked::of_earlier(known, held.is_recorded));
        not.extend(held.not);
        not.extend(unlooked::of_outbox(forgotten.as_ref(), turns.as_ref()));
        let mut not: Vec<NotLookedAt> =
            not.into_iter().map(|(what, why)| NotLookedAt { what: what.to_owned(), why: why.to_owned() }).collect();
        if self.keys.is_none() {
            let what = "whether what is sealed opens and is what was committed to".to_owned();
            not.insert(0, NotLookedAt { what, why: self.why.clone() });
        }
        (looked.map(|(what, count)| LookedAt { what: what.to_owned(), count }).to_vec(), not)
    }
}
