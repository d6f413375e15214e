//! [`TestApp`]: the service under test, its database, clock, mailbox and DNS.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vestibule_core::dns::{Dns, DnsError, LookupFuture};
use vestibule_core::execution::{Caller, Command, Dependencies, Query};
use vestibule_core::image_store::ImageStore;
use vestibule_core::mail::{MailTransport, Mailbox, Message, Templates};
use vestibule_core::mailer;
use vestibule_core::permission::parse_network;
use vestibule_core::random::SeededRandomness;
use vestibule_core::secret::{Keys, MasterKey};
use vestibule_core::service::Service;
use vestibule_core::settings::{Mode, PublicUrl, RateLimits, Settings};
use vestibule_core::time::{Clock, ManualClock};
use vestibule_db::{DatabaseLocation, Db, PostgresOptions};
use vestibule_testbed::Database;
use vestibule_testbed::proxy::Proxy;
use vestibule_web::Server;

use super::{DAY, PASSWORD, START_TIME, TestClient, text};
use crate::secret_scan::SecretScan;

/// A service with a database of its own. Cloning it returns another handle to the same service.
#[derive(Clone)]
pub(crate) struct TestApp {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) server: Server,
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) secret_scan: SecretScan,
    pub(super) mails: Mutex<Vec<Message>>,
    pub(crate) database: Arc<Database>,
    pub(crate) dns: Arc<FakeDns>,
}

/// Configures and starts a [`TestApp`].
pub(crate) struct TestAppBuilder<C> {
    change: C,
    transport: Option<Arc<dyn MailTransport>>,
    pub(crate) mailbox: Arc<Mailbox>,
    database: Arc<Database>,
    clock: Arc<ManualClock>,
    seed: u64,
    options: PostgresOptions,
    /// Overrides the database's own location, to connect through a proxy.
    location: Option<DatabaseLocation>,
    images: ImageStore,
    pub(crate) dns: Arc<FakeDns>,
}

impl TestAppBuilder<fn(&mut Settings)> {
    /// Returns a builder with the default test settings and a mailbox as mail transport.
    pub(crate) fn new(database: Database) -> Self {
        Self::with_shared_database(Arc::new(database))
    }

    pub(crate) fn with_shared_database(database: Arc<Database>) -> Self {
        let mailbox = Arc::new(Mailbox::default());
        Self {
            change: |_| (),
            transport: Some(Arc::<Mailbox>::clone(&mailbox)),
            mailbox,
            database,
            clock: Arc::new(ManualClock::new(START_TIME)),
            seed: 7,
            // Generous, so that no result depends on the speed of the machine.
            options: PostgresOptions { max_connections: 8, timeout: Duration::from_mins(2) },
            location: None,
            images: ImageStore::in_memory(),
            dns: Arc::default(),
        }
    }
}

impl<C: FnOnce(&mut Settings)> TestAppBuilder<C> {
    pub(crate) fn with_settings<D: FnOnce(&mut Settings)>(self, change: D) -> TestAppBuilder<D> {
        let Self { transport, mailbox, database, clock, seed, options, location, images, dns, change: _ } = self;
        TestAppBuilder { change, transport, mailbox, database, clock, seed, options, location, images, dns }
    }

    /// Seeds the random generator. Apps that share a database need different seeds, or they generate the same secrets.
    pub(crate) fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    pub(crate) fn with_mail_transport(self, transport: Option<Arc<dyn MailTransport>>) -> Self {
        Self { transport, ..self }
    }

    /// Connects to the database server through these proxies, tried in this order.
    pub(crate) fn with_proxies(self, proxies: &[&Proxy]) -> Self {
        let addresses: Vec<_> = proxies.iter().map(|proxy| proxy.address()).collect();
        let location = Some(self.database.location_at(&addresses));
        Self { location, ..self }
    }

    pub(crate) fn with_image_store(self, images: ImageStore) -> Self {
        Self { images, ..self }
    }

    pub(crate) fn with_database_timeout(self, timeout: Duration) -> Self {
        Self { options: PostgresOptions { timeout, ..self.options }, ..self }
    }

