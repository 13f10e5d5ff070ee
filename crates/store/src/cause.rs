//! What the system refused, and what helps against it.

use std::io::{self, ErrorKind};

/// What to do about `error`, in a few words.
pub fn cure(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            "give the data directory and all that is in it to the user that runs Remit, or name another one with --data"
        }
        ErrorKind::ReadOnlyFilesystem => "mount its file system writable, or name another directory with --data",
        ErrorKind::StorageFull => "no space is left on its disk: make room, and start again",
        ErrorKind::QuotaExceeded => "the quota of the user that runs Remit is used up: raise it, or make room",
        ErrorKind::NotFound => "check the path",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file is where a directory should be: name another one"
        }
        _ if error.raw_os_error() == Some(TOO_MANY_OPEN) => {
            "the process has no file descriptors left: raise its limit (`ulimit -n`, `LimitNOFILE=` in a systemd unit)"
        }
        _ => "see to the disk and to who may do what there",
    }
}

/// `EMFILE`, for which the standard library has no name yet; the same on every Unix.
const TOO_MANY_OPEN: i32 = 24;
