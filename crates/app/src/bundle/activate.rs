//! A bundle put in force in a running server: checked and held against what is open while the one in force goes on,
//! then switched for everybody at once.

use super::{
    By, Lost, Moves, Plan, PlanError, StaffMoved,
    catalogue::{self, DifferenceView},
    checked::{Checked, checked},
    foresee::{Foreseen, foreseen},
    plan, plan_or_lost,
    survey::Survey,
};
use crate::{
    Caller, Governance, Journal, Parts, Succession,
    access::auth,
    bounds::{REASON_MAX, bounded},
    environment::block_on::block_on,
    journal::accounts::ACCOUNTS,
    live::{change::Change, floor::STAFF},
    operation::{ActivateBundleRefusal, RollBackBundleRefusal},
    pipeline::{feed_fold::FeedFold, placing, projections, stored},
    refused::{Kind, Refused},
};
use remit_domain::{
    activation::{BundleChanges, Moved},
    id::Digest,
};
use remit_policy::{actions::Permission, bundle::Bundle, files::Files};
use remit_store::{Journal as _, ReadError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// How a bundle is put in force.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateBundle {
    /// Why, for the record, which is for ever: it holds no customer's words. Needed unless it is a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4_096)]
    pub reason: Option<String>,
    /// Where goes what responders had that the bundle does not have any more: `OLD=NEW`, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "rebooking=general,lounge=general")]
    pub moves: Option<String>,
    /// Tell what it would do, and change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<bool>,
    /// The digest of the bundle that is thought to be in force, or its first figures, at least 8: where another one is,
    /// nothing is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 8, max_length = 64)]
    pub from: Option<String>,
}

/// How the bundle before is put in force again.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    /// Why, for the record, which is for ever: it holds no customer's words. Needed unless it is a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4_096)]
    pub reason: Option<String>,
    /// Where goes what responders had that the bundle does not have: `OLD=NEW`, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<String>,
    /// Tell what it would do, and change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<bool>,
    /// The digest of the bundle that is thought to be in force, or its first figures, at least 8: where another one is,
    /// nothing is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 8, max_length = 64)]
    pub from: Option<String>,
}

impl From<RollBack> for ActivateBundle {
    fn from(asked: RollBack) -> Self {
        let RollBack { reason, moves, preview, from } = asked;
        Self { reason, moves, preview, from }
    }
}

/// What putting a bundle in force does, or would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Activation {
    /// The digest of the bundle that was in force before.
    #[schema(value_type = String)]
    pub from: Digest,
    /// The digest of the bundle.
    #[schema(value_type = String)]
    pub to: Digest,
    /// What it calls its organisation.
    pub name: String,
    /// Whether it is in force now.
    pub in_force: bool,
    /// How many of its own tests hold.
    pub tests: usize,
    /// How many of its sentences are read as they must be.
    pub sentences: usize,
    /// What is in it otherwise, in numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<BundleChanges>,
    /// The same by section and name.
    pub differs: Vec<DifferenceView>,
    /// Where goes what those had who are not in it any more, if policy permits it.
    pub moves: Vec<Moved>,
    /// Staff who work elsewhere from then on.
    pub staff: Vec<StaffMoved>,
    /// Of a preview: where open cases go that are decided anew, as things are now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreseen: Vec<Foreseen>,
    /// Of a preview: what has to be answered before it can come into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks: Option<String>,
    /// What is open, and what of it the bundle cannot go on with.
    pub survey: Survey,
    /// What is to be looked at, though it prevents nothing.
    pub warnings: Vec<String>,
    /// For how long nothing could be written while it came into force, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_up_ms: Option<f64>,
}

impl Activation {
    /// Nothing is to be done.
    fn in_force_already(governance: &Governance) -> Self {
        let (digest, name) = (governance.bundle.digest().clone(), governance.bundle.name().to_owned());
        Self {
            from: digest.clone(),
            to: digest,
            name,
            in_force: true,
            tests: 0,
            sentences: 0,
            changed: None,
            differs: Vec::new(),
            moves: Vec::new(),
            staff: Vec::new(),
            foreseen: Vec::new(),
            asks: None,
            survey: Survey::default(),
            warnings: Vec::new(),
            held_up_ms: None,
        }
    }
}

