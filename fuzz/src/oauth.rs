//! What delegates send to show who they are.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::oauth(bytes));
