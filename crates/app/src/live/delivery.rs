//! Where the delivery of events to one subscription stands: what goes next, what waits, what is given up. Reaches
//! nothing; the moment arrives as an argument.
//!
//! Events of one stream go one after another. A stream whose event was refused waits, and the others go on.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};

#[cfg(test)]
mod tests;

/// How long an event is tried, in milliseconds: three days.
pub(crate) const WINDOW_MS: i64 = 3 * 24 * 3_600_000;

/// The pause after the first failure, in milliseconds; it doubles each time.
const PAUSE_MS: i64 = 5_000;

/// The longest pause, in milliseconds.
const PAUSE_MAX_MS: i64 = 12 * 3_600_000;

/// The longest that a receiver may ask to be left alone, in milliseconds.
const QUIET_MAX_MS: i64 = 3_600_000;

/// Events that were not tried yet and are read ahead, at most.
const AHEAD_MAX: usize = 64;

/// Streams with events that wait, at most; with more, nothing further is read.
const STREAMS_MAX: usize = 1_000;

/// Dead letters on their way again, at most.
const AGAIN_MAX: usize = 100;

/// Dead letters that are kept, at most.
const LETTERS_MAX: usize = 10_000;

/// After so many failures without a success the receiver itself was away.
const AWAY: u32 = 8;

/// When a receiver is back, what was last tried longer ago than this is tried at once, in milliseconds.
const AGAIN_MS: i64 = 5 * 60_000;

/// The longest text of a failure that is kept, in characters.
const WHY_MAX: usize = 300;

/// Where the delivery to one subscription stands.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct DeliveryState {
    /// Everything up to here was delivered, passed over, given up, or waits in a lane.
    cursor: u64,
    /// Nothing is sent.
    pub(crate) paused: bool,
    /// Whether the record says so.
    #[serde(skip)]
    paused_on_record: bool,
    /// The receiver said that it is gone, which is not on record yet.
    #[serde(skip)]
    gone: bool,
    /// Since when nothing has been delivered, if the last attempt failed.
    pub(crate) failing_since: Option<i64>,
    /// Failures since the last success.
    in_a_row: u32,
    /// What the last failure was, and when.
    pub(crate) last_failure: Option<(i64, String)>,
    /// Dead letters that are not kept any more.
    pub(crate) dropped: u64,
    /// Events that are not delivered yet, by stream.
    lanes: BTreeMap<String, Lane>,
    /// Dead letters on their way again, by position.
    again: BTreeMap<u64, Lane>,
    /// Positions of the dead letters.
    #[serde(skip)]
    dead: BTreeSet<u64>,
    /// Dead letters, or that there is one no more, which are not on record yet.
    #[serde(skip)]
    letters: Vec<(u64, Option<DeadLetter>)>,
    /// Changes that are not on record yet.
    #[serde(skip)]
    changes: usize,
    /// Nothing is sent before: the receiver asked for it.
    #[serde(skip)]
    quiet_until: i64,
    /// Grows when the line is set back, so that what was under way then changes nothing.
    #[serde(skip)]
    generation: u64,
}

/// Events of one stream that are not delivered yet.
#[derive(Debug, Serialize, Deserialize)]
struct Lane {
    /// The stream; as earlier versions kept it, an identifier.
    #[serde(alias = "case")]
    stream: String,
    /// Events up to here are dealt with.
    after: u64,
    /// The last event that waits.
    last: u64,
    /// Failures of the first event that waits.
    tries: u32,
    /// When it first failed.
    since_ms: Option<i64>,
    /// When it last failed.
    tried_ms: i64,
    /// When it is sent again.
    due_ms: i64,
    #[serde(skip)]
    ready: Option<ReadyEvent>,
}

/// An event, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadyEvent {
    /// Its place in the ledger.
    pub(crate) seq: u64,
    /// Its kind.
    pub(crate) kind: String,
    /// The body that is sent.
    pub(crate) body: Vec<u8>,
}

/// Which lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// That of the stream.
    Stream,
    /// That of the dead letter at this position.
    Again(u64),
}

/// What goes next.
#[derive(Debug)]
pub struct Pick {
    /// Where it comes from.
    pub from: Origin,
    /// The event is the first of the stream after here that is subscribed to.
    pub(crate) after: u64,
    /// No event of the lane comes after here.
    pub(crate) last: u64,
    /// The event, unless it has to be read.
    pub(crate) ready: Option<ReadyEvent>,
}

