//! Room on the stack for what calls itself at every level of a policy: a chain of operators is as deep as it is long
//! (`nesting.rs` bounds it), and threads of a server have little room.

/// Bytes of stack that are made; no more of it is used than what calls itself needs.
const STACK: usize = 256 << 20;

/// Does `work` with enough of the stack for the deepest policy that is read.
pub(crate) fn deep<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK / 2, STACK, work)
}
