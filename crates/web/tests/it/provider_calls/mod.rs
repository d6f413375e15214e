//! The calls of social and enterprise sign-in, as far as they go without a provider: what they refuse, where browsers are
//! sent, and how a browser comes back to a page, to a client and by a POST of another site. GitHub has no discovery
//! document, so a sign-in begins without a request to it.

mod connections;

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};
use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::settings::{ClientCredential, Secret, Settings, Social, SocialProvider};

use crate::harness::{TestApp, TestClient, text};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const FORM: &str = "application/x-www-form-urlencoded";
const CLIENT_PAGE: &str = "https://app.example.com/sso?from=test";

/// Lets people sign in with GitHub, for clients at `app.example.com`.
pub(crate) fn allow_github(settings: &mut Settings) {
    settings.allowed_origins = vec!["https://app.example.com".to_owned()];
    settings.social = Social {
        providers: vec![SocialProvider {
            id: "github_oauth".parse().unwrap(),
            kind: ProviderKind::GitHub,
            name: "GitHub".to_owned(),
            url: "https://github.com".to_owned(),
            client_id: "Iv1.8a61f9b3a7aba766".to_owned(),
            credential: ClientCredential::Secret(Secret::new("open-secret-of-github".to_owned())),
            scopes: vec!["read:user".to_owned(), "user:email".to_owned()],
            allows_sign_up: true,
            keeps_tokens: false,
            allowed_tenants: Vec::new(),
        }],
    };
}

/// The client's own requests, and those of the same browser that navigates.
fn navigating(client: &TestClient) -> TestClient {
    let mut browser = client.app.client_with_cookie(client.cookie.lock().unwrap().clone());
    browser.headers.insert(header::ACCEPT, BROWSER.parse().unwrap());
    browser
}

fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The parameter of a URL.
fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').unwrap().1.split('#').next().unwrap();
    let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("{url} has no {name}")).1.into_owned()
}

/// Begins a sign-in as a client of the API. Returns the URL of the provider.
async fn begin(client: &TestClient) -> String {
    let begun = client.post("/auth/oauth2/init", &[("provider", "github_oauth"), ("redirect_uri", CLIENT_PAGE)]).await;
    text(&begun.ok()["oauth_url"])
}

#[tokio::test]
async fn a_sign_in_begins_with_a_url_of_the_provider() {
    let app = TestApp::with_settings(allow_github).await;
    let client = app.anonymous();
    let query = encode(&[("provider", "github_oauth"), ("redirect_uri", CLIENT_PAGE)]);
    let begun = client.post(&format!("/auth/oauth2/init?{query}"), &[]).await.ok();
    assert!(client.cookie.lock().unwrap().is_some(), "the browser has a session");
    assert_ne!(begun["session"]["id"], "0");
    let url = text(&begun["oauth_url"]);
    assert!(url.starts_with("https://github.com/login/oauth/authorize?"), "{url}");
    assert_eq!(parameter(&url, "redirect_uri"), "http://vestibule.test/auth/oauth2/callback");
    assert_eq!(parameter(&url, "client_id"), "Iv1.8a61f9b3a7aba766");
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
    assert_eq!(parameter(&url, "state").split('.').count(), 3, "as clients of the Frontend API read it");
    let again = begin(&client).await;
    assert_ne!(parameter(&again, "state"), parameter(&url, "state"));
    assert_ne!(parameter(&again, "code_challenge"), parameter(&url, "code_challenge"));
}

#[tokio::test]
async fn a_sign_in_needs_a_configured_provider_and_an_allowed_page() {
    let app = TestApp::with_settings(allow_github).await;
    let (client, ada) = (app.anonymous(), app.create_user("ada@example.com").await);
    let before = app.row_counts();
    for (fields, code) in [
        (vec![("redirect_uri", CLIENT_PAGE)], "PROVIDER_REQUIRED"),
        (vec![("provider", ""), ("redirect_uri", CLIENT_PAGE)], "PROVIDER_REQUIRED"),
        (vec![("provider", "google_oauth"), ("redirect_uri", CLIENT_PAGE)], "PROVIDER_NOT_CONFIGURED"),
        (vec![("provider", "x_oauth"), ("redirect_uri", CLIENT_PAGE)], "PROVIDER_NOT_CONFIGURED"),
        (vec![("provider", "nonsense"), ("redirect_uri", CLIENT_PAGE)], "PROVIDER_NOT_CONFIGURED"),
        (vec![("provider", "github_oauth")], "REQUIRED_FIELD"),
        (vec![("provider", "github_oauth"), ("redirect_uri", "/organizations")], "INVALID_REDIRECT_URI"),
        (vec![("provider", "github_oauth"), ("redirect_uri", "//app.example.com")], "INVALID_REDIRECT_URI"),
        (vec![("provider", "github_oauth"), ("redirect_uri", "https://evil.example/")], "INVALID_REDIRECT_URI"),
        (
            vec![("provider", "github_oauth"), ("redirect_uri", "https://app.example.com@evil.example")],
            "INVALID_REDIRECT_URI",
        ),
        (vec![("provider", "github_oauth"), ("redirect_uri", "javascript:alert(1)")], "INVALID_REDIRECT_URI"),
    ] {
        for (client, path) in [(&client, "/auth/oauth2/init"), (&ada, "/me/init-sso-connection")] {
            client.post(path, &fields).await.assert_error(400, code);
            client.post(&format!("{path}?{}", encode(&fields)), &[]).await.assert_error(400, code);
        }
    }
    let fields = [("provider", "github_oauth"), ("redirect_uri", CLIENT_PAGE), ("invite_token", "x")];
    client.post("/auth/oauth2/init", &fields).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    client.post("/me/init-sso-connection", &fields[..2]).await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(app.row_counts(), before, "a rejected call changed something");
}

