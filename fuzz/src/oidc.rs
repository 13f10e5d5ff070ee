//! What an identity provider says of who signs in.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::oidc(bytes));
