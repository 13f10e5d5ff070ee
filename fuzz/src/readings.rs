//! A bundle's files of readings, as TOML and as CSV.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::readings(bytes));
