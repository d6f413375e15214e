#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vestibule_web::fuzzing::request_head(data));
