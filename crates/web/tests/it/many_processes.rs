//! Many processes on one database: what one does holds for all of them at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::mail::{Carrier, Mailbox, Message, Sending};
use vestibule_core::membership::TakeRole;
use vestibule_core::settings::Settings;
use vestibule_core::{invitation, node, outbox};
use vestibule_testbed::{Database, Engine};

use crate::harness::{App, Start, text};

async fn two_processes() -> (App, App) {
    let first = Start::on(Database::fresh_on(Engine::Postgres)).app().await;
    let second = first.beside().await;
    (first, second)
}

#[tokio::test]
async fn a_session_holds_and_ends_on_every_process() {
    let (first, second) = two_processes().await;
    let ada = first.person("ada@example.com").await;
    let elsewhere = second.with_cookie(ada.cookie.lock().unwrap().clone());
    assert_eq!(elsewhere.get("/me").await.ok()["id"], ada.get("/me").await.ok()["id"]);
    elsewhere.post("/session/sign-out", &[]).await.ok();
    ada.get("/me").await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_right_that_is_taken_on_one_process_is_gone_on_the_other() {
    let (first, second) = two_processes().await;
    let (olga, organization) = first.founder("olga@example.com").await;
    let roles = olga.get(&format!("/organizations/{organization}/roles")).await.ok();
    let admin = text(&roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap()["id"]);
    let nina = first.member(&olga, &organization, "nina@example.com", &admin).await;
    let elsewhere = second.with_cookie(nina.cookie.lock().unwrap().clone());
    let list = format!("/organizations/{organization}/invitations");
    elsewhere.get(&list).await.ok();

    let members = olga.get(&format!("/organizations/{organization}/members")).await.ok();
    let nina_is = |member: &&serde_json::Value| member["user"]["first_name"] == "nina";
    let membership = text(&members["data"].as_array().unwrap().iter().find(nina_is).unwrap()["id"]);
    let (organization, membership, role) =
        (organization.parse().unwrap(), membership.parse().unwrap(), admin.parse().unwrap());
    first.run(&olga, TakeRole { organization, member: membership, role }).await.unwrap();
    elsewhere.get(&list).await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn attempts_are_counted_over_all_processes() {
    let few = |settings: &mut Settings| settings.passwords.attempts_per_account = 3;
    let first = Start::on(Database::fresh_on(Engine::Postgres)).changed(few).app().await;
    let second = first.start_beside().changed(few).app().await;
    first.person("ada@example.com").await;
    let attempt = [("email", "ada@example.com"), ("password", "a wrong guess")];
    for app in [&first, &second, &first] {
        app.visitor().post("/auth/signin", &attempt).await.refused(401, "INVALID_CREDENTIALS");
    }
    for app in [&first, &second] {
        app.visitor().post("/auth/signin", &attempt).await.refused(429, "TOO_MANY_REQUESTS");
    }
}

#[tokio::test]
async fn every_process_has_a_number_of_its_own_and_keeps_it_while_it_lives() {
    let (first, second) = two_processes().await;
    let third = first.beside().await;
    let (one, two, three) = (first.inner.service.node(), second.inner.service.node(), third.inner.service.node());
    assert_eq!((one, two, three), (1, 2, 3));
    node::hold(&second.inner.service, async {}).await;
    assert_eq!(first.beside().await.inner.service.node(), 2, "what one gave back, the next may have");

    first.advance(Duration::from_mins(9));
    node::renew(&first.inner.service).await.unwrap();
    first.advance(Duration::from_mins(9));
    assert_eq!(first.beside().await.inner.service.node(), 2, "1 was renewed, 2 and 3 are nobody's any more");
    node::renew(&third.inner.service).await.unwrap();
    assert_eq!(third.inner.service.node(), 3, "late, and nobody was there before");
    first.advance(Duration::from_mins(20));
    let fourth = first.beside().await;
    assert_eq!(fourth.inner.service.node(), 1);
    node::renew(&first.inner.service).await.unwrap();
    assert_eq!(first.inner.service.node(), 2, "whoever was away for too long takes another number");
}

#[tokio::test]
async fn a_number_is_leased_on_either_engine() {
    let app = App::start().await;
    assert_eq!(app.inner.service.node(), 1);
    node::renew(&app.inner.service).await.unwrap();
    assert_eq!(app.inner.service.node(), 1);
    node::hold(&app.inner.service, async {}).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM nodes"), 0);
}

/// Takes its first mail and never says what came of it, as a process does that dies meanwhile.
#[derive(Debug)]
struct DiesAtFirst {
    has_it: Arc<Notify>,
    first: AtomicBool,
    then: Arc<Mailbox>,
}

impl Carrier for DiesAtFirst {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        if self.first.swap(false, Ordering::SeqCst) {
            self.has_it.notify_one();
            return Box::pin(std::future::pending());
        }
        self.then.send(message)
    }
}

#[tokio::test]
async fn a_dead_processs_mail_is_sent_when_its_lease_is_over() {
    let has_it = Arc::new(Notify::new());
    let start = Start::on(Database::fresh());
    let then = Arc::clone(&start.mailbox);
    let carrier = DiesAtFirst { has_it: Arc::clone(&has_it), first: AtomicBool::new(true), then };
    let dying = start.carried_by(Some(Arc::new(carrier))).app().await;
    // A file has one process, which lives again; a server has another one.
    let living = match dying.inner.database.engine() {
        Engine::Postgres => dying.beside().await,
        Engine::Sqlite => dying.clone(),
    };
    let (olga, organization) = dying.founder("olga@example.com").await;
    let invite = invitation::Create {
        organization: organization.parse().unwrap(),
        invitee: EmailAddress::parse("nina@example.com").unwrap(),
        role: None,
        workspace: None,
        days: None,
        language: None,
    };
    dying.run(&olga, invite).await.unwrap();
    let service = Arc::clone(&dying.inner.service);
    let drains = tokio::spawn(async move { outbox::drain(&service).await });
    has_it.notified().await;
    drains.abort();

    living.drain().await;
    assert!(living.mails().is_empty(), "the lease is not over yet");
    living.advance(Duration::from_mins(3));
    living.drain().await;
    assert_eq!(living.mails().len(), 1);
    let listed = olga.get(&format!("/organizations/{organization}/invitations")).await.ok();
    assert_eq!(listed[0]["delivery"]["state"], "sent", "{listed}");
    assert_eq!(listed[0]["delivery"]["attempts"], 2, "{listed}");
}

#[tokio::test]
async fn a_job_is_claimed_by_one_of_many() {
    let (first, second) = two_processes().await;
    let (olga, organization) = first.founder("olga@example.com").await;
    for number in 0..8 {
        let invitee = EmailAddress::parse(&format!("nina{number}@example.com")).unwrap();
        let organization = organization.parse().unwrap();
        let invite =
            invitation::Create { organization, invitee, role: None, workspace: None, days: None, language: None };
        first.run(&olga, invite).await.unwrap();
    }
    tokio::join!(first.drain(), second.drain());
    assert_eq!(first.mails().len() + second.mails().len(), 8);
    assert_eq!(first.count("SELECT SUM(delivery_attempts) FROM invitations WHERE delivery = 'sent'"), 8);
}
