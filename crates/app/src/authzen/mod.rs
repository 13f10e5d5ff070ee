//! What others ask: whether somebody may do something, and who, what and which they may, in the form of the
//! Authorization API 1.0 of the OpenID AuthZEN working group. Answered by the same policies, about the same principals
//! and by the same code as whatever is done here: nothing is decided for whoever asks that would not be decided for
//! whoever acts. Nothing is put on record.
//!
//! Who asks learns nothing of cases that they may not read themselves, nor the names of staff whom they may not list.

pub mod access_request;
mod asking;
pub mod evaluate;
mod page;
pub mod search;
pub mod sent;
pub mod told;
