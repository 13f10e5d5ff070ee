//! A small language for a queue and its staff: who is there, what they are offered and do, and time.
//!
//! Each case is a session of its own, held against the promises; the floor says who is offered which. What the floor
//! proposes becomes an offer only through the case, as in the server.

use crate::{
    promise::MARKER,
    session::Session,
    transcript::Transcript,
    world::{START, World, noted, open_with, responder, words},
};
use remit_domain::{
    Case, Command,
    case::Channel::Chat,
    deferral::{DeferralKind, Wish},
    event::Words,
    floor::{Floor, OfferTerms, Placed, Presence, StaffProfile, Waiting},
    id::{CaseId, StaffId, Timestamp},
    offer::OfferEnd,
};
use std::{collections::BTreeMap, fmt::Write as _};

const QUEUE: &str = "desk";
const SECOND_MS: i64 = 1_000;
/// Steps that one line may take: more is a loop.
const STEPS_MAX: usize = 10_000;
/// The lines that a shift is made of.
const GRAMMAR: &str = "\
ramp SECONDS, silent MINUTES, snooze NAME CASE MINUTES, staff NAME CHATS, \
available NAME, busy NAME, away NAME, offline NAME, open CASE [value=PERCENT] \
[sla=MINUTES] [due=MINUTES], danger CASE NAME, customer CASE, accept NAME CASE, \
decline NAME CASE busy|not_mine|conflict, answer NAME CASE, give-back NAME CASE, \
resolve NAME CASE, reopen CASE, expected, after SECONDS";

/// One case, and what its queue knows of it.
#[derive(Debug)]
struct Kept {
    name: String,
    transcript: Transcript,
    value_percent: i64,
    sla_ms: i64,
    /// A date of its own.
    due: Option<Timestamp>,
}

impl Kept {
    fn case(&self) -> Option<&Case> {
        self.transcript.session.case.as_ref()
    }
}

/// A shift that is being told.
#[derive(Debug)]
pub(crate) struct Shift {
    floor: Floor,
    now: Timestamp,
    /// In the order in which they came.
    staff: Vec<(StaffId, u32)>,
    cases: Vec<Kept>,
    told: Vec<String>,
    /// How long a customer is silent before their case takes no room.
    silent_ms: Option<i64>,
}

impl Shift {
    pub(crate) fn new() -> Self {
        let floor = Floor::new(OfferTerms { ramp_ms: 0, ..OfferTerms::default() });
        Self { floor, now: START, staff: vec![], cases: vec![], told: vec![], silent_ms: None }
    }

