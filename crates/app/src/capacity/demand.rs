//! The demand that is on record: events in the order of the ledger folded to counts by slot, queue and intent.
//!
//! Of each case that came within the span it is followed for seven days what became of it, and then it is forgotten.
//! What is kept of it meanwhile is a few numbers, and nothing of who it is of.

use remit_capacity::evidence::LabelledCase;
use remit_domain::{
    Event,
    case::{Author, HolderRef},
    decision::{Decision, Outcome, ResponderKind},
    ending::Ending,
    event::Handoff,
    id::{CaseId, ResponderId, Timestamp},
    signal::Value,
};
use remit_store::RecordRow;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// How long after a case came what becomes of it counts.
pub(super) const FOLLOWED_MS: i64 = 7 * 24 * 3_600_000;
/// Cases that are followed at once, and rows, at most.
const CASES_MAX: usize = 1_000_000;
const ROWS_MAX: usize = 200_000;
/// What cases are about of which that was not read.
const NO_INTENT: &str = "unknown";
/// The queue of cases that no queue may have.
pub(super) const NO_QUEUE: &str = "none";
/// Cases with an outcome that are kept, the newest.
const LABELLED_MAX: usize = 10_000;
/// Kinds of records that are read.
const KINDS: [&str; 7] = [
    "case_opened",
    "signals_measured",
    "decision_made",
    "message_added",
    "case_resolved",
    "case_reopened",
    "contacted_again",
];

/// What came in a slot, of one queue and intent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Cases.
    pub(super) arrived: u64,
    /// Those that came to no person and no queue.
    pub(super) kept_by_ai: u64,
    /// How long people had the others in hand, in milliseconds.
    pub(super) handled_ms: i64,
    /// Those whose customer came back.
    pub(super) recontacts: u64,
    /// Those of the others whose customer gave up.
    pub(super) abandoned: u64,
}

impl Counted {
    fn add(&mut self, known: &Followed) {
        self.arrived += 1;
        self.kept_by_ai += u64::from(!known.had);
        self.handled_ms += known.handled_ms + known.in_hand.map_or(0, |(since, until)| until.since(since));
        self.recontacts += u64::from(known.came_back);
        self.abandoned += u64::from(known.had && known.gave_up);
    }

    fn merge(&mut self, other: &Self) {
        self.arrived += other.arrived;
        self.kept_by_ai += other.kept_by_ai;
        self.handled_ms += other.handled_ms;
        self.recontacts += other.recontacts;
        self.abandoned += other.abandoned;
    }
}

/// Why a span is not counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooMuch {
    /// More cases come at once than are followed.
    #[error("more than {CASES_MAX} cases came within a week of it")]
    Cases,
    /// There are more rows than are given at once.
    #[error("it has more than {ROWS_MAX} rows")]
    Rows,
    /// A record cannot be read.
    #[error("record {0}: {1}")]
    Unread(u64, String),
}

/// What is known of a case until it is forgotten.
#[derive(Debug)]
struct Followed {
    slot: i64,
    intent: Option<u32>,
    /// How sure it was, in basis points.
    sure_bp: Option<i64>,
    queue: Option<u32>,
    /// Whether the queue is one that had it, and not only one that would have.
    had: bool,
    /// Since when a person has it in hand, and until when they are known to have done something on it.
    in_hand: Option<(Timestamp, Timestamp)>,
    handled_ms: i64,
    came_back: bool,
    gave_up: bool,
}

impl Followed {
    /// What a person did is over.
    fn put_down(&mut self) {
        if let Some((since, until)) = self.in_hand.take() {
            self.handled_ms += until.since(since).max(0);
        }
    }

    /// A person did something on it.
    fn done_at(&mut self, at: Timestamp) {
        if let Some((_, until)) = &mut self.in_hand {
            *until = at.max(*until);
        }
    }
}

/// Names as numbers.
#[derive(Debug, Default)]
struct Names {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn name(&self, number: Option<u32>, otherwise: &'static str) -> &str {
        number.and_then(|number| self.names.get(number as usize)).map_or(otherwise, String::as_str)
    }
}

/// The demand of a span, so far.
#[derive(Debug)]
pub(super) struct DemandFold {
    from: Timestamp,
    to: Timestamp,
    slot_ms: i64,
    /// Whether intents are told apart.
    by_intent: bool,
    names: Names,
    cases: HashMap<CaseId, Followed>,
    in_order: VecDeque<(Timestamp, CaseId)>,
    cells: BTreeMap<Cell, Counted>,
    /// Of cases that AI kept: the queue, how sure it was, and whether their customers came back.
    labelled: VecDeque<(Option<u32>, i64, bool)>,
}

