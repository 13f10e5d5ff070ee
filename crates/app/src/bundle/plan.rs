//! How a bundle comes into force: held against what is open, then put on record with where it all goes, in one commit.

use super::{
    catalogue::DifferenceView,
    in_force::{InForce, event, from_directory, in_force, newest},
    moves::{MoveError, Moves, queues},
    survey::{Gone, Survey, is_there, staff, survey},
};
use crate::{environment::entropy::Entropy, live::floor::StaffItem, pipeline::authority, refused::Refused};
use remit_domain::{
    Case, Event, Stream,
    activation::{self, BundleChanges, Moved},
    decision::ResponderKind,
    id::{Digest, ResponderId, StaffId, Timestamp},
};
use remit_policy::bundle::{Bundle, in_numbers};
use remit_store::{
    ActivationRow, Collection, Commit, Committed, Entry, Expected, InFlight, ItemWrite, ReadError, Store,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where goes what is not moved yet, and its name.
pub(crate) const BUNDLE: Collection<Moves> = Collection::new("bundle");

pub(crate) const MOVES: &str = "moves";

/// A bundle that can come into force, and all that it takes.
#[derive(Debug)]
pub struct Plan {
    /// The digest of the one in force; none in a new data directory.
    pub from: Option<Digest>,
    /// What the directory that is named at a start held when it was loaded last.
    loaded: Option<Digest>,
    /// What the bundle changes of the one in force, where that can be read.
    pub changed: Option<BundleChanges>,
    /// The same by section and name.
    pub differs: Vec<DifferenceView>,
    /// What is open, and what of it the bundle cannot go on with.
    pub survey: Survey,
    /// Where goes what is gone.
    pub moves: Moves,
    /// Staff who work elsewhere from then on.
    pub staff: Vec<StaffMoved>,
    /// Staff whom the last change of bundle moved, and nobody since, as they worked before it: where this bundle is the
    /// one of then, they work so again.
    before: BTreeMap<StaffId, Vec<ResponderId>>,
}

/// A member of staff who works elsewhere once another bundle is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StaffMoved {
    /// Who.
    #[schema(value_type = String)]
    pub staff: StaffId,
    /// The queues that they work in.
    #[schema(value_type = Vec<String>)]
    pub from: Vec<ResponderId>,
    /// The queues that they work in from then on.
    #[schema(value_type = Vec<String>)]
    pub to: Vec<ResponderId>,
}

/// Who has a bundle put in force, and why, for the record.
#[derive(Debug, Clone)]
pub struct By {
    /// Who: a token by its identifier, or from where.
    pub who: String,
    /// Why, in their words; none where nobody asked.
    pub why: Option<String>,
    /// Whether it is what lies in the directory that the server was started with.
    pub from_directory: bool,
}

/// Why a bundle cannot come into force.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The store cannot be read.
    #[error("reading the store: {0}")]
    Read(#[from] ReadError),
    /// A move means nothing.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// Something open would be left without anybody.
    #[error("{}", told(&.0.survey, &.0.queues))]
    Lost(Box<Lost>),
}

/// What would be left without anybody.
#[derive(Debug)]
pub struct Lost {
    /// What is open.
    pub survey: Survey,
    /// The queues that there are in the bundle.
    pub queues: String,
}

impl Plan {
    /// What it takes to put `bundle` in force in `store`, with what is gone moved as told. `may_keep` says of a case
    /// whether the bundle's policies let its holder keep it.
    ///
    /// # Errors
    /// When a move means nothing.
    pub async fn of(
        store: &impl Store,
        bundle: &Bundle,
        moves: Moves,
        may_keep: &(impl AsyncFn(&Case) -> Result<bool, ReadError> + Sync),
    ) -> Result<Self, PlanError> {
        let from = in_force(store).await?;
        let survey = survey(store, bundle, may_keep).await?;
        let old = from.as_ref().and_then(InForce::recorded);
        moves.check(old.as_ref(), bundle, &survey)?;
        let moves = moves.and_earlier(pending(store).await?.unwrap_or_default(), bundle);
        let differs = old.map(|old| bundle.differs(&old));
        let changed = differs.as_deref().map(in_numbers);
        let differs = differs.into_iter().flatten().map(DifferenceView::from).collect();
        let before = before_the_last_change(store, bundle).await?;
        let (from, staff_moved) = (from.map(|from| from.digest), Vec::new());
        let loaded = from_directory(store).await?;
        let mut plan = Self { from, loaded, changed, differs, survey, moves, staff: staff_moved, before };
        for item in staff(store).await? {
            let (of, from) = (&item.value.profile.id, &item.value.profile.queues);
            let to = plan.queues_of(&item.value, bundle);
            if to != *from {
                plan.staff.push(StaffMoved { staff: of.clone(), from: from.clone(), to });
            }
        }
        Ok(plan)
    }