    pub(crate) async fn build(self) -> TestApp {
        let Self { change, transport, mailbox, database, clock, seed, options, location, images, dns } = self;
        let location = location.as_ref().unwrap_or(database.location());
        let secret_scan = SecretScan::start();
        let mut settings =
            Settings { public_url: PublicUrl::parse("http://vestibule.test").unwrap(), ..Settings::default() };
        settings.tokens.audience = vec!["http://vestibule.test".to_owned()];
        settings.passwords.attempts_per_address = 100_000;
        // Generous rather than off, so that every test counts as a server does.
        settings.rate_limits = RateLimits::all(1_000_000);
        // Tests advance the clock by weeks to expire invitations. Sessions must survive that.
        (settings.sessions.idle_timeout, settings.sessions.max_lifetime) = (DAY * 400, DAY * 400);
        // As must the proof of identity that a sign-in is.
        settings.reauthentication.max_age = DAY * 400;
        change(&mut settings);
        let service = Service::open(Dependencies {
            db: Db::open(location, options, clock.now()).await.unwrap(),
            clock: Arc::<ManualClock>::clone(&clock),
            random: Arc::new(SeededRandomness::new(seed)),
            settings,
            keys: Keys::new(&MasterKey::new([7; 32])),
            mail_transport: transport,
            templates: Templates::built_in().unwrap(),
            images,
            dns: Arc::<FakeDns>::clone(&dns),
        });
        let service = service.await.unwrap();
        let server = Server::new(Arc::clone(&service));
        let mails = Mutex::new(Vec::new());
        TestApp { inner: Arc::new(Inner { server, service, clock, mailbox, secret_scan, mails, database, dns }) }
    }
}

/// Lets an app send requests to 127.0.0.1 by http.
pub(crate) fn allow_this_machine(settings: &mut Settings) {
    settings.mode = Mode::Staging;
    settings.http_client.allowed_networks = vec![parse_network("127.0.0.1").unwrap()];
}

/// In-memory TXT records and addresses by name. Lookups of names that contain `silent` fail.
#[derive(Debug, Default)]
pub(crate) struct FakeDns {
    pub(crate) records: Mutex<HashMap<String, Vec<String>>>,
    pub(crate) addresses: Mutex<HashMap<String, Vec<IpAddr>>>,
}

impl FakeDns {
    fn lookup<T: Clone>(table: &Mutex<HashMap<String, Vec<T>>>, name: &str) -> Result<Vec<T>, DnsError> {
        if name.contains("silent") {
            return Err(DnsError("silent".to_owned()));
        }
        Ok(table.lock().unwrap().get(name).cloned().unwrap_or_default())
    }
}

impl Dns for FakeDns {
    fn lookup_txt<'a>(&'a self, name: &'a str) -> LookupFuture<'a> {
        let found = Self::lookup(&self.records, name);
        Box::pin(async move { found })
    }

    fn lookup_addresses<'a>(&'a self, name: &'a str) -> LookupFuture<'a, IpAddr> {
        let found = Self::lookup(&self.addresses, name);
        Box::pin(async move { found })
    }
}

impl TestApp {
    /// Starts an app with the default test settings.
    pub(crate) async fn start() -> Self {
        Self::with_settings(|_| ()).await
    }

    /// Starts an app with changed settings.
    pub(crate) async fn with_settings(change: impl FnOnce(&mut Settings)) -> Self {
        TestAppBuilder::new(Database::create()).with_settings(change).build().await
    }

    /// Starts an app with the rate limits that a server has by default.
    pub(crate) async fn with_default_rate_limits() -> Self {
        Self::with_settings(|settings| settings.rate_limits = RateLimits::default()).await
    }

    /// Starts an app without a mail transport.
    pub(crate) async fn without_mail() -> Self {
        TestAppBuilder::new(Database::create()).with_mail_transport(None).build().await
    }

    /// Starts a second process on the same database, with the same clock.
    pub(crate) async fn second_instance(&self) -> Self {
        self.second_instance_builder().build().await
    }

    pub(crate) fn second_instance_builder(&self) -> TestAppBuilder<fn(&mut Settings)> {
        let builder = TestAppBuilder::with_shared_database(Arc::clone(&self.inner.database));
        TestAppBuilder { clock: Arc::clone(&self.inner.clock), seed: 8, ..builder }
    }

    /// Returns a client without cookies.
    pub(crate) fn anonymous(&self) -> TestClient {
        TestClient::new(self.clone(), None)
    }

    /// Returns a client with this session cookie.
    pub(crate) fn client_with_cookie(&self, cookie: Option<String>) -> TestClient {
        TestClient::new(self.clone(), cookie)
    }

    /// Signs up a user whose email address stays unverified.
    pub(crate) async fn create_user(&self, email: &str) -> TestClient {
        let client = self.anonymous();
        let name = email.split(['@', '.']).next().unwrap();
        client
            .post(
                "/auth/signup",
                &[("email", email), ("password", PASSWORD), ("first_name", name), ("last_name", "Test")],
            )
            .await
            .ok();
        client
    }

    /// Signs up a user with an invitation token. A mailed token verifies their email address.
    pub(crate) async fn create_invited_user(&self, email: &str, token: &str) -> TestClient {
        let client = self.anonymous();
        let name = email.split(['@', '.']).next().unwrap();
        let fields = [("email", email), ("password", PASSWORD), ("first_name", name), ("invite_token", token)];
        client.post("/auth/signup", &fields).await.ok();
        client
    }

