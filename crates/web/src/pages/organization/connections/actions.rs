//! The buttons on the page of a connection.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::enterprise_connection::{Connection, Delete, SetRequired, Update, test_saved};
use vestibule_core::id::DomainId;
use vestibule_core::single_sign_on::{BeginTest, begin_test};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::single_sign_on::leave_page;
use super::super::confirm::Confirmation;
use super::super::page_or_response;
use super::connection::{self, Outcome};
use super::{Ids, PathIds};

/// Returns the response of a command, or the page of the connection with its error.
async fn or_page_with_error(cx: &PageContext, ids: Ids, result: Result<Response, Problem>) -> PageResult<Response> {
    match result {
        Ok(response) => Ok(response),
        Err(problem) => connection::page(cx, ids, Outcome::from(&problem)).await,
    }
}

async fn update(cx: &PageContext, ids: Ids, update: Update, flash: &str) -> PageResult<Response> {
    let updated = cx.run(update).await.map(|_| cx.redirect_with_flash(&ids.path(), flash));
    or_page_with_error(cx, ids, updated).await
}

pub(super) async fn set_domains(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(set_domains_of(&cx, (&organization, &id), &form).await)
}

async fn set_domains_of(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    // What is no id is no domain of the organization.
    let domains = form.texts("domain").map(|id| id.parse::<DomainId>().unwrap_or_else(|_| 0.into())).collect();
    let change = Update { domains: Some(domains), ..Update::new(ids.organization, ids.connection) };
    update(cx, ids, change, "saved").await
}

pub(super) async fn test(cx: PageContext, Path((organization, id)): PathIds, _: Form) -> Response {
    page_or_response(test_it(&cx, (&organization, &id)).await)
}

/// The page shows the result, and nothing stores it.
async fn test_it(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    match test_saved(cx.app.service(), &cx.caller, ids.organization, ids.connection).await.result {
        Ok(check) => connection::page(cx, ids, Outcome { problem: None, check: Some(&check) }).await,
        Err(problem) => connection::page(cx, ids, Outcome::from(&problem)).await,
    }
}

pub(super) async fn test_sign_in(cx: PageContext, Path((organization, id)): PathIds, _: Form) -> Response {
    page_or_response(begin_test_sign_in(&cx, (&organization, &id)).await)
}

/// Leaves for the provider. The trace is the page that follows.
async fn begin_test_sign_in(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let name = ids.find(cx).await?.name;
    let begin =
        BeginTest { organization: ids.organization, connection: ids.connection, return_to: ids.path(), is_page: true };
    let begun = begin_test(cx.app.service(), &cx.caller, begin).await.result;
    let begun = begun.map(|begun| leave_page(cx, name, begun.url, begun.token.as_ref()));
    or_page_with_error(cx, ids, begun).await
}

pub(super) async fn enable(cx: PageContext, Path((organization, id)): PathIds, _: Form) -> Response {
    page_or_response(enable_it(&cx, (&organization, &id)).await)
}

async fn enable_it(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let change = Update { is_enabled: Some(true), ..Update::new(ids.organization, ids.connection) };
    update(cx, ids, change, "connection_enabled").await
}

pub(super) async fn disable(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(disable_it(&cx, (&organization, &id), &form).await)
}

async fn disable_it(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let (t, ids) = (cx.words, Ids::parse(cx, ids)?);
    let found = ids.find(cx).await?;
    let path = ids.path();
    let confirmation = Confirmation::new(
        t.connection_disable_title(&found.name),
        t.connection_disable(),
        format!("{path}/disable"),
        &path,
    )
    .paragraph(t.connection_disable_hint());
    with_requirement(cx, &found, confirmation).require(cx, form)?;
    let change = Update { is_enabled: Some(false), ..Update::new(ids.organization, ids.connection) };
    update(cx, ids, change, "connection_disabled").await
}

/// Says that single sign-on will not be required any more, if it is.
fn with_requirement(cx: &PageContext, connection: &Connection, confirmation: Confirmation) -> Confirmation {
    if connection.is_required {
        confirmation.paragraph(cx.words.connection_is_required_warning())
    } else {
        confirmation
    }
}

pub(super) async fn require(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(set_required(&cx, (&organization, &id), &form).await)
}

async fn set_required(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let (t, ids) = (cx.words, Ids::parse(cx, ids)?);
    let (found, path) = (ids.find(cx).await?, ids.path());
    let required = form.text("required") == "true";
    let action = format!("{path}/require");
    let organization = organization_name(cx, ids);
    let confirmation = if required {
        let domains = found.domains.iter().map(|domain| domain.domain.as_str()).collect::<Vec<_>>().join(", ");
        Confirmation::new(t.connection_require_title(organization), t.connection_require(), action, &path)
            .harmless()
            .paragraph(t.connection_require_warning(&domains, &found.name))
            .paragraph(t.connection_require_break_glass())
    } else {
        let title = t.connection_stop_requiring_title(organization);
        Confirmation::new(title, t.connection_stop_requiring(), action, &path)
            .paragraph(t.connection_stop_requiring_warning())
    };
    // A connection that cannot be required yet says so at once.
    let is_possible =
        !required || (found.is_enabled && found.admin_signed_in_at.is_some() && !found.domains.is_empty());
    if is_possible {
        confirmation.hidden_field("required", form.text("required")).require(cx, form)?;
    }
    let set = SetRequired { organization: ids.organization, connection: ids.connection, required };
    let flash = if required { "connection_required" } else { "connection_not_required" };
    let changed = cx.run(set).await.map(|_| cx.redirect_with_flash(&path, flash));
    or_page_with_error(cx, ids, changed).await
}

fn organization_name(cx: &PageContext, ids: Ids) -> String {
    let memberships = cx.frame().memberships();
    let own = memberships.and_then(|all| all.iter().find(|own| own.organization.id == ids.organization));
    own.map(|own| own.organization.name.clone()).unwrap_or_default()
}

pub(super) async fn delete(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(delete_it(&cx, (&organization, &id), &form).await)
}

async fn delete_it(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let (t, ids) = (cx.words, Ids::parse(cx, ids)?);
    let (found, path) = (ids.find(cx).await?, ids.path());
    let confirmation = Confirmation::new(
        t.connection_delete_title(&found.name),
        t.connection_delete(),
        format!("{path}/delete"),
        &path,
    )
    .paragraph(t.connection_delete_hint());
    with_requirement(cx, &found, confirmation).paragraph(t.cannot_be_undone()).require(cx, form)?;
    let deleted = cx.run(Delete { organization: ids.organization, connection: ids.connection }).await;
    let deleted = deleted.map(|()| cx.redirect_with_flash(&ids.list_path(), "connection_deleted"));
    or_page_with_error(cx, ids, deleted).await
}
