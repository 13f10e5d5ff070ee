//! How those who wait for the writer are answered: it wakes one of them, and that one wakes the others.
//!
//! Whom another thread wakes may take its processor at once. A writer that woke everybody itself would stand still
//! between one answer and the next, while all of them are carried on one after the other where it runs.
//!
//! So whoever waits for an answer must be polled or dropped: one that is kept and neither would hold the others up.

use crate::{Commit, CommitError, Committed};
use tokio::sync::oneshot;

/// What became of a command.
pub(super) type Outcome = Result<Committed, CommitError>;

/// A command, and where its answer goes.
pub(super) type Waiting = (Commit, oneshot::Sender<Completion>);

/// An answer, and the answers that whoever gets it passes on by letting go of them.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) outcome: Outcome,
    /// What was commanded: whoever made it frees it, and not the writer, for whom all wait.
    pub(super) commit: Commit,
    pub(super) others: Completions,
}

/// Answers that are given when this is dropped, so that none is lost if nobody is there to pass them on.
#[derive(Debug, Default)]
pub(super) struct Completions(Vec<(Waiting, Outcome)>);

impl Completions {
    /// Wakes one, who has the others answered.
    pub(super) fn tell(mut self) {
        if let Some(first) = self.0.pop() {
            answer(first, self);
        }
    }
}

impl FromIterator<(Waiting, Outcome)> for Completions {
    fn from_iter<T: IntoIterator<Item = (Waiting, Outcome)>>(answers: T) -> Self {
        Self(answers.into_iter().collect())
    }
}

impl Drop for Completions {
    fn drop(&mut self) {
        for next in self.0.drain(..) {
            answer(next, Self::default());
        }
    }
}

fn answer(((commit, answer), outcome): (Waiting, Outcome), others: Completions) {
    // Who asked may have gone; what was committed stands, and what comes back here is dropped and so passed on.
    let _ = answer.send(Completion { outcome, commit, others });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> (Waiting, oneshot::Receiver<Completion>) {
        let (answer, answered) = oneshot::channel();
        ((Commit::default(), answer), answered)
    }

    fn of(seq: u64) -> Outcome {
        Ok(Committed { first_seq: seq, last_seq: seq })
    }

    fn seq(answered: &mut oneshot::Receiver<Completion>) -> u64 {
        answered.try_recv().unwrap().outcome.unwrap().last_seq
    }

    #[test]
    fn everyone_gets_their_own_answer_once_the_first_has_looked() {
        let (waiting, mut answered): (Vec<_>, Vec<_>) = (0..5).map(|_| waiting()).unzip();
        let others: Completions = waiting.into_iter().zip((0..5).map(of)).collect();
        others.tell();
        let first = answered.pop().unwrap().try_recv().unwrap();
        assert_eq!(first.outcome.as_ref().unwrap().last_seq, 4);
        assert!(answered.iter_mut().all(|other| other.try_recv().is_err()), "only one was woken");
        drop(first);
        for (at, mut other) in answered.into_iter().enumerate() {
            assert_eq!(seq(&mut other), at as u64);
        }
    }

    #[test]
    fn nobody_waits_in_vain_for_one_who_has_gone_before_or_after_being_told() {
        for before in [true, false] {
            let (waiting, mut answered): (Vec<_>, Vec<_>) = (0..3).map(|_| waiting()).unzip();
            let others: Completions = waiting.into_iter().zip((0..3).map(of)).collect();
            let first = answered.pop();
            if before {
                drop(first);
                others.tell();
            } else {
                others.tell();
                drop(first);
            }
            for (at, mut other) in answered.into_iter().enumerate() {
                assert_eq!(seq(&mut other), at as u64, "{before}");
            }
        }
    }
}