    /// What would be left without anybody, if anything would.
    pub(super) fn lost(&self, bundle: &Bundle) -> Option<Lost> {
        let is_lost = |(name, gone): (&ResponderId, &Gone)| gone.is_held() && self.moves.to(name).is_none();
        let lost = self.survey.gone.iter().any(is_lost);
        lost.then(|| Lost { survey: self.survey.clone(), queues: queues(bundle) })
    }

    /// How many open cases are to be looked at anew once it is carried out, as far as is known.
    pub(super) fn to_decide(&self) -> u64 {
        let Survey { gone, accountable, not_permitted, .. } = &self.survey;
        gone.values().map(|gone| gone.cases() + gone.consults).sum::<u64>() + accountable + not_permitted
    }

    /// The queues that a member of staff works in under `bundle`: those where its cases go in the place of those that
    /// are gone, and those of before where a change of bundle took them away that is taken back.
    fn queues_of(&self, item: &StaffItem, bundle: &Bundle) -> Vec<ResponderId> {
        let there = |queue: &ResponderId| is_there(bundle, queue, ResponderKind::Queue);
        if let Some(before) = self.before.get(&item.profile.id).filter(|before| before.iter().all(there)) {
            return before.clone();
        }
        let mut queues: Vec<ResponderId> = Vec::new();
        for queue in &item.profile.queues {
            let now = if there(queue) { Some(queue) } else { self.moves.to(queue).filter(|to| there(to)) };
            queues.extend(now.filter(|now| !queues.contains(now)).cloned());
        }
        queues
    }

    /// The event that puts it on record.
    fn event(&self, bundle: &Bundle, by: &By, at: Timestamp) -> Event {
        Event::BundleActivated(activation::BundleActivation {
            from: self.from.clone(),
            to: bundle.digest().clone(),
            name: bundle.name().to_owned(),
            by: by.who.clone(),
            reason: by.why.clone(),
            from_directory: by.from_directory,
            loaded_before: self.loaded.clone().filter(|_| !by.from_directory),
            changed: self.changed,
            moves: self.moved(),
            at,
        })
    }

    /// Where goes what is gone, with how many open cases it had.
    pub fn moved(&self) -> Vec<Moved> {
        let moved = |(from, to): (&ResponderId, &ResponderId)| {
            let cases = self.survey.gone.get(from).map_or(0, Gone::cases);
            Moved { from: from.clone(), to: to.clone(), cases }
        };
        self.moves.iter().map(moved).collect()
    }

    /// Puts `bundle`, whose files are kept by now, in force in `store`, with where goes what is gone: what is open is
    /// moved after.
    ///
    /// # Errors
    /// When the store refuses; then nothing has changed.
    pub(crate) async fn put_in_force(
        &self,
        store: &impl Store,
        entropy: &Entropy,
        bundle: &Bundle,
        by: &By,
        now: Timestamp,
    ) -> Result<Committed, Refused> {
        let digest: &Digest = bundle.digest();
        let record = authority::record(entropy, &self.event(bundle, by, now), &by.who, now)?;
        let (mut records, mut items) = (vec![record], Vec::new());
        for item in self.staff(store, bundle).await? {
            items.push(item.value.write(item.expected())?);
            let event = item.value.noted(&by.who, now);
            records.push(authority::record(entropy, &event, &by.who, now)?);
        }
        items.push(item(Some(&self.moves))?);
        let commit = Commit {
            records,
            items,
            activation: Some(ActivationRow { digest: digest.to_string(), at_ms: now.0 }),
            ..Commit::default()
        };
        store.commit(commit, InFlight::default()).await.map_err(crate::refused)
    }

    /// What has open cases by now that `bundle` lacks, and goes nowhere: they came since it was looked through. Told in
    /// `old`'s names.
    pub(super) async fn came_since(
        &self,
        store: &impl Store,
        old: &Bundle,
        bundle: &Bundle,
    ) -> Result<Survey, ReadError> {
        let mut survey = Survey::default();
        for (holder, open) in store.depths().await? {
            let Some(spec) = old.candidates().iter().find(|spec| spec.responder.as_str() == holder) else { continue };
            if open <= 0 || is_there(bundle, &spec.responder, spec.kind) || self.moves.to(&spec.responder).is_some() {
                continue;
            }
            let (ai, open) = (spec.kind == ResponderKind::Ai, open.unsigned_abs());
            let gone = survey.gone.entry(spec.responder.clone()).or_default();
            *(if ai { &mut gone.with_ai } else { &mut gone.waiting }) += open;
        }
        Ok(survey)
    }

