//! The scenarios to measure, and the data they run on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vestibule_core::email_address::EmailAddress;
use vestibule_core::execution::{Caller, Command};
use vestibule_core::id::OrganizationId;
use vestibule_core::images::Change;
use vestibule_core::names::{Description, OrganizationName, PersonName};
use vestibule_core::password::Password;
use vestibule_core::secret::{SessionToken, SubmittedChallenge};
use vestibule_core::service::Service;
use vestibule_core::sign_up::SignUp;
use vestibule_core::time::SystemClock;
use vestibule_core::{Problem, Result, invitation, organization, sign_up};

use super::by_key;
use crate::error::AppError;
use crate::settings::LoadedSettings;
use crate::startup::open_service_with;

const OWNER: &str = "owner@bench.example";
const PASSWORD: &str = "camellia-sinensis";

/// What a request proves its sender with.
#[derive(Clone, Debug)]
pub(super) enum Credentials {
    Nothing,
    Session(String),
    /// Of the API for backends.
    ApiKey(String),
}

impl Credentials {
    fn header(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Session(session) => format!("Cookie: session_id={session}\r\n"),
            Self::ApiKey(key) => format!("Authorization: Bearer {key}\r\n"),
        }
    }
}

/// A request that is sent repeatedly.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    /// Also the name of the file with the recorded response.
    pub(super) name: &'static str,
    /// The label in the results.
    pub(super) title: &'static str,
    pub(super) path: String,
    /// The number of concurrent connections, if it does not depend on `--connections`.
    pub(super) connections: Option<usize>,
    credentials: Credentials,
    body: Option<String>,
    /// The number of the next request. All runs share it, so that no run repeats what another has created.
    next_number: Arc<AtomicU64>,
}

impl Scenario {
    pub(super) fn get(name: &'static str, title: &'static str, path: String, credentials: &Credentials) -> Self {
        Self {
            name,
            title,
            path,
            connections: None,
            credentials: credentials.clone(),
            body: None,
            next_number: Arc::default(),
        }
    }

    pub(super) fn post(self, body: &str) -> Self {
        Self { body: Some(body.to_owned()), ..self }
    }

    /// Returns whether the request only reads, so that the baseline server can return the same response.
    pub(super) const fn is_read(&self) -> bool {
        self.body.is_none()
    }

    /// Returns whether the request goes to the API for backends.
    pub(super) const fn is_by_key(&self) -> bool {
        matches!(self.credentials, Credentials::ApiKey(_))
    }

    /// Returns the bytes of the next request. Replaces `%N%` in the body by its number.
    pub(super) fn next_request(&self) -> Vec<u8> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let (path, credentials) = (&self.path, self.credentials.header());
        let head = format!("{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credentials}");
        let request = match &self.body {
            None => format!("GET {head}\r\n"),
            Some(body) => {
                let body = body.replace("%N%", &number.to_string());
                let length = body.len();
                format!("POST {head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
            }
        };
        request.into_bytes()
    }
}

/// Creates the data in a new database and returns the scenarios.
pub(super) async fn create(loaded: &LoadedSettings) -> Result<Vec<Scenario>, AppError> {
    let service = open_service_with(loaded, Arc::new(SystemClock), None).await?;
    let failed =
        |problem: Problem| AppError::DatabaseSetup { database: loaded.database.clone(), reason: problem.to_string() };
    create_scenarios(&service).await.map_err(failed)
}

