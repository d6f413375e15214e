//! Mail by a real mail server on loopback: what the list of invitations says of each way it can go.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use vestibule_core::mail::{Carrier, SmtpCarrier};
use vestibule_core::settings::{Hidden, Security, Smtp};
use vestibule_testbed::Database;
use vestibule_testbed::smtp::MailServer;

use crate::harness::{App, Client, Start};

const NINA: &str = "nina@example.com";

fn settings(server: &MailServer) -> Smtp {
    Smtp {
        host: "localhost".to_owned(),
        port: server.port,
        security: Security::StartTls,
        credentials: None,
        ca_file: Some(server.certificate.clone()),
        timeout: Duration::from_secs(60),
    }
}

struct Office {
    app: App,
    owner: Client,
    path: String,
}

async fn office(smtp: &Smtp) -> Office {
    let carrier: Arc<dyn Carrier> = Arc::new(SmtpCarrier::new(smtp, "join.example").unwrap());
    let app = Start::on(Database::fresh()).carried_by(Some(carrier)).app().await;
    let (owner, organization) = app.founder("owner@example.com").await;
    Office { app, owner, path: format!("/organizations/{organization}/invitations") }
}

impl Office {
    /// Invites Nina, and what became of the mail.
    async fn invite(&self) -> Value {
        self.owner.post(&self.path, &[("email", NINA)]).await.ok();
        self.delivery().await
    }

    async fn delivery(&self) -> Value {
        self.owner.get(&self.path).await.ok()[0]["delivery"].clone()
    }

    /// Lets go what waits, since the suite asks that nothing is left.
    fn end(&self) {
        self.app.execute("DELETE FROM outbox WHERE state = 'waiting'");
    }
}

/// State, and whether the reason has these words.
#[track_caller]
fn said(delivery: &Value, state: &str, reason: &str) {
    assert_eq!(delivery["state"], state, "{delivery}");
    let told = delivery["reason"].as_str().unwrap();
    assert!(told.contains(reason) && !told.contains('@'), "{told}");
}

#[tokio::test]
async fn what_a_mail_server_takes_is_sent_once_over_one_connection() {
    for (manner, security) in [("starttls", Security::StartTls), ("tls", Security::Tls), ("plain", Security::None)] {
        let mut server = MailServer::start(manner);
        let office = office(&Smtp { security, ..settings(&server) }).await;
        said(&office.invite().await, "sent", "");
        let first = server.took();
        assert!(first.ends_with("@vestibule.test"), "{first}");
        office.owner.post(&office.path, &[("email", "kim@example.com")]).await.ok();
        assert_ne!(server.took(), first);
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_says_why() {
    let server = MailServer::start("refuses");
    said(&office(&settings(&server)).await.invite().await, "failed", "550");
}

#[tokio::test]
async fn a_server_that_puts_off_is_asked_again() {
    let mut server = MailServer::start("greylists");
    let office = office(&settings(&server)).await;
    said(&office.invite().await, "deferred", "greylisted");
    office.app.advance(Duration::from_mins(2));
    office.app.drain().await;
    said(&office.delivery().await, "sent", "");
    server.took();
    let server = MailServer::start("full");
    let office = self::office(&settings(&server)).await;
    said(&office.invite().await, "deferred", "452");
    office.end();
}

#[tokio::test]
async fn a_server_that_falls_silent_or_goes_away_keeps_nobody_waiting_for_ever() {
    let server = MailServer::start("hangs");
    let office = office(&Smtp { timeout: Duration::from_millis(700), ..settings(&server) }).await;
    said(&office.invite().await, "deferred", "the mail server");
    office.end();
    let server = MailServer::start("drops");
    let office = self::office(&settings(&server)).await;
    said(&office.invite().await, "deferred", "");
    office.end();
    let office = self::office(&settings(&server)).await;
    drop(server);
    said(&office.invite().await, "deferred", "refused");
    office.end();
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_is_not_the_one() {
    let server = MailServer::start("starttls");
    let stranger = MailServer::start("starttls");
    let office = office(&Smtp { ca_file: Some(stranger.certificate.clone()), ..settings(&server) }).await;
    said(&office.invite().await, "deferred", "certificate");
    office.end();
    // One that does not speak TLS is told nothing either.
    let plain = MailServer::start("plain");
    let office = self::office(&settings(&plain)).await;
    said(&office.invite().await, "deferred", "STARTTLS");
    office.end();
}

#[tokio::test]
async fn a_server_may_ask_who_one_is() {
    let mut server = MailServer::start("asks");
    let known = |password: &str| Smtp {
        credentials: Some(("hall".to_owned(), Hidden::new(password.to_owned()))),
        ..settings(&server)
    };
    let (right, wrong) = (known("open-sesame"), known("wrong"));
    let office = office(&wrong).await;
    said(&office.invite().await, "deferred", "535");
    office.end();
    assert!(SmtpCarrier::new(&wrong, "join.example").unwrap().check().await.is_err());
    SmtpCarrier::new(&right, "join.example").unwrap().check().await.unwrap();
    said(&self::office(&right).await.invite().await, "sent", "");
    server.took();
}
