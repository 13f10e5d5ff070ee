//! A small language for sessions: one line gives a command, and what follows is told in plain lines.

use crate::{
    promise::MARKER,
    session::Session,
    told::{tell_decision, tell_handoff, told},
    world::{
        CALL_MS, DUE_MS, Says, World, field, file, noted, open_with, owner, responder, set_field, wants_human, words,
    },
};
use remit_domain::{
    Case, Command, Event,
    action::ActionEnd,
    activation::BundleActivation,
    automatic::AutoSubmitted,
    case::Author,
    decision::{DecisionPoint, SlaClock, Trigger, YieldReason},
    deferral::{DeferralKind, Wish},
    ending::{Ending, Feedback},
    event::Mark,
    governance::OutcomesReset,
    id::{Disposition, ExceptionId, PartyName, StaffId, Timestamp},
    offer::{OfferEnd, OfferWithheld},
    signal::{BUTTON_PRESSED, Reading},
};
use std::fmt::Write as _;

const MINUTE_MS: i64 = 60_000;
/// The lines that a session is made of.
pub(crate) const GRAMMAR: &str = "\
responders NAME=COST..., limit N, policy NAME allow|nothing|deny|fails|fails-open|collects|calls-back, after MINUTES, \
open [human] [danger=NAME] [not-asked=SOURCE], customer [human] [danger=NAME], measure [human] [button] [danger=NAME] \
[not-asked=SOURCE], end-danger NAME, keep EPOCH, answer EPOCH, attach EPOCH|customer BYTES, yield EPOCH REASON, \
return EPOCH, override NAME, raise OWNER MINUTES, take N, give-up N, end N [close], end-silently N [close], resolve \
EPOCH [AS], reopen, erase, erased-before, offer STAFF, accept N [STAFF], decline N, expire N, give-back EPOCH, gone \
EPOCH, stop EPOCH, closed EPOCH, at-risk EPOCH, transfer EPOCH QUEUE, consult EPOCH QUEUE, advise, act EPOCH ACTION \
[no], done EPOCH, merge EPOCH, absorb [human] [danger=NAME], feedback [yes|no] [1-5], abandon, silent EPOCH, contact \
[linked], promise EPOCH, refuse EPOCH, customer-again, snooze|callback|follow-up|third-party EPOCH|customer MINUTES \
[after] [field], wake KIND HOW [EPOCH], awaited, withhold STAFF, set, nobody-came";

/// A session that is being told.
#[derive(Debug)]
pub(crate) struct Transcript {
    pub(crate) session: Session,
}

impl Transcript {
    pub(crate) fn new() -> Self {
        Self { session: Session::new(World::new(&[])) }
    }

    /// Takes one line and tells what followed, a line for each thing.
    ///
    /// # Errors
    /// A line that means nothing, or a promise that was broken.
    pub(crate) fn line(&mut self, line: &str) -> Result<Vec<String>, String> {
        let mut parts = line.split_whitespace();
        let verb = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        let unclear = || format!("`{line}` means nothing; write one of: {GRAMMAR}");
        let number = |index: usize| rest.get(index).and_then(|text| text.parse::<i64>().ok()).ok_or_else(unclear);
        match verb {
            "responders" => {
                let pair = |text: &&str| text.split_once('=').and_then(|(n, c)| Some((n.to_owned(), c.parse().ok()?)));
                let pairs: Option<Vec<(String, i64)>> = rest.iter().map(pair).collect();
                let pairs = pairs.ok_or_else(unclear)?;
                let pairs: Vec<_> = pairs.iter().map(|(name, cost)| (name.as_str(), *cost)).collect();
                self.session.world.responders = World::new(&pairs).responders;
                Ok(vec![])
            }
            "limit" => {
                self.session.world.handoffs_max = u32::try_from(number(0)?).map_err(|_| unclear())?;
                Ok(vec![])
            }
            "policy" => {
                let (Some(name), Some(says)) = (rest.first(), rest.get(1).and_then(|text| says(text))) else {
                    return Err(unclear());
                };
                self.session.world.says(name, says);
                Ok(vec![])
            }
            "after" => {
                self.session.world.now = self.session.world.now.plus_ms(number(0)? * MINUTE_MS);
                Ok(vec![])
            }
            "erased-before" => {
                let at = self.session.world.now;
                self.session.note(Event::WordsErased { at });
                Ok(vec![])
            }
            _ => {
                let command = self.command(verb, &rest).ok_or_else(unclear)?;
                self.give(command)
            }
        }
    }

