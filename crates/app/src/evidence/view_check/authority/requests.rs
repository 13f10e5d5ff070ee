//! Requests for actions, against what their records make of them: as they are now, of which cases they are, and when
//! actions were last done for whom.

use super::{super::problem::kept, limits::Limits, sides::Coverage};
use crate::{
    journal::outbox::{ENDED, UNDER},
    request::{
        EFFECT_OF, LAST_DONE, OF_CASE, REQUESTS, UNDER_WAY, UnderWay,
        record::{end_row, is_doubtful, is_under_way, row},
        turn::LAST_BEGUN,
    },
};
use remit_domain::{
    Event, Stream,
    ending::Ending,
    id::{RequestId, Timestamp},
    request::{Changed, Effect, Request, RequestState},
};
use remit_store::{Balance, Counter, Found, OutboxRow, Reservation};
use std::collections::{BTreeMap, BTreeSet};

/// The longest until a request is gone on with, in milliseconds: the longest pause, and the longest time until a
/// connector has surely begun.
const PAUSE_MS_MAX: i64 = 2 * 3_600_000 + 120_000;

/// What was said last of each, with where that is on record.
type Last<T> = BTreeMap<(String, String), (u64, T)>;

/// What is on record of requests, and what is kept.
#[derive(Debug, Default)]
pub(super) struct Requests {
    made: BTreeMap<RequestId, Request>,
    /// When each was asked for.
    asked: BTreeMap<RequestId, Timestamp>,
    done: Last<Timestamp>,
    under_way: BTreeMap<(String, String), UnderWay>,
    /// Which was begun last, by customer.
    begun: Last<RequestId>,
    /// Of which request an effect is, by connector and reference: of the first.
    effects: Last<RequestId>,
    /// Where each changed last, and when.
    changed: BTreeMap<RequestId, (u64, Timestamp)>,
    /// Where an exception was raised last, by the stream of its case.
    raised: BTreeMap<String, u64>,
    /// The streams of cases that ended in another one, on which their exceptions are then.
    merged: BTreeSet<String>,
    /// Those whose end their cases know of.
    noted: BTreeSet<RequestId>,
    kept: BTreeMap<String, Request>,
    kept_of_case: BTreeMap<(String, String), Timestamp>,
    kept_done: BTreeMap<(String, String), Timestamp>,
    kept_under_way: BTreeMap<(String, String), UnderWay>,
    kept_begun: BTreeMap<(String, String), RequestId>,
    kept_effects: BTreeMap<(String, String), RequestId>,
    rows: BTreeMap<String, Row>,
    limits: Limits,
}

/// What remains to be done about a request.
#[derive(Debug)]
struct Row {
    case: String,
    request: Option<RequestId>,
    due: Timestamp,
}

impl Requests {
    /// Notes the record at a position; those of one request come in their order.
    pub(super) fn note(&mut self, seq: u64, event: &Event) {
        let (id, at) = match event {
            Event::RequestAsked(asked) => {
                self.asked.insert(asked.decision.request, asked.decision.at);
                (asked.decision.request, asked.decision.at)
            }
            Event::RequestChanged(changed) => (changed.request, changed.at),
            Event::RequestEnded(ended) => {
                self.noted.insert(ended.request);
                return;
            }
            _ => return,
        };
        self.changed.insert(id, (seq, at));
        let before = self.made.remove(&id);
        let was_done = before.as_ref().is_some_and(|request| request.state == RequestState::Done);
        let Some(after) = Request::after(before, event) else { return };
        if after.state == RequestState::Done && !was_done {
            let done = (after.customer.to_string(), after.action.to_string());
            last(&mut self.done, done, seq, at);
            if let (Some(connector), Some(Effect::Done { statement, .. })) = (&after.connector, &after.effect) {
                first(&mut self.effects, (connector.to_string(), statement.reference.clone()), seq, id);
            }
        }
        let is_begun = self.under_way.contains_key(&(after.customer.to_string(), id.to_string()));
        match (is_begun, is_under_way(after.state)) {
            (false, true) => {
                let begun = UnderWay { action: after.action.clone(), since: at };
                self.under_way.insert((after.customer.to_string(), id.to_string()), begun);
                last(&mut self.begun, (LAST_BEGUN.kind().to_owned(), after.customer.to_string()), seq, id);
            }
            (true, false) => drop(self.under_way.remove(&(after.customer.to_string(), id.to_string()))),
            _ => {}
        }
        self.made.insert(id, after);
    }

