//! The operator's application (`app.url`): how clients learn of it, and how the pages lead into it.

use axum::http::{HeaderValue, Method, header};
use serde_json::json;
use vestibule_core::settings::{PageUrl, PublicUrl, Settings};

use crate::harness::{PASSWORD, TestApp, TestClient, TestResponse, text};

const APP: &str = "https://app.example.com";
const HOME: &str = "https://app.example.com/home";

fn set_application(settings: &mut Settings) {
    let page = |path: &str| PageUrl::parse_with_base(path, PageUrl::parse(APP).as_ref());
    settings.app.url = PageUrl::parse_base(APP);
    settings.app.after_sign_in_url = page("/home");
    settings.app.after_sign_up_url = page("/welcome");
    settings.app.after_sign_out_url = page("https://www.example.com/bye");
    settings.app.after_logo_click_url = page(APP);
    "Berg & Co".clone_into(&mut settings.name);
}

async fn app() -> TestApp {
    TestApp::with_settings(set_application).await
}

fn sign_in_fields(return_to: &str) -> [(&str, &str); 3] {
    [("identifier", "ada@example.com"), ("password", PASSWORD), ("return_to", return_to)]
}

#[tokio::test]
async fn clients_learn_the_pages_of_the_application() {
    let deployment = app().await.anonymous().get("/deployment").await.ok();
    assert_eq!(
        (&deployment["backend_host"], &deployment["frontend_host"]),
        (&json!("vestibule.test"), &json!("app.example.com"))
    );
    let ui = &deployment["ui_settings"];
    for (field, url) in [
        ("after_signin_redirect_url", HOME),
        ("after_signup_redirect_url", "https://app.example.com/welcome"),
        ("after_sign_out_all_page_url", "https://www.example.com/bye"),
        ("after_logo_click_url", APP),
        ("sign_in_page_url", "http://vestibule.test/sign-in"),
        ("waitlist_page_url", ""),
    ] {
        assert_eq!(ui[field], url, "{field}");
    }
    let own_pages = TestApp::with_settings(|settings| {
        settings.app.url = PageUrl::parse_base("http://localhost:3000/app");
        let base = settings.app.url.as_ref();
        let fields = [
            (&mut settings.app.sign_in_page_url, "sign-in"),
            (&mut settings.app.sign_up_page_url, "sign-up"),
            (&mut settings.app.waitlist_page_url, "waitlist"),
            (&mut settings.app.user_profile_url, "account"),
            (&mut settings.app.organization_profile_url, "organization"),
            (&mut settings.app.create_organization_url, "new"),
            (&mut settings.app.after_sign_out_one_url, "accounts"),
            (&mut settings.app.after_create_organization_url, "setup"),
            (&mut settings.app.support_page_url, "help"),
            (&mut settings.app.privacy_policy_url, "privacy"),
            (&mut settings.app.terms_url, "terms"),
        ];
        for (field, path) in fields {
            *field = PageUrl::parse_with_base(path, base);
        }
    });
    let deployment = own_pages.await.anonymous().get("/deployment").await.ok();
    assert_eq!(deployment["frontend_host"], "localhost:3000");
    for (field, path) in [
        ("sign_in_page_url", "sign-in"),
        ("sign_up_page_url", "sign-up"),
        ("waitlist_page_url", "waitlist"),
        ("user_profile_url", "account"),
        ("organization_profile_url", "organization"),
        ("create_organization_url", "new"),
        ("after_sign_out_one_page_url", "accounts"),
        ("after_create_organization_redirect_url", "setup"),
        ("support_page_url", "help"),
        ("privacy_policy_url", "privacy"),
        ("tos_page_url", "terms"),
    ] {
        assert_eq!(deployment["ui_settings"][field], format!("http://localhost:3000/app/{path}"));
    }
    let without = TestApp::start().await.anonymous().get("/deployment").await.ok();
    assert_eq!(without["frontend_host"], "vestibule.test");
    assert_eq!(without["ui_settings"]["after_signin_redirect_url"], "");
}

