//! Adding a connection, and changing its settings.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::enterprise_connection::{
    AttributeMapping, ClientId, ClientSecret, Connection, ConnectionScopes, Create, DEFAULT_SCOPES, SecretChange,
    SecretExpiry, Update,
};
use vestibule_core::id::OrganizationId;
use vestibule_core::names::ConnectionName;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::words::Words;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::provider::{Provider, ValuesToCopy};
use super::{Ids, PathIds, TAB};

/// What the fields contain: from the connection, or from the form that was refused. Never the secret.
pub(in crate::pages) struct Values {
    pub(in crate::pages) name: String,
    pub(in crate::pages) issuer: String,
    pub(in crate::pages) issuer_hint: String,
    pub(in crate::pages) client_id: String,
    pub(in crate::pages) client_id_hint: String,
    pub(in crate::pages) has_secret: bool,
    /// A day.
    pub(in crate::pages) secret_expires_on: String,
    pub(in crate::pages) scopes: String,
    pub(in crate::pages) is_jit_enabled: bool,
    pub(in crate::pages) trusts_mfa: bool,
}

/// Why fields were refused.
#[derive(Default)]
pub(in crate::pages) struct FieldErrors {
    pub(in crate::pages) name: Option<String>,
    pub(in crate::pages) issuer: Option<String>,
    pub(in crate::pages) client_id: Option<String>,
    pub(in crate::pages) client_secret: Option<String>,
    pub(in crate::pages) secret_expires_on: Option<String>,
    pub(in crate::pages) scopes: Option<String>,
}

/// The fields of a valid form.
pub(in crate::pages) struct Parsed {
    pub(in crate::pages) name: ConnectionName,
    pub(in crate::pages) issuer: String,
    pub(in crate::pages) client_id: ClientId,
    /// `None` if the field was left empty.
    pub(in crate::pages) client_secret: Option<ClientSecret>,
    pub(in crate::pages) secret_expires_at: Option<Timestamp>,
    pub(in crate::pages) scopes: ConnectionScopes,
    pub(in crate::pages) is_jit_enabled: bool,
    pub(in crate::pages) trusts_mfa: bool,
}

impl Values {
    pub(in crate::pages) fn empty(t: Words, provider: Provider) -> Self {
        let name = if provider == Provider::Other { String::new() } else { provider.name(t) };
        Self {
            name,
            issuer: provider.issuer().to_owned(),
            issuer_hint: t.connection_issuer_hint(provider.example_issuer()),
            client_id: String::new(),
            client_id_hint: provider.client_id_hint(t),
            has_secret: false,
            secret_expires_on: String::new(),
            scopes: DEFAULT_SCOPES.to_owned(),
            is_jit_enabled: true,
            trusts_mfa: false,
        }
    }

    pub(in crate::pages) fn from_connection(t: Words, provider: Provider, connection: &Connection) -> Self {
        Self {
            name: connection.name.clone(),
            issuer: connection.issuer.clone(),
            client_id: connection.client_id.clone(),
            has_secret: connection.has_client_secret,
            secret_expires_on: connection.secret_expires_at.map(day).unwrap_or_default(),
            scopes: connection.scopes.clone(),
            is_jit_enabled: connection.jit_enabled,
            trusts_mfa: connection.trusts_mfa,
            ..Self::empty(t, provider)
        }
    }

    pub(in crate::pages) fn from_form(t: Words, provider: Provider, form: &Form, has_secret: bool) -> Self {
        let text = |name: &str| form.text(name).trim().to_owned();
        Self {
            name: text("name"),
            issuer: text("issuer"),
            client_id: text("client_id"),
            has_secret,
            secret_expires_on: text("secret_expires_on"),
            scopes: text("scopes"),
            is_jit_enabled: form.is_checked("jit"),
            trusts_mfa: form.is_checked("trusts_mfa"),
            ..Self::empty(t, provider)
        }
    }

