//! Mail: delivery states, bounces, reminders, unsubscribing, languages and notifications.

use std::fs;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::execution::Caller;
use vestibule_core::mail::DeliveryError;
use vestibule_core::mailer;
use vestibule_core::mailer::Unsubscribe;
use vestibule_core::outbox::{Drop, List, Retry};
use vestibule_core::settings::{PublicUrl, Secret, Settings};

use crate::harness::{DAY, PASSWORD, TestApp, TestClient, TestResponse, text};
use crate::images;

const NINA: &str = "nina@example.com";

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
}

async fn setup(change: impl FnOnce(&mut Settings)) -> Setup {
    let app = TestApp::with_settings(change).await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    Setup { app, owner, organization }
}

impl Setup {
    fn path(&self) -> String {
        format!("/organizations/{}/invitations", self.organization)
    }

    async fn invite(&self, fields: &[(&str, &str)]) -> Value {
        self.owner.post(&self.path(), fields).await.ok()
    }

    async fn delivery(&self) -> Value {
        self.owner.get_and_check_cache(&self.path()).await.ok()[0]["delivery"].clone()
    }
}

fn rejection(retry: bool) -> DeliveryError {
    DeliveryError { reason: "450 4.2.0 greylisted".to_owned(), retry }
}

#[tokio::test]
async fn deferred_mail_shows_reason_and_next_attempt() {
    let setup = setup(|_| ()).await;
    let mailbox = &setup.app.inner.mailbox;
    mailbox.fail_next(rejection(true));
    mailbox.fail_next(rejection(true));
    setup.owner.post_without_draining(&setup.path(), &[("email", NINA)]).await.ok();
    assert_eq!(setup.delivery().await["state"], "queued");
    setup.app.drain().await;
    let deferred = setup.delivery().await;
    assert_eq!((&deferred["state"], &deferred["reason"]), (&"deferred".into(), &"450 4.2.0 greylisted".into()));
    let next = text(&deferred["next_attempt_at"]);
    assert!(("2026-01-15T10:30:45".."2026-01-15T10:31:16").contains(&next.as_str()), "{next}");
    setup.app.advance(Duration::from_mins(2));
    setup.app.drain().await;
    assert_eq!(setup.delivery().await["attempts"], 2);
    setup.app.advance(Duration::from_mins(3));
    setup.app.drain().await;
    let sent = setup.delivery().await;
    assert_eq!((&sent["state"], &sent["attempts"], &sent["reason"]), (&"sent".into(), &3.into(), &"".into()));
    assert_eq!(sent["next_attempt_at"], Value::Null);
    assert_eq!(setup.app.mail_count(NINA), 1);
}

#[tokio::test]
async fn operator_retries_or_drops_failed_jobs() {
    let setup = setup(|_| ()).await;
    let service = &setup.app.inner.service;
    for _ in 0..2 {
        setup.app.inner.mailbox.fail_next(rejection(false));
    }
    setup.invite(&[("email", NINA)]).await;
    assert_eq!(setup.delivery().await["state"], "failed");
    let failed = service.query(&Caller::anonymous(), &List).await.result.unwrap();
    let job = failed[0].id;
    assert_eq!((failed.len(), failed[0].reason.as_str(), failed[0].attempts), (1, "450 4.2.0 greylisted", 1));
    assert_eq!(service.run(&Caller::anonymous(), Retry { job: None }).await.result.unwrap(), 1);
    assert_eq!(setup.delivery().await["state"], "queued");
    setup.app.drain().await;
    assert_eq!(setup.delivery().await["state"], "failed", "rejected again");
    service.run(&Caller::anonymous(), Retry { job: Some(job) }).await.result.unwrap();
    setup.app.drain().await;
    assert_eq!(setup.delivery().await["state"], "sent");
    let none = service.run(&Caller::anonymous(), Retry { job: Some(job) }).await.result.unwrap_err();
    assert_eq!(none.code().as_str(), "JOB_NOT_FOUND");

    setup.app.inner.mailbox.fail_next(rejection(false));
    setup.invite(&[("email", "kim@example.com")]).await;
    let failed = service.query(&Caller::anonymous(), &List).await.result.unwrap();
    service.run(&Caller::anonymous(), Drop { job: failed[0].id }).await.result.unwrap();
    let dropped = setup.delivery().await;
    assert_eq!((&dropped["state"], setup.app.mail_count("kim@example.com")), (&"not_sent".into(), 0));
    assert!(service.query(&Caller::anonymous(), &List).await.result.unwrap().is_empty());
}

