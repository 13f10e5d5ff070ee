//! The night, of a bundle whose desks collect while they are closed: what comes in meanwhile, and the openings at which
//! it is taken up.

use super::{
    agenda::Deed,
    board::{Case, Closed, Whereabouts},
    clock::HOUR_MS,
    moment::{self, Moment, short},
    world::World,
};
use remit_app::{
    environment::clock::{Clock as _, rfc3339},
    input::ListPart,
    operation,
};
use remit_command::{shown::counted, traffic::Message};
use remit_domain::id::Timestamp;
use remit_policy::bundle::{Bundle, CandidateSpec, QueueSpec};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;
/// How far ahead a night is looked for, in hours.
const NIGHT_WITHIN: i64 = 7 * 24;
/// How far ahead an opening is waited for: over a long weekend.
const OPENS_WITHIN: i64 = 4 * 24 * HOUR_MS;
/// In how long all that is played of a night comes in.
const COMES_IN_WITHIN: i64 = 30 * MINUTE;
/// How long before a desk opens its people come.
const COMES_BEFORE: i64 = 2 * MINUTE;
/// One in so many messages comes in at night.
const AT_NIGHT: usize = 6;
/// How many of them at most.
const AT_NIGHT_MAX: usize = 30;

/// What the night is told to have been.
#[derive(Debug, Serialize)]
pub(super) struct Night {
    /// When it began.
    pub(super) began: String,
    /// Desks at which cases waited when people went home, and at which some waited at night, with when they opened.
    pub(super) left: Vec<Closed>,
    pub(super) closed: Vec<Closed>,
    /// Cases that came in at night.
    pub(super) cases: usize,
    pub(super) by_ai: usize,
    /// Those that AI responders answered alone.
    pub(super) elsewhere: BTreeMap<String, usize>,
    /// Those whose customers were told when the desk opens, and those who were promised to be called back then.
    pub(super) collected: usize,
    pub(super) called_back: usize,
    /// Those that nobody may have who answers usually, so that they are somebody's to see to.
    pub(super) owned: usize,
    /// Of those that closed desks kept, those that somebody took once the desk was open, and before it was.
    pub(super) taken_up: usize,
    pub(super) taken_before: usize,
    /// Minutes after the opening within which half of those were taken.
    pub(super) median_minutes: i64,
}

/// Parts the messages of a day from those of the night that follows; all are the day's where the bundle has no night.
pub(super) fn parted(messages: Vec<Message>, bundle: &Bundle) -> (Vec<Message>, Vec<Message>) {
    if collecting(bundle).next().is_none() {
        return (messages, Vec::new());
    }
    // Spread over all, so that nothing is of the one alone that is of both.
    let every = AT_NIGHT.max(messages.len().div_ceil(AT_NIGHT_MAX));
    let (night, day): (Vec<_>, Vec<_>) =
        messages.into_iter().enumerate().partition(|(number, _)| number % every == every - 1);
    let only = |of: Vec<(usize, Message)>| of.into_iter().map(|(_, message)| message).collect();
    (only(day), only(night))
}

/// The first moment after `from`, within a week, at which most desks are closed that collect and open again soon.
fn begins(bundle: &Bundle, from: Timestamp) -> Option<Timestamp> {
    let whole = Timestamp(from.0 - from.0.rem_euclid(HOUR_MS));
    let mut best = (0, None);
    for at in (1..NIGHT_WITHIN).map(|hour| whole.plus_ms(hour * HOUR_MS)) {
        let stays_closed = |(spec, queue): &(&CandidateSpec, &QueueSpec)| {
            let opens = queue.reopens(at).filter(|_| !spec.is_open(at));
            opens.is_some_and(|opens| (COMES_IN_WITHIN..OPENS_WITHIN).contains(&opens.since(at)))
        };
        let closed = collecting(bundle).filter(stays_closed).count();
        if closed > best.0 {
            best = (closed, Some(at));
        }
    }
    best.1
}

