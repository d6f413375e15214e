//! The redirects: state, one use, the browser that began, two providers, and where it goes in the end.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use vestibule_core::identity_provider::ProviderKind;

use super::{ADA, EVE, EXAMPLE, GOOGLE, identities, signed_in_as, start, start_with, users};
use crate::harness::identity_provider::{Callback, Endpoint, IdentityProvider, RETURN_TO, person};
use crate::harness::{TestApp, TestClient};

struct Setup {
    app: TestApp,
    google: IdentityProvider,
    browser: TestClient,
}

async fn setup() -> Setup {
    let google = IdentityProvider::start().await;
    let app = start(&[(GOOGLE, &google)]).await;
    let browser = app.anonymous();
    Setup { app, google, browser }
}

impl Setup {
    async fn begin(&self) -> Callback {
        let url = self.browser.begin_social(GOOGLE).await;
        self.google.approve(&url, &person("1", ADA))
    }

    /// Asserts that nothing came of it, and that the code was not even sent to the provider.
    fn assert_untouched(&self) {
        assert_eq!((users(&self.app), identities(&self.app)), (0, 0));
        assert_eq!(self.google.requests(Endpoint::Token), 0);
    }
}

#[tokio::test]
async fn state_is_good_once() {
    let setup = setup().await;
    let callback = setup.begin().await;
    signed_in_as(setup.browser.come_back(&callback).await, ADA);
    setup.browser.come_back(&callback).await.assert_error(400, "INVALID_STATE");
    setup.browser.come_back(&callback.with("code", "another")).await.assert_error(400, "INVALID_STATE");
    assert_eq!(setup.google.requests(Endpoint::Token), 1);
}

/// Also if what came with it was wrong: a state is no oracle for codes.
#[tokio::test]
async fn state_is_spent_by_a_failure() {
    let setup = setup().await;
    let callback = setup.begin().await;
    setup.browser.come_back(&callback.with("code", "wrong")).await.assert_error(400, "INVALID_CODE");
    setup.browser.come_back(&callback).await.assert_error(400, "INVALID_STATE");
    assert_eq!(users(&setup.app), 0);
}

#[tokio::test]
async fn concurrent_callbacks_use_a_state_once() {
    let setup = setup().await;
    let callback = setup.begin().await;
    let responses = (0..6).map(|_| setup.browser.come_back(&callback));
    let responses = futures_util::future::join_all(responses).await;
    assert_eq!(responses.iter().filter(|response| response.status == 200).count(), 1);
    assert_eq!((users(&setup.app), setup.google.requests(Endpoint::Token)), (1, 1));
}

#[tokio::test]
async fn state_expires() {
    let setup = setup().await;
    let callback = setup.begin().await;
    setup.app.advance(Duration::from_secs(600));
    setup.browser.come_back(&callback).await.assert_error(400, "INVALID_STATE");
    setup.assert_untouched();
    let callback = setup.begin().await;
    setup.app.advance(Duration::from_secs(599));
    signed_in_as(setup.browser.come_back(&callback).await, ADA);
}

/// Login CSRF: the attacker has begun, and has the victim's browser finish, so that the victim works in the attacker's
/// account; or the attacker finishes what the victim has begun.
#[tokio::test]
async fn only_the_browser_that_began_finishes() {
    let setup = setup().await;
    let callback = setup.begin().await;
    let other = setup.app.anonymous();
    other.begin_social(GOOGLE).await;
    for browser in [setup.app.anonymous(), other, setup.app.create_user(EVE).await] {
        browser.come_back(&callback).await.assert_error(400, "INVALID_STATE");
    }
    assert_eq!(setup.google.requests(Endpoint::Token), 0);
    // Their attempts have not used it up.
    signed_in_as(setup.browser.come_back(&callback).await, ADA);
}

