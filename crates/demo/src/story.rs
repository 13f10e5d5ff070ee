//! What is told at the end: the numbers of the day, and a handful of moments with what to look at.

use super::{
    board::{Board, Case, Closed, Whereabouts},
    clock::time_of_day,
    moment::{Moment, first, short},
    night::{self, Night},
    world::World,
};
use remit_app::{
    case::query::PAGE_MAX,
    input::{ListCases, ListPart},
    operation,
};
use remit_command::shown::counted;
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

/// The day in numbers.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    pub(super) cases: usize,
    /// Messages for which no case was acknowledged, and why the first was not.
    pub(super) refused: usize,
    pub(super) first_refusal: Option<String>,
    pub(super) trouble: Option<String>,
    pub(super) by_ai_alone: usize,
    pub(super) by_people: usize,
    /// Of these, how many an AI responder had answered or given up before.
    pub(super) by_people_after_ai: usize,
    /// Open cases by who has them.
    pub(super) open: BTreeMap<String, usize>,
    /// Closed desks at which some of them wait.
    pub(super) closed: Vec<Closed>,
    /// The night, where the bundle has one.
    pub(super) night: Option<Night>,
    /// Acknowledged cases that the server lists as open without a holder, or not at all.
    pub(super) lost: usize,
    pub(super) sent_to: BTreeMap<String, usize>,
    pub(super) ai_answers: BTreeMap<String, u64>,
    pub(super) yields: BTreeMap<String, u64>,
    pub(super) taken_from_ai: u64,
    pub(super) offers: u64,
    pub(super) accepted: u64,
    pub(super) offers_ended: BTreeMap<String, u64>,
    pub(super) handoffs: u64,
    pub(super) reopened: u64,
    pub(super) median_first_reply_ms: i64,
    pub(super) sla_kept: usize,
    pub(super) sla_missed: usize,
    pub(super) sla_at_risk: u64,
    pub(super) exceptions: BTreeMap<String, usize>,
    pub(super) exceptions_open: usize,
    pub(super) stopped: Vec<Stop>,
    pub(super) moved_by_stop: u64,
    /// Writes under a lease that had ended: refused, and not refused.
    pub(super) stale_refused: u64,
    pub(super) talked_over: u64,
    /// Of the refused, those for the lease alone.
    pub(super) lease_lost: u64,
    /// Other requests that came after a case had moved on.
    pub(super) late: u64,
    pub(super) staff: Vec<Worked>,
    pub(super) events: u64,
    /// What AI responders asked to have done for customers.
    pub(super) requests: Vec<Requested>,
    pub(super) moments: Vec<Moment>,
}

/// That an AI responder was stopped for an intent.
#[derive(Debug, Serialize)]
pub(super) struct Stop {
    pub(super) responder: String,
    pub(super) intent: String,
    pub(super) at: String,
    pub(super) owner: String,
    pub(super) failed: u64,
    pub(super) of: u64,
    pub(super) tolerance_bp: i64,
    /// So many to one, and from how many to one on it is stopped.
    pub(super) evidence: f64,
    pub(super) threshold: f64,
}

/// What one member of staff did.
#[derive(Debug, Serialize)]
pub(super) struct Worked {
    pub(super) name: String,
    pub(super) first_name: String,
    pub(super) taken: u32,
    pub(super) resolved: u32,
    pub(super) occupancy_percent: i64,
}

/// What an AI responder asked to have done.
#[derive(Debug, Serialize)]
pub(super) struct Requested {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) shown: String,
    pub(super) by: String,
    /// Who said yes: `customer`, or a member of staff by name.
    pub(super) said_yes: Vec<String>,
    /// What became of it, in words.
    pub(super) how: String,
}

impl Story {
    /// Whether all went as it should: every message became a case that somebody has, and nobody talked over anybody.
    pub(super) fn is_good(&self) -> bool {
        let counted = self.by_ai_alone + self.by_people + self.open.values().sum::<usize>();
        self.cases > 0
            && counted >= self.cases
            && self.refused == 0
            && self.lost == 0
            && self.talked_over == 0
            && self.trouble.is_none()
    }
}

