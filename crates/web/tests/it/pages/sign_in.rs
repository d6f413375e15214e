//! Sign-in by password, code and link; sign-up, password reset, and switching between accounts.

use crate::harness::{PASSWORD, TestApp, TestClient};

const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another-sesame-43";

async fn verified_user(app: &TestApp) -> TestClient {
    let (owner, organization) = app.create_organization("owner@example.com").await;
    app.create_member(&owner, &organization, ADA, "").await
}

/// Returns the `attempt` parameter of a redirect.
fn attempt_id(location: &str) -> String {
    location.split_once("attempt=").unwrap().1.split('&').next().unwrap().to_owned()
}

#[tokio::test]
async fn signs_in_by_password_with_address_or_username() {
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
        // Signing in again (for example after the back button) succeeds.
        browser
            .post("/sign-in", &[("identifier", identifier), ("password", PASSWORD)])
            .await
            .assert_redirect("/organizations");
        browser.post("/sign-out", &[]).await.assert_redirect("/sign-in");
        browser.get("/account").await.assert_redirect("/sign-in");
    }
    let wrong = app.anonymous().post("/sign-in", &[("identifier", ADA), ("password", "wrong-one")]).await;
    assert!(wrong.assert_page(401, "Incorrect email address or password").contains("value=\"ada@example.com\""));
    app.anonymous()
        .post("/sign-in", &[("identifier", "x"), ("password", "y")])
        .await
        .assert_page(400, "A username has 3 to 32");
}

#[tokio::test]
async fn signs_in_by_code_and_by_link() {
    let app = TestApp::start().await;
    verified_user(&app).await;
    let browser = app.anonymous();
    let location = browser
        .post("/sign-in/mail", &[("email", ADA), ("method", "email_otp")])
        .await
        .assert_redirect("/sign-in/code");
    let id = attempt_id(&location);
    browser.get(&location).await.assert_page(200, "Check your email");
    let typed = |code: &str| [("attempt", id.clone()), ("code", code.to_owned())];
    let post = async |code: &str| {
        let fields = typed(code);
        browser.post("/sign-in/code", &fields.each_ref().map(|(name, text)| (*name, text.as_str()))).await
    };
    post("nonsense").await.assert_page(400, "Incorrect code");
    let first = app.mailed_code(ADA);
    browser.post("/sign-in/again", &[("attempt", &id)]).await.assert_redirect("/sign-in/code");
    post(&first).await.assert_page(400, "Incorrect code");
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
        .assert_page(400, "in the browser that requested it");
    assert_eq!(browser.post("/sign-in/link", &[("token", &token)]).await.assert_redirect("/"), "/account");
}

#[tokio::test]
async fn does_not_reveal_unknown_address() {
    let app = TestApp::start().await;
    verified_user(&app).await;
    let mut pages = Vec::new();
    for email in [ADA, "eva@example.com"] {
        let browser = app.anonymous();
        let location = browser.post("/sign-in/mail", &[("email", email)]).await.assert_redirect("/sign-in/code");
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let page = browser.get(&location).await.assert_page(200, "<h1>").replace(email, "X");
        pages.push(page.chars().map(digits).collect::<String>());
        let reset = browser.post("/reset", &[("email", email)]).await.assert_redirect("/reset/code");
        pages.push(
            browser
                .get(&reset)
                .await
                .assert_page(200, "<h1>")
                .replace(email, "X")
                .replace(&email.replace('@', "%40"), "X"),
        );
    }
    assert_eq!(pages[..2], pages[2..]);
    assert_eq!(app.mail_count("eva@example.com"), 0);
}

#[tokio::test]
async fn signs_up_with_and_without_verification() {
    let app = TestApp::start().await;
    let fields = [("email", ADA), ("password", PASSWORD), ("first_name", "Ada"), ("return_to", "/account")];
    assert_eq!(app.anonymous().post("/sign-up", &fields).await.assert_redirect("/"), "/account");
    let taken = app.anonymous().post("/sign-up", &fields).await.assert_page(400, "already an account");
    assert!(taken.contains("value=\"Ada\"") && !taken.contains(PASSWORD));

    let app = TestApp::with_settings(|settings| settings.verify_addresses = true).await;
    let browser = app.anonymous();
    let location = browser.post("/sign-up", &fields).await.assert_redirect("/sign-up/code");
    let typed =
        [("attempt", attempt_id(&location)), ("code", app.mailed_code(ADA)), ("return_to", "/account".to_owned())];
    let typed = typed.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert_eq!(browser.post("/sign-up/code", &typed).await.assert_redirect("/"), "/account");
    browser.get("/account").await.assert_page(200, "Verified");
}

