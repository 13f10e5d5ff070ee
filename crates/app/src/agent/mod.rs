//! Agents that nobody registered and that only sign their requests (Web Bot Auth): recognised by keys that they publish
//! (`directory.rs`), counted, kept within limits of their own and told what to do next (`knock.rs`), and listed
//! (`list.rs`). A signature says who asks, and authorises nothing.

mod directory;
pub mod knock;
pub mod list;
