//! What a bundle is made of: who may be given cases, queues with their hours, and articles.

use crate::{
    calendar::{Day, Hours, WallTime},
    local_time::local_time,
    manifest::{Breaker, LEVELS, OfTopic, Relax, Service},
};
use jiff::tz::TimeZone;
use remit_domain::{
    case::Channel,
    decision::{CandidateFacts, Collects, LocalTime, ResponderKind},
    floor::ANY_LANGUAGE,
    id::{OwnerId, ResponderId, Timestamp},
};
use std::{collections::BTreeMap, sync::Arc};

/// A responder as the bundle describes it.
#[derive(Debug, Clone)]
pub struct CandidateSpec {
    /// Its name.
    pub responder: ResponderId,
    /// What people call it.
    pub title: String,
    /// AI or queue.
    pub kind: ResponderKind,
    /// Who answers for its cases.
    pub accountable: OwnerId,
    /// What handling one case costs, in minor units.
    pub handling_minor: i64,
    /// The prior probability that it resolves a case, in basis points.
    pub prior_resolve_bp: i64,
    /// How many recorded outcomes the prior is worth.
    pub prior_weight: i64,
    /// Topics that it knows.
    pub topics: Vec<String>,
    /// What is other for a topic, by topic.
    pub by_topic: BTreeMap<String, OfTopic>,
    /// Where its clock hangs.
    pub(crate) zone: TimeZone,
    /// Languages that it speaks.
    pub languages: Vec<String>,
    /// The level of each, 1 to 5.
    pub language_levels: BTreeMap<String, u8>,
    /// Skills of its staff.
    pub skills: Vec<String>,
    /// How a queue works; none for an AI responder.
    pub queue: Option<QueueSpec>,
    /// How an AI responder is reached; none for a queue, and for one that works through the interface.
    pub service: Option<Service>,
    /// When an AI responder has to stop.
    pub breaker: Breaker,
    /// Milliseconds within which an AI responder answers that works through the interface.
    pub patience_ms: i64,
}

/// How a queue works.
#[derive(Debug, Clone)]
pub struct QueueSpec {
    /// Milliseconds to the first reply that are promised.
    pub sla_ms: i64,
    /// Milliseconds to a later reply that are promised.
    pub next_reply_ms: i64,
    /// Milliseconds to the end that are promised, if any are.
    pub resolution_ms: Option<i64>,
    /// Staff on duty while it is open.
    pub servers: u32,
    /// Mean milliseconds that a case takes.
    pub handling_ms: i64,
    /// Mean milliseconds after which a waiting customer gives up; 0 if they never do.
    pub patience_ms: i64,
    /// The least level of each skill that a member of staff needs.
    pub needs: BTreeMap<String, u8>,
    /// What is no longer asked of staff after a case has waited.
    pub relax: Vec<Relax>,
    /// Channels of which cases wait in it while it is closed.
    pub collects: Vec<Channel>,
    /// Channels of which cases that nobody else may have wait in it while it is closed, to be called back.
    pub calls_back: Vec<Channel>,
    /// Whether the bundle says so, or it is what is so where nothing is said.
    pub says_calls_back: bool,
    pub(super) hours: Arc<Hours>,
}

/// An article for the built-in AI responder.
#[derive(Debug, Clone)]
pub struct Article {
    /// The file.
    pub file: String,
    /// Its title.
    pub title: String,
    /// What it says, in Markdown, without what stands before it for Remit alone.
    pub text: String,
    /// Questions that it answers.
    pub answers: Vec<String>,
    /// Questions near its subject that it does not answer.
    pub not: Vec<String>,
    /// The language that it is written in, such as `de`.
    pub language: Option<String>,
}

pub(super) const MANIFEST: &str = "bundle.toml";

impl QueueSpec {
    /// The moment at which `work` of the queue's opening hours have passed since `from`, in milliseconds.
    pub fn after(&self, from: Timestamp, work_ms: i64) -> Option<Timestamp> {
        self.hours.after(from.0, work_ms).map(Timestamp)
    }

    /// How long it is from `from` until `work_ms` of the queue's opening hours have passed, in milliseconds: what it is
    /// closed between counts too, as it does for what is promised.
    pub fn elapsed_ms(&self, from: Timestamp, work_ms: i64) -> i64 {
        if work_ms <= 0 {
            return work_ms;
        }
        self.after(from, work_ms).map_or(i64::MAX, |at| at.since(from))
    }

