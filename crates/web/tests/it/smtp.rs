//! Delivery to a real SMTP server on loopback, and the delivery state that each outcome leads to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use vestibule_core::mail::{MailTransport, SmtpTransport};
use vestibule_core::settings::{ClientName, PublicUrl, Secret, Security, Smtp};
use vestibule_testbed::Database;
use vestibule_testbed::smtp::MailServer;

use crate::harness::{TestApp, TestAppBuilder, TestClient};

const NINA: &str = "nina@example.com";

fn smtp_settings(server: &MailServer) -> Smtp {
    Smtp {
        host: "localhost".to_owned(),
        port: server.port,
        security: Security::StartTls,
        credentials: None,
        ca_file: Some(server.certificate.clone()),
        timeout: Duration::from_secs(60),
    }
}

struct Setup {
    app: TestApp,
    owner: TestClient,
    path: String,
}

async fn setup(smtp: &Smtp) -> Setup {
    let transport: Arc<dyn MailTransport> =
        Arc::new(SmtpTransport::new(smtp, ClientName::Domain("join.example")).unwrap());
    let app = TestAppBuilder::new(Database::create()).with_mail_transport(Some(transport)).build().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    Setup { app, owner, path: format!("/organizations/{organization}/invitations") }
}

impl Setup {
    /// Invites Nina and returns the delivery state.
    async fn invite(&self) -> Value {
        self.owner.post(&self.path, &[("email", NINA)]).await.ok();
        self.delivery().await
    }

    async fn delivery(&self) -> Value {
        self.owner.get_and_check_cache(&self.path).await.ok()[0]["delivery"].clone()
    }

    /// Deletes waiting jobs, since the harness fails a test that leaves any.
    fn delete_waiting_jobs(&self) {
        self.app.execute("DELETE FROM outbox WHERE state = 'waiting'");
    }
}

/// Asserts the state, and that the reason contains this text and no email address.
#[track_caller]
fn assert_delivery(delivery: &Value, state: &str, reason: &str) {
    assert_eq!(delivery["state"], state, "{delivery}");
    let actual = delivery["reason"].as_str().unwrap();
    assert!(actual.contains(reason) && !actual.contains('@'), "{actual}");
}

#[tokio::test]
async fn sends_each_mail_once_for_each_security_mode() {
    for (behaviour, security) in [("starttls", Security::StartTls), ("tls", Security::Tls), ("plain", Security::None)] {
        let mut server = MailServer::start(behaviour);
        let setup = setup(&Smtp { security, ..smtp_settings(&server) }).await;
        assert_delivery(&setup.invite().await, "sent", "");
        let first = server.received_message_id();
        assert!(first.ends_with("@vestibule.test"), "{first}");
        setup.owner.post(&setup.path, &[("email", "kim@example.com")]).await.ok();
        assert_ne!(server.received_message_id(), first);
    }
}

#[tokio::test]
async fn permanent_rejection_fails_delivery_with_reason() {
    let server = MailServer::start("refuses");
    assert_delivery(&setup(&smtp_settings(&server)).await.invite().await, "failed", "550");
}

#[tokio::test]
async fn temporary_rejection_defers_delivery() {
    let mut server = MailServer::start("greylists");
    let setup = setup(&smtp_settings(&server)).await;
    assert_delivery(&setup.invite().await, "deferred", "greylisted");
    setup.app.advance(Duration::from_mins(2));
    setup.app.drain().await;
    assert_delivery(&setup.delivery().await, "sent", "");
    server.received_message_id();
    let server = MailServer::start("full");
    let setup = self::setup(&smtp_settings(&server)).await;
    assert_delivery(&setup.invite().await, "deferred", "452");
    setup.delete_waiting_jobs();
}

#[tokio::test]
async fn unresponsive_server_defers_delivery() {
    let server = MailServer::start("hangs");
    let setup = setup(&Smtp { timeout: Duration::from_millis(700), ..smtp_settings(&server) }).await;
    assert_delivery(&setup.invite().await, "deferred", "the mail server");
    setup.delete_waiting_jobs();
    let server = MailServer::start("drops");
    let setup = self::setup(&smtp_settings(&server)).await;
    assert_delivery(&setup.invite().await, "deferred", "");
    setup.delete_waiting_jobs();
    let setup = self::setup(&smtp_settings(&server)).await;
    drop(server);
    assert_delivery(&setup.invite().await, "deferred", "refused");
    setup.delete_waiting_jobs();
}

#[tokio::test]
async fn stalled_connection_is_not_reused() {
    let mut server = MailServer::start("stalls");
    let setup = setup(&Smtp { timeout: Duration::from_millis(1500), ..smtp_settings(&server) }).await;
    assert_delivery(&setup.invite().await, "deferred", "stopped responding");
    setup.app.advance(Duration::from_mins(2));
    setup.app.drain().await;
    assert_delivery(&setup.delivery().await, "sent", "");
    server.received_message_id();
}

#[tokio::test]
async fn untrusted_certificate_or_missing_starttls_defers_delivery() {
    let server = MailServer::start("starttls");
    let other = MailServer::start("starttls");
    let setup = setup(&Smtp { ca_file: Some(other.certificate.clone()), ..smtp_settings(&server) }).await;
    assert_delivery(&setup.invite().await, "deferred", "certificate");
    setup.delete_waiting_jobs();
    // A server without STARTTLS gets no mail either.
    let plain = MailServer::start("plain");
    let setup = self::setup(&smtp_settings(&plain)).await;
    assert_delivery(&setup.invite().await, "deferred", "STARTTLS");
    setup.delete_waiting_jobs();
}

#[tokio::test]
async fn authenticates_with_credentials() {
    let mut server = MailServer::start("auth");
    let with_password = |password: &str| Smtp {
        credentials: Some(("hall".to_owned(), Secret::new(password.to_owned()))),
        ..smtp_settings(&server)
    };
    let (right, wrong) = (with_password("open-sesame"), with_password("wrong"));
    let setup = setup(&wrong).await;
    assert_delivery(&setup.invite().await, "deferred", "535");
    setup.delete_waiting_jobs();
    assert!(SmtpTransport::new(&wrong, ClientName::Domain("join.example")).unwrap().check().await.is_err());
    SmtpTransport::new(&right, ClientName::Domain("join.example")).unwrap().check().await.unwrap();
    assert_delivery(&self::setup(&right).await.invite().await, "sent", "");
    server.received_message_id();
}

#[tokio::test]
async fn ehlo_has_a_domain_name_or_an_address_literal() {
    for (url, expected) in [
        ("https://join.example.com/auth", "EHLO join.example.com"),
        ("http://127.0.0.1:8080", "EHLO [127.0.0.1]"),
        ("http://localhost:8080", "EHLO [127.0.0.1]"),
        ("http://[2001:db8::1]", "EHLO [IPv6:2001:db8::1]"),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp = Smtp {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
            security: Security::None,
            credentials: None,
            ca_file: None,
            timeout: Duration::from_secs(60),
        };
        let url = PublicUrl::parse(url).unwrap();
        let transport = SmtpTransport::new(&smtp, url.smtp_client_name()).unwrap();
        let server = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 mail.example\r\n").await.unwrap();
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            line
        };
        // The server hangs up after the line, which fails the check.
        let (line, checked) = tokio::join!(server, transport.check());
        assert_eq!((line.trim_end(), checked.is_err()), (expected, true));
    }
}
