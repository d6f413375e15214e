//! The challenges of the hosted forms, over HTTP.

use std::time::Duration;

use vestibule_core::settings::ChallengeMode;

use super::{ADA, app_with_challenges, sign_up_ada, solve_and_redeem, turn_on};
use crate::harness::{PASSWORD, TestApp, TestClient};

const MARK: &str = "challenge";
const REQUIRED: &str = "data-challenge=\"required\"";
const AUTOMATIC: &str = "data-challenge=\"automatic\"";

/// The pages with forms that can require a challenge, and the number of these forms.
const PAGES: [(&str, usize); 4] =
    [("/sign-in", 1), ("/sign-up", 1), ("/reset", 1), ("/reset/code?email=ada%40example.com", 1)];

type Form = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

/// The forms: path, fields, a text of the page with the error, and the redirect with a token.
const FORMS: [Form; 4] = [
    ("/sign-in", &[("identifier", ADA), ("password", PASSWORD)], "value=\"ada@example.com\"", "/organizations"),
    ("/sign-in/mail", &[("email", ADA), ("method", "email_otp")], "value=\"ada@example.com\"", "/sign-in/code"),
    (
        "/sign-up",
        &[("email", "new@example.com"), ("password", PASSWORD)],
        "value=\"new@example.com\"",
        "/organizations",
    ),
    ("/reset", &[("email", ADA)], "value=\"ada@example.com\"", "/reset/code"),
];

#[tokio::test]
async fn pages_have_nothing_of_challenges_while_off() {
    let app = TestApp::start().await;
    for path in PAGES.iter().map(|(path, _)| *path).chain(["/invite", "/sign-in/link"]) {
        let page = app.anonymous().get(path).await;
        assert!(!page.text.contains(MARK) && !page.text.contains("<progress"), "{path}: {}", page.text);
    }
    let invited = invite(&app).await;
    let page = invited.get("/invite").await;
    assert!(page.text.contains("/invite/sign-up") && !page.text.contains(MARK), "{}", page.text);
}

