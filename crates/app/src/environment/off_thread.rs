//! Work that takes a processor for milliseconds, as the sentence encoder does, is done beside the threads that serve
//! requests, on no more threads at once than there are processors.

use crate::refused::Refused;
use std::thread::available_parallelism;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Room for as many pieces of work at once as there are processors.
#[derive(Debug)]
pub(crate) struct Processors(Semaphore);

impl Default for Processors {
    fn default() -> Self {
        Self(Semaphore::new(available_parallelism().map_or(1, Into::into)))
    }
}

impl Processors {
    /// Does `work` on a thread of its own once there is room.
    ///
    /// # Errors
    /// When it panics, or the server is shutting down.
    pub(crate) async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let _room = self.0.acquire().await.map_err(Refused::internal)?;
        spawn_blocking(work).await.map_err(Refused::internal)
    }
}
