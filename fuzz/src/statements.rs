//! Statements of back offices and banks.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::statements(bytes));
