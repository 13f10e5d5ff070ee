//! A queue: customers who come, people who serve, and those who give up waiting.

mod contact;
mod erlang;
mod performance;
mod pooling;
mod priority;
mod staffing;
mod waiting;

pub use contact::Line;
pub use erlang::{blocked, delayed};
pub use performance::{LevelBase, Performance, Queue, SERVERS_MAX};
pub use pooling::{Pooling, pooling};
pub use priority::{Class, priority};
pub(crate) use staffing::fewest_of;
pub use staffing::{Binding, Level, Staffing, Target, rostered, square_root, staffing};
