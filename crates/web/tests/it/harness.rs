//! What every test starts from: an app of its own, and clients that keep their cookies.
//!
//! When an app is dropped it looks at everything the test has seen: no secret may stand in an answer or a log line, and
//! no work may be left in the outbox.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use serde_json::Value;
use vestibule_core::context::{Caller, Command};
use vestibule_core::db::{Cost, Db, Place, PostgresOptions};
use vestibule_core::domain::{Dns, DnsTrouble, Looking};
use vestibule_core::images::ImageStore;
use vestibule_core::keys::{Keys, MasterKey};
use vestibule_core::mail::{Carrier, Mailbox, Message, Templates};
use vestibule_core::outbox;
use vestibule_core::random::SeededRandomness;
use vestibule_core::service::{Parts, Service};
use vestibule_core::settings::{PublicUrl, Settings};
use vestibule_core::time::{Clock, ManualClock, Timestamp};
use vestibule_testbed::Database;
use vestibule_testbed::proxy::Proxy;
use vestibule_web::Server;

use crate::scan::Seen;

/// The password everybody in the suite has.
pub(crate) const PASSWORD: &str = "open-sesame-42";
/// Where the clock of every test stands at its beginning: 2026-01-15T10:30:00Z.
pub(crate) const BEGINNING: Timestamp = Timestamp::from_microseconds(1_768_473_000_000_000);
pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// A service of the test's own.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) inner: Arc<Inner>,
}

/// What a service starts from.
pub(crate) struct Start<C> {
    change: C,
    carrier: Option<Arc<dyn Carrier>>,
    pub(crate) mailbox: Arc<Mailbox>,
    database: Arc<Database>,
    clock: Arc<ManualClock>,
    seed: u64,
    options: PostgresOptions,
    /// Where the database is found instead, through a proxy.
    place: Option<Place>,
    images: ImageStore,
    pub(crate) dns: Arc<Records>,
}

impl Start<fn(&mut Settings)> {
    /// With the settings of the suite, and a mailbox to carry mail to.
    pub(crate) fn on(database: Database) -> Self {
        Self::on_shared(Arc::new(database))
    }

    /// The same on one that others have too.
    pub(crate) fn on_shared(database: Arc<Database>) -> Self {
        let mailbox = Arc::new(Mailbox::default());
        Self {
            change: |_| (),
            carrier: Some(Arc::<Mailbox>::clone(&mailbox)),
            mailbox,
            database,
            clock: Arc::new(ManualClock::at(BEGINNING)),
            seed: 7,
            // No answer of a test may depend on how fast this machine is today.
            options: PostgresOptions { connections: 8, patience: Duration::from_mins(2) },
            place: None,
            images: ImageStore::in_memory(),
            dns: Arc::default(),
        }
    }
}

impl<C: FnOnce(&mut Settings)> Start<C> {
    /// With these settings changed.
    pub(crate) fn changed<D: FnOnce(&mut Settings)>(self, change: D) -> Start<D> {
        let Self { carrier, mailbox, database, clock, seed, options, place, images, dns, change: _ } = self;
        Start { change, carrier, mailbox, database, clock, seed, options, place, images, dns }
    }

    /// With randomness of its own: two lives of one database must not make the same secrets.
    pub(crate) fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// With this to carry its mail.
    pub(crate) fn carried_by(self, carrier: Option<Arc<dyn Carrier>>) -> Self {
        Self { carrier, ..self }
    }

    /// Through these ways to its server, tried in this order.
    pub(crate) fn through(self, ways: &[&Proxy]) -> Self {
        let addresses: Vec<_> = ways.iter().map(|proxy| proxy.address()).collect();
        let place = Some(self.database.place_at(&addresses));
        Self { place, ..self }
    }

    /// With images kept there.
    pub(crate) fn keeping_images_in(self, images: ImageStore) -> Self {
        Self { images, ..self }
    }

    /// With this patience with its server.
    pub(crate) fn patient_for(self, patience: Duration) -> Self {
        Self { options: PostgresOptions { patience, ..self.options }, ..self }
    }

    pub(crate) async fn app(self) -> App {
        let Self { change, carrier, mailbox, database, clock, seed, options, place, images, dns } = self;
        let place = place.as_ref().unwrap_or(database.place());
        let seen = Seen::begin();
        let mut settings =
            Settings { public_url: PublicUrl::parse("http://vestibule.test").unwrap(), ..Settings::default() };
        settings.passwords.attempts_per_address = 100_000;
        // Tests move the clock by weeks to see invitations expire; nobody should have to sign in again for that.
        (settings.sessions.idle_timeout, settings.sessions.max_lifetime) = (DAY * 400, DAY * 400);
        change(&mut settings);
        let service = Service::open(Parts {
            db: Db::open(place, options, clock.now()).await.unwrap(),
            clock: Arc::<ManualClock>::clone(&clock),
            random: Arc::new(SeededRandomness::new(seed)),
            settings,
            keys: Keys::new(&MasterKey::new([7; 32])),
            carrier,
            templates: Templates::built_in().unwrap(),
            images,
            dns: Arc::<Records>::clone(&dns),
        });
        let service = service.await.unwrap();
        let server = Server::new(Arc::clone(&service));
        let mails = Mutex::new(Vec::new());
        App { inner: Arc::new(Inner { server, service, clock, mailbox, seen, mails, database, dns }) }
    }
}

