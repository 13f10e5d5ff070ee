//! The rules of the game: cases, leases, handoffs, decisions and exceptions; commands in, events out.
