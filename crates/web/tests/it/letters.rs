//! What becomes of mail, as the list of invitations tells it; and letters other than the first one.

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
use vestibule_core::context::Caller;
use vestibule_core::mail::Undelivered;
use vestibule_core::outbox::{self, Drop, List, Refuse, Retry};
use vestibule_core::settings::{Hidden, Settings};

use crate::harness::{Answer, App, Client, DAY, PASSWORD, text};

const NINA: &str = "nina@example.com";

struct Office {
    app: App,
    owner: Client,
    organization: String,
}

async fn office(change: impl FnOnce(&mut Settings)) -> Office {
    let app = App::with(change).await;
    let (owner, organization) = app.founder("owner@example.com").await;
    Office { app, owner, organization }
}

impl Office {
    fn path(&self) -> String {
        format!("/organizations/{}/invitations", self.organization)
    }

    async fn invite(&self, fields: &[(&str, &str)]) -> Value {
        self.owner.post(&self.path(), fields).await.ok()
    }

    async fn delivery(&self) -> Value {
        self.owner.get(&self.path()).await.ok()[0]["delivery"].clone()
    }
}

fn refusal(retry: bool) -> Undelivered {
    Undelivered { reason: "450 4.2.0 greylisted".to_owned(), retry }
}

#[tokio::test]
async fn what_is_put_off_says_why_and_when_it_is_tried_again() {
    let office = office(|_| ()).await;
    let mailbox = &office.app.inner.mailbox;
    mailbox.refuse_next(refusal(true));
    mailbox.refuse_next(refusal(true));
    office.owner.post_without_draining(&office.path(), &[("email", NINA)]).await.ok();
    assert_eq!(office.delivery().await["state"], "queued");
    office.app.drain().await;
    let put_off = office.delivery().await;
    assert_eq!((&put_off["state"], &put_off["reason"]), (&"deferred".into(), &"450 4.2.0 greylisted".into()));
    let next = text(&put_off["next_attempt_at"]);
    assert!(("2026-01-15T10:30:45".."2026-01-15T10:31:16").contains(&next.as_str()), "{next}");
    office.app.advance(Duration::from_mins(2));
    office.app.drain().await;
    assert_eq!(office.delivery().await["attempts"], 2);
    office.app.advance(Duration::from_mins(3));
    office.app.drain().await;
    let sent = office.delivery().await;
    assert_eq!((&sent["state"], &sent["attempts"], &sent["reason"]), (&"sent".into(), &3.into(), &"".into()));
    assert_eq!(sent["next_attempt_at"], Value::Null);
    assert_eq!(office.app.mails_to(NINA), 1);
}

#[tokio::test]
async fn what_was_given_up_can_be_tried_again_or_let_go() {
    let office = office(|_| ()).await;
    let service = &office.app.inner.service;
    for _ in 0..2 {
        office.app.inner.mailbox.refuse_next(refusal(false));
    }
    office.invite(&[("email", NINA)]).await;
    assert_eq!(office.delivery().await["state"], "failed");
    let dead = service.ask(&Caller::nobody(), &List).await.result.unwrap();
    let job = dead[0].id;
    assert_eq!((dead.len(), dead[0].reason.as_str(), dead[0].attempts), (1, "450 4.2.0 greylisted", 1));
    assert_eq!(service.run(&Caller::nobody(), Retry { job: None }).await.result.unwrap(), 1);
    assert_eq!(office.delivery().await["state"], "queued");
    office.app.drain().await;
    assert_eq!(office.delivery().await["state"], "failed", "refused once more");
    service.run(&Caller::nobody(), Retry { job: Some(job) }).await.result.unwrap();
    office.app.drain().await;
    assert_eq!(office.delivery().await["state"], "sent");
    let none = service.run(&Caller::nobody(), Retry { job: Some(job) }).await.result.unwrap_err();
    assert_eq!(none.code().as_str(), "JOB_NOT_FOUND");

    office.app.inner.mailbox.refuse_next(refusal(false));
    office.invite(&[("email", "kim@example.com")]).await;
    let dead = service.ask(&Caller::nobody(), &List).await.result.unwrap();
    service.run(&Caller::nobody(), Drop { job: dead[0].id }).await.result.unwrap();
    let let_go = office.delivery().await;
    assert_eq!((&let_go["state"], office.app.mails_to("kim@example.com")), (&"not_sent".into(), 0));
    assert!(service.ask(&Caller::nobody(), &List).await.result.unwrap().is_empty());
}

const SECRET: &str = "a-shared-secret";

