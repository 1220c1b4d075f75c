#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| callgate_fuzz::envelope::run(data));
