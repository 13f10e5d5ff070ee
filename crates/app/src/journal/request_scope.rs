//! The scope of a request, which the task that carries it out has with it. Requests are announced to the store all at
//! once when they have arrived, so that it knows how many commands come and can write them together; and answered once
//! what the answer tells of is durable.

use remit_store::{InFlight, ReadError};
use std::cell::RefCell;

tokio::task_local! {
    /// The request that this task carries out.
    static REQUEST: Request;
}

#[derive(Default)]
struct Request {
    announced: RefCell<Option<InFlight>>,
}

/// Whether this task carries a request out, of which `in_flight` is now the announcement.
pub(crate) fn announce(in_flight: InFlight) -> bool {
    REQUEST.try_with(|request| request.announced.replace(Some(in_flight))).is_ok()
}

/// The announcement, once.
pub(crate) fn taken() -> Option<InFlight> {
    REQUEST.try_with(|request| request.announced.take()).ok().flatten()
}

/// Carries `request` out; what it announces counts until it is committed, and at most until it is answered. The answer
/// is there once everything is durable that it can tell of: its own command, where `is_durable` says that it tells of
/// nothing else, and otherwise what `settled` waits for.
pub(crate) async fn carry_out<T, S: Future<Output = Result<(), ReadError>>>(
    request: impl Future<Output = T>,
    is_durable: impl FnOnce(&T) -> bool,
    settled: impl FnOnce() -> S,
) -> Result<T, ReadError> {
    let request = async {
        let answer = request.await;
        if !is_durable(&answer) {
            settled().await?;
        }
        Ok(answer)
    };
    REQUEST.scope(Request::default(), request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[tokio::test]
    async fn an_announcement_counts_until_its_commit_has_it_or_its_request_ends() {
        let counter = Arc::new(AtomicUsize::new(0));
        let count = || counter.load(Ordering::Relaxed);
        let settled = || async { Ok(()) };
        assert!(!announce(InFlight::counted(&counter)), "no request is carried out here");
        assert_eq!(count(), 0);
        let committing = async {
            assert!(announce(InFlight::counted(&counter)));
            taken().inspect(|_| assert!(taken().is_none()))
        };
        let committing = carry_out(committing, |_| false, settled).await.unwrap();
        assert_eq!(count(), 1);
        drop(committing);
        assert_eq!(count(), 0);
        let refused = async {
            assert!(announce(InFlight::counted(&counter)));
            assert_eq!(count(), 1);
        };
        carry_out(refused, |()| false, settled).await.unwrap();
        assert_eq!(count(), 0, "a request that was refused comes no more");
    }

    #[tokio::test]
    async fn only_an_answer_that_is_durable_already_is_given_at_once() {
        let lost = || async { Err(ReadError("the disk is gone".into())) };
        carry_out(async {}, |()| true, lost).await.unwrap();
        assert!(carry_out(async {}, |()| false, lost).await.is_err());
    }
}
