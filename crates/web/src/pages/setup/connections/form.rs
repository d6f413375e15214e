//! The form of a connection: what the identity provider shows, and what it needs.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::enterprise_connection::{Connection, Create, List, SecretChange, SecretExpiry, Update};
use vestibule_core::id::DomainId;
use vestibule_core::setup_link::SetupPurpose;
use vestibule_core::{Code, Problem, domain};

use super::super::super::context::PageResult;
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::organization::connections::form::{FieldErrors, Values};
use super::super::super::organization::connections::provider::{Provider, ValuesToCopy};
use super::super::{CONNECTIONS, SetupPage, Visit, page_or_response};
use super::{find, path_of};

/// Why a form was refused.
enum Refused {
    Fields(Box<FieldErrors>),
    Command(Problem),
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

/// Renders the form of a connection; without one, that of a new one.
fn render(
    visit: &Visit,
    connection: Option<&Connection>,
    (provider, values): (Provider, Values),
    refused: Option<Refused>,
) -> Response {
    let (cx, t) = (&visit.cx, visit.cx.words);
    let (problem, is_general, errors): (Option<Problem>, bool, FieldErrors) = match refused {
        None => (None, false, FieldErrors::default()),
        Some(Refused::Fields(errors)) => (Some(Code::InvalidField.into()), false, *errors),
        Some(Refused::Command(problem)) => (Some(problem), true, FieldErrors::default()),
    };
    let title = if connection.is_some() { t.connection_edit() } else { t.connection_add() };
    let path = connection.map(|found| path_of(found.id));
    let page = Page {
        layout: cx
            .layout(format!("{title} · {}", visit.link.organization_name), false)
            .with_error(problem.as_ref().filter(|_| is_general)),
        setup: visit.setup_page(CONNECTIONS),
        title,
        action: path.as_ref().map_or_else(|| format!("{CONNECTIONS}/new"), |path| format!("{path}/edit")),
        back_path: path.unwrap_or_else(|| CONNECTIONS.to_owned()),
        provider: provider.key(),
        values_to_copy: provider.values_to_copy(cx, visit.link.organization_id),
        values,
        errors,
    };
    cx.render_with_error(problem.as_ref(), &page)
}

pub(super) async fn show_new(visit: Visit) -> Response {
    let provider = Provider::parse(&visit.cx.query_param("provider")).unwrap_or(Provider::Other);
    render(&visit, None, (provider, Values::empty(visit.cx.words, provider)), None)
}

pub(super) async fn create(visit: Visit, form: Form) -> Response {
    page_or_response(create_it(&visit, &form).await)
}

async fn create_it(visit: &Visit, form: &Form) -> PageResult<Response> {
    let cx = &visit.cx;
    let provider = Provider::parse(form.text("provider")).unwrap_or(Provider::Other);
    let values = Values::from_form(cx.words, provider, form, false);
    let parsed = match values.parse(cx, form) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(render(visit, None, (provider, values), Some(Refused::Fields(errors)))),
    };
    let domains = free_domains(visit).await?;
    let create = Create { domains, ..parsed.into_create(visit.organization()) };
    Ok(match cx.run(create).await {
        Ok(created) => cx.redirect_with_flash(&path_of(created.id), "connection_created"),
        Err(problem) => render(visit, None, (provider, values), Some(Refused::Command(problem))),
    })
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
        Ok(found) => {
            let provider = Provider::of_issuer(&found.issuer);
            let values = Values::from_connection(visit.cx.words, provider, &found);
            render(&visit, Some(&found), (provider, values), None)
        }
        Err(response) => response,
    }
}

pub(super) async fn update(visit: Visit, Path(id): Path<String>, form: Form) -> Response {
    page_or_response(update_it(&visit, &id, &form).await)
}

async fn update_it(visit: &Visit, id: &str, form: &Form) -> PageResult<Response> {
    let cx = &visit.cx;
    let found = find(visit, id).await?;
    let provider = Provider::parse(form.text("provider")).unwrap_or(Provider::Other);
    let values = Values::from_form(cx.words, provider, form, found.has_client_secret);
    let parsed = match values.parse(cx, form) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(render(visit, Some(&found), (provider, values), Some(Refused::Fields(errors)))),
    };
    // The field has the day only.
    let shown = Values::from_connection(cx.words, provider, &found).secret_expires_on;
    let expiry = match parsed.secret_expires_at {
        Some(_) if shown == values.secret_expires_on => SecretExpiry::Keep,
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
        ..Update::new(visit.organization(), found.id)
    };
    Ok(match cx.run(update).await {
        Ok(_) => cx.redirect_with_flash(&path_of(found.id), "connection_saved"),
        Err(problem) => render(visit, Some(&found), (provider, values), Some(Refused::Command(problem))),
    })
}
