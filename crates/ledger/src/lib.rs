//! An append-only, tamper-evident log: Merkle tiles, signed checkpoints, inclusion and consistency proofs.
//!
//! The forms are those of C2SP (tlog-tiles, tlog-checkpoint, signed-note) over RFC 6962 hashes, so that
//! other people's tools can verify the log. Nothing here does I/O: bytes come in and go out as arguments.

pub mod checkpoint;
pub mod entry;
pub mod hash;
pub mod offline;
pub mod proof;
pub mod stream;
pub mod tile;
pub mod tree;
pub mod verify;
