//! Who is connected: bounded for all and for each address. Where there is no room left, the connection that has been
//! idle for longest makes room, so that those who only hold connections do not keep others out.

use crate::{
    front::Front,
    peer::{Peer, origin},
    problem::{self, Problem},
};
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use hyper::body::{Frame, Incoming, SizeHint};
use remit_app::environment::limits::Limits;
use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
};

/// Connections that wait to be accepted. The system may have a lower bound: on Linux `net.core.somaxconn`, 4,096 unless
/// somebody set it.
pub const BACKLOG: u32 = 4_096;
/// Of so many connections all but one may come through one proxy, so that who comes by another way gets through.
const KEPT: usize = 16;

/// Listens at `address`, with room for many who connect at once.
///
/// # Errors
/// When the address cannot be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a server that starts anew does not wait for connections of the one before it to be forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// All connections.
pub(crate) struct Connections {
    limits: Limits,
    room: Arc<Semaphore>,
    seats: Arc<Mutex<Seats>>,
}

#[derive(Default)]
struct Seats {
    next: u64,
    taken: HashMap<u64, Arc<Seat>>,
    by_origin: HashMap<IpAddr, usize>,
}

/// One connection.
pub(crate) struct Seat {
    peer: Peer,
    /// Since when it carries no request, in the order of such moments, or what else it does.
    idle: AtomicU64,
    gone: Notify,
}

/// It carries a request.
const BUSY: u64 = u64::MAX;
/// It had to make room.
const GONE: u64 = u64::MAX - 1;

/// Orders the moments from which on connections are idle.
static MOMENT: AtomicU64 = AtomicU64::new(0);

fn moment() -> u64 {
    MOMENT.fetch_add(1, Ordering::Relaxed)
}

impl Seat {
    /// Notes that a request has come; not if the connection had to make room just before.
    fn begin(&self) -> bool {
        self.idle.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |idle| (idle != GONE).then_some(BUSY)).is_ok()
    }

    /// Since when it is idle, if it is.
    fn idle(&self) -> Option<u64> {
        Some(self.idle.load(Ordering::Relaxed)).filter(|idle| *idle < GONE)
    }

    /// Lets the connection end, if it is still idle since then.
    fn end(&self, since: u64) -> bool {
        let ended = self.idle.compare_exchange(since, GONE, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if ended {
            self.gone.notify_one();
        }
        ended
    }

    /// Waits until the connection has to make room.
    pub(crate) async fn gone(&self) {
        self.gone.notified().await;
    }
}

/// A place among the connections, until it is dropped.
pub(crate) struct ConnectionPermit {
    number: u64,
    pub(crate) seat: Arc<Seat>,
    seats: Arc<Mutex<Seats>>,
    _room: OwnedSemaphorePermit,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut seats = lock(&self.seats);
        seats.taken.remove(&self.number);
        if let Some(count) = seats.by_origin.get_mut(&self.seat.peer.origin) {
            *count -= 1;
            if *count == 0 {
                seats.by_origin.remove(&self.seat.peer.origin);
            }
        }
    }
}

fn lock(seats: &Mutex<Seats>) -> MutexGuard<'_, Seats> {
    seats.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seats {
    /// Lets the connection end that has been idle for longest, of those from `origin` or of all; says whether there was
    /// one.
    fn make_room(&self, origin: Option<IpAddr>) -> bool {
        let of = |seat: &&Arc<Seat>| origin.is_none_or(|origin| seat.peer.origin == origin);
        let mut idle: Vec<_> = self.taken.values().filter(of).filter_map(|seat| Some((seat.idle()?, seat))).collect();
        idle.sort_unstable_by_key(|(since, _)| *since);
        idle.into_iter().any(|(since, seat)| seat.end(since))
    }
}

impl Connections {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { room: Arc::new(Semaphore::new(limits.connections)), seats: Arc::default(), limits }
    }

    /// Room for one more, as soon as there is.
    pub(crate) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(room) = Arc::clone(&self.room).try_acquire_owned() {
            return Some(room);
        }
        lock(&self.seats).make_room(None);
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    /// A place for who connects from `peer`, unless there are as many from there as there may be and none of them is
    /// idle.
    pub(crate) fn place(&self, peer: IpAddr, room: OwnedSemaphorePermit) -> Option<ConnectionPermit> {
        let origin = origin(peer);
        let is_proxy = origin.is_loopback() || self.limits.proxies.iter().any(|proxy| proxy.to_canonical() == peer);
        let most = if is_proxy {
            self.limits.connections - self.limits.connections / KEPT
        } else {
            self.limits.connections_each
        };
        let mut seats = lock(&self.seats);
        let there = seats.by_origin.get(&origin).copied().unwrap_or(0);
        if there >= most && !seats.make_room(Some(origin)) {
            return None;
        }
        let seat =
            Arc::new(Seat { peer: Peer { origin, is_proxy }, idle: AtomicU64::new(moment()), gone: Notify::new() });
        let number = seats.next;
        seats.next += 1;
        seats.taken.insert(number, Arc::clone(&seat));
        *seats.by_origin.entry(origin).or_default() += 1;
        drop(seats);
        Some(ConnectionPermit { number, seat, seats: Arc::clone(&self.seats), _room: room })
    }
}