    /// Takes one line and tells what followed, a line for each thing, and how the floor stands.
    ///
    /// # Errors
    /// A line that means nothing, or a promise that was broken.
    pub(crate) fn line(&mut self, line: &str) -> Result<Vec<String>, String> {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let unclear = || format!("`{line}` means nothing; write one of: {GRAMMAR}");
        let number = |text: &str| text.parse::<i64>().map_err(|_| unclear());
        match *parts.as_slice() {
            ["ramp", seconds] => {
                self.floor = Floor::new(OfferTerms { ramp_ms: number(seconds)? * SECOND_MS, ..OfferTerms::default() });
                return Ok(vec![]);
            }
            ["silent", minutes] => {
                self.silent_ms = Some(number(minutes)? * 60 * SECOND_MS);
                return Ok(vec![]);
            }
            ["snooze", name, case, minutes] => {
                let until = self.now.plus_ms(number(minutes)? * 60 * SECOND_MS);
                let (call_by, after, field, party, note) = (None, None, None, None, None);
                let wish =
                    Wish { kind: DeferralKind::Snooze, until, call_by, after, field, party, note, wording: None };
                self.write(name, case, |epoch| Command::Defer { epoch: Some(epoch), wish: wish.clone() })?;
            }
            ["staff", name, chats] => {
                let chats = u32::try_from(number(chats)?).map_err(|_| unclear())?;
                self.join(name, chats);
            }
            ["available", name] => self.presence(name, Presence::Available)?,
            ["busy", name] => self.presence(name, Presence::Busy)?,
            ["away", name] => self.presence(name, Presence::Away { reason: "a break".to_owned() })?,
            ["offline", name] => self.presence(name, Presence::Offline)?,
            ["open", name, ref rest @ ..] => {
                let said = |key: &str| rest.iter().find_map(|text| text.strip_prefix(key)?.strip_prefix('='));
                let value_percent = said("value").map_or(Ok(100), number)?;
                let sla_ms = said("sla").map_or(Ok(10), number)? * 60 * SECOND_MS;
                let due = said("due").map(number).transpose()?;
                let due = due.map(|minutes| self.now.plus_ms(minutes * 60 * SECOND_MS));
                self.open(name, value_percent, sla_ms, due)?;
            }
            ["danger", case, name] => {
                let situation = Some(noted(name));
                self.give(case, |_| Command::Measure {
                    readings: vec![],
                    situation: situation.clone(),
                    not_asked: None,
                })?;
                self.place(case)?;
            }
            ["customer", case] => {
                self.give(case, |_| Command::Write { words: text(), readings: vec![], situation: None })?;
                self.place(case)?;
            }
            ["accept", name, case] => self.accept(name, case)?,
            ["decline", name, case, how] => {
                let how = serde_json::from_value(how.into()).map_err(|_| unclear())?;
                self.end(case, Some(staff(name)), how)?;
            }
            ["answer", name, case] => {
                self.write(name, case, |epoch| Command::Answer {
                    epoch,
                    words: text(),
                    to: None,
                    marks: vec![],
                    found: None,
                })?;
            }
            ["give-back", name, case] => {
                if self.write(name, case, |epoch| Command::Return { epoch, note: None })? {
                    self.place(case)?;
                }
            }
            ["resolve", name, case] => {
                if self.write(name, case, |epoch| Command::Resolve { epoch, note: None, disposition: None })? {
                    self.place(case)?;
                }
            }
            ["reopen", case] => {
                self.give(case, |_| Command::Reopen { reason: text() })?;
                self.place(case)?;
            }
            ["expected"] => {
                let ahead = self.waiting().len();
                let wait = self.floor.expected_wait_ms(&responder(QUEUE), ahead);
                let wait = wait.map(|ms| format!("a customer who comes now is told to expect {} s", ms / SECOND_MS));
                self.told
                    .push(wait.unwrap_or_else(|| "a customer who comes now is told that nobody is there".to_owned()));
            }
            ["after", seconds] => self.pass(number(seconds)?)?,
            _ => return Err(unclear()),
        }
        self.take_back_from_who_is_gone()?;
        self.quiet_what_is();
        self.offer_what_can_be()?;
        let mut told = std::mem::take(&mut self.told);
        told.push(self.standing());
        Ok(told)
    }

    fn join(&mut self, name: &str, chats: u32) {
        let profile = StaffProfile {
            id: staff(name),
            queues: vec![responder(QUEUE)],
            languages: [("en".to_owned(), 3)].into(),
            skills: BTreeMap::new(),
            capacity: [(Chat, chats)].into(),
        };
        self.floor.set_profile(profile, self.now);
        self.staff.push((staff(name), chats));
    }

    fn presence(&mut self, name: &str, to: Presence) -> Result<(), String> {
        let withdrawn = self.floor.set_presence(&staff(name), to, self.now).map_err(|e| e.to_string())?;
        withdrawn.iter().try_for_each(|case| self.take_back(case))
    }

    fn open(&mut self, name: &str, value_percent: i64, sla_ms: i64, due: Option<Timestamp>) -> Result<(), String> {
        let mut world = World::new(&[(QUEUE, 500)]);
        world.random = (self.cases.len() as u128 + 1) << 64;
        let transcript = Transcript { session: Session::new(world) };
        self.cases.push(Kept { name: name.to_owned(), transcript, value_percent, sla_ms, due });
        self.give(name, |_| open_with(vec![]))?;
        self.place(name)
    }

    fn named(&mut self, name: &str) -> Result<&mut Kept, String> {
        self.cases.iter_mut().find(|kept| kept.name == name).ok_or_else(|| format!("no case is called `{name}`"))
    }

    /// The name of a case by its identifier.
    fn name(&self, id: &CaseId) -> String {
        let kept = self.cases.iter().find(|kept| kept.case().is_some_and(|case| case.id == *id));
        kept.map_or_else(|| id.to_string(), |kept| kept.name.clone())
    }

