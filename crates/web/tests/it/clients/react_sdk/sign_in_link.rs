//! Signing in with a mailed link: on the application's page, and on ours.

use serde_json::{Value, json};

use super::both_modes;
use super::sdk::{APP, Sdk, last, prepare};
use super::sign_in_password::assert_signed_in;
use crate::harness::TestApp;

const ADA: &str = "ada@example.com";

/// Asks for a link to this page of the application, or without one to ours. Returns the attempt.
async fn ask_for_link(sdk: &Sdk, redirect_uri: Option<&str>) -> Value {
    let started = sdk.post("/auth/signin", &[("strategy", "magic_link"), ("email", ADA)]).await.ok();
    let attempt = last(&started, "signin_attempts").clone();
    assert_eq!((&attempt["method"], &attempt["completed"]), (&json!("magic_link"), &json!(false)));
    assert_eq!(attempt["current_step"], "verify_email_link");
    let mut path = prepare(&attempt, "signin", "magic_link");
    if let Some(uri) = redirect_uri {
        path.push_str("&redirect_uri=");
        path.extend(form_urlencoded::byte_serialize(uri.as_bytes()));
    }
    assert_eq!(sdk.post(&path, &[]).await.ok(), Value::Null);
    attempt
}

/// The link in the newest mail to Ada.
fn mailed_link(app: &TestApp) -> String {
    let mail = app.mail(ADA);
    let link = mail.text.lines().find(|line| line.starts_with("http")).unwrap_or_else(|| panic!("{}", mail.text));
    let html = mail.html.replace("&#x2f;", "/").replace("&amp;", "&");
    assert!(html.contains(&format!("href=\"{link}\"")), "{html}");
    let token = link.split_once("token=").unwrap().1.split('&').next().unwrap();
    app.inner.secret_scan.add_secret(token);
    link.to_owned()
}

/// What the application's page reads of its address.
fn query(link: &str) -> Vec<(String, String)> {
    let query = link.split('#').next().unwrap().split_once('?').unwrap().1;
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn param(link: &str, name: &str) -> String {
    let found: Vec<_> = query(link).into_iter().filter(|(found, _)| found == name).collect();
    let [(_, value)] = &found[..] else { panic!("{name} in {link}") };
    value.clone()
}

#[tokio::test]
async fn link_opens_the_page_of_the_application() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let sdk = Sdk::open(&app).await;
        let page = format!("{APP}/sign-in?redirect_uri=%2Fhome");
        let attempt = ask_for_link(&sdk, Some(&page)).await;
        let link = mailed_link(&app);
        assert!(link.starts_with(&format!("{page}&token=")), "{link}");
        assert_eq!(param(&link, "attempt"), attempt["id"]);
        assert_eq!(param(&link, "redirect_uri"), "/home");
        let (token, id) = (param(&link, "token"), param(&link, "attempt"));

        // Only the browser that asked can use it.
        let verify = format!("/auth/verify-magic-link?token={token}&attempt={id}&redirect_uri=%2Fhome");
        Sdk::open(&app).await.get(&verify).await.assert_error(400, "INVALID_MAGIC_LINK");
        let other = format!("/auth/verify-magic-link?token={token}&attempt=1");
        sdk.get(&other).await.assert_error(400, "INVALID_MAGIC_LINK");
        let session = sdk.get(&verify).await.ok();
        assert_signed_in(&session, "magic_link", ADA);
        assert_eq!(last(&session, "signin_attempts")["id"], attempt["id"]);
        sdk.get(&verify).await.assert_error(400, "INVALID_MAGIC_LINK");
        assert_eq!(sdk.active_address().await, ADA);
    }
}

/// The page asks for another link while the parameters of the first one are still in its address.
#[tokio::test]
async fn link_replaces_the_parameters_of_an_earlier_link() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let sdk = Sdk::open(&app).await;
        ask_for_link(&sdk, Some(&format!("{APP}/in#/magic"))).await;
        let first = mailed_link(&app);
        assert!(first.starts_with(&format!("{APP}/in?token=")) && first.ends_with("#/magic"), "{first}");
        let attempt = ask_for_link(&sdk, Some(&first)).await;
        let second = mailed_link(&app);
        assert_eq!(param(&second, "attempt"), attempt["id"]);
        assert_ne!(param(&second, "token"), param(&first, "token"));
        let verify = |link: &str| format!("/auth/verify-magic-link?token={}", param(link, "token"));
        assert_signed_in(&sdk.get(&verify(&second)).await.ok(), "magic_link", ADA);
    }
}

