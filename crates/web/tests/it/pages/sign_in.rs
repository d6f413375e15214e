//! Coming in by pages: password, code, link, sign-up, reset, another account.

use crate::harness::{PASSWORD, TestApp, TestClient};

const ADA: &str = "ada@example.com";
const OTHER: &str = "another-sesame-43";

async fn proved(app: &TestApp) -> TestClient {
    let (owner, organization) = app.create_organization("owner@example.com").await;
    app.create_member(&owner, &organization, ADA, "").await
}

/// What stands behind `attempt=` in where a form led.
fn attempt(location: &str) -> String {
    location.split_once("attempt=").unwrap().1.split('&').next().unwrap().to_owned()
}

#[tokio::test]
async fn by_password_with_address_or_name() {
    let app = TestApp::start().await;
    let fields = [("email", ADA), ("password", PASSWORD), ("username", "ada.l")];
    app.anonymous().post("/auth/signup", &fields).await.ok();
    for identifier in [ADA, " ADA@example.com ", "ada.l"] {
        let browser = app.anonymous();
        browser
            .post("/sign-in", &[("identifier", identifier), ("password", PASSWORD)])
            .await
            .assert_redirect("/organizations");
        browser.get("/account").await.assert_page(200, ADA);
        // Once more, by the back button for one.
        browser
            .post("/sign-in", &[("identifier", identifier), ("password", PASSWORD)])
            .await
            .assert_redirect("/organizations");
        browser.post("/sign-out", &[]).await.assert_redirect("/sign-in?done=signed_out");
        browser.get("/account").await.assert_redirect("/sign-in");
    }
    let wrong = app.anonymous().post("/sign-in", &[("identifier", ADA), ("password", "wrong-one")]).await;
    assert!(wrong.assert_page(401, "Invalid credentials").contains("value=\"ada@example.com\""));
    app.anonymous()
        .post("/sign-in", &[("identifier", "x"), ("password", "y")])
        .await
        .assert_page(400, "user name has 3 to 32");
}

