//! An append-only, tamper-evident log: Merkle tiles, signed checkpoints, inclusion and consistency proofs.
