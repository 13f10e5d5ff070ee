//! A tool call of a reply.

/// A tool call as far as it has arrived.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) index: Option<u64>,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: String,
    /// Whether the arguments came as an object, and not as text.
    pub(super) is_object: bool,
    /// Whether one of them is named twice in what came so.
    pub(super) twice: bool,
}
