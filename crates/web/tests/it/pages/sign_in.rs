//! Sign-in by password, code and link; sign-up, password reset, and switching between accounts.

use crate::harness::{App, Client, PASSWORD};

const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another-sesame-43";

async fn verified_user(app: &App) -> Client {
    let (owner, organization) = app.founder("owner@example.com").await;
    app.member(&owner, &organization, ADA, "").await
}

/// Returns the `attempt` parameter of a redirect.
fn attempt_id(location: &str) -> String {
    location.split_once("attempt=").unwrap().1.split('&').next().unwrap().to_owned()
}

#[tokio::test]
async fn signs_in_by_password_with_address_or_username() {
    let app = App::start().await;
    let fields = [("email", ADA), ("password", PASSWORD), ("username", "ada.l")];
    app.visitor().post("/auth/signup", &fields).await.ok();
    for identifier in [ADA, " ADA@example.com ", "ada.l"] {
        let browser = app.visitor();
        browser
            .post("/sign-in", &[("identifier", identifier), ("password", PASSWORD)])
            .await
            .leads_to("/organizations");
        browser.get("/account").await.page(200, ADA);
        // Signing in again (for example after the back button) succeeds.
        browser
            .post("/sign-in", &[("identifier", identifier), ("password", PASSWORD)])
            .await
            .leads_to("/organizations");
        browser.post("/sign-out", &[]).await.leads_to("/sign-in?done=signed_out");
        browser.get("/account").await.leads_to("/sign-in");
    }
    let wrong = app.visitor().post("/sign-in", &[("identifier", ADA), ("password", "wrong-one")]).await;
    assert!(wrong.page(401, "Invalid credentials").contains("value=\"ada@example.com\""));
    app.visitor().post("/sign-in", &[("identifier", "x"), ("password", "y")]).await.page(400, "user name has 3 to 32");
}