#[tokio::test]
async fn resets_password_by_mailed_code() {
    let app = TestApp::start().await;
    let other_browser = verified_user(&app).await;
    let browser = app.anonymous();
    browser.post("/reset", &[("email", ADA)]).await.assert_redirect("/reset/code");
    browser.post("/reset/code", &[("email", ADA), ("code", "nonsense")]).await.assert_page(400, "Incorrect code");
    let code = app.mailed_code(ADA);
    let page = browser.post("/reset/code", &[("email", ADA), ("code", &code)]).await.assert_page(200, "New password");
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    browser.post("/reset/password", &[("token", &token), ("password", "short")]).await.assert_page(400, "at least 8");
    let set = [("token", token.as_str()), ("password", NEW_PASSWORD)];
    browser.post("/reset/password", &set).await.assert_redirect("/organizations");
    browser.get("/organizations").await.assert_page(200, "Password changed");
    other_browser.get("/account").await.assert_redirect("/sign-in");
    let again = [set[0], set[1], ("email", ADA)];
    let page = browser.post("/reset/password", &again).await.assert_page(400, "can no longer be used");
    assert!(
        page.contains(&format!("name=\"email\" type=\"email\" autocomplete=\"username\" value=\"{ADA}\"")),
        "{page}"
    );
}

#[tokio::test]
async fn switches_between_accounts() {
    let app = TestApp::start().await;
    let browser = app.create_user(ADA).await;
    let fields = [("email", "ben@example.com"), ("password", PASSWORD), ("first_name", "Ben")];
    browser.post("/auth/signup", &fields).await.ok();
    let page = browser.get("/sign-in").await.assert_page(200, "Continue as ada Test");
    // The header and the list have one form for each account; Ada's follows that of the active one.
    let before = page.split_once("aria-label=\"Continue as ada Test\"").unwrap().0;
    let id = before.rsplit_once("name=\"sign_in\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    browser.post("/sign-in/switch", &[("sign_in", &id), ("return_to", "/account")]).await.assert_redirect("/account");
    browser.get("/account").await.assert_page(200, ADA);
    browser.post("/sign-in/switch", &[("sign_in", "7")]).await.assert_page(400, "already ended");
}

#[tokio::test]
async fn sign_in_after_a_form_returns_to_the_page_of_the_form() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let members = format!("/organizations/{organization}/-/members");
    for (action, page) in [
        (format!("{members}/7/remove"), members.as_str()),
        (format!("/organizations/{organization}/-/workspaces/7/rename"), &members.replace("members", "workspaces")),
        (format!("/organizations/{organization}/-/leave"), &format!("/organizations/{organization}")),
        ("/account/profile".to_owned(), "/account"),
        ("/organizations/-/create".to_owned(), "/organizations"),
    ] {
        let location = app.anonymous().post(&action, &[("name", "Name")]).await.assert_redirect("/sign-in?return_to=");
        let return_to = location.rsplit_once('=').unwrap().1.replace("%2F", "/");
        assert_eq!(return_to, page, "{action}");
        assert_ne!(owner.get(page).await.status, 404, "{page}");
    }
}

#[tokio::test]
async fn language_of_an_answer_to_a_form_leads_back_to_its_page() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let settings = format!("/organizations/{organization}/-/settings");
    let wrong = [("identifier", ADA), ("password", "wrong-password")];
    let answers = [
        (app.anonymous().post("/sign-in", &wrong).await.assert_page(401, "role=\"alert\""), "/sign-in"),
        (owner.post(&settings, &[("name", "")]).await.assert_page(400, "role=\"alert\""), &settings),
        (owner.post("/account/delete", &[]).await.text, "/account"),
    ];
    for (page, path) in answers {
        let form = page.split_once("action=\"/language\">").unwrap().1;
        assert!(form.starts_with(&format!("<input type=\"hidden\" name=\"return_to\" value=\"{path}\">")), "{form}");
    }
}

#[tokio::test]
async fn chooses_active_organization() {
    let app =
        TestApp::with_settings(|settings| settings.allowed_origins = vec!["https://app.example.com".to_owned()]).await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let other = owner.post("/organizations", &[("name", "Other")]).await.ok();
    let other = crate::harness::text(&other["organization"]["id"]);
    owner.get("/choose-organization").await.assert_page(200, "Continue to Other");
    let allowed = "https://app.example.com/start";
    let fields = [("organization", other.as_str()), ("return_to", allowed)];
    assert_eq!(owner.post("/choose-organization", &fields).await.assert_redirect("https"), allowed);
    let active = async || owner.get("/session").await.ok()["active_signin"]["active_organization_membership"].clone();
    assert_eq!(active().await["organization_id"], *other);
    let location =
        owner.post("/choose-organization", &[("organization", &organization)]).await.assert_redirect("/organizations/");
    assert_eq!(location, format!("/organizations/{organization}"));
    assert_eq!(active().await["organization_id"], *organization);
    owner.post("/choose-organization", &[("organization", "7")]).await.assert_page(400, "not a member");
}

