//! Authenticator apps and backup codes: setting them up, signing in and confirming with them, and removing them.

use serde_json::json;
use vestibule_core::time::Clock as _;

use crate::harness::{AuthenticatorApp, PASSWORD, TestApp, TestClient, TestResponse};

pub(super) const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another-sesame-43";
pub(super) const SECURITY: &str = "/account/security";

fn unescaped(text: &str) -> String {
    [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// The text between two others.
pub(super) fn between(text: &str, before: &str, after: &str) -> String {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    unescaped(rest.split_once(after).unwrap().0)
}

pub(super) fn hidden(page: &str, name: &str) -> String {
    between(page, &format!("name=\"{name}\" value=\""), "\"")
}

async fn ada() -> (TestApp, TestClient) {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    (app, ada)
}

/// An authenticator app that has scanned the QR code of a page, and the page.
struct Enrolment {
    app: AuthenticatorApp,
    page: String,
}

impl Enrolment {
    async fn start(client: &TestClient, heading: &str) -> Self {
        let page = client.post("/account/security/authenticator", &[]).await.assert_page(200, heading);
        Self::on(page)
    }

    fn on(page: String) -> Self {
        let secret = between(&hidden(&page, "otp_url"), "secret=", "&");
        let started = json!({"id": hidden(&page, "authenticator"), "totp_secret": secret});
        Self { app: AuthenticatorApp::scan(&started), page }
    }

    /// Sends the form of the page.
    async fn send(&self, client: &TestClient, codes: (&str, &str), more: &[(&str, &str)]) -> TestResponse {
        let [id, otp_url, return_to] = ["authenticator", "otp_url", "return_to"].map(|name| hidden(&self.page, name));
        let mut fields = vec![
            ("authenticator", id.as_str()),
            ("otp_url", &otp_url),
            ("return_to", &return_to),
            ("first_code", codes.0),
            ("second_code", codes.1),
        ];
        if self.page.contains("name=\"replaces\"") {
            fields.push(("replaces", "yes"));
        }
        fields.extend(more);
        client.post("/account/security/authenticator/verify", &fields).await
    }

    async fn finish(&self, client: &TestClient, more: &[(&str, &str)]) -> TestResponse {
        let now = client.app.inner.clock.now();
        let (first, second) = (self.app.code_at(now, -1), self.app.code_at(now, 0));
        let finished = self.send(client, (&first, &second), more).await;
        client.wait_for_next_code();
        finished
    }
}

/// Sets up an authenticator app. Returns it, and the backup codes.
pub(super) async fn enrol(client: &TestClient) -> (AuthenticatorApp, Vec<String>) {
    let enrolment = Enrolment::start(client, "Set up authenticator app").await;
    let page = enrolment.finish(client, &[]).await.assert_page(200, "Save your backup codes");
    (enrolment.app, backup_codes(&page))
}

fn backup_codes(page: &str) -> Vec<String> {
    let list = between(page, "<ul class=\"codes\"", "</ul>");
    list.split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap().to_owned()).collect()
}

/// Signs in with the password. Returns the URL of the second step.
pub(super) async fn sign_in(browser: &TestClient, return_to: &str) -> String {
    let fields = [("identifier", ADA), ("password", PASSWORD), ("return_to", return_to)];
    browser.post("/sign-in", &fields).await.assert_redirect("/sign-in/second-step?attempt=")
}

/// Sends a code in the form of the second step.
async fn send_code(browser: &TestClient, url: &str, method: &str, code: &str) -> TestResponse {
    let page = browser.get(&format!("{url}&method={method}")).await.assert_page(200, "Two-factor authentication");
    let (attempt, return_to) = (hidden(&page, "attempt"), hidden(&page, "return_to"));
    assert_eq!(hidden(&page, "method"), method);
    let fields = [("attempt", attempt.as_str()), ("return_to", &return_to), ("method", method), ("code", code)];
    browser.post("/sign-in/second-step", &fields).await
}

/// A code that the app does not show now.
pub(super) fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[tokio::test]
async fn authenticator_is_set_up_with_two_codes_in_a_row() {
    let (app, ada) = ada().await;
    let page = ada.get(SECURITY).await.assert_page(200, "Set up authenticator app");
    assert!(page.contains(">Off</span>") && page.contains("To get backup codes"), "{page}");
    let enrolment = Enrolment::start(&ada, "Set up authenticator app").await;
    let otp_url = hidden(&enrolment.page, "otp_url");
    let secret = between(&otp_url, "secret=", "&");
    let groups = between(&enrolment.page, "<p class=\"key\">", "</p>");
    assert_eq!(groups.replace(' ', ""), secret);
    assert!(groups.split(' ').all(|group| group.len() <= 4), "{groups}");
    assert!(enrolment.page.contains("<svg") && enrolment.page.contains("href=\"otpauth://totp/"));

    let now = app.inner.clock.now();
    let (last, current) = (enrolment.app.code_at(now, -1), enrolment.app.code_at(now, 0));
    for codes in [(current.as_str(), current.as_str()), (&current, &last), (&last, wrong(&current)), ("", "x")] {
        let again = enrolment.send(&ada, codes, &[("sign_out_others", "yes")]).await;
        let again = again.assert_page(400, "These are not two codes in a row");
        // The app has this secret already, so the page keeps it.
        assert_eq!(hidden(&again, "otp_url"), otp_url);
        assert!(again.contains("aria-invalid=\"true\"") && again.contains("value=\"yes\" checked"), "{again}");
    }
    ada.get(SECURITY).await.assert_page(200, ">Off</span>");

    let page = enrolment.finish(&ada, &[]).await.assert_page(200, "Save your backup codes");
    let codes = backup_codes(&page);
    assert_eq!(codes.len(), 12, "{page}");
    for code in &codes {
        assert!(page.contains(&format!("{code}%0A")), "{code} is not in the file of {page}");
    }
    let page = ada.get(SECURITY).await.assert_page(200, "12 codes left");
    assert!(page.contains(">On</span>") && !page.contains(&secret) && !page.contains(&codes[0]), "{page}");
    ada.get("/account").await.assert_page(200, "Two-factor authentication: On");
    // It is set up, so its page cannot be sent again.
    enrolment.finish(&ada, &[]).await.assert_page(404, "This set-up has ended");
}

#[tokio::test]
async fn sign_in_asks_for_the_second_factor() {
    let (app, ada) = ada().await;
    let (authenticator, backup_codes) = enrol(&ada).await;
    let browser = app.anonymous();
    let url = sign_in(&browser, "/account").await;
    // Nothing of the account is reachable.
    for path in ["/account", SECURITY, "/organizations", "/choose-organization"] {
        browser.get(path).await.assert_redirect("/sign-in");
    }
    browser.get("/me").await.assert_error(401, "UNAUTHORIZED");
    for path in ["/account/security/authenticator", "/account/security/backup-codes", "/account/security/two-factor"] {
        browser.post(path, &[("policy", "none"), ("sure", "yes")]).await.assert_redirect("/sign-in");
    }
    let page = browser.get(&url).await.assert_page(200, "Enter the code that your authenticator app shows");
    assert!(page.contains("autocomplete=\"one-time-code\"") && page.contains("inputmode=\"numeric\""), "{page}");
    assert!(page.contains("Use a backup code") && page.contains("Start again") && !page.contains(ADA), "{page}");
    // Another browser cannot go on with it.
    app.anonymous().get(&url).await.assert_page(400, "This attempt has ended");

    let code = browser.code_of(&authenticator);
    let page = send_code(&browser, &url, "authenticator", wrong(&code)).await;
    let page = page.assert_page(400, "Incorrect code. Enter the code that the app shows now");
    assert!(page.contains("aria-invalid=\"true\""), "{page}");
    let typed = format!(" {} {}", &code[..3], &code[3..]);
    assert_eq!(send_code(&browser, &url, "authenticator", &typed).await.assert_redirect("/"), "/account");
    browser.get("/account").await.assert_page(200, ADA);
    browser.get(&url).await.assert_page(400, "This attempt has ended");

    // A code works once, and so does a backup code.
    let browser = app.anonymous();
    let url = sign_in(&browser, "https://evil.example/").await;
    send_code(&browser, &url, "authenticator", &code).await.assert_page(400, "Incorrect code");
    let typed = backup_codes[0].to_ascii_lowercase().replace('-', "");
    assert_eq!(send_code(&browser, &url, "backup_code", &typed).await.assert_redirect("/"), "/organizations");
    browser.get(SECURITY).await.assert_page(200, "11 codes left");
    let browser = app.anonymous();
    let url = sign_in(&browser, "").await;
    send_code(&browser, &url, "backup_code", &typed).await.assert_page(400, "Incorrect backup code");
}

#[tokio::test]
async fn second_step_ends_after_five_wrong_codes() {
    let (app, ada) = ada().await;
    let (authenticator, _) = enrol(&ada).await;
    let browser = app.anonymous();
    let url = sign_in(&browser, "/account").await;
    let page = browser.get(&url).await.assert_page(200, "Two-factor authentication");
    let (attempt, code) = (hidden(&page, "attempt"), browser.code_of(&authenticator));
    let post = async |code: &str| {
        let fields = [("attempt", attempt.as_str()), ("method", "authenticator"), ("code", code)];
        browser.post("/sign-in/second-step", &fields).await
    };
    for _ in 0..4 {
        post(wrong(&code)).await.assert_page(400, "Incorrect code");
    }
    for code in [wrong(&code), code.as_str()] {
        let page = post(code).await.assert_page(400, "This attempt has ended");
        assert!(page.contains("name=\"identifier\""), "{page}");
    }
    let page = browser.get(&url).await.assert_page(400, "This attempt has ended");
    assert!(page.contains("name=\"identifier\""), "{page}");
    browser.get("/account").await.assert_redirect("/sign-in");
    let url = sign_in(&browser, "/account").await;
    send_code(&browser, &url, "authenticator", &code).await.assert_redirect("/account");
}

#[tokio::test]
async fn mailed_code_link_and_reset_lead_to_the_second_step() {
    let (app, ada) = ada().await;
    let (authenticator, _) = enrol(&ada).await;
    let browser = app.anonymous();
    let start = [("email", ADA), ("method", "email_otp"), ("return_to", "/account")];
    let location = browser.post("/sign-in/mail", &start).await.assert_redirect("/sign-in/code?attempt=");
    let attempt = between(&location, "attempt=", "&");
    let code = app.mailed_code(ADA);
    let typed = [("attempt", attempt.as_str()), ("code", &code), ("return_to", "/account")];
    let url = browser.post("/sign-in/code", &typed).await.assert_redirect("/sign-in/second-step?attempt=");
    browser.get("/account").await.assert_redirect("/sign-in");
    let code = browser.code_of(&authenticator);
    assert_eq!(send_code(&browser, &url, "authenticator", &code).await.assert_redirect("/"), "/account");

    browser.wait_for_next_code();
    let browser = app.anonymous();
    let start = [("email", ADA), ("method", "magic_link"), ("return_to", "/account")];
    browser.post("/sign-in/mail", &start).await.assert_redirect("/sign-in/code?attempt=");
    let mail = app.mail(ADA).text;
    let token = mail.split_once("/sign-in/link#token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    app.inner.secret_scan.add_secret(&token);
    let linked = browser.post("/sign-in/link", &[("token", &token)]).await;
    let url = linked.assert_redirect("/sign-in/second-step?attempt=");
    let code = browser.code_of(&authenticator);
    assert_eq!(send_code(&browser, &url, "authenticator", &code).await.assert_redirect("/"), "/account");

    browser.wait_for_next_code();
    let browser = app.anonymous();
    browser.post("/reset", &[("email", ADA)]).await.assert_redirect("/reset/code");
    let code = app.mailed_code(ADA);
    let page = browser.post("/reset/code", &[("email", ADA), ("code", &code)]).await.assert_page(200, "New password");
    let set = [("token", hidden(&page, "token")), ("password", NEW_PASSWORD.to_owned())];
    let set = set.each_ref().map(|(name, value)| (*name, value.as_str()));
    let url = browser.post("/reset/password", &set).await.assert_redirect("/sign-in/second-step?attempt=");
    browser.get("/account").await.assert_redirect("/sign-in");
    let code = browser.code_of(&authenticator);
    send_code(&browser, &url, "authenticator", &code).await.assert_redirect("/organizations");
}

#[tokio::test]
async fn invitation_is_accepted_with_the_second_step() {
    let (app, ada) = ada().await;
    let (authenticator, _) = enrol(&ada).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", ADA)]).await.ok();
    let token = app.mailed_token(ADA);
    let browser = app.anonymous();
    browser.post("/invite", &[("token", &token)]).await.assert_redirect("/invite?invitation=");
    let fields = [("email", ADA), ("password", PASSWORD)];
    let url = browser.post("/invite/sign-in", &fields).await.assert_redirect("/sign-in/second-step?attempt=");
    browser.post("/invite/accept", &[]).await.assert_redirect("/invite");
    let code = browser.code_of(&authenticator);
    send_code(&browser, &url, "authenticator", &code).await.assert_redirect(&format!("/organizations/{organization}"));
}

#[tokio::test]
async fn authenticator_is_replaced_and_removed() {
    let (app, ada) = ada().await;
    let (old, _) = enrol(&ada).await;
    let new = Enrolment::start(&ada, "Replace authenticator app").await;
    assert!(new.page.contains("Your current app keeps working"), "{}", new.page);
    // Until the new one is verified, the old one works.
    let browser = app.anonymous();
    let url = sign_in(&browser, "").await;
    let code = browser.code_of(&old);
    send_code(&browser, &url, "authenticator", &code).await.assert_redirect("/organizations");
    ada.wait_for_next_code();
    let replaced = new.finish(&ada, &[("sign_out_others", "yes")]).await;
    assert_eq!(replaced.assert_redirect("/"), SECURITY);
    let page = ada.get(SECURITY).await.assert_page(200, "Authenticator app replaced");
    assert!(page.contains("12 codes left"), "{page}");
    browser.get("/account").await.assert_redirect("/sign-in");
    let url = sign_in(&browser, "").await;
    let code = browser.code_of(&old);
    send_code(&browser, &url, "authenticator", &code).await.assert_page(400, "Incorrect code");
    let code = browser.code_of(&new.app);
    send_code(&browser, &url, "authenticator", &code).await.assert_redirect("/organizations");

    let remove = format!("/account/security/authenticator/{}/delete", new.app.id);
    let page = ada.post(&remove, &[]).await.assert_page(200, "Remove the authenticator app?");
    assert!(page.contains("backup codes are deleted") && page.contains("It is your only second factor"), "{page}");
    let sure = [("sure", "yes"), ("sign_out_others", "yes")];
    ada.post(&remove, &sure).await.assert_redirect(SECURITY);
    let page = ada.get(SECURITY).await.assert_page(200, "Authenticator app removed");
    assert!(page.contains(">Off</span>") && page.contains("To get backup codes"), "{page}");
    browser.get("/account").await.assert_redirect("/sign-in");
    let fields = [("identifier", ADA), ("password", PASSWORD)];
    browser.post("/sign-in", &fields).await.assert_redirect("/organizations");
    ada.post(&remove, &sure).await.assert_page(404, "<h1>");
}

#[tokio::test]
async fn two_factor_authentication_is_turned_off_and_on_again() {
    let (app, ada) = ada().await;
    let none = ada.post("/account/security/two-factor", &[("policy", "enforced")]).await;
    none.assert_page(400, "Set up an authenticator app or a passkey first");
    ada.post("/account/security/two-factor", &[("policy", "always")]).await.assert_page(400, "<h1>Sign-in security");
    enrol(&ada).await;
    let off = [("policy", "none"), ("sure", "yes")];
    ada.post("/account/security/two-factor", &off[..1]).await.assert_page(200, "Turn off two-factor authentication?");
    ada.get(SECURITY).await.assert_page(200, ">On</span>");
    ada.post("/account/security/two-factor", &off).await.assert_redirect(SECURITY);
    ada.get(SECURITY).await.assert_page(200, "Two-factor authentication is off");
    let fields = [("identifier", ADA), ("password", PASSWORD)];
    app.anonymous().post("/sign-in", &fields).await.assert_redirect("/organizations");
    ada.post("/account/security/two-factor", &[("policy", "enforced")]).await.assert_redirect(SECURITY);
    sign_in(&app.anonymous(), "").await;
}

#[tokio::test]
async fn backup_codes_are_replaced_after_a_confirmation() {
    let (_app, ada) = ada().await;
    ada.post("/account/security/backup-codes", &[]).await.assert_page(400, "Set up an authenticator app or a passkey");
    let (_, old) = enrol(&ada).await;
    ada.post("/account/security/backup-codes", &[]).await.assert_page(400, "You have backup codes already");
    let replace = [("replaces", "yes"), ("sure", "yes")];
    ada.post("/account/security/backup-codes", &replace[..1]).await.assert_page(200, "Replace your backup codes?");
    let page = ada.post("/account/security/backup-codes", &replace).await.assert_page(200, "Save your backup codes");
    let new = backup_codes(&page);
    assert_eq!(new.len(), 12);
    assert!(new.iter().all(|code| !old.contains(code)));
}

#[tokio::test]
async fn setting_up_a_factor_leads_back_to_where_the_person_was_going() {
    let (_app, ada) = ada().await;
    let page = ada.get("/account/security?return_to=%2Forganizations%3Fsearch%3Da").await;
    let page = page.assert_page(200, "continue where you left off");
    let page_url = hidden(&page, "return_to");
    assert_eq!(page_url, "/account/security?return_to=%2Forganizations%3Fsearch%3Da");
    let page = ada.post("/account/security/authenticator", &[("return_to", &page_url)]).await;
    let enrolment = Enrolment::on(page.assert_page(200, "Scan the QR code"));
    let page = enrolment.finish(&ada, &[]).await.assert_page(200, "I have saved them");
    assert!(page.contains("href=\"/organizations?search=a\">I have saved them"), "{page}");
    for elsewhere in ["https://evil.example/", "//evil.example", "javascript:alert(1)"] {
        let return_to: String = form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect();
        let page = ada.get(&format!("{SECURITY}?return_to={return_to}")).await.assert_page(200, "Backup codes");
        // The form that switches the language names this page itself.
        let leads_there =
            ["href=", "action=", "value="].iter().any(|name| page.contains(&format!("{name}\"{elsewhere}")));
        assert!(!page.contains("where you left off") && !leads_there, "{page}");
    }
}

#[tokio::test]
async fn second_factors_are_set_up_in_german() {
    let (app, ada) = ada().await;
    ada.post("/language", &[("language", "de")]).await.assert_redirect("/");
    let enrolment = Enrolment::start(&ada, "Authenticator-App einrichten").await;
    let wrong = enrolment.send(&ada, ("1", "2"), &[]).await;
    wrong.assert_page(400, "Das sind keine zwei aufeinanderfolgenden Codes");
    enrolment.finish(&ada, &[]).await.assert_page(200, "Speichern Sie Ihre Backup-Codes");
    ada.get(SECURITY).await.assert_page(200, "Noch 12 Codes");
    let browser = app.anonymous();
    browser.post("/language", &[("language", "de")]).await.assert_redirect("/");
    let url = sign_in(&browser, "").await;
    browser.get(&url).await.assert_page(200, "Backup-Code verwenden");
}