async fn report(app: &App, body: &str, (secret, timestamp): (&str, i64)) -> Answer {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("msg_1.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,AAAA v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let mut provider = app.visitor();
    provider.headers.insert("webhook-id", "msg_1".parse().unwrap());
    provider.headers.insert("webhook-timestamp", timestamp.to_string().parse().unwrap());
    provider.headers.insert("webhook-signature", signature.parse().unwrap());
    provider.send(Method::POST, "/mail/reports", Some("application/json"), Body::from(body.to_owned())).await
}

#[tokio::test]
async fn a_signed_report_says_that_a_mail_came_back() {
    let office = office(|settings| settings.mail.bounce_secret = Some(Hidden::new(SECRET.to_owned()))).await;
    let now = office.app.inner.service.now().unix_seconds();
    office.invite(&[("email", NINA)]).await;
    let id = office.app.mail(NINA).message_id;
    let body = format!(r#"{{"message_id": "<{id}>", "type": "bounced", "reason": "550 <{NINA}> no such user"}}"#);
    report(&office.app, &body, ("another", now)).await.refused(401, "INVALID_SIGNATURE");
    report(&office.app, &body, (SECRET, now - 301)).await.refused(401, "INVALID_SIGNATURE");
    report(&office.app, "{}", (SECRET, now)).await.refused(400, "BAD_REQUEST_BODY");
    let fine = body.replace("bounced", "delivered");
    assert_eq!(report(&office.app, &fine, (SECRET, now)).await.status, 204);
    assert_eq!(office.delivery().await["state"], "sent");
    let guessed = body.replace('.', ".1");
    assert_eq!(report(&office.app, &guessed, (SECRET, now)).await.status, 204, "and about nothing");
    assert_eq!(office.delivery().await["state"], "sent");
    assert_eq!(report(&office.app, &body, (SECRET, now)).await.status, 204);
    let back = office.delivery().await;
    assert_eq!((&back["state"], &back["reason"]), (&"bounced".into(), &"550 … no such user".into()));
    // Sent again, it has another generation: the old report says nothing about it.
    let invitation = text(&office.owner.get(&office.path()).await.ok()[0]["id"]);
    office.owner.post(&format!("{}/{invitation}/resend", office.path()), &[]).await.ok();
    report(&office.app, &body, (SECRET, now)).await;
    assert_eq!(office.delivery().await["state"], "sent");
    // Whoever complains is not written to again.
    let id = office.app.mail(NINA).message_id;
    let complaint = format!(r#"{{"message_id": "{id}", "type": "complained"}}"#);
    report(&office.app, &complaint, (SECRET, now)).await;
    office.owner.post(&format!("{}/{invitation}/resend", office.path()), &[]).await.ok();
    assert_eq!(office.delivery().await["state"], "not_sent");
    let unset = App::start().await;
    report(&unset, &body, (SECRET, now)).await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_report_in_the_folder_says_so_too() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().to_owned();
    let office = office(|settings| settings.mail.bounce_dir = Some(reports)).await;
    office.invite(&[("email", NINA)]).await;
    let id = office.app.mail(NINA).message_id;
    let about = |id: &str| {
        format!(
            "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
             Message-ID: <{id}>\r\n\r\n--b--\r\n"
        )
    };
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("ours", &about(&id));
    put("theirs", &about("1.2.3@elsewhere"));
    put("vacation", "Subject: away\r\n\r\nUntil Monday");
    put(".half", &about(&id));
    outbox::read_reports(&office.app.inner.service).await;
    let back = office.delivery().await;
    assert_eq!((&back["state"], &back["reason"]), (&"bounced".into(), &"5.1.1".into()));
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(folder.path()), [".half", "unread"]);
    assert_eq!(names(&folder.path().join("unread")), ["theirs", "vacation"]);
}

#[tokio::test]
async fn reminders_come_before_the_end_and_stop_with_an_answer() {
    let office = office(|settings| settings.invitations.reminder_days = vec![3, 1]).await;
    office.invite(&[("email", NINA)]).await;
    office.invite(&[("email", "kim@example.com")]).await;
    office.invite(&[("email", "lou@example.com"), ("expiry_days", "2")]).await;
    office.app.advance(DAY);
    office.app.drain().await;
    office.app.advance(DAY * 3);
    office.app.drain().await;
    let reminder = office.app.mail(NINA);
    assert!(reminder.subject.contains("ends in 3 days"), "{}", reminder.subject);
    assert_eq!((office.app.mails_to(NINA), office.app.mails_to("lou@example.com")), (2, 2), "each at its time");
    assert_eq!(office.app.mailed_token(NINA).split('.').count(), 2, "the reminder opens it too");
    let declined = [("token", office.app.mailed_token("kim@example.com"))];
    let declined = declined.each_ref().map(|(name, token)| (*name, token.as_str()));
    office.app.visitor().post("/organizations/invitations/decline", &declined).await.ok();
    let delivery = office.delivery().await;
    assert_eq!(delivery["state"], "sent");
    office.app.advance(DAY * 2);
    office.app.drain().await;
    assert_eq!((office.app.mails_to(NINA), office.app.mails_to("kim@example.com")), (3, 2));
    office.app.advance(DAY * 2);
    office.app.drain().await;
    assert_eq!(office.app.mails_to(NINA), 3);
}

#[tokio::test]
async fn whoever_wants_no_more_mail_of_an_organization_gets_none() {
    let office = office(|_| ()).await;
    office.invite(&[("email", NINA)]).await;
    let stop = office.app.mail(NINA).stop.unwrap();
    let eml = String::from_utf8(office.app.mail(NINA).eml().unwrap()).unwrap();
    assert!(eml.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{eml}");
    let token = stop.rsplit_once('/').unwrap().1.to_owned();
    let refuse = Refuse { token: token.parse().unwrap() };
    office.app.run(&office.app.visitor(), refuse).await.unwrap();
    let invitation = text(&office.owner.get(&office.path()).await.ok()[0]["id"]);
    office.owner.post(&format!("{}/{invitation}/resend", office.path()), &[]).await.ok();
    let told = office.delivery().await;
    assert_eq!(told["state"], "not_sent");
    assert!(text(&told["reason"]).contains("no more mail"), "{told}");
    assert_eq!(office.app.mails_to(NINA), 1);
    let other = office.owner.post("/organizations", &[("name", "Other")]).await.ok();
    let path = format!("/organizations/{}/invitations", text(&other["organization"]["id"]));
    office.owner.post(&path, &[("email", NINA)]).await.ok();
    assert_eq!(office.app.mails_to(NINA), 2, "another organization is another matter");
    let mut wrong = token.into_bytes();
    wrong[20] = if wrong[20] == b'A' { b'B' } else { b'A' };
    let refuse = Refuse { token: String::from_utf8(wrong).unwrap().parse().unwrap() };
    assert!(office.app.run(&office.app.visitor(), refuse).await.is_err());
}

#[tokio::test]
async fn people_are_written_to_in_their_language() {
    let office = office(|_| ()).await;
    office.invite(&[("email", NINA), ("locale", "de")]).await;
    assert!(office.app.mail(NINA).text.starts_with("Guten Tag"), "{}", office.app.mail(NINA).text);
    office
        .owner
        .post(&office.path(), &[("email", "kim@example.com"), ("locale", "fr")])
        .await
        .refused(400, "INVALID_FIELD");
    // Whoever has made an account in German is written to in German.
    let mut browser = office.app.visitor();
    browser.headers.insert("accept-language", "de-AT,de;q=0.9".parse().unwrap());
    let token = office.app.mailed_token(NINA);
    browser.post("/auth/signup", &[("email", NINA), ("password", PASSWORD), ("invite_token", &token)]).await.ok();
    browser.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    let other = office.owner.post("/organizations", &[("name", "Other")]).await.ok();
    let path = format!("/organizations/{}/invitations", text(&other["organization"]["id"]));
    office.owner.post(&path, &[("email", NINA)]).await.ok();
    assert!(office.app.mail(NINA).subject.contains("lädt Sie ein"), "{}", office.app.mail(NINA).subject);
    browser.post("/auth/forgot-password", &[("email", NINA)]).await.ok();
    assert!(office.app.mail(NINA).subject.contains("neues Passwort"));
}

#[tokio::test]
async fn members_hear_of_what_concerns_them() {
    let office = office(|_| ()).await;
    office.app.member(&office.owner, &office.organization, NINA, "").await;
    let house = format!("/organizations/{}", office.organization);
    let members = office.owner.get(&format!("{house}/members")).await.ok();
    let nina = members["data"].as_array().unwrap().iter().find(|one| one.to_string().contains(NINA)).unwrap().clone();
    let id = text(&nina["id"]);
    office.owner.post(&format!("{house}/handover"), &[("member_id", &id)]).await.ok();
    let offered = office.app.mail(NINA);
    assert!(offered.subject.contains("offers you the organization Acme"), "{}", offered.subject);
    office.owner.post(&format!("{house}/handover/withdraw"), &[]).await.ok();
    office.owner.post(&format!("{house}/members/{id}/remove"), &[]).await.ok();
    assert!(office.app.mail(NINA).subject.contains("no longer a member of Acme"));
    // What was overtaken before it was written is not sent.
    let again = office.app.mails_to(NINA);
    office.app.member(&office.owner, &office.organization, "kim@example.com", "").await;
    assert_eq!(office.app.mails_to(NINA), again);
}