const SECRET: &str = "a-shared-secret";

async fn send_report(app: &TestApp, body: &str, (secret, timestamp): (&str, i64)) -> TestResponse {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("msg_1.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,AAAA v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let mut provider = app.anonymous();
    provider.headers.insert("webhook-id", "msg_1".parse().unwrap());
    provider.headers.insert("webhook-timestamp", timestamp.to_string().parse().unwrap());
    provider.headers.insert("webhook-signature", signature.parse().unwrap());
    provider.send(Method::POST, "/mail/reports", Some("application/json"), Body::from(body.to_owned())).await
}

#[tokio::test]
async fn signed_webhook_report_marks_mail_as_bounced() {
    let setup = setup(|settings| settings.mail.bounce_secret = Some(Secret::new(SECRET.to_owned()))).await;
    let now = setup.app.inner.service.now().unix_seconds();
    setup.invite(&[("email", NINA)]).await;
    let id = setup.app.mail(NINA).message_id;
    let body = format!(r#"{{"message_id": "<{id}>", "type": "bounced", "reason": "550 <{NINA}> no such user"}}"#);
    send_report(&setup.app, &body, ("another", now)).await.assert_error(401, "INVALID_SIGNATURE");
    send_report(&setup.app, &body, (SECRET, now - 301)).await.assert_error(401, "INVALID_SIGNATURE");
    send_report(&setup.app, "{}", (SECRET, now)).await.assert_error(400, "BAD_REQUEST_BODY");
    let delivered = body.replace("bounced", "delivered");
    assert_eq!(send_report(&setup.app, &delivered, (SECRET, now)).await.status, 204);
    assert_eq!(setup.delivery().await["state"], "sent");
    let guessed = body.replace('.', ".1");
    assert_eq!(
        send_report(&setup.app, &guessed, (SECRET, now)).await.status,
        204,
        "a report on an unknown mail is accepted"
    );
    assert_eq!(setup.delivery().await["state"], "sent");
    assert_eq!(send_report(&setup.app, &body, (SECRET, now)).await.status, 204);
    let bounced = setup.delivery().await;
    assert_eq!((&bounced["state"], &bounced["reason"]), (&"bounced".into(), &"550 … no such user".into()));
    // A resend would replace the link that works by one in a mail that bounces again.
    let invitation = text(&setup.owner.get(&setup.path()).await.ok()[0]["id"]);
    let resend = format!("{}/{invitation}/resend", setup.path());
    let before = setup.owner.get(&setup.path()).await.ok();
    setup.owner.post(&resend, &[]).await.assert_error(400, "ADDRESS_BOUNCED");
    assert_eq!(setup.owner.get(&setup.path()).await.ok(), before);
    // An expired one has nothing to lose. The resent mail has a new generation. The old report does not apply to it.
    setup.app.advance(DAY * 8);
    let now = setup.app.inner.service.now().unix_seconds();
    setup.owner.post(&resend, &[]).await.ok();
    send_report(&setup.app, &body, (SECRET, now)).await;
    assert_eq!(setup.delivery().await["state"], "sent");
    // A recipient who complained gets no more mail.
    let id = setup.app.mail(NINA).message_id;
    let complaint = format!(r#"{{"message_id": "{id}", "type": "complained"}}"#);
    send_report(&setup.app, &complaint, (SECRET, now)).await;
    setup.owner.post(&resend, &[]).await.assert_error(400, "INVITEE_UNSUBSCRIBED");
    let without_secret = TestApp::start().await;
    send_report(&without_secret, &body, (SECRET, now)).await.assert_error(404, "NOT_FOUND");
}

#[tokio::test]
async fn report_in_bounce_folder_marks_mail_as_bounced() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().to_owned();
    let setup = setup(|settings| settings.mail.bounce_dir = Some(reports)).await;
    setup.invite(&[("email", NINA)]).await;
    let id = setup.app.mail(NINA).message_id;
    let report = |id: &str| {
        format!(
            "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
             Message-ID: <{id}>\r\n\r\n--b--\r\n"
        )
    };
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("ours", &report(&id));
    put("theirs", &report("1.2.3@elsewhere"));
    put("vacation", "Subject: away\r\n\r\nUntil Monday");
    put(".half", &report(&id));
    mailer::process_reports(&setup.app.inner.service).await;
    let bounced = setup.delivery().await;
    assert_eq!((&bounced["state"], &bounced["reason"]), (&"bounced".into(), &"5.1.1".into()));
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(folder.path()), [".half", "unread"]);
    assert_eq!(names(&folder.path().join("unread")), ["theirs", "vacation"]);
}

/// A report in the shape of a mail server, about the mail with this id.
fn report_about(fixture: &str, id: &str) -> String {
    fixture.replace("5.7.42@join.example", id).replace("nina@example.org", NINA)
}

macro_rules! bounce {
    ($name:literal) => {
        include_str!(concat!("../../../core/tests/fixtures/bounces/", $name, ".eml"))
    };
}

#[tokio::test]
async fn bounces_in_the_forms_of_mail_servers_reach_the_invitation() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().to_owned();
    let setup = setup(|settings| settings.mail.bounce_dir = Some(reports)).await;
    for (index, (fixture, state, reason)) in [
        (bounce!("postfix"), "bounced", "Recipient address rejected: User unknown"),
        (bounce!("postfix-smtputf8"), "bounced", "5.1.1 smtp; 550 5.1.1 Postfach für … existiert nicht"),
        (bounce!("exim"), "bounced", "Ask the owner of the domain"),
        (bounce!("sendmail"), "bounced", "No such user"),
        (bounce!("exchange"), "bounced", "not found by SMTP address lookup"),
        (bounce!("gmail"), "bounced", "https://support.example.org/mail/?p=NoSuchUser - gsmtp"),
        (bounce!("amazon-ses"), "bounced", "user unknown"),
        (bounce!("postmark"), "bounced", "5.2.2 (mailbox full)"),
        (bounce!("complaint"), "bounced", "spam"),
        (bounce!("postfix-delayed"), "sent", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("guest{index}@example.com");
        setup.invite(&[("email", &email)]).await;
        let id = setup.app.mail(&email).message_id;
        fs::write(folder.path().join("report"), report_about(fixture, &id)).unwrap();
        mailer::process_reports(&setup.app.inner.service).await;
        assert!(!folder.path().join("unread").exists(), "{fixture}");
        let delivery = setup.delivery().await;
        assert_eq!(delivery["state"], state, "{fixture}");
        assert!(delivery["reason"].as_str().unwrap().contains(reason), "{index}: {delivery}");
    }
}

#[tokio::test]
async fn a_report_about_another_mail_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().to_owned();
    let setup = setup(|settings| settings.mail.bounce_dir = Some(reports)).await;
    setup.invite(&[("email", NINA)]).await;
    let id = setup.app.mail(NINA).message_id;
    // It returns another mail, which has a report about ours attached.
    fs::write(folder.path().join("forwarded"), report_about(bounce!("bounce-of-a-forwarded-bounce"), &id)).unwrap();
    // The id of another generation of the invitation.
    fs::write(folder.path().join("guessed"), report_about(bounce!("postfix"), &id.replacen('.', ".9", 2))).unwrap();
    mailer::process_reports(&setup.app.inner.service).await;
    assert_eq!(setup.delivery().await["state"], "sent");
    assert_eq!(fs::read_dir(folder.path().join("unread")).unwrap().count(), 2);
}