#[tokio::test]
async fn signs_in_by_code_and_by_link() {
    let app = App::start().await;
    verified_user(&app).await;
    let browser = app.visitor();
    let location =
        browser.post("/sign-in/mail", &[("email", ADA), ("method", "email_otp")]).await.leads_to("/sign-in/code");
    let id = attempt_id(&location);
    browser.get(&location).await.page(200, "Look into your mail");
    let typed = |code: &str| [("attempt", id.clone()), ("code", code.to_owned())];
    let post = async |code: &str| {
        let fields = typed(code);
        browser.post("/sign-in/code", &fields.each_ref().map(|(name, text)| (*name, text.as_str()))).await
    };
    post("nonsense").await.page(400, "This is not the code");
    let first = app.mailed_code(ADA);
    browser.post("/sign-in/again", &[("attempt", &id)]).await.leads_to("/sign-in/code");
    post(&first).await.page(400, "This is not the code");
    post(&app.mailed_code(ADA)).await.leads_to("/organizations");
    browser.get("/account").await.page(200, ADA);

    let browser = app.visitor();
    let fields = [("email", ADA), ("method", "magic_link"), ("return_to", "/account")];
    browser.post("/sign-in/mail", &fields).await.leads_to("/sign-in/code");
    let mail = app.mail(ADA).text;
    let token = mail.split_once("/sign-in/link#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    app.inner.seen.secret(&token);
    browser.get("/sign-in/link").await.page(200, "Press the button");
    app.visitor().post("/sign-in/link", &[("token", &token)]).await.page(400, "in the browser that asked for it");
    assert_eq!(browser.post("/sign-in/link", &[("token", &token)]).await.leads_to("/"), "/account");
}

#[tokio::test]
async fn does_not_reveal_unknown_address() {
    let app = App::start().await;
    verified_user(&app).await;
    let mut pages = Vec::new();
    for email in [ADA, "eva@example.com"] {
        let browser = app.visitor();
        let location = browser.post("/sign-in/mail", &[("email", email)]).await.leads_to("/sign-in/code");
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let page = browser.get(&location).await.page(200, "<h1>").replace(email, "X");
        pages.push(page.chars().map(digits).collect::<String>());
        let reset = browser.post("/reset", &[("email", email)]).await.leads_to("/reset/code");
        pages.push(browser.get(&reset).await.page(200, "<h1>").replace(email, "X"));
    }
    assert_eq!(pages[..2], pages[2..]);
    assert_eq!(app.mails_to("eva@example.com"), 0);
}

#[tokio::test]
async fn signs_up_with_and_without_verification() {
    let app = App::start().await;
    let fields = [("email", ADA), ("password", PASSWORD), ("first_name", "Ada"), ("return_to", "/account")];
    assert_eq!(app.visitor().post("/sign-up", &fields).await.leads_to("/"), "/account");
    let taken = app.visitor().post("/sign-up", &fields).await.page(400, "belongs to an account");
    assert!(taken.contains("value=\"Ada\"") && !taken.contains(PASSWORD));

    let app = App::with(|settings| settings.verify_addresses = true).await;
    let browser = app.visitor();
    let location = browser.post("/sign-up", &fields).await.leads_to("/sign-up/code");
    let typed =
        [("attempt", attempt_id(&location)), ("code", app.mailed_code(ADA)), ("return_to", "/account".to_owned())];
    let typed = typed.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert_eq!(browser.post("/sign-up/code", &typed).await.leads_to("/"), "/account");
    browser.get("/account").await.page(200, "verified");
}

#[tokio::test]
async fn resets_password_by_mailed_code() {
    let app = App::start().await;
    let other_browser = verified_user(&app).await;
    let browser = app.visitor();
    browser.post("/reset", &[("email", ADA)]).await.leads_to("/reset/code");
    browser.post("/reset/code", &[("email", ADA), ("code", "nonsense")]).await.page(400, "This is not the code");
    let code = app.mailed_code(ADA);
    let page = browser.post("/reset/code", &[("email", ADA), ("code", &code)]).await.page(200, "New password");
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    browser.post("/reset/password", &[("token", &token), ("password", "short")]).await.page(400, "at least 8");
    let set = [("token", token.as_str()), ("password", NEW_PASSWORD)];
    browser.post("/reset/password", &set).await.leads_to("/organizations?done=password_set");
    browser.get("/organizations?done=password_set").await.page(200, "The password is set");
    other_browser.get("/account").await.leads_to("/sign-in");
    browser.post("/reset/password", &set).await.page(400, "cannot be used");
}

#[tokio::test]
async fn switches_between_accounts() {
    let app = App::start().await;
    let browser = app.person(ADA).await;
    let fields = [("email", "ben@example.com"), ("password", PASSWORD), ("first_name", "Ben")];
    browser.post("/auth/signup", &fields).await.ok();
    let page = browser.get("/sign-in").await.page(200, "Go on as ada Test");
    let id = page.split_once("name=\"sign_in\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    browser.post("/sign-in/switch", &[("sign_in", &id), ("return_to", "/account")]).await.leads_to("/account");
    browser.get("/account").await.page(200, ADA);
    browser.post("/sign-in/switch", &[("sign_in", "7")]).await.page(400, "no such sign-in");
}

#[tokio::test]
async fn chooses_active_organization() {
    let app = App::with(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    let (owner, organization) = app.founder("owner@example.com").await;
    let other = owner.post("/organizations", &[("name", "Other")]).await.ok();
    let other = crate::harness::text(&other["organization"]["id"]);
    owner.get("/choose-organization").await.page(200, "Go on in Other");
    let allowed = "https://app.example.com/start";
    let fields = [("organization", other.as_str()), ("return_to", allowed)];
    assert_eq!(owner.post("/choose-organization", &fields).await.leads_to("https"), allowed);
    let active = async || owner.get("/session").await.ok()["active_signin"]["active_organization_membership"].clone();
    assert_eq!(active().await["organization_id"], *other);
    let location =
        owner.post("/choose-organization", &[("organization", &organization)]).await.leads_to("/organizations/");
    assert_eq!(location, format!("/organizations/{organization}"));
    assert_eq!(active().await["organization_id"], *organization);
    owner.post("/choose-organization", &[("organization", "7")]).await.page(400, "not a member");
}
