//! Messages, which are taken apart into what was written now and what was not.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| remit_fuzz::mails(bytes));
