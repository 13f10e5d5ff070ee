//! A running server: listens, signs, and stops in order.

use crate::{
    connections::{self, ConnectionPermit, Connections},
    descriptors,
    front::Front,
    jobs,
};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use remit_app::{Parts, Succession, bundle::rehome, succession::Making};
use remit_store::{Journal as _, WriteError};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::watch,
    task::JoinHandle,
};

/// How long a connection may take to send the head of a request, the wait for its beginning included.
const HEAD_PATIENCE: Duration = Duration::from_secs(75);
/// Longest head of a request, in bytes.
const HEAD_MAX: usize = 64 * 1024;
/// How long requests under way have to end when the server stops. Event streams do not end by themselves.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait when no connection can be accepted, as when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// By how much the threads that carry requests out give way to others of this process.
const GIVE_WAY: i32 = 5;

/// A runtime for a server. Its threads give way to the store's writer: there is one of it and every command waits for
/// it, while requests that are held up for a moment are held up alone.
///
/// # Errors
/// When the system gives no threads, or too few file descriptors.
pub fn runtime() -> io::Result<Runtime> {
    descriptors::raise()?;
    let mut builder = Builder::new_multi_thread();
    // Linux keeps this for each thread; where it is not granted, the writer waits its turn.
    #[cfg(target_os = "linux")]
    builder.on_thread_start(|| _ = rustix::process::nice(GIVE_WAY));
    builder.enable_all().build()
}

/// A server that listens.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    /// Asking AI responders, offering to staff, looking at what is due.
    working: Vec<JoinHandle<()>>,
    /// Told once nothing is written any more, so that the last checkpoint covers everything.
    ended: watch::Sender<bool>,
    signing: JoinHandle<Result<(), WriteError>>,
    /// Which bundle governs.
    pub succession: Arc<Succession>,
}

/// Starts to serve `app` at `address`, once no open case belongs to somebody whom its bundle does not have. What
/// answers under another bundle is made with secrets from this process's environment, and kept nowhere.
///
/// # Errors
/// When the address cannot be had, or the store refuses.
pub async fn start(app: Arc<Parts>, address: SocketAddr) -> io::Result<Running> {
    start_with(Arc::new(Succession::new(app, Making::at(None))), address).await
}

/// The same where it is said how what answers under another bundle is made.
///
/// # Errors
/// As [`start`].
pub async fn start_with(succession: Arc<Succession>, address: SocketAddr) -> io::Result<Running> {
    rehome::rehome(&succession.current(), &mut |_, _| {}).await.map_err(io::Error::other)?;
    start_at(succession, connections::listen(address)?)
}

/// Starts to serve those who connect to `listener`, within a runtime. They may have waited for it: what is open and
/// belongs to nobody is given on before ([`rehome`](remit_app::bundle::rehome::rehome)).
///
/// # Errors
/// When it has no address.
pub fn start_at(succession: Arc<Succession>, listener: TcpListener) -> io::Result<Running> {
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let (ended, quiet) = watch::channel(false);
    let signing = tokio::spawn(jobs::run(Arc::clone(&succession), quiet));
    let working = jobs::start(&succession, &stopped);
    let mut limits = succession.current().environment.limits.clone();
    limits.connections = descriptors::room(limits.connections);
    let front = Arc::new(Front::new(Arc::clone(&succession)));
    let serving = tokio::spawn(serve(listener, Connections::new(limits), front, stopped));
    Ok(Running { address, stop, serving, working, ended, signing, succession })
}

/// A server that answers and does nothing else: what is due stays so, and nothing is sent or signed.
#[derive(Debug)]
pub struct Looking {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// Starts to answer about what `app` has, on this machine alone.
///
/// # Errors
/// When no address can be had.
pub async fn look(app: Arc<Parts>) -> io::Result<Looking> {
    let listener = connections::listen(([127, 0, 0, 1], 0).into())?;
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let connections = Connections::new(app.environment.limits.clone());
    let front = Arc::new(Front::new(Arc::new(Succession::new(app, Making::without_services()))));
    let serving = tokio::spawn(serve(listener, connections, front, stopped));
    Ok(Looking { address, stop, serving })
}

impl Looking {
    /// Stops.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.serving.await;
    }
}

/// Accepts until told to stop, then lets what is under way end.
async fn serve(listener: TcpListener, connections: Connections, front: Arc<Front>, mut stopped: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            _ = stopped.changed() => break,
        };
        let Some((stream, place)) = accepted else { break };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .max_buf_size(HEAD_MAX)
            .serve_connection(TokioIo::new(stream), {
                let (front, seat) = (Arc::clone(&front), Arc::clone(&place.seat));
                service_fn(move |request| connections::answer(&front, &seat, request))
            });
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = connection => ended,
                () = place.seat.gone() => Ok(()),
            };
            // A client that breaks off is no fault of ours.
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(STOP_PATIENCE, graceful.shutdown()).await;
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, connections: &Connections) -> Option<(TcpStream, ConnectionPermit)> {
    loop {
        let room = connections.room().await?;
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Some(place) = connections.place(peer.ip(), room) else {
                    connections::refuse(&stream);
                    continue;
                };
                // Answers are small and written whole; to gather them would only delay them.
                let _ = stream.set_nodelay(true);
                return Some((stream, place));
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Running {
    /// Stops taking requests, answers those under way, writes nothing more, and signs a last checkpoint over
    /// everything.
    ///
    /// # Errors
    /// When serving had failed, or something is left that could not be signed.
    pub async fn stop(self) -> io::Result<()> {
        let _ = self.stop.send(true);
        self.serving.await.map_err(io::Error::other)?;
        for working in self.working {
            let _ = working.await;
        }
        // Whatever still goes on, as a request that did not end in time, leaves nothing behind.
        self.succession.current().journal.store().close().await;
        let _ = self.ended.send(true);
        self.signing.await.map_err(io::Error::other)?.map_err(io::Error::other)
    }
}
