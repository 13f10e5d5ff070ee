//! Why a turn came to nothing.

use std::time::Duration;

/// The status by which an endpoint says that it is gone for good.
const GONE: u16 = 410;

/// Why a service said nothing. Holds none of the endpoint's words: they may repeat keys or what customers wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No answer within the patience.
    #[error("no answer within the patience")]
    Timeout,
    /// The endpoint refused with this HTTP status; a redirect counts, since none is followed.
    #[error("the endpoint answered with status {0}")]
    Status(u16),
    /// The endpoint refused with this status, and says that it will again.
    #[error("the endpoint answered with status {0} and asks not to be tried again")]
    ForGood(u16),
    /// The endpoint has too much to do (429 or 503), or asks to be left alone for a time.
    #[error("the endpoint is busy")]
    Busy {
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The endpoint tells of an error in place of an answer, and not of which.
    #[error("the endpoint told of an error in place of an answer")]
    Told,
    /// The answer is longer than allowed.
    #[error("the answer is longer than {bytes_max} bytes")]
    TooLarge {
        /// The most that is read.
        bytes_max: usize,
    },
    /// The answer is not what was agreed on.
    #[error("the answer cannot be used: {0}")]
    Malformed(String),
    /// The turn cannot be sent as it is.
    #[error("the turn cannot be sent: {0}")]
    Unsendable(String),
    /// Others gave the endpoint's address, and it leads to no public one.
    #[error(
        "the endpoint's host is on this machine or in a private network; have whoever runs the server name it \
         (--private-host)"
    )]
    Private,
    /// There is no connection.
    #[error("no connection to the endpoint: {0}")]
    Connect(String),
    /// The connection ended before the answer did.
    #[error("the connection ended before the answer did")]
    Cut,
}

impl Failure {
    /// Whether the endpoint says that it is gone and wants nothing any more.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Status(GONE))
    }

    /// Whether the same turn may come out better another time.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Timeout | Self::Busy { .. } | Self::Private | Self::Connect(_) | Self::Cut | Self::Told => true,
            Self::Status(status) => *status == 408 || *status == 409 || *status == 425 || *status >= 500,
            Self::ForGood(_) | Self::TooLarge { .. } | Self::Malformed(_) | Self::Unsendable(_) => false,
        }
    }

    /// The same, where the endpoint says that another attempt is of no use.
    pub(crate) fn for_good(self) -> Self {
        match self {
            Self::Status(status) => Self::ForGood(status),
            other => other,
        }
    }

    /// JSON that does not fit. Says where, never what: serde's own words quote the text.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Data => "JSON of another form than agreed on",
            _ => "not JSON",
        };
        Self::Malformed(format!("{what}, line {} column {}", error.line(), error.column()))
    }
}
