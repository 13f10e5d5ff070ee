//! What can be checked by anybody: decisions taken again and explained, the feed, what is stored against the records.

mod because;
pub mod decision;
pub mod explain;
mod explain_action;
pub mod feed;
pub mod history;
pub mod outcome;
pub mod view_check;
mod weighed;
pub mod would_decide;