#[tokio::test]
async fn link_never_leads_to_another_origin() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let sdk = Sdk::open(&app).await;
        let started = sdk.post("/auth/signin", &[("strategy", "magic_link"), ("email", ADA)]).await.ok();
        let path = prepare(last(&started, "signin_attempts"), "signin", "magic_link");
        for uri in [
            "https://evil.example/",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "//evil.example/",
            "http://app.example.com/",
            "https://app.example.com:8443/",
            "javascript:alert(1)",
        ] {
            let uri: String = form_urlencoded::byte_serialize(uri.as_bytes()).collect();
            sdk.post(&format!("{path}&redirect_uri={uri}"), &[]).await.assert_error(400, "INVALID_FIELD");
        }
        assert_eq!(app.mail_count(ADA), 0);
    }
}

/// Without a page of the application, or with one of ours, the token is in the fragment of our page.
#[tokio::test]
async fn link_opens_our_page_unless_the_application_names_its_own() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        for (uri, target) in [
            (None, "/organizations"),
            (Some("/account"), "/account"),
            (Some("https://join.example.com/account?x=1"), "https://join.example.com/account?x=1"),
        ] {
            let sdk = Sdk::open(&app).await;
            ask_for_link(&sdk, uri).await;
            let link = mailed_link(&app);
            let token = link.strip_prefix("https://join.example.com/sign-in/link#token=").unwrap();
            let browser = sdk.same_browser_on_our_pages();
            browser.get("/sign-in/link").await.assert_page(200, "<form");
            assert_eq!(browser.post("/sign-in/link", &[("token", token)]).await.assert_redirect(target), target);
            assert_eq!(browser.get("/me").await.ok()["email"], ADA);
        }
    }
}

/// In staging the application has no cookie of ours, so our page cannot know that it is the same browser.
#[tokio::test]
async fn staging_link_on_our_page_signs_the_application_in() {
    let [production, staging] = both_modes(|settings| {
        settings.app.after_sign_in_url = vestibule_core::settings::PageUrl::parse("https://app.example.com/home?x=1");
    })
    .await;
    Sdk::sign_up(&staging, ADA).await;
    let sdk = Sdk::open(&staging).await;
    let attempt = ask_for_link(&sdk, None).await;
    let link = mailed_link(&staging);
    let token = link.split_once("#token=").unwrap().1.to_owned();
    let browser = staging.anonymous();
    let opened = browser.post("/sign-in/link", &[("token", &token)]).await.assert_redirect(APP);
    let session = param(&opened, "__dev_session__");
    assert_eq!(opened, format!("{APP}/home?x=1&__dev_session__={session}"));
    sdk.take_development_session(&session);
    assert_eq!(sdk.active_address().await, ADA);
    // It was used.
    browser.post("/sign-in/link", &[("token", &token)]).await.assert_page(400, "works once");
    let verify = format!("/auth/verify-magic-link?token={token}&attempt={}", crate::harness::text(&attempt["id"]));
    sdk.get(&verify).await.assert_error(400, "INVALID_MAGIC_LINK");

    // The call of an application needs its session in staging too, and production accepts no other browser.
    for (app, is_page) in [(&staging, false), (&production, false), (&production, true)] {
        let sdk = if app.mail_count(ADA) == 0 { Sdk::sign_up(app, ADA).await } else { Sdk::open(app).await };
        sdk.post("/session/sign-out", &[]).await.ok();
        ask_for_link(&sdk, None).await;
        let token = mailed_link(app).split_once("#token=").unwrap().1.to_owned();
        let stranger = app.anonymous();
        if is_page {
            stranger
                .post("/sign-in/link", &[("token", &token)])
                .await
                .assert_page(400, "in the browser that requested it");
        } else {
            let verify = format!("/auth/verify-magic-link?token={token}");
            stranger.get(&verify).await.assert_error(400, "INVALID_MAGIC_LINK");
        }
    }
}

/// A person whom the hosted sign-in page sends back is signed in there, in staging as in production.
#[tokio::test]
async fn hosted_sign_in_hands_its_session_to_the_application_in_staging_only() {
    for app in both_modes(|_| ()).await {
        Sdk::sign_up(&app, ADA).await;
        let sdk = Sdk::open(&app).await;
        let browser = app.anonymous();
        let fields = [
            ("identifier", ADA),
            ("password", crate::harness::PASSWORD),
            ("return_to", "https://app.example.com/home"),
        ];
        let target = browser.post("/sign-in", &fields).await.assert_redirect("https://app.example.com/home");
        if sdk.is_staging() {
            sdk.take_development_session(&param(&target, "__dev_session__"));
            assert_eq!(sdk.active_address().await, ADA);
        } else {
            assert_eq!(target, "https://app.example.com/home");
        }
        // Never to a page of ours, where the cookie is enough.
        let browser = app.anonymous();
        let fields = [("identifier", ADA), ("password", crate::harness::PASSWORD), ("return_to", "/account")];
        assert_eq!(browser.post("/sign-in", &fields).await.assert_redirect("/"), "/account");
    }
}