/// A slot, a queue and an intent.
type Cell = (i64, Option<u32>, Option<u32>);

impl DemandFold {
    /// Nothing yet, of cases from a moment until before another.
    pub(super) fn new(from: Timestamp, to: Timestamp, slot_ms: i64) -> Self {
        let (names, cases, in_order, cells) = (Names::default(), HashMap::new(), VecDeque::new(), BTreeMap::new());
        let (by_intent, labelled) = (true, VecDeque::new());
        Self { from, to, slot_ms, by_intent, names, cases, in_order, cells, labelled }
    }

    /// The same, where intents are not told apart.
    #[must_use]
    pub(super) fn of_queues(self) -> Self {
        Self { by_intent: false, ..self }
    }

    /// Whether no record from this moment on can change anything.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.to) > FOLLOWED_MS
    }

    /// Takes the record that comes next.
    pub(super) fn take(&mut self, row: &RecordRow) -> Result<(), TooMuch> {
        let at = Timestamp(row.ts_ms);
        while self.in_order.front().is_some_and(|(came, _)| at.since(*came) > FOLLOWED_MS) {
            self.forget_first()?;
        }
        if !KINDS.contains(&row.kind.as_str()) {
            return Ok(());
        }
        let Some(case) = row.stream.split_once('/').and_then(|(_, id)| id.parse::<CaseId>().ok()) else {
            return Ok(());
        };
        if row.kind != "case_opened" && !self.cases.contains_key(&case) {
            return Ok(());
        }
        let event = serde_json::from_slice(&row.body).map_err(|error| TooMuch::Unread(row.seq, error.to_string()))?;
        self.follow(case, at, &event)
    }

    fn follow(&mut self, case: CaseId, at: Timestamp, event: &Event) -> Result<(), TooMuch> {
        if let Event::CaseOpened { .. } = event {
            return self.opened(case, at);
        }
        let Some(known) = self.cases.get_mut(&case) else { return Ok(()) };
        match event {
            Event::SignalsMeasured { readings, .. } => {
                let value = |signal: &str| {
                    let found = readings.iter().find(|(name, _)| name.as_str() == signal);
                    found.map(|(_, reading)| &reading.value)
                };
                if let (None, Some(Value::Name(name))) = (known.intent, value("intent")) {
                    known.intent = Some(self.names.number(name));
                }
                if let (None, Some(Value::Long(sure))) = (known.sure_bp, value("intent_confidence_bp")) {
                    known.sure_bp = Some(*sure);
                }
            }
            Event::DecisionMade { decision, handoff } => decided(known, &mut self.names, decision, handoff.as_deref()),
            Event::MessageAdded { message, .. } => match &message.author {
                Author::Holder { staff: Some(_), .. } => known.done_at(at),
                Author::Holder { .. } => {}
                // What comes after that waits its turn with them, and no event tells when they turn to it.
                Author::Requester => {
                    if known.in_hand.is_some_and(|(since, until)| until > since) {
                        known.put_down();
                    }
                }
            },
            Event::CaseResolved { how, staff, .. } => {
                // Who closes what they had not answered had it in hand until then.
                if *how == Ending::Answered && staff.is_some() && known.in_hand.is_some_and(|(since, at)| since == at) {
                    known.done_at(at);
                }
                known.put_down();
                known.gave_up = *how == Ending::Abandoned;
            }
            Event::CaseReopened { .. } | Event::ContactedAgain { .. } => known.came_back = true,
            _ => {}
        }
        Ok(())
    }

    fn opened(&mut self, case: CaseId, at: Timestamp) -> Result<(), TooMuch> {
        if at < self.from || at >= self.to {
            return Ok(());
        }
        if self.cases.len() >= CASES_MAX {
            return Err(TooMuch::Cases);
        }
        let slot = at.0 - at.0.rem_euclid(self.slot_ms);
        let (intent, sure_bp, queue, in_hand) = (None, None, None, None);
        let (had, came_back, gave_up) = (false, false, false);
        let new = Followed { slot, intent, sure_bp, queue, had, in_hand, handled_ms: 0, came_back, gave_up };
        self.cases.insert(case, new);
        self.in_order.push_back((at, case));
        Ok(())
    }

    fn forget_first(&mut self) -> Result<(), TooMuch> {
        let Some((_, case)) = self.in_order.pop_front() else { return Ok(()) };
        let Some(mut known) = self.cases.remove(&case) else { return Ok(()) };
        known.put_down();
        if let (false, Some(sure)) = (known.had, known.sure_bp) {
            self.labelled.push_back((known.queue, sure, known.came_back));
            self.labelled.drain(..self.labelled.len().saturating_sub(LABELLED_MAX));
        }
        let cells = self.cells.len();
        let intent = known.intent.filter(|_| self.by_intent);
        self.cells.entry((known.slot, known.queue, intent)).or_default().add(&known);
        if cells >= ROWS_MAX { Err(TooMuch::Rows) } else { Ok(()) }
    }

    /// What came, by slot and queue, of those that are followed still as far as they have come.
    pub(super) fn by_queue(&self) -> impl Iterator<Item = ((i64, &str), Counted)> {
        let mut all: BTreeMap<(i64, Option<u32>), Counted> = BTreeMap::new();
        for ((slot, queue, _), counted) in &self.cells {
            all.entry((*slot, *queue)).or_default().merge(counted);
        }
        for known in self.cases.values() {
            all.entry((known.slot, known.queue)).or_default().add(known);
        }
        all.into_iter().map(|((slot, queue), counted)| ((slot, self.names.name(queue, NO_QUEUE)), counted))
    }

    /// Forgets what came before a moment.
    pub(super) fn forget_before(&mut self, moment: Timestamp) {
        self.cells = self.cells.split_off(&(moment.0, None, None));
    }

    /// Cases of a queue that AI kept, with how sure it was and whether their customers came back.
    pub(super) fn labelled(&self, queue: &str) -> Vec<LabelledCase> {
        let number = self.names.numbers.get(queue).copied();
        let of_queue = self.labelled.iter().filter(|(of, ..)| number.is_some() && *of == number);
        let case = |(_, sure, is_wrong): &(Option<u32>, i64, bool)| {
            let confidence = (*sure as f64 / 10_000.0).clamp(0.0, 1.0);
            LabelledCase { confidence, is_wrong: *is_wrong }
        };
        of_queue.map(case).collect()
    }

    /// What came, by slot, queue and intent: when the slot begins, the intent, the queue, and how many.
    pub(super) fn rows(mut self) -> Result<Vec<(Timestamp, String, String, Counted)>, TooMuch> {
        while !self.in_order.is_empty() {
            self.forget_first()?;
        }
        let (cells, names) = (self.cells, self.names);
        let row = |((slot, queue, intent), counted)| {
            let (intent, queue) = (names.name(intent, NO_INTENT), names.name(queue, NO_QUEUE));
            (Timestamp(slot), intent.to_owned(), queue.to_owned(), counted)
        };
        let mut rows: Vec<_> = cells.into_iter().map(row).collect();
        rows.sort_by(|a, b| (a.0, &a.2, &a.1).cmp(&(b.0, &b.2, &b.1)));
        Ok(rows)
    }
}

/// A decision, by which the case came to somebody.
fn decided(known: &mut Followed, names: &mut Names, decision: &Decision, handoff: Option<&Handoff>) {
    let kind = |id: &ResponderId| {
        let found = decision.candidates.iter().find(|candidate| candidate.facts.responder == *id);
        found.map(|candidate| candidate.facts.kind)
    };
    let is_queue = |id: &&ResponderId| kind(id) == Some(ResponderKind::Queue);
    if let Some(handoff) = handoff {
        known.put_down();
        match &handoff.to {
            HolderRef::Responder(id) if is_queue(&id) => {
                if !known.had {
                    (known.queue, known.had) = (Some(names.number(id.as_str())), true);
                }
            }
            HolderRef::Responder(_) => {}
            // Nobody may have it but whoever owns its exception: that is a person.
            HolderRef::Owner(_) => known.had = true,
        }
        if matches!(decision.outcome, Outcome::Take { .. }) {
            known.in_hand = Some((decision.at, decision.at));
        }
    }
    // The queue that would have had it next, while no queue had it.
    if !known.had
        && let Some(next) = decision.sequence.iter().find(is_queue)
    {
        known.queue = Some(names.number(next.as_str()));
    }
}