#[tokio::test]
async fn pages_without_such_a_form_have_nothing_of_challenges() {
    let app = app_with_challenges().await;
    let browser = app.anonymous();
    let token = solve_and_redeem(&browser).await;
    let fields = [("identifier", ADA), ("password", PASSWORD), ("challenge_token", &token)];
    browser.post("/sign-in", &fields).await.assert_redirect("/organizations");
    let paths =
        ["/organizations", "/account", "/invite", "/sign-in/link", "/sign-in/code?attempt=1", "/security-notice"];
    for path in paths.into_iter().chain(["/sign-up/code?attempt=1", "/choose-organization", "/invite/stop/nonsense"]) {
        let page = browser.get(path).await;
        assert!(page.text.contains("<h1>") && !page.text.contains(MARK), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn password_reset_after_a_security_notice_requires_a_challenge() {
    let app = app_with_challenges().await;
    app.verify_all_addresses();
    let ada = app.anonymous();
    let token = solve_and_redeem(&ada).await;
    ada.post("/auth/signin", &[("email", ADA), ("password", PASSWORD), ("challenge_token", &token)]).await.ok();
    ada.post("/me", &[("username", "ada.l")]).await.ok();
    let page = app.anonymous().post("/security-notice", &[("token", &app.notice_token(ADA))]).await;
    let page = page.assert_page(200, "action=\"/reset\"");
    for part in [REQUIRED, "name=\"challenge_token\"", "/pages/challenge.js?v="] {
        assert_eq!(page.matches(part).count(), 1, "{part}: {page}");
    }
}

#[tokio::test]
async fn every_form_requires_a_challenge_while_on() {
    let app = app_with_challenges().await;
    for (path, count) in PAGES {
        let page = app.anonymous().get(path).await;
        assert_eq!(page.text.matches(REQUIRED).count(), count, "{path}");
        assert_eq!(page.text.matches("name=\"challenge_token\"").count(), count, "{path}");
        assert_eq!(
            page.text.matches("<noscript><p class=\"error\">This form needs JavaScript").count(),
            count,
            "{path}"
        );
        assert_eq!(page.text.matches("/pages/challenge.js?v=").count(), 1, "{path}");
        assert!(!page.text.contains("try again in a few minutes"));
    }
    // The form for a code belongs to an attempt that was started with a challenge.
    assert!(!app.anonymous().get("/sign-in/code?attempt=1").await.text.contains(REQUIRED));
}

#[tokio::test]
async fn forms_without_a_token_change_nothing_and_are_shown_again() {
    let app = app_with_challenges().await;
    let rows = app.row_counts();
    for (path, fields, kept, _) in FORMS {
        let page = app.anonymous().post(path, fields).await;
        let page = page.assert_page(403, "Send the form again: your browser has to solve a small task first.");
        assert!(page.contains(kept) && page.contains(REQUIRED), "{path}");
        let mut german = app.anonymous();
        german.headers.insert("accept-language", "de".parse().unwrap());
        german.post(path, fields).await.assert_page(403, "Ihr Browser muss vorher eine kleine Aufgabe lösen");
    }
    assert_eq!(app.row_counts(), rows);
}

#[tokio::test]
async fn a_token_lets_each_form_pass_once() {
    let app = app_with_challenges().await;
    for (path, fields, _, target) in FORMS {
        let browser = app.anonymous();
        let token = solve_and_redeem(&browser).await;
        let fields: Vec<_> = fields.iter().copied().chain([("challenge_token", token.as_str())]).collect();
        browser.post(path, &fields).await.assert_redirect(target);
        let again = app.anonymous().post(path, &fields).await;
        again.assert_page(400, "Verification expired. Try again.");
    }
    app.drain().await;
}

/// Invites Nina. Returns a browser that has opened the mailed link.
async fn invite(app: &TestApp) -> TestClient {
    let owner = app.anonymous();
    let token = solve_and_redeem(&owner).await;
    let fields = [("email", "olga@example.com"), ("password", PASSWORD), ("challenge_token", &token)];
    owner.post("/auth/signup", &fields).await.ok();
    let created = owner.post("/organizations", &[("name", "Acme")]).await.ok();
    let organization = created["organization"]["id"].as_str().unwrap().to_owned();
    for email in ["nina@example.com", ADA] {
        owner.post(&format!("/organizations/{organization}/invitations"), &[("email", email)]).await.ok();
    }
    let browser = app.anonymous();
    browser.post("/invite", &[("token", &app.mailed_token("nina@example.com"))]).await.assert_redirect("/invite");
    browser
}

#[tokio::test]
async fn signing_up_for_an_invitation_requires_a_challenge() {
    let app = TestApp::with_settings(turn_on).await;
    let nina = invite(&app).await;
    let page = nina.get("/invite").await.assert_page(200, REQUIRED);
    assert_eq!(page.matches("name=\"challenge_token\"").count(), 1);
    let fields = [("email", "nina@example.com"), ("first_name", "Nina"), ("password", PASSWORD)];
    let page = nina.post("/invite/sign-up", &fields).await.assert_page(403, "Send the form again");
    assert!(page.contains("value=\"Nina\"") && page.contains(REQUIRED));
    let token = solve_and_redeem(&nina).await;
    let fields: Vec<_> = fields.into_iter().chain([("challenge_token", token.as_str())]).collect();
    nina.post("/invite/sign-up", &fields).await.assert_redirect("/organizations/");
}

#[tokio::test]
async fn signing_in_for_an_invitation_requires_a_challenge() {
    let app = TestApp::with_settings(turn_on).await;
    sign_up_ada(&app).await;
    invite(&app).await;
    let ada = app.anonymous();
    ada.post("/invite", &[("token", &app.mailed_token(ADA))]).await.assert_redirect("/invite");
    let page = ada.get("/invite").await.assert_page(200, "/invite/sign-in");
    assert_eq!(page.matches(REQUIRED).count(), 2, "to sign in with the password, and by mail");
    let fields = [("email", ADA), ("password", PASSWORD)];
    ada.post("/invite/sign-in", &fields).await.assert_page(403, "Send the form again");
    let token = solve_and_redeem(&ada).await;
    let fields: Vec<_> = fields.into_iter().chain([("challenge_token", token.as_str())]).collect();
    assert_eq!(ada.post("/invite/sign-in", &fields).await.status, 303);
}

#[tokio::test]
async fn automatic_challenges_are_required_only_under_load() {
    let app = TestApp::with_settings(|settings| {
        turn_on(settings);
        settings.challenge.mode = ChallengeMode::Automatic;
        settings.challenge.attempts_per_address = 1;
    })
    .await;
    sign_up_ada(&app).await;
    app.advance(Duration::from_mins(2));
    let sign_in = [("identifier", ADA), ("password", PASSWORD)];
    let page = app.anonymous().get("/sign-in").await.text;
    assert!(page.contains(AUTOMATIC) && !page.contains(REQUIRED) && !page.contains("noscript"));
    app.anonymous().post("/sign-in", &sign_in).await.assert_redirect("/organizations");
    let page = app.anonymous().get("/sign-in").await.text;
    assert!(page.contains(REQUIRED) && page.contains("try again in a few minutes"));
    app.anonymous().post("/sign-in", &sign_in).await.assert_page(403, "Send the form again");
    let mut german = app.anonymous();
    german.headers.insert("accept-language", "de".parse().unwrap());
    german.get("/sign-in").await.assert_page(200, "versuchen Sie es in ein paar Minuten noch einmal");
}
