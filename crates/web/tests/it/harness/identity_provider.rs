//! [`IdentityProvider`]: an identity provider on loopback that follows the protocols, and departs from them where a
//! test says so. The test plays the browser: it reads the authorization URL, decides, and comes back with a
//! [`Callback`].

mod browser;
mod keys;
mod server;
mod settings;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;
use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::time::ManualClock;

pub(crate) use self::browser::{Callback, RETURN_TO};
pub(crate) use self::keys::TestKey;
pub(crate) use self::settings::social_provider;
use super::{START_TIME, TestApp};

pub(crate) const CLIENT_ID: &str = "vestibule-client";
/// The team and the key of a client of Apple.
pub(crate) const APPLE_TEAM: &str = "TEAM567890";
pub(crate) const APPLE_KEY: &str = "KEY4567890";
/// The tenant of a Microsoft provider, unless the person says another one.
pub(crate) const TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// What a test can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Discovery,
    /// The JWKS.
    Keys,
    /// The response of the token endpoint.
    Tokens,
    /// The header of the ID token, as which `alg` it is signed.
    Header,
    /// The claims of the ID token.
    Claims,
    Userinfo,
}

/// Where the service sends requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Discovery,
    Keys,
    Token,
    Userinfo,
    /// `/user` of GitHub.
    User,
    /// `/user/emails` of GitHub.
    Emails,
}

/// How an endpoint fails.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    Status(u16),
    /// Redirects with status 302.
    Redirect(String),
    /// Never responds.
    Hang,
    /// Responds with status 200 and this body.
    Body(Vec<u8>),
}

/// A request that was received.
#[derive(Clone, Debug)]
pub(crate) struct ProviderRequest {
    pub(crate) endpoint: Endpoint,
    pub(crate) fields: HashMap<String, String>,
}

type Change = Arc<dyn Fn(&mut Value) + Send + Sync>;

pub(crate) struct IdentityProvider {
    shared: Arc<Shared>,
}

struct Shared {
    kind: ProviderKind,
    address: SocketAddr,
    conduct: Mutex<Conduct>,
    requests: watch::Sender<Vec<ProviderRequest>>,
}

/// How the provider behaves, and what it has issued.
struct Conduct {
    clock: Arc<ManualClock>,
    changes: HashMap<Part, Change>,
    faults: HashMap<Endpoint, Fault>,
    keys: Vec<TestKey>,
    signer: TestKey,
    /// The key of HS256. Without one, it is the public key, as a verifier that confuses both would use it.
    shared_secret: Option<Vec<u8>>,
    /// Whether the ID token has the subject alone, as the specification has it.
    leaves_claims_to_userinfo: bool,
    codes: HashMap<String, Grant>,
    /// The people, by access token.
    tokens: HashMap<String, Value>,
    issued: usize,
}

/// What a code is good for, once.
#[derive(Clone)]
struct Grant {
    person: Value,
    client_id: String,
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
}

impl IdentityProvider {
    /// Starts an OpenID provider.
    pub(crate) async fn start() -> Self {
        Self::start_as(ProviderKind::OpenId).await
    }

    /// Starts a provider that behaves as this kind does. It stops with the runtime of the test.
    pub(crate) async fn start_as(kind: ProviderKind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let conduct = Conduct {
            clock: Arc::new(ManualClock::new(START_TIME)),
            changes: HashMap::new(),
            faults: HashMap::new(),
            keys: vec![TestKey::Rsa, TestKey::P256, TestKey::Ed25519],
            signer: TestKey::Rsa,
            shared_secret: None,
            leaves_claims_to_userinfo: false,
            codes: HashMap::new(),
            tokens: HashMap::new(),
            issued: 0,
        };
        let shared =
            Arc::new(Shared { kind, address, conduct: Mutex::new(conduct), requests: watch::Sender::default() });
        server::spawn(listener, Arc::clone(&shared));
        Self { shared }
    }

    /// Makes the provider live by the clock of this app, which may contain none of its secrets.
    pub(crate) fn attach(&self, app: &TestApp) {
        self.share_clock(app);
        for secret in [self.client_secret(), self.prefix("access"), self.prefix("refresh")] {
            app.inner.secret_scan.add_secret(&secret);
        }
        // A client of the API gets the code from the redirect, and from nowhere else.
        app.inner.secret_scan.add_unlogged(&self.prefix("code"));
    }

