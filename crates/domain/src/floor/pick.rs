//! The next offer: the case that is worth most, and who gets it.

use super::{
    line::{CasePlace, ChannelQueue, Head},
    need::Need,
    state::Floor,
};
use crate::{
    case::Channel,
    id::{CaseId, ResponderId, StaffId, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::{collections::BinaryHeap, sync::Arc};

/// An offer to make, with what spoke for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pairing {
    /// What is offered.
    pub case: CaseId,
    /// To whom.
    pub staff: StaffId,
    /// The queue that offers.
    pub queue: ResponderId,
    /// On which channel.
    pub channel: Channel,
    /// Until when it can be answered.
    pub deadline: Timestamp,
    /// What serving the case now is worth, in minor units for each hour of waiting and hour of work
    /// ([`OfferTerms::index`](super::OfferTerms::index)).
    pub index: i64,
    /// How long the customer has waited, in milliseconds.
    pub waited_ms: i64,
    /// Whether it goes to whoever had it last, for that reason.
    pub returned: bool,
    /// People with room on the queue's channel who were looked at.
    pub considered: u32,
    /// Cases that come before it and that nobody with room could take: the first of each line and no more.
    pub passed_over: u32,
}

/// A line's head, and where the line is.
struct Candidate<'a> {
    /// Whether somebody with room came back for it.
    back: bool,
    head: Head,
    at: &'a (ResponderId, Channel),
    desk: &'a ChannelQueue,
    need: &'a Arc<Need>,
}

impl Ord for Candidate<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |candidate: &Self| (candidate.head.gravity, candidate.back, candidate.head);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.back == other.back && self.head == other.head
    }
}

impl Eq for Candidate<'_> {}

/// A line, by its desk and need.
type LineAt = ((ResponderId, Channel), Arc<Need>);

/// Who gets the first of a line.
enum Choice {
    Staff {
        staff: StaffId,
        returned: bool,
        considered: u32,
    },
    /// Nobody has room, or only those who passed.
    Nobody,
    /// All who could take it have passed on it: the round begins again.
    AllPassed(Vec<StaffId>),
}

impl Floor {
    /// The best offer now, or `None` if nobody with room can take anything. Spends the capacity; the offer is
    /// open until it is accepted or ends. Call it until it gives nothing.
    pub fn next(&mut self, now: Timestamp) -> Option<Pairing> {
        self.settle(now);
        loop {
            let mut stuck = vec![];
            let mut found = None;
            let mut round = None;
            let mut heads = self.heads(now);
            while let Some(Candidate { head, at, desk, need, .. }) = heads.pop() {
                match self.choose(at, desk, need) {
                    Choice::Staff { staff, returned, considered } => {
                        found = Some((head, staff, returned, considered));
                        break;
                    }
                    Choice::Nobody => stuck.push((at.clone(), Arc::clone(need))),
                    Choice::AllPassed(could) => {
                        round = Some(((at.clone(), Arc::clone(need)), could));
                        break;
                    }
                }
            }
            drop(heads);
            let passed_over = u32::try_from(stuck.len()).unwrap_or(u32::MAX);
            for (at, need) in stuck {
                if let Some(line) = self.desks.get_mut(&at).and_then(|desk| desk.lines.get_mut(&need)) {
                    line.stuck_at = Some(self.changes);
                }
            }
            match (round, found) {
                (Some((line, could)), _) => self.begin_round(&line, &could, now),
                (None, Some((head, staff, returned, considered))) => {
                    return self.offer(head, staff, now).map(|pairing| Pairing {
                        returned,
                        considered,
                        passed_over,
                        ..pairing
                    });
                }
                (None, None) => return None,
            }
        }
    }

