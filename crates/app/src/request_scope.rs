//! The scope of a request, which the task that carries it out has with it. Requests are announced to the store all at
//! once when they have arrived, so that it knows how many commands come and can write them together; and answered once
//! what the answer tells of is durable.

use super::App;
use remit_store::{Coming, ReadError, Store};
use std::cell::RefCell;

tokio::task_local! {
    /// The request that this task carries out.
    static REQUEST: Request;
}

#[derive(Default)]
struct Request {
    announced: RefCell<Option<Coming>>,
}

/// Whether this task carries a request out, of which `coming` is now the announcement.
fn announce(coming: Coming) -> bool {
    REQUEST.try_with(|request| request.announced.replace(Some(coming))).is_ok()
}

/// The announcement, once.
fn taken() -> Option<Coming> {
    REQUEST.try_with(|request| request.announced.take()).ok().flatten()
}

/// Carries `request` out; what it announces counts until it is committed, and at most until it is answered. The answer
/// is there once everything is durable that it can tell of: its own command, where `is_durable` says that it tells of
/// nothing else, and otherwise what `settled` waits for.
async fn carry_out<T, S: Future<Output = Result<(), ReadError>>>(
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

impl App {
    /// Carries a request out to its answer, which tells of nothing that a machine that dies would lose.
    ///
    /// # Errors
    /// When the store's disk has failed.
    pub async fn carry_out<T>(
        &self,
        request: impl Future<Output = T>,
        is_durable: impl FnOnce(&T) -> bool,
    ) -> Result<T, ReadError> {
        carry_out(request, is_durable, || self.settled()).await
    }

    /// Waits until everything that was read before is durable.
    pub async fn settled(&self) -> Result<(), ReadError> {
        self.store.settled().await
    }

    /// Announces a command that has arrived whole, and lets those that arrived with it be read first.
    pub async fn arrive(&self) {
        if announce(self.store.coming()) {
            tokio::task::yield_now().await;
        }
    }

    /// The announcement that the commit takes along.
    pub(crate) fn coming(&self) -> Coming {
        taken().unwrap_or_else(|| self.store.coming())
    }
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
        assert!(!announce(Coming::counted(&counter)), "no request is carried out here");
        assert_eq!(count(), 0);
        let committing = async {
            assert!(announce(Coming::counted(&counter)));
            taken().inspect(|_| assert!(taken().is_none()))
        };
        let committing = carry_out(committing, |_| false, settled).await.unwrap();
        assert_eq!(count(), 1);
        drop(committing);
        assert_eq!(count(), 0);
        let refused = async {
            assert!(announce(Coming::counted(&counter)));
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
