//! Work that goes on beside requests: signing checkpoints.

use remit_app::{Parts, Succession, token};
use remit_ledger::checkpoint::Signer;
use remit_store::{Evidence as _, WriteError};
use std::{sync::Arc, time::Duration};

/// How often a checkpoint is signed while there is something new, in milliseconds.
const EVERY_MS: u64 = 500;

/// What signs this data directory's checkpoints.
pub fn signer(app: &Parts) -> Signer {
    Signer::new(remit_app::vault::keys::ORIGIN, app.vault.keys.ledger_seed())
}

/// Signs a checkpoint over what is durable now, if it is more than the newest one covers.
///
/// # Errors
/// When the store refuses.
pub async fn sign(app: &Parts, signer: &Signer) -> Result<(), WriteError> {
    let (size, root) = app.journal.store().head().await?;
    let newest = app.journal.store().checkpoint().await?.map_or(0, |(size, _)| size);
    if size > newest {
        app.journal.store().add_checkpoint(size, &signer.sign(size, &root)).await?;
    }
    Ok(())
}

/// Signs checkpoints until `stop` says so, and once more at the end, over everything.
///
/// # Errors
/// When the last could not be signed.
pub(crate) async fn run(
    succession: Arc<Succession>,
    mut stop: tokio::sync::watch::Receiver<bool>,
) -> Result<(), WriteError> {
    let signer = signer(&succession.current());
    let mut tick = tokio::time::interval(Duration::from_millis(EVERY_MS));
    loop {
        let stopped = tokio::select! {
            _ = tick.tick() => false,
            _ = stop.changed() => true,
        };
        let app = succession.current();
        token::revoke_what_is_left(&app).await;
        let signed = sign(&app, &signer);
        if stopped {
            return signed.await;
        }
        if let Err(error) = signed.await {
            tracing::error!(%error, "no checkpoint could be signed");
        }
    }
}