    /// Makes the provider live by the clock of this app.
    pub(crate) fn share_clock(&self, app: &TestApp) {
        self.conduct().clock = Arc::clone(&app.inner.clock);
    }

    /// The URL that an operator or an admin enters: the issuer, or what stands for it at Microsoft and GitHub.
    pub(crate) fn url(&self) -> String {
        match self.shared.kind {
            ProviderKind::Microsoft => format!("{}/common", self.shared.base()),
            _ => self.shared.base(),
        }
    }

    pub(crate) fn client_secret(&self) -> String {
        self.prefix("client-secret")
    }

    /// What all secrets of a kind begin with.
    fn prefix(&self, kind: &str) -> String {
        self.shared.prefix(kind)
    }

    fn conduct(&self) -> MutexGuard<'_, Conduct> {
        self.shared.conduct.lock().unwrap()
    }

    /// Changes a part of what the provider says. Each part has one change, the last one.
    pub(crate) fn change(&self, part: Part, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.conduct().changes.insert(part, Arc::new(change));
    }

    /// Sets a claim of the ID tokens, or removes it with `null`.
    pub(crate) fn set_claim(&self, name: &'static str, value: Value) {
        self.change(Part::Claims, move |claims| set(claims, name, &value));
    }

    pub(crate) fn fail(&self, endpoint: Endpoint, fault: Fault) {
        self.conduct().faults.insert(endpoint, fault);
    }

    /// Ends all changes and faults.
    pub(crate) fn recover(&self) {
        let mut conduct = self.conduct();
        conduct.changes.clear();
        conduct.faults.clear();
        (conduct.signer, conduct.shared_secret) = (TestKey::Rsa, None);
        conduct.leaves_claims_to_userinfo = false;
    }

    /// Signs with this key.
    pub(crate) fn sign_with(&self, key: TestKey) {
        self.conduct().signer = key;
    }

    /// Publishes these keys and no other.
    pub(crate) fn publish(&self, keys: &[TestKey]) {
        self.conduct().keys = keys.to_vec();
    }

    /// Sets the key of the algorithm HS256.
    pub(crate) fn share_secret(&self, secret: &str) {
        self.conduct().shared_secret = Some(secret.as_bytes().to_vec());
    }

    pub(crate) fn leave_claims_to_userinfo(&self) {
        self.conduct().leaves_claims_to_userinfo = true;
    }

    /// The number of requests that an endpoint has received.
    pub(crate) fn requests(&self, endpoint: Endpoint) -> usize {
        self.shared.requests.borrow().iter().filter(|request| request.endpoint == endpoint).count()
    }

    /// The fields of the last request to the token endpoint.
    pub(crate) fn last_token_request(&self) -> HashMap<String, String> {
        let requests = self.shared.requests.borrow();
        requests.iter().rfind(|request| request.endpoint == Endpoint::Token).unwrap().fields.clone()
    }

    /// Waits until an endpoint has received a request.
    pub(crate) async fn wait_for(&self, endpoint: Endpoint) {
        let mut requests = self.shared.requests.subscribe();
        requests.wait_for(|requests| requests.iter().any(|one| one.endpoint == endpoint)).await.unwrap();
    }

    /// Signs a person in who was sent to this URL. Checks the URL as the provider would.
    #[track_caller]
    pub(crate) fn approve(&self, url: &str, person: &Value) -> Callback {
        let request = AuthorizationRequest::read(self, url);
        let mut conduct = self.conduct();
        conduct.issued += 1;
        let code = format!("{}{}", self.prefix("code"), conduct.issued);
        let grant = Grant {
            person: person.clone(),
            client_id: request.fields["client_id"].clone(),
            redirect_uri: request.fields["redirect_uri"].clone(),
            challenge: request.fields["code_challenge"].clone(),
            nonce: request.fields.get("nonce").cloned(),
        };
        conduct.codes.insert(code.clone(), grant);
        drop(conduct);
        let mut callback = request.callback();
        callback.set("code", &code);
        if self.shared.kind == ProviderKind::OpenId {
            callback.set("iss", &self.shared.base());
        }
        callback
    }

    /// Like the person who presses "Cancel" at this URL.
    #[track_caller]
    pub(crate) fn refuse(&self, url: &str) -> Callback {
        let mut callback = AuthorizationRequest::read(self, url).callback();
        callback.set("error", "access_denied");
        callback.set("error_description", "The user has <b>refused</b>.");
        if self.shared.kind == ProviderKind::OpenId {
            callback.set("iss", &self.shared.base());
        }
        callback
    }
}