    /// The heads of all lines that somebody with room might take.
    fn heads(&self, now: Timestamp) -> BinaryHeap<Candidate<'_>> {
        let open = self.desks.iter().filter(|(_, desk)| !desk.lines.is_empty() && !desk.free.is_empty());
        let candidates = open.flat_map(|(at, desk)| {
            let handling = self.handling_ms(&at.0);
            let moving = desk.lines.iter().filter(|(_, line)| line.stuck_at.is_none_or(|then| then < desk.changed));
            moving.filter_map(move |(need, line)| {
                let head = line.head(&self.terms, handling, now)?;
                let last = need.kept_for.as_ref().filter(|_| need.back).and_then(|last| self.people.get(last));
                let back = last
                    .is_some_and(|last| last.available() && last.has_room(at.1) && last.profile.can(&at.0, at.1, need));
                Some(Candidate { back, head, at, desk, need })
            })
        });
        candidates.collect::<Vec<_>>().into()
    }

    fn choose(&self, (queue, channel): &(ResponderId, Channel), desk: &ChannelQueue, need: &Need) -> Choice {
        if need.held_back {
            return Choice::Nobody;
        }
        if let Some(last) = &need.kept_for
            && let Some(person) = self.people.get(last)
            && person.available()
            && person.profile.can(queue, *channel, need)
        {
            let staff = last.clone();
            return match person.has_room(*channel) {
                true => Choice::Staff { staff, returned: true, considered: 1 },
                false => Choice::Nobody,
            };
        }
        let mut best: Option<(u64, Timestamp, u32, StaffId)> = None;
        let mut considered = 0;
        for (rank, profile) in &desk.free {
            if best.as_ref().is_some_and(|(share, idle, ..)| (*share, *idle) < (rank.share_bp, rank.idle_since)) {
                break;
            }
            considered += 1;
            if profile.meets(need) && need.leaves(&rank.id) {
                let levels = profile.levels(need);
                // Of equals the first by name is there already.
                if best.as_ref().is_none_or(|(_, _, most, _)| levels > *most) {
                    best = Some((rank.share_bp, rank.idle_since, levels, rank.id.clone()));
                }
            }
        }
        match best {
            Some((.., staff)) => Choice::Staff { staff, returned: false, considered },
            None if need.passed.is_empty() => Choice::Nobody,
            None => {
                let could = self.people.values().filter(|person| {
                    let (id, profile) = (&person.profile.id, &person.profile);
                    person.available() && profile.can(queue, *channel, need) && need.barred.binary_search(id).is_err()
                });
                let could: Vec<_> = could.map(|person| person.profile.id.clone()).collect();
                let all = could.len() > 1 && could.iter().all(|id| need.passed.binary_search(id).is_ok());
                if all { Choice::AllPassed(could) } else { Choice::Nobody }
            }
        }
    }

    /// Lets whoever passed first be offered the line's cases again, each case by itself.
    fn begin_round(&mut self, (at, need): &LineAt, could: &[StaffId], now: Timestamp) {
        let line = self.desks.get(at).and_then(|desk| desk.lines.get(need));
        let cases = line.iter().flat_map(|line| line.cases.values()).flat_map(|priced| &priced.waiting);
        let cases: Vec<_> = cases.map(|(_, case)| *case).collect();
        for case in cases {
            if let Some(mut entry) = self.unqueue(&case) {
                // `could` is in order of names.
                let first = entry.passes.iter().position(|pass| could.binary_search(&pass.staff).is_ok());
                if let Some(first) = first {
                    entry.passes.remove(first);
                }
                self.enqueue(entry, now);
            }
        }
    }

    fn offer(&mut self, head: Head, staff: StaffId, now: Timestamp) -> Option<Pairing> {
        let mut entry = self.unqueue(&head.case)?;
        let deadline = now.plus_ms(self.terms.offer_ms);
        let (queue, channel) = (entry.waiting.queue.clone(), entry.waiting.channel);
        entry.place = CasePlace::Offered { staff: staff.clone(), deadline };
        self.cases.insert(head.case, entry);
        self.deadlines.insert((deadline, head.case));
        self.spend(&staff, channel, now);
        Some(Pairing {
            case: head.case,
            staff,
            queue,
            channel,
            deadline,
            index: i64::try_from(head.index / 1_000).unwrap_or(i64::MAX),
            waited_ms: now.since(head.since),
            returned: false,
            considered: 0,
            passed_over: 0,
        })
    }
}
