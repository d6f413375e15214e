//! Several processes on one database: what one commits takes effect in all of them at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::mail::{MailTransport, Mailbox, Message, SendFuture};
use vestibule_core::membership::RevokeRole;
use vestibule_core::settings::Settings;
use vestibule_core::{invitation, mailer, node};
use vestibule_testbed::{Database, Engine};

use crate::harness::{TestApp, TestAppBuilder, text};

async fn two_processes() -> (TestApp, TestApp) {
    let first = TestAppBuilder::new(Database::create_on(Engine::Postgres)).build().await;
    let second = first.second_instance().await;
    (first, second)
}

#[tokio::test]
async fn session_is_shared_and_ended_across_processes() {
    let (first, second) = two_processes().await;
    let ada = first.create_user("ada@example.com").await;
    let in_second = second.client_with_cookie(ada.cookie.lock().unwrap().clone());
    assert_eq!(in_second.get("/me").await.ok()["id"], ada.get("/me").await.ok()["id"]);
    in_second.post("/session/sign-out", &[]).await.ok();
    ada.get("/me").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn revoked_role_takes_effect_in_other_process() {
    let (first, second) = two_processes().await;
    let (olga, organization) = first.create_organization("olga@example.com").await;
    let admin = olga.admin_role(&format!("/organizations/{organization}")).await;
    let nina = first.create_member(&olga, &organization, "nina@example.com", &admin).await;
    let in_second = second.client_with_cookie(nina.cookie.lock().unwrap().clone());
    let list = format!("/organizations/{organization}/invitations");
    in_second.get_and_check_cache(&list).await.ok();

    let members = olga.get(&format!("/organizations/{organization}/members")).await.ok();
    let nina_is = |member: &&serde_json::Value| member["user"]["first_name"] == "nina";
    let membership = text(&members["data"].as_array().unwrap().iter().find(nina_is).unwrap()["id"]);
    let (organization, membership, role) =
        (organization.parse().unwrap(), membership.parse().unwrap(), admin.parse().unwrap());
    first.run(&olga, RevokeRole { organization, member: membership, role }).await.unwrap();
    in_second.get(&list).await.assert_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn rate_limit_counts_across_processes() {
    let limit = |settings: &mut Settings| settings.passwords.attempts_per_account = 3;
    let first = TestAppBuilder::new(Database::create_on(Engine::Postgres)).with_settings(limit).build().await;
    let second = first.second_instance_builder().with_settings(limit).build().await;
    first.create_user("ada@example.com").await;
    let attempt = [("email", "ada@example.com"), ("password", "a wrong guess")];
    for app in [&first, &second, &first] {
        app.anonymous().post("/auth/signin", &attempt).await.assert_error(401, "INVALID_CREDENTIALS");
    }
    for app in [&first, &second] {
        app.anonymous().post("/auth/signin", &attempt).await.assert_error(429, "TOO_MANY_REQUESTS");
    }
}

#[tokio::test]
async fn leases_unique_node_number_per_process() {
    let (first, second) = two_processes().await;
    let third = first.second_instance().await;
    let (one, two, three) = (first.inner.service.node(), second.inner.service.node(), third.inner.service.node());
    assert_eq!((one, two, three), (1, 2, 3));
    node::renew_lease_loop(&second.inner.service, async {}).await;
    assert_eq!(first.second_instance().await.inner.service.node(), 2, "a released number is leased again");

    first.advance(Duration::from_mins(9));
    node::renew_lease(&first.inner.service).await.unwrap();
    first.advance(Duration::from_mins(9));
    assert_eq!(
        first.second_instance().await.inner.service.node(),
        2,
        "1 was renewed, the leases of 2 and 3 have expired"
    );
    node::renew_lease(&third.inner.service).await.unwrap();
    assert_eq!(third.inner.service.node(), 3, "a late renewal succeeds if no other process took the number");
    first.advance(Duration::from_mins(20));
    let fourth = first.second_instance().await;
    assert_eq!(fourth.inner.service.node(), 1);
    node::renew_lease(&first.inner.service).await.unwrap();
    assert_eq!(first.inner.service.node(), 2, "a process that lost its number leases another one");
}

#[tokio::test]
async fn leases_and_releases_node_number_on_each_engine() {
    let app = TestApp::start().await;
    assert_eq!(app.inner.service.node(), 1);
    node::renew_lease(&app.inner.service).await.unwrap();
    assert_eq!(app.inner.service.node(), 1);
    node::renew_lease_loop(&app.inner.service, async {}).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM nodes"), 0);
}

/// A mail transport that never completes its first mail, like a process that dies while sending.
#[derive(Debug)]
struct HangsOnFirstMail {
    received: Arc<Notify>,
    is_first: AtomicBool,
    mailbox: Arc<Mailbox>,
}

impl MailTransport for HangsOnFirstMail {
    fn send<'a>(&'a self, message: &'a Message) -> SendFuture<'a> {
        if self.is_first.swap(false, Ordering::SeqCst) {
            self.received.notify_one();
            return Box::pin(std::future::pending());
        }
        self.mailbox.send(message)
    }
}

#[tokio::test]
async fn resends_mail_of_dead_process_after_lease_expires() {
    let received = Arc::new(Notify::new());
    let builder = TestAppBuilder::new(Database::create());
    let mailbox = Arc::clone(&builder.mailbox);
    let transport = HangsOnFirstMail { received: Arc::clone(&received), is_first: AtomicBool::new(true), mailbox };
    let dying = builder.with_mail_transport(Some(Arc::new(transport))).build().await;
    // An SQLite file has only one process, which continues after the crash.
    let surviving = match dying.inner.database.engine() {
        Engine::Postgres => dying.second_instance().await,
        Engine::Sqlite => dying.clone(),
    };
    let (olga, organization) = dying.create_organization("olga@example.com").await;
    let invite = invitation::Create {
        is_mailed: true,
        organization: organization.parse().unwrap(),
        invitee: EmailAddress::parse("nina@example.com").unwrap(),
        role: None,
        workspace: None,
        expiry_days: None,
        language: None,
        message: None,
    };
    dying.run(&olga, invite).await.unwrap();
    let service = Arc::clone(&dying.inner.service);
    let worker = tokio::spawn(async move { mailer::drain(&service).await });
    received.notified().await;
    worker.abort();

    surviving.drain().await;
    assert!(surviving.mails().is_empty(), "the lease has not expired yet");
    surviving.advance(Duration::from_mins(3));
    surviving.drain().await;
    assert_eq!(surviving.mails().len(), 1);
    let listed = olga.get_and_check_cache(&format!("/organizations/{organization}/invitations")).await.ok();
    assert_eq!(listed[0]["delivery"]["state"], "sent", "{listed}");
    assert_eq!(listed[0]["delivery"]["attempts"], 2, "{listed}");
}

#[tokio::test]
async fn each_job_is_claimed_by_one_process() {
    let (first, second) = two_processes().await;
    let (olga, organization) = first.create_organization("olga@example.com").await;
    for number in 0..8 {
        let invitee = EmailAddress::parse(&format!("nina{number}@example.com")).unwrap();
        let organization = organization.parse().unwrap();
        let invite = invitation::Create {
            is_mailed: true,
            organization,
            invitee,
            role: None,
            workspace: None,
            expiry_days: None,
            language: None,
            message: None,
        };
        first.run(&olga, invite).await.unwrap();
    }
    tokio::join!(first.drain(), second.drain());
    assert_eq!(first.mails().len() + second.mails().len(), 8);
    assert_eq!(first.count("SELECT SUM(delivery_attempts) FROM invitations WHERE delivery = 'sent'"), 8);
}
