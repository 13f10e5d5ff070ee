//! What happens next: a heap of events, each with its moment, four to a node (LaMarca and Ladner, "The Influence of
//! Caches on the Performance of Heaps", 1996).

/// What happens to somebody, or to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A group has served a visitor.
    Served { group: u16, visit: u32 },
    /// The AI has done with a visitor.
    AiDone { visit: u32 },
    /// A visitor who waits gives up, if they still wait.
    GivesUp { visit: u32 },
    /// Somebody comes back.
    Returns { visit: u32 },
    /// As many of a group are to be at work as its next shift says.
    Shift { group: u16 },
    /// The AI goes, or is back.
    Outage { number: u32 },
    /// It may be somebody's turn by time alone.
    Turns,
}

impl Event {
    /// Of what happens at the same moment: who is done first, who comes later, and who is at work last.
    fn rank(self) -> u8 {
        match self {
            Self::Served { .. } | Self::AiDone { .. } => 0,
            Self::GivesUp { .. } => 1,
            Self::Returns { .. } => 2,
            Self::Shift { .. } | Self::Outage { .. } | Self::Turns => 3,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: f64,
    event: Event,
}

impl Entry {
    fn before(&self, other: &Self) -> bool {
        self.at < other.at || (self.at == other.at && self.event.rank() < other.event.rank())
    }
}

const ARITY: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Calendar {
    heap: Vec<Entry>,
}

impl Calendar {
    /// When the next event is; infinity where there is none.
    pub(super) fn next(&self) -> f64 {
        self.heap.first().map_or(f64::INFINITY, |entry| entry.at)
    }

    pub(super) fn push(&mut self, at: f64, event: Event) {
        if at == f64::INFINITY {
            return;
        }
        let mut hole = self.heap.len();
        let entry = Entry { at, event };
        self.heap.push(entry);
        while hole > 0 {
            let above = (hole - 1) / ARITY;
            match self.heap.get(above) {
                Some(parent) if entry.before(parent) => {
                    let parent = *parent;
                    self.put(hole, parent);
                    hole = above;
                }
                _ => break,
            }
        }
        self.put(hole, entry);
    }

    /// Takes the next event.
    pub(super) fn pop(&mut self) -> Option<(f64, Event)> {
        let first = *self.heap.first()?;
        let last = self.heap.pop()?;
        if !self.heap.is_empty() {
            self.sink(0, last);
        }
        Some((first.at, first.event))
    }

    /// Has everything of a kind happen at `now`.
    pub(super) fn hasten(&mut self, now: f64, which: impl Fn(Event) -> bool) {
        for entry in &mut self.heap {
            if which(entry.event) {
                entry.at = now;
            }
        }
        self.order();
    }

    /// Takes out so many of a kind, those that would happen last first.
    pub(super) fn withdraw(&mut self, most: usize, which: impl Fn(Event) -> bool) -> Vec<(f64, Event)> {
        let mut of_kind: Vec<Entry> = self.heap.iter().copied().filter(|entry| which(entry.event)).collect();
        of_kind.sort_by(|one, other| other.at.total_cmp(&one.at));
        of_kind.truncate(most);
        let is_taken = |event: Event| of_kind.iter().any(|taken| taken.event == event);
        self.heap.retain(|entry| !is_taken(entry.event));
        self.order();
        of_kind.into_iter().map(|entry| (entry.at, entry.event)).collect()
    }

    /// Makes a heap of what is there.
    fn order(&mut self) {
        for from in (0..self.heap.len() / ARITY + 1).rev() {
            if let Some(entry) = self.heap.get(from).copied() {
                self.sink(from, entry);
            }
        }
    }

    fn sink(&mut self, mut hole: usize, entry: Entry) {
        loop {
            let first = hole * ARITY + 1;
            let Some(children) = self.heap.get(first..self.heap.len().min(first + ARITY)) else { break };
            let mut least = None::<(usize, Entry)>;
            for (at, child) in (first..).zip(children) {
                if least.is_none_or(|(_, least)| child.before(&least)) {
                    least = Some((at, *child));
                }
            }
            match least {
                Some((at, child)) if child.before(&entry) => {
                    self.put(hole, child);
                    hole = at;
                }
                _ => break,
            }
        }
        self.put(hole, entry);
    }

    fn put(&mut self, at: usize, entry: Entry) {
        if let Some(place) = self.heap.get_mut(at) {
            *place = entry;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Calendar, Event};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_come_in_the_order_of_their_moments(moments in proptest::collection::vec(0u32..1_000, 0..300)) {
            let mut calendar = Calendar::default();
            for (visit, at) in (0..).zip(&moments) {
                calendar.push(f64::from(*at), Event::AiDone { visit });
            }
            calendar.hasten(3.0, |event| matches!(event, Event::AiDone { visit } if visit % 7 == 0));
            let mut expected: Vec<f64> = (0u32..)
                .zip(&moments)
                .map(|(visit, at)| if visit % 7 == 0 { 3.0 } else { f64::from(*at) })
                .collect();
            expected.sort_by(f64::total_cmp);
            let got: Vec<f64> = std::iter::from_fn(|| calendar.pop()).map(|(at, _)| at).collect();
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn of_what_happens_at_once_who_is_done_goes_first_and_shifts_end_last() {
        let mut calendar = Calendar::default();
        calendar.push(1.0, Event::Shift { group: 0 });
        calendar.push(1.0, Event::Returns { visit: 1 });
        calendar.push(1.0, Event::GivesUp { visit: 2 });
        calendar.push(1.0, Event::Served { group: 0, visit: 3 });
        calendar.push(f64::INFINITY, Event::Returns { visit: 4 });
        let order: Vec<u8> = std::iter::from_fn(|| calendar.pop()).map(|(_, event)| event.rank()).collect();
        assert_eq!(order, [0, 1, 2, 3]);
    }
}
