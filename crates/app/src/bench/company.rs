//! What is measured: a company, and what is asked of it.

use std::sync::Arc;

use vestibule_core::context::{Caller, Command};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::OrganizationId;
use vestibule_core::images::Change;
use vestibule_core::names::{Description, OrganizationName, PersonName};
use vestibule_core::password::Password;
use vestibule_core::secret::SessionToken;
use vestibule_core::service::Service;
use vestibule_core::sign_up::{self, SignUp};
use vestibule_core::time::SystemClock;
use vestibule_core::{Problem, Result, invitation, organization};

use crate::open::open_with;
use crate::settings::Loaded;
use crate::start_error::StartError;

const OWNER: &str = "owner@bench.example";
const PASSWORD: &str = "camellia-sinensis";

/// One kind of request, of which many are sent.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// A file's name, too.
    pub(super) name: &'static str,
    /// In words.
    pub(super) title: &'static str,
    /// What is asked for.
    pub(super) path: String,
    /// How many connections at once, where that is not for the caller to say.
    pub(super) connections: Option<usize>,
    session: String,
    body: Option<String>,
}

impl Work {
    fn get(name: &'static str, title: &'static str, path: String, session: &str) -> Self {
        Self { name, title, path, connections: None, session: session.to_owned(), body: None }
    }

    fn post(self, body: &str) -> Self {
        Self { body: Some(body.to_owned()), ..self }
    }

    /// Whether it only reads, so that a bare handler can give the same answer.
    pub(super) const fn is_read(&self) -> bool {
        self.body.is_none()
    }

    /// The bytes of its request; `%N%` in the body becomes the number.
    pub(super) fn request(&self, number: u64) -> Vec<u8> {
        let (path, session) = (&self.path, &self.session);
        let head = format!("{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session_id={session}\r\n");
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

/// Makes the company in a new database, and lists what is measured.
pub(super) async fn make(loaded: &Loaded) -> Result<Vec<Work>, StartError> {
    let service = open_with(loaded, Arc::new(SystemClock), None).await?;
    let failed =
        |problem: Problem| StartError::Preparing { database: loaded.database.clone(), reason: problem.to_string() };
    works(&service).await.map_err(failed)
}

async fn works(service: &Arc<Service>) -> Result<Vec<Work>> {
    let newcomer = SignUp {
        email: EmailAddress::parse(OWNER)?,
        first_name: PersonName::parse("first_name", "Olga")?,
        last_name: PersonName::parse("last_name", "Owner")?,
        username: None,
        password: Password::chosen(PASSWORD.to_owned(), 8)?,
        invitation: None,
    };
    let token = sign_up::sign_up(service, &Caller::nobody(), newcomer).await.result?.token;
    let session = token.as_ref().map(SessionToken::reveal).unwrap_or_default();
    let owner = Caller { token, ..Caller::nobody() };
    let (one, fifty, page) = (
        company(service, &owner, "One", 1).await?,
        company(service, &owner, "Fifty", 50).await?,
        company(service, &owner, "Page", 500).await?,
    );
    let list = |organization: OrganizationId| format!("/organizations/{organization}/invitations");
    let get = |name, title, path| Work::get(name, title, path, &session);
    let (invitee, sign_in) = (
        r#"{"email":"invitee%N%@bench.example"}"#,
        format!(r#"{{"strategy":"plain_email","email":"{OWNER}","password":"{PASSWORD}"}}"#),
    );
    // Each in a company of its own, which nothing else is asked of.
    let invited = company(service, &owner, "Inviting", 0).await?;
    Ok(vec![
        get("session", "session", "/session".to_owned()),
        get("list1", "list of 1", list(one)),
        get("list50", "list of 50, unchanged", list(fifty)),
        // What is narrowed is read anew each time.
        get("list50-anew", "list of 50, made anew", format!("{}?limit=500", list(fifty))),
        get("list500", "list of 500, unchanged", list(page)),
        get("members", "members", format!("/organizations/{fifty}/members")),
        get("create", "create an invitation", list(invited)).post(invitee),
        Work {
            connections: Some(4),
            ..Work::get("signin", "sign in, 4 at once", "/auth/signin".to_owned(), "").post(&sign_in)
        },
    ])
}

async fn company(service: &Arc<Service>, owner: &Caller, name: &str, invited: u32) -> Result<OrganizationId> {
    let (name, description) = (OrganizationName::parse("name", name)?, Description::parse("description", "")?);
    let create = organization::Create { name, description, image: Change::Keep };
    let organization = run(service, owner, create).await?.organization.id;
    for number in 0..invited {
        let invitee = EmailAddress::parse(&format!("guest{number}@bench.example"))?;
        let create =
            invitation::Create { organization, invitee, role: None, workspace: None, days: None, language: None };
        run(service, owner, create).await?;
    }
    Ok(organization)
}

async fn run<C: Command>(service: &Arc<Service>, owner: &Caller, command: C) -> Result<C::Out> {
    service.run(owner, command).await.result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole() {
        let get = Work::get("a", "b", "/c".to_owned(), "d");
        assert_eq!(get.request(1), b"GET /c HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session_id=d\r\n\r\n");
        let post = String::from_utf8(get.post("%N%-%N%").request(12)).unwrap();
        assert!(post.starts_with("POST /c HTTP/1.1\r\n"), "{post}");
        assert!(post.ends_with("Content-Length: 5\r\n\r\n12-12"), "{post}");
    }
}
