//! File descriptors: as many as the process may have, and what they suffice for.

use std::io;

/// Fewer than this and nothing is started.
pub const LEAST: u64 = 512;
/// Kept for what is not a client's connection: the database, AI services, receivers of events.
const KEPT: u64 = 256;

/// Takes as many file descriptors as the system lets this process have.
///
/// # Errors
/// When they are fewer than [`LEAST`].
pub fn raise() -> io::Result<()> {
    let Some(least) = allowed().filter(|allowed| *allowed < LEAST) else { return Ok(()) };
    Err(io::Error::other(format!(
        "this process may have {least} file descriptors, and needs {LEAST} at least, one more for each connection: \
         raise the hard limit (`ulimit -Hn`, `LimitNOFILE=` in a systemd unit, `--ulimit nofile=` of a container)"
    )))
}

/// How many of so many connections there are descriptors for.
pub fn room(connections: usize) -> usize {
    let room = allowed().map_or(u64::MAX, |allowed| allowed.saturating_sub(KEPT));
    usize::try_from(room).unwrap_or(usize::MAX).clamp(1, connections)
}

/// How many this process may have, after the soft limit was raised to the hard one; none if there is no bound.
#[cfg(unix)]
fn allowed() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current;
    }
    // Where the hard limit is none, the kernel still has one of its own, and the soft limit stays.
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

#[cfg(not(unix))]
fn allowed() -> Option<u64> {
    None
}
