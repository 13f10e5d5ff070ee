//! What customers are told of who has their case, in words. Names are put in here; records hold none.
//!
//! What was told is shown as it was, whatever governs by now: in the words and zones of the bundle that governed then,
//! and in the language that was known then. First names alone are those of now, since none is on record: of who is
//! removed there is none any more.

use crate::{
    Governance, Journal, Live, Parts, case::waiting::about, environment::clock::rfc3339, journal::stored_case::Records,
    pipeline::sealing, refused::Refused,
};
use remit_domain::{
    Case, Decision, Event,
    announcement::Announcement,
    case::HolderRef,
    deferral::{Deferral, DeferralKind, Wording},
    event::Handoff,
    id::{Digest, ResponderId, StaffId, Timestamp},
    request::{Agreement, Changed, RequestEnded, RequestState},
    signal::{Reading, Signals, Value},
};
use remit_policy::bundle::Bundle;
use remit_signals::readings::UNDETERMINED;
use std::sync::Arc;

/// In which words something is told: those of a bundle, in a language, with moments as clocks show them where a queue
/// works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) language: Option<&'a str>,
    pub(crate) queue: Option<&'a ResponderId>,
}

impl<'a> Telling<'a> {
    /// Those in which the customer of a case is told things now.
    pub(crate) fn now(governance: &'a Governance, case: &'a Case) -> Self {
        let queue = case.holder.as_ref().and_then(|holder| holder.responder());
        Self { bundle: &governance.bundle, language: language(case), queue }
    }

    /// A text, with what is put in.
    pub(crate) fn say(&self, text: &str, with: &[(&str, &str)]) -> String {
        self.bundle.texts().say(self.language, text, with)
    }

    /// A moment as it stands in the text of this name.
    pub(crate) fn moment(&self, text: &str, at: Timestamp) -> String {
        // No clock shows a moment that is out of all calendars.
        let there = self.bundle.wall_time(self.queue, at);
        there.map_or_else(|| rfc3339(at), |there| self.bundle.texts().moment(self.language, text, &there))
    }

    /// What people call a responder.
    pub(crate) fn title(&self, responder: &str) -> String {
        title(self.bundle, responder)
    }

    /// What is told when `holder`, or `staff` of it, has the case.
    fn announce(&self, live: &Live, told: Announcement, holder: &str, staff: Option<&StaffId>) -> String {
        let title = self.title(holder);
        match told {
            Announcement::Ai => self.say("ai_answers", &[("title", &title)]),
            Announcement::Waiting { opens: Some(opens), .. } => {
                let will = self.say("person_will_answer", &[("title", &title)]);
                let until = self.moment("waits_for_opening", opens);
                format!("{will} {}", self.say("waits_for_opening", &[("time", &until)]))
            }
            Announcement::CallBack { from } => {
                let time = self.moment("calls_back", from);
                self.say("calls_back", &[("title", &title), ("time", &time)])
            }
            Announcement::Waiting { expected_wait_ms, opens: None } => {
                let will = self.say("person_will_answer", &[("title", &title)]);
                let how_long = match expected_wait_ms {
                    Some(ms) => self.say("wait_expected", &[("wait", &about(self.bundle, self.language, ms))]),
                    None => self.say("wait_not_known", &[]),
                };
                format!("{will} {how_long}")
            }
            Announcement::Person => match staff.and_then(|staff| live.floor.staff(staff)) {
                Some(item) => self.say("named_person_is_here", &[("name", &item.first_name)]),
                None => self.say("person_is_here", &[]),
            },
            Announcement::Owner { due } => {
                let unnamed = self.say("owner_without_a_name", &[]);
                let owner = self.bundle.owner_title(holder).unwrap_or(&unnamed);
                self.say("owner_acts", &[("owner", owner), ("time", &self.moment("owner_acts", due))])
            }
        }
    }

    /// What is told of a case that is put off, by which moment something happens; nothing where that is for those who
    /// work on it.
    pub(crate) fn put_off(&self, deferral: &Deferral) -> Option<String> {
        let text = match deferral.kind {
            DeferralKind::Callback if deferral.decision.is_some() => "calls_back",
            DeferralKind::Callback => "callback_agreed",
            DeferralKind::ThirdParty => "third_party_awaited",
            DeferralKind::Snooze | DeferralKind::FollowUp => return None,
        };
        let (title, time) =
            (self.title(self.queue.map_or("", |queue| queue.as_str())), self.moment(text, deferral.until));
        Some(self.say(text, &[("title", &title), ("time", &time)]))
    }
}

/// What was told of a handoff.
pub(crate) async fn of_handoff(parts: &Parts, decision: &Decision, handoff: &Handoff) -> Option<String> {
    let told = handoff.announced?;
    let bundle = governing(&parts.governance, &parts.journal, &decision.bundle).await;
    let words = words_of(&bundle, decision, handoff);
    Some(words.announce(&parts.live, told, handoff.to.name(), handoff.staff.as_ref()))
}