/// The day so far.
pub(super) fn story(world: &World) -> Story {
    let lost = lost(world);
    let moments = moments(world);
    let requests = requested(world);
    let night = night::told(world);
    let board = world.board();
    let told = world.told();
    let ours = || board.cases.values().filter(|case| case.number.is_some());
    let resolved = |by_people: bool| {
        ours().filter(move |case| case.resolved.is_some() && matches!(case.place, Whereabouts::Ai(_)) != by_people)
    };
    let mut replies: Vec<i64> = ours().filter_map(|case| Some(case.first_reply? - case.opened)).collect();
    replies.sort_unstable();
    let replied = |case: &&Case| case.first_reply.is_some();
    let mut exceptions: BTreeMap<String, usize> = BTreeMap::new();
    for exception in board.exceptions.values() {
        *exceptions.entry(exception.kind.clone()).or_default() += 1;
    }
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for case in ours().filter(|case| case.resolved.is_none()) {
        let holder = match &case.place {
            Whereabouts::Nowhere => "nobody",
            Whereabouts::Ai(name) | Whereabouts::Queue(name) | Whereabouts::Staff(name) | Whereabouts::Owner(name) => {
                name
            }
        };
        *open.entry(holder.to_owned()).or_default() += 1;
    }
    let number = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    let counts = &board.counts;
    Story {
        cases: told.tally.cases,
        refused: told.tally.refused,
        first_refusal: told.tally.first_refusal.clone(),
        trouble: told.trouble.clone(),
        by_ai_alone: resolved(false).count(),
        by_people: resolved(true).count(),
        by_people_after_ai: resolved(true).filter(|case| case.ai_answers > 0 || case.yielded.is_some()).count(),
        open,
        closed: told.closed.clone(),
        night,
        lost,
        sent_to: told.tally.to.clone(),
        ai_answers: counts.ai_answers.clone(),
        yields: counts.yields.clone(),
        taken_from_ai: counts.taken_from_ai,
        offers: counts.offers,
        accepted: counts.accepted,
        offers_ended: counts.offers_ended.clone(),
        handoffs: counts.handoffs,
        reopened: counts.reopened,
        median_first_reply_ms: replies.get(replies.len() / 2).copied().unwrap_or(0),
        sla_kept: ours().filter(replied).filter(|case| !case.missed).count(),
        sla_missed: ours().filter(|case| case.missed).count(),
        sla_at_risk: counts.sla_at_risk,
        exceptions,
        exceptions_open: board.exceptions.values().filter(|exception| exception.resolved.is_none()).count(),
        stopped: stops(&board),
        moved_by_stop: counts.moved_by_stop,
        stale_refused: number(&world.numbers.stale),
        talked_over: number(&world.numbers.talked_over),
        lease_lost: number(&world.numbers.lease_lost),
        late: number(&world.numbers.late),
        staff: staff(world, &board),
        events: counts.events,
        requests,
        moments,
    }
}

/// What became of each request that came of an errand.
fn requested(world: &World) -> Vec<Requested> {
    let whole = |request: &Value| {
        let id = request.get("id").and_then(Value::as_str)?;
        world.expect(world.lead.get(operation::GetRequest, &[id]))
    };
    let requests = world.requested();
    requests.iter().filter_map(whole).map(|request| Requested::of(&request)).collect()
}

impl Requested {
    fn of(request: &Value) -> Self {
        let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let given = request.get("confirmations").and_then(Value::as_array).into_iter().flatten();
        let given = given.filter_map(|given| given.get("staff").or_else(|| given.get("by"))?.as_str());
        let said_yes: Vec<String> = given.map(ToOwned::to_owned).collect();
        let attempts = request.pointer("/execution/attempts").and_then(Value::as_u64).unwrap_or(0);
        let denied = || {
            let reasons = request.pointer("/verdict/policies").and_then(Value::as_array).into_iter().flatten();
            reasons.filter_map(|policy| policy.get("reason")?.as_str()).collect::<Vec<_>>().join("; ")
        };
        let how = match (text("/state").as_str(), text("/effect/agrees").as_str()) {
            ("done", "agrees") if attempts > 1 => {
                format!("the back office gave no answer, and was found to have done it: {}", text("/effect/reference"))
            }
            ("done", "agrees") => format!("done once, as asked for: {}", text("/effect/reference")),
            ("done", _) => format!(
                "the back office did something else than was asked for ({}), and somebody has to look",
                text("/effect/reference")
            ),
            ("declined", _) if text("/verdict/answer") == "deny" => format!("policy denied it: {}", denied()),
            ("declined", _) => "somebody who was to say yes said no".to_owned(),
            ("expired", _) => "nobody said yes in time".to_owned(),
            ("withdrawn", _) if !text("/void").is_empty() => format!("void, since this had changed: {}", text("/void")),
            ("failed" | "unknown", _) => text("/effect/why"),
            _ => String::new(),
        };
        Self {
            id: text("/id"),
            state: text("/state"),
            shown: text("/shown"),
            by: text("/asked_by/name"),
            said_yes,
            how,
        }
    }
}