#[tokio::test]
async fn callbacks_refuse_what_nobody_has_begun() {
    let app = TestApp::with_settings(allow_github).await;
    let ada = app.create_user("ada@example.com").await;
    for path in ["/auth/oauth2/callback", "/auth/sso/oidc/callback/7"] {
        for (query, code) in [
            ("", "INVALID_STATE"),
            ("state=x", "CODE_REQUIRED"),
            ("state=x&code=", "CODE_REQUIRED"),
            ("code=x", "INVALID_STATE"),
            ("code=x&state=", "INVALID_STATE"),
            ("code=x&state=a.b.c", "INVALID_STATE"),
            ("error=access_denied", "INVALID_STATE"),
            ("error=access_denied&state=a.b.c", "INVALID_STATE"),
            ("handoff=x", "INVALID_STATE"),
            (&format!("handoff={}", "A".repeat(43)), "INVALID_STATE"),
            ("code=x&code=y&state=z", "INVALID_FIELD"),
        ] {
            ada.get(&format!("{path}?{query}")).await.assert_error(400, code);
        }
        for (form, code) in
            [("", "INVALID_STATE"), ("code=x&state=a.b.c", "INVALID_STATE"), ("state=%zz", "BAD_REQUEST_BODY")]
        {
            let response = ada.send(Method::POST, path, Some(FORM), Body::from(form)).await;
            response.assert_error(400, code);
        }
        let page = navigating(&ada).get(&format!("{path}?code=x&state=a.b.c")).await;
        assert_eq!((page.status, page.body), (400, Value::Null), "a page");
        assert!(page.headers.get_all(header::VARY).iter().any(|value| value.to_str().unwrap().contains("accept")));
    }
    ada.post("/me/sso-connection-callback?state=x", &[]).await.assert_error(400, "CODE_REQUIRED");
    ada.post("/me/sso-connection-callback?code=x&state=a.b.c", &[]).await.assert_error(400, "INVALID_STATE");
}

/// A browser comes back to this server by a navigation. The client finishes by a call.
#[tokio::test]
async fn browsers_of_clients_are_sent_on_with_what_the_provider_has_sent() {
    let app = TestApp::with_settings(allow_github).await;
    let client = app.anonymous();
    let state = parameter(&begin(&client).await, "state");
    let query =
        encode(&[("code", "4/x y"), ("state", &state), ("iss", "https://github.com/login/oauth"), ("scope", "z")]);
    let location = navigating(&client).get(&format!("/auth/oauth2/callback?{query}")).await;
    let location = location.assert_redirect("https://app.example.com/sso?from=test&");
    assert_eq!(parameter(&location, "code"), "4/x y");
    assert_eq!(parameter(&location, "state"), state);
    assert_eq!(parameter(&location, "iss"), "https://github.com/login/oauth");
    assert!(!location.contains("scope"), "{location}");
    // An attacker sends a victim to the provider with a request of their own, and needs the victim's code to finish it.
    let victim = app.anonymous();
    begin(&victim).await;
    for browser in [navigating(&victim), navigating(&app.anonymous())] {
        let page = browser.get(&format!("/auth/oauth2/callback?{query}")).await;
        assert!(!page.headers.contains_key(header::LOCATION), "{:?}", page.headers);
        assert!(!page.text.contains("app.example.com"), "{}", page.text);
        assert_eq!((page.status, page.body), (400, Value::Null), "a page");
    }
    let query = encode(&[("error", "access_denied"), ("error_description", "<b>"), ("state", &state)]);
    let location =
        navigating(&client).get(&format!("/auth/oauth2/callback?{query}")).await.assert_redirect("https://app.");
    assert_eq!(parameter(&location, "error"), "access_denied");
    assert!(!location.contains("description") && !location.contains("code="), "{location}");
}