/// The desks that collect while they are closed.
fn collecting(bundle: &Bundle) -> impl Iterator<Item = (&CandidateSpec, &QueueSpec)> {
    let desks = bundle.candidates().iter().filter_map(|spec| Some((spec, spec.queue.as_ref()?)));
    desks.filter(|(_, queue)| queue.closes() && !queue.collects.is_empty())
}

/// Plays the night; `settle` waits until nobody has anything left to do, and says whether to go on.
pub(super) fn play(world: &World, settle: &dyn Fn() -> bool) -> bool {
    // What the day leaves at a desk that is closed is taken up first.
    let left = waiting(world);
    world.all_go_home();
    if !openings(world, settle) {
        return false;
    }
    let now = world.clock.now();
    let begins = begins(&world.bundle, now).unwrap_or(now);
    world.agenda.forget_breaks();
    world.forward(begins);
    world.shift(begins);
    world.plan_arrivals(world.day..world.messages.len(), COMES_IN_WITHIN);
    if !settle() {
        return false;
    }
    let closed = waiting(world);
    world.all_go_home();
    world.told().night = Some((begins.0, left, closed));
    openings(world, settle)
}

/// Has each desk open at which cases wait, one after the other, with those at work who work then.
fn openings(world: &World, settle: &dyn Fn() -> bool) -> bool {
    // What nobody may take at a desk waits there for ever.
    for _ in 0..2 * world.bundle.candidates().len() {
        let now = world.clock.now();
        let next = waiting(world).iter().filter_map(|desk| desk.at).min();
        let Some(next) = next.filter(|at| *at - now.0 < OPENS_WITHIN) else { break };
        let opens = Timestamp(next);
        world.agenda.forget_breaks();
        world.forward(opens.plus_ms(-COMES_BEFORE));
        world.shift(opens);
        world.agenda.after(opens.since(world.clock.now()) + MINUTE, Deed::Wait);
        if !settle() {
            return false;
        }
        world.all_go_home();
    }
    true
}

/// The desks that are closed, though cases wait there that nobody has taken.
pub(super) fn waiting(world: &World) -> Vec<Closed> {
    let now = world.clock.now();
    let mut waiting: BTreeMap<String, usize> = BTreeMap::new();
    for case in world.board().cases.values().filter(|case| case.number.is_some() && case.resolved.is_none()) {
        if let Whereabouts::Queue(name) = &case.place {
            *waiting.entry(name.clone()).or_default() += 1;
        }
    }
    let closed = waiting.into_iter().filter_map(|(name, waiting)| {
        let spec = desk(&world.bundle, &name)?;
        let queue = spec.queue.as_ref().filter(|_| !spec.is_open(now))?;
        let at = queue.reopens(now);
        let opens = at.map(|at| queue.local(at).unwrap_or_else(|| rfc3339(at)));
        Some(Closed { queue: name, waiting, opens, at: at.map(|at| at.0) })
    });
    closed.collect()
}

fn desk<'b>(bundle: &'b Bundle, name: &str) -> Option<&'b CandidateSpec> {
    bundle.candidates().iter().find(|spec| spec.responder.as_str() == name)
}

/// What the night was.
pub(super) fn told(world: &World) -> Option<Night> {
    let (began, left, closed) = world.told().night.clone()?;
    let board = world.board();
    let ours = || board.cases.values().filter(|case| is_of_night(world, case));
    let mut elsewhere: BTreeMap<String, usize> = BTreeMap::new();
    for desk in ours().filter(|case| case.promised.is_none()).filter_map(|case| case.first_desk.as_ref()) {
        *elsewhere.entry(desk.clone()).or_default() += 1;
    }
    let promised = |calls_back: bool| {
        ours().filter(move |case| case.promised.as_ref().is_some_and(|promised| promised.calls_back == calls_back))
    };
    let after = |case: &Case| Some(case.taken? - case.promised.as_ref()?.opens);
    let mut after: Vec<i64> = ours().filter_map(after).collect();
    after.sort_unstable();
    let of_ai = ours().filter(|case| case.first_desk.is_none() && case.answered_by.is_some()).count();
    let at_desks = ours().filter(|case| case.first_desk.is_some()).count();
    Some(Night {
        began: moment::beginning(began),
        left,
        closed,
        cases: ours().count(),
        by_ai: of_ai,
        owned: ours().count() - of_ai - at_desks,
        elsewhere,
        collected: promised(false).count(),
        called_back: promised(true).count(),
        taken_up: after.iter().filter(|after| **after >= 0).count(),
        taken_before: after.iter().filter(|after| **after < 0).count(),
        median_minutes: after.get(after.len() / 2).copied().unwrap_or(0) / MINUTE,
    })
}

