//! Labelled examples, in CSV and in CLINC150's JSON.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::labelled(bytes));