    /// The queue's opening hours between two moments, in milliseconds; none where they are the other way round.
    pub fn worked_ms(&self, from: Timestamp, until: Timestamp) -> i64 {
        self.hours.worked_ms(from.0, until.0)
    }

    /// The first moment from `from` on at which it is open; none if that is years away.
    pub fn opens(&self, from: Timestamp) -> Option<Timestamp> {
        self.hours.opens(from.0).map(Timestamp)
    }

    /// A moment by the clock on the wall there, such as `2026-03-10 10:00:00 Europe/London`; none in UTC.
    pub fn local(&self, at: Timestamp) -> Option<String> {
        self.hours.local(at.0)
    }

    /// The moment at which it opens, if it is closed at `now`; none while it is open, and where that is years away.
    pub fn reopens(&self, now: Timestamp) -> Option<Timestamp> {
        self.hours.reopens(now.0).map(Timestamp)
    }

    /// The first moment after `now` at which it opens or closes; none if that is years away.
    pub fn changes(&self, now: Timestamp) -> Option<Timestamp> {
        self.hours.changes(now.0).map(Timestamp)
    }

    /// The moment at which it closed, if it is closed at `now`; none while it is open, and where it was not for years.
    pub fn closed_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.hours.closed_since(now.0).map(Timestamp)
    }

    /// A moment as the clock on the wall there shows it.
    pub fn wall_time(&self, at: Timestamp) -> Option<WallTime> {
        self.hours.wall_time(at.0)
    }

    /// That a case of this channel waits in it at `now`, since it is closed and opens again.
    pub fn collects(&self, channel: Channel, now: Timestamp) -> Option<Collects> {
        let calls_back = self.calls_back.contains(&channel);
        if !calls_back && !self.collects.contains(&channel) {
            return None;
        }
        Some(Collects { opens: self.reopens(now)?, calls_back })
    }

    /// Its opening times on so many days from a date on, such as `2026-12-24`.
    ///
    /// # Errors
    /// When that is no date.
    pub fn days(&self, from: &str, days: usize) -> Result<Vec<Day>, String> {
        self.hours.days(from, days)
    }

    /// Whether it is ever closed.
    pub fn closes(&self) -> bool {
        !self.hours.is_always()
    }

    /// The IANA name of its time zone.
    pub fn zone(&self) -> &str {
        self.hours.zone_name()
    }
}

impl CandidateSpec {
    /// What is true of it while it is open and has nothing to do.
    pub fn idle(&self) -> CandidateFacts {
        CandidateFacts {
            handling_minor: self.handling_minor,
            prior_bp: self.prior_resolve_bp,
            prior_weight: self.prior_weight,
            ..CandidateFacts::idle(self.responder.clone(), self.kind, self.accountable.clone())
        }
    }

    /// What handling a case about `topic` costs, in minor units, and with which prior probability it resolves one, in
    /// basis points, worth how many outcomes.
    pub fn for_topic(&self, topic: &str) -> (i64, i64, i64) {
        let of = self.by_topic.get(topic);
        (
            of.and_then(|of| of.handling_minor).unwrap_or(self.handling_minor),
            of.and_then(|of| of.prior_resolve_bp).unwrap_or(self.prior_resolve_bp),
            of.and_then(|of| of.prior_weight).unwrap_or(self.prior_weight),
        )
    }

    /// The level in which it speaks a language as its bundle says, 0 if it does not; 5 for a case of which the
    /// language is not known, which anybody may answer.
    pub fn language_level(&self, language: &str) -> u8 {
        match language {
            "" | ANY_LANGUAGE => *LEVELS.end(),
            language => self.language_levels.get(language).copied().unwrap_or(0),
        }
    }

    /// Mean milliseconds that a case about `topic` takes, where that is other than for all else.
    pub fn handling_ms_of(&self, topic: &str) -> Option<i64> {
        let minutes = self.by_topic.get(topic)?.handling_minutes?;
        Some(i64::from(minutes) * 60_000)
    }

    /// What the clock shows where it works; none for a moment out of all calendars.
    pub fn local_time(&self, now: Timestamp) -> Option<LocalTime> {
        local_time(&self.zone, now)
    }

    /// Whether it takes work at this moment; an AI responder always does.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.queue.as_ref().is_none_or(|queue| queue.hours.is_open(now.0))
    }
}