/// Returns the address and the name that answers to the newest mail go to.
fn reply_to(app: &TestApp, email: &str) -> Option<(String, String)> {
    let reply_to = app.mail(email).reply_to?;
    Some((reply_to.address.as_str().to_owned(), reply_to.name))
}

#[tokio::test]
async fn answers_to_an_invitation_go_to_the_inviter() {
    let setup = setup(|_| ()).await;
    setup.app.verify_all_addresses();
    setup.owner.post("/me", &[("first_name", "Žofie"), ("last_name", "Berg, Inc")]).await.ok();
    let inviter = Some(("owner@example.com".to_owned(), "Žofie Berg, Inc".to_owned()));
    let invitation = text(&setup.invite(&[("email", NINA)]).await["id"]);
    assert_eq!(reply_to(&setup.app, NINA), inviter);
    let eml = String::from_utf8(setup.app.mail(NINA).eml().unwrap()).unwrap();
    let header = eml.lines().find(|line| line.starts_with("Reply-To: ")).unwrap();
    assert!(header.starts_with("Reply-To: =?utf-8?b?") && header.ends_with("<owner@example.com>"), "{header}");

    setup.owner.post(&format!("{}/bulk", setup.path()), &[("emails", "kim@example.com, lou@example.com")]).await.ok();
    assert_eq!(reply_to(&setup.app, "kim@example.com"), inviter);
    // Who resends an invitation whose inviter is no longer a member becomes its inviter.
    let admin = setup.owner.admin_role(&format!("/organizations/{}", setup.organization)).await;
    let admin = setup.app.create_member(&setup.owner, &setup.organization, "ada@example.com", &admin).await;
    let by_admin = text(&admin.post(&setup.path(), &[("email", "max@example.com")]).await.ok()["id"]);
    assert_eq!(reply_to(&setup.app, "max@example.com").unwrap().0, "ada@example.com");
    admin.post(&format!("/organizations/{}/leave", setup.organization), &[]).await.ok();
    setup.owner.post(&format!("{}/{by_admin}/resend", setup.path()), &[]).await.ok();
    assert_eq!(reply_to(&setup.app, "max@example.com"), inviter);
    setup.owner.post(&format!("{}/{invitation}/resend", setup.path()), &[]).await.ok();
    assert_eq!(reply_to(&setup.app, NINA), inviter);
}

