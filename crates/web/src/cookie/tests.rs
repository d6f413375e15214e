use super::*;
use proptest::prelude::*;
use vestibule_core::id::InvitationId;
use vestibule_core::secret::{Keys, MasterKey};
use vestibule_core::settings::PublicUrl;

fn cookies(lines: &[&str]) -> HeaderMap {
    let line = |line: &&str| (header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    let mut headers = HeaderMap::new();
    lines.iter().map(line).for_each(|(name, value)| {
        headers.append(name, value);
    });
    headers
}

fn settings(public_url: &str, name: Option<&str>, domain: Option<&str>) -> Settings {
    let (name, domain) = (name.map(str::to_owned), domain.map(str::to_owned));
    let public_url = PublicUrl::parse(public_url).unwrap();
    Settings { public_url, session_cookie: SessionCookie { name, domain }, ..Settings::default() }
}

fn https() -> Settings {
    settings("https://join.example.com", None, None)
}

/// The only token, `several` with those of each name, or `too many`.
fn read(headers: &HeaderMap, settings: &Settings) -> Option<String> {
    match session_tokens(headers, settings) {
        SessionCookies::None => None,
        SessionCookies::One(token) => Some(token.reveal()),
        SessionCookies::Several(groups) => {
            let join = |group: &Vec<SessionToken>| group.iter().map(SessionToken::reveal).collect::<Vec<_>>().join("|");
            Some(groups.iter().map(join).collect::<Vec<_>>().join("; "))
        }
        SessionCookies::TooMany => Some("too many".to_owned()),
    }
}

#[test]
fn ignores_values_that_cannot_be_a_token() {
    let tokens = [("abc", "A"), ("def", "E"), ("ghi", "I"), ("jkl", "M"), ("mno", "Q")];
    let fill = |text: &str| {
        tokens.iter().fold(text.to_owned(), |text, (name, character)| text.replace(name, &character.repeat(43)))
    };
    let abc = fill("abc");
    let cases: &[(&[&str], Option<&str>)] = &[
        (&["session_id=abc"], Some(&abc)),
        (&["theme=dark; session_id=abc; x=y"], Some(&abc)),
        (&["__session=abc"], Some(&abc)),
        (&["__session=old; session_id=abc"], Some(&abc)),
        (&["__session=def; session_id=abc"], Some("abc; def")),
        (&["session_id=abc; session_id=abc"], Some(&abc)),
        (&["session_id=abc; session_id=def"], Some("abc|def")),
        (&["session_id=abc", "session_id=def"], Some("abc|def")),
        (&["session_id=abc; session_id=def; __session=ghi"], Some("abc|def; ghi")),
        (&["session_id=abc; session_id=def; __session=abc"], Some("abc|def")),
        (&["session_id=abc; session_id=def; session_id=ghi; session_id=jkl"], Some("abc|def|ghi|jkl")),
        (&["session_id=abc; session_id=def; session_id=ghi; session_id=jkl; session_id=mno"], Some("too many")),
        (&["session_id=foreign; session_id=abc"], Some(&abc)),
        (&["session_id=abc; session_id=; session_id=abc"], Some(&abc)),
        (&["session_id=foreign; __session=abc"], Some(&abc)),
        (&["__Host-session_id=abc"], None),
        (&["name=Žofie; session_id=abc"], Some(&abc)),
        (&["session_id=\"abc\""], Some(&abc)),
        (&["xsession_id=abc"], None),
        (&["session_id="], None),
        (&["session_id"], None),
        (&["Session_ID=abc"], None),
        (&["session_id=abc abc"], None),
        (&["session_id=abcabc"], None),
        (&["session_id=<script>"], None),
        (&["session_id=Žofie"], None),
        (&[], None),
    ];
    for (lines, expected) in cases {
        let lines: Vec<_> = lines.iter().map(|line| fill(line)).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(read(&cookies(&lines), &Settings::default()), expected.map(fill), "{lines:?}");
    }
}

#[test]
fn browsers_cannot_be_given_a_session_without_the_prefix() {
    let [abc, def] = ["A", "E"].map(|character| character.repeat(43));
    let (both, two) = (format!("{abc}; {def}"), format!("{abc}|{def}"));
    let cases: &[(&[&str], Option<&str>, Option<&str>)] = &[
        // The cookies; what a browser's request is, and what another client's.
        (&["__Host-session_id=abc"], Some(&abc), Some(&abc)),
        (&["session_id=def; __Host-session_id=abc; __session=def"], Some(&abc), Some(&both)),
        (&["session_id=abc"], None, Some(&abc)),
        (&["__session=abc"], None, Some(&abc)),
        (&["__Host-session_id=foreign; session_id=abc"], None, Some(&abc)),
        (&["__Host-session_id=abc; __Host-session_id=def"], Some(&two), Some(&two)),
        (&["__Host-session_id=abc; __Host-session_id=def; session_id=abc"], Some(&two), Some(&two)),
        (&["__host-session_id=abc"], None, None),
        (&["__Secure-session_id=abc"], None, None),
    ];
    for (lines, browser, other) in cases {
        let lines: Vec<_> = lines.iter().map(|line| line.replace("abc", &abc).replace("def", &def)).collect();
        let headers = cookies(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let token = |headers: &HeaderMap| read(headers, &https());
        assert_eq!(token(&headers).as_deref(), *other, "{lines:?}");
        for (name, value) in [("sec-fetch-site", "none"), ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")] {
            let mut headers = headers.clone();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(token(&headers).as_deref(), *browser, "{lines:?} {name}");
        }
    }
}

#[test]
fn cookie_of_the_settings_takes_precedence_and_browsers_have_no_other() {
    let [abc, def] = ["A", "E"].map(|character| character.repeat(43));
    let (both, two) = (format!("{abc}; {def}"), format!("{abc}|{def}"));
    let join = "https://join.example.com";
    for ((url, name, domain), lines, browser, other) in [
        ((join, Some("sid"), None), "sid=abc; __Host-session_id=def", Some(&abc), Some(&both)),
        ((join, Some("sid"), None), "__Host-session_id=abc; session_id=def", None, Some(&both)),
        ((join, None, Some("example.com")), "__Host-session_id=def; session_id=abc", Some(&abc), Some(&both)),
        ((join, None, Some("example.com")), "session_id=abc; session_id=def", Some(&two), Some(&two)),
        ((join, Some("__session"), None), "session_id=def; __session=abc", Some(&abc), Some(&both)),
        (("http://localhost:8080", Some("sid"), None), "session_id=abc", Some(&abc), Some(&abc)),
        (("http://localhost:8080", Some("sid"), None), "sid=abc; session_id=def", Some(&both), Some(&both)),
    ] {
        let settings = settings(url, name, domain);
        let mut headers = cookies(&[&lines.replace("abc", &abc).replace("def", &def)]);
        let token = |headers: &HeaderMap| read(headers, &settings);
        assert_eq!(token(&headers).as_ref(), other, "{lines}");
        headers.insert("sec-fetch-site", HeaderValue::from_static("none"));
        assert_eq!(token(&headers).as_ref(), browser, "{lines}");
    }
}

#[test]
fn deletes_tokens_in_cookies_that_are_set_no_longer() {
    let abc = "A".repeat(43);
    let domain = settings("https://join.example.com", None, Some("example.com"));
    for (settings, lines, names) in [
        (https(), "__Host-session_id=abc", &[][..]),
        (https(), "__Host-session_id=abc; session_id=abc; __session=abc", &["session_id", "__session"]),
        // Not a token of this server: another application on this host may need it.
        (https(), "__session=eyJhbGciOiJFUzI1NiJ9.e30.c2ln; session_id=x", &[]),
        (domain, "__Host-session_id=abc; session_id=abc", &["__Host-session_id"]),
        (Settings::default(), "session_id=abc; __session=abc", &["__session"]),
    ] {
        assert_eq!(outdated_sessions(&cookies(&[&lines.replace("abc", &abc)]), &settings), names, "{lines}");
    }
    let mut headers = HeaderMap::new();
    append_deletions(&mut headers, &["__Host-session_id", "session_id"]);
    let deletions: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(
        deletions,
        [
            "__Host-session_id=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure",
            "session_id=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
        ]
    );
}

#[test]
fn reads_one_invitation_cookie_of_the_right_name() {
    let keys = Keys::new(&MasterKey::new([7; 32]));
    let token = |generation| keys.invitation_token(InvitationId::from(7), generation).reveal();
    let (first, second) = (token(1), token(2));
    let long = format!("invitation={}", "a".repeat(MAX_INVITATION_BYTES + 1));
    for (lines, secure, is_first) in [
        (&["invitation=FIRST"][..], false, true),
        (&["__Host-invitation=FIRST"], true, true),
        (&["invitation=FIRST"], true, false),
        (&["__Host-invitation=FIRST"], false, false),
        (&["invitation=FIRST; invitation=FIRST"], false, true),
        (&["invitation=dark-theme; invitation=FIRST; invitation="], false, true),
        (&["invitation=FIRST; invitation=SECOND"], false, false),
        (&["invitation=FIRST", &long], false, true),
        (&[&long], false, false),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| line.replace("FIRST", &first).replace("SECOND", &second)).collect();
        let headers = cookies(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let found: Vec<_> = invitations(&headers, secure).iter().map(InvitationToken::reveal).collect();
        let expected: Vec<_> = is_first.then(|| first.clone()).into_iter().collect();
        assert_eq!(found, expected, "{lines:?}");
    }
}

#[test]
fn reads_the_invitations_that_it_stores() {
    let keys = Keys::new(&MasterKey::new([7; 32]));
    let tokens: Vec<_> = (1..=9).map(|id| keys.mailed_token(InvitationId::from(id), i64::MAX)).collect();
    let set = set_invitations(&tokens, true);
    let set = set.to_str().unwrap();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure"), "{set}");
    let (cookie, _) = set.split_once(';').unwrap();
    let ids: Vec<_> = invitations(&cookies(&[cookie]), true).iter().map(|token| token.invitation().get()).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
}

#[test]
fn sets_protective_attributes() {
    let session = |settings: &Settings| {
        let mut headers = HeaderMap::new();
        append_session(&mut headers, "abc", settings);
        headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let month = 30 * 24 * 3600;
    let common = format!("Path=/; HttpOnly; SameSite=Lax; Max-Age={month}");
    let (join, domain) = ("https://join.example.com", Some("example.com"));
    let deletion = "Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure";
    for (settings, expected) in [
        (Settings::default(), vec![format!("session_id=abc; {common}")]),
        (https(), vec![format!("__Host-session_id=abc; {common}; Secure")]),
        (settings(join, Some("sid"), None), vec![format!("sid=abc; {common}; Secure")]),
        (
            settings(join, None, domain),
            vec![format!("session_id=; {deletion}"), format!("session_id=abc; {common}; Secure; Domain=example.com")],
        ),
        (
            settings(join, Some("__Secure-sid"), domain),
            vec![
                format!("__Secure-sid=; {deletion}"),
                format!("__Secure-sid=abc; {common}; Secure; Domain=example.com"),
            ],
        ),
        // The deletion would apply to the new cookie too: browsers do not distinguish them.
        (
            settings("https://example.com", None, domain),
            vec![format!("session_id=abc; {common}; Secure; Domain=example.com")],
        ),
    ] {
        assert_eq!(session(&settings), expected);
    }
    let deleted = "__Host-invitation=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure";
    assert_eq!(set_invitations(&[], true), deleted);
}

proptest! {
    #[test]
    fn never_panics_on_any_header(line in "[ -~]{0,200}") {
        let _ = read(&cookies(&[&line]), &Settings::default());
        let _ = read(&cookies(&[&line]), &https());
        let _ = outdated_sessions(&cookies(&[&line]), &https());
        let _ = invitations(&cookies(&[&line]), true);
    }
}

#[test]
fn the_token_of_a_setup_link_is_for_its_pages_only() {
    let token: SetupToken = format!("vsl_{}", "A".repeat(43)).parse().unwrap();
    let hour = Duration::from_hours(1);
    let cookie = set_setup_token(Some(&token), hour, &https());
    let expected = "Path=/setup; HttpOnly; SameSite=Lax; Max-Age=3600; Secure";
    assert_eq!(cookie, format!("__Secure-setup={}; {expected}", token.reveal()));
    let below = settings("http://127.0.0.1:8080/id", None, None);
    let deletion = set_setup_token(None, hour, &below);
    assert_eq!(deletion, "setup=; Path=/id/setup; HttpOnly; SameSite=Lax; Max-Age=0");
    let (own, other) = (token.reveal(), format!("vsl_{}", "E".repeat(43)));
    for (line, is_found) in [
        (format!("__Secure-setup={own}"), true),
        (format!("__Secure-setup={own}; __Secure-setup={own}"), true),
        (format!("__Secure-setup={own}; __Secure-setup={other}"), false),
        (format!("setup={own}"), false),
        ("__Secure-setup=vsl_short".to_owned(), false),
    ] {
        assert_eq!(setup_token(&cookies(&[&line]), true).is_some(), is_found, "{line}");
    }
}
