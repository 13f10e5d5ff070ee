//! What every other part names: channels, who writes, who has a case, kinds of files, and commitments to words.

mod author;
mod channel;
mod file_kind;
mod holder;
mod words;

pub use author::{Author, Requester};
pub use channel::Channel;
pub use file_kind::FileKind;
pub use holder::{Holder, HolderRef};
pub use words::{Attachment, Words};