#[tokio::test]
async fn forged_states_are_refused() {
    let setup = setup().await;
    let callback = setup.begin().await;
    let state = callback.get("state").to_owned();
    let [payload, first, second] = state.split('.').collect::<Vec<_>>()[..] else { panic!("{state}") };
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let (action, id) = decoded.split_once('|').unwrap();
    assert_eq!(action, "sign_in");
    let encoded = |text: String| URL_SAFE_NO_PAD.encode(text);
    let flipped = if first.starts_with('A') { first.replacen('A', "B", 1) } else { format!("A{}", &first[1..]) };
    for state in [
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        payload.to_owned(),
        format!("{payload}.{first}"),
        format!("{payload}.{second}.{first}"),
        format!("{payload}.{first}.{second}.{second}"),
        format!("{payload}.{flipped}.{second}"),
        format!("{payload}.."),
        format!("{}.{first}.{second}", encoded(format!("connect_social|{id}"))),
        format!("{}.{first}.{second}", encoded(format!("sign_in|{id}0"))),
        format!("{}.{first}.{second}", encoded(format!("sign_in|{}", id.parse::<u64>().unwrap_or(1) + 1))),
        format!("{payload}=.{first}.{second}"),
        format!("{state} "),
        "x".repeat(5000),
        "é.ü.\u{0}".to_owned(),
    ] {
        let response = setup.browser.come_back(&callback.with("state", &state)).await;
        assert_eq!(response.status, 400, "{state:?}: {}", response.text);
        let code = response.body["errors"][0]["code"].as_str().unwrap();
        assert!(["INVALID_STATE", "INVALID_FIELD"].contains(&code), "{state:?}: {}", response.text);
    }
    setup.browser.come_back(&callback.without("state")).await.assert_error(400, "INVALID_STATE");
    setup.assert_untouched();
    signed_in_as(setup.browser.come_back(&callback).await, ADA);
}

#[tokio::test]
async fn callback_without_code_is_refused() {
    let setup = setup().await;
    let callback = setup.begin().await;
    setup.browser.come_back(&callback.without("code")).await.assert_error(400, "CODE_REQUIRED");
    let callback = setup.begin().await;
    setup.browser.come_back(&callback.with("code", "")).await.assert_error(400, "CODE_REQUIRED");
    let callback = setup.begin().await;
    let long = setup.browser.come_back(&callback.with("code", &"c".repeat(9000))).await;
    assert!(long.status == 400 || long.status == 431, "{}", long.text);
    setup.assert_untouched();
}

#[tokio::test]
async fn refusal_of_the_provider_is_reported_without_its_words() {
    let setup = setup().await;
    let url = setup.browser.begin_social(GOOGLE).await;
    let refused = setup.browser.come_back(&setup.google.refuse(&url)).await;
    assert!(!refused.text.contains("refused"), "{}", refused.text);
    refused.assert_error(400, "PROVIDER_DENIED");
    setup.assert_untouched();
}

/// Mix-up (RFC 9207): the attacker's provider has the victim's browser bring the code of the honest provider.
#[tokio::test]
async fn response_of_another_provider_is_refused() {
    let (honest, evil) = (IdentityProvider::start().await, IdentityProvider::start().await);
    let app = start(&[("honest_oidc", &honest), ("evil_oidc", &evil)]).await;
    let victim = app.anonymous();
    // The victim chose the evil provider, which sends them on to the honest one with the state of its own request.
    let evil_url = victim.begin_social("evil_oidc").await;
    let honest_url = victim.begin_social("honest_oidc").await;
    let state_of_evil = evil.approve(&evil_url, &person("1", ADA)).get("state").to_owned();
    let mixed = honest.approve(&honest_url, &person("1", ADA)).with("state", &state_of_evil);
    victim.come_back(&mixed).await.assert_error(400, "INVALID_IDENTITY");
    // The evil provider never sees the code.
    assert_eq!((evil.requests(Endpoint::Token), honest.requests(Endpoint::Token)), (0, 0));
    assert_eq!((users(&app), identities(&app)), (0, 0));
}