fn stops(board: &Board) -> Vec<Stop> {
    let stop = |(at, stopped): &(i64, super::events::Stopped)| Stop {
        responder: stopped.responder.clone(),
        intent: stopped.intent.clone(),
        at: time_of_day(*at),
        owner: stopped.owner.clone(),
        failed: stopped.failed,
        of: stopped.failed + stopped.resolved,
        tolerance_bp: stopped.tolerance_bp,
        evidence: stopped.evidence(),
        threshold: stopped.threshold(),
    };
    board.stopped.iter().map(stop).collect()
}

fn staff(world: &World, board: &Board) -> Vec<Worked> {
    let worked = |person: &super::person::Person| {
        let shift = board.shifts.get(&person.name)?;
        Some(Worked {
            name: person.name.clone(),
            first_name: person.first_name.clone(),
            taken: shift.taken,
            resolved: shift.resolved,
            occupancy_percent: shift.occupancy(),
        })
    };
    let mut staff: Vec<Worked> = world.people.iter().filter_map(worked).collect();
    staff.sort_by(|a, b| b.resolved.cmp(&a.resolved).then(a.name.cmp(&b.name)));
    staff
}

/// Acknowledged cases that the server does not list, or lists as open without a holder.
fn lost(world: &World) -> usize {
    let mut listed = BTreeSet::new();
    let mut asked = ListCases { limit: Some(PAGE_MAX), ..ListCases::default() };
    loop {
        let page = world.expect(world.lead.get_with(operation::ListCases, &[], &asked));
        let Some(page) = page else { break };
        for case in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            let text = |pointer: &str| case.pointer(pointer).and_then(Value::as_str);
            let held = text("/holder/name").is_some() && text("/accountable").is_some();
            if let Some(id) = text("/id").filter(|_| held || text("/status") == Some("resolved")) {
                listed.insert(id.to_owned());
            }
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) => asked.after = Some(next.to_owned()),
            None => break,
        }
    }
    world.board().cases.iter().filter(|(id, case)| case.number.is_some() && !listed.contains(*id)).count()
}

fn moments(world: &World) -> Vec<Moment> {
    let day = [quoted(world), gave_up(world), stopped(world), exception(world), stale(world)];
    day.into_iter().flatten().chain(night::moments(world)).collect()
}

/// An AI responder answered, and that was enough.
fn quoted(world: &World) -> Option<Moment> {
    let (id, _) = first(&world.board(), |case| {
        let ai = matches!(&case.place, Whereabouts::Ai(name) if name != super::bad_ai::RESPONDER);
        ai && case.number.is_some() && case.ai_answers == 1 && case.taken_by.is_empty() && case.resolved.is_some()
    })?;
    let messages = world.expect(world.lead.get_with(operation::ListMessages, &[&id], &ListPart::longest()))?;
    let by = world.board().cases.get(&id)?.answered_by.clone()?;
    let said = |author: &str| {
        let mut messages = messages.get("items")?.as_array()?.iter();
        let message = messages.find(|message| message.get("author").and_then(Value::as_str) == Some(author))?;
        message.get("text")?.as_str().map(ToOwned::to_owned)
    };
    let (asked, answer) = (said("requester")?, said(&by)?);
    let told = format!(
        "“{}” — {by} answered “{}” The customer was content, and no person was needed.",
        short(&asked, 110),
        short(&answer, 190)
    );
    Some(Moment { what: "An AI answered, by quoting an article", told, look: Some(format!("case show {id}")) })
}

