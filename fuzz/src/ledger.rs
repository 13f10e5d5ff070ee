//! The ledger's published forms: addresses, entries, tiles, notes, keys and proofs.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::ledger(bytes));