    /// Gives a command to a case, and tells what happened without the candidates. Says whether it was taken.
    fn give(&mut self, name: &str, command: impl Fn(&Session) -> Command) -> Result<bool, String> {
        let (now, at) = (self.now, clock(self.now));
        let kept = self.named(name)?;
        kept.transcript.session.world.now = now;
        let lines = kept.transcript.give(command(&kept.transcript.session))?;
        let refused = lines.iter().any(|line| line.starts_with("refused"));
        let detail = |line: &&String| !["= ", "  ", "handed "].iter().any(|beginning| line.starts_with(beginning));
        let lines: Vec<_> = lines.iter().filter(detail).map(|line| format!("{at} {name}: {line}")).collect();
        self.told.extend(lines);
        Ok(!refused)
    }

    /// A write under the lease as it is now, or was when this member of staff held it.
    fn write(&mut self, name: &str, case: &str, command: impl Fn(u64) -> Command) -> Result<bool, String> {
        let holder = self.named(case)?.case().and_then(|case| case.holder.clone());
        let holder = holder.ok_or_else(|| format!("nobody holds {case}"))?;
        let theirs = holder.staff == Some(staff(name));
        let epoch = if theirs { holder.epoch } else { holder.epoch.saturating_sub(1) };
        self.give(case, |_| command(epoch))
    }