#[tokio::test]
async fn by_code_and_by_link() {
    let app = TestApp::start().await;
    proved(&app).await;
    let browser = app.anonymous();
    let begun = browser
        .post("/sign-in/mail", &[("email", ADA), ("method", "email_otp")])
        .await
        .assert_redirect("/sign-in/code");
    let id = attempt(&begun);
    browser.get(&begun).await.assert_page(200, "Look into your mail");
    let typed = |code: &str| [("attempt", id.clone()), ("code", code.to_owned())];
    let post = async |code: &str| {
        let fields = typed(code);
        browser.post("/sign-in/code", &fields.each_ref().map(|(name, text)| (*name, text.as_str()))).await
    };
    post("nonsense").await.assert_page(400, "This is not the code");
    let first = app.mailed_code(ADA);
    browser.post("/sign-in/again", &[("attempt", &id)]).await.assert_redirect("/sign-in/code");
    post(&first).await.assert_page(400, "This is not the code");
    post(&app.mailed_code(ADA)).await.assert_redirect("/organizations");
    browser.get("/account").await.assert_page(200, ADA);

    let browser = app.anonymous();
    let fields = [("email", ADA), ("method", "magic_link"), ("return_to", "/account")];
    browser.post("/sign-in/mail", &fields).await.assert_redirect("/sign-in/code");
    let mail = app.mail(ADA).text;
    let token = mail.split_once("/sign-in/link#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    app.inner.secret_scan.add_secret(&token);
    browser.get("/sign-in/link").await.assert_page(200, "Press the button");
    app.anonymous()
        .post("/sign-in/link", &[("token", &token)])
        .await
        .assert_page(400, "in the browser that asked for it");
    assert_eq!(browser.post("/sign-in/link", &[("token", &token)]).await.assert_redirect("/"), "/account");
}

#[tokio::test]
async fn an_unknown_address_looks_like_a_known_one() {
    let app = TestApp::start().await;
    proved(&app).await;
    let mut pages = Vec::new();
    for email in [ADA, "eva@example.com"] {
        let browser = app.anonymous();
        let location = browser.post("/sign-in/mail", &[("email", email)]).await.assert_redirect("/sign-in/code");
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let page = browser.get(&location).await.assert_page(200, "<h1>").replace(email, "X");
        pages.push(page.chars().map(digits).collect::<String>());
        let reset = browser.post("/reset", &[("email", email)]).await.assert_redirect("/reset/code");
        pages.push(browser.get(&reset).await.assert_page(200, "<h1>").replace(email, "X"));
    }
    assert_eq!(pages[..2], pages[2..]);
    assert_eq!(app.mail_count("eva@example.com"), 0);
}

#[tokio::test]
async fn making_an_account_with_and_without_proof() {
    let app = TestApp::start().await;
    let fields = [("email", ADA), ("password", PASSWORD), ("first_name", "Ada"), ("return_to", "/account")];
    assert_eq!(app.anonymous().post("/sign-up", &fields).await.assert_redirect("/"), "/account");
    let taken = app.anonymous().post("/sign-up", &fields).await.assert_page(400, "belongs to an account");
    assert!(taken.contains("value=\"Ada\"") && !taken.contains(PASSWORD));

    let app = TestApp::with_settings(|settings| settings.verify_addresses = true).await;
    let browser = app.anonymous();
    let location = browser.post("/sign-up", &fields).await.assert_redirect("/sign-up/code");
    let typed = [("attempt", attempt(&location)), ("code", app.mailed_code(ADA)), ("return_to", "/account".to_owned())];
    let typed = typed.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert_eq!(browser.post("/sign-up/code", &typed).await.assert_redirect("/"), "/account");
    browser.get("/account").await.assert_page(200, "verified");
}

#[tokio::test]
async fn a_new_password_by_mail() {
    let app = TestApp::start().await;
    let elsewhere = proved(&app).await;
    let browser = app.anonymous();
    browser.post("/reset", &[("email", ADA)]).await.assert_redirect("/reset/code");
    browser.post("/reset/code", &[("email", ADA), ("code", "nonsense")]).await.assert_page(400, "This is not the code");
    let code = app.mailed_code(ADA);
    let page = browser.post("/reset/code", &[("email", ADA), ("code", &code)]).await.assert_page(200, "New password");
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    browser.post("/reset/password", &[("token", &token), ("password", "short")]).await.assert_page(400, "at least 8");
    let set = [("token", token.as_str()), ("password", OTHER)];
    browser.post("/reset/password", &set).await.assert_redirect("/organizations?done=password_set");
    browser.get("/organizations?done=password_set").await.assert_page(200, "The password is set");
    elsewhere.get("/account").await.assert_redirect("/sign-in");
    browser.post("/reset/password", &set).await.assert_page(400, "cannot be used");
}

#[tokio::test]
async fn two_people_in_one_browser() {
    let app = TestApp::start().await;
    let browser = app.create_user(ADA).await;
    let fields = [("email", "ben@example.com"), ("password", PASSWORD), ("first_name", "Ben")];
    browser.post("/auth/signup", &fields).await.ok();
    let page = browser.get("/sign-in").await.assert_page(200, "Go on as ada Test");
    let id = page.split_once("name=\"sign_in\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    browser.post("/sign-in/switch", &[("sign_in", &id), ("return_to", "/account")]).await.assert_redirect("/account");
    browser.get("/account").await.assert_page(200, ADA);
    browser.post("/sign-in/switch", &[("sign_in", "7")]).await.assert_page(400, "no such sign-in");
}

#[tokio::test]
async fn which_organization_one_acts_in() {
    let app =
        TestApp::with_settings(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let other = owner.post("/organizations", &[("name", "Other")]).await.ok();
    let other = crate::harness::text(&other["organization"]["id"]);
    owner.get("/choose-organization").await.assert_page(200, "Go on in Other");
    let ours = "https://app.example.com/start";
    let fields = [("organization", other.as_str()), ("return_to", ours)];
    assert_eq!(owner.post("/choose-organization", &fields).await.assert_redirect("https"), ours);
    let active = async || owner.get("/session").await.ok()["active_signin"]["active_organization_membership"].clone();
    assert_eq!(active().await["organization_id"], *other);
    let there =
        owner.post("/choose-organization", &[("organization", &organization)]).await.assert_redirect("/organizations/");
    assert_eq!(there, format!("/organizations/{organization}"));
    assert_eq!(active().await["organization_id"], *organization);
    owner.post("/choose-organization", &[("organization", "7")]).await.assert_page(400, "not a member");
}
