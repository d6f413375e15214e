//! Generated inputs: any bytes, and bodies and headers that are almost valid. `PROPTEST_CASES` sets the number of each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

/// Valid pieces and noise, in random order and with a piece cut out.
fn mutated(parts: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        5 => prop::sample::select(parts).prop_map(|part| part.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        1 => any::<String>().prop_map(String::into_bytes),
    ];
    (prop::collection::vec(part, 0..10), any::<prop::sample::Index>(), 0..4_usize).prop_map(|(parts, at, removed)| {
        let mut bytes = parts.concat();
        let at = at.index(bytes.len() + 1);
        bytes.drain(at..(at + removed).min(bytes.len()));
        bytes
    })
}

fn noise(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..length)
}

const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const HEAD: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "POST /auth/signin HTTP/1.0\r\n",
    "Host: a.example\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\r\n",
    "\n",
    " ",
    ":",
];
const COOKIES: &[&str] =
    &["__Host-", "session_id=", "__session=", "invitation=", TOKEN, "; ", ";", "\"", "=", "theme=dark", " "];
const FORM: &[&str] = &["email=a%40b.cd", "&", "k=", "k[]=1", "k[0]=a", "k%5B1%5D=b", "%", "%ff", "+", "=", "%00"];
const JSON: &[&str] = &[
    "{",
    "}",
    "\"a\":",
    "[",
    "]",
    ",",
    "null",
    "1e9",
    "\"\\ud800\"",
    "\"b\"",
    "\"invitations\":",
    "{\"email\":\"a@b.cd\"}",
];
const MULTIPART: &[&str] = &[
    "--B\r\n",
    "Content-Disposition: form-data; name=\"email\"\r\n\r\n",
    "Content-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n",
    "Content-Type: text/csv\r\n\r\n",
    "a@b.cd\r\n",
    "\r\n",
    "--B--\r\n",
];
const CSV: &[&str] = &["email,role_id\r\n", "nina@x.se", ",12", "\r\n", "\n", "\"", "\"Berg, Nina\",", "\u{feff}", ";"];
const MAILBOXES: &[&str] =
    &["Nina Berg <nina@x.se>", "nina@x.se", ", ", ";", "\n", "\"Berg, Nina\" <n@x.se>", "<", "\t"];
const LISTS: &[&str] =
    &["cursor=", "137503545753604103", "&", "limit=", "500", "-1", "status=pending", "email=", "a@b.cd"];
const TARGETS: &[&str] = &["/", "//", "\\", "https://", "example.com", "@", ":443", "?a=b", "#", "\t", "javascript:"];
const CONTENT_TYPES: &[&str] =
    &["multipart/form-data", "; boundary=", "B", "\"", "application/json", ";charset=utf-8", "text/plain", " "];

/// An address of a few networks, so that hops are often trusted.
fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0..3_u8, any::<u8>()).prop_map(|(net, host)| IpAddr::V4(Ipv4Addr::new(10, net, 0, host))),
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u16; 8]>().prop_map(IpAddr::from),
        any::<[u8; 4]>().prop_map(|v4| IpAddr::V6(Ipv4Addr::from(v4).to_ipv6_mapped())),
        Just(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ]
}

proptest! {
    #[test]
    fn cookies_hold(line in prop_oneof![mutated(COOKIES), noise(200)]) {
        cookies(&line);
    }

    #[test]
    fn request_heads_hold(head in prop_oneof![mutated(HEAD), noise(200)]) {
        request_head(&head);
    }

    #[test]
    fn forms_hold(body in prop_oneof![mutated(FORM), noise(300)]) {
        form(&body);
    }

    #[test]
    fn json_holds(body in prop_oneof![mutated(JSON), noise(300)]) {
        json(&body);
        import(&body);
    }

    #[test]
    fn multipart_holds(body in prop_oneof![mutated(MULTIPART), noise(300)]) {
        multipart(&body);
        import(&body);
    }

    #[test]
    fn content_types_hold(name in mutated(CONTENT_TYPES), body in prop_oneof![mutated(MULTIPART), mutated(FORM)]) {
        content_type(&String::from_utf8_lossy(&name), &body);
    }

    #[test]
    fn csv_and_mailbox_lists_hold(body in prop_oneof![mutated(CSV), mutated(MAILBOXES), noise(300)]) {
        import(&body);
        pasted_addresses(&String::from_utf8_lossy(&body));
    }

    #[test]
    fn forwarded_addresses_hold(
        peer in address(),
        hops in prop::collection::vec(prop::collection::vec(prop_oneof![
            4 => address().prop_map(|address| address.to_string()),
            2 => address().prop_map(|address| format!("for=\"[{address}]:80\";proto=https")),
            2 => address().prop_map(|address| format!("for={address}")),
            1 => "[ -~]{0,20}",
        ], 0..4), 0..4),
        raw in noise(40),
    ) {
        let lines: Vec<_> = hops.iter().map(|hops| hops.join(", ").into_bytes()).chain([raw]).collect();
        let lines: Vec<_> = lines.iter().map(Vec::as_slice).collect();
        let trusted: Vec<IpNet> = ["10.0.0.0/15", "::1/128"].iter().map(|network| network.parse().unwrap()).collect();
        forwarded_for(peer, &lines, &trusted);
        forwarded_for(peer, &lines, &[]);
    }

    #[test]
    fn list_parameters_hold(query in prop_oneof![mutated(LISTS), noise(100)]) {
        list_parameters(&query);
    }

    #[test]
    fn idempotency_keys_hold(key in prop_oneof![noise(300), "[ -~]{0,300}".prop_map(String::into_bytes)]) {
        idempotency(&key);
    }

    #[test]
    fn redirect_targets_hold(text in prop_oneof![mutated(TARGETS), noise(60)]) {
        return_to(&String::from_utf8_lossy(&text));
    }
}

#[test]
fn long_lists_of_invitees_cost_bounded_memory() {
    // The parsers stop at the first row that is too many. They would keep a quarter of a million otherwise.
    let (csv, pasted) = ("a@b.cd\n".repeat(150_000), "emails=".to_owned() + &"a,".repeat(500_000));
    let json = format!("{{\"invitations\":[{}\"\"]}}", "\"\",".repeat(300_000));
    for (content_type, body) in
        [("text/csv", csv), ("application/x-www-form-urlencoded", pasted), ("application/json", json)]
    {
        let parsed = ImportList::parse_body(Some(content_type), Bytes::from(body)).now_or_never().unwrap();
        assert_eq!(parsed.unwrap_err().code(), Code::TooManyRows, "{content_type}");
    }
    let broken = format!("{{\"invitations\":[{}", "\"\",".repeat(300_000));
    let parsed = ImportList::parse_body(Some("application/json"), Bytes::from(broken)).now_or_never().unwrap();
    assert_eq!(parsed.unwrap_err().code(), Code::BadRequestBody);
}
