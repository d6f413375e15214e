//! Sessions and signing in: decisions 1 and 2, and contract A.4 and B.8.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use serde_json::{Value, json};
use vestibule_core::settings::{Mode, PublicUrl};

use crate::harness::{App, Client, DAY, PASSWORD, text};

const SIGN_IN: &str = "/auth/signin";

async fn sign_in(client: &Client, email: &str) -> Value {
    client.post(SIGN_IN, &[("strategy", "plain_email"), ("email", email), ("password", PASSWORD)]).await.ok()
}

fn cookie(client: &Client) -> String {
    client.cookie.lock().unwrap().clone().unwrap()
}

#[tokio::test]
async fn a_visitor_costs_no_write() {
    let app = App::start().await;
    let visitor = app.visitor();
    let session = visitor.get("/session").await.ok();
    assert_eq!((&session["id"], &session["signins"]), (&json!("0"), &json!([])));
    assert_eq!(session["active_signin"], Value::Null);
    assert_eq!(visitor.get("/nope").await.body["session"], Value::Null);
    visitor
        .post(SIGN_IN, &[("email", "nobody@example.com"), ("password", "wrong-password")])
        .await
        .refused(401, "INVALID_CREDENTIALS");
    visitor.post("/session/sign-out", &[]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions"), 0);
    assert!(visitor.cookie.lock().unwrap().is_none());
}

#[tokio::test]
async fn the_cookie_has_its_flags() {
    for (url, secure) in [("http://vestibule.test", false), ("https://vestibule.test", true)] {
        let app = App::with(|settings| settings.public_url = PublicUrl::parse(url).unwrap()).await;
        let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
        let answer = app.visitor().post("/auth/signup", &fields).await;
        let set = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(set.starts_with("session_id=") && set.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age="), "{set}");
        assert_eq!(set.ends_with("; Secure"), secure, "{set}");
        assert_eq!(answer.headers.contains_key(header::STRICT_TRANSPORT_SECURITY), secure);
        assert!(!answer.headers.contains_key("x-development-session"));
    }
}

#[tokio::test]
async fn a_sign_in_gives_the_session_a_new_token_and_kills_the_old_one() {
    let app = App::start().await;
    let browser = app.person("ada@example.com").await;
    app.person("ben@example.com").await;
    let planted = cookie(&browser);
    let before = browser.get("/session").await.ok()["id"].clone();
    sign_in(&browser, "ben@example.com").await;
    assert_ne!(cookie(&browser), planted);
    assert_eq!(browser.get("/session").await.ok()["id"], before, "it is the same session");
    app.with_cookie(Some(planted)).get("/me").await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_session_holds_several_accounts_and_one_acts() {
    let app = App::start().await;
    let browser = app.person("ada@example.com").await;
    app.person("ben@example.com").await;
    let adas = text(&browser.get("/session").await.ok()["active_signin_id"]);
    let session = sign_in(&browser, "BEN@example.com").await;
    assert_eq!(session["signins"].as_array().unwrap().len(), 2);
    assert_eq!(browser.get("/me").await.ok()["email"], "ben@example.com");
    let twice = [("email", "ben@example.com"), ("password", PASSWORD)];
    browser.post(SIGN_IN, &twice).await.refused(400, "USER_ALREADY_SIGNED_IN");

    browser.post(&format!("/session/switch-sign-in?sign_in_id={adas}"), &[]).await.ok();
    assert_eq!(browser.get("/me").await.ok()["email"], "ada@example.com");
    let other = app.person("otto@example.com").await;
    other.post("/session/switch-sign-in", &[("sign_in_id", &adas)]).await.refused(400, "SIGN_IN_NOT_FOUND");
    other.post("/session/sign-out", &[("sign_in_id", &adas)]).await.refused(400, "SIGN_IN_NOT_FOUND");
    other.post("/session/switch-sign-in", &[]).await.refused(400, "REQUIRED_FIELD");
    app.visitor().post("/session/switch-sign-in", &[("sign_in_id", &adas)]).await.refused(400, "SIGN_IN_NOT_FOUND");

    // Signing out of one leaves none active, and the other can be chosen again.
    let session = browser.post("/session/sign-out", &[("sign_in_id", &adas)]).await.ok();
    assert_eq!((&session["active_signin"], session["signins"].as_array().unwrap().len()), (&Value::Null, 1));
    browser.get("/me").await.refused(401, "UNAUTHORIZED");
    let bens = text(&session["signins"][0]["id"]);
    browser.post("/session/switch-sign-in", &[("sign_in_id", &bens)]).await.ok();
    assert_eq!(browser.get("/me").await.ok()["email"], "ben@example.com");
}

#[tokio::test]
async fn signing_out_holds_at_once_wherever_the_cookie_is() {
    let app = App::start().await;
    let browser = app.person("ada@example.com").await;
    let copy = app.with_cookie(Some(cookie(&browser)));
    assert_eq!(copy.get("/me").await.ok()["email"], "ada@example.com");
    let session = browser.post("/session/sign-out", &[]).await.ok();
    assert_eq!(session["signins"], json!([]));
    for client in [&browser, &copy] {
        client.get("/me").await.refused(401, "UNAUTHORIZED");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM sign_ins"), 0);
}

#[tokio::test]
async fn a_session_ends_when_it_lies_idle_and_when_its_time_is_over() {
    let (idle, absolute) = (Duration::from_mins(30), Duration::from_mins(90));
    let app =
        App::with(|settings| (settings.sessions.idle_timeout, settings.sessions.max_lifetime) = (idle, absolute)).await;
    let instant = Duration::from_micros(1);
    let ada = app.person("ada@example.com").await;
    app.advance(idle.saturating_sub(instant));
    ada.get("/me").await.ok();
    app.advance(idle.saturating_sub(instant));
    ada.get("/me").await.ok();
    app.advance(idle);
    ada.get("/me").await.refused(401, "UNAUTHORIZED");

    let ben = app.person("ben@example.com").await;
    for _ in 0..8 {
        app.advance(Duration::from_mins(10));
        ben.get("/me").await.ok();
    }
    app.advance(Duration::from_mins(10).saturating_sub(instant));
    ben.get("/me").await.ok();
    app.advance(instant);
    ben.get("/me").await.refused(401, "UNAUTHORIZED");
    assert_eq!(ben.get("/session").await.ok()["id"], "0");
    sign_in(&ben, "ben@example.com").await;
    ben.get("/me").await.ok();
}

#[tokio::test]
async fn the_active_organization_is_kept_for_the_next_sign_in() {
    let app = App::start().await;
    let (ada, first) = app.founder("ada@example.com").await;
    let second = text(&ada.post("/organizations", &[("name", "Second")]).await.ok()["organization"]["id"]);
    let active =
        |session: &Value| session["active_signin"]["active_organization_membership"]["organization_id"].clone();
    assert_eq!(active(&ada.get("/session").await.ok()), second.as_str(), "the newest is the active one");
    let switch = "/session/switch-organization";
    assert_eq!(active(&ada.post(&format!("{switch}?organization_id={first}"), &[]).await.ok()), first.as_str());
    let session = ada.post(switch, &[("organization_id", &second)]).await.ok();
    assert_eq!(active(&session), second.as_str());
    assert_eq!(session["active_signin"]["active_organization_membership"]["roles"][0]["name"], "Admin");
    let put = ada.send(Method::PUT, &format!("{switch}?organization_id={first}"), None, Body::empty()).await;
    assert_eq!(active(&put.ok()), first.as_str(), "the older verb");
    let elsewhere = app.visitor();
    assert_eq!(active(&sign_in(&elsewhere, "ada@example.com").await), first.as_str());
    let (_, foreign) = app.founder("otto@example.com").await;
    for id in [foreign.as_str(), "123456789012345678"] {
        ada.post(switch, &[("organization_id", id)]).await.refused(400, "NOT_A_MEMBER");
    }
    ada.post(switch, &[("organization_id", "abc")]).await.refused(400, "INVALID_ID");
    assert_eq!(ada.post(switch, &[]).await.ok()["active_signin"]["active_organization_membership"], Value::Null);
}

#[tokio::test]
async fn a_development_session_travels_in_staging_only() {
    for (mode, works) in [(Mode::Staging, true), (Mode::Production, false)] {
        let app = App::with(|settings| settings.mode = mode).await;
        let ada = app.person("ada@example.com").await;
        let token = cookie(&ada);
        let answer = app.visitor().get(&format!("/me?__dev_session__={token}")).await;
        assert_eq!(answer.status == 200, works, "{}", answer.text);
        let mut by_header = app.visitor();
        by_header.headers.insert("x-development-session", HeaderValue::from_str(&token).unwrap());
        assert_eq!(by_header.get("/me").await.status == 200, works);
        let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
        let answer = app.visitor().post(&format!("{SIGN_IN}?__dev_session__="), &fields).await;
        assert_eq!(answer.headers.contains_key("x-development-session"), works);
    }
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once() {
    let app = App::start().await;
    let ada = app.person("ada@example.com").await;
    assert_eq!(app.execute("UPDATE users SET disabled = 1"), 1);
    ada.get("/me").await.refused(401, "UNAUTHORIZED");
    let fields = |password| [("email", "ada@example.com"), ("password", password)];
    app.visitor().post(SIGN_IN, &fields(PASSWORD)).await.refused(403, "USER_DISABLED");
    app.visitor().post(SIGN_IN, &fields("wrong-password")).await.refused(401, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_stranger_learns_nothing_from_a_failed_sign_in() {
    let app = App::start().await;
    app.person("ada@example.com").await;
    app.person("ben@example.com").await;
    let without = "UPDATE users SET password_digest = NULL WHERE id = (SELECT user_id FROM email_addresses WHERE address_key = 'ben@example.com')";
    assert_eq!(app.execute(without), 1);
    let mut answers = Vec::new();
    for email in ["ada@example.com", "ben@example.com", "nobody@example.com"] {
        let answer = app.visitor().post(SIGN_IN, &[("email", email), ("password", "wrong-password")]).await;
        let names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        answers.push((answer.status, names, answer.text));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(answers[0].0, 401);
}

#[tokio::test]
async fn a_user_name_signs_in_too() {
    let app = App::start().await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("username", "Ada.L")];
    app.visitor().post("/auth/signup", &fields).await.ok();
    let by_name = |name| [("strategy", "plain_username"), ("username", name), ("password", PASSWORD)];
    let session = app.visitor().post(SIGN_IN, &by_name("ada.l")).await.ok();
    assert_eq!(session["active_signin"]["user"]["username"], "Ada.L");
    app.visitor().post(SIGN_IN, &by_name("ada.x")).await.refused(401, "INVALID_CREDENTIALS");
    app.visitor().post(SIGN_IN, &[("username", "ADA.L"), ("password", PASSWORD)]).await.ok();
    for strategy in ["phone_otp", "sso", "passkey", "nonsense"] {
        let fields = [("strategy", strategy), ("email", "ada@example.com"), ("password", PASSWORD)];
        app.visitor().post(SIGN_IN, &fields).await.refused(400, "UNSUPPORTED_STRATEGY");
    }
    let taken = [("email", "ADA@example.com"), ("password", PASSWORD), ("username", "ADA.L")];
    let refused = app.visitor().post("/auth/signup", &taken).await.refused(400, "EMAIL_EXISTS");
    assert_eq!(refused["errors"][1]["code"], "USERNAME_EXISTS", "both at once");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn attempts_are_limited_for_each_account_and_each_address() {
    let app = App::with(|settings| settings.passwords.attempts_per_account = 3).await;
    app.person("ada@example.com").await;
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            app.visitor()
                .post(SIGN_IN, &[("email", email), ("password", "wrong-password")])
                .await
                .refused(401, "INVALID_CREDENTIALS");
        }
        let answer = app.visitor().post(SIGN_IN, &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.headers[header::RETRY_AFTER], "900", "known and unknown alike");
        answer.refused(429, "TOO_MANY_REQUESTS");
    }
    app.advance(Duration::from_mins(15).saturating_sub(Duration::from_micros(1)));
    app.visitor()
        .post(SIGN_IN, &[("email", "Ada@example.com"), ("password", PASSWORD)])
        .await
        .refused(429, "TOO_MANY_REQUESTS");
    app.advance(Duration::from_micros(1));
    // Whoever comes in begins anew.
    for _ in 0..2 {
        for _ in 0..2 {
            app.visitor()
                .post(SIGN_IN, &[("email", "ada@example.com"), ("password", "wrong-password")])
                .await
                .refused(401, "INVALID_CREDENTIALS");
        }
        sign_in(&app.visitor(), "ada@example.com").await;
    }

    let app = App::with(|settings| settings.passwords.attempts_per_address = 4).await;
    for number in 0..4 {
        let email = format!("nobody{number}@example.com");
        app.visitor()
            .post(SIGN_IN, &[("email", &email), ("password", "wrong-password")])
            .await
            .refused(401, "INVALID_CREDENTIALS");
    }
    app.visitor()
        .post(SIGN_IN, &[("email", "x@example.com"), ("password", "wrong-password")])
        .await
        .refused(429, "TOO_MANY_REQUESTS");
    let mut elsewhere = app.visitor();
    elsewhere.headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
    elsewhere
        .post(SIGN_IN, &[("email", "x@example.com"), ("password", "wrong-password")])
        .await
        .refused(429, "TOO_MANY_REQUESTS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attempts_made_at_once_are_all_counted() {
    let app = App::with(|settings| settings.passwords.attempts_per_account = 5).await;
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            let visitor = app.visitor();
            tokio::spawn(async move {
                visitor.post(SIGN_IN, &[("email", "ada@example.com"), ("password", "wrong-password")]).await.status
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
async fn an_ended_membership_is_nobodys_active_one() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let nina = app.member(&owner, &organization, "nina@example.com", "").await;
    nina.post("/session/switch-organization", &[("organization_id", &organization)]).await.ok();
    let leave = || vestibule_core::membership::Leave { organization: organization.parse().unwrap() };
    app.run(&nina, leave()).await.unwrap();
    assert_eq!(nina.get("/session").await.ok()["active_signin"]["active_organization_membership_id"], Value::Null);
    nina.get(&format!("/organizations/{organization}/members")).await.refused(403, "FORBIDDEN");
    let refused = app.run(&owner, leave()).await.unwrap_err();
    assert_eq!(refused.code(), vestibule_core::Code::LastAdmin);
    app.advance(DAY);
    assert_eq!(owner.get(&format!("/organizations/{organization}/members")).await.ok()["meta"]["total"], 1);
}