#[tokio::test]
async fn issuer_parameter_is_compared_and_demanded_where_it_is_announced() {
    let (example, google) = (IdentityProvider::start().await, IdentityProvider::start_as(ProviderKind::Google).await);
    let app = start(&[(EXAMPLE, &example), (GOOGLE, &google)]).await;
    let browser = app.anonymous();
    for (id, provider, demanded) in [(EXAMPLE, &example, true), (GOOGLE, &google, false)] {
        for iss in ["https://evil.example", "", &format!("{}/", provider.url()), &provider.url().to_uppercase()] {
            let url = browser.begin_social(id).await;
            let callback = provider.approve(&url, &person("1", "carl@example.com")).with("iss", iss);
            browser.come_back(&callback).await.assert_error(400, "INVALID_IDENTITY");
        }
        let url = browser.begin_social(id).await;
        let callback = provider.approve(&url, &person("1", ADA)).without("iss");
        let response = browser.come_back(&callback).await;
        if demanded {
            response.assert_error(400, "INVALID_IDENTITY");
        } else {
            signed_in_as(response, ADA);
        }
        assert_eq!(provider.requests(Endpoint::Token), usize::from(!demanded));
    }
}

/// Also an error says whose it is (RFC 9207, 2.4).
#[tokio::test]
async fn issuer_parameter_of_an_error_is_compared_as_well() {
    let (example, google) = (IdentityProvider::start().await, IdentityProvider::start_as(ProviderKind::Google).await);
    let app = start(&[(EXAMPLE, &example), (GOOGLE, &google)]).await;
    let browser = app.anonymous();
    for (id, provider, without_iss) in [(EXAMPLE, &example, "INVALID_IDENTITY"), (GOOGLE, &google, "PROVIDER_DENIED")] {
        let refused = provider.refuse(&browser.begin_social(id).await);
        browser.come_back(&refused.with("iss", &provider.url())).await.assert_error(400, "PROVIDER_DENIED");
        let refused = provider.refuse(&browser.begin_social(id).await);
        browser.come_back(&refused.with("iss", "https://evil.example")).await.assert_error(400, "INVALID_IDENTITY");
        let refused = provider.refuse(&browser.begin_social(id).await);
        browser.come_back(&refused.without("iss")).await.assert_error(400, without_iss);
    }
}

/// The next person at this browser must not finish what the last one has begun.
#[tokio::test]
async fn signing_out_ends_what_was_begun() {
    let setup = setup().await;
    signed_in_as(setup.browser.go_through(GOOGLE, &setup.google, &person("1", ADA)).await, ADA);
    let callback = setup.begin().await;
    setup.browser.post("/session/sign-out", &[]).await.ok();
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM authorization_requests"), 0);
    setup.browser.come_back(&callback).await.assert_error(400, "INVALID_STATE");
}

/// Also from another browser. What this other one has begun goes on.
#[tokio::test]
async fn ending_the_other_sign_ins_ends_what_they_have_begun() {
    let setup = setup().await;
    let other = setup.app.anonymous();
    for browser in [&setup.browser, &other] {
        signed_in_as(browser.go_through(GOOGLE, &setup.google, &person("1", ADA)).await, ADA);
    }
    let callback = setup.begin().await;
    let own = setup.google.approve(&other.begin_social(GOOGLE).await, &person("2", EVE));
    other.post("/account/sign-ins/-/end-others", &[("sure", "yes")]).await.assert_redirect("/account");
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM authorization_requests"), 1);
    setup.browser.come_back(&callback).await.assert_error(400, "INVALID_STATE");
    signed_in_as(other.come_back(&own).await, EVE);
}

/// A browser can have several tabs, and not any number of rows.
#[tokio::test]
async fn session_keeps_its_last_five_requests() {
    let setup = setup().await;
    let mut callbacks = Vec::new();
    for _ in 0..7 {
        callbacks.push(setup.begin().await);
        setup.app.advance(Duration::from_secs(1));
    }
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM authorization_requests"), 5);
    setup.browser.come_back(&callbacks[0]).await.assert_error(400, "INVALID_STATE");
    setup.browser.come_back(&callbacks[1]).await.assert_error(400, "INVALID_STATE");
    signed_in_as(setup.browser.come_back(&callbacks[2]).await, ADA);
}