pub(crate) struct Inner {
    pub(crate) server: Server,
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) seen: Seen,
    mails: Mutex<Vec<Message>>,
    pub(crate) database: Arc<Database>,
    pub(crate) dns: Arc<Records>,
}

/// What DNS says in a test.
#[derive(Debug, Default)]
pub(crate) struct Records(pub(crate) Mutex<HashMap<String, Vec<String>>>);

impl Dns for Records {
    fn txt<'a>(&'a self, name: &'a str) -> Looking<'a> {
        let found = self.0.lock().unwrap().get(name).cloned();
        Box::pin(async move {
            if name.contains("silent") { Err(DnsTrouble("silent".to_owned())) } else { Ok(found.unwrap_or_default()) }
        })
    }
}

impl App {
    /// A service with the settings of the suite.
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// A service whose settings the test changes first.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::with_mail(change, true).await
    }

    /// A service that has nothing to carry mail with.
    pub(crate) async fn without_mail() -> Self {
        Self::with_mail(|_| (), false).await
    }

    async fn with_mail(change: impl FnOnce(&mut Settings), mail: bool) -> Self {
        let start = Start::on(Database::fresh()).changed(change);
        if mail { start.app().await } else { start.carried_by(None).app().await }
    }

    /// Another process on the same database, with a clock that goes alike.
    pub(crate) async fn beside(&self) -> Self {
        self.start_beside().app().await
    }

    /// The same, before it starts.
    pub(crate) fn start_beside(&self) -> Start<fn(&mut Settings)> {
        Start { clock: Arc::clone(&self.inner.clock), seed: 8, ..Start::on_shared(Arc::clone(&self.inner.database)) }
    }

    /// Somebody without a cookie.
    pub(crate) fn visitor(&self) -> Client {
        Client { app: self.clone(), cookie: Mutex::new(None), invitation: Mutex::default(), headers: HeaderMap::new() }
    }

    /// Somebody who holds this cookie, in a browser of their own.
    pub(crate) fn with_cookie(&self, cookie: Option<String>) -> Client {
        Client { cookie: Mutex::new(cookie), ..self.visitor() }
    }

    /// How many rows each table has, to see that nothing was changed. Counters of attempts do not count.
    pub(crate) fn rows(&self) -> Vec<(String, i64)> {
        let tables = self.inner.database.tables();
        let counted = tables.into_iter().filter(|table| table != "attempt_limits" && table != "nodes").map(|table| {
            let count = self.count(&format!("SELECT COUNT(*) FROM {table}"));
            (table, count)
        });
        counted.collect()
    }

    /// Somebody who has signed up with this address, which is claimed and not proved.
    pub(crate) async fn person(&self, email: &str) -> Client {
        let person = self.visitor();
        let name = email.split(['@', '.']).next().unwrap();
        person
            .post(
                "/auth/signup",
                &[("email", email), ("password", PASSWORD), ("first_name", name), ("last_name", "Test")],
            )
            .await
            .ok();
        person
    }

    /// Somebody who has signed up by following an invitation; with the mailed token, their address is proved.
    pub(crate) async fn newcomer(&self, email: &str, token: &str) -> Client {
        let newcomer = self.visitor();
        let name = email.split(['@', '.']).next().unwrap();
        let fields = [("email", email), ("password", PASSWORD), ("first_name", name), ("invite_token", token)];
        newcomer.post("/auth/signup", &fields).await.ok();
        newcomer
    }

    /// Somebody with an organization of their own, and its id.
    pub(crate) async fn founder(&self, email: &str) -> (Client, String) {
        let founder = self.person(email).await;
        let created = founder.post("/organizations", &[("name", "Acme")]).await.ok();
        let id = text(&created["organization"]["id"]);
        (founder, id)
    }

    /// Somebody who was invited by mail, signed up with the mailed link, and accepted: their address is proved.
    pub(crate) async fn member(&self, admin: &Client, organization: &str, email: &str, role: &str) -> Client {
        let mut fields = vec![("email", email)];
        if !role.is_empty() {
            fields.push(("role_id", role));
        }
        admin.post(&format!("/organizations/{organization}/invitations"), &fields).await.ok();
        let token = self.mailed_token(email);
        let person = self.newcomer(email, &token).await;
        let joined = person.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
        assert_eq!(joined["organization"]["id"], organization);
        person
    }

    /// A member of the organization who was invited into one of its workspaces, as a plain member of both.
    pub(crate) async fn roommate(&self, admin: &Client, organization: &str, workspace: &str, email: &str) -> Client {
        let fields = [("email", email), ("workspace_id", workspace)];
        admin.post(&format!("/organizations/{organization}/invitations"), &fields).await.ok();
        let token = self.mailed_token(email);
        let person = self.newcomer(email, &token).await;
        let joined = person.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
        assert_eq!(joined["workspace"]["id"], workspace);
        person
    }

    /// The newest mail to this address.
    pub(crate) fn mail(&self, email: &str) -> Message {
        let mails = self.mails();
        mails
            .into_iter()
            .rfind(|mail| mail.to.key() == email.to_ascii_lowercase())
            .unwrap_or_else(|| panic!("no mail to {email}"))
    }

    /// Every mail so far.
    pub(crate) fn mails(&self) -> Vec<Message> {
        let mut mails = self.inner.mails.lock().unwrap();
        mails.extend(self.inner.mailbox.take());
        mails.clone()
    }

    /// The token in the link of the newest mail to this address.
    pub(crate) fn mailed_token(&self, email: &str) -> String {
        let mail = self.mail(email);
        let (_, token) = mail.text.split_once("#token=").unwrap();
        let token = token.split_whitespace().next().unwrap().to_owned();
        self.inner.seen.secret(token.split_once('.').unwrap().1);
        token
    }

    /// The code in the newest mail to this address.
    pub(crate) fn mailed_code(&self, email: &str) -> String {
        let mail = self.mail(email);
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        mail.text.lines().map(str::trim).find(is_code).unwrap_or_else(|| panic!("no code in {}", mail.text)).to_owned()
    }

    /// How many mails went to this address so far.
    pub(crate) fn mails_to(&self, email: &str) -> usize {
        self.mails().iter().filter(|mail| mail.to.key() == email).count()
    }

    /// Has a command done that no route leads to yet.
    pub(crate) async fn run<C: Command>(&self, client: &Client, command: C) -> vestibule_core::Result<C::Out> {
        let token = client.cookie.lock().unwrap().as_deref().and_then(|cookie| cookie.parse().ok());
        self.inner.service.run(&Caller { token, ..Caller::nobody() }, command).await.result
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.inner.clock.advance(span);
    }

    pub(crate) async fn drain(&self) {
        outbox::drain(&self.inner.service).await.unwrap();
    }

    /// Changes the database itself, where no command leads yet, and says how many rows. Lists that were made before hold
    /// no longer: whoever changes rows by hand has to say so.
    pub(crate) fn execute(&self, statement: &str) -> usize {
        let changed = self.inner.database.execute(statement);
        self.forget();
        changed
    }

    /// Nothing that was read before holds any longer.
    pub(crate) fn forget(&self) {
        let database = &self.inner.database;
        let last = database.count("SELECT COALESCE(MAX(revision), 0) FROM revisions WHERE scope = 0");
        let next = last.max(self.inner.clock.now().as_microseconds()) + 1;
        database.execute("DELETE FROM revisions WHERE scope = 0");
        database.execute(&format!("INSERT INTO revisions (scope, shard, revision) VALUES (0, 63, {next})"));
        self.inner.service.db().note_commit();
    }

    /// A look at the database itself, past the service.
    pub(crate) fn count(&self, query: &str) -> i64 {
        self.inner.database.count(query)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        Seen::note_statements();
        if std::thread::panicking() {
            return;
        }
        let left = self.database.count("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'");
        assert_eq!(left, 0, "the test leaves work in the outbox");
        let mut mails = std::mem::take(&mut *self.mails.lock().unwrap());
        mails.extend(self.mailbox.take());
        self.seen.check(&mails);
    }
}

