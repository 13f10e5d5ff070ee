//! Durable storage: one port, the embedded SQLite backend behind it, and the conformance suite.
