//! The form of a connection: what the identity provider shows, and what it needs.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::enterprise_connection::{
    AttributeMapping, ClientId, ClientSecret, Connection, ConnectionScopes, Create, List, SecretChange, SecretExpiry,
    Update,
};
use vestibule_core::id::DomainId;
use vestibule_core::names::ConnectionName;
use vestibule_core::setup_link::SetupPurpose;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem, domain};

use super::super::super::context::PageResult;
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::words::Words;
use super::super::{CONNECTIONS, SetupPage, Visit, page_or_response};
use super::provider::{Provider, ValuesToCopy};
use super::{find, path_of};

/// The length of a date in a time: `2026-01-31`.
const DATE_LENGTH: usize = 10;

/// What the fields are filled with.
struct Values {
    name: String,
    issuer: String,
    issuer_hint: String,
    client_id: String,
    client_id_hint: String,
    has_secret: bool,
    secret_expires_on: String,
    scopes: String,
    is_jit_enabled: bool,
    trusts_mfa: bool,
}

impl Values {
    fn new(t: Words, provider: Provider) -> Self {
        Self {
            name: String::new(),
            issuer: provider.common_issuer().to_owned(),
            issuer_hint: provider.issuer_hint(t),
            client_id: String::new(),
            client_id_hint: provider.client_id_hint(t),
            has_secret: false,
            secret_expires_on: String::new(),
            scopes: String::new(),
            is_jit_enabled: true,
            trusts_mfa: false,
        }
    }

    fn of(t: Words, provider: Provider, connection: &Connection) -> Self {
        Self {
            name: connection.name.clone(),
            issuer: connection.issuer.clone(),
            client_id: connection.client_id.clone(),
            has_secret: connection.has_client_secret,
            secret_expires_on: connection.secret_expires_at.map(date).unwrap_or_default(),
            scopes: connection.scopes.clone(),
            is_jit_enabled: connection.jit_enabled,
            trusts_mfa: connection.trusts_mfa,
            ..Self::new(t, provider)
        }
    }

    /// As they were typed. The secret is typed again.
    fn typed(self, form: &Form) -> Self {
        Self {
            name: form.text("name").to_owned(),
            issuer: form.text("issuer").to_owned(),
            client_id: form.text("client_id").to_owned(),
            secret_expires_on: form.text("secret_expires_on").to_owned(),
            scopes: form.text("scopes").to_owned(),
            is_jit_enabled: form.is_checked("jit"),
            trusts_mfa: form.is_checked("trusts_mfa"),
            ..self
        }
    }
}

fn date(time: Timestamp) -> String {
    time.to_string().chars().take(DATE_LENGTH).collect()
}

/// Why a field was refused.
#[derive(Default)]
struct FieldErrors {
    name: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    secret_expires_on: Option<String>,
    scopes: Option<String>,
}

impl FieldErrors {
    const fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.issuer.is_none()
            && self.client_id.is_none()
            && self.client_secret.is_none()
            && self.secret_expires_on.is_none()
            && self.scopes.is_none()
    }
}

/// The fields of a form.
struct Parsed {
    name: ConnectionName,
    issuer: String,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    secret_expires_at: Option<Timestamp>,
    scopes: ConnectionScopes,
    jit_enabled: bool,
    trusts_mfa: bool,
}

fn parse(t: Words, form: &Form, now: Timestamp) -> Result<Parsed, FieldErrors> {
    let name = ConnectionName::parse("name", form.text("name"));
    let client_id = ClientId::parse("client_id", form.text("client_id"));
    let secret = form.non_empty("client_secret").map(|text| ClientSecret::parse("client_secret", text)).transpose();
    let scopes = ConnectionScopes::parse("scopes", form.text("scopes"));
    let expiry =
        form.non_empty("secret_expires_on").map(|text| Timestamp::parse(text).filter(|end| *end > now).ok_or(()));
    let errors = FieldErrors {
        name: name.as_ref().err().map(|_| t.connection_name_error()),
        issuer: form.non_empty("issuer").is_none().then(|| t.connection_issuer_error()),
        client_id: client_id.as_ref().err().map(|_| t.connection_client_id_error()),
        client_secret: secret.as_ref().err().map(|_| t.connection_client_secret_error()),
        secret_expires_on: expiry.is_some_and(|expiry| expiry.is_err()).then(|| t.connection_secret_expires_error()),
        scopes: scopes.as_ref().err().map(|_| t.connection_scopes_error()),
    };
    match (name, client_id, secret, scopes) {
        (Ok(name), Ok(client_id), Ok(client_secret), Ok(scopes)) if errors.is_empty() => Ok(Parsed {
            name,
            issuer: form.text("issuer").trim().to_owned(),
            client_id,
            client_secret,
            secret_expires_at: expiry.and_then(Result::ok),
            scopes,
            jit_enabled: form.is_checked("jit"),
            trusts_mfa: form.is_checked("trusts_mfa"),
        }),
        _ => Err(errors),
    }
}

/// Why a form failed.
enum Failed {
    Fields(FieldErrors),
    Other(Problem),
}

impl Failed {
    fn new(t: Words, problem: Problem) -> Self {
        if problem.code() == Code::InvalidIssuer {
            Self::Fields(FieldErrors { issuer: Some(t.connection_issuer_error()), ..FieldErrors::default() })
        } else {
            Self::Other(problem)
        }
    }
}

