//! Values of fields of cases and of facts of customers: as they are sent, and as they are shown.

pub(crate) mod schema;
pub mod sent;
pub mod view;