    /// Staff who work in what is gone: they work where its cases go.
    async fn staff(&self, store: &impl Store, bundle: &Bundle) -> Result<Vec<Entry<StaffItem>>, Refused> {
        let mut changed = Vec::new();
        for mut item in staff(store).await.map_err(Refused::internal)? {
            let queues = self.queues_of(&item.value, bundle);
            if queues != item.value.profile.queues {
                item.value.profile.queues = queues;
                item.value.revision += 1;
                changed.push(item);
            }
        }
        Ok(changed)
    }
}

/// Staff whom the change to the bundle in force moved, and nobody since, with the queues of before it; nobody where
/// `bundle` is not the one of before it.
async fn before_the_last_change(
    store: &impl Store,
    bundle: &Bundle,
) -> Result<BTreeMap<StaffId, Vec<ResponderId>>, ReadError> {
    let mut before = BTreeMap::new();
    let Some((place, activation)) = newest(store).await? else { return Ok(before) };
    if activation.from.as_ref() != Some(bundle.digest()) {
        return Ok(before);
    }
    for item in staff(store).await? {
        let id = &item.value.profile.id;
        let mut noted: Vec<(u64, Vec<ResponderId>, Timestamp)> = Vec::new();
        for row in store.records_of(&Stream::staff(id).to_string(), 0, usize::MAX).await? {
            match event(&row)? {
                Event::StaffNoted { profile, at, .. } => noted.push((row.seq, profile.queues, at)),
                Event::StaffRemoved { .. } => noted.clear(),
                _ => {}
            }
        }
        // The change noted them in its own commit.
        if let [.., (_, queues, _), (seq, _, at)] = noted.as_slice()
            && *seq > place
            && *at == activation.at
        {
            before.insert(id.clone(), queues.clone());
        }
    }
    Ok(before)
}

/// Keeps the files of `bundle` under its digest.
pub(crate) async fn keep(store: &impl Store, bundle: &Bundle) -> Result<(), Refused> {
    let bytes = bundle.files().to_bytes();
    store.keep_bundle(bundle.digest().as_str(), &bytes).await.map_err(Refused::internal)
}

/// Where goes what is not moved yet; none where everything is.
pub(super) async fn pending(store: &impl Store) -> Result<Option<Moves>, ReadError> {
    Ok(BUNDLE.get(store, MOVES).await?.map(|entry| entry.value))
}

/// The item that says where goes what is not moved yet.
pub(super) fn item(moves: Option<&Moves>) -> Result<ItemWrite, Refused> {
    let expected = Expected::Any("only the process that starts moves, and it has the directory for itself");
    match moves {
        Some(moves) => BUNDLE.write(MOVES, expected, moves).map_err(Refused::internal),
        None => Ok(BUNDLE.forget(MOVES, expected)),
    }
}

impl Lost {
    /// What has to be answered before the bundle can come into force, in one sentence for each that is gone.
    pub fn question(&self) -> String {
        let asked = |(name, gone): (&ResponderId, &Gone)| {
            let cases = match gone.cases() {
                1 => "1 open case is".to_owned(),
                cases => format!("{cases} open cases are"),
            };
            let Gone { consults, only_there, .. } = gone;
            let rest = format!(", with {consults} questions and {only_there} staff who work nowhere else");
            let rest = if consults + only_there > 0 { rest } else { String::new() };
            format!("{cases} in `{name}`, which is gone{rest}: where to?")
        };
        let held = || self.survey.gone.iter().filter(|(_, gone)| gone.is_held());
        let asked: Vec<String> = held().map(asked).collect();
        let moves: Vec<String> = held().map(|(name, _)| format!("{name}=QUEUE")).collect();
        let (asked, moves) = (asked.join(" "), moves.join(","));
        format!("{asked} Say so as the move `{moves}`; the bundle's queues are {}", self.queues)
    }
}

/// What would be lost, as a table, and the cure.
fn told(survey: &Survey, queues: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("the bundle lacks what has open work; nothing was changed\n\n");
    let head = ["gone", "waiting", "with a person", "with an AI", "questions", "staff"];
    let _ = writeln!(
        text,
        "  {:<24} {:>9} {:>14} {:>11} {:>10} {:>6}",
        head[0], head[1], head[2], head[3], head[4], head[5]
    );
    for (name, gone) in survey.gone.iter().filter(|(_, gone)| gone.is_held()) {
        let Gone { with_ai, waiting, with_person, consults, staff, .. } = gone;
        let name = name.as_str();
        let _ = writeln!(text, "  {name:<24} {waiting:>9} {with_person:>14} {with_ai:>11} {consults:>10} {staff:>6}");
    }
    let name = survey.gone.iter().find(|(_, gone)| gone.is_held()).map_or("OLD", |(name, _)| name.as_str());
    let _ = write!(text, "\nsay where each goes, as with `--move {name}=QUEUE`; the bundle's queues are {queues}");
    text
}