    fn command(&self, verb: &str, rest: &[&str]) -> Option<Command> {
        let now = self.session.world.now;
        let text = || words(MARKER);
        let pressed = || {
            let (name, reading) = wants_human(now);
            (name, Reading { because: vec![BUTTON_PRESSED.to_owned()], ..reading })
        };
        let readings = || {
            let said = rest.contains(&"human").then(|| wants_human(now));
            said.into_iter().chain(rest.contains(&"button").then(pressed)).collect()
        };
        let not_asked = || rest.iter().find_map(|word| word.strip_prefix("not-asked=")).map(Into::into);
        let danger = || rest.iter().find_map(|word| word.strip_prefix("danger=")).map(noted);
        let epoch = || rest.first()?.parse::<u64>().ok();
        let exception = || Some(self.session.exception(rest.first()?.parse().ok()?));
        Some(match verb {
            "open" => match open_with(readings()) {
                Command::Open { customer, requester, channel, words, readings, .. } => {
                    let (situation, not_asked) = (danger(), not_asked());
                    let follows = rest.contains(&"follows").then(|| self.session.other_case());
                    Command::Open {
                        customer,
                        requester,
                        channel,
                        words,
                        readings,
                        situation,
                        not_asked,
                        fields: vec![],
                        untold: None,
                        follows,
                    }
                }
                other => other,
            },
            "customer" => Command::Write { words: text(), readings: readings(), situation: danger() },
            "measure" => Command::Measure { readings: readings(), situation: danger(), not_asked: not_asked() },
            "machine" => {
                Command::KeepAutomatic { words: text(), auto_submitted: AutoSubmitted::AutoReplied, situation: None }
            }
            "end-danger" => Command::EndSituation { situation: (*rest.first()?).into(), reason: text() },
            "keep" => Command::DeclineHandover { epoch: epoch()?, note: Some(text()) },
            "answer" => Command::Answer { epoch: epoch()?, words: text(), to: None, marks: vec![], found: None },
            "attach" => {
                Command::Attach { epoch: rest.first()?.parse().ok(), words: text(), attachment: file(rest.get(1)?)? }
            }
            "promise" => {
                Command::Answer { epoch: epoch()?, words: text(), to: None, marks: vec![Mark::Promise], found: None }
            }
            "refuse" => {
                Command::Answer { epoch: epoch()?, words: text(), to: None, marks: vec![Mark::Refusal], found: None }
            }
            "transfer" => Command::Transfer { epoch: epoch()?, to: responder(rest.get(1)?), note: Some(text()) },
            "consult" => Command::Consult { epoch: epoch()?, queue: responder(rest.get(1)?), question: text() },
            "advise" => Command::AnswerConsult { consult: self.session.consult(0), answer: text() },
            "act" => self.session.asking(epoch()?, rest.get(1)?, !rest.contains(&"no")),
            "done" => {
                Command::EndAction { epoch: epoch()?, action: self.session.action(0), how: ActionEnd::Done, note: None }
            }
            "merge" => Command::Merge { epoch: epoch()?, into: self.session.other_case() },
            "absorb" => Command::Absorb {
                from: self.session.other_case(),
                situations: danger().into_iter().collect(),
                human_requested: rest.contains(&"human"),
                reopens: Some(text()),
            },
            "contact" => Command::NoteContact { case: self.session.other_case(), linked: rest.contains(&"linked") },
            "customer-again" => Command::WriteAgain { words: text(), readings: readings(), situation: danger() },
            "snooze" | "callback" | "follow-up" | "third-party" => self.deferring(verb, rest)?,
            "wake" => self.ending(rest)?,
            "awaited" => Command::NoteAwaited { by: self.session.other_case() },
            "withhold" => {
                let (action, policies) = ("offer.answer".to_owned(), vec![]);
                let staff = StaffId::new(rest.first()?).ok()?;
                Command::Withhold { withheld: OfferWithheld { staff, action, policies, at: now } }
            }
            "abandon" => Command::Abandon,
            "silent" => Command::EndSilent { epoch: epoch()? },
            "feedback" => {
                let solved =
                    rest.iter().find_map(|word| [("yes", true), ("no", false)].into_iter().find(|s| s.0 == *word));
                let satisfaction = rest.iter().find_map(|word| word.parse().ok());
                let solved = solved.map(|said| said.1);
                let reopens = (solved == Some(false)).then(text);
                Command::GiveFeedback { feedback: Feedback { solved, satisfaction }, reopens }
            }
            "offer" => self.session.offering(rest.first()?),
            "accept" => {
                let (offer, staff) = self.session.offer(rest.first()?.parse().ok()?);
                Command::Accept { offer, staff: rest.get(1).map_or(Some(staff), |name| StaffId::new(name).ok())? }
            }
            "decline" => {
                let (offer, staff) = self.session.offer(rest.first()?.parse().ok()?);
                Command::EndOffer { offer, staff: Some(staff), how: OfferEnd::Busy }
            }
            "expire" => {
                let (offer, _) = self.session.offer(rest.first()?.parse().ok()?);
                Command::EndOffer { offer, staff: None, how: OfferEnd::Expired }
            }
            "give-back" => Command::Return { epoch: epoch()?, note: Some(text()) },
            "gone" => Command::TakeBack { epoch: epoch()? },
            "stop" => Command::Review { epoch: epoch()?, point: DecisionPoint::StopAi, trigger: Trigger::AiStopped },
            "closed" => {
                Command::Review { epoch: epoch()?, point: DecisionPoint::Retain, trigger: Trigger::QueueClosed }
            }
            "at-risk" => Command::Review {
                epoch: epoch()?,
                point: DecisionPoint::Retain,
                trigger: Trigger::SlaAtRisk { clock: SlaClock::NextReply },
            },
            "yield" => {
                Command::Yield { epoch: epoch()?, reason: reason(rest.get(1)?)?, note: Some(text()), found: None }
            }
            "deny-turn" => {
                let due = now.plus_ms(30 * MINUTE_MS);
                Command::DenyTurn { epoch: epoch()?, owner: owner("ai-lead"), due, reason: text() }
            }
            "return" => Command::ReturnToAi { epoch: epoch()?, note: None },
            "override" => Command::Override { to: responder(rest.first()?), reason: text() },
            "raise" => {
                let due = now.plus_ms(rest.get(1)?.parse::<i64>().ok()? * MINUTE_MS);
                Command::RaiseException { owner: owner(rest.first()?), due, reason: Some(text()) }
            }
            "end-silently" => {
                Command::ResolveException { exception: exception()?, reason: None, close: rest.contains(&"close") }
            }
            "take" => Command::TakeException { exception: exception()? },
            "give-up" => Command::GiveUpException { exception: exception()?, reason: text() },
            "end" => Command::ResolveException {
                exception: exception()?,
                reason: Some(text()),
                close: rest.contains(&"close"),
            },
            "resolve" => Command::Resolve {
                epoch: epoch()?,
                note: None,
                disposition: rest.get(1).and_then(|name| Disposition::new(name).ok()),
            },
            "set" => Command::SetFields(set_field(false)),
            "nobody-came" => Command::MissDeferral { due: self.session.world.now.plus_ms(DUE_MS) },
            "reopen" => Command::Reopen { reason: text() },
            "erase" => Command::Erase,
            _ => return None,
        })
    }

