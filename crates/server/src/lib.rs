//! The use cases and the HTTP interface.