#[tokio::test]
async fn nothing_of_a_request_is_stored_that_would_help_a_thief() {
    let setup = setup().await;
    let callback = setup.begin().await;
    let rows = setup.app.inner.database.rows("SELECT * FROM authorization_requests");
    let stored = format!("{rows:?}");
    let state = callback.get("state");
    for part in state.split('.').skip(1) {
        assert!(!stored.contains(part), "{stored}");
    }
    signed_in_as(setup.browser.come_back(&callback).await, ADA);
    let verifier = setup.google.last_token_request()["code_verifier"].clone();
    assert!(!stored.contains(&verifier) && verifier.len() >= 43);
}

#[tokio::test]
async fn each_request_has_its_own_nonce_challenge_and_state() {
    let setup = setup().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let url = url::Url::parse(&setup.browser.begin_social(GOOGLE).await).unwrap();
        for (name, value) in url.query_pairs() {
            if ["state", "nonce", "code_challenge"].contains(&&*name) {
                assert!(seen.insert(value.into_owned()), "{name}");
            }
        }
    }
    assert_eq!(seen.len(), 9);
}

/// Where the browser is sent in the end.
#[tokio::test]
async fn redirect_uri_stays_at_allowed_origins() {
    let google = IdentityProvider::start().await;
    let app = start_with(&[(GOOGLE, &google)], |settings| {
        settings.allowed_origins = vec!["https://app.example".to_owned()];
    })
    .await;
    let browser = app.anonymous();
    for allowed in [RETURN_TO, "http://vestibule.test", "https://app.example/a?b=c", "https://app.example"] {
        browser.begin_social_with(GOOGLE, allowed).await.ok();
    }
    for refused in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "https://app.example.evil.example/",
        "https://app.example@evil.example/",
        "https://evil.example\\@app.example/",
        "https://app.example:444/",
        "http://app.example/",
        "https://APP.example.evil.example",
        "https://vestibule.test/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example/\r\nSet-Cookie: a=b",
        "https://app.exa\tmple.evil.example/",
        " https://evil.example",
    ] {
        browser.begin_social_with(GOOGLE, refused).await.assert_error(400, "INVALID_REDIRECT_URI");
    }
}

/// The provider's response cannot change it.
#[tokio::test]
async fn redirect_uri_of_the_callback_is_ignored() {
    let setup = setup().await;
    let callback = setup.begin().await.with("redirect_uri", "https://evil.example/");
    let response = setup.browser.come_back(&callback).await;
    assert!(!response.text.contains("evil.example"), "{}", response.text);
    assert_eq!(response.body["data"]["redirect_uri"], RETURN_TO);
}

/// A navigation that a client of the API began goes on to the client, which finishes by a call of its own.
#[tokio::test]
async fn navigation_is_forwarded_to_the_client_that_began() {
    let mut setup = setup().await;
    let callback = setup.begin().await;
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    setup.browser.headers.insert("accept", accept.parse().unwrap());
    let location = setup.browser.get(&callback.target()).await.assert_redirect("http://vestibule.test/welcome?");
    let location = url::Url::parse(&location).unwrap();
    let query: std::collections::HashMap<_, _> = location.query_pairs().into_owned().collect();
    assert_eq!((query["from"].as_str(), query["code"].as_str()), ("provider", callback.get("code")));
    assert_eq!((query["state"].as_str(), query["iss"].as_str()), (callback.get("state"), callback.get("iss")));
    setup.assert_untouched();
    setup.browser.headers.remove("accept");
    signed_in_as(setup.browser.come_back(&callback).await, ADA);

    // Nothing is forwarded for another browser, or with a state that is not ours.
    let callback = setup.begin().await;
    let mut other = setup.app.anonymous();
    other.begin_social(GOOGLE).await;
    other.headers.insert("accept", accept.parse().unwrap());
    for target in [callback.target(), callback.with("state", "a.b.c").target()] {
        let refused = other.get(&target).await;
        assert!(refused.status == 400 && !refused.headers.contains_key("location"), "{}", refused.text);
        assert_eq!(refused.body, Value::Null, "a page");
    }
}
