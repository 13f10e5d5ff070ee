//! Events that could not be sent and were given up: listed, sent again, discarded.

use crate::{
    Caller, Journal, Parts,
    case::query::Page,
    environment::clock::rfc3339,
    evidence::feed::StreamView,
    live::{
        delivery::{DeadLetter, Line},
        subscriptions,
    },
    operation::{DiscardDeadLetterRefusal, ListDeadLettersRefusal, RetryDeadLetterRefusal},
    refused::{Kind, Refused},
    webhook::{self, subscription},
};
use remit_domain::{Stream, id::Timestamp};
use remit_store::Entry;
use serde::Serialize;
use utoipa::ToSchema;

/// An event that was given up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterView {
    /// Its place in the ledger, which names it.
    pub seq: u64,
    /// What it is about.
    pub stream: StreamView,
    /// The case, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The kind of event.
    pub kind: String,
    /// When it was sent first.
    #[schema(format = DateTime)]
    pub failing_since: String,
    /// When it was given up.
    #[schema(format = DateTime)]
    pub given_up_at: String,
    /// How often it was sent.
    pub tries: u32,
    /// In what way the last attempt failed.
    pub failure: String,
    /// Whether it is on its way again.
    pub retrying: bool,
}

/// Events that were given up, in ledger order.
///
/// # Errors
/// [`ListDeadLettersRefusal`] says when each arises.
pub async fn dead_letters(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    after: u64,
    limit: usize,
) -> Result<Page<DeadLetterView>, ListDeadLettersRefusal> {
    let subscription = subscription::managed(&parts.governance, &parts.live, &parts.environment, caller, id)?;
    let letters = letters(&parts.journal, id).await?;
    let line = subscription.line();
    let kept = letters.into_iter().filter(|letter| letter.seq > after && line.is_dead(letter.seq));
    let items = kept.take(limit).map(|letter| DeadLetterView::of(letter, &line));
    let items = items.collect::<Result<Vec<_>, Refused>>()?;
    let next = (items.len() == limit).then(|| items.last().map(|letter| letter.seq.to_string())).flatten();
    Ok(Page { items, next })
}

/// Sends an event that was given up again, for the whole time.
///
/// # Errors
/// [`RetryDeadLetterRefusal`] says when each arises.
pub async fn retry_dead_letter(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    seq: u64,
) -> Result<(), RetryDeadLetterRefusal> {
    let subscription = subscription::managed(&parts.governance, &parts.live, &parts.environment, caller, id)?;
    // What is not on record yet is read from there.
    webhook::save_delivery(parts, &subscription).await?;
    let letter = letters(&parts.journal, id).await?.into_iter().find(|letter| letter.seq == seq);
    let Some(letter) = letter.filter(|letter| subscription.line().is_dead(letter.seq)) else {
        return Err(no_letter().into());
    };
    if !subscription.line().retry(&letter, parts.environment.now().0) {
        let detail = "as many dead letters are on their way as there may be at once; a replay sends more";
        return Err(Refused::new(Kind::LimitReached, detail).into());
    }
    Ok(subscription::changed_line(parts, &subscription, None).await.map(|_| ())?)
}

/// Forgets an event that was given up.
///
/// # Errors
/// [`DiscardDeadLetterRefusal`] says when each arises.
pub async fn discard_dead_letter(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    seq: u64,
) -> Result<(), DiscardDeadLetterRefusal> {
    let subscription = subscription::managed(&parts.governance, &parts.live, &parts.environment, caller, id)?;
    if !subscription.line().discard(seq) {
        return Err(no_letter().into());
    }
    Ok(subscription::changed_line(parts, &subscription, None).await.map(|_| ())?)
}

async fn letters(journal: &Journal, id: &str) -> Result<Vec<DeadLetter>, Refused> {
    let letters = subscriptions::dead_letters(id).all(&journal.store).await.map_err(Refused::internal)?;
    let mut named = Vec::with_capacity(letters.len());
    for Entry { value: mut letter, .. } in letters {
        // Earlier versions kept an identifier.
        if !letter.stream.contains('/') {
            letter.stream = subscriptions::stream_at(&journal.store, letter.seq).await.unwrap_or(letter.stream);
        }
        named.push(letter);
    }
    Ok(named)
}

fn no_letter() -> Refused {
    Refused::new(Kind::NotFound, "the subscription has no dead letter of this position")
}

impl DeadLetterView {
    fn of(letter: DeadLetter, line: &Line) -> Result<Self, Refused> {
        let DeadLetter { seq, stream, kind, since_ms, at_ms, tries, why } = letter;
        let stream: Stream = stream.parse().map_err(Refused::internal)?;
        Ok(Self {
            seq,
            case: stream.case_id().map(ToOwned::to_owned),
            stream: StreamView::from(&stream),
            kind,
            failing_since: rfc3339(Timestamp(since_ms)),
            given_up_at: rfc3339(Timestamp(at_ms)),
            tries,
            failure: why,
            retrying: line.is_on_its_way(seq),
        })
    }
}
