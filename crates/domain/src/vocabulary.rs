//! What every other part names: channels, who writes, who has a case, and commitments to words.

mod author;
mod channel;
mod holder;
mod words;

pub use author::{Author, Requester};
pub use channel::Channel;
pub use holder::{Holder, HolderRef};
pub use words::{Attachment, Words};