/// An AI responder was not sure, or the customer wanted a person, and somebody took it.
fn gave_up(world: &World) -> Option<Moment> {
    let board = world.board();
    let known = |case: &Case| case.number.is_some() && case.resolved.is_some() && case.taken_by.len() == 1;
    let wanted_a_person = |case: &Case| known(case) && case.asked_for_human && case.ai_answers > 0;
    let found =
        first(&board, |case| known(case) && case.yielded.is_some()).or_else(|| first(&board, wanted_a_person))?;
    let (id, number) = found;
    let case = board.cases.get(&id)?;
    let person = world.people.iter().find(|person| Some(&person.name) == case.taken_by.first());
    let person = person.map_or("Somebody", |person| &person.first_name);
    let asked = short(&world.messages.get(number)?.text, 110);
    let minutes = |at: Option<i64>| at.map_or(0, |at| (at - case.opened) / 60_000);
    let why = match &case.yielded {
        Some((ai, reason, _)) => format!("{ai} gave it up: {}", reason.replace('_', " ")),
        None => "an AI had answered, and the customer wanted a person".to_owned(),
    };
    let told = format!(
        "“{asked}” — {why}. {person} took it with the whole conversation, and it was done {} after it came in.",
        counted(minutes(case.resolved), "minute", "minutes")
    );
    let look = match &case.yielded {
        Some((_, _, decision)) => format!("explain {decision}"),
        None => format!("case show {id}"),
    };
    Some(Moment { what: "An AI stepped back, and a person took over", told, look: Some(look) })
}

/// The AI service that turned bad was stopped.
fn stopped(world: &World) -> Option<Moment> {
    let board = world.board();
    let turned = world.told().turned_bad;
    let of_the_bad = |(at, stop): &&(i64, super::events::Stopped)| {
        stop.responder == super::bad_ai::RESPONDER && turned.is_some_and(|turned| *at >= turned)
    };
    let (at, stop) = board.stopped.iter().find(of_the_bad)?;
    let bad = turned.map_or_else(String::new, |turned| {
        format!("At {} the service behind {} began to talk rubbish. ", time_of_day(turned), stop.responder)
    });
    let others = match board.stopped.iter().filter(of_the_bad).count() - 1 {
        0 => String::new(),
        n => format!(" So it went with {n} more of its intents."),
    };
    let moved = match board.counts.moved_by_stop {
        0 => String::new(),
        n => format!(" {} that it held moved on at once.", counted(n, "case", "cases")),
    };
    let told = format!(
        "{bad}At {} it was stopped for “{}”: {} of its {} outcomes were failures where {} in 100 are tolerated. The \
         evidence stood at {:.0} to 1; {:.0} to 1 is enough. The stop is {}'s to answer for.{moved}{others}",
        time_of_day(*at),
        stop.intent.replace('_', " "),
        stop.failed,
        stop.failed + stop.resolved,
        stop.tolerance_bp / 100,
        stop.evidence(),
        stop.threshold(),
        stop.owner
    );
    let of_intent = board.cases.values().find_map(|case| case.moved_by_stop.clone());
    let look = of_intent.map(|decision| format!("explain {decision}"));
    Some(Moment { what: "An AI turned bad, and was stopped by its own record", told, look })
}

/// Work that left the standard path had an owner.
fn exception(world: &World) -> Option<Moment> {
    let board = world.board();
    let rank = |kind: &str| ["no_responder", "handoff_limit", "raised"].iter().position(|known| *known == kind);
    let told =
        board.exceptions.values().min_by_key(|e| (rank(&e.kind).unwrap_or(9), e.resolved.is_none(), e.raised))?;
    let why = match told.kind.as_str() {
        "no_responder" => "nobody could take a case",
        "handoff_limit" => "a case had changed hands too often",
        "raised" => "a member of staff found that a case needed more than the desk may decide",
        "sla_missed" => "a promised time was missed",
        _ => "a case left the standard path",
    };
    let end = match (told.taken, told.resolved) {
        (_, Some(at)) => format!("It was resolved, with a reason, at {}.", time_of_day(at)),
        (Some(_), None) => "Somebody is on it.".to_owned(),
        (None, None) if told.escalated => "Nobody took it in time, so it was escalated there.".to_owned(),
        (None, None) => "It is still to be seen to.".to_owned(),
    };
    let text = format!("At {} {why}. It went to {}. {end}", time_of_day(told.raised), told.owner);
    Some(Moment { what: "An exception had an owner", told: text, look: Some(format!("case show {}", told.case)) })
}

/// Nobody talks over anybody.
fn stale(world: &World) -> Option<Moment> {
    let refused = world.numbers.stale.load(Ordering::Relaxed);
    let case = world.told().stale_case.clone()?;
    let times = counted(refused, "time", "times");
    let told = format!(
        "{times} somebody pressed “send” in a window left open, or after giving the case back. Every one was \
         refused; not a word reached the customer."
    );
    Some(Moment { what: "Nobody talked over anybody", told, look: Some(format!("case show {case}")) })
}