fn support_address() -> EmailAddress {
    EmailAddress::parse("support@example.com").unwrap()
}

#[tokio::test]
async fn answers_go_to_no_unverified_address_of_an_inviter() {
    let setup = setup(|settings| {
        settings.mail.reply_to = Some(support_address());
        settings.invitations.reminder_days = Vec::new();
    })
    .await;
    setup.app.execute("UPDATE email_addresses SET verified_at = NULL WHERE address_key = 'owner@example.com'");
    setup.app.invalidate_caches();
    setup.invite(&[("email", NINA)]).await;
    assert_eq!(reply_to(&setup.app, NINA), Some(("support@example.com".to_owned(), String::new())));
}

#[tokio::test]
async fn settings_decide_where_answers_go() {
    let setup = setup(|settings| settings.mail.reply_to_inviter = false).await;
    setup.app.verify_all_addresses();
    setup.invite(&[("email", NINA)]).await;
    assert_eq!(reply_to(&setup.app, NINA), None);
    let setup = self::setup(|settings| settings.mail.reply_to = Some(support_address())).await;
    setup.app.verify_all_addresses();
    setup.app.anonymous().post("/auth/forgot-password", &[("email", "owner@example.com")]).await.ok();
    assert_eq!(reply_to(&setup.app, "owner@example.com").unwrap().0, "support@example.com");
    setup.invite(&[("email", NINA)]).await;
    assert_eq!(reply_to(&setup.app, NINA).unwrap().0, "owner@example.com");
}

