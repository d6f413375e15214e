//! Second factors and passkeys: setting them up, signing in and confirming with them, and removing them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{
    AuthenticatorApp, PASSWORD, SoftwareAuthenticator, Tamper, TestApp, TestClient, TestResponse, allow_passkeys,
};

const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another-sesame-43";
const SECURITY: &str = "/account/security";
const MAX_AGE: Duration = Duration::from_mins(10);

fn unescaped(text: &str) -> String {
    [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// The text between two others.
fn between(text: &str, before: &str, after: &str) -> String {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    unescaped(rest.split_once(after).unwrap().0)
}

fn hidden(page: &str, name: &str) -> String {
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
async fn enrol(client: &TestClient) -> (AuthenticatorApp, Vec<String>) {
    let enrolment = Enrolment::start(client, "Set up authenticator app").await;
    let page = enrolment.finish(client, &[]).await.assert_page(200, "Save your backup codes");
    (enrolment.app, backup_codes(&page))
}

fn backup_codes(page: &str) -> Vec<String> {
    let list = between(page, "<ul class=\"codes\"", "</ul>");
    list.split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap().to_owned()).collect()
}

/// Signs in with the password. Returns the URL of the second step.
async fn sign_in(browser: &TestClient, return_to: &str) -> String {
    let fields = [("identifier", ADA), ("password", PASSWORD), ("return_to", return_to)];
    browser.post("/sign-in", &fields).await.assert_redirect("/sign-in/second-step?attempt=")
}

/// Sends a code in the form of the second step.
async fn send_code(browser: &TestClient, url: &str, method: &str, code: &str) -> TestResponse {
    let page = browser.get(&format!("{url}&method={method}")).await.assert_page(200, "Two-step verification");
    let (attempt, return_to) = (hidden(&page, "attempt"), hidden(&page, "return_to"));
    assert_eq!(hidden(&page, "method"), method);
    let fields = [("attempt", attempt.as_str()), ("return_to", &return_to), ("method", method), ("code", code)];
    browser.post("/sign-in/second-step", &fields).await
}

/// A code that the app does not show now.
fn wrong(code: &str) -> &'static str {
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
    ada.get("/account").await.assert_page(200, "Two-step verification: On");
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
    for path in ["/account/security/authenticator", "/account/security/backup-codes", "/account/security/two-step"] {
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
    let page = browser.get(&url).await.assert_page(200, "Two-step verification");
    let (attempt, code) = (hidden(&page, "attempt"), browser.code_of(&authenticator));
    let post = async |code: &str| {
        let fields = [("attempt", attempt.as_str()), ("method", "authenticator"), ("code", code)];
        browser.post("/sign-in/second-step", &fields).await
    };
    for _ in 0..5 {
        post(wrong(&code)).await.assert_page(400, "Incorrect code");
    }
    post(&code).await.assert_page(400, "This attempt has ended").contains("name=\"identifier\"");
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
async fn invitation_goes_on_after_the_second_step() {
    let (app, ada) = ada().await;
    let (authenticator, _) = enrol(&ada).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", ADA)]).await.ok();
    let token = app.mailed_token(ADA);
    let browser = app.anonymous();
    let invitation = browser.post("/invite", &[("token", &token)]).await.assert_redirect("/invite?invitation=");
    let fields = [("email", ADA), ("password", PASSWORD)];
    let url = browser.post("/invite/sign-in", &fields).await.assert_redirect("/sign-in/second-step?attempt=");
    browser.post("/invite/accept", &[]).await.assert_redirect("/invite");
    let code = browser.code_of(&authenticator);
    let signed_in = send_code(&browser, &url, "authenticator", &code).await;
    assert_eq!(signed_in.assert_redirect("/"), invitation);
    browser.get(&invitation).await.assert_page(200, "action=\"/invite/accept\"");
    browser.post("/invite/accept", &[]).await.assert_redirect("/organizations/");
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
async fn two_step_verification_is_turned_off_and_on_again() {
    let (app, ada) = ada().await;
    let none = ada.post("/account/security/two-step", &[("policy", "enforced")]).await;
    none.assert_page(400, "Set up an authenticator app or a passkey first");
    ada.post("/account/security/two-step", &[("policy", "always")]).await.assert_page(400, "<h1>Sign-in security");
    enrol(&ada).await;
    let off = [("policy", "none"), ("sure", "yes")];
    ada.post("/account/security/two-step", &off[..1]).await.assert_page(200, "Turn off two-step verification?");
    ada.get(SECURITY).await.assert_page(200, ">On</span>");
    ada.post("/account/security/two-step", &off).await.assert_redirect(SECURITY);
    ada.get(SECURITY).await.assert_page(200, "Two-step verification is off");
    let fields = [("identifier", ADA), ("password", PASSWORD)];
    app.anonymous().post("/sign-in", &fields).await.assert_redirect("/organizations");
    ada.post("/account/security/two-step", &[("policy", "enforced")]).await.assert_redirect(SECURITY);
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
async fn changes_of_factors_are_confirmed_with_the_second_factor() {
    let app = TestApp::with_settings(|settings| settings.reauthentication.max_age = MAX_AGE).await;
    let ada = app.create_user(ADA).await;
    let (authenticator, backup_codes) = enrol(&ada).await;
    app.advance(MAX_AGE);
    let replace = [("replaces", "yes"), ("sure", "yes")];
    let path = "/account/security/backup-codes";
    let page = ada.post(path, &replace).await.assert_page(403, "You are about to get new backup codes");
    // The password alone is not enough.
    assert!(page.contains("value=\"authenticator\"") && !page.contains("proof_password"), "{page}");
    let methods = hidden(&page, "proof_methods");
    let with = |proof: &'static str, code: &str| {
        let fields = [("proof_methods", methods.as_str()), ("proof", proof), ("proof_code", code)];
        replace.into_iter().chain(fields).map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    let post = async |fields: Vec<(String, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        ada.post(path, &fields).await
    };
    let code = ada.code_of(&authenticator);
    let page = post(with("authenticator", wrong(&code))).await;
    let page = page.assert_page(400, "Incorrect code. Enter the code that the app shows now");
    assert!(page.contains("value=\"choose_backup_code\"") && page.contains("aria-invalid=\"true\""), "{page}");
    let page = post(with("choose_backup_code", "")).await.assert_page(403, "Enter one of your backup codes");
    assert!(page.contains("value=\"choose_authenticator\"") && hidden(&page, "proof_methods") == methods, "{page}");
    post(with("backup_code", "AAAA-AAAA")).await.assert_page(400, "Incorrect backup code");
    post(with("backup_code", &backup_codes[3])).await.assert_page(200, "Save your backup codes");
    app.advance(MAX_AGE);
    let code = ada.code_of(&authenticator);
    post(with("authenticator", &code)).await.assert_page(200, "Save your backup codes");
    // Nobody else's methods can be chosen into the page.
    let page = post(with("choose_<b>", "")).await;
    assert!(page.status == 400 && !page.text.contains("<b>"), "{}", page.text);
}

#[tokio::test]
async fn setting_up_a_factor_leads_back_to_where_the_person_was_going() {
    let (_app, ada) = ada().await;
    let page = ada.get("/account/security?return_to=%2Forganizations%3Fsearch%3Da").await;
    let page = page.assert_page(200, "go on to where you were going");
    let page_url = hidden(&page, "return_to");
    assert_eq!(page_url, "/account/security?return_to=%2Forganizations%3Fsearch%3Da");
    let page = ada.post("/account/security/authenticator", &[("return_to", &page_url)]).await;
    let enrolment = Enrolment::on(page.assert_page(200, "Scan the QR code"));
    let page = enrolment.finish(&ada, &[]).await.assert_page(200, "I have saved them");
    assert!(page.contains("href=\"/organizations?search=a\">I have saved them"), "{page}");
    for elsewhere in ["https://evil.example/", "//evil.example", "javascript:alert(1)"] {
        let return_to: String = form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect();
        let page = ada.get(&format!("{SECURITY}?return_to={return_to}")).await.assert_page(200, "Backup codes");
        assert!(!page.contains("where you were going") && !page.contains("evil.example"), "{page}");
    }
}

/// Adds a passkey with the pages.
async fn add_passkey(client: &TestClient, authenticator: &SoftwareAuthenticator, name: &str) -> TestResponse {
    let page = client.post("/account/security/passkeys/new", &[]).await.assert_page(200, "Add a passkey");
    let options: Value = serde_json::from_str(&between(&page, "data-options=\"", "\"")).unwrap();
    let credential = authenticator.register(&options, &Tamper::default()).to_string();
    client.post("/account/security/passkeys", &[("credential", &credential), ("name", name)]).await
}

/// Signs in with a passkey, as the script of the page does.
async fn use_passkey(browser: &TestClient, authenticator: &SoftwareAuthenticator, attempt: &str) -> TestResponse {
    let begun = browser.post("/auth/passkey/login/begin", &[]).await.ok();
    let credential = authenticator.sign_in(&begun["options"], &Tamper::default()).to_string();
    let fields = [("credential", credential.as_str()), ("return_to", "/account"), ("attempt", attempt)];
    browser.post("/sign-in/passkey", &fields).await
}

#[tokio::test]
async fn passkey_is_added_used_renamed_and_removed() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user(ADA).await;
    let laptop = SoftwareAuthenticator::new(1);
    add_passkey(&ada, &laptop, "MacBook").await.assert_redirect(SECURITY);
    let page = ada.get(SECURITY).await.assert_page(200, "Passkey added");
    assert!(page.contains("MacBook") && page.contains("Synced") && page.contains("Never used"), "{page}");
    // Malformed credentials, and none, as without a script.
    for credential in ["", "{}", "[1]", "\"<b>\""] {
        let fields = [("credential", credential), ("name", "x")];
        let page = ada.post("/account/security/passkeys", &fields).await.assert_page(400, "could not be verified");
        assert!(page.contains("data-options=\"") && !page.contains("<b>"), "{page}");
        let fields = [("credential", credential), ("return_to", "/account")];
        let page = app.anonymous().post("/sign-in/passkey", &fields).await;
        page.assert_page(400, "could not be verified");
    }
    // It needs no second step, and completes one that waits.
    let browser = app.anonymous();
    let page = browser.get("/sign-in").await.assert_page(200, "Sign in with a passkey");
    assert!(page.contains("autocomplete=\"username webauthn\"") && page.contains("/pages/passkeys.js?v="), "{page}");
    assert_eq!(use_passkey(&browser, &laptop, "").await.assert_redirect("/"), "/account");
    let page = browser.get(SECURITY).await.assert_page(200, "Last used");
    ada.post("/account/security/two-step", &[("policy", "enforced")]).await.assert_redirect(SECURITY);
    let browser = app.anonymous();
    let url = sign_in(&browser, "/account").await;
    let step = browser.get(&url).await.assert_page(200, "Confirm with your passkey");
    browser.get("/account").await.assert_redirect("/sign-in");
    let used = use_passkey(&browser, &laptop, &hidden(&step, "attempt")).await;
    assert_eq!(used.assert_redirect("/"), "/account");

    let id = between(&page, "/account/security/passkeys/", "/delete\"");
    let id = id.rsplit('/').next().unwrap();
    let path = |action: &str| format!("/account/security/passkeys/{id}/{action}");
    ada.post(&path("rename"), &[("name", "<b>Old laptop</b>")]).await.assert_redirect(SECURITY);
    let page = ada.get(SECURITY).await.assert_page(200, "Passkey renamed");
    assert!(page.contains("Old laptop") && !page.contains("<b>"), "{page}");
    ada.post(&path("rename"), &[("name", " ")]).await.assert_page(400, "<h1>Sign-in security");
    let page = ada.post(&path("delete"), &[]).await.assert_page(200, "Remove the passkey");
    assert!(page.contains("It is your only second factor"), "{page}");
    // Another person's passkey does not exist for them.
    let eve = app.create_user("eve@example.com").await;
    eve.post(&path("delete"), &[("sure", "yes")]).await.assert_page(404, "This passkey is not known here");
    let sure = [("sure", "yes"), ("sign_out_others", "yes")];
    ada.post(&path("delete"), &sure).await.assert_redirect(SECURITY);
    browser.get("/account").await.assert_redirect("/sign-in");
    let page = use_passkey(&browser, &laptop, "").await.assert_page(404, "This passkey is not known here");
    let unknown = format!("data-unknown=\"{}\"", laptop.credential_id());
    assert!(page.contains(&unknown) && page.contains("data-rp-id=\"localhost\""), "{page}");
}

#[tokio::test]
async fn pages_without_passkeys_do_not_mention_them() {
    let (app, ada) = ada().await;
    let page = app.anonymous().get("/sign-in").await.assert_page(200, "Sign in without a password");
    assert!(!page.contains("passkey") && !page.contains("webauthn"), "{page}");
    let page = ada.get(SECURITY).await.assert_page(200, "Passkeys are not available at this address");
    assert!(!page.contains("/account/security/passkeys/new"), "{page}");
    let refused = ada.post("/account/security/passkeys/new", &[]).await;
    refused.assert_page(400, "Passkeys are not available at this address");
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