    /// Signs up a user who creates the organization "Acme". Returns the client and the organization's id.
    pub(crate) async fn create_organization(&self, email: &str) -> (TestClient, String) {
        let owner = self.create_user(email).await;
        let created = owner.post("/organizations", &[("name", "Acme")]).await.ok();
        let id = text(&created["organization"]["id"]);
        (owner, id)
    }

    /// Invites an address into the organization, signs it up with the mailed link and accepts. The address is verified.
    /// An empty `role` gives the default role.
    pub(crate) async fn create_member(
        &self,
        admin: &TestClient,
        organization: &str,
        email: &str,
        role: &str,
    ) -> TestClient {
        let mut fields = vec![("email", email)];
        if !role.is_empty() {
            fields.push(("role_id", role));
        }
        admin.post(&format!("/organizations/{organization}/invitations"), &fields).await.ok();
        let token = self.mailed_token(email);
        let client = self.create_invited_user(email, &token).await;
        let joined = client.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
        assert_eq!(joined["organization"]["id"], organization);
        client
    }

    /// Like [`Self::create_member`], for a member of one of the organization's workspaces, with the default roles of
    /// both.
    pub(crate) async fn create_workspace_member(
        &self,
        admin: &TestClient,
        organization: &str,
        workspace: &str,
        email: &str,
    ) -> TestClient {
        let fields = [("email", email), ("workspace_id", workspace)];
        admin.post(&format!("/organizations/{organization}/invitations"), &fields).await.ok();
        let token = self.mailed_token(email);
        let client = self.create_invited_user(email, &token).await;
        let joined = client.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
        assert_eq!(joined["workspace"]["id"], workspace);
        client
    }

    /// Runs a command as this client, without HTTP.
    pub(crate) async fn run<C: Command>(&self, client: &TestClient, command: C) -> vestibule_core::Result<C::Out> {
        let token = client.cookie.lock().unwrap().as_deref().and_then(|cookie| cookie.parse().ok());
        self.inner.service.run(&Caller { token, ..Caller::anonymous() }, command).await.result
    }

    /// Runs a query as this client, without HTTP.
    pub(crate) async fn query<Q: Query>(&self, client: &TestClient, query: Q) -> vestibule_core::Result<Q::Out> {
        let token = client.cookie.lock().unwrap().as_deref().and_then(|cookie| cookie.parse().ok());
        self.inner.service.query(&Caller { token, ..Caller::anonymous() }, &query).await.result
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.inner.clock.advance(span);
    }

    /// Runs every job of the outbox that is due.
    pub(crate) async fn drain(&self) {
        mailer::drain(&self.inner.service).await.unwrap();
    }

    /// Returns the number of rows of each table, to assert that a request changed nothing. Rate limit counters and
    /// leases of processes are left out.
    pub(crate) fn row_counts(&self) -> Vec<(String, i64)> {
        let tables = self.inner.database.tables();
        let counted = tables.into_iter().filter(|table| table != "attempt_limits" && table != "nodes").map(|table| {
            let count = self.count(&format!("SELECT COUNT(*) FROM {table}"));
            (table, count)
        });
        counted.collect()
    }

    /// Returns the number that this SQL query selects.
    pub(crate) fn count(&self, query: &str) -> i64 {
        self.inner.database.count(query)
    }

    /// Changes the database with SQL and invalidates the caches. Returns the number of changed rows.
    pub(crate) fn execute(&self, statement: &str) -> usize {
        let changed = self.inner.database.execute(statement);
        self.invalidate_caches();
        changed
    }

    /// Marks every address as verified.
    pub(crate) fn verify_all_addresses(&self) {
        self.execute("UPDATE email_addresses SET verified_at = created_at WHERE verified_at IS NULL");
    }

    /// Moves the global revision on, so that every cached entry has to be loaded again.
    pub(crate) fn invalidate_caches(&self) {
        let database = &self.inner.database;
        let last = database.count("SELECT COALESCE(MAX(revision), 0) FROM revisions WHERE scope = 0");
        let next = last.max(self.inner.clock.now().as_microseconds()) + 1;
        database.execute("DELETE FROM revisions WHERE scope = 0");
        database.execute(&format!("INSERT INTO revisions (scope, shard, revision) VALUES (0, 63, {next})"));
        self.inner.service.db().record_commit();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        SecretScan::record_statements();
        if std::thread::panicking() {
            return;
        }
        // Notifications may be scheduled for later.
        let now = self.clock.now().as_microseconds();
        let due = format!("SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND due_at <= {now}");
        let waiting = self.database.count(&due);
        assert_eq!(waiting, 0, "the test leaves jobs in the outbox");
        let mut mails = std::mem::take(&mut *self.mails.lock().unwrap());
        mails.extend(self.mailbox.take());
        self.secret_scan.assert_no_leaks(&mails);
    }
}
