//! The settings of the operator's application, and of what it shares with this server.

use vestibule_core::settings::PageUrl;

use super::*;

#[test]
fn pages_of_the_application_derive_from_its_url() {
    let pages = |variables: &[(&str, &str)]| {
        let app = load_variables(variables).unwrap().settings.app;
        let text = |page: Option<PageUrl>| page.map_or_else(String::new, |page| page.as_str().to_owned());
        [app.url, app.after_sign_in_url, app.after_sign_up_url, app.after_sign_out_url].map(text)
    };
    let url = ("VESTIBULE_APP_URL", "https://App.example.com/");
    assert_eq!(pages(&[]), ["", "", "", ""]);
    assert_eq!(pages(&[url]), ["https://app.example.com", "https://app.example.com", "https://app.example.com", ""]);
    let relative = [url, ("VESTIBULE_APP_AFTER_SIGN_IN_URL", "/home"), ("VESTIBULE_APP_AFTER_SIGN_OUT_URL", "bye")];
    let home = "https://app.example.com/home";
    assert_eq!(pages(&relative), ["https://app.example.com", home, home, "https://app.example.com/bye"]);
    assert_eq!(pages(&[url, ("VESTIBULE_APP_AFTER_SIGN_IN_URL", "")])[1], "");
    assert_eq!(pages(&[("VESTIBULE_APP_AFTER_SIGN_IN_URL", "https://a.example/x")])[1], "https://a.example/x");
    for local in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
        assert_eq!(pages(&[("VESTIBULE_APP_URL", local)])[0], local);
    }
    let insecure = ("VESTIBULE_APP_AFTER_SIGN_OUT_URL", "http://www.example.com");
    assert!(load_variables(&[url, insecure]).unwrap_err()[0].contains("without https"));
    assert_eq!(pages(&[insecure, ("VESTIBULE_MODE", "staging")])[3], "http://www.example.com");
    for invalid in ["app.example.com", "https://a.example?x", "https://u:p@a.example", "https://a.example/#x", "//a"] {
        assert!(load_variables(&[("VESTIBULE_APP_URL", invalid)]).is_err(), "{invalid}");
        assert!(load_variables(&[url, ("VESTIBULE_APP_AFTER_SIGN_IN_URL", "//evil.example")]).is_err());
    }
}

#[test]
fn invalid_page_says_what_to_write() {
    for (text, message) in [
        (
            "[app]\nurl = 'http://app.example.com'",
            "app.url is \"http://app.example.com\" (v.toml:2), without https, so anyone in the network between can take over the session of a user who is sent there; write an https:// URL, or set mode to \"staging\" for an installation without real users",
        ),
        (
            "[app]\nafter_sign_in_url = '/home'",
            "app.after_sign_in_url is \"/home\" (v.toml:2), but it must be an http or https URL, or a path such as /home if app.url is set, or empty; for example: after_sign_in_url = \"https://app.example.com/home\"",
        ),
    ] {
        assert_eq!(load_file(text).unwrap_err(), [message]);
    }
}

#[test]
fn unusable_session_cookie_says_what_to_write() {
    for (text, message) in [
        (
            "public_url = 'https://join.example.com'\n[session_cookie]\ndomain = 'example.org'",
            "session_cookie.domain is \"example.org\" (v.toml:3), but browsers accept it only from hosts of that domain, and public_url has join.example.com; write a domain of join.example.com",
        ),
        (
            "public_url = 'https://join.example.co.uk'\n[session_cookie]\ndomain = '.co.uk'",
            "session_cookie.domain is \".co.uk\" (v.toml:3), but browsers accept no domain under which anyone can register a name; write a longer domain of join.example.co.uk",
        ),
        (
            "session_cookie.domain = '127.0.0.1'",
            "session_cookie.domain is \"127.0.0.1\" (v.toml:1), but browsers accept no domain from 127.0.0.1, an IP address; use a host name in public_url, or leave it empty",
        ),
        (
            "public_url = 'https://join.example.com'\n[session_cookie]\ndomain = 'example.com'\nname = '__Host-x'",
            "session_cookie.name is \"__Host-x\" (v.toml:4), but browsers accept __Host- only without session_cookie.domain; write __Secure- in its place, or remove the domain",
        ),
        (
            "session_cookie.name = '__Secure-x'",
            "session_cookie.name is \"__Secure-x\" (v.toml:1), but browsers accept __Secure- only over https, and public_url is http://127.0.0.1:8080; write a name without it",
        ),
    ] {
        assert_eq!(load_file(text).unwrap_err(), [message]);
    }
    for invalid in ["name = 'a b'", "name = 'a=b'", "name = 'invitation'", "name = '__host-Invitation'", "domain = '.'"]
    {
        assert!(load_file(&format!("[session_cookie]\n{invalid}")).is_err(), "{invalid}");
    }
}

