//! A running server: listens, signs, and stops in order.

use crate::{app::App, http, jobs};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// A server that listens.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<io::Result<()>>,
    signing: JoinHandle<()>,
}

/// Starts to serve `app` at `address`.
///
/// # Errors
/// When the address cannot be had.
pub async fn start(app: Arc<App>, address: SocketAddr) -> io::Result<Running> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let signing = tokio::spawn(jobs::run(Arc::clone(&app), stopped.clone()));
    let mut until = stopped;
    let router = http::router(app);
    let serving = tokio::spawn(async move {
        let shutdown = async move {
            let _ = until.changed().await;
        };
        axum::serve(listener, router).with_graceful_shutdown(shutdown).await
    });
    Ok(Running { address, stop, serving, signing })
}

impl Running {
    /// Stops taking requests, answers those under way, and signs a last checkpoint.
    ///
    /// # Errors
    /// When serving had failed.
    pub async fn stop(self) -> io::Result<()> {
        let _ = self.stop.send(true);
        let _ = self.signing.await;
        // Event streams do not end by themselves.
        let patience = std::time::Duration::from_secs(2);
        match tokio::time::timeout(patience, self.serving).await {
            Ok(served) => served.map_err(io::Error::other)?,
            Err(_) => Ok(()),
        }
    }
}