#[tokio::test]
async fn shows_why_a_password_is_refused_at_its_field() {
    let app = TestApp::start().await;
    let browser = app.anonymous();
    let fields = |password| {
        [("email", "grace@example.com"), ("first_name", "Grace"), ("last_name", "Hopper"), ("password", password)]
    };
    for (password, reason) in [
        ("short", "Use at least 8 characters"),
        ("password1", "among the most common ones"),
        ("12345678", "is a sequence"),
        ("GraceHopper1906", "names and words that others know"),
    ] {
        let page = browser.post("/sign-up", &fields(password)).await.assert_page(400, reason);
        assert!(page.contains(r#"aria-describedby="password-error""#), "{page}");
        assert!(page.contains(r#"id="password-error" role="alert">"#), "{page}");
        assert!(!page.contains(r#"<p class="error" role="alert">"#), "only at the field: {page}");
        for kept in [r#"value="grace@example.com""#, r#"value="Grace""#, r#"value="Hopper""#] {
            assert!(page.contains(kept), "{kept}: {page}");
        }
        assert!(!page.contains(&format!("value=\"{password}\"")), "{page}");
    }
    let mut german = app.anonymous();
    german.headers.insert("accept-language", "de".parse().unwrap());
    german.post("/sign-up", &fields("password1")).await.assert_page(400, "gehört zu den häufigsten");
    let page = browser.get("/sign-up").await.assert_page(200, "Password");
    assert!(!page.contains("password-error"), "{page}");
    browser.post("/sign-up", &fields(PASSWORD)).await.assert_redirect("/");
}

#[tokio::test]
async fn invitation_and_account_pages_show_why_a_password_is_refused() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    owner.post("/organizations", &[("name", "Umbrella Works")]).await.ok();
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", ADA)]).await.ok();
    let browser = app.anonymous();
    browser.post("/invite", &[("token", &app.mailed_token(ADA))]).await.assert_redirect("/invite");
    let fields = |password| [("first_name", "Ada"), ("last_name", "Ravensholt"), ("password", password)];
    let page = browser.post("/invite/sign-up", &fields("ravensholt-1")).await.assert_page(400, "names and words");
    assert!(page.contains(r#"id="password-error""#) && page.contains(r#"value="Ravensholt""#), "{page}");

    let change = |chosen| [("present", crate::harness::PASSWORD), ("chosen", chosen)];
    let page = owner.post("/account/password", &change("UmbrellaWorks1")).await.assert_page(400, "names and words");
    assert!(page.contains(r#"id="password-error""#), "{page}");
    owner.post("/account/password", &change(PASSWORD)).await.assert_redirect("/account");
}

#[tokio::test]
async fn typed_address_survives_a_forgotten_password_and_is_in_no_url() {
    let app = TestApp::start().await;
    app.create_user(ADA).await;
    let browser = app.anonymous();
    let page = browser.get("/sign-in").await.assert_page(200, "name=\"identifier\"");
    assert_eq!(page.matches(" autofocus").count(), 1, "{page}");
    assert_eq!(page.matches("type=\"email\"").count() + page.matches("name=\"identifier\"").count(), 1, "{page}");
    let location = browser.post("/reset/forgot", &[("identifier", ADA)]).await.assert_redirect("/reset");
    assert_eq!(location, "/reset");
    browser.get("/reset").await.assert_page(200, "value=\"ada@example.com\"");
    let location = browser.post("/reset", &[("email", ADA)]).await.assert_redirect("/reset/code");
    assert_eq!(location, "/reset/code");
    browser.get("/reset/code").await.assert_page(200, "account with ada@example.com");
    // A user name is no address, and without an address there is nothing to enter a code for.
    let other = app.anonymous();
    other.post("/reset/forgot", &[("identifier", "ada.l")]).await.assert_redirect("/reset");
    other.get("/reset").await.assert_page(200, "value=\"\"");
    other.get("/reset/code").await.assert_redirect("/reset");
    // The same field asks for a code.
    let fields = [("identifier", ADA), ("password", ""), ("method", "email_otp")];
    other.post("/sign-in/mail", &fields).await.assert_redirect("/sign-in/code");
    other.post("/sign-in/mail", &[("identifier", "ada.l")]).await.assert_page(400, "value=\"ada.l\"");
}

#[tokio::test]
async fn wrong_password_keeps_the_address_and_focuses_the_password() {
    let app = TestApp::start().await;
    let browser = app.anonymous();
    let page = browser.post("/sign-in", &[("identifier", ADA), ("password", "wrong-one")]).await;
    let page = page.assert_page(401, "value=\"ada@example.com\"");
    assert!(page.contains("autocomplete=\"current-password\" required autofocus"), "{page}");
}
