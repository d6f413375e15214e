#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vestibule_core::fuzzing::identity_provider(data));
