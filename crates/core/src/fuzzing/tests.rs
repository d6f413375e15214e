//! Generated inputs: any text, and texts that are almost valid. `PROPTEST_CASES` sets the number of each.

use proptest::prelude::*;

use super::*;

/// Valid values and noise, in random order and with a piece cut out.
fn mutated(parts: &'static [&'static str]) -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(parts).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[ -~\r\n\t\u{0}]{0,8}",
    ];
    (prop::collection::vec(part, 0..8), any::<prop::sample::Index>(), 0..4_usize).prop_map(|(parts, at, removed)| {
        let text = parts.concat();
        let characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len() + 1);
        characters[..at].iter().chain(characters.iter().skip(at + removed)).collect()
    })
}

const MAIL: &[&str] = &[
    "From: MAILER-DAEMON@mx.example\r\n",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n",
    "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n",
    "--b\r\nContent-Type: message/delivery-status\r\n\r\n",
    "--b\r\nContent-Type: message/rfc822\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n\r\n",
    "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 <nina@example.com>\r\n\r\n",
    "Message-ID: <1.2.3@join.example>\r\n\r\n",
    "In-Reply-To: =?utf-8?q?<1.2.3=40x>?=\r\n",
    "--b--\r\n",
];
const ADDRESSES: &[&str] = &["nina", "@", "example", ".", "com", "<", ">", "\"", "xn--", "+tag", "ｅ", "-", "a@b.cd"];
const PASSWORDS: &[&str] =
    &["pass", "word", "1234", "!", "\u{a0}", "e\u{301}", "ß", "ﷺ", "👩\u{200d}💻", "\u{1680}", "zq"];
const TOKENS: &[&str] =
    &["inv_", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ".", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "=", "7"];
const NETWORKS: &[&str] = &["192.0.2.1", "/24", ",", "2001:db8::", "/32", "::ffff:", "0", "/129"];
const URLS: &[&str] = &["https://", "http://", "[::1]", ":443", "example.com", ":", "/", "127.0.0.1", "@", "localhost"];
const CREDENTIALS: &[&str] = &[
    "{\"id\":\"AQ\",",
    "\"rawId\":\"AQ\",",
    "\"type\":\"public-key\",",
    "\"response\":{",
    "\"clientDataJSON\":\"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0\",",
    "\"attestationObject\":\"oA\"",
    "\"authenticatorData\":\"AA\",\"signature\":\"AA\"",
    "}",
];
const PROVIDERS: &[&str] = &[
    "{\"issuer\":\"https://login.example\",",
    "{\"issuer\":\"https://login.example/{tenantid}/v2.0\",",
    "\"authorization_endpoint\":\"https://login.example/a\",\"token_endpoint\":\"https://login.example/t\",",
    "\"jwks_uri\":\"https://login.example/k\"}",
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},",
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\",\"kid\":7}]}",
    "eyJhbGciOiJFZERTQSJ9",
    ".",
    "e30",
    "{\"name\":\"Nina Ba\u{301}\",\"groups\":[\"a\",7],\"email_verified\":\"true\"}",
];
const HASHES: &[&str] = &[
    "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\r\n",
    "7C4A8D09CA3762AF61E59520943DC26494F8941B:37\r\n",
    "0000000000000000000000000000000000000000\n",
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF:999999999999\n",
];

proptest! {
    #[test]
    fn email_addresses_hold(text in prop_oneof![any::<String>(), mutated(ADDRESSES)]) {
        email_address(&text);
        domain(&text);
    }

    #[test]
    fn tokens_and_ids_hold(text in prop_oneof![any::<String>(), mutated(TOKENS), "[0-9+-]{1,21}", "[0-9.]{1,30}@x"]) {
        token(&text);
        id(&text);
    }

    #[test]
    fn names_hold(text in any::<String>()) {
        name(&text);
    }

    #[test]
    fn urls_hold(text in prop_oneof![any::<String>(), mutated(URLS)]) {
        public_url(&text);
        outgoing_url(&text);
    }

    #[test]
    fn address_lists_hold(text in prop_oneof![any::<String>(), mutated(NETWORKS)]) {
        address_list(&text);
    }

    #[test]
    fn delivery_reports_hold(text in mutated(MAIL), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        delivery_report(text.as_bytes());
        delivery_report(&bytes);
    }

    #[test]
    fn dns_answers_hold(bytes in prop::collection::vec(any::<u8>(), 0..200), counts in any::<[u8; 4]>()) {
        dns_answer(&bytes);
        // The header of an answer, so that the records are read too.
        let header = [0, 1, 0x81, 0x80, 0, counts[0] % 2, 0, counts[1] % 4, 0, counts[2] % 2, 0, counts[3] % 2];
        dns_answer(&[header.as_slice(), bytes.as_slice()].concat());
    }

    #[test]
    fn passkeys_hold(bytes in prop::collection::vec(any::<u8>(), 0..300), text in mutated(CREDENTIALS)) {
        webauthn(&bytes);
        webauthn(text.as_bytes());
        // The head of a key, and of an attestation object, so that the rest is read too.
        webauthn(&[b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", bytes.as_slice()].concat());
        let head = b"\xa3cfmtdnonegattStmt\xa0hauthDataX";
        webauthn(&[head.as_slice(), &[u8::try_from(bytes.len()).unwrap_or(255)], bytes.as_slice()].concat());
    }

    #[test]
    fn identity_providers_hold(bytes in prop::collection::vec(any::<u8>(), 0..300), text in mutated(PROVIDERS)) {
        identity_provider(&bytes);
        identity_provider(text.as_bytes());
        // The header of a token, so that the rest is read too.
        identity_provider(format!("eyJhbGciOiJFZERTQSJ9.{text}.AA").as_bytes());
    }

    #[test]
    fn passwords_hold(text in prop_oneof![any::<String>(), mutated(PASSWORDS)]) {
        password(&text);
    }

    #[test]
    fn breached_lists_hold(text in mutated(HASHES), bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
        for needle in ["password", "123456", "other"] {
            breached_list(text.as_bytes(), needle);
            breached_list(&bytes, needle);
        }
    }
}

proptest! {
    // Decoding is slow without optimization.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    #[test]
    fn images_hold(noise in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), kind in 0..3_usize) {
        let format = [image::ImageFormat::Png, image::ImageFormat::Jpeg, image::ImageFormat::WebP][kind];
        let mut encoded = std::io::Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(9, 7).write_to(&mut encoded, format).unwrap();
        let mut bytes = encoded.into_inner();
        let at = at.index(bytes.len());
        bytes.splice(at..(at + noise.len() / 8).min(bytes.len()), noise);
        super::image(&bytes);
    }
}