    /// `form` has the secret.
    pub(in crate::pages) fn parse(&self, cx: &PageContext, form: &Form) -> Result<Parsed, Box<FieldErrors>> {
        let t = cx.words;
        let name = ConnectionName::parse("name", &self.name);
        // The command checks the rest.
        let is_issuer_valid =
            !self.issuer.contains(['?', '#']) && cx.app.service().http_client.parse_url(&self.issuer).is_ok();
        let client_id = ClientId::parse("client_id", &self.client_id);
        let secret = form.non_empty("client_secret").map(|text| ClientSecret::parse("client_secret", text)).transpose();
        let expires_at = match self.secret_expires_on.as_str() {
            "" => Ok(None),
            text => Timestamp::parse(text).map(Some).ok_or(()),
        };
        let scopes = ConnectionScopes::parse("scopes", &self.scopes);
        match (name, is_issuer_valid, client_id, secret, expires_at, scopes) {
            (Ok(name), true, Ok(client_id), Ok(client_secret), Ok(secret_expires_at), Ok(scopes)) => Ok(Parsed {
                name,
                issuer: self.issuer.clone(),
                client_id,
                client_secret,
                secret_expires_at,
                scopes,
                is_jit_enabled: self.is_jit_enabled,
                trusts_mfa: self.trusts_mfa,
            }),
            (name, is_issuer_valid, client_id, secret, expires_at, scopes) => Err(Box::new(FieldErrors {
                name: name.err().map(|_| t.connection_name_error()),
                issuer: (!is_issuer_valid).then(|| t.connection_issuer_error()),
                client_id: client_id.err().map(|_| t.connection_client_id_error()),
                client_secret: secret.err().map(|_| t.connection_client_secret_error()),
                secret_expires_on: expires_at.err().map(|()| t.connection_secret_expires_error()),
                scopes: scopes.err().map(|_| t.connection_scopes_error()),
            })),
        }
    }
}

/// The day of a time, as a field of dates has it.
fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

/// Why a form was refused.
enum Refused {
    Fields(Box<FieldErrors>),
    Command(Problem),
}

struct ProviderChoice {
    key: &'static str,
    name: String,
}

#[derive(Template)]
#[template(path = "organization/connections/choose.html")]
struct ChoosePage {
    layout: Layout,
    org: OrganizationPage,
    path: String,
    choices: Vec<ProviderChoice>,
}

#[derive(Template)]
#[template(path = "organization/connections/form.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    title: String,
    button: String,
    action: String,
    /// The page that the form was opened from.
    back_path: String,
    back_label: String,
    provider: &'static str,
    values_to_copy: ValuesToCopy,
    values: Values,
    errors: FieldErrors,
}

/// Renders the form of a connection; without one, that of a new one.
fn render(
    cx: &PageContext,
    org: OrganizationPage,
    connection: Option<(Ids, &str)>,
    (provider, values): (Provider, Values),
    refused: Option<Refused>,
) -> Response {
    let t = cx.words;
    let (problem, is_general, errors): (Option<Problem>, bool, FieldErrors) = match refused {
        None => (None, false, FieldErrors::default()),
        Some(Refused::Fields(errors)) => (Some(Code::InvalidField.into()), false, *errors),
        Some(Refused::Command(problem)) => (Some(problem), true, FieldErrors::default()),
    };
    let (title, list_path) = (connection.map_or_else(|| t.connection_add(), |_| t.connection_edit()), org.path(TAB));
    let page = Page {
        layout: cx.layout(format!("{title} · {}", org.name), true).with_error(problem.as_ref().filter(|_| is_general)),
        button: if connection.is_some() { t.save() } else { t.continue_button() },
        action: connection.map_or_else(|| list_path.clone(), |(ids, _)| format!("{}/edit", ids.path())),
        back_path: connection.map_or_else(|| format!("{list_path}/new"), |(ids, _)| ids.path()),
        back_label: connection.map_or_else(|| t.connection_providers(), |(_, name)| name.to_owned()),
        provider: provider.key(),
        values_to_copy: provider.values_to_copy(cx, org.id),
        title,
        values,
        errors,
        org,
    };
    cx.render_with_error(problem.as_ref(), &page)
}

pub(super) async fn new(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(new_page(&cx, &organization).await)
}