    /// `snooze EPOCH MINUTES [after] [field]` and the like; under no epoch, the customer agrees.
    fn deferring(&self, verb: &str, rest: &[&str]) -> Option<Command> {
        let now = self.session.world.now;
        let kind = DeferralKind::ALL.into_iter().find(|kind| kind.as_str().replace('_', "-") == verb)?;
        let until = now.plus_ms(rest.get(1)?.parse::<i64>().ok()? * MINUTE_MS);
        let wish = Wish {
            kind,
            until,
            call_by: (kind == DeferralKind::Callback).then(|| until.plus_ms(CALL_MS)),
            after: rest.contains(&"after").then(|| self.session.other_case()),
            field: rest.contains(&"field").then(field),
            party: (kind == DeferralKind::ThirdParty).then(|| PartyName::new("courier")).transpose().ok()?,
            note: Some(words(MARKER)),
            wording: None,
        };
        Some(Command::Defer { epoch: rest.first()?.parse().ok(), wish })
    }

    /// `wake KIND HOW`, as Remit or the customer does it, or `wake KIND HOW EPOCH`.
    fn ending(&self, rest: &[&str]) -> Option<Command> {
        let kind = DeferralKind::ALL.into_iter().find(|kind| kind.as_str() == rest.first().copied().unwrap_or(""))?;
        let how = serde_json::from_value((*rest.get(1)?).into()).ok()?;
        let epoch = rest.get(2).and_then(|text| text.parse().ok());
        Some(Command::EndDeferral { epoch, kind, how, due: self.session.world.now.plus_ms(DUE_MS) })
    }

