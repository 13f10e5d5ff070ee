//! Staff: who they are, whether they are there, what is offered to them and what they have.

pub mod carrying_out;
pub mod gone;
pub mod offering;
pub(crate) mod permitted;
pub mod remove;
pub mod settle;

use crate::{
    Caller, Done, Environment, Governance, Live, Parts, Repeat,
    access::auth,
    case::{
        complete,
        counted::{CaseAnswer, shown},
        view::CaseView,
    },
    environment::clock::rfc3339,
    governance::resolve_names::{self, NAME_MAX, printable},
    live::floor::StaffItem,
    operation::{
        AnswerOfferRefusal, GetWorkRefusal, ListQueuesRefusal, ListStaffRefusal, NoteStaffRefusal, SetPresenceRefusal,
    },
    pipeline::{self, commit::Envelope, load},
    refused::{Kind, Refused},
};
use remit_domain::{
    Command, Event,
    case::Channel,
    floor::{Presence, StaffProfile},
    id::{OfferId, StaffId},
    offer::OfferEnd,
};
use remit_ledger::hash::hex;
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A member of staff, as they are noted.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteStaff {
    /// Their name in records: a letter, then up to 63 of `a-z 0-9 _ - .`.
    pub name: String,
    /// The name that customers see.
    #[schema(max_length = 64, min_length = 1)]
    pub first_name: String,
    /// The queues that they work in.
    pub queues: Vec<String>,
    /// Languages by tag, with a level from 1 to 5.
    pub languages: BTreeMap<String, u8>,
    /// Skills by name, with a level from 1 to 5.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    /// Cases at once on each channel; none on a channel that is not named.
    pub capacity: BTreeMap<String, u32>,
}

/// Whether a member of staff is there.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPresence {
    /// `available`, `busy` (no new offers), `away` or `offline`.
    pub presence: PresenceName,
    /// Why, when away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

/// Whether a member of staff is there, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceName {
    /// Takes offers.
    Available,
    /// At work, and takes no new offers.
    Busy,
    /// Not at the desk; open offers are taken back.
    Away,
    /// Not at work; open offers are taken back.
    Offline,
}

/// A member of staff.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StaffView {
    /// Their name in records.
    pub name: String,
    /// The name that customers see.
    pub first_name: String,
    /// The queues that they work in.
    pub queues: Vec<String>,
    /// Languages by tag, with a level from 1 to 5.
    pub languages: BTreeMap<String, u8>,
    /// Skills by name, with a level from 1 to 5.
    pub skills: BTreeMap<String, u8>,
    /// Cases at once on each channel.
    pub capacity: BTreeMap<String, u32>,
    /// Whether they are there.
    pub presence: PresenceName,
    /// Why they are away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

/// What a member of staff has to do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkView {
    /// Cases that are offered to them: answer before the offer ends.
    pub offered: Vec<CaseView>,
    /// Cases that they have.
    pub held: Vec<CaseView>,
}

/// A queue as it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// Whether it is open now.
    pub open: bool,
    /// When it opens, while it is closed; nothing where that is years away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub opens_at: Option<String>,
    /// By when a case that joins it now is promised a first reply, in opening hours; nothing where that is years away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// The IANA zone in which it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/London")]
    pub time_zone: Option<String>,
    /// What people call it.
    pub title: String,
    /// Cases that it has, with those that its staff took.
    pub cases: i64,
    /// How long a case that joins it now waits, in milliseconds; nothing where nobody works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_wait_ms: Option<i64>,
}

/// An answer to an offer.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerOffer {
    /// Which offer.
    pub offer: String,
    /// `accept`, or why not: `busy`, `not_mine` (lacks what it needs) or `conflict` (should not handle this customer).
    pub answer: OfferAnswer,
}

/// An answer to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferAnswer {
    /// Takes the case.
    Accept,
    /// Busy with something else.
    Busy,
    /// Lacks what the case needs.
    NotMine,
    /// Should not handle this customer.
    Conflict,
}

/// Most names of one kind in a profile.
const NAMES_MAX: usize = 64;

/// Longest reason why somebody is away, in characters.
const REASON_MAX: usize = 200;

/// Most cases at once on a channel.
const CAPACITY_MAX: u32 = 1_000;

/// Notes a member of staff, in place of what was noted before. They are offline until they say otherwise.
///
/// # Errors
/// [`NoteStaffRefusal`] says when each arises.
pub async fn note_staff(parts: &Parts, caller: &Caller, note: NoteStaff) -> Result<StaffView, NoteStaffRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::STAFF_MANAGE)?;
    let profile = profile(&parts.governance, &note)?;
    printable("first_name", &note.first_name, NAME_MAX)?;
    let (id, at, by) = (profile.id.clone(), parts.environment.now(), caller.pseudonym.to_string());
    let salt = hex(&parts.environment.entropy.bytes::<32>().map_err(Refused::from)?);
    let noted = |known: Option<StaffItem>| {
        let (presence, since) = known.map_or((Presence::Offline, at), |known| (known.presence, known.since));
        let item = StaffItem { first_name: note.first_name, presence, since, salt: Some(salt), profile, revision: 0 };
        let events = vec![item.noted(&by, at)];
        Ok((item, events))
    };
    Ok(settle::set_staff(parts, caller, &id, noted).await.map(|item| StaffView::from(&item))?)
}

