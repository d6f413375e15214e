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