    /// Gives one command and tells what followed.
    ///
    /// # Errors
    /// A promise that was broken.
    pub(crate) fn give(&mut self, command: Command) -> Result<Vec<String>, String> {
        let mut lines = vec![];
        match self.session.give(command)? {
            Err(refusal) => lines.push(format!("refused: {}", self.named(&refusal.to_string()))),
            Ok(effects) => effects.events.iter().for_each(|event| self.tell(event, &mut lines)),
        }
        lines.extend(self.session.case.as_ref().map(|case| self.state(case)));
        Ok(lines)
    }

    /// The number that stands for an exception in the transcript.
    fn number(&self, exception: &ExceptionId) -> String {
        let position = self.session.exceptions.iter().position(|known| known == exception);
        position.map_or_else(|| "unknown".to_owned(), |index| (index + 1).to_string())
    }

    /// `text` with exceptions by number instead of identifier.
    fn named(&self, text: &str) -> String {
        let name = |word: &str| word.parse().map_or_else(|_| word.to_owned(), |id| self.number(&id));
        text.split(' ').map(name).collect::<Vec<_>>().join(" ")
    }

    fn minutes(&self, due: Timestamp) -> i64 {
        due.since(self.session.world.now) / MINUTE_MS
    }

    fn tell(&self, event: &Event, lines: &mut Vec<String>) {
        let line = match event {
            Event::CaseOpened { requester, channel, .. } => {
                format!("opened by the {} over {}", requester.as_str(), channel.as_str())
            }
            Event::MessageAdded { message, .. } => match &message.author {
                Author::Requester if message.auto_submitted.is_some() => "a machine wrote for the customer".to_owned(),
                Author::Requester => "the customer wrote".to_owned(),
                Author::Holder { epoch, staff: Some(staff), .. } => format!("{staff} answered under epoch {epoch}"),
                Author::Holder { holder, epoch, .. } => format!("{} answered under epoch {epoch}", holder.name()),
            },
            Event::SignalsMeasured { readings, .. } => {
                let told = readings.iter().map(|(name, r)| format!("{name} is {} ({})", r.value, r.source));
                format!("measured: {}", told.collect::<Vec<_>>().join(", "))
            }
            Event::FieldsSet { fields, taken_away, source, .. } => {
                let named: Vec<&str> = fields.keys().chain(taken_away).map(|name| name.as_str()).collect();
                format!("{source} set {}", named.join(", "))
            }
            Event::EnrichmentMissed(missed) => format!("decided without what was asked ({})", missed.why.as_str()),
            Event::DecisionMade { decision, handoff } => {
                tell_decision(decision, lines);
                match handoff {
                    None => return,
                    Some(handoff) => {
                        lines.push(tell_handoff(handoff));
                        format!("the customer is {}", told(handoff.announced, decision.at))
                    }
                }
            }
            Event::ExceptionRaised { exception, .. } => format!(
                "exception {} raised: {}, owned by {}, due in {} min",
                self.number(&exception.id),
                exception.kind.as_str(),
                exception.owner,
                self.minutes(exception.due)
            ),
            Event::OfferWithheld { withheld } => format!("{} is passed over: {}", withheld.staff, withheld.action),
            Event::CaseDeferred { deferral } => {
                let whose = deferral.owner.as_ref().map_or_else(String::new, |owner| format!(", by {owner}"));
                let whom = deferral.party.as_ref().map_or_else(String::new, |party| format!(", for {party}"));
                let minutes = self.minutes(deferral.until);
                format!("put off by a {} for {minutes} min{whose}{whom}", deferral.kind.as_str())
            }
            Event::CallbackDue { .. } => "the customer is to be called now".to_owned(),
            Event::DeferralEnded { end } => {
                format!("the {} ended: {}", end.kind.as_str(), serde_json::to_value(end.how).unwrap().as_str().unwrap())
            }
            Event::CaseAwaited { .. } => "another case waits for its end".to_owned(),
            Event::OfferMade { offer } => format!("offered to {}", offer.staff),
            Event::OfferEnded { staff, how, .. } => {
                format!("the offer to {staff} ended: {}", serde_json::to_value(how).unwrap().as_str().unwrap())
            }
            Event::ExceptionEscalated { exception, owner, .. } => {
                format!("exception {} went to {owner}", self.number(exception))
            }
            Event::AiStopped { responder, .. } => format!("{responder} was stopped"),
            Event::AiResumed { responder, .. } => format!("{responder} may again"),
            Event::OutcomesReset(OutcomesReset { responder, .. }) => {
                format!("what was counted of {responder} begins anew")
            }
            Event::BundleActivated(BundleActivation { name, .. }) => format!("the bundle of {name} came into force"),
            Event::ExceptionTaken { exception, by, .. } => {
                format!("exception {} taken by {by}", self.number(exception))
            }
            Event::ExceptionGivenUp(given_up) => {
                format!("exception {} given up by {}", self.number(&given_up.exception), given_up.by)
            }
            Event::ExceptionResolved { exception, by, .. } => {
                format!("exception {} resolved by {by}", self.number(exception))
            }
            Event::CaseResolved { holder, how, disposition, .. } => {
                let how = if *how == Ending::Answered { String::new() } else { format!(", {}", how.as_str()) };
                let wrapped = disposition.as_ref().map_or_else(String::new, |name| format!(", wrapped up as {name}"));
                format!("resolved by {}{how}{wrapped}", holder.name())
            }
            Event::FeedbackGiven { feedback, .. } => {
                let solved = feedback
                    .solved
                    .map_or("said how it was", |yes| if yes { "said it is solved" } else { "said it is not solved" });
                let score = feedback.satisfaction.map_or_else(String::new, |score| format!(", {score} of 5"));
                format!("the customer {solved}{score}")
            }
            Event::AnsweredTooLate { responder, epoch, .. } => {
                format!("what {responder} said under epoch {epoch} came too late")
            }
            Event::ContactedAgain { linked: false, .. } => "the customer came back with the same request".to_owned(),
            Event::ContactedAgain { linked: true, .. } => {
                "what the customer wrote on it opened another case".to_owned()
            }
            Event::CaseAbsorbed { .. } => "another case ended in this one".to_owned(),
            Event::ActionAsked { decision } => {
                let says = if decision.verdict.permits() { "may" } else { "not" };
                let by = decision.verdict.policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                format!(
                    "act ({}): {} asks for {}: {says} by {by}",
                    decision.owner, decision.principal.responder, decision.action
                )
            }
            Event::ActionEnded { how, by, .. } => {
                format!("the action ended: {} by {by}", serde_json::to_value(how).unwrap().as_str().unwrap())
            }
            Event::ConsultAsked { consult, .. } => format!("{} asks {} for advice", consult.by, consult.queue),
            Event::ConsultAnswered { by, .. } => format!("{by} gave advice"),
            Event::SituationNoted { noted, .. } => format!("{} stands on the case from now on", noted.situation),
            Event::HumanWishEnded { source, by, .. } => format!("{by} posted that no human was asked for ({source})"),
            Event::SituationEnded { situation, by, .. } => format!("{by} said that {situation} stands no more"),
            Event::HandoverDeclined { by, .. } => format!("{by} keeps it, as asked"),
            Event::CaseReopened { .. } => "reopened".to_owned(),
            Event::NoteLeft { .. } => "a note is left with it".into(),
            Event::RequestNoted(noted) => format!("`{}` is asked for", noted.action),
            Event::RequestEnded(ended) => format!("`{}` is {}", ended.action, ended.state.as_str()),
            Event::WordsErased { .. } => "words erased".to_owned(),
            of_no_case => {
                assert!(of_no_case.is_of_no_case(), "{of_no_case:?} is not told");
                "of no case".to_owned()
            }
        };
        lines.push(line);
    }