/// Tells who connects that there is no room for them. What does not fit into the socket at once is not waited for.
pub(crate) fn refuse(stream: &TcpStream) {
    let detail = "as many connections as there may be are open from this address, and none of them is idle";
    let body = Problem::new(problem::BUSY, detail).to_json().to_string();
    let head = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
                retry-after: 1\r\nconnection: close";
    let _ = stream.try_write(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes());
}

/// Has `front` answer a request that came over the connection of this seat.
pub(crate) fn answer(
    front: &Arc<Front>,
    seat: &Arc<Seat>,
    mut request: hyper::Request<Incoming>,
) -> impl Future<Output = Result<Response<Carried>, Infallible>> + Send + use<> {
    let begun = seat.begin().then(|| Busy(Arc::clone(seat)));
    let front = Arc::clone(front);
    request.extensions_mut().insert(seat.peer);
    async move {
        match begun {
            Some(busy) => Ok(front.answer(request).await?.map(|body| Carried { body, _busy: busy })),
            // The connection ends before anything of the request is carried out.
            None => std::future::pending().await,
        }
    }
}

/// Until it is dropped, the connection carries a request or its answer.
struct Busy(Arc<Seat>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.idle.store(moment(), Ordering::Relaxed);
    }
}

/// An answer's body, on its way.
pub(crate) struct Carried {
    body: Body,
    _busy: Busy,
}

impl hyper::body::Body for Carried {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpStream, time::Duration};

    fn connections(limits: Limits) -> Connections {
        Connections::new(limits)
    }

    async fn enter(connections: &Connections, from: &str) -> Option<ConnectionPermit> {
        let room = connections.room().await?;
        connections.place(from.parse().unwrap(), room)
    }

    #[tokio::test]
    async fn one_address_has_no_more_than_its_share_and_a_proxy_has_nearly_all() {
        let proxies = vec!["10.0.0.9".parse().unwrap()];
        let all = connections(Limits { connections: 32, connections_each: 4, proxies, ..Limits::default() });
        let mut held = Vec::new();
        for (from, most) in [("192.0.2.1", 4), ("::ffff:192.0.2.2", 4), ("10.0.0.9", 22)] {
            for _ in 0..most {
                let place = enter(&all, from).await.unwrap();
                assert!(place.seat.begin());
                held.push(place);
            }
            assert!(most == 22 || enter(&all, from).await.is_none(), "{from} has its share");
        }
        // Of version 6 a whole network is one address.
        held.drain(8..);
        for host in 1..=4 {
            let place = enter(&all, &format!("2001:db8::{host}")).await.unwrap();
            assert!(place.seat.begin());
            held.push(place);
        }
        assert!(enter(&all, "2001:db8::5").await.is_none());
        assert!(enter(&all, "2001:db8:0:1::5").await.is_some());
        held.clear();
        assert!(enter(&all, "192.0.2.1").await.is_some(), "who has gone makes room");
        assert!(lock(&all.seats).by_origin.is_empty(), "nothing is kept of who has gone");
    }

    #[tokio::test]
    async fn the_one_that_is_idle_for_longest_makes_room_and_carries_nothing_more() {
        let all = connections(Limits { connections: 32, connections_each: 2, ..Limits::default() });
        let (first, second) = (enter(&all, "192.0.2.1").await.unwrap(), enter(&all, "192.0.2.1").await.unwrap());
        assert!(first.seat.begin());
        drop(Busy(Arc::clone(&first.seat)));
        // The first was used last.
        let third = enter(&all, "192.0.2.1").await.unwrap();
        assert!(!second.seat.begin() && first.seat.begin() && third.seat.begin());
        second.seat.gone().await;
        assert!(enter(&all, "192.0.2.1").await.is_none());
    }

    #[tokio::test]
    async fn those_who_connect_while_nobody_accepts_wait_for_it() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_secs(60)).unwrap();
        let waiting: Vec<_> = (0..1_024).map(connect).collect();
        assert_eq!(waiting.len(), 1_024);
    }
}
