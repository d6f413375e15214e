//! The queues of the outbox: urgent mail does not wait behind other mail, deliveries are bounded, and each mail is sent
//! once although several workers run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::Method;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinHandle;
use vestibule_core::mail::{MailTransport, Mailbox, Message, SendFuture};
use vestibule_core::mailer;
use vestibule_core::settings::Settings;
use vestibule_testbed::Database;

use crate::harness::{TestApp, TestAppBuilder, TestClient};

const NINA: &str = "nina@example.com";
const INVITATIONS: usize = 400;

/// A mail server that accepts invitations only when the test lets it, and all other mail at once.
#[derive(Debug)]
struct SlowForInvitations {
    mailbox: Arc<Mailbox>,
    permits: Semaphore,
    /// Invitations that are being sent, and the highest number so far.
    in_progress: AtomicUsize,
    max_in_progress: AtomicUsize,
    started: Notify,
    sent: Notify,
}

impl MailTransport for SlowForInvitations {
    fn send<'a>(&'a self, message: &'a Message) -> SendFuture<'a> {
        Box::pin(async move {
            if message.unsubscribe_url.is_some() {
                let now = self.in_progress.fetch_add(1, Ordering::SeqCst) + 1;
                self.max_in_progress.fetch_max(now, Ordering::SeqCst);
                self.started.notify_one();
                self.permits.acquire().await.unwrap().forget();
                self.in_progress.fetch_sub(1, Ordering::SeqCst);
            }
            let sent = self.mailbox.send(message).await;
            self.sent.notify_one();
            sent
        })
    }
}

impl SlowForInvitations {
    async fn wait_until_in_progress(&self, count: usize) {
        while self.in_progress.load(Ordering::SeqCst) < count {
            self.started.notified().await;
        }
    }
}

struct Setup {
    app: TestApp,
    owner: TestClient,
    path: String,
    transport: Arc<SlowForInvitations>,
}

/// An organization, and Nina, who has a verified address.
async fn setup(change: fn(&mut Settings)) -> Setup {
    let builder = TestAppBuilder::new(Database::create()).with_settings(change);
    let transport = Arc::new(SlowForInvitations {
        mailbox: Arc::clone(&builder.mailbox),
        permits: Semaphore::new(1),
        in_progress: AtomicUsize::new(0),
        max_in_progress: AtomicUsize::new(0),
        started: Notify::new(),
        sent: Notify::new(),
    });
    let app = builder.with_mail_transport(Some(Arc::<SlowForInvitations>::clone(&transport) as _)).build().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    app.create_member(&owner, &organization, NINA, "").await;
    assert_eq!(transport.permits.available_permits(), 0);
    transport.max_in_progress.store(0, Ordering::SeqCst);
    Setup { app, owner, path: format!("/organizations/{organization}/invitations"), transport }
}

impl Setup {
    async fn invite_many(&self, count: usize) {
        let rows: Vec<_> = (0..count).map(|number| format!("guest{number}@example.com")).collect();
        let rows = format!("email\n{}\n", rows.join("\n"));
        let path = format!("{}/bulk", self.path);
        self.owner.send_only(Method::POST, &path, Some("text/csv"), Body::from(rows)).await.ok();
        assert_eq!(self.waiting(), i64::try_from(count).unwrap());
    }

    fn waiting(&self) -> i64 {
        self.app.count("SELECT COUNT(*) FROM outbox")
    }

    /// Returns the worker and what stops it.
    fn start_worker(&self) -> (JoinHandle<()>, oneshot::Sender<()>) {
        let (stop, stopped) = oneshot::channel::<()>();
        let service = Arc::clone(&self.app.inner.service);
        (tokio::spawn(async move { mailer::run_worker(&service, async { drop(stopped.await) }).await }), stop)
    }
}

#[tokio::test]
async fn blocked_invitations_do_not_delay_a_reset_code() {
    let setup = setup(|_| ()).await;
    setup.invite_many(INVITATIONS).await;
    let (worker, stop) = setup.start_worker();
    // All ordinary deliveries are occupied, and none ends.
    setup.transport.wait_until_in_progress(4).await;
    let before = setup.app.mail_count(NINA);
    setup.app.anonymous().post_without_draining("/auth/forgot-password", &[("email", NINA)]).await.ok();
    while setup.app.mail_count(NINA) == before {
        setup.transport.sent.notified().await;
    }
    setup.app.mailed_code(NINA);
    assert_eq!(setup.transport.in_progress.load(Ordering::SeqCst), 4);
    assert_eq!(setup.app.mail_count("guest0@example.com"), 0, "no invitation was sent before the code");

    // The rest is sent, four at a time.
    setup.transport.permits.add_permits(INVITATIONS);
    while setup.app.mails().len() < before + 1 + INVITATIONS {
        setup.transport.sent.notified().await;
    }
    stop.send(()).unwrap();
    worker.await.unwrap();
    assert_eq!(setup.transport.max_in_progress.load(Ordering::SeqCst), 4, "deliveries are bounded");
    assert_eq!(setup.waiting(), 0);
}

#[tokio::test]
async fn stopping_worker_completes_deliveries_in_progress_and_starts_no_others() {
    let setup = setup(|settings| settings.mail.max_concurrent_deliveries = 2).await;
    setup.invite_many(5).await;
    let (worker, stop) = setup.start_worker();
    setup.transport.wait_until_in_progress(2).await;
    stop.send(()).unwrap();
    setup.transport.permits.add_permits(10);
    worker.await.unwrap();
    assert_eq!(setup.waiting(), 3, "the two in progress are completed");
    setup.app.drain().await;
    assert_eq!(setup.waiting(), 0);
}

#[tokio::test]
async fn each_mail_is_sent_once_by_concurrent_workers() {
    let setup = setup(|_| ()).await;
    setup.transport.permits.add_permits(1000);
    setup.invite_many(60).await;
    for _ in 0..3 {
        setup.app.anonymous().post_without_draining("/auth/forgot-password", &[("email", NINA)]).await.ok();
    }
    // Two processes on PostgreSQL; an SQLite file has only one.
    let other = match setup.app.inner.database.engine() {
        vestibule_testbed::Engine::Postgres => setup.app.second_instance().await,
        vestibule_testbed::Engine::Sqlite => setup.app.clone(),
    };
    let (first, stop_first) = setup.start_worker();
    let (stop_second, stopped) = oneshot::channel::<()>();
    let service = Arc::clone(&other.inner.service);
    let second = tokio::spawn(async move { mailer::run_worker(&service, async { drop(stopped.await) }).await });
    while setup.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    for stop in [stop_first, stop_second] {
        stop.send(()).unwrap();
    }
    for worker in [first, second] {
        worker.await.unwrap();
    }
    let mut mails = setup.app.mails();
    if !Arc::ptr_eq(&setup.app.inner, &other.inner) {
        mails.extend(other.mails());
    }
    for number in 0..60 {
        let address = format!("guest{number}@example.com");
        assert_eq!(mails.iter().filter(|mail| mail.to.key() == address).count(), 1, "{address}");
    }
    assert_eq!(setup.app.count("SELECT MAX(delivery_attempts) FROM invitations"), 1);
}
