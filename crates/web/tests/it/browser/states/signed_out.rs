//! Signing in, signing up, resetting a password.

use vestibule_core::settings::ChallengeMode;

use super::States;
use crate::harness::{PASSWORD, TestApp};

const ADA: &str = "ada@example.com";

pub(super) async fn collect(states: &mut States) {
    let app = TestApp::start().await;
    app.create_user(ADA).await;
    app.verify_all_addresses();
    let visitor = app.anonymous();
    for path in crate::pages::PUBLIC_PAGES.iter().chain(&["/nowhere", "/notifications/stop/nonsense"]) {
        let page = visitor.send(axum::http::Method::GET, path, None, axum::body::Body::empty()).await;
        if page.text.contains("<main") {
            states.add(path, page.text);
        }
    }
    let forms: [(&str, &[(&str, &str)]); 8] = [
        ("/sign-in", &[("identifier", ADA), ("password", "wrong-one")]),
        ("/sign-in", &[("identifier", ""), ("password", "")]),
        ("/sign-up", &[("email", "kim@example.com"), ("password", "short")]),
        ("/sign-up", &[("email", "no address"), ("password", PASSWORD)]),
        ("/reset", &[("email", "no address")]),
        ("/invite", &[("token", "nonsense")]),
        ("/security-notice", &[("token", "nonsense")]),
        ("/sign-in/link", &[("token", "nonsense")]),
    ];
    for (path, fields) in forms {
        states.add(&format!("{path} {fields:?}"), visitor.post(path, fields).await.text);
    }
    let code = visitor.post("/sign-in/mail", &[("identifier", ADA)]).await.assert_redirect("/sign-in/code");
    states.add("code for a sign-in", visitor.get(&code).await.text);
    let wrong = visitor.post(&code, &[("code", "000000")]).await;
    states.add("wrong code", wrong.text);
    app.create_user("ben@example.com").await;
    let browser = app.anonymous();
    for email in [ADA, "ben@example.com"] {
        browser.post("/sign-in", &[("identifier", email), ("password", PASSWORD)]).await.assert_redirect("/");
    }
    states.add("sign-in with two accounts", browser.get("/sign-in").await.text);
    for mode in [ChallengeMode::On, ChallengeMode::Automatic] {
        let app = TestApp::with_settings(|settings| settings.challenge.mode = mode).await;
        states.add("sign-in with a challenge", app.anonymous().get("/sign-in").await.text);
        states.add("sign-up with a challenge", app.anonymous().get("/sign-up").await.text);
    }
    let app = TestApp::without_mail().await;
    states.add("sign-in without mail", app.anonymous().get("/sign-in").await.text);
}
