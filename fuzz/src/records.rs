//! Records as they are stored: events, states and decisions.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::records(bytes));