    /// Puts a case on the floor, or takes it off, as it stands.
    fn place(&mut self, name: &str) -> Result<(), String> {
        let now = self.now;
        let kept = self.named(name)?;
        let Some(case) = kept.case() else { return Ok(()) };
        let held = case.holder.as_ref().and_then(|holder| holder.staff.clone());
        let waits = case.status == remit_domain::case::Status::Open && held.is_none() && case.offer.is_none();
        let waiting = Waiting {
            case: case.id,
            queue: responder(QUEUE),
            channel: Chat,
            language: "en".into(),
            language_level: 0,
            skills: BTreeMap::new().into(),
            since: case.waiting_since.unwrap_or(now),
            value_percent: kept.value_percent,
            sla_ms: kept.sla_ms,
            handling_ms: None,
            due: kept.due,
            danger: case.situations.gravest().map(|standing| standing.noted.gravity()),
            last_staff: case.last_staff.clone(),
            relax: [].as_slice().into(),
            not_before: None,
        };
        let done = case.status != remit_domain::case::Status::Open;
        if let (true, Some(Placed::Held { .. })) = (done || waits, self.floor.placed(&waiting.case)) {
            self.floor.released(&waiting.case, now).map_err(|e| e.to_string())?;
        }
        if done {
            self.floor.leave(&waiting.case, now);
        } else if waits {
            self.floor.wait(waiting, now).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    fn accept(&mut self, name: &str, case: &str) -> Result<(), String> {
        let who = staff(name);
        let taken = self.give(case, |session| {
            let last = session.offers.iter().rev().find(|offer| offer.staff == who);
            let (none, _) = session.offer(0);
            Command::Accept { offer: last.map_or(none, |offer| offer.id), staff: who.clone() }
        })?;
        if let (true, Some(id)) = (taken, self.named(case)?.case().map(|case| case.id)) {
            self.floor.accepted(&id, &staff(name), self.now).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// Ends the open offer of a case.
    fn end(&mut self, case: &str, by: Option<StaffId>, how: OfferEnd) -> Result<(), String> {
        let offer = self.named(case)?.case().and_then(|case| case.offer.clone());
        let offer = offer.ok_or_else(|| format!("{case} is not offered to anybody"))?;
        if !self.give(case, |_| Command::EndOffer { offer: offer.id, staff: by.clone(), how })? {
            return Ok(());
        }
        let Some(id) = self.named(case)?.case().map(|case| case.id) else { return Ok(()) };
        let ended = self.floor.ended(&id, &offer.staff, how, self.now).map_err(|e| e.to_string())?;
        if ended.away {
            self.told.push(format!("{} {} counts as away", clock(self.now), offer.staff));
        }
        ended.withdrawn.iter().try_for_each(|case| self.take_back(case))
    }

    /// The floor has taken an offer back; the case must hear of it.
    fn take_back(&mut self, id: &CaseId) -> Result<(), String> {
        let name = self.name(id);
        let offer = self.named(&name)?.case().and_then(|case| case.offer.as_ref()).map(|offer| offer.id);
        let offer = offer.ok_or_else(|| format!("{name} had no offer to take back"))?;
        self.give(&name, |_| Command::EndOffer { offer, staff: None, how: OfferEnd::Withdrawn }).map(|_| ())
    }

    /// A case whose customer waits goes back to its queue where whoever has it is not there.
    fn take_back_from_who_is_gone(&mut self) -> Result<(), String> {
        let gone = |id: &StaffId| self.floor.presence(id) == Some(&Presence::Offline);
        let waits = |case: &&Case| case.status == remit_domain::case::Status::Open && case.waiting_since.is_some();
        let left = |kept: &&Kept| {
            let holder = kept.case().filter(waits).and_then(|case| case.holder.as_ref());
            holder.and_then(|holder| holder.staff.as_ref()).is_some_and(gone)
        };
        let names: Vec<String> = self.cases.iter().filter(left).map(|kept| kept.name.clone()).collect();
        for name in names {
            let epoch =
                self.named(&name)?.case().and_then(|case| case.holder.as_ref()).map_or(0, |holder| holder.epoch);
            self.give(&name, |_| Command::TakeBack { epoch })?;
            self.place(&name)?;
        }
        Ok(())
    }

    /// What is put off, and whose customer is silent, takes no room of whoever has it.
    fn quiet_what_is(&mut self) {
        for kept in &self.cases {
            let Some(case) = kept.case() else { continue };
            let silent = case.silent_since().zip(self.silent_ms).map(|(since, ms)| since.plus_ms(ms));
            self.floor.quiet_from(&case.id, case.put_off_since().or(silent), self.now);
        }
        self.floor.pass(self.now);
    }

    fn offer_what_can_be(&mut self) -> Result<(), String> {
        while let Some(pairing) = self.floor.next(self.now) {
            let name = self.name(&pairing.case);
            if !self.give(&name, |session| session.offering(pairing.staff.as_str()))? {
                return Err(format!("the floor offered {name}, which cannot be offered"));
            }
        }
        Ok(())
    }

    /// Lets time pass, from one thing that is due to the next.
    fn pass(&mut self, seconds: i64) -> Result<(), String> {
        let until = self.now.plus_ms(seconds * SECOND_MS);
        for _ in 0..STEPS_MAX {
            let deadline = self.floor.next_deadline().map(|(at, case, _)| (at, case));
            let change = self.floor.next_change(self.now);
            let next = deadline.map(|(at, _)| at).into_iter().chain(change).min().filter(|at| *at <= until);
            let Some(at) = next else {
                self.now = until;
                return Ok(());
            };
            self.now = at.max(self.now);
            if let Some((_, case)) = deadline.filter(|(due, _)| *due <= self.now) {
                let name = self.name(&case);
                self.end(&name, None, OfferEnd::Expired)?;
            }
            self.offer_what_can_be()?;
        }
        Err("time does not pass: something is due again and again".to_owned())
    }

    fn waiting(&self) -> Vec<&str> {
        let waits =
            |kept: &&Kept| kept.case().is_some_and(|case| matches!(self.floor.placed(&case.id), Some(Placed::Waiting)));
        self.cases.iter().filter(waits).map(|kept| &*kept.name).collect()
    }

    /// Who is there with how much, and what waits.
    fn standing(&self) -> String {
        let mut text = "=".to_owned();
        for (id, chats) in &self.staff {
            let _ = write!(text, " {id} {}/{chats}", self.floor.spent(id, Chat));
            match self.floor.presence(id) {
                Some(Presence::Available) | None => {}
                Some(Presence::Busy) => text.push_str(" busy"),
                Some(Presence::Away { reason }) => {
                    let _ = write!(text, " away ({reason})");
                }
                Some(Presence::Offline) => text.push_str(" offline"),
            }
            text.push(',');
        }
        let waiting = self.waiting();
        let _ = match waiting.is_empty() {
            true => write!(text, " nobody waits"),
            false => write!(text, " waiting: {}", waiting.join(" ")),
        };
        text
    }
}

fn staff(name: &str) -> StaffId {
    StaffId::new(name).unwrap()
}

fn text() -> Words {
    words(MARKER)
}

/// Minutes and seconds since the shift began.
fn clock(at: Timestamp) -> String {
    let seconds = at.since(START) / SECOND_MS;
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}
