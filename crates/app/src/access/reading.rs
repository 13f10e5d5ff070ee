//! Reads that can be long, carried out for a caller on threads of their own and within a bounded time.

use crate::{
    Caller, Parts,
    environment::block_on::block_on,
    refused::{Kind, Refused},
};
use remit_store::patience;
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// How long a read may wait for its turn.
const TURN_PATIENCE: Duration = Duration::from_secs(10);

/// How long a read may take. A build for tests is many times as slow, above all where a bundle of before is loaded.
const READ_PATIENCE: Duration = Duration::from_secs(if cfg!(debug_assertions) { 120 } else { 5 });

/// Carries `read` out for `caller`, on a thread for it.
///
/// # Errors
/// Those of `read`; and when too much waits, or it takes too long.
pub async fn read<T, E>(
    parts: &Arc<Parts>,
    caller: &Arc<Caller>,
    read: impl AsyncFnOnce(&Parts, &Caller) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Refused> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let (app, by, span) = (Arc::clone(parts), Arc::clone(caller), tracing::Span::current());
    let job = move || {
        if answer.is_closed() {
            return;
        }
        let read = || span.in_scope(|| block_on(read(&app, &by)));
        let (given, cut) = patience::within(READ_PATIENCE, read);
        // Before the answer: who has it may be the last who needs the use cases, and open their data anew.
        drop((app, by));
        let _ = answer.send(if cut { Err(too_long().into()) } else { given });
    };
    parts.journal.readers.push(&caller.token, Box::new(job))?;
    match tokio::time::timeout(TURN_PATIENCE + READ_PATIENCE, answered).await {
        Ok(Ok(given)) => given,
        Ok(Err(_)) => Err(Refused::internal("a read ended without an answer").into()),
        Err(_) => Err(Refused::new(Kind::Busy, "the read did not get its turn").into()),
    }
}

fn too_long() -> Refused {
    Refused::new(Kind::ReadTooLong, format!("the read was cut short after {} s", READ_PATIENCE.as_secs()))
}
