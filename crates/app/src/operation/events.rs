//! Events: every event as it is committed.

operations! { "events"
    /// Follow all events as they are committed, by server-sent events.
    ///
    /// Each has its position in the ledger as `id`, its kind as `event`, and a `FeedItem` as `data`. Events come in
    /// ledger order, each once; a reader that resumes misses none. A position that the ledger has not reached is
    /// refused.
    follow_events = FollowEvents {
        asks: [EVENTS_READ];
        of: [];
        runs: at once;
        refuses: FollowEventsRefusal {
            /// The ledger has not reached the position: another ledger told it.
            Invalid,
            /// As many streams are open with this token as there may be.
            RateLimited,
            /// As many streams are open with all tokens as there may be.
            Busy,
        }
    }
}