#[tokio::test]
async fn a_state_works_once_in_the_session_that_has_begun() {
    let app = TestApp::with_settings(allow_github).await;
    let (client, other) = (app.anonymous(), app.anonymous());
    let state = parameter(&begin(&client).await, "state");
    begin(&other).await;
    let path = format!("/auth/oauth2/callback?{}", encode(&[("error", "access_denied"), ("state", &state)]));
    other.get(&path).await.assert_error(400, "INVALID_STATE");
    app.anonymous().get(&path).await.assert_error(400, "INVALID_STATE");
    let link = format!("/me/sso-connection-callback?{}", encode(&[("error", "access_denied"), ("state", &state)]));
    client.post(&link, &[]).await.assert_error(400, "INVALID_STATE");
    client.get(&path).await.assert_error(400, "PROVIDER_DENIED");
    client.get(&path).await.assert_error(400, "INVALID_STATE");
}

/// Apple posts its response, from another site and without the session cookie.
#[tokio::test]
async fn a_posted_response_comes_back_by_a_redirect() {
    let app = TestApp::with_settings(allow_github).await;
    let client = app.anonymous();
    let state = parameter(&begin(&client).await, "state");
    let mut provider = app.anonymous();
    provider.headers.insert(header::ORIGIN, "https://appleid.apple.com".parse().unwrap());
    provider.headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    let form = encode(&[("code", "secret-code-of-apple"), ("state", &state), ("user", "{\"name\": {}}")]);
    let response = provider.send(Method::POST, "/auth/oauth2/callback", Some(FORM), Body::from(form)).await;
    let location = response.assert_redirect("/auth/oauth2/callback?handoff=");
    assert!(!location.contains("secret-code-of-apple") && !location.contains("state"), "{location}");
    let forwarded = navigating(&client).get(&location).await.assert_redirect("https://app.example.com/sso?from=test&");
    assert_eq!(parameter(&forwarded, "code"), "secret-code-of-apple");
    navigating(&client).get(&location).await.assert_page(400, "<h1>");

    // No other path takes what another site posts.
    for path in ["/auth/oauth2/init", "/auth/sso/login", "/auth/sso/callback", "/auth/complete-profile"] {
        let response = provider.send(Method::POST, path, Some(FORM), Body::from("x=y")).await;
        response.assert_error(403, "CROSS_SITE_REQUEST");
    }
}

#[tokio::test]
async fn saml_is_refused_with_a_code() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    client.get("/auth/sso/metadata").await.assert_error(400, "PROTOCOL_NOT_SUPPORTED");
    let fields = [("SAMLResponse", "x"), ("RelayState", "y")];
    client.post("/auth/sso/callback", &fields).await.assert_error(400, "PROTOCOL_NOT_SUPPORTED");
}

#[tokio::test]
async fn providers_are_listed_without_their_secrets() {
    let app = TestApp::with_settings(allow_github).await;
    let deployment = app.anonymous().get("/deployment").await;
    assert!(
        !deployment.text.contains("open-secret-of-github") && !deployment.text.contains("Iv1."),
        "{}",
        deployment.text
    );
    let deployment = deployment.ok();
    let listed = &deployment["social_connections"][0];
    assert_eq!((&listed["provider"], &listed["name"]), (&json!("github_oauth"), &json!("GitHub")));
    assert_eq!((&listed["enabled"], &listed["user_defined_scopes"]), (&json!(true), &Value::Null));
    assert_eq!(listed["deployment_id"], deployment["id"]);
    assert_eq!(deployment["b2b_settings"]["enterprise_sso_enabled"], true);
    let ada = app.create_user("ada@example.com").await;
    assert_eq!(ada.get("/me").await.ok()["social_connections"], json!([]));
    ada.post("/me/social-connections/1/disconnect", &[]).await.assert_error(404, "SOCIAL_CONNECTION_NOT_FOUND");
    ada.post("/me/social-connections/x/disconnect", &[]).await.assert_error(400, "INVALID_ID");
    let connect = "/me/social-connections/pending/1/connect";
    ada.post(connect, &[]).await.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
    app.anonymous().post(connect, &[]).await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn profiles_need_an_attempt_of_the_session() {
    let app = TestApp::with_settings(allow_github).await;
    let client = app.anonymous();
    for (path, fields, code) in [
        ("/auth/complete-profile", vec![], "BAD_SIGN_IN_ATTEMPT"),
        ("/auth/complete-profile?attempt_id=x", vec![], "INVALID_ID"),
        ("/auth/complete-profile?attempt_id=1", vec![("email", "ada@example.com")], "BAD_SIGN_IN_ATTEMPT"),
        ("/auth/complete-profile?attempt_id=1", vec![("email", "ada")], "INVALID_EMAIL"),
        ("/auth/complete-profile?attempt_id=1", vec![("username", "a b")], "INVALID_USERNAME"),
    ] {
        client.post(path, &fields).await.assert_error(400, code);
    }
    assert!(app.mails().is_empty());
}
