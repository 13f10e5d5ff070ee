//! Queues that close: what waits in one and nobody has taken is decided anew, so that a desk which takes over works
//! without a message, and whoever waits for the opening is told of it.
//!
//! Nothing of it is kept. What has left its queue is not found there again, and whoever was told of an opening is not
//! told of it again, so that looking once more changes nothing: after a restart, under another bundle, and for what was
//! on its way while the queue closed.

use crate::{
    Caller, Parts,
    caller::principal::Job,
    case::due::own,
    journal::stored_case,
    pipeline::{
        self,
        about::About,
        closed::{is_told, waits_in_closed},
        commit::Envelope,
    },
    refused::Refused,
};
use futures_util::{TryStreamExt as _, stream};
use remit_domain::{
    Case, Command,
    case::Status,
    decision::{DecisionPoint, Outcome, Trigger},
    id::{ResponderId, Timestamp},
};
use remit_policy::actions::Permission;
use remit_store::{CaseFilter, OutboxRow, Views as _};

/// The action under which Remit itself moves them.
const ACTION: Permission = Permission::QUEUE_CLOSE;

/// Cases read at once.
const PAGE: usize = 200;

/// Cases decided at once beside requests, which come first.
const AT_ONCE: usize = 16;

/// How long after a queue closed it is looked at again, for what was decided before and committed after, in
/// milliseconds.
const ON_ITS_WAY_MS: i64 = 10_000;

/// What was done, and when to look again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Cases that left the queue that had them, or whose customers were told when it opens.
    pub moved: u64,
    /// When something may be otherwise; none where no calendar ever changes.
    pub again: Option<Timestamp>,
}

impl Looked {
    fn again_at(&mut self, at: Timestamp) {
        self.again = Some(self.again.map_or(at, |again| again.min(at)));
    }
}

/// Looks through what waits in each queue that is closed now, and decides anew whatever may not stay there.
///
/// # Errors
/// When the store refuses.
pub async fn look_through(parts: &Parts) -> Result<Looked, Refused> {
    let now = parts.environment.now();
    let mut looked = Looked::default();
    for spec in parts.governance.bundle.candidates() {
        let Some(queue) = &spec.queue else { continue };
        queue.changes(now).into_iter().for_each(|at| looked.again_at(at));
        if spec.is_open(now) {
            continue;
        }
        let settled = queue.closed_since(now).map(|closed| closed.plus_ms(ON_ITS_WAY_MS));
        settled.filter(|at| *at > now).into_iter().for_each(|at| looked.again_at(at));
        look_at(parts, &spec.responder, &mut looked).await?;
    }
    Ok(looked)
}

/// Looks at what waits in a queue that is closed.
async fn look_at(parts: &Parts, name: &ResponderId, looked: &mut Looked) -> Result<(), Refused> {
    let filter = CaseFilter {
        status: Some(Status::Open.as_str().to_owned()),
        holder: Some(name.to_string()),
        accountable: None,
    };
    let mut after: Option<String> = None;
    loop {
        let rows = parts.journal.store.cases(&filter, after.as_deref(), PAGE).await.map_err(Refused::internal)?;
        let mut due = Vec::new();
        for row in &rows {
            let case = stored_case::case_of(&parts.journal, &row.state).await?;
            if waits_in_closed(&parts.governance, &case, parts.environment.now()) {
                due.push(case);
            }
        }
        let moved = stream::iter(due.into_iter().map(Ok::<_, Refused>))
            .map_ok(|case| async move { decide_anew(parts, &case).await })
            .try_buffer_unordered(AT_ONCE);
        looked.moved += moved.try_fold(0, |sum, moved| async move { Ok(sum + u64::from(moved)) }).await?;
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}

/// Decides anew who has a case, and puts it on record where that is somebody else, or the customer is told when their
/// queue opens; says whether it is so.
async fn decide_anew(parts: &Parts, case: &Case) -> Result<bool, Refused> {
    let caller = Caller::system(Job::Closing);
    let Some(review) = review(parts, &caller, case).await? else { return Ok(false) };
    match pipeline::execute(parts, &caller, None, Some(&case.id.to_string()), Envelope::new(ACTION, review), |_| ())
        .await
    {
        // It was taken, moved or ended meanwhile.
        Err(refused) if !refused.kind.is_ours() => Ok(false),
        moved => moved.map(|_| true),
    }
}

/// The same for a case that came back to a closed queue, or whose offer ended there, as a row of the outbox asks.
pub(super) async fn look_at_row(parts: &Parts, row: &OutboxRow, case: &Case) -> Result<(), Refused> {
    let review = match waits_in_closed(&parts.governance, case, parts.environment.now()) {
        true => review(parts, &Caller::system(Job::Timers), case).await?,
        false => None,
    };
    match review {
        Some(review) => own(parts, row, case, review, Vec::new()).await,
        None => parts.journal.drop_row(&row.id).await,
    }
}

/// The command by which a case leaves the closed queue in which it waits, or is promised its opening; none where all
/// stays as it is.
async fn review(parts: &Parts, caller: &Caller, case: &Case) -> Result<Option<Command>, Refused> {
    Ok(leaving(parts, caller, case).await?.map(|leaving| leaving.review))
}

/// How a case leaves a closed queue.
pub(crate) struct Leaving {
    /// What is to be done.
    review: Command,
    /// What is decided by it, as things are now.
    pub(crate) outcome: Outcome,
}

/// How a case leaves the closed queue in which it waits, or is given to it anew so that its customer is told when it
/// opens; decided and put nowhere. Nothing where it stays as it is. What came back since the queue closed, from
/// somebody who went, waits for it to open where nobody else may have it and no danger stands on it.
pub(crate) async fn leaving(parts: &Parts, caller: &Caller, case: &Case) -> Result<Option<Leaving>, Refused> {
    let Some(holder) = &case.holder else { return Ok(None) };
    let review = Command::Review { epoch: holder.epoch, point: DecisionPoint::Retain, trigger: Trigger::QueueClosed };
    let mut context = parts.environment.context(&caller.pseudonym)?;
    let effects = match pipeline::decided(parts, Some(case), review.clone(), None, About::default(), &mut context).await
    {
        Err(refused) if !refused.kind.is_ours() => return Ok(None),
        effects => effects?,
    };
    let Some(decision) = effects.decision() else { return Ok(None) };
    let outcome = decision.outcome.clone();
    let told = |queue: &ResponderId| decision.collecting.get(queue).is_some_and(|collects| is_told(case, *collects));
    let spec = holder.responder().and_then(|id| parts.governance.bundle.candidate(id));
    let closed = spec.and_then(|spec| spec.queue.as_ref()?.closed_since(context.now));
    let came_back = closed.is_none_or(|closed| holder.since >= closed) && case.situations.gravest().is_none();
    let leaves = match &outcome {
        Outcome::Keep { .. } => false,
        Outcome::Exception { .. } => !came_back,
        Outcome::Assign { responder } if holder.responder() == Some(responder) => !told(responder),
        Outcome::Assign { .. } | Outcome::Take { .. } => true,
    };
    Ok(leaves.then_some(Leaving { review, outcome }))
}
