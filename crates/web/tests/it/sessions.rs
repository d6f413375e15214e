//! Sessions and sign-in with a password: cookies, several sign-ins in one session, expiry, rate limits.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use serde_json::{Value, json};
use vestibule_core::settings::{Mode, PublicUrl};

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, text};

const SIGN_IN: &str = "/auth/signin";

async fn sign_in(client: &TestClient, email: &str) -> Value {
    client.post(SIGN_IN, &[("strategy", "plain_email"), ("email", email), ("password", PASSWORD)]).await.ok()
}

fn cookie(client: &TestClient) -> String {
    client.cookie.lock().unwrap().clone().unwrap()
}

#[tokio::test]
async fn anonymous_session_is_not_stored() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    let session = anonymous.get_and_check_cache("/session").await.ok();
    assert_eq!((&session["id"], &session["signins"]), (&json!("0"), &json!([])));
    assert_eq!(session["active_signin"], Value::Null);
    assert_eq!(anonymous.get("/nope").await.body["session"], Value::Null);
    anonymous
        .post(SIGN_IN, &[("email", "nobody@example.com"), ("password", "wrong-password")])
        .await
        .assert_error(401, "INVALID_CREDENTIALS");
    anonymous.post("/session/sign-out", &[]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions"), 0);
    assert!(anonymous.cookie.lock().unwrap().is_none());
}

#[tokio::test]
async fn session_cookie_has_security_attributes() {
    for (url, include_subdomains, start, end, hsts) in [
        ("http://vestibule.test", true, "session_id=", "", None),
        ("https://vestibule.test", false, "__Host-session_id=", "; Secure", Some("max-age=31536000")),
        ("https://vestibule.test", true, "__Host-session_id=", "; Secure", Some("max-age=31536000; includeSubDomains")),
    ] {
        let app = TestApp::with_settings(|settings| {
            settings.public_url = PublicUrl::parse(url).unwrap();
            settings.hsts.include_subdomains = include_subdomains;
        })
        .await;
        let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
        let response = app.anonymous().post("/auth/signup", &fields).await;
        let [set] = response.headers.get_all(header::SET_COOKIE).iter().collect::<Vec<_>>()[..] else {
            panic!("one cookie")
        };
        let (value, attributes) = set.to_str().unwrap().strip_prefix(start).unwrap().split_once("; ").unwrap();
        assert_eq!(value.len(), 43);
        assert_eq!(attributes, format!("Path=/; HttpOnly; SameSite=Lax; Max-Age={}{end}", (DAY * 400).as_secs()));
        assert!(!response.headers.contains_key("x-development-session"));
        // Also on pages, on errors and without a session.
        for path in ["/sign-in", "/nope", "/session", "/docs/", "/health/live", "/.well-known/jwks.json"] {
            let response = app.anonymous().get(path).await;
            let value = response.headers.get(header::STRICT_TRANSPORT_SECURITY).map(|value| value.to_str().unwrap());
            assert_eq!(value, hsts, "{path}");
        }
    }
}

/// A page of a subdomain can set cookies for its parent domain, but none with the prefix `__Host-`.
#[tokio::test]
async fn browser_does_not_use_a_session_planted_by_a_subdomain() {
    let app =
        TestApp::with_settings(|settings| settings.public_url = PublicUrl::parse("https://vestibule.test").unwrap())
            .await;
    let (mallory, ada) = (app.create_user("mallory@example.com").await, app.create_user("ada@example.com").await);
    let (planted, own) = (cookie(&mallory), cookie(&ada));
    let email = async |cookies: &str, sec_fetch_site: Option<&'static str>| {
        let mut browser = app.anonymous();
        browser.headers.insert(header::COOKIE, HeaderValue::from_str(cookies).unwrap());
        if let Some(site) = sec_fetch_site {
            browser.headers.insert("sec-fetch-site", HeaderValue::from_static(site));
        }
        browser.get("/me").await.body["data"]["email"].as_str().map(str::to_owned)
    };
    let expected = Some("ada@example.com".to_owned());
    for site in ["same-origin", "none", "cross-site"] {
        assert_eq!(email(&format!("session_id={planted}"), Some(site)).await, None);
        assert_eq!(email(&format!("__session={planted}"), Some(site)).await, None);
        let both = format!("session_id={planted}; __Host-session_id={own}; __session={planted}");
        assert_eq!(email(&both, Some(site)).await, expected);
    }
    // Clients other than browsers send the name that they know.
    for name in ["__Host-session_id", "session_id", "__session"] {
        assert_eq!(email(&format!("{name}={own}"), None).await, expected, "{name}");
    }
}