/// Where what is sent comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The stream.
    pub stream: String,
    way: Way,
    generation: u64,
}

/// An event that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeadLetter {
    pub(crate) seq: u64,
    /// The stream; as earlier versions kept it, an identifier.
    #[serde(alias = "case")]
    pub(crate) stream: String,
    pub(crate) kind: String,
    /// When it first failed.
    pub(crate) since_ms: i64,
    /// When it was given up.
    pub(crate) at_ms: i64,
    /// How often it was sent.
    pub(crate) tries: u32,
    /// What the last failure was.
    pub(crate) why: String,
}

/// What has to be put on record.
#[derive(Debug)]
pub(crate) struct Unsaved {
    pub(crate) changes: usize,
    pub(crate) letters: Vec<(u64, Option<DeadLetter>)>,
    /// Whether the receiver said that it is gone.
    pub(crate) gone: bool,
}

/// How long to wait after failure number `tries`, in milliseconds; `chance` adds up to a quarter.
fn pause_ms(tries: u32, chance: u16) -> i64 {
    let doublings = tries.saturating_sub(1).min(32);
    let whole = PAUSE_MS.saturating_mul(1 << doublings).min(PAUSE_MAX_MS);
    (whole + whole / 4 * i64::from(chance) / i64::from(u16::MAX)).min(PAUSE_MAX_MS)
}

impl DeliveryState {
    /// A line that begins after a position.
    pub(crate) fn after(cursor: u64) -> Self {
        Self { cursor, changes: 1, ..Self::default() }
    }

    /// A line as it was put on record, with the positions of its dead letters.
    pub(crate) fn restore(body: &[u8], dead: BTreeSet<u64>) -> Result<Self, serde_json::Error> {
        let line: Self = serde_json::from_slice(body)?;
        Ok(Self { dead, paused_on_record: line.paused, ..line })
    }

    /// Gives the lanes of earlier versions, which were named by identifiers, the names of their streams; `stream_of`
    /// tells that of the record at a position. Lanes of one stream become one.
    pub(crate) fn name_lanes(&mut self, stream_of: impl Fn(u64) -> Option<String>) {
        let name = |mut lane: Lane| {
            if !lane.stream.contains('/') {
                lane.stream = stream_of(lane.last).unwrap_or(lane.stream);
            }
            lane
        };
        for lane in std::mem::take(&mut self.lanes).into_values().map(name) {
            match self.lanes.get_mut(&lane.stream) {
                Some(known) => (known.after, known.last) = (known.after.min(lane.after), known.last.max(lane.last)),
                None => _ = self.lanes.insert(lane.stream.clone(), lane),
            }
        }
        self.again = std::mem::take(&mut self.again).into_iter().map(|(seq, lane)| (seq, name(lane))).collect();
    }

    /// Where to read on, and how many events at most; none while there is no room.
    pub(crate) fn room(&self) -> (u64, usize) {
        let ahead = self.lanes.values().filter(|lane| lane.tries == 0).count();
        let room = AHEAD_MAX.saturating_sub(ahead).min(STREAMS_MAX.saturating_sub(self.lanes.len()));
        (self.cursor, if self.paused { 0 } else { room })
    }

    /// Takes the next event of the ledger, unless the line was set back meanwhile; `ready` is none where it is not
    /// subscribed to.
    pub(crate) fn take(&mut self, after: u64, seq: u64, stream: &str, ready: Option<ReadyEvent>, now: i64) {
        if self.cursor != after {
            return;
        }
        self.cursor = seq;
        self.changes += 1;
        let Some(ready) = ready else { return };
        match self.lanes.get_mut(stream) {
            Some(lane) => lane.last = seq,
            None => {
                let lane = Lane { ready: Some(ready), ..Lane::new(stream, seq, now) };
                self.lanes.insert(stream.to_owned(), lane);
            }
        }
    }

