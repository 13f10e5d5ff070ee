//! The rare writes that are no commit, made one after the other on a thread of their own, so that no thread of a
//! runtime waits for the disk or for the writer.

use super::writer::refusal;
use crate::{CommitError, WriteError};
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use tokio::sync::oneshot;

/// Writes that may wait; more are refused as busy.
const WAITING_MAX: usize = 256;

/// A write.
type Write = Box<dyn FnOnce(&mut Connection) + Send>;

/// Where rare writes are sent to.
#[derive(Debug, Clone)]
pub(super) struct Side(SyncSender<Write>);

impl Side {
    /// With what carries them out.
    pub(super) fn new() -> (Self, Receiver<Write>) {
        let (sender, writes) = sync_channel(WAITING_MAX);
        (Self(sender), writes)
    }

    /// Has `write` made, and waits for it.
    ///
    /// # Errors
    /// When the database refuses, or too many writes wait.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (answer, answered) = oneshot::channel();
        let write: Write = Box::new(move |connection| {
            let _ = answer.send(write(connection));
        });
        self.0.try_send(write).map_err(|error| match error {
            TrySendError::Full(_) => WriteError::Busy,
            TrySendError::Disconnected(_) => WriteError::Stopped,
        })?;
        match answered.await {
            Ok(written) => written.map_err(|error| refused(&error)),
            Err(_) => Err(WriteError::Stopped),
        }
    }
}

/// Carries writes out until nobody can send any.
pub(super) fn run(mut connection: Connection, writes: &Receiver<Write>) {
    while let Ok(write) = writes.recv() {
        write(&mut connection);
    }
}

fn refused(error: &rusqlite::Error) -> WriteError {
    match refusal(error) {
        CommitError::StorageFull => WriteError::StorageFull,
        other => WriteError::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_write_that_is_refused_and_a_store_that_is_gone_are_told() {
        let (side, writes) = Side::new();
        let thread = std::thread::spawn(move || run(Connection::open_in_memory().unwrap(), &writes));
        let made = side.write(|connection| connection.execute("CREATE TABLE some (x)", [])).await;
        assert_eq!(made.unwrap(), 0);
        let refused = side.write(|connection| connection.execute("INSERT INTO other VALUES (1)", [])).await;
        assert!(refused.unwrap_err().to_string().contains("other"));
        drop(side);
        thread.join().unwrap();
        let (side, writes) = Side::new();
        drop(writes);
        assert!(matches!(side.write(|_| Ok(())).await, Err(WriteError::Stopped)));
    }

    #[tokio::test]
    async fn more_than_may_wait_are_refused() {
        let (side, writes) = Side::new();
        let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(side.write(|_| Ok(())))).collect();
        for write in &mut waiting {
            let polled = std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context))).await;
            assert!(polled.is_pending());
        }
        assert!(matches!(side.write(|_| Ok(())).await, Err(WriteError::Busy)));
        drop(writes);
    }
}