fn profile(governance: &Governance, note: &NoteStaff) -> Result<StaffProfile, Refused> {
    let sizes = [note.queues.len(), note.languages.len(), note.skills.len(), note.capacity.len()];
    if sizes.iter().any(|size| *size > NAMES_MAX) {
        return Err(Refused::invalid("queues", format!("at most {NAMES_MAX} names of each kind")));
    }
    let id = StaffId::new(&note.name).map_err(|error| Refused::invalid("name", error))?;
    resolve_names::persons_name(governance, "name", &note.name)?;
    let queues = note
        .queues
        .iter()
        .map(|name| resolve_names::queue_named(governance, "queues", name))
        .collect::<Result<Vec<_>, _>>()?;
    for (field, levels) in [("languages", &note.languages), ("skills", &note.skills)] {
        levels.keys().try_for_each(|name| printable(field, name, NAME_MAX))?;
        if let Some((name, level)) = levels.iter().find(|(name, level)| !(1..=5).contains(*level) || name.len() > 64) {
            return Err(Refused::invalid(field, format!("`{name}` has level {level}; levels go from 1 to 5")));
        }
    }
    let skills = governance.bundle.skills();
    for name in note.skills.keys().filter(|_| !skills.is_empty()) {
        resolve_names::among("skills", "skill", name, skills.iter().map(String::as_str))?;
    }
    let channel = |(name, most): (&String, &u32)| {
        let channel = Channel::ALL.into_iter().find(|channel| channel.as_str() == name);
        let channel = channel.ok_or_else(|| Refused::invalid("capacity", format!("`{name}` is no channel")))?;
        if *most > CAPACITY_MAX {
            return Err(Refused::invalid("capacity", format!("at most {CAPACITY_MAX} cases at once")));
        }
        Ok((channel, *most))
    };
    let capacity = note.capacity.iter().map(channel).collect::<Result<BTreeMap<_, _>, Refused>>()?;
    Ok(StaffProfile { id, queues, languages: note.languages.clone(), skills: note.skills.clone(), capacity })
}

/// Notes whether a member of staff is there. Staff say it of themselves, leads of everybody.
///
/// # Errors
/// [`SetPresenceRefusal`] says when each arises.
pub async fn set_presence(
    parts: &Parts,
    caller: &Caller,
    name: &str,
    set: SetPresence,
) -> Result<StaffView, SetPresenceRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::PRESENCE_SET)?;
    let id = known_staff(&parts.live, name)?.profile.id;
    if caller.principal.staff().is_some_and(|own| *own != id) {
        let detail = "staff say of themselves whether they are there; a lead says it of others";
        return Err(Refused::new(Kind::Forbidden, detail).into());
    }
    let reason = set.reason.unwrap_or_default();
    if !reason.is_empty() {
        printable("reason", &reason, REASON_MAX)?;
    }
    let presence = match set.presence {
        PresenceName::Available => Presence::Available,
        PresenceName::Busy => Presence::Busy,
        PresenceName::Away => Presence::Away { reason },
        PresenceName::Offline => Presence::Offline,
    };
    let (at, by) = (parts.environment.now(), caller.pseudonym.to_string());
    let said = |known: Option<StaffItem>| {
        let known = known.ok_or_else(|| unknown(name))?;
        let event = Event::PresenceSet { staff: known.profile.id.clone(), presence: (&presence).into(), by, at };
        Ok((StaffItem { presence, since: at, ..known }, vec![event]))
    };
    Ok(settle::set_staff(parts, caller, &id, said).await.map(|item| StaffView::from(&item))?)
}

/// Everybody, by name.
///
/// # Errors
/// [`ListStaffRefusal`] says when each arises.
pub fn list_staff(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
) -> Result<Vec<StaffView>, ListStaffRefusal> {
    auth::permit(governance, live, environment, caller, Permission::STAFF_READ)?;
    Ok(live.floor.everybody().iter().map(StaffView::from).collect())
}

/// How long it is until so much opening time of a queue has passed, in milliseconds, also while it is closed.
fn elapsed_ms(spec: &remit_policy::bundle::CandidateSpec, now: remit_domain::id::Timestamp, wait_ms: i64) -> i64 {
    let Some(queue) = &spec.queue else { return wait_ms };
    let from = queue.reopens(now).unwrap_or(now);
    queue.elapsed_ms(from, wait_ms).saturating_add(from.since(now))
}

