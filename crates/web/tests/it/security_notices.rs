//! Security notices: each change of what opens an account is mailed to its verified addresses, with a link that ends all
//! sessions.

use std::time::Duration;

use vestibule_core::cleanup::delete_expired;
use vestibule_testbed::{Database, Engine};

use crate::harness::{DAY, PASSWORD, TestApp, TestAppBuilder, TestClient, text};

const ADA: &str = "ada@example.com";
const WORK: &str = "ada@work.example";
const OTHER_PASSWORD: &str = "open-sesame-43";
const LINK_LIFETIME: Duration = Duration::from_hours(72);

/// Signs up Ada, who has two verified addresses; the first is primary. Returns the second one's id, too.
async fn ada(app: &TestApp) -> (TestClient, String) {
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let mut ada = app.create_member(&owner, &organization, ADA, "").await;
    ada.headers.insert("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".parse().unwrap());
    let work = verify_address(app, &ada, WORK).await;
    (ada, work)
}

pub(crate) async fn verify_address(app: &TestApp, client: &TestClient, email: &str) -> String {
    let id = text(&client.post("/me/email-addresses", &[("email", email)]).await.ok()["id"]);
    let path = format!("/me/email-addresses/{id}");
    client.post(&format!("{path}/prepare-verification"), &[]).await.ok();
    let code = app.mailed_code(email);
    client.post(&format!("{path}/attempt-verification"), &[("verification_code", &code)]).await.ok();
    let addresses = client.get("/me/email-addresses").await.ok();
    let own = addresses.as_array().unwrap().iter().find(|one| one["email"] == email).unwrap().clone();
    assert_eq!(own["verified"], true);
    text(&own["id"])
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> TestClient {
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", email), ("password", password)]).await.ok();
    client
}

/// Makes a call, and asserts that it mails a notice with `contained` to each of these addresses, and to no other.
async fn assert_notifies(
    app: &TestApp,
    client: &TestClient,
    path: &str,
    fields: &[(&str, &str)],
    recipients: &[&str],
    contained: &str,
) {
    let count = || app.mails().iter().filter(|mail| mail.text.contains("/security-notice#token=")).count();
    let before = count();
    client.post(path, fields).await.ok();
    assert_eq!(count(), before + recipients.len(), "{path}");
    for recipient in recipients {
        let mail = app.mail(recipient);
        assert!(mail.text.contains(contained), "{path} to {recipient}: {}", mail.text);
        assert!(mail.text.contains("From: 127.0.0.1, Firefox, Linux"), "{}", mail.text);
        assert!(mail.text.contains("When: 15 January 2026, 10:30 UTC"), "{}", mail.text);
        assert!(mail.unsubscribe_url.is_none());
    }
}

#[tokio::test]
async fn every_change_is_mailed_to_every_verified_address() {
    let app = TestApp::start().await;
    let (ada, work) = ada(&app).await;
    let both = [ADA, WORK];
    assert!(app.mail(ADA).text.contains("the address ada@work.example was verified"), "{}", app.mail(ADA).text);
    let added = [("email", "ada@home.example")];
    assert_notifies(&app, &ada, "/me/email-addresses", &added, &both, "ada@home.example was added").await;
    let primary = format!("/me/email-addresses/{work}/make-primary");
    assert_notifies(&app, &ada, &primary, &[], &both, "ada@work.example is the new primary address").await;
    let first = text(&ada.get("/me/email-addresses").await.ok()[0]["id"]);
    let primary = [("primary_email_address_id", first.as_str())];
    assert_notifies(&app, &ada, "/me", &primary, &both, "ada@example.com is the new primary address").await;
    let username = [("username", "ada.l")];
    assert_notifies(&app, &ada, "/me", &username, &both, "was changed to “ada\u{2060}.\u{2060}l”").await;
    assert_notifies(
        &app,
        &ada,
        "/me",
        &[("username", "")],
        &both,
        "user name of your account on Vestibule was removed",
    )
    .await;
    let change = [("current_password", PASSWORD), ("new_password", OTHER_PASSWORD)];
    assert_notifies(
        &app,
        &ada,
        "/me/update-password",
        &change,
        &both,
        "password of your account on Vestibule was changed",
    )
    .await;
    let remove = [("current_password", OTHER_PASSWORD)];
    assert_notifies(&app, &ada, "/me/remove-password", &remove, &both, "was removed").await;
    let set = [("new_password", PASSWORD)];
    assert_notifies(&app, &ada, "/me/update-password", &set, &both, "a password was set").await;
    sign_in(&app, ADA, PASSWORD).await;
    let listed = ada.get("/me/signins").await.ok();
    let elsewhere = listed.as_array().unwrap().iter().find(|one| one["current"] == false).unwrap();
    let end = format!("/me/signins/{}/signout", text(&elsewhere["id"]));
    assert_notifies(&app, &ada, &end, &[], &both, "another browser was signed out").await;
    let own = text(&ada.post("/organizations", &[("name", "Hers")]).await.ok()["organization"]["id"]);
    let ben = app.create_member(&ada, &own, "ben@example.com", "").await;
    let member = text(&ben.get("/me/organization-memberships").await.ok()[0]["id"]);
    let offer = [("member_id", member.as_str())];
    assert_notifies(&app, &ada, &format!("/organizations/{own}/handover"), &offer, &both, "organization “Hers”").await;
    // The address of the person who accepts is not told.
    ben.post(&format!("/organizations/{own}/handover/accept"), &[]).await.ok();
    let taken = app.mail(ADA).text;
    assert!(taken.contains("accepted the ownership") && !taken.contains("127.0.0.1"), "{taken}");
    let second = text(&ada.post("/organizations", &[("name", "Second")]).await.ok()["organization"]["id"]);
    let delete = format!("/organizations/{second}/delete");
    assert_notifies(&app, &ada, &delete, &[], &both, "you deleted the organization “Second”").await;
    let remove = format!("/me/email-addresses/{work}/delete");
    assert_notifies(&app, &ada, &remove, &[], &both, "ada@work.example was removed").await;
    let delete = [("password", PASSWORD)];
    assert_notifies(&app, &ada, "/me/account/delete", &delete, &[ADA], "was deleted, with all its memberships").await;
}

#[tokio::test]
async fn password_reset_is_mailed_to_every_verified_address() {
    let app = TestApp::start().await;
    ada(&app).await;
    let mut browser = app.anonymous();
    browser.headers.insert("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".parse().unwrap());
    browser.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    let verify = [("email", ADA), ("otp", &app.mailed_code(ADA))];
    let token = text(&browser.post("/auth/forgot-password", &verify).await.ok()["token"]);
    let reset = [("token", token.as_str()), ("password", OTHER_PASSWORD)];
    assert_notifies(&app, &browser, "/auth/reset-password", &reset, &[ADA, WORK], "with a mailed code").await;
}

#[tokio::test]
async fn link_of_notice_ends_all_sessions_once_and_leads_to_password_reset() {
    let app = TestApp::start().await;
    let (thief, _) = ada(&app).await;
    let user = text(&thief.get("/me").await.ok()["id"]);
    let elsewhere = sign_in(&app, ADA, PASSWORD).await;
    let pending = sign_in(&app, ADA, PASSWORD).await;
    thief.post("/me", &[("username", "stolen")]).await.ok();
    let token = app.notice_token(ADA);
    let third = text(&pending.post("/me/email-addresses", &[("email", "evil@example.com")]).await.ok()["id"]);
    pending.post(&format!("/me/email-addresses/{third}/prepare-verification"), &[]).await.ok();
    for client in [&thief, &elsewhere, &pending] {
        client.get("/me").await.ok();
        client.get_and_check_cache("/session").await.ok();
    }

    let owner = app.anonymous();
    // A scanner that opens the link, and posts the form without the token, does nothing.
    owner.get("/security-notice").await.assert_page(200, "Sign out everywhere");
    owner.post("/security-notice", &[]).await.assert_page(400, "works once");
    let forged = token.replace(&token[20..22], if &token[20..22] == "AA" { "BB" } else { "AA" });
    owner.post("/security-notice", &[("token", &forged)]).await.assert_page(400, "works once");
    thief.get("/me").await.ok();

    let link = format!("http://vestibule.test/security-notice#token={token}");
    let page =
        owner.post("/security-notice", &[("token", &link)]).await.assert_page(200, "Every browser is signed out");
    for client in [&thief, &elsewhere, &pending] {
        client.get("/me").await.assert_error(401, "UNAUTHORIZED");
        let session = client.get_and_check_cache("/session").await.ok();
        assert_eq!(session["signins"], serde_json::json!([]));
    }
    assert_eq!(app.count(&format!("SELECT COUNT(*) FROM sign_ins WHERE user_id = {user}")), 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM attempts WHERE purpose = 'address' AND completed_at IS NULL"), 0);
    assert!(page.contains("action=\"/reset\"") && page.contains("name=\"email\" value=\"ada@example.com\""), "{page}");
    owner.post("/reset", &[("email", ADA)]).await.assert_redirect("/reset/code");
    assert!(app.mail(ADA).subject.contains("set a new password"));

    // The link works once; that of the other address is a link of its own.
    let again = sign_in(&app, ADA, PASSWORD).await;
    owner.post("/security-notice", &[("token", &token)]).await.assert_page(400, "works once");
    again.get("/me").await.ok();
}

#[tokio::test]
async fn accepts_pasted_link_that_continues_after_the_token() {
    let app = TestApp::start().await;
    let (ada, _) = ada(&app).await;
    ada.post("/me", &[("username", "ada.l")]).await.ok();
    let link = format!("http://vestibule.test/security-notice#token={}&utm_source=mail", app.notice_token(ADA));
    app.anonymous().post("/security-notice", &[("token", &link)]).await.assert_page(200, "Every browser is signed out");
    ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn link_of_notice_ends_sessions_that_another_process_has_cached() {
    let app = TestAppBuilder::new(Database::create_on(Engine::Postgres)).build().await;
    let (ada, _) = ada(&app).await;
    let other = app.second_instance().await;
    let elsewhere = sign_in(&other, ADA, PASSWORD).await;
    ada.post("/me", &[("username", "stolen")]).await.ok();
    elsewhere.get_and_check_cache("/session").await.ok();
    let end = [("token", app.notice_token(ADA))];
    let end = end.each_ref().map(|(name, token)| (*name, token.as_str()));
    app.anonymous().post("/security-notice", &end).await.assert_page(200, "Every browser is signed out");
    let session = elsewhere.get_and_check_cache("/session").await.ok();
    assert_eq!(session["signins"], serde_json::json!([]));
    elsewhere.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn link_of_notice_expires() {
    let app = TestApp::start().await;
    let (ada, _) = ada(&app).await;
    ada.post("/me", &[("username", "ada.l")]).await.ok();
    let (first, second) = (app.notice_token(ADA), app.notice_token(WORK));
    app.advance(LINK_LIFETIME.checked_sub(Duration::from_micros(1)).unwrap());
    let owner = app.anonymous();
    owner.post("/security-notice", &[("token", &first)]).await.assert_page(200, "Every browser is signed out");
    let again = sign_in(&app, ADA, PASSWORD).await;
    app.advance(Duration::from_micros(1));
    owner.post("/security-notice", &[("token", &second)]).await.assert_page(400, "works once");
    again.get("/me").await.ok();
    assert!(app.count("SELECT COUNT(*) FROM security_notices") > 0);
    app.advance(DAY);
    delete_expired(&app.inner.service).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM security_notices"), 0);
}

#[tokio::test]
async fn removed_address_can_end_sessions_but_not_recover_the_account() {
    let app = TestApp::start().await;
    let (ada, work) = ada(&app).await;
    ada.post(&format!("/me/email-addresses/{work}/delete"), &[]).await.ok();
    let token = app.notice_token(WORK);
    let page = app.anonymous().post("/security-notice", &[("token", &token)]).await;
    let page = page.assert_page(200, "Every browser is signed out");
    assert!(page.contains("does not open the account") && !page.contains("action=\"/reset\""), "{page}");
    ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let mails = app.mail_count(WORK);
    app.anonymous().post("/auth/forgot-password", &[("email", WORK)]).await.ok();
    assert_eq!(app.mail_count(WORK), mails);
}

#[tokio::test]
async fn link_of_attackers_new_address_does_not_lead_to_password_reset() {
    let app = TestApp::start().await;
    let (ada, _) = ada(&app).await;
    ada.post("/me", &[("username", "ada.l")]).await.ok();
    // The second address was verified a moment ago, and cannot reset the password yet. See `recovery_delay`.
    let page = app.anonymous().post("/security-notice", &[("token", &app.notice_token(WORK))]).await;
    let page = page.assert_page(200, "does not open the account");
    assert!(!page.contains("action=\"/reset\""), "{page}");
    sign_in(&app, ADA, PASSWORD).await;
}

#[tokio::test]
async fn many_harmless_changes_do_not_hide_a_harmful_one() {
    let app = TestApp::start().await;
    let (ada, _) = ada(&app).await;
    let before = app.count("SELECT COUNT(*) FROM security_notices");
    for number in 0..20 {
        ada.post("/me", &[("username", &format!("ada.{number}"))]).await.ok();
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM security_notices"), before + 10, "five to each address");
    let change = [("current_password", PASSWORD), ("new_password", OTHER_PASSWORD)];
    let changed = "password of your account on Vestibule was changed";
    assert_notifies(&app, &ada, "/me/update-password", &change, &[ADA, WORK], changed).await;
    app.advance(DAY);
    ada.post("/me", &[("username", "ada.l")]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM security_notices"), before + 14);
}

/// An attacker with a session can found organizations, so deleting those must not use up the notices.
#[tokio::test]
async fn deleted_junk_does_not_hide_a_deleted_organization() {
    let app = TestApp::start().await;
    let (ada, _) = ada(&app).await;
    let create = async |name: &str| {
        let created = ada.post("/organizations", &[("name", name)]).await.ok();
        format!("/organizations/{}/delete", text(&created["organization"]["id"]))
    };
    let own = create("Hers").await;
    for _ in 0..6 {
        let junk = create("Junk").await;
        ada.post(&junk, &[]).await.ok();
    }
    let count = "SELECT COUNT(*) FROM security_notices WHERE kind = 'organization_deleted'";
    assert_eq!(app.count(count), 10, "five to each address");
    assert_notifies(&app, &ada, &own, &[], &[ADA, WORK], "you deleted the organization “Hers”").await;
}

#[tokio::test]
async fn unverified_addresses_and_servers_without_mail_get_no_notice() {
    let app = TestApp::start().await;
    let eve = app.create_user("eve@example.com").await;
    eve.post("/me", &[("username", "eve.l")]).await.ok();
    assert_eq!(app.mail_count("eve@example.com"), 0);
    let app = TestApp::without_mail().await;
    let eve = app.create_user("eve@example.com").await;
    app.execute("UPDATE email_addresses SET verified_at = 1");
    eve.post("/me", &[("username", "eve.l")]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM security_notices"), 0);
}

#[tokio::test]
async fn notice_is_in_the_language_of_the_account() {
    let app = TestApp::start().await;
    let (ada, _) = ada(&app).await;
    app.execute("UPDATE users SET language = 'de'");
    ada.post("/me", &[("username", "ada.l")]).await.ok();
    let mail = app.mail(ADA);
    assert!(mail.subject.contains("Ihr Konto bei Vestibule wurde geändert"), "{}", mail.subject);
    assert!(mail.text.contains("Ich war das nicht"), "{}", mail.text);
}