    /// Notes where somebody was told to see to something on a case.
    pub(super) fn note_case(&mut self, seq: u64, stream: &str, event: &Event) {
        match event {
            Event::ExceptionRaised { .. } => drop(self.raised.insert(stream.to_owned(), seq)),
            Event::CaseResolved { how: Ending::Merged { .. }, .. } => drop(self.merged.insert(stream.to_owned())),
            _ => {}
        }
    }

    /// Whether somebody was told since it last changed to see to a request.
    fn is_seen_to(&self, made: &Request) -> bool {
        let stream = Stream::case(made.case).to_string();
        let since = self.changed.get(&made.id).map_or(0, |(seq, _)| *seq);
        self.merged.contains(&stream) || self.raised.get(&stream).is_some_and(|raised| *raised > since)
    }

    /// When something is to be done about a request at the latest.
    fn latest(&self, made: &Request) -> Timestamp {
        let (_, changed) = self.changed.get(&made.id).copied().unwrap_or((0, made.asked));
        match made.state {
            // Until its deadline, and while another one of its customer is being carried out.
            RequestState::Confirmed => made.due.max(changed).plus_ms(PAUSE_MS_MAX),
            _ => changed.plus_ms(PAUSE_MS_MAX),
        }
    }

    /// Notes what is kept of a request.
    pub(super) fn keep(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Notes that a case is kept as the one of a request.
    pub(super) fn keep_of_case(&mut self, case: &str, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_of_case.insert((case.to_owned(), id.to_owned()), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Notes when an action is kept as done last for a customer.
    pub(super) fn keep_done(&mut self, customer: &str, action: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_done.insert((customer.to_owned(), action.to_owned()), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Notes that a request is kept as being carried out for a customer.
    pub(super) fn keep_under_way(&mut self, customer: &str, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_under_way.insert((customer.to_owned(), id.to_owned()), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Notes which request is kept as the one that was begun last for a customer.
    pub(super) fn keep_begun(&mut self, customer: &str, body: &[u8]) -> serde_json::Result<()> {
        let of = (LAST_BEGUN.kind().to_owned(), customer.to_owned());
        self.kept_begun.insert(of, serde_json::from_slice(body)?);
        Ok(())
    }

    /// Notes of which request an effect is kept as.
    pub(super) fn keep_effect(&mut self, connector: &str, reference: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_effects.insert((connector.to_owned(), reference.to_owned()), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Notes what remains to be done about a request.
    pub(super) fn keep_row(&mut self, row: &OutboxRow) {
        let (case, request) = (row.case.clone(), serde_json::from_slice(&row.body).ok());
        self.rows.insert(row.id.clone(), Row { case, request, due: Timestamp(row.due_ms) });
    }

    /// Notes what a counter stands at.
    pub(super) fn keep_counter(&mut self, counter: &Counter, balance: Balance) {
        self.limits.keep_counter(counter, balance);
    }

    /// Notes what is held back under a name.
    pub(super) fn keep_reservation(&mut self, id: &str, held: &Reservation) {
        self.limits.keep_reservation(id, held);
    }

    /// Names what remains to be done about no request, and requests about which something ought to remain.
    fn compare_rows(&self, found: Found<'_>) {
        let what = "what remains to be done";
        for (id, Row { case, request, .. }) in &self.rows {
            // What ends with its case, or with its delegation: any may have ended.
            if id.strip_prefix(ENDED) == Some(case) || id.strip_prefix(UNDER) == Some(case) {
                continue;
            }
            let made = request.and_then(|request| self.made.get(&request));
            let is_to_be_seen =
                |made: &Request| is_doubtful(made.effect.as_ref()) || made.void == Some(Changed::Untold);
            let goes_on = |made: &Request| {
                let is_over = made.state.is_final();
                let to_be_noted = is_over && end_row(made) == *id && !self.noted.contains(&made.id);
                to_be_noted || (row(made) == *id && (!is_over || is_to_be_seen(made)))
            };
            if !made.is_some_and(|made| made.case.to_string() == *case && goes_on(made)) {
                found(kept(what, id, "it is of no request that goes on"));
            }
        }
        let goes_on = |made: &&Request| match made.state {
            RequestState::Waiting | RequestState::Confirmed | RequestState::Executing => true,
            // Asked about often enough, it is somebody's to find out.
            RequestState::Unknown => self.rows.contains_key(&row(made)) || !self.is_seen_to(made),
            _ => false,
        };
        for made in self.made.values().filter(goes_on) {
            match self.rows.get(&row(made)) {
                None => found(kept(what, &row(made), "the request goes on, and it is not in the outbox")),
                Some(kept_as) if made.state == RequestState::Waiting && kept_as.due != made.due => {
                    let how = format!("it is due at {}, and the request at {}", kept_as.due.0, made.due.0);
                    found(kept(what, &row(made), &how));
                }
                Some(kept_as) if made.state != RequestState::Waiting && kept_as.due > self.latest(made) => {
                    let how = format!("it is due at {}, long after the request is to be gone on with", kept_as.due.0);
                    found(kept(what, &row(made), &how));
                }
                Some(_) => {}
            }
        }
    }

    /// Names everything that is kept otherwise than it is on record.
    pub(super) fn compare(&self, held: &mut Coverage, found: Found<'_>) {
        self.compare_rows(found);
        if !self.limits.compare(self.made.values(), found) {
            let why = "an earlier version did not put on record on which counters requests count";
            held.not.push(("what counters stand at, beyond that it is what their reservations hold", why));
        }
        let mut differs = |kind: &str, id: &str, how: &str| found(kept(kind, id, how));
        let requests = REQUESTS;
        let kind = requests.kind();
        for (id, made) in &self.made {
            match self.kept.get(&id.to_string()) {
                Some(request) if request == made => {}
                Some(_) => differs(kind, &id.to_string(), "it is not what its records make of it"),
                None => differs(kind, &id.to_string(), "it is not kept"),
            }
        }
        let is_made = |id: &str| id.parse().is_ok_and(|id: RequestId| self.made.contains_key(&id));
        for id in self.kept.keys().filter(|id| !is_made(id)) {
            differs(kind, id, "no record asks for it");
        }
        let of_case =
            |(id, made): (&RequestId, &Request)| Some(((made.case.to_string(), id.to_string()), *self.asked.get(id)?));
        let of_case: BTreeMap<(String, String), Timestamp> = self.made.iter().filter_map(of_case).collect();
        compare_kept(OF_CASE, &of_case, &self.kept_of_case, found);
        compare_kept(LAST_DONE, &said(&self.done), &self.kept_done, found);
        compare_kept(UNDER_WAY, &self.under_way, &self.kept_under_way, found);
        compare_kept("", &said(&self.begun), &self.kept_begun, found);
        compare_kept(EFFECT_OF, &said(&self.effects), &self.kept_effects, found);
    }
}

/// Notes what is said of something at a position, if nothing was later.
fn last<T>(all: &mut Last<T>, of: (String, String), seq: u64, value: T) {
    if all.get(&of).is_none_or(|(before, _)| *before < seq) {
        all.insert(of, (seq, value));
    }
}

/// The same, if nothing was earlier.
fn first<T>(all: &mut Last<T>, of: (String, String), seq: u64, value: T) {
    if all.get(&of).is_none_or(|(before, _)| seq < *before) {
        all.insert(of, (seq, value));
    }
}

fn said<T: Clone>(all: &Last<T>) -> BTreeMap<(String, String), T> {
    all.iter().map(|(of, (_, value))| (of.clone(), value.clone())).collect()
}

/// Names what is kept beside requests otherwise than their records say.
fn compare_kept<T: PartialEq>(
    kind: &str,
    made: &BTreeMap<(String, String), T>,
    kept_as: &BTreeMap<(String, String), T>,
    found: Found<'_>,
) {
    for ((of, id), _) in made.iter().filter(|(key, value)| kept_as.get(key) != Some(value)) {
        found(kept(&format!("{kind}{of}"), id, "it is not kept as its records say"));
    }
    for ((of, id), _) in kept_as.iter().filter(|(key, _)| !made.contains_key(key)) {
        found(kept(&format!("{kind}{of}"), id, "no record says so"));
    }
}