#[tokio::test]
async fn foreign_cookie_values_of_the_same_name_are_ignored() {
    let app = TestApp::start().await;
    let own = cookie(&app.create_user("ada@example.com").await);
    let other = cookie(&app.create_user("ben@example.com").await);
    for (cookies, status) in [
        (format!("session_id=foreign-42; session_id={own}"), 200),
        (format!("session_id={own}; session_id="), 200),
        (format!("session_id=foreign; __session={own}"), 200),
        (format!("session_id={own}; session_id={own}"), 200),
        (format!("session_id={own}; session_id={other}"), 401),
        // Another application's cookies may look like tokens: of them, one is a session.
        (format!("session_id={}; session_id={own}", fake('A')), 200),
        (format!("session_id={own}; session_id={}; session_id={}", fake('A'), fake('E')), 200),
        (format!("session_id={}; __session={own}", fake('A')), 200),
        (format!("session_id={own}; __session={other}"), 200),
        (format!("session_id={}; session_id={}", fake('A'), fake('E')), 401),
        // The number of candidates has a limit.
        (format!("session_id={0}; {0}", ['A', 'E', 'I', 'M'].map(fake).join("; session_id=")), 401),
        (format!("session_id={own}; session_id={}", ['A', 'E', 'I', 'M'].map(fake).join("; session_id=")), 401),
    ] {
        let mut browser = app.anonymous();
        browser.headers.insert(header::COOKIE, HeaderValue::from_str(&cookies).unwrap());
        assert_eq!(browser.get("/me").await.status, status, "{cookies}");
    }
}

/// A cookie value of another application that has the form of a session token.
fn fake(character: char) -> String {
    character.to_string().repeat(43)
}