#[derive(Template)]
#[template(path = "setup/connection_form.html")]
struct Page {
    layout: Layout,
    setup: SetupPage,
    title: String,
    back_path: String,
    action: String,
    provider: &'static str,
    values_to_copy: ValuesToCopy,
    values: Values,
    errors: FieldErrors,
}

/// The connection that is changed; `None` for a new one.
type Changed<'a> = Option<&'a Connection>;

fn page(visit: &Visit, provider: Provider, changed: Changed<'_>, failed: Option<(&Form, Failed)>) -> Response {
    let (cx, t) = (&visit.cx, visit.cx.words);
    let title = if changed.is_some() { t.connection_edit() } else { t.connection_add() };
    let values = changed.map_or_else(|| Values::new(t, provider), |found| Values::of(t, provider, found));
    let (values, errors, problem) = match failed {
        None => (values, FieldErrors::default(), None),
        Some((form, Failed::Fields(errors))) => (values.typed(form), errors, Some(Code::InvalidField.into())),
        Some((form, Failed::Other(problem))) => (values.typed(form), FieldErrors::default(), Some(problem)),
    };
    let layout = cx.layout(format!("{title} · {}", visit.link.organization_name), false);
    let path = changed.map(|found| path_of(found.id));
    let page = Page {
        // An error at a field is shown there.
        layout: if errors.is_empty() { layout.with_error(problem.as_ref()) } else { layout },
        setup: visit.setup_page(CONNECTIONS),
        title,
        action: path.as_ref().map_or_else(|| format!("{CONNECTIONS}/new"), |path| format!("{path}/edit")),
        back_path: path.unwrap_or_else(|| CONNECTIONS.to_owned()),
        provider: provider.key(),
        values_to_copy: provider.values_to_copy(t, cx.app.settings()),
        values,
        errors,
    };
    cx.render_with_error(problem.as_ref(), &page)
}

pub(super) async fn show_new(visit: Visit) -> Response {
    let provider = Provider::from_key(&visit.cx.query_param("provider"));
    page(&visit, provider, None, None)
}

pub(super) async fn create(visit: Visit, form: Form) -> Response {
    let (cx, t) = (&visit.cx, visit.cx.words);
    let provider = Provider::from_key(form.text("provider"));
    let parsed = match parse(t, &form, cx.now()) {
        Ok(parsed) => parsed,
        Err(errors) => return page(&visit, provider, None, Some((&form, Failed::Fields(errors)))),
    };
    let domains = match free_domains(&visit).await {
        Ok(domains) => domains,
        Err(response) => return response,
    };
    let create = Create {
        organization: visit.organization(),
        name: Some(parsed.name),
        issuer: parsed.issuer,
        client_id: parsed.client_id,
        client_secret: parsed.client_secret,
        secret_expires_at: parsed.secret_expires_at,
        scopes: parsed.scopes,
        domains,
        jit_enabled: parsed.jit_enabled,
        trusts_mfa: parsed.trusts_mfa,
        attribute_mapping: AttributeMapping::default(),
    };
    match cx.run(create).await {
        Ok(created) => cx.redirect_with_flash(&path_of(created.id), "setup_connection_created"),
        Err(problem) => page(&visit, provider, None, Some((&form, Failed::new(t, problem)))),
    }
}

/// The verified domains without a connection, which a new one gets. None if the link does not open the domains.
async fn free_domains(visit: &Visit) -> PageResult<Vec<DomainId>> {
    if !visit.is_for(SetupPurpose::Domains) {
        return Ok(Vec::new());
    }
    let organization = visit.organization();
    let connections = visit.cx.query(List { organization }).await?;
    let is_free = |id: DomainId| connections.iter().all(|other| other.domains.iter().all(|domain| domain.id != id));
    let domains = visit.cx.query(domain::List { organization }).await?;
    let verified = domains.into_iter().filter(|domain| domain.verified_at.is_some()).map(|domain| domain.id);
    Ok(verified.filter(|id| is_free(*id)).collect())
}

pub(super) async fn show_edit(visit: Visit, Path(id): Path<String>) -> Response {
    match find(&visit, &id).await {
        Ok(found) => page(&visit, Provider::of_issuer(&found.issuer), Some(&found), None),
        Err(response) => response,
    }
}

pub(super) async fn update(visit: Visit, Path(id): Path<String>, form: Form) -> Response {
    page_or_response(update_it(&visit, &id, &form).await)
}

async fn update_it(visit: &Visit, id: &str, form: &Form) -> PageResult<Response> {
    let (cx, t) = (&visit.cx, visit.cx.words);
    let found = find(visit, id).await?;
    let provider = Provider::of_issuer(&found.issuer);
    let parsed = match parse(t, form, cx.now()) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(page(visit, provider, Some(&found), Some((form, Failed::Fields(errors))))),
    };
    let update = Update {
        name: Some(parsed.name),
        issuer: Some(parsed.issuer),
        client_id: Some(parsed.client_id),
        client_secret: parsed.client_secret.map_or(SecretChange::Keep, SecretChange::Replace),
        secret_expiry: parsed.secret_expires_at.map_or(SecretExpiry::Unknown, SecretExpiry::At),
        scopes: Some(parsed.scopes),
        jit_enabled: Some(parsed.jit_enabled),
        trusts_mfa: Some(parsed.trusts_mfa),
        ..Update::new(visit.organization(), found.id)
    };
    Ok(match cx.run(update).await {
        Ok(_) => cx.redirect_with_flash(&path_of(found.id), "connection_saved"),
        Err(problem) => page(visit, provider, Some(&found), Some((form, Failed::new(t, problem)))),
    })
}