/// Somebody with a browser, or a program like one.
pub(crate) struct Client {
    pub(crate) app: App,
    pub(crate) cookie: Mutex<Option<String>>,
    /// What the pages that deal with an invitation keep for themselves.
    pub(crate) invitation: Mutex<Option<String>>,
    pub(crate) headers: HeaderMap,
}

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        // Shown from memory or made anew, it is the same: held to that wherever the suite asks for a session. A process that
        // has just begun remembers nothing.
        let fresh = || self.send_to(Server::new(Arc::clone(&self.app.inner.service)), path);
        let anew = if path == "/session" { Some(fresh().await) } else { None };
        let answer = self.send(Method::GET, path, None, Body::empty()).await;
        if let Some(anew) = anew
            && anew.text != answer.text
        {
            // The first to ask after a while notes that the session is in use, which the next sees.
            assert_eq!(answer.text, fresh().await.text, "{path} is shown as it was before");
        }
        if answer.status == 200 && path.starts_with("/organizations/") && path.ends_with("/invitations") {
            // The same goes for lists, of which only those without a query are remembered.
            let anew = self.send(Method::GET, &format!("{path}?limit=500"), None, Body::empty()).await;
            assert_eq!(answer.text, anew.text, "{path} is shown as it was before");
        }
        answer
    }

    /// Sends a form.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, Some(FORM), Body::from(form(fields))).await
    }

    /// Sends a form and leaves the mail it causes where it is.
    pub(crate) async fn post_without_draining(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_only(Method::POST, path, Some(FORM), Body::from(form(fields))).await
    }

    /// Sends a form in parts, and a file with it.
    pub(crate) async fn post_file(&self, path: &str, fields: &[(&str, &str)], (name, file): (&str, &[u8])) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--part\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"../../etc/<b>x.php\"\r\n\
             Content-Type: image/svg+xml\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--part--\r\n");
        let mut client = self.app.with_cookie(self.cookie.lock().unwrap().clone());
        client.headers.insert(header::CONTENT_LENGTH, body.len().into());
        client.send(Method::POST, path, Some("multipart/form-data; boundary=part"), Body::from(body)).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some("application/json"), Body::from(body.to_string())).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, content_type: Option<&str>, body: Body) -> Answer {
        let answer = self.send_only(method.clone(), path, content_type, body).await;
        if method != Method::GET {
            self.app.drain().await;
        }
        answer
    }

    /// Asks another process on the same database.
    async fn send_to(&self, server: Server, path: &str) -> Answer {
        self.answer_of(server, Method::GET, path, None, Body::empty()).await
    }

    async fn send_only(&self, method: Method, path: &str, content_type: Option<&str>, body: Body) -> Answer {
        self.answer_of(self.app.inner.server.clone(), method, path, content_type, body).await
    }

    async fn answer_of(
        &self,
        server: Server,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        if let Some(cookie) = self.cookie.lock().unwrap().as_deref() {
            request = request.header(header::COOKIE, format!("session_id={cookie}"));
        }
        if let Some(token) = self.invitation.lock().unwrap().as_deref().filter(|_| path.starts_with("/invite")) {
            request = request.header(header::COOKIE, format!("invitation={token}"));
        }
        let mut request = request.body(body).unwrap();
        request.headers_mut().extend(self.headers.clone());
        let response = server.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let cost = parts.extensions.get::<Cost>().copied().unwrap_or_default();
        // Whoever reads as much as was announced has read it all; nobody else notices.
        let announced =
            parts.headers.get(header::CONTENT_LENGTH).map(|length| length.to_str().unwrap().parse().unwrap());
        if method != Method::HEAD && parts.status != 304 {
            assert_eq!(announced.unwrap_or(bytes.len()), bytes.len(), "{method} {path}");
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.keep_cookie(&parts.headers);
        self.app.inner.seen.answer(&parts.headers, &text);
        Answer {
            request: format!("{method} {path}"),
            status: parts.status.as_u16(),
            statements: cost.statements,
            rows: cost.rows,
            headers: parts.headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
            bytes,
        }
    }

    fn keep_cookie(&self, headers: &HeaderMap) {
        for set in headers.get_all(header::SET_COOKIE) {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            let value = value.to_owned();
            let kept = match name {
                "session_id" => {
                    self.app.inner.seen.secret(&value);
                    &self.cookie
                }
                "invitation" => &self.invitation,
                name => panic!("an unknown cookie {name}"),
            };
            *kept.lock().unwrap() = Some(value).filter(|value| !value.is_empty());
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
    pub(crate) statements: u32,
    pub(crate) rows: u32,
}

impl Answer {
    /// The data of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}: {}", self.request, self.text);
        assert_eq!(self.body["status"], 200);
        assert_eq!(self.body["message"], "");
        assert_eq!(self.body["errors"], Value::Null);
        self.body["data"].clone()
    }

    /// A page with this in it.
    #[track_caller]
    pub(crate) fn page(self, status: u16, words: &str) -> String {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text);
        assert!(self.text.contains(words), "{}: {words:?} is not in {}", self.request, self.text);
        self.text
    }

    /// On to another page.
    #[track_caller]
    pub(crate) fn leads_to(self, path: &str) -> String {
        assert_eq!(self.status, 303, "{}: {}", self.request, self.text);
        let location = self.headers[header::LOCATION].to_str().unwrap().to_owned();
        assert!(location.starts_with(path), "{}: to {location} rather than {path}", self.request);
        location
    }

    /// A refusal with this status and this code first.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["errors"][0]["code"], code, "{}: {}", self.request, self.text);
        assert!(!self.body["message"].as_str().unwrap().is_empty());
        self.body
    }
}

/// A JSON string.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no string: {value}")).to_owned()
}