#[tokio::test]
async fn pages_lead_into_the_application_after_sign_in_sign_up_and_sign_out() {
    let app = app().await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("first_name", "Ada")];
    let browser = app.anonymous();
    assert_eq!(browser.post("/sign-up", &fields).await.assert_redirect(APP), "https://app.example.com/welcome");
    let signed_out = browser.post("/sign-out", &[]).await;
    assert!(signed_out.headers.contains_key("clear-site-data"));
    assert_eq!(signed_out.assert_redirect("https"), "https://www.example.com/bye");
    assert_eq!(browser.post("/sign-in", &sign_in_fields("")).await.assert_redirect(APP), HOME);
    // A return URL takes precedence, also one of the application; a forbidden one does not.
    for (return_to, target) in [
        ("/account", "/account"),
        ("https://app.example.com/deep?x=1", "https://app.example.com/deep?x=1"),
        ("https://www.example.com/", HOME),
        ("https://evil.example", HOME),
    ] {
        let location = app.anonymous().post("/sign-in", &sign_in_fields(return_to)).await.assert_redirect("");
        assert_eq!(location, target);
    }
    // The browser follows a redirect after a form only to the targets of this policy.
    let page = browser.get("/sign-in").await;
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' https://app.example.com https://www.example.com;"), "{policy}");
    let page = page.assert_page(200, "<h1>");
    assert!(page.contains(r#"<a class="brand" href="https://app.example.com">Berg &#38; Co</a>"#), "{page}");
}

#[tokio::test]
async fn sign_in_by_code_and_link_leads_into_the_application() {
    let app = app().await;
    let owner = app.create_user("ada@example.com").await;
    app.verify_all_addresses();
    drop(owner);
    for method in ["email_otp", "magic_link"] {
        let browser = app.anonymous();
        let location = browser.post("/sign-in/mail", &[("email", "ada@example.com"), ("method", method)]).await;
        let location = location.assert_redirect("/sign-in/code");
        let target = if method == "email_otp" {
            let attempt = location.split_once("attempt=").unwrap().1.split('&').next().unwrap().to_owned();
            let code = app.mailed_code("ada@example.com");
            browser.post("/sign-in/code", &[("attempt", &attempt), ("code", &code)]).await
        } else {
            app.drain().await;
            let mail = app.mail("ada@example.com");
            let token = mail.text.split_once("#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
            app.inner.secret_scan.add_secret(&token);
            browser.post("/sign-in/link", &[("token", &token)]).await
        };
        assert_eq!(target.assert_redirect("https"), HOME, "{method}");
    }
}

#[tokio::test]
async fn password_reset_leads_into_the_application() {
    for (app, target) in [(app().await, HOME), (TestApp::start().await, "/organizations")] {
        app.create_user("ada@example.com").await;
        app.verify_all_addresses();
        let browser = app.anonymous();
        browser.post("/reset", &[("email", "ada@example.com")]).await.assert_redirect("/reset/code");
        let fields = [("email", "ada@example.com"), ("code", &app.mailed_code("ada@example.com"))];
        let page = browser.post("/reset/code", &fields).await.assert_page(200, "action=\"/reset/password\"");
        // `fetch` could not follow the redirect to another origin.
        assert!(!page.contains("data-ajax"), "{page}");
        let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap();
        let fields = [("token", token), ("password", "four random words here")];
        assert_eq!(browser.post("/reset/password", &fields).await.assert_redirect(""), target);
    }
}

/// Invites an address and returns a browser in which its invitation is open.
async fn invited(app: &TestApp, owner: &TestClient, organization: &str, email: &str) -> TestClient {
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", email)]).await.ok();
    let browser = app.anonymous();
    browser.post("/invite", &[("token", &app.mailed_token(email))]).await.assert_redirect("/invite");
    browser
}

#[tokio::test]
async fn accepted_invitation_leads_into_the_application() {
    let app = app().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let browser = invited(&app, &owner, &organization, "nina@example.com").await;
    let fields = [("first_name", "Nina"), ("password", PASSWORD)];
    let joined = browser.post("/invite/sign-up", &fields).await.assert_redirect("/organizations/");
    let link = format!(r#"<a class="button" href="{HOME}">Continue to Berg &#38; Co</a>"#);
    let joined = browser.get(&joined).await.assert_redirect("/organizations/");
    browser.get(&joined).await.assert_page(200, &link);
    let later = browser.get(&joined).await.assert_page(200, "<h1>");
    assert!(!later.contains(HOME), "only once: {later}");

    let without = TestApp::start().await;
    let (owner, organization) = without.create_organization("olga@example.com").await;
    let browser = invited(&without, &owner, &organization, "nina@example.com").await;
    let joined = browser.post("/invite/sign-up", &fields).await.assert_redirect("/organizations/");
    let joined = browser.get(&joined).await.assert_redirect("/organizations/");
    let page = browser.get(&joined).await.assert_page(200, "Welcome! You joined the organization.");
    assert!(!page.contains("Continue to"), "{page}");
}

#[tokio::test]
async fn accepted_invitation_that_is_opened_again_leads_into_the_application() {
    let app = app().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let browser = invited(&app, &owner, &organization, "nina@example.com").await;
    let fields = [("first_name", "Nina"), ("password", PASSWORD)];
    browser.post("/invite/sign-up", &fields).await.assert_redirect("/organizations/");
    browser.post("/invite", &[("token", &app.mailed_token("nina@example.com"))]).await.assert_redirect("/invite");
    browser.get("/invite").await.assert_page(200, &format!(r#"href="{HOME}">Continue to"#));
}

#[tokio::test]
async fn origin_of_the_application_may_call_with_cookies() {
    let app = app().await;
    let ada = app.create_user("ada@example.com").await;
    for (origin, allowed) in [
        (APP, true),
        ("https://app.example.com:8443", false),
        ("https://app.example.com.evil.example", false),
        ("http://app.example.com", false),
        ("https://www.example.com", false),
    ] {
        let mut client = app.client_with_cookie(ada.cookie.lock().unwrap().clone());
        client.headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        let response = client.post("/organizations", &[("name", "Acme")]).await;
        let named = response.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned();
        assert_eq!(named, allowed.then(|| HeaderValue::from_static(origin)), "{origin}");
        if allowed {
            text(&response.ok()["organization"]["id"]);
        } else {
            response.assert_error(403, "CROSS_SITE_REQUEST");
        }
        client.headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        let preflight = client.send(Method::OPTIONS, "/me", None, axum::body::Body::empty()).await;
        assert_eq!(preflight.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{origin}");
    }
}

/// `redirect_uri` is the name of `return_to` in clients of the Frontend API.
#[tokio::test]
async fn redirect_uri_leads_back_to_the_application_only() {
    let app = app().await;
    app.create_user("ada@example.com").await;
    for page in ["/sign-in", "/sign-up", "/choose-organization"] {
        let browser = app.anonymous();
        if page == "/choose-organization" {
            browser.post("/sign-in", &sign_in_fields("")).await.assert_redirect("https");
            browser.post("/organizations", &[("name", "Acme")]).await.ok();
        }
        let wanted = r#"name="return_to" value="https://app.example.com/deep?x=1""#;
        let encoded = "https%3A%2F%2Fapp.example.com%2Fdeep%3Fx%3D1";
        browser.get(&format!("{page}?redirect_uri={encoded}")).await.assert_page(200, wanted);
        browser.get(&format!("{page}?return_to={encoded}&redirect_uri=/x")).await.assert_page(200, wanted);
    }
    let sneaky = [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " https://evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "https:\\\\evil.example",
        "https://evil.example",
        "https://app.example.com.evil",
        "https://app.example.com@evil.example",
        "https://app.example.com:443@evil.example",
        "https://app.example.com\\@evil.example",
        "https://app.example.com%2eevil.example",
        "https://app.example.com%00.evil.example",
        "https://app.example.com.",
        "https://app.example.com:8443/",
        "https://app.example.com:",
        "https://xapp.example.com",
        "https://example.com",
        "http://app.example.com/",
        "https://evil.example?https://app.example.com",
        "https://evil.example#https://app.example.com",
        "https://\u{ff41}pp.example.com",
        "https://app\u{3002}example\u{3002}com",
        "https://app.example.com/\u{e9}",
        "javascript:alert(1)",
        "javascript://app.example.com/%0aalert(1)",
        "data:text/html,x",
    ];
    for url in sneaky {
        let location = app.anonymous().post("/sign-in", &sign_in_fields(url)).await.assert_redirect("");
        assert_eq!(location, HOME, "{url:?}");
    }
}

fn cookie_settings(settings: &mut Settings) {
    settings.public_url = PublicUrl::parse("https://join.example.com").unwrap();
    settings.session_cookie.name = Some("__Secure-sid".to_owned());
    settings.session_cookie.domain = Some("example.com".to_owned());
}

fn set_cookies(response: &TestResponse) -> Vec<&str> {
    response.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
}

/// A server on app.example.com sees the cookie too.
#[tokio::test]
async fn session_cookie_has_the_name_and_domain_of_the_settings() {
    let app = TestApp::with_settings(cookie_settings).await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("first_name", "Ada")];
    for path in ["/auth/signup", "/sign-in"] {
        let sign_in = if path == "/sign-in" { &sign_in_fields("") } else { &fields };
        let signed_in = app.anonymous().post(path, sign_in).await;
        let cookies = set_cookies(&signed_in);
        assert!(cookies[0].starts_with("__Secure-sid=; ") && !cookies[0].contains("Domain"), "{cookies:?}");
        assert!(cookies[1].ends_with("; Secure; Domain=example.com") && cookies.len() == 2, "{cookies:?}");
        let token = cookies[1].split(['=', ';']).nth(1).unwrap();
        let mut browser = app.client_with_cookie(None);
        browser.headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        for (cookie, status) in [(format!("__Secure-sid={token}"), 200), (format!("session_id={token}"), 401)] {
            browser.headers.insert(header::COOKIE, cookie.parse().unwrap());
            assert_eq!(browser.get("/me").await.status, status, "{path} {cookie}");
        }
    }
}

#[tokio::test]
async fn sign_out_deletes_cookies_of_earlier_settings() {
    let app = TestApp::with_settings(cookie_settings).await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("first_name", "Ada")];
    let token = |response: &TestResponse| set_cookies(response)[1].split(['=', ';']).nth(1).unwrap().to_owned();
    let mut tokens = vec![token(&app.anonymous().post("/auth/signup", &fields).await)];
    for _ in 0..2 {
        tokens.push(token(&app.anonymous().post("/sign-in", &sign_in_fields("")).await));
    }
    let old = "E".repeat(43);
    for (path, token) in ["/session/sign-out", "/sign-out", "/account/delete"].iter().zip(&tokens) {
        let mut browser = app.client_with_cookie(None);
        let cookies = format!("__Secure-sid={token}; __Host-session_id={old}; session_id={old}; __session=e30.e30.x");
        browser.headers.insert(header::COOKIE, cookies.parse().unwrap());
        browser.headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        let fields = [("present", PASSWORD)];
        let response = browser.post(path, if *path == "/account/delete" { &fields } else { &[] }).await;
        let cookies = set_cookies(&response).into_iter().filter(|cookie| !cookie.starts_with("__Host-flash="));
        assert_eq!(
            cookies.collect::<Vec<_>>(),
            [
                "__Host-session_id=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure",
                "session_id=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
            ],
            "{path}"
        );
    }
}
