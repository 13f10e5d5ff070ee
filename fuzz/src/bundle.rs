//! Archives of bundles, and the sample bundle with one file changed.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::bundle(bytes));