#[test]
fn unusable_relying_party_says_what_to_write() {
    for (text, message) in [
        (
            "public_url = 'https://join.example.com'\n[passkeys]\nrp_id = 'example.org'",
            "passkeys.rp_id is \"example.org\" (v.toml:3), but browsers accept it only from hosts of that domain, and public_url has join.example.com; write a domain of join.example.com",
        ),
        (
            "public_url = 'https://join.example.co.uk'\n[passkeys]\nrp_id = 'co.uk'",
            "passkeys.rp_id is \"co.uk\" (v.toml:3), but browsers accept no domain under which anyone can register a name; write a longer domain of join.example.co.uk",
        ),
        (
            "passkeys.rp_id = 'localhost'",
            "passkeys.rp_id is \"localhost\" (v.toml:1), but browsers offer no passkeys at 127.0.0.1, an IP address; use a host name in public_url, or leave it empty",
        ),
    ] {
        assert_eq!(load_file(text).unwrap_err(), [message]);
    }
    for invalid in ["https://example.com", "127.0.0.1", "example.com.", "a b"] {
        assert!(load_file(&format!("passkeys.rp_id = '{invalid}'")).is_err(), "{invalid}");
    }
}

#[test]
fn warns_of_origins_without_cookies() {
    let warnings = |variables: &[(&str, &str)]| load_variables(variables).unwrap().warnings;
    let origin = ("VESTIBULE_ALLOWED_ORIGINS", "http://localhost:3000");
    assert_eq!(
        warnings(&[origin]),
        [
            "allowed_origins contains http://localhost:3000, which is another site than public_url, http://127.0.0.1:8080, for browsers, so they send no session cookie with its requests; use one host name for both, for example public_url = http://localhost:8080"
        ]
    );
    assert!(warnings(&[origin, ("VESTIBULE_PUBLIC_URL", "http://localhost:8080")]).is_empty());
    let app = ("VESTIBULE_APP_URL", "https://app.example.org");
    let found = warnings(&[app, ("VESTIBULE_PUBLIC_URL", "https://join.example.com")]);
    assert!(found[0].starts_with("app.url is https://app.example.org, which is another site"), "{found:?}");
    assert!(warnings(&[app, ("VESTIBULE_PUBLIC_URL", "https://join.example.org")]).is_empty());
    let local = warnings(&[("VESTIBULE_APP_URL", "http://localhost:3000")]);
    assert!(local[0].ends_with("use one host name for both, for example http://127.0.0.1:3000 here"), "{local:?}");
    assert!(warnings(&[("VESTIBULE_APP_URL", "http://127.0.0.1:3000")]).is_empty());
}

#[test]
fn claims_are_a_table_in_the_file_and_json_in_the_environment() {
    let file = "[tokens.claims]\nplan = 'free'\nlevel = 3\nnested = { id = '{{user.id}}', on = true, share = 0.5 }\n\
        [tokens.templates.reports]\norg = '{{organization.id}}'";
    let json = [
        (
            "VESTIBULE_TOKENS_CLAIMS",
            r#"{"plan": "free", "level": 3, "nested": {"id": "{{user.id}}", "on": true, "share": 0.5}}"#,
        ),
        ("VESTIBULE_TOKENS_TEMPLATES", r#"{"reports": {"org": "{{organization.id}}"}}"#),
    ];
    let (loaded, from_variables) = (load_file(file).unwrap(), load_variables(&json).unwrap());
    let tokens = &loaded.settings.tokens;
    assert_eq!(tokens.claims, from_variables.settings.tokens.claims);
    assert_eq!(tokens.templates, from_variables.settings.tokens.templates);
    assert_eq!(tokens.claims.names().count(), 3);
    assert!(tokens.template("reports").is_some() && tokens.template("other").is_none());
    let again = load_file(&effective(&from_variables)).unwrap();
    assert_eq!(again.settings.tokens.claims, tokens.claims);
}

#[test]
fn unusable_claims_say_why() {
    for (text, reason) in [
        ("claims.sub = 'x'", "tokens.claims is { sub = \"x\" } (v.toml:2): the claim sub is reserved"),
        ("claims.mail = '{{user.mail}}'", "there is no placeholder {{user.mail}}; the placeholders are user.id, "),
        (
            "claims.day = 2026-01-01",
            "tokens.claims is a table with a date (v.toml:2), but it must be a table of claims",
        ),
        ("claims = 'x'", "tokens.claims is \"x\" (v.toml:2), but it must be a table of claims"),
        ("templates.default.a = 1", "the template default is that of tokens.claims"),
        ("templates.'a b'.a = 1", "the name \"a b\" is not of 1 to 50 letters"),
        ("templates.a = 1", "the template a is not a table of claims"),
        ("templates.a.iss = 'x'", "in the template a, the claim iss is reserved"),
    ] {
        let problems = load_file(&format!("[tokens]\n{text}")).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(reason), "{text}: {problems:?}");
    }
    let invalid = load_variables(&[("VESTIBULE_TOKENS_CLAIMS", "{plan: free}")]).unwrap_err();
    assert!(invalid[0].contains("for example: VESTIBULE_TOKENS_CLAIMS='{\"email\""), "{invalid:?}");
}