#[tokio::test]
async fn sign_in_works_beside_a_foreign_cookie_that_looks_like_a_token() {
    let app = TestApp::start().await;
    app.create_user("ada@example.com").await;
    let fields = [("identifier", "ada@example.com"), ("password", PASSWORD)];
    for own_is_first in [false, true] {
        // The header replaces the cookie of the test client, so it has both cookies after the sign-in, as a browser sends.
        let mut browser = app.anonymous();
        let foreign = format!("session_id={}", fake('A'));
        browser.headers.insert(header::COOKIE, HeaderValue::from_str(&foreign).unwrap());
        browser.post("/sign-in", &fields).await.assert_redirect("/organizations");
        let own = format!("session_id={}", cookie(&browser));
        let both = if own_is_first { format!("{own}; {foreign}") } else { format!("{foreign}; {own}") };
        browser.headers.insert(header::COOKIE, HeaderValue::from_str(&both).unwrap());
        browser.get("/organizations").await.assert_page(200, "Organizations");
        assert_eq!(browser.get("/me").await.ok()["email"], "ada@example.com");
        browser.post("/session/sign-out", &[]).await.ok();
        browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn sign_out_clears_what_the_browser_has_stored() {
    let app = TestApp::start().await;
    let cleared = |response: &crate::harness::TestResponse| {
        response.headers.get("clear-site-data").map(|value| value.to_str().unwrap().to_owned())
    };
    let expected = Some("\"cache\", \"storage\"".to_owned());
    for end in ["/session/sign-out", "/sign-out"] {
        let browser = app.create_user(&format!("ada-{}@example.com", end.len())).await;
        assert_eq!(cleared(&browser.post(end, &[]).await), expected, "{end}");
        browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    let browser = app.create_user("ben@example.com").await;
    let other = app.anonymous();
    sign_in(&other, "ben@example.com").await;
    let sign_ins = other.get("/me/signins").await.ok();
    let id = |current: bool| {
        text(&sign_ins.as_array().unwrap().iter().find(|sign_in| sign_in["current"] == current).unwrap()["id"])
    };
    // Ending another browser's sign-in leaves this browser alone; a failed sign-out too.
    assert_eq!(cleared(&other.post(&format!("/me/signins/{}/signout", id(false)), &[]).await), None);
    assert_eq!(cleared(&other.post("/session/sign-out", &[("sign_in_id", "1")]).await), None);
    assert_eq!(cleared(&other.get("/session").await), None);
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(cleared(&other.post(&format!("/me/signins/{}/signout", id(true)), &[]).await), expected);
    let kim = app.create_user("kim@example.com").await;
    assert_eq!(cleared(&kim.post("/me/account/delete", &[("password", "wrong-password")]).await), None);
    assert_eq!(cleared(&kim.post("/me/account/delete", &[("password", PASSWORD)]).await), expected);
}

#[tokio::test]
async fn sign_in_rotates_session_token() {
    let app = TestApp::start().await;
    let browser = app.create_user("ada@example.com").await;
    app.create_user("ben@example.com").await;
    let old_token = cookie(&browser);
    let before = browser.get_and_check_cache("/session").await.ok()["id"].clone();
    sign_in(&browser, "ben@example.com").await;
    assert_ne!(cookie(&browser), old_token);
    assert_eq!(browser.get_and_check_cache("/session").await.ok()["id"], before, "it is the same session");
    app.client_with_cookie(Some(old_token)).get("/me").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn session_has_multiple_sign_ins_and_one_active() {
    let app = TestApp::start().await;
    let browser = app.create_user("ada@example.com").await;
    app.create_user("ben@example.com").await;
    let ada_sign_in = text(&browser.get_and_check_cache("/session").await.ok()["active_signin_id"]);
    let session = sign_in(&browser, "BEN@example.com").await;
    assert_eq!(session["signins"].as_array().unwrap().len(), 2);
    assert_eq!(browser.get("/me").await.ok()["email"], "ben@example.com");
    let same_account = [("email", "ben@example.com"), ("password", PASSWORD)];
    browser.post(SIGN_IN, &same_account).await.assert_error(400, "USER_ALREADY_SIGNED_IN");

    browser.post(&format!("/session/switch-sign-in?sign_in_id={ada_sign_in}"), &[]).await.ok();
    assert_eq!(browser.get("/me").await.ok()["email"], "ada@example.com");
    let other = app.create_user("otto@example.com").await;
    other.post("/session/switch-sign-in", &[("sign_in_id", &ada_sign_in)]).await.assert_error(400, "SIGN_IN_NOT_FOUND");
    other.post("/session/sign-out", &[("sign_in_id", &ada_sign_in)]).await.assert_error(400, "SIGN_IN_NOT_FOUND");
    other.post("/session/switch-sign-in", &[]).await.assert_error(400, "REQUIRED_FIELD");
    app.anonymous()
        .post("/session/switch-sign-in", &[("sign_in_id", &ada_sign_in)])
        .await
        .assert_error(400, "SIGN_IN_NOT_FOUND");

    // Signing out of the active sign-in leaves none active. The other one can be activated.
    let session = browser.post("/session/sign-out", &[("sign_in_id", &ada_sign_in)]).await.ok();
    assert_eq!((&session["active_signin"], session["signins"].as_array().unwrap().len()), (&Value::Null, 1));
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let ben_sign_in = text(&session["signins"][0]["id"]);
    browser.post("/session/switch-sign-in", &[("sign_in_id", &ben_sign_in)]).await.ok();
    assert_eq!(browser.get("/me").await.ok()["email"], "ben@example.com");
}

#[tokio::test]
async fn sign_out_takes_effect_for_copied_cookie() {
    let app = TestApp::start().await;
    let browser = app.create_user("ada@example.com").await;
    let copy = app.client_with_cookie(Some(cookie(&browser)));
    assert_eq!(copy.get("/me").await.ok()["email"], "ada@example.com");
    let session = browser.post("/session/sign-out", &[]).await.ok();
    assert_eq!(session["signins"], json!([]));
    for client in [&browser, &copy] {
        client.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM sign_ins"), 0);
}

#[tokio::test]
async fn session_expires_after_idle_timeout_and_max_lifetime() {
    let (idle, absolute) = (Duration::from_mins(30), Duration::from_mins(90));
    let app = TestApp::with_settings(|settings| {
        (settings.sessions.idle_timeout, settings.sessions.max_lifetime) = (idle, absolute);
    })
    .await;
    let tick = Duration::from_micros(1);
    let ada = app.create_user("ada@example.com").await;
    app.advance(idle.saturating_sub(tick));
    ada.get("/me").await.ok();
    app.advance(idle.saturating_sub(tick));
    ada.get("/me").await.ok();
    app.advance(idle);
    ada.get("/me").await.assert_error(401, "UNAUTHORIZED");

    let ben = app.create_user("ben@example.com").await;
    for _ in 0..8 {
        app.advance(Duration::from_mins(10));
        ben.get("/me").await.ok();
    }
    app.advance(Duration::from_mins(10).saturating_sub(tick));
    ben.get("/me").await.ok();
    app.advance(tick);
    ben.get("/me").await.assert_error(401, "UNAUTHORIZED");
    assert_eq!(ben.get_and_check_cache("/session").await.ok()["id"], "0");
    sign_in(&ben, "ben@example.com").await;
    ben.get("/me").await.ok();
}

#[tokio::test]
async fn next_sign_in_restores_active_organization() {
    let app = TestApp::start().await;
    let (ada, first) = app.create_organization("ada@example.com").await;
    let second = text(&ada.post("/organizations", &[("name", "Second")]).await.ok()["organization"]["id"]);
    let active =
        |session: &Value| session["active_signin"]["active_organization_membership"]["organization_id"].clone();
    assert_eq!(
        active(&ada.get_and_check_cache("/session").await.ok()),
        second.as_str(),
        "the newest is the active one"
    );
    let switch = "/session/switch-organization";
    assert_eq!(active(&ada.post(&format!("{switch}?organization_id={first}"), &[]).await.ok()), first.as_str());
    let session = ada.post(switch, &[("organization_id", &second)]).await.ok();
    assert_eq!(active(&session), second.as_str());
    assert_eq!(session["active_signin"]["active_organization_membership"]["roles"][0]["name"], "Admin");
    let put = ada.send(Method::PUT, &format!("{switch}?organization_id={first}"), None, Body::empty()).await;
    assert_eq!(active(&put.ok()), first.as_str(), "the legacy method");
    let other_session = app.anonymous();
    assert_eq!(active(&sign_in(&other_session, "ada@example.com").await), first.as_str());
    let (_, foreign) = app.create_organization("otto@example.com").await;
    for id in [foreign.as_str(), "123456789012345678"] {
        ada.post(switch, &[("organization_id", id)]).await.assert_error(400, "NOT_A_MEMBER");
    }
    ada.post(switch, &[("organization_id", "abc")]).await.assert_error(400, "INVALID_ID");
    assert_eq!(ada.post(switch, &[]).await.ok()["active_signin"]["active_organization_membership"], Value::Null);
}

#[tokio::test]
async fn development_session_works_in_staging_only() {
    for (mode, works) in [(Mode::Staging, true), (Mode::Production, false)] {
        let app = TestApp::with_settings(|settings| settings.mode = mode).await;
        let ada = app.create_user("ada@example.com").await;
        let token = cookie(&ada);
        let response = app.anonymous().get(&format!("/me?__dev_session__={token}")).await;
        assert_eq!(response.status == 200, works, "{}", response.text);
        let mut by_header = app.anonymous();
        by_header.headers.insert("x-development-session", HeaderValue::from_str(&token).unwrap());
        assert_eq!(by_header.get("/me").await.status == 200, works);
        let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
        let response = app.anonymous().post(&format!("{SIGN_IN}?__dev_session__="), &fields).await;
        assert_eq!(response.headers.contains_key("x-development-session"), works);
    }
}

#[tokio::test]
async fn disabling_user_takes_effect_at_once() {
    let app = TestApp::start().await;
    let ada = app.create_user("ada@example.com").await;
    assert_eq!(app.execute("UPDATE users SET disabled = 1"), 1);
    ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let fields = |password| [("email", "ada@example.com"), ("password", password)];
    app.anonymous().post(SIGN_IN, &fields(PASSWORD)).await.assert_error(403, "USER_DISABLED");
    app.anonymous().post(SIGN_IN, &fields("wrong-password")).await.assert_error(401, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn failed_sign_in_does_not_reveal_account_existence() {
    let app = TestApp::start().await;
    app.create_user("ada@example.com").await;
    app.create_user("ben@example.com").await;
    let remove_password = "UPDATE users SET password_digest = NULL WHERE id = (SELECT user_id FROM email_addresses WHERE address_key = 'ben@example.com')";
    assert_eq!(app.execute(remove_password), 1);
    let mut responses = Vec::new();
    for email in ["ada@example.com", "ben@example.com", "nobody@example.com"] {
        let response = app.anonymous().post(SIGN_IN, &[("email", email), ("password", "wrong-password")]).await;
        let names: Vec<_> = response.headers.keys().map(ToString::to_string).collect();
        responses.push((response.status, names, response.text));
    }
    assert!(responses.windows(2).all(|pair| pair[0] == pair[1]), "{responses:?}");
    assert_eq!(responses[0].0, 401);
}

#[tokio::test]
async fn signs_in_with_username() {
    let app = TestApp::start().await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("username", "Ada.L")];
    app.anonymous().post("/auth/signup", &fields).await.ok();
    let by_name = |name| [("strategy", "plain_username"), ("username", name), ("password", PASSWORD)];
    let session = app.anonymous().post(SIGN_IN, &by_name("ada.l")).await.ok();
    assert_eq!(session["active_signin"]["user"]["username"], "Ada.L");
    app.anonymous().post(SIGN_IN, &by_name("ada.x")).await.assert_error(401, "INVALID_CREDENTIALS");
    app.anonymous().post(SIGN_IN, &[("username", "ADA.L"), ("password", PASSWORD)]).await.ok();
    for strategy in ["phone_otp", "sso", "passkey", "nonsense"] {
        let fields = [("strategy", strategy), ("email", "ada@example.com"), ("password", PASSWORD)];
        app.anonymous().post(SIGN_IN, &fields).await.assert_error(400, "UNSUPPORTED_STRATEGY");
    }
    let taken = [("email", "ADA@example.com"), ("password", PASSWORD), ("username", "ADA.L")];
    let refused = app.anonymous().post("/auth/signup", &taken).await.assert_error(400, "EMAIL_EXISTS");
    assert_eq!(refused["errors"][1]["code"], "USERNAME_EXISTS", "both errors are reported");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn limits_attempts_per_account_and_per_address() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 3).await;
    app.create_user("ada@example.com").await;
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            app.anonymous()
                .post(SIGN_IN, &[("email", email), ("password", "wrong-password")])
                .await
                .assert_error(401, "INVALID_CREDENTIALS");
        }
        let response = app.anonymous().post(SIGN_IN, &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(response.headers[header::RETRY_AFTER], "900", "the same for known and unknown addresses");
        response.assert_error(429, "TOO_MANY_REQUESTS");
    }
    app.advance(Duration::from_mins(15).saturating_sub(Duration::from_micros(1)));
    app.anonymous()
        .post(SIGN_IN, &[("email", "Ada@example.com"), ("password", PASSWORD)])
        .await
        .assert_error(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_micros(1));
    // A successful sign-in resets the counter.
    for _ in 0..2 {
        for _ in 0..2 {
            app.anonymous()
                .post(SIGN_IN, &[("email", "ada@example.com"), ("password", "wrong-password")])
                .await
                .assert_error(401, "INVALID_CREDENTIALS");
        }
        sign_in(&app.anonymous(), "ada@example.com").await;
    }

    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_address = 4).await;
    for number in 0..4 {
        let email = format!("nobody{number}@example.com");
        app.anonymous()
            .post(SIGN_IN, &[("email", &email), ("password", "wrong-password")])
            .await
            .assert_error(401, "INVALID_CREDENTIALS");
    }
    app.anonymous()
        .post(SIGN_IN, &[("email", "x@example.com"), ("password", "wrong-password")])
        .await
        .assert_error(429, "TOO_MANY_REQUESTS");
    let mut other_session = app.anonymous();
    other_session.headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
    other_session
        .post(SIGN_IN, &[("email", "x@example.com"), ("password", "wrong-password")])
        .await
        .assert_error(429, "TOO_MANY_REQUESTS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counts_concurrent_attempts() {
    let app = TestApp::with_settings(|settings| settings.passwords.attempts_per_account = 5).await;
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            let anonymous = app.anonymous();
            tokio::spawn(async move {
                anonymous.post(SIGN_IN, &[("email", "ada@example.com"), ("password", "wrong-password")]).await.status
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 15, "{statuses:?}");
}

#[tokio::test]
async fn ended_membership_is_no_longer_active() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    nina.post("/session/switch-organization", &[("organization_id", &organization)]).await.ok();
    let leave = || vestibule_core::offboarding::Leave { organization: organization.parse().unwrap() };
    app.run(&nina, leave()).await.unwrap();
    assert_eq!(
        nina.get_and_check_cache("/session").await.ok()["active_signin"]["active_organization_membership_id"],
        Value::Null
    );
    nina.get(&format!("/organizations/{organization}/members")).await.assert_error(403, "FORBIDDEN");
    let refused = app.run(&owner, leave()).await.unwrap_err();
    assert_eq!(refused.code(), vestibule_core::Code::LastAdmin);
    app.advance(DAY);
    assert_eq!(owner.get(&format!("/organizations/{organization}/members")).await.ok()["meta"]["total"], 1);
}
