#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vestibule_core::fuzzing::breached_list(data, "password"));