async fn create_scenarios(service: &Arc<Service>) -> Result<Vec<Scenario>> {
    let profile = SignUp {
        email: EmailAddress::parse(OWNER)?,
        first_name: PersonName::parse("first_name", "Olga")?,
        last_name: PersonName::parse("last_name", "Owner")?,
        username: None,
        password: Password::parse_new(PASSWORD.to_owned(), 8)?,
        invitation: None,
    };
    let challenge = SubmittedChallenge::Missing;
    let token = sign_up::sign_up(service, &Caller::anonymous(), profile, &challenge).await.result?.token;
    let session = Credentials::Session(token.as_ref().map(SessionToken::reveal).unwrap_or_default());
    let owner = Caller { token, ..Caller::anonymous() };
    let (one, fifty, page) = (
        create_organization(service, &owner, "One", 1).await?,
        create_organization(service, &owner, "Fifty", 50).await?,
        create_organization(service, &owner, "Page", 500).await?,
    );
    let list = |organization: OrganizationId| format!("/organizations/{organization}/invitations");
    let get = |name, title, path| Scenario::get(name, title, path, &session);
    let (invitee, sign_in) = (
        r#"{"email":"invitee%N%@bench.example"}"#,
        format!(r#"{{"strategy":"plain_email","email":"{OWNER}","password":"{PASSWORD}"}}"#),
    );
    // An organization that no other scenario reads, so that its writes do not invalidate their caches.
    let written = create_organization(service, &owner, "Inviting", 0).await?;
    let mut scenarios = vec![
        get("session", "session", "/session".to_owned()),
        get("list1", "list of 1, cached", list(one)),
        get("list50", "list of 50, cached", list(fifty)),
        // A list with query parameters is not cached.
        get("list50-uncached", "list of 50, uncached", format!("{}?limit=500", list(fifty))),
        get("list500", "list of 500, cached", list(page)),
        get("members", "members", format!("/organizations/{fifty}/members")),
        get("create", "create an invitation", list(written)).post(invitee),
        Scenario {
            connections: Some(4),
            ..Scenario::get("signin", "sign in, 4 connections", "/auth/signin".to_owned(), &Credentials::Nothing)
                .post(&sign_in)
        },
    ];
    scenarios.extend(by_key::create(service, create_organization(service, &owner, "Staffed", 0).await?).await?);
    Ok(scenarios)
}

async fn create_organization(
    service: &Arc<Service>,
    owner: &Caller,
    name: &str,
    invitations: u32,
) -> Result<OrganizationId> {
    let (name, description) = (OrganizationName::parse("name", name)?, Description::parse("description", "")?);
    let create = organization::Create { name, description, image: Change::Keep };
    let organization = run(service, owner, create).await?.organization.id;
    for number in 0..invitations {
        let invitee = EmailAddress::parse(&format!("guest{number}@bench.example"))?;
        let create = invitation::Create {
            is_mailed: true,
            organization,
            invitee,
            role: None,
            workspace: None,
            expiry_days: None,
            language: None,
            message: None,
        };
        run(service, owner, create).await?;
    }
    Ok(organization)
}

pub(super) async fn run<C: Command>(service: &Arc<Service>, caller: &Caller, command: C) -> Result<C::Out> {
    service.run(caller, command).await.result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_complete_requests() {
        let get = |credentials| Scenario::get("a", "b", "/c".to_owned(), &credentials);
        let by_session = get(Credentials::Session("d".to_owned()));
        assert_eq!(by_session.next_request(), b"GET /c HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session_id=d\r\n\r\n");
        let by_key = get(Credentials::ApiKey("d".to_owned()));
        assert_eq!(by_key.next_request(), b"GET /c HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer d\r\n\r\n");
        let post = get(Credentials::Nothing).post("%N%-%N%");
        let request = String::from_utf8(post.next_request()).unwrap();
        assert!(request.starts_with("POST /c HTTP/1.1\r\n"), "{request}");
        assert!(request.ends_with("Content-Length: 3\r\n\r\n0-0"), "{request}");
    }

    #[test]
    fn repeats_no_request_in_another_run() {
        let scenario = Scenario::get("a", "b", "/c".to_owned(), &Credentials::Nothing).post("%N%");
        let (warm_up, measured) = (scenario.clone(), scenario);
        assert_ne!(warm_up.next_request(), measured.next_request());
    }
}