    /// What goes next, if anything is due: of each stream the first, and none of a stream that is `busy`.
    pub(crate) fn pick(&mut self, now: i64, busy: &HashSet<String>) -> Option<Pick> {
        if self.paused {
            return None;
        }
        // None is further away than it is long, unless the clock was set back since it was noted.
        self.quiet_until = self.quiet_until.min(now.saturating_add(QUIET_MAX_MS));
        let nearer =
            |lane: &mut Lane| lane.due_ms = lane.due_ms.min(now.saturating_add(pause_ms(lane.tries, u16::MAX)));
        self.lanes.values_mut().chain(self.again.values_mut()).for_each(nearer);
        if now < self.quiet_until {
            return None;
        }
        let generation = self.generation;
        let lanes = self.lanes.values_mut().map(|lane| (Way::Stream, lane));
        let lanes = lanes.chain(self.again.iter_mut().map(|(seq, lane)| (Way::Again(*seq), lane)));
        let due = lanes.filter(|(_, lane)| lane.due_ms <= now && !busy.contains(&lane.stream));
        let (way, lane) = due.min_by_key(|(_, lane)| lane.after)?;
        Some(Pick {
            from: Origin { stream: lane.stream.clone(), way, generation },
            after: lane.after,
            last: lane.last,
            ready: lane.ready.take(),
        })
    }

    /// When something is due next, apart from streams that are `busy`.
    pub(crate) fn next_due(&self, busy: &HashSet<String>) -> Option<i64> {
        if self.paused {
            return None;
        }
        let waiting = self.lanes.values().chain(self.again.values()).filter(|lane| !busy.contains(&lane.stream));
        waiting.map(|lane| lane.due_ms.max(self.quiet_until)).min()
    }

    /// An event was delivered.
    pub(crate) fn delivered(&mut self, from: &Origin, seq: u64, now: i64) {
        if self.in_a_row >= AWAY {
            for lane in self.lanes.values_mut().chain(self.again.values_mut()) {
                lane.due_ms = lane.due_ms.min(now.max(lane.tried_ms.saturating_add(AGAIN_MS)));
            }
        }
        (self.in_a_row, self.failing_since) = (0, None);
        self.changes += 1;
        if self.dead.remove(&seq) {
            self.letters.push((seq, None));
            self.again.remove(&seq);
        }
        self.pass(from, seq, now);
    }

    /// An event was refused. Says whether it is given up.
    pub(crate) fn failed(
        &mut self,
        from: &Origin,
        (seq, kind): (u64, &str),
        failure: &str,
        asked_ms: Option<i64>,
        chance: u16,
        now: i64,
    ) -> bool {
        let why: String = failure.chars().take(WHY_MAX).collect();
        self.changes += 1;
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.failing_since.get_or_insert(now);
        self.last_failure = Some((now, why.clone()));
        if let Some(asked) = asked_ms {
            self.quiet_until = self.quiet_until.max(now.saturating_add(asked.clamp(0, QUIET_MAX_MS)));
        }
        let Some(lane) = self.lane(from) else { return false };
        let since = *lane.since_ms.get_or_insert(now);
        (lane.tries, lane.tried_ms) = (lane.tries.saturating_add(1), now);
        let tries = lane.tries;
        if now.saturating_sub(since) < WINDOW_MS {
            // The last attempt comes when the time is up, not after.
            lane.due_ms = now.saturating_add(pause_ms(tries, chance)).min(since.saturating_add(WINDOW_MS));
            return false;
        }
        let (stream, kind) = (from.stream.clone(), kind.to_owned());
        self.dead.insert(seq);
        self.letters.push((seq, Some(DeadLetter { seq, stream, kind, since_ms: since, at_ms: now, tries, why })));
        while self.dead.len() > LETTERS_MAX {
            if let Some(oldest) = self.dead.pop_first() {
                self.letters.push((oldest, None));
                self.dropped += 1;
            }
        }
        self.pass(from, seq, now);
        true
    }

    /// The receiver wants nothing any more: nothing is sent until somebody resumes.
    pub(crate) fn gone(&mut self, failure: &str, now: i64) {
        (self.paused, self.gone) = (true, !self.paused_on_record);
        self.failing_since.get_or_insert(now);
        self.last_failure = Some((now, failure.to_owned()));
        self.changes += 1;
    }

    /// The event could not be read: it is due again a little later, and nothing is counted.
    pub(crate) fn put_off(&mut self, from: &Origin, until: i64) {
        if let Some(lane) = self.lane(from) {
            lane.due_ms = until;
        }
    }

    /// The event is dealt with; the stream's next one is due.
    pub(crate) fn pass(&mut self, from: &Origin, seq: u64, now: i64) {
        self.changes += 1;
        let Some(lane) = self.lane(from) else { return };
        if seq < lane.last {
            (lane.after, lane.tries, lane.since_ms, lane.due_ms) = (seq, 0, None, now);
            return;
        }
        match from.way {
            Way::Stream => self.lanes.remove(&from.stream),
            Way::Again(seq) => self.again.remove(&seq),
        };
    }