impl Shared {
    fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    fn prefix(&self, kind: &str) -> String {
        format!("{kind}-of-provider-{}-", self.address.port())
    }
}

/// An authorization URL, read.
struct AuthorizationRequest {
    fields: HashMap<String, String>,
    redirect_uri: Url,
    is_form_post: bool,
}

impl AuthorizationRequest {
    #[track_caller]
    fn read(provider: &IdentityProvider, url: &str) -> Self {
        let parsed = Url::parse(url).unwrap();
        let path = match provider.shared.kind {
            ProviderKind::GitHub => "/login/oauth/authorize",
            _ => "/authorize",
        };
        let expected = format!("{}{path}", provider.shared.base());
        assert_eq!(url.split('?').next().unwrap(), expected, "{url}");
        let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
        let fields: HashMap<_, _> = pairs.iter().cloned().collect();
        assert_eq!(fields.len(), pairs.len(), "a parameter is there twice: {url}");
        let is_openid = provider.shared.kind != ProviderKind::GitHub;
        assert_eq!(fields["client_id"], CLIENT_ID, "{url}");
        // GitHub has no other one.
        assert!(!is_openid || fields["response_type"] == "code", "{url}");
        assert_eq!(fields["code_challenge_method"], "S256", "{url}");
        assert_eq!(fields["code_challenge"].len(), 43, "{url}");
        assert_eq!(fields["state"].split('.').count(), 3, "{url}");
        assert_eq!(fields.get("nonce").is_some_and(|nonce| nonce.len() >= 22), is_openid, "{url}");
        assert_eq!(fields["scope"].split(' ').any(|scope| scope == "openid"), is_openid, "{url}");
        assert!(!url.contains(&provider.client_secret()), "{url}");
        let redirect_uri = Url::parse(&fields["redirect_uri"]).unwrap();
        assert_eq!(redirect_uri.query(), None, "{url}");
        let is_form_post = fields.get("response_mode").is_some_and(|mode| mode == "form_post");
        assert_eq!(is_form_post, provider.shared.kind == ProviderKind::Apple, "{url}");
        Self { fields, redirect_uri, is_form_post }
    }

    fn callback(&self) -> Callback {
        let path = self.redirect_uri.path().to_owned();
        let mut callback = Callback { path, parameters: Vec::new(), is_form_post: self.is_form_post };
        callback.set("state", &self.fields["state"]);
        callback
    }
}

/// The claims of a person whose address the provider has verified.
pub(crate) fn person(subject: &str, email: &str) -> Value {
    let name = email.split(['@', '.']).next().unwrap();
    json!({
        "sub": subject, "email": email, "email_verified": true,
        "given_name": name, "family_name": "Test", "name": format!("{name} Test"),
    })
}

/// Like [`person`], with further claims. `null` removes one.
pub(crate) fn person_with(subject: &str, email: &str, claims: &Value) -> Value {
    let mut person = person(subject, email);
    for (name, value) in claims.as_object().unwrap() {
        set(&mut person, name, value);
    }
    person
}

/// A user of GitHub, whose first address is the primary one and verified.
pub(crate) fn github_user(id: u64, email: &str) -> Value {
    json!({
        "id": id, "login": "octocat", "name": "Octo Cat", "email": "public@example.org",
        "emails": [
            {"email": "other@example.org", "primary": false, "verified": true},
            {"email": email, "primary": true, "verified": true},
        ],
    })
}

fn set(object: &mut Value, name: &str, value: &Value) {
    let object = object.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value.clone());
    }
}

/// The S256 challenge of a code verifier (RFC 7636).
fn challenge_of(verifier: &str) -> String {
    keys::encode(&Sha256::digest(verifier))
}