#[tokio::test]
async fn sends_reminders_until_invitation_is_answered() {
    let setup = setup(|settings| settings.invitations.reminder_days = vec![3, 1]).await;
    setup.invite(&[("email", NINA)]).await;
    setup.invite(&[("email", "kim@example.com")]).await;
    setup.invite(&[("email", "lou@example.com"), ("expiry_days", "2")]).await;
    setup.app.advance(DAY);
    setup.app.drain().await;
    setup.app.advance(DAY * 3);
    setup.app.drain().await;
    let reminder = setup.app.mail(NINA);
    assert!(reminder.subject.contains("expires in 3 days"), "{}", reminder.subject);
    assert_eq!(
        (setup.app.mail_count(NINA), setup.app.mail_count("lou@example.com")),
        (2, 2),
        "each invitation has its own schedule"
    );
    assert_eq!(setup.app.mailed_token(NINA).split('.').count(), 2, "the reminder contains the mailed token");
    let declined = [("token", setup.app.mailed_token("kim@example.com"))];
    let declined = declined.each_ref().map(|(name, token)| (*name, token.as_str()));
    setup.app.anonymous().post("/organizations/invitations/decline", &declined).await.ok();
    let delivery = setup.delivery().await;
    assert_eq!(delivery["state"], "sent");
    setup.app.advance(DAY * 2);
    setup.app.drain().await;
    assert_eq!((setup.app.mail_count(NINA), setup.app.mail_count("kim@example.com")), (3, 2));
    setup.app.advance(DAY * 2);
    setup.app.drain().await;
    assert_eq!(setup.app.mail_count(NINA), 3);
}