    fn state(&self, case: &Case) -> String {
        let mut text = format!("= {}", case.status.as_str());
        if let Some(holder) = &case.holder {
            let _ = match &holder.staff {
                Some(staff) => {
                    write!(text, ", {staff} of {} has it under epoch {}", holder.to_ref().name(), holder.epoch)
                }
                None => write!(text, ", {} has it under epoch {}", holder.to_ref().name(), holder.epoch),
            };
            let _ = write!(text, ", {} answers for it", holder.accountable);
        }
        if case.waiting_since.is_some() {
            let _ = write!(text, ", waited {} min", case.waited_ms(self.session.world.now) / MINUTE_MS);
        }
        if case.human_requested {
            text.push_str(", wants a human");
        }
        let dangers: Vec<&str> = case.situations.iter().map(|standing| standing.noted.situation.as_str()).collect();
        if !dangers.is_empty() {
            let _ = write!(text, ", in {}", dangers.join(" and "));
        }
        if let Some(question) = &case.handover_question {
            let _ = write!(text, ", hand over to {}?", question.to);
        }
        if let Some(offer) = &case.offer {
            let _ = write!(text, ", offered to {}", offer.staff);
        }
        for deferral in case.deferrals.values() {
            let state =
                if deferral.is_due { " due".to_owned() } else { format!(" in {} min", self.minutes(deferral.until)) };
            let _ = write!(text, ", {}{state}", deferral.kind.as_str());
        }
        if case.is_put_off() {
            text.push_str(", put off");
        }
        for exception in case.exceptions.keys() {
            let _ = write!(text, ", exception {} open", self.number(exception));
        }
        text
    }
}

fn says(text: &str) -> Option<Says> {
    Some(match text {
        "allow" => Says::Allow,
        "nothing" => Says::Nothing,
        "collects" => Says::Collects,
        "calls-back" => Says::CallsBack,
        "deny" => Says::Deny("support.deny"),
        "fails" => Says::Fails("support.broken"),
        "fails-open" => Says::FailsOpen("support.broken"),
        _ => return None,
    })
}

fn reason(text: &str) -> Option<YieldReason> {
    serde_json::from_value(text.into()).ok()
}
