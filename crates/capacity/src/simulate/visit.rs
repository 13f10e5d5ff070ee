//! Somebody on their way.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    WithAi,
    Waiting,
    Served,
    /// Gave up, and was counted, but stands in the line still.
    Gone,
    Away,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    pub(super) seed: u64,
    pub(super) since: f64,
    pub(super) until: f64,
    /// What is left to be done where somebody was served and handed back; nothing else is.
    pub(super) left: f64,
    pub(super) class: u16,
    /// The queue in which it waits, or waited last.
    pub(super) queue: u16,
    /// Whether it was passed on to other people.
    pub(super) passed_on: bool,
    pub(super) state: State,
}
