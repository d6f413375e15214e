//! The outbox and its mail, and that scrapes do not load the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::Method;
use vestibule_core::mail::{DeliveryError, MailTransport, Message, SendFuture};
use vestibule_testbed::Database;

use super::{MetricsClient, Scraped};
use crate::harness::{HOUR, TestApp, TestAppBuilder};

/// A mail server that refuses everything: for now, or forever.
#[derive(Debug, Default)]
struct Refusing {
    is_permanent: AtomicBool,
}

impl MailTransport for Refusing {
    fn send<'a>(&'a self, _: &'a Message) -> SendFuture<'a> {
        let retry = !self.is_permanent.load(Ordering::SeqCst);
        Box::pin(async move { Err(DeliveryError { reason: "no".to_owned(), retry }) })
    }
}

fn attempts(scraped: &Scraped) -> [f64; 4] {
    ["sent", "skipped", "deferred", "failed"]
        .map(|outcome| scraped.value("vestibule_mail_attempts_total", &[("outcome", outcome)]))
}

/// The due jobs of both queues, their age in seconds, and the dead jobs.
fn backlog(scraped: &Scraped) -> ([f64; 2], [f64; 2], f64) {
    let both = |name: &str| ["urgent", "ordinary"].map(|queue| scraped.value(name, &[("queue", queue)]));
    let dead = scraped.value("vestibule_outbox_dead_jobs", &[]);
    (both("vestibule_outbox_due_jobs"), both("vestibule_outbox_oldest_due_age_seconds"), dead)
}

#[tokio::test]
async fn shows_depth_and_age_of_the_outbox() {
    let transport = Arc::new(Refusing::default());
    let builder = TestAppBuilder::new(Database::create());
    let app = builder.with_mail_transport(Some(Arc::<Refusing>::clone(&transport))).build().await;
    let client = MetricsClient::new(&app);
    let (admin, acme) = app.create_organization("nora@acme.example").await;
    app.advance(Duration::from_secs(2));
    let before = client.scrape().await;
    let list = format!("/organizations/{acme}/invitations");
    admin.post_without_draining(&list, &[("email", "sam@example.com")]).await.ok();
    app.advance(Duration::from_secs(90));
    admin.post_without_draining(&list, &[("email", "lin@example.com")]).await.ok();
    app.advance(Duration::from_secs(10));
    assert_eq!(backlog(&client.scrape().await), ([0.0, 2.0], [0.0, 100.0], 0.0), "the reminders are not due");
    app.drain().await;
    app.advance(Duration::from_secs(2));
    let deferred = client.scrape().await;
    assert_eq!(backlog(&deferred), ([0.0, 0.0], [0.0, 0.0], 0.0), "the next attempts are not due");
    assert_eq!(attempts(&deferred)[2], attempts(&before)[2] + 2.0);
    app.advance(HOUR);
    let due = backlog(&client.scrape().await);
    assert_eq!((due.0, due.2), ([0.0, 2.0], 0.0));
    assert!((3400.0..3600.0).contains(&due.1[1]), "{due:?}");
    transport.is_permanent.store(true, Ordering::SeqCst);
    app.drain().await;
    app.advance(Duration::from_secs(2));
    let failed = client.scrape().await;
    assert_eq!(backlog(&failed), ([0.0, 0.0], [0.0, 0.0], 2.0));
    assert_eq!(attempts(&failed)[3], attempts(&before)[3] + 2.0);
}

#[tokio::test]
async fn counts_sent_and_obsolete_mail() {
    let app = TestApp::start().await;
    let client = MetricsClient::new(&app);
    let (admin, acme) = app.create_organization("nora@acme.example").await;
    let before = attempts(&client.scrape().await);
    let list = format!("/organizations/{acme}/invitations");
    admin.post(&list, &[("email", "sam@example.com")]).await.ok();
    let created = admin.post_without_draining(&list, &[("email", "lin@example.com")]).await.ok();
    let id = created["id"].as_str().unwrap();
    admin.post(&format!("{list}/{id}/discard"), &[]).await.ok();
    let after = attempts(&client.scrape().await);
    assert_eq!(after, [before[0] + 1.0, before[1] + 1.0, 0.0, 0.0]);
}

#[tokio::test]
async fn many_scrapes_look_at_the_database_once_in_a_second() {
    let app = TestApp::start().await;
    let client = MetricsClient::new(&app);
    let statements = || app.inner.service.statement_count.load(Ordering::SeqCst);
    let before = statements();
    for _ in 0..50 {
        assert_eq!(client.send(Method::GET, "/metrics").await.status, 200);
    }
    assert_eq!(statements() - before, 5);
    app.advance(Duration::from_millis(999));
    futures_util::future::join_all((0..50).map(|_| client.scrape())).await;
    assert_eq!(statements() - before, 5);
    app.advance(Duration::from_millis(1));
    futures_util::future::join_all((0..50).map(|_| client.scrape())).await;
    assert_eq!(statements() - before, 10, "concurrent scrapes share one look");
}