/// The words in which a handoff was told of, under the bundle of its decision.
pub(crate) fn words_of<'a>(bundle: &'a Bundle, decision: &'a Decision, handoff: &'a Handoff) -> Telling<'a> {
    let responder = |holder: &'a HolderRef| match holder {
        HolderRef::Responder(id) => Some(id),
        HolderRef::Owner(_) => None,
    };
    // Who is accountable works in no queue: told is by the clock of the queue that had the case.
    let queue = responder(&handoff.to).or_else(|| handoff.from.as_ref().and_then(responder));
    Telling { bundle, language: spoken(&decision.signals), queue }
}

/// What was told of a case that was put off; nothing where that is for those who work on it.
pub(crate) async fn of_deferral(
    governance: &Governance,
    journal: &Journal,
    case: &Case,
    deferral: &Deferral,
) -> Option<String> {
    // An earlier version kept no wording.
    let Some(Wording { bundle, language, queue }) = &deferral.wording else {
        return Telling::now(governance, case).put_off(deferral);
    };
    let bundle = governing(governance, journal, bundle).await;
    Telling { bundle: &bundle, language: language.as_deref(), queue: queue.as_ref() }.put_off(deferral)
}

/// What the customer was told of how a request on their case ended; nothing where it was not theirs to hear, or its
/// words are gone.
pub(crate) async fn of_request(parts: &Parts, case: &Case, ended: &RequestEnded) -> Option<String> {
    let Wording { bundle, language, queue } = ended.wording.as_ref()?;
    let text = match (ended.state, ended.agrees, ended.void) {
        (RequestState::Done, Some(Agreement::Agrees), _) => "request_done",
        (RequestState::Done, ..) => "request_checked",
        (RequestState::Failed, ..) => "request_failed",
        (RequestState::Declined, ..) => "request_declined",
        (RequestState::Expired, ..) => "request_expired",
        (RequestState::Withdrawn, _, Some(changed)) => match changed {
            Changed::Bundle => "request_void_rules",
            Changed::Case | Changed::Erased => "request_void_case",
            Changed::Holder => "request_void_holder",
            Changed::Fact => "request_void_fact",
            Changed::Verdict => "request_void_verdict",
            Changed::Asker => "request_void_asker",
            Changed::Confirmer => "request_void_confirmer",
            Changed::Untold => "request_void_untold",
        },
        (RequestState::Withdrawn, _, None) => "request_withdrawn",
        _ => return None,
    };
    let opened = sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &ended.shown).await;
    let shown = opened.ok().flatten()?;
    let bundle = governing(&parts.governance, &parts.journal, bundle).await;
    let words = Telling { bundle: &bundle, language: language.as_deref(), queue: queue.as_ref() };
    let reference = ended.reference.as_deref().unwrap_or_default();
    Some(words.say(text, &[("shown", &shown), ("reference", reference)]))
}

/// In which words the customer of a case is told something now.
pub(crate) fn wording(governance: &Governance, case: &Case) -> Wording {
    let Telling { bundle, language, queue } = Telling::now(governance, case);
    Wording { bundle: bundle.digest().clone(), language: language.map(ToOwned::to_owned), queue: queue.cloned() }
}

/// What was told last of who has a case.
pub(crate) async fn last_told(parts: &Parts, case: &Case) -> Result<Option<String>, Refused> {
    if case.told.is_none() {
        return Ok(None);
    }
    let mut last = None;
    let mut records = Records::of(case);
    while let Some(row) = records.next(&parts.journal).await? {
        if row.kind == "decision_made"
            && let Event::DecisionMade { decision, handoff: Some(handoff) } =
                serde_json::from_slice(&row.body).map_err(Refused::internal)?
            && handoff.announced.is_some()
        {
            last = Some((decision, handoff));
        }
    }
    match last {
        Some((decision, handoff)) => Ok(of_handoff(parts, &decision, &handoff).await),
        None => Ok(None),
    }
}

/// The bundle of this digest, which governed when something was told; the one in force where it cannot be had.
pub(crate) async fn governing(governance: &Governance, journal: &Journal, digest: &Digest) -> Arc<Bundle> {
    let in_force = &governance.bundle;
    if digest == in_force.digest() {
        return Arc::clone(in_force);
    }
    journal.bundle(digest, None).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "what was told under an earlier bundle is shown in the words of the one in force");
        Arc::clone(in_force)
    })
}

/// The language in which the customer of a case is told things: that of their words, where it is known.
pub(crate) fn language(case: &Case) -> Option<&str> {
    case.readings.of("language").find_map(tag)
}

/// The language that readings of then name.
pub(crate) fn spoken(signals: &Signals) -> Option<&str> {
    signals.get("language").and_then(tag)
}

/// The language that a reading names.
fn tag(reading: &Reading) -> Option<&str> {
    match &reading.value {
        Value::Name(tag) if tag != UNDETERMINED => Some(tag.as_str()),
        _ => None,
    }
}

/// What people call a responder.
pub(crate) fn title(bundle: &Bundle, responder: &str) -> String {
    let spec = ResponderId::new(responder).ok().and_then(|id| bundle.candidate(&id));
    spec.map_or_else(|| responder.to_owned(), |spec| spec.title.clone())
}