#[tokio::test]
async fn unsubscribing_stops_mail_of_one_organization() {
    let setup = setup(|_| ()).await;
    setup.invite(&[("email", NINA)]).await;
    let unsubscribe_url = setup.app.mail(NINA).unsubscribe_url.unwrap();
    let eml = String::from_utf8(setup.app.mail(NINA).eml().unwrap()).unwrap();
    assert!(eml.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{eml}");
    let token = unsubscribe_url.rsplit_once('/').unwrap().1.to_owned();
    let unsubscribe = Unsubscribe { token: token.parse().unwrap() };
    setup.app.run(&setup.app.anonymous(), unsubscribe).await.unwrap();
    let before = setup.owner.get(&setup.path()).await.ok();
    let resend = format!("{}/{}/resend", setup.path(), text(&before[0]["id"]));
    setup.owner.post(&resend, &[]).await.assert_error(400, "INVITEE_UNSUBSCRIBED");
    assert_eq!(setup.owner.get_and_check_cache(&setup.path()).await.ok(), before, "the link still works");
    // An expired invitation is renewed without a mail. An admin can pass the link on.
    setup.app.advance(DAY * 8);
    setup.owner.post(&resend, &[]).await.ok();
    let delivery = setup.delivery().await;
    assert_eq!(delivery["state"], "not_sent");
    assert!(text(&delivery["reason"]).contains("has unsubscribed"), "{delivery}");
    assert_eq!(setup.app.mail_count(NINA), 1);
    let other = setup.owner.post("/organizations", &[("name", "Other")]).await.ok();
    let path = format!("/organizations/{}/invitations", text(&other["organization"]["id"]));
    setup.owner.post(&path, &[("email", NINA)]).await.ok();
    assert_eq!(setup.app.mail_count(NINA), 2, "other organizations still send mail");
    let mut wrong = token.into_bytes();
    wrong[20] = if wrong[20] == b'A' { b'B' } else { b'A' };
    let unsubscribe = Unsubscribe { token: String::from_utf8(wrong).unwrap().parse().unwrap() };
    assert!(setup.app.run(&setup.app.anonymous(), unsubscribe).await.is_err());
}

#[tokio::test]
async fn mails_use_language_of_recipient() {
    let setup = setup(|_| ()).await;
    setup.invite(&[("email", NINA), ("locale", "de")]).await;
    assert!(setup.app.mail(NINA).text.starts_with("Guten Tag"), "{}", setup.app.mail(NINA).text);
    setup
        .owner
        .post(&setup.path(), &[("email", "kim@example.com"), ("locale", "fr")])
        .await
        .assert_error(400, "INVALID_FIELD");
    // The account's language is that of the browser that signed up.
    let mut browser = setup.app.anonymous();
    browser.headers.insert("accept-language", "de-AT,de;q=0.9".parse().unwrap());
    let token = setup.app.mailed_token(NINA);
    browser.post("/auth/signup", &[("email", NINA), ("password", PASSWORD), ("invite_token", &token)]).await.ok();
    browser.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    let other = setup.owner.post("/organizations", &[("name", "Other")]).await.ok();
    let path = format!("/organizations/{}/invitations", text(&other["organization"]["id"]));
    setup.owner.post(&path, &[("email", NINA)]).await.ok();
    assert!(setup.app.mail(NINA).subject.contains("lädt Sie zu „Other“"), "{}", setup.app.mail(NINA).subject);
    browser.post("/auth/forgot-password", &[("email", NINA)]).await.ok();
    assert!(setup.app.mail(NINA).subject.contains("neues Passwort"));
}

#[tokio::test]
async fn invitations_show_logo_and_roles() {
    let app =
        TestApp::with_settings(|settings| settings.public_url = PublicUrl::parse("https://vestibule.test").unwrap())
            .await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let path = format!("/organizations/{organization}");
    let picture = images::encode(image::ImageFormat::Png, 8, 8);
    let logo = format!("{path}/-/settings/logo");
    owner.post_file(&logo, &[], ("file", &picture)).await.assert_redirect(&format!("{path}/-/settings"));
    let buyer = text(&owner.post(&format!("{path}/roles"), &[("name", "Buyer")]).await.ok()["id"]);
    let warehouse = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let warehouse = text(&owner.post("/workspaces", &warehouse).await.ok()["workspace"]["id"]);
    let fields = [("email", NINA), ("role_id", &buyer), ("workspace_id", &warehouse), ("locale", "de")];
    owner.post(&format!("{path}/invitations"), &fields).await.ok();
    let mail = app.mail(NINA);
    assert!(mail.text.contains("\n\nRolle in „Acme“: „Buyer“\nRolle in „Warehouse“: „Mitglied“\n\n"), "{}", mail.text);
    let image = mail.html.split_once("<img src=\"https://vestibule.test").unwrap().1.split('"').next().unwrap();
    assert!(mail.html.contains(&format!("{image}\" alt=\"Acme\" height=\"48\"")), "{}", mail.html);
    let shown = app.anonymous().get(image).await;
    assert_eq!((shown.status, &shown.headers["content-type"]), (200, &"image/png".parse().unwrap()));
}

#[tokio::test]
async fn notifies_members_of_offer_and_removal() {
    let setup = setup(|_| ()).await;
    setup.app.create_member(&setup.owner, &setup.organization, NINA, "").await;
    let organization_path = format!("/organizations/{}", setup.organization);
    let members = setup.owner.get(&format!("{organization_path}/members")).await.ok();
    let nina = members["data"].as_array().unwrap().iter().find(|one| one.to_string().contains(NINA)).unwrap().clone();
    let id = text(&nina["id"]);
    setup.owner.post(&format!("{organization_path}/handover"), &[("member_id", &id)]).await.ok();
    let offered = setup.app.mail(NINA);
    assert!(offered.subject.contains("wants to transfer the organization “Acme”"), "{}", offered.subject);
    setup.owner.post(&format!("{organization_path}/handover/withdraw"), &[]).await.ok();
    setup.owner.post(&format!("{organization_path}/members/{id}/remove"), &[]).await.ok();
    assert!(setup.app.mail(NINA).subject.contains("no longer a member of “Acme”"));
    // Mail about a withdrawn offer is not sent.
    let mails_before = setup.app.mail_count(NINA);
    setup.app.create_member(&setup.owner, &setup.organization, "kim@example.com", "").await;
    assert_eq!(setup.app.mail_count(NINA), mails_before);
}

#[tokio::test]
async fn outbox_worker_stops_on_shutdown() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    mailer::run_worker(&app.inner.service, std::future::ready(())).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = std::sync::Arc::clone(&app.inner.service);
    let worker = tokio::spawn(async move { mailer::run_worker(&service, async { drop(stopped.await) }).await });
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "nina@example.com")]).await.ok();
    stop.send(()).unwrap();
    worker.await.unwrap();
    assert_eq!(app.mails().len(), 1, "the mail is sent once");
}
