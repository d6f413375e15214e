#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| vestibule_web::fuzzing::return_to(data));
