//! Events: every event as it is committed.

operations! { "events"
    /// Follow all events as they are committed, by server-sent events.
    ///
    /// Each has its position in the ledger as `id`, its kind as `event`, and a `FeedItem` as `data`. Events come in
    /// ledger order, each once; a reader that resumes misses none. A position that the ledger has not reached is
    /// refused. With `stream` those of one thing alone come.
    follow_events = FollowEvents {
        asks: [EVENTS_READ];
        of: [];
        runs: at once;
        refuses: FollowEventsRefusal {
            /// The ledger has not reached the position: another ledger told it; or `stream` names none.
            Invalid,
            /// As many streams are open with this token as there may be.
            RateLimited,
            /// As many streams are open with all tokens as there may be.
            Busy,
        }
    }

    /// List everything that happened to what has this kind and identifier, oldest first.
    ///
    /// The history of a case is its timeline. Whatever else has events, `responder`, `token`, `staff`, `chat`,
    /// `subscription`, `customer` and `bundle/in_force`, is told to who may read all events.
    list_history = ListHistory {
        asks: [EVENTS_READ, CASE_READ];
        of: [StreamKind, StreamId];
        runs: on the readers;
        refuses: ListHistoryRefusal {
            /// There is no such kind, or the identifier is none.
            Invalid,
            /// Nothing is on record of it.
            NotFound,
        }
    }
}