/// Puts the bundle in force whose files these are, in the form in which bundles are exported; for a preview, says what
/// that would do.
///
/// # Errors
/// [`ActivateBundleRefusal`] says when each arises.
pub async fn activate_bundle(
    succession: &Succession,
    caller: &Caller,
    asked: ActivateBundle,
    files: &[u8],
) -> Result<Activation, ActivateBundleRefusal> {
    let parts = succession.current();
    permit(&parts, caller)?;
    let wanted = Wanted::of(&asked, &caller.pseudonym)?;
    let files = Files::received(files).map_err(|error| Refused::invalid("body", error))?;
    Ok(Switch { succession, caller: Some(caller), wanted }.to(files).await?)
}

/// Puts the bundle in force again that was before the one in force; for a preview, says what that would do.
///
/// # Errors
/// [`RollBackBundleRefusal`] says when each arises.
pub async fn roll_back_bundle(
    succession: &Succession,
    caller: &Caller,
    asked: RollBack,
) -> Result<Activation, RollBackBundleRefusal> {
    let parts = succession.current();
    permit(&parts, caller)?;
    Ok(Switch {
        succession,
        caller: Some(caller),
        wanted: Wanted::back(asked.into(), &caller.pseudonym, &parts.governance)?,
    }
    .back(&parts.journal)
    .await?)
}

/// Puts the bundle of these files in force, or says what that would do, for whoever runs the server; no policy is
/// asked. `who` is named on record.
///
/// # Errors
/// As [`activate_bundle`].
pub async fn activate_for_operator(
    succession: &Succession,
    who: &str,
    asked: &ActivateBundle,
    files: Files,
) -> Result<Activation, Refused> {
    Switch { succession, caller: None, wanted: Wanted::of(asked, who)? }.to(files).await
}

/// Puts the bundle of these files in force, which lie in the directory that the server was started with. `signal`
/// stands on record as who had it done.
///
/// # Errors
/// As [`activate_bundle`].
pub async fn reload_directory(
    succession: &Succession,
    signal: &str,
    reason: &str,
    files: Files,
) -> Result<Activation, Refused> {
    let asked = ActivateBundle { reason: Some(reason.to_owned()), ..ActivateBundle::default() };
    let mut wanted = Wanted::of(&asked, signal)?;
    wanted.by.from_directory = true;
    Switch { succession, caller: None, wanted }.to(files).await
}

/// Puts the bundle in force again that was before the one in force, for whoever runs the server.
///
/// # Errors
/// As [`roll_back_bundle`].
pub async fn roll_back_for_operator(
    succession: &Succession,
    who: &str,
    asked: &ActivateBundle,
) -> Result<Activation, Refused> {
    let parts = succession.current();
    Switch { succession, caller: None, wanted: Wanted::back(asked.clone(), who, &parts.governance)? }
        .back(&parts.journal)
        .await
}

/// Whether `caller` may put bundles in force: asked before what they send is read, since that is much.
///
/// # Errors
/// [`ActivateBundleRefusal`] says when each arises.
pub fn may_activate(parts: &Parts, caller: &Caller) -> Result<(), ActivateBundleRefusal> {
    Ok(permit(parts, caller)?)
}

fn permit(parts: &Parts, caller: &Caller) -> Result<(), Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::BUNDLE_ACTIVATE)
}

/// What is wanted of a bundle.
struct Wanted {
    by: By,
    moves: Moves,
    preview: bool,
    /// The first figures of the digest of the bundle that is thought to be in force.
    from: Option<String>,
}

/// The fewest figures by which a bundle is named.
const FIGURES_LEAST: usize = 8;

impl Wanted {
    fn of(asked: &ActivateBundle, who: &str) -> Result<Self, Refused> {
        let preview = asked.preview.unwrap_or(false);
        match &asked.reason {
            Some(reason) => bounded("reason", reason, REASON_MAX)?,
            None if preview => {}
            None => return Err(Refused::invalid("reason", "is needed: say why, for the record")),
        }
        let moves = asked.moves.as_deref().unwrap_or_default().split(',').map(str::trim);
        let moves: Vec<String> = moves.filter(|given| !given.is_empty()).map(ToOwned::to_owned).collect();
        let moves = Moves::parse(&moves).map_err(|error| Refused::invalid("moves", error))?;
        let figures = |from: &&String| {
            let is_figure = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            (FIGURES_LEAST..=64).contains(&from.len()) && from.bytes().all(is_figure)
        };
        if asked.from.as_ref().is_some_and(|from| !figures(&from)) {
            let form = format!("is no digest: write its first figures, at least {FIGURES_LEAST} of `0-9a-f`");
            return Err(Refused::invalid("from", form));
        }
        let from = asked.from.clone();
        let by = By { who: who.to_owned(), why: asked.reason.clone(), from_directory: false };
        Ok(Self { by, moves, preview, from })
    }

