#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| vestibule_core::fuzzing::outgoing_url(data));