    /// The lane that something came from, unless the line was set back since.
    fn lane(&mut self, from: &Origin) -> Option<&mut Lane> {
        if from.generation != self.generation {
            return None;
        }
        match from.way {
            Way::Stream => self.lanes.get_mut(&from.stream),
            Way::Again(seq) => self.again.get_mut(&seq),
        }
    }

    /// Sends nothing until somebody resumes; what is under way ends.
    pub(crate) fn pause(&mut self) {
        (self.paused, self.gone) = (true, false);
        self.changes += 1;
    }

    /// Goes on at once with everything, with the whole time before anything is given up.
    pub(crate) fn resume(&mut self, now: i64) {
        (self.paused, self.gone, self.quiet_until, self.in_a_row) = (false, false, 0, 0);
        self.failing_since = None;
        for lane in self.lanes.values_mut().chain(self.again.values_mut()) {
            (lane.tries, lane.since_ms, lane.due_ms) = (0, None, now);
        }
        self.changes += 1;
    }

    /// Sends everything after a position again.
    pub(crate) fn set_back(&mut self, after: u64) {
        self.generation += 1;
        self.cursor = self.cursor.min(after);
        self.lanes.retain(|_, lane| {
            lane.last = lane.last.min(after);
            lane.ready = None;
            lane.after < lane.last
        });
        self.changes += 1;
    }

    /// Sends a dead letter again, beside what goes on. Says no when too many are on their way.
    pub(crate) fn retry(&mut self, letter: &DeadLetter, now: i64) -> bool {
        if self.again.len() >= AGAIN_MAX && !self.again.contains_key(&letter.seq) {
            return false;
        }
        self.again.insert(letter.seq, Lane::new(&letter.stream, letter.seq, now));
        self.changes += 1;
        true
    }

    /// Forgets a dead letter. Says whether there was one.
    pub(crate) fn discard(&mut self, seq: u64) -> bool {
        if !self.dead.remove(&seq) {
            return false;
        }
        self.again.remove(&seq);
        self.letters.push((seq, None));
        self.changes += 1;
        true
    }

    /// Whether there is a dead letter at this position.
    pub(crate) fn is_dead(&self, seq: u64) -> bool {
        self.dead.contains(&seq)
    }

    /// Whether a dead letter is on its way again.
    pub(crate) fn is_on_its_way(&self, seq: u64) -> bool {
        self.again.contains_key(&seq)
    }

    /// How many dead letters are kept.
    pub(crate) fn dead_letters(&self) -> usize {
        self.dead.len()
    }

    /// Up to where everything was delivered, passed over or given up.
    pub(crate) fn settled(&self) -> u64 {
        self.lanes.values().map(|lane| lane.after).min().map_or(self.cursor, |after| after.min(self.cursor))
    }

    /// How many streams wait for another attempt, and since when the first of them does.
    pub(crate) fn waiting(&self) -> (usize, Option<i64>) {
        let waiting = || self.lanes.values().filter_map(|lane| lane.since_ms);
        (waiting().count(), waiting().min())
    }

    /// Whether anything is not on record yet.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.changes > 0
    }

    /// What is not on record yet. It stays so until it is said to be [`Line::saved`].
    pub(crate) fn unsaved(&self) -> Unsaved {
        Unsaved { changes: self.changes, letters: self.letters.clone(), gone: self.gone }
    }

    /// Whether it is paused by the record, with what has to be put there.
    pub(crate) fn is_paused_on_record(&self) -> bool {
        self.paused_on_record || self.gone
    }

    /// As it is stored: paused where the record will say so, whatever is about to be put there beside.
    pub(crate) fn recorded<T>(&mut self, paused: bool, write: impl FnOnce(&Self) -> T) -> T {
        let now = std::mem::replace(&mut self.paused, paused);
        let written = write(self);
        self.paused = now;
        written
    }

    /// What was not on record yet now is, and whether it is paused.
    pub(crate) fn saved(&mut self, saved: &Unsaved, paused: bool) {
        self.paused_on_record = paused;
        self.gone &= !saved.gone;
        self.changes = self.changes.saturating_sub(saved.changes);
        self.letters.drain(..saved.letters.len().min(self.letters.len()));
    }
}

impl Lane {
    fn new(stream: &str, seq: u64, now: i64) -> Self {
        let (stream, after) = (stream.to_owned(), seq.saturating_sub(1));
        Self { stream, after, last: seq, tries: 0, since_ms: None, tried_ms: 0, due_ms: now, ready: None }
    }
}
