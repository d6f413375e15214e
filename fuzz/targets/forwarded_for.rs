#![no_main]

libfuzzer_sys::fuzz_target!(|data: (std::net::IpAddr, Vec<Vec<u8>>)| {
    let (peer, lines) = data;
    let lines: Vec<_> = lines.iter().map(Vec::as_slice).collect();
    let trusted = ["10.0.0.0/8", "127.0.0.0/8", "::1/128"].map(|network| network.parse().unwrap());
    vestibule_web::fuzzing::forwarded_for(peer, &lines, &trusted);
});
