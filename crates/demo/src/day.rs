//! The day as it is played: morning, hours of work shown as they pass, and the evening.

use super::{clock::time_of_day, customers, night, world::World};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use remit_app::{environment::clock::Clock as _, operation};
use remit_command::shown::{self, counted, escaped, say};
use serde_json::{Value, json};
use std::{
    sync::{Arc, atomic::Ordering, mpsc},
    time::{Duration, Instant},
};

/// People doing things at the same time, whoever they are at the moment.
const HANDS: usize = 16;
/// How often what happens is shown.
const SHOW_EVERY: Duration = Duration::from_millis(200);
/// How often it is shown where lines stay.
const LINE_EVERY: Duration = Duration::from_secs(4);
/// Without any event for so long, nothing more is waited for.
const STALL: Duration = Duration::from_secs(10);
/// How long no event may have come before the day counts as over.
const SETTLED: Duration = Duration::from_millis(400);
const MINUTE: i64 = 60_000;

/// Plays the day, so many times as fast, the night, and the evening. Says whether it came to its end.
pub(super) fn play(world: &Arc<World>, after: u64, speed: i64, interrupted: &mpsc::Receiver<()>, json: bool) -> bool {
    let follower = Arc::clone(world);
    // It ends with the server.
    std::thread::spawn(move || follower.follow(after));
    world.morning();
    world.clock.run(speed);
    let length = customers::length_ms(world.day);
    world.plan_arrivals(0..world.day, length);
    world.plan_breaks(length);
    let hands: Vec<_> = (0..HANDS)
        .map(|_| {
            let world = Arc::clone(world);
            std::thread::spawn(move || world.live())
        })
        .collect();
    let bar = bar(world.messages.len(), json);
    let settle = || settle(world, interrupted, &bar, json);
    let mut finished = settle();
    let (played, minutes) = (world.began.elapsed(), (world.now_ms() - world.opened) / MINUTE);
    if finished && world.day < world.messages.len() {
        finished = night::play(world, &settle);
    }
    world.agenda.close();
    for hand in hands {
        let _ = hand.join();
    }
    bar.finish_and_clear();
    if !finished {
        return false;
    }
    if !json {
        say!("{}", progress(world));
    }
    let closed = night::waiting(world);
    world.told().closed = closed;
    let over = evening(world, interrupted);
    if !json && over {
        let times = 60 * minutes / i64::try_from(played.as_secs().max(1)).unwrap_or(1);
        say!();
        let minutes = counted(minutes, "minute", "minutes");
        say!("What took {minutes} was played in {:.0} s, {times} times as fast.", played.as_secs_f64());
    }
    over
}

/// Waits until nobody has anything left to do; says whether to go on.
fn settle(world: &World, interrupted: &mpsc::Receiver<()>, bar: &ProgressBar, json: bool) -> bool {
    let mut shown = Instant::now();
    loop {
        match interrupted.recv_timeout(SHOW_EVERY) {
            Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => return false,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        bar.set_position(world.numbers.arrived.load(Ordering::Relaxed) as u64);
        let line = progress(world);
        if bar.is_hidden() && !json && shown.elapsed() >= LINE_EVERY {
            say!("{line}");
            shown = Instant::now();
        }
        bar.set_message(escaped(&line));
        if world.is_quiet() || world.board().newest.elapsed() > STALL {
            return true;
        }
    }
}

/// Everybody goes home, and two days pass in which the customers of AI responders could have written again.
fn evening(world: &World, interrupted: &mpsc::Receiver<()>) -> bool {
    world.evening.store(true, Ordering::Relaxed);
    world.clock.run(1);
    world.all_go_home();
    let silence = i64::from(world.silence_hours) * 60 * MINUTE;
    world.clock.forward(world.clock.now().plus_ms(silence + MINUTE));
    world.board().newest = Instant::now();
    loop {
        match interrupted.recv_timeout(SHOW_EVERY) {
            Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => return false,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        let go_on = world.requests_go_on();
        let board = world.board();
        if (board.now().with_ai == 0 && !go_on) || board.newest.elapsed() > STALL / 2 {
            return true;
        }
    }
}
impl World {
    /// Notes everybody, switches on again what an earlier day stopped, and takes up what is left of it.
    fn morning(&self) {
        for person in &self.people {
            self.expect(self.lead.post(operation::NoteStaff, &[], &person.note));
        }
        let stopped = self.expect(self.lead.get(operation::ListStopped, &[])).unwrap_or_default();
        for stop in stopped.as_array().into_iter().flatten() {
            let text = |name: &str| stop.get(name).and_then(Value::as_str).unwrap_or_default();
            let body = json!({ "intent": text("intent"), "reason": "Repaired overnight; it starts afresh." });
            self.unless_refused(self.lead.post(operation::ResumeAi, &[text("responder")], &body));
        }
        for (number, person) in self.people.iter().enumerate() {
            self.set_presence(person, "available", "");
            self.take_up_again(number, person);
        }
    }

    /// Whether everything has come in, and nobody has anything left to do until a desk opens.
    fn is_quiet(&self) -> bool {
        if !self.agenda.is_empty() {
            return false;
        }
        let closed: usize = night::waiting(self).iter().map(|desk| desk.waiting).sum();
        let board = self.board();
        let now = board.now();
        now.waiting <= closed && now.ai_to_answer == 0 && board.newest.elapsed() > SETTLED
    }

    /// Ends everybody's shift.
    pub(super) fn all_go_home(&self) {
        for person in &self.people {
            self.set_presence(person, "offline", "end of the shift");
        }
    }
}

/// A bar on a terminal; hidden elsewhere.
fn bar(messages: usize, json: bool) -> ProgressBar {
    let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{bar:24} {msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(messages as u64), target).with_style(style)
}

/// How the day goes, in a line.
fn progress(world: &World) -> String {
    let now = world.board().now();
    let (p50, p99, per_second) = {
        let mut told = world.told();
        (told.tally.quantile(0.5), told.tally.quantile(0.99), told.tally.per_second())
    };
    format!(
        "{}  {:>5} in  {:>4} with AI  {:>3} waiting  {:>3} with people  {:>5} done  {:>2} exceptions  {:>3.0}/s, \
         decided in {:.0} ms (99 %: {:.0})",
        time_of_day(world.now_ms()),
        shown::many(world.numbers.arrived.load(Ordering::Relaxed)),
        now.with_ai,
        now.waiting,
        now.with_staff,
        shown::many(now.resolved),
        world.board().exceptions.len(),
        per_second,
        p50.as_secs_f64() * 1e3,
        p99.as_secs_f64() * 1e3
    )
}