/// Every queue as it stands.
///
/// # Errors
/// [`ListQueuesRefusal`] says when each arises.
pub fn list_queues(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
) -> Result<Vec<QueueView>, ListQueuesRefusal> {
    auth::permit(governance, live, environment, caller, Permission::STAFF_READ)?;
    let now = environment.now();
    let depths: BTreeMap<String, i64> = live.depths().into_iter().collect();
    let queues = governance.bundle.candidates().iter().filter(|spec| spec.queue.is_some());
    let view = |spec: &remit_policy::bundle::CandidateSpec| QueueView {
        name: spec.responder.to_string(),
        open: spec.is_open(now),
        opens_at: spec.queue.as_ref().and_then(|queue| queue.reopens(now)).map(rfc3339),
        due_at: spec.queue.as_ref().and_then(|queue| queue.after(now, queue.sla_ms)).map(rfc3339),
        time_zone: spec.queue.as_ref().map(|queue| queue.zone().to_owned()),
        title: spec.title.clone(),
        cases: depths.get(spec.responder.as_str()).copied().unwrap_or(0),
        expected_wait_ms: live.floor.expected_wait_ms(&spec.responder).map(|wait_ms| elapsed_ms(spec, now, wait_ms)),
    };
    Ok(queues.map(view).collect())
}

/// What a member of staff has to do: what is offered to them and what they have.
///
/// # Errors
/// [`GetWorkRefusal`] says when each arises.
pub async fn work_of(parts: &Parts, caller: &Caller, name: &str) -> Result<WorkView, GetWorkRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::STAFF_READ)?;
    let id = known_staff(&parts.live, name)?.profile.id;
    let mut work = WorkView { offered: Vec::new(), held: Vec::new() };
    for case in parts.live.floor.cases_of(&id) {
        let case = load::for_views(&parts.governance, &parts.journal, &parts.environment, &case.to_string()).await?;
        let holds = case.holder.as_ref().and_then(|holder| holder.staff.as_ref()) == Some(&id);
        if holds {
            work.held.push(complete::case_view(parts, &case).await?);
        } else if case.offer.as_ref().is_some_and(|offer| offer.staff == id) {
            work.offered.push(complete::case_view(parts, &case).await?);
        }
    }
    Ok(work)
}

pub(super) fn known_staff(live: &Live, name: &str) -> Result<StaffItem, Refused> {
    let item = StaffId::new(name).ok().and_then(|id| live.floor.staff(&id));
    item.ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Refused {
    let none = Refused::new(Kind::NotFound, format!("no member of staff is called `{name}`"));
    none.cured_by("Check their name against the list of staff, or note them as staff first.")
}

/// Answers an offer, as the member of staff to whom it was made.
///
/// # Errors
/// [`AnswerOfferRefusal`] says when each arises.
pub async fn answer_offer(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    answer: AnswerOffer,
) -> Result<Done<CaseAnswer>, AnswerOfferRefusal> {
    let offer: OfferId = answer.offer.parse().map_err(|error| Refused::invalid("offer", error))?;
    let action = Permission::OFFER_ANSWER;
    let case = load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, action, id).await?;
    let made_to = || case.offer.as_ref().map(|offer| offer.staff.clone());
    // A lead answers for the one to whom it was made.
    let Some(staff) = caller.principal.staff().cloned().or_else(made_to) else {
        return Err(Refused::new(Kind::Conflict, format!("offer {offer} is not open any more")).into());
    };
    if parts.live.floor.staff(&staff).is_none() {
        return Err(Refused::new(Kind::Conflict, format!("`{staff}` works here no more")).into());
    }
    let ended = |how| Command::EndOffer { offer, staff: Some(staff.clone()), how };
    let command = match answer.answer {
        OfferAnswer::Accept => Command::Accept { offer, staff },
        OfferAnswer::Busy => ended(OfferEnd::Busy),
        OfferAnswer::NotMine => ended(OfferEnd::NotMine),
        OfferAnswer::Conflict => ended(OfferEnd::Conflict),
    };
    Ok(pipeline::execute(
        parts,
        caller,
        repeat,
        Some(id),
        Envelope::new(action, command),
        shown(&parts.environment, &parts.governance),
    )
    .await?)
}

impl From<&StaffItem> for StaffView {
    fn from(item: &StaffItem) -> Self {
        let (presence, reason) = match &item.presence {
            Presence::Available => (PresenceName::Available, None),
            Presence::Busy => (PresenceName::Busy, None),
            Presence::Away { reason } => (PresenceName::Away, Some(reason.clone())),
            Presence::Offline => (PresenceName::Offline, None),
        };
        let profile = &item.profile;
        Self {
            name: profile.id.to_string(),
            first_name: item.first_name.clone(),
            queues: profile.queues.iter().map(ToString::to_string).collect(),
            languages: profile.languages.clone(),
            skills: profile.skills.clone(),
            capacity: profile.capacity.iter().map(|(channel, most)| (channel.as_str().to_owned(), *most)).collect(),
            presence,
            reason: reason.filter(|reason| !reason.is_empty()),
            since: rfc3339(item.since),
        }
    }
}