    /// That of who goes back from the bundle in force in `parts`, and from none that comes into force meanwhile.
    fn back(mut asked: ActivateBundle, who: &str, governance: &Governance) -> Result<Self, Refused> {
        asked.from.get_or_insert_with(|| governance.bundle.digest().to_string());
        Self::of(&asked, who)
    }
}

/// A change of bundle that is under way.
struct Switch<'a> {
    succession: &'a Succession,
    /// Whom policy is asked for; nobody where whoever runs the server has it done.
    caller: Option<&'a Caller>,
    wanted: Wanted,
}

impl Switch<'_> {
    /// To the bundle before the one in force in `parts`.
    async fn back(self, journal: &Journal) -> Result<Activation, Refused> {
        let before = catalogue::before(journal).await?;
        self.to(catalogue::files(journal, &before).await?).await
    }

    async fn to(self, files: Files) -> Result<Activation, Refused> {
        let _one = self.succession.activating.lock().await;
        let parts = self.succession.current();
        if let Some(caller) = self.caller {
            permit(&parts, caller)?;
        }
        let from = parts.governance.bundle.digest().clone();
        if let Some(thought) = self.wanted.from.as_ref().filter(|thought| !from.as_str().starts_with(*thought)) {
            let detail = format!("the bundle in force is {from}, not {thought}; look at what it is first");
            return Err(Refused::new(Kind::Conflict, detail).with("in_force", &from));
        }
        if files.digest() == from && self.wanted.moves.is_empty() {
            return Ok(Activation::in_force_already(&parts.governance));
        }
        let Checked { governance, tests, sentences, mut warnings } = self.checked(files).await?;
        warnings.extend(names_of_people(&parts.journal, &governance.bundle).await?);
        let plan = self.plan(&parts, &governance).await?;
        let bundle = &governance.bundle;
        let lost = plan.as_ref().and_then(|plan| plan.lost(bundle));
        let foreseen = match &plan {
            Some(plan) if self.wanted.preview => foreseen(&parts, &governance, plan).await?,
            _ => Vec::new(),
        };
        let told = |plan: Option<&Plan>, in_force, held_up_ms| Activation {
            from: from.clone(),
            to: bundle.digest().clone(),
            name: bundle.name().to_owned(),
            in_force,
            tests,
            sentences,
            changed: plan.and_then(|plan| plan.changed),
            differs: plan.map(|plan| plan.differs.clone()).unwrap_or_default(),
            moves: plan.map(Plan::moved).unwrap_or_default(),
            staff: plan.map(|plan| plan.staff.clone()).unwrap_or_default(),
            foreseen: foreseen.clone(),
            asks: lost.as_ref().map(Lost::question),
            survey: plan.map(|plan| plan.survey.clone()).unwrap_or_default(),
            warnings: warnings.clone(),
            held_up_ms,
        };
        match plan {
            None => Ok(told(None, true, None)),
            Some(plan) if self.wanted.preview => Ok(told(Some(&plan), false, None)),
            Some(plan) => {
                if let Some(lost) = &lost {
                    return Err(left(lost));
                }
                let held_up_ms = self.switch(&parts, Arc::clone(&governance), &plan).await?;
                Ok(told(Some(&plan), true, Some(held_up_ms)))
            }
        }
    }

    /// Away from the threads that serve requests, since it can take long.
    async fn checked(&self, files: Files) -> Result<Checked, Refused> {
        let making = Arc::clone(&self.succession.making);
        tokio::task::spawn_blocking(move || checked(files, &making)).await.map_err(Refused::internal)?
    }

    async fn plan(&self, parts: &Arc<Parts>, governance: &Arc<Governance>) -> Result<Option<Plan>, Refused> {
        let (parts, governance, moves) = (Arc::clone(parts), Arc::clone(governance), self.wanted.moves.clone());
        let planned = move || {
            let now = parts.environment.now();
            block_on(plan_or_lost(parts.opener(), &governance.bundle, moves, now))
        };
        let planned = tokio::task::spawn_blocking(planned).await.map_err(Refused::internal)?;
        planned.map_err(|error| match error {
            PlanError::Read(error) => Refused::internal(error),
            PlanError::Move(error) => Refused::invalid("moves", error),
            PlanError::Lost(lost) => left(&lost),
        })
    }

    /// Switches, and says for how long nothing could be written, in milliseconds.
    async fn switch(&self, parts: &Arc<Parts>, governance: Arc<Governance>, plan: &Plan) -> Result<f64, Refused> {
        let store = &parts.journal.store;
        plan::keep(store, &governance.bundle).await?;
        let next = Arc::new(Parts {
            journal: Arc::new(parts.journal.next()),
            vault: Arc::clone(&parts.vault),
            live: Arc::new(parts.live.next(&governance.bundle)),
            environment: Arc::clone(&parts.environment),
            governance,
        });
        let mut feed = FeedFold::after(store.last_seq().await.map_err(Refused::internal)?);
        stored::follow_floor(&next).await.map_err(Refused::internal)?;
        let was_staffed = next.live.floor.is_staffed();
        // Most of what was committed meanwhile is followed before anybody is held up.
        catch_up(&mut feed, &next).await.map_err(Refused::internal)?;

        let begun = parts.environment.clock.monotonic();
        let closed = parts.journal.close().await;
        // Nothing is written until it is over: a token that stands now was not revoked before.
        if let Some(caller) = self.caller
            && !auth::stands(&parts.journal, &parts.live, &parts.environment, caller).await?
        {
            let detail = "the token was revoked or ran out while the bundle was made ready; nothing was changed";
            return Err(Refused::new(Kind::Forbidden, detail));
        }
        catch_up(&mut feed, &next).await.map_err(Refused::internal)?;
        if !was_staffed && next.live.floor.is_staffed() {
            // The first of them came while it was made ready.
            placing::follow_cases(&next, &next.live).await.map_err(Refused::internal)?;
        }
        let (old, new) = (&parts.governance.bundle, &next.governance.bundle);
        let survey = plan.came_since(store, old, new).await.map_err(Refused::internal)?;
        if !survey.gone.is_empty() {
            return Err(left(&Lost { survey, queues: super::moves::queues(new) }));
        }
        let counts = Change::of_counts(store).await.map_err(Refused::internal)?;
        let (entropy, now) = (&parts.environment.entropy, parts.environment.now());
        let committed = plan.put_in_force(store, entropy, new, &self.wanted.by, now).await?;
        if let Err(error) = catch_up(&mut feed, &next).await {
            tracing::error!(%error, "where staff work now cannot be read, and is not followed");
        }
        for tripped in next.live.load.follow(&counts) {
            let _ = next.live.tripped.send(tripped);
        }
        closed.begin(next.journal.term());
        let to_decide = i64::try_from(plan.to_decide()).unwrap_or(i64::MAX);
        next.environment.metrics.to_rehome.set(to_decide);
        self.succession.succeed(Arc::clone(&next));
        drop(closed);
        let held_up = parts.environment.clock.monotonic().saturating_sub(begun);

        let kept = next.governance.reader.intents.training().kept;
        next.environment.metrics.intents_kept.set((kept * 100.0).round() as i64);
        next.journal.tell(committed.last_seq);
        next.live.floor.bell.notify_one();
        self.succession.tell();
        tracing::info!(from = %old.digest(), to = %new.digest(), ?held_up, "another bundle is in force");
        Ok(held_up.as_secs_f64() * 1_000.0)
    }
}

/// What would be left without anybody, as a question.
fn left(lost: &Lost) -> Refused {
    Refused::new(Kind::Conflict, lost.question()).with("survey", &lost.survey)
}

/// Has the floor under the bundle that comes next follow what was committed since it was last caught up.
/// Names that people have here and the bundle gives to responders, which records would not tell apart.
async fn names_of_people(journal: &Journal, bundle: &Bundle) -> Result<Vec<String>, Refused> {
    let mut told = Vec::new();
    for name in bundle.candidates().iter().map(|spec| spec.responder.as_str()) {
        let noted = STAFF.get(&journal.store, name).await.map_err(Refused::internal)?.is_some();
        if noted || ACCOUNTS.get(&journal.store, name).await.map_err(Refused::internal)?.is_some() {
            told.push(format!(
                "the responder {name} is called as a person is who works here, and records would not tell them apart; \
                 give it another name, or them"
            ));
        }
    }
    Ok(told)
}

async fn catch_up(feed: &mut FeedFold, next: &Parts) -> Result<(), ReadError> {
    let follow = |change: Change| {
        projections::follow_on_floor(&next.governance, &next.live, &next.environment, &change);
        Ok(())
    };
    feed.catch_up(&next.journal, &next.live, follow).await
}