/// Asks for the provider first.
async fn new_page(cx: &PageContext, organization: &str) -> PageResult<Response> {
    let org = load_manageable(cx, organization).await?;
    let t = cx.words;
    if let Some(provider) = Provider::parse(&cx.query_param("provider")) {
        return Ok(render(cx, org, None, (provider, Values::empty(t, provider)), None));
    }
    let choices = Provider::ALL.map(|provider| ProviderChoice { key: provider.key(), name: provider.name(t) });
    let page = ChoosePage {
        layout: cx.layout(format!("{} · {}", t.connection_add(), org.name), true),
        path: org.path(TAB),
        choices: choices.into(),
        org,
    };
    Ok(cx.render(StatusCode::OK, &page))
}

/// Error page: `FORBIDDEN` without the permission that the form needs.
async fn load_manageable(cx: &PageContext, organization: &str) -> PageResult<OrganizationPage> {
    let org = load_organization(cx, parse_id(cx, organization)?, TAB).await?;
    if super::is_manageable(&org) { Ok(org) } else { Err(cx.error_page(&Code::Forbidden.into())) }
}

pub(super) async fn create(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(create_in(&cx, &organization, &form).await)
}

async fn create_in(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let org = load_manageable(cx, organization).await?;
    let provider = Provider::parse(form.text("provider")).unwrap_or(Provider::Other);
    let values = Values::from_form(cx.words, provider, form, false);
    let parsed = match values.parse(cx, form) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(render(cx, org, None, (provider, values), Some(Refused::Fields(errors)))),
    };
    match cx.run(parsed.into_create(org.id)).await {
        Ok(created) => {
            let ids = Ids { organization: org.id, connection: created.id };
            Ok(cx.redirect_with_flash(&ids.path(), "connection_created"))
        }
        Err(problem) => Ok(render(cx, org, None, (provider, values), Some(Refused::Command(problem)))),
    }
}

impl Parsed {
    pub(in crate::pages) fn into_create(self, organization: OrganizationId) -> Create {
        Create {
            organization,
            name: Some(self.name),
            issuer: self.issuer,
            client_id: self.client_id,
            client_secret: self.client_secret,
            secret_expires_at: self.secret_expires_at,
            scopes: self.scopes,
            domains: Vec::new(),
            jit_enabled: self.is_jit_enabled,
            trusts_mfa: self.trusts_mfa,
            attribute_mapping: AttributeMapping::default(),
        }
    }
}

pub(super) async fn edit(cx: PageContext, Path((organization, id)): PathIds) -> Response {
    page_or_response(edit_page(&cx, (&organization, &id)).await)
}

async fn edit_page(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let connection = ids.find(cx).await?;
    let provider = Provider::of_issuer(&connection.issuer);
    let values = Values::from_connection(cx.words, provider, &connection);
    Ok(render(cx, org, Some((ids, connection.name.as_str())), (provider, values), None))
}

pub(super) async fn update(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(update_it(&cx, (&organization, &id), &form).await)
}

async fn update_it(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let connection = ids.find(cx).await?;
    let opened = Some((ids, connection.name.as_str()));
    let provider = Provider::parse(form.text("provider")).unwrap_or(Provider::Other);
    let values = Values::from_form(cx.words, provider, form, connection.has_client_secret);
    let parsed = match values.parse(cx, form) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(render(cx, org, opened, (provider, values), Some(Refused::Fields(errors)))),
    };
    // The field has the day only.
    let expiry = match parsed.secret_expires_at {
        Some(_) if connection.secret_expires_at.map(day).as_deref() == Some(values.secret_expires_on.as_str()) => {
            SecretExpiry::Keep
        }
        Some(time) => SecretExpiry::At(time),
        None => SecretExpiry::Unknown,
    };
    let update = Update {
        name: Some(parsed.name),
        issuer: Some(parsed.issuer),
        client_id: Some(parsed.client_id),
        client_secret: parsed.client_secret.map_or(SecretChange::Keep, SecretChange::Replace),
        secret_expiry: expiry,
        scopes: Some(parsed.scopes),
        jit_enabled: Some(parsed.is_jit_enabled),
        trusts_mfa: Some(parsed.trusts_mfa),
        ..Update::new(ids.organization, ids.connection)
    };
    match cx.run(update).await {
        Ok(_) => Ok(cx.redirect_with_flash(&ids.path(), "connection_saved")),
        Err(problem) => Ok(render(cx, org, opened, (provider, values), Some(Refused::Command(problem)))),
    }
}
