//! What a customer wrote, which is measured.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::words(bytes));