fn is_of_night(world: &World, case: &Case) -> bool {
    case.number.is_some_and(|number| number >= world.day)
}

/// A case that a closed desk kept, one whose customer was called back, and one that went to a desk that was open.
pub(super) fn moments(world: &World) -> Vec<Moment> {
    let kept = |case: &Case| case.promised.as_ref().is_some_and(|promised| !promised.calls_back);
    let called = |case: &Case| case.promised.as_ref().is_some_and(|promised| promised.calls_back);
    let elsewhere = |case: &Case| case.promised.is_none() && case.first_desk.is_some();
    let kept = moment(world, "A desk that was closed kept what was written, and took it up when it opened", &kept);
    let called = moment(world, "Who wanted somebody while nobody was there was called back", &called);
    let elsewhere = moment(world, "A desk that was open at night took what could not wait", &elsewhere);
    [kept, called, elsewhere].into_iter().flatten().collect()
}

/// The first case of the night that fits and was taken.
fn moment(world: &World, what: &'static str, fits: &dyn Fn(&Case) -> bool) -> Option<Moment> {
    let (id, number) =
        moment::first(&world.board(), |case| is_of_night(world, case) && case.taken.is_some() && fits(case))?;
    let decision = world.board().cases.get(&id)?.promised.as_ref().map(|promised| promised.decision.clone());
    let heard = decision.and_then(|decision| heard(world, &id, &decision));
    let board = world.board();
    let case = board.cases.get(&id)?;
    let name = case.promised.as_ref().map_or(case.first_desk.as_ref(), |promised| Some(&promised.queue))?;
    let spec = desk(&world.bundle, name)?;
    let clock = |at: i64| spec.queue.as_ref()?.local(Timestamp(at));
    let message = world.messages.get(number)?;
    let channel = if message.channel.is_empty() { "chat" } else { &message.channel };
    let person = world.people.iter().find(|person| Some(&person.name) == case.taken_by.first());
    let person = person.map_or("Somebody", |person| &person.first_name);
    let came = format!("“{}” came by {channel} at {}", short(&message.text, 110), clock(case.opened)?);
    let (how, since) = match &case.promised {
        Some(promised) => (
            format!(
                "while {} was closed. The customer was told: “{}” It opened at {}, and",
                spec.title,
                heard?,
                clock(promised.opens)?
            ),
            promised.opens,
        ),
        None => (format!("while {} was open, and", spec.title), case.opened),
    };
    let after = match (case.taken? - since).max(0) / MINUTE {
        0 => "within a minute".to_owned(),
        after => format!("{} later", counted(after, "minute", "minutes")),
    };
    let told = format!("{came}, {how} {person} took it {after}.");
    Some(Moment { what, told, look: Some(format!("case show {id}")) })
}

/// What the customer was told with a decision.
fn heard(world: &World, case: &str, decision: &str) -> Option<String> {
    let messages = world.expect(world.lead.get_with(operation::ListMessages, &[case], &ListPart::longest()))?;
    let mut messages = messages.get("items")?.as_array()?.iter();
    let told = messages.find(|message| message.get("id").and_then(Value::as_str) == Some(decision))?;
    told.get("text")?.as_str().map(ToOwned::to_owned)
}
