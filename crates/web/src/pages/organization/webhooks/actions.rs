//! The buttons on the page of an endpoint.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::webhook::{Delete, Test, Update};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::confirm::Confirmation;
use super::super::page_or_response;
use super::endpoint::{self, Failed};
use super::{Ids, PathIds};

/// Returns the response of a command, or the page of the endpoint with its error.
async fn or_page_with_error(cx: &PageContext, ids: Ids, result: Result<Response, Problem>) -> PageResult<Response> {
    match result {
        Ok(response) => Ok(response),
        Err(problem) => endpoint::page(cx, ids, Failed::from(&problem)).await,
    }
}

pub(super) async fn enable(cx: PageContext, Path((organization, id)): PathIds, _: Form) -> Response {
    page_or_response(set_enabled(&cx, (&organization, &id), true).await)
}

pub(super) async fn disable(cx: PageContext, Path((organization, id)): PathIds, _: Form) -> Response {
    page_or_response(set_enabled(&cx, (&organization, &id), false).await)
}

async fn set_enabled(cx: &PageContext, ids: (&str, &str), is_enabled: bool) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let update = Update {
        access: ids.access(),
        endpoint: ids.endpoint,
        url: None,
        description: None,
        events: None,
        is_ordered: None,
        is_enabled: Some(is_enabled),
    };
    let flash = if is_enabled { "webhook_enabled" } else { "webhook_disabled" };
    let updated = cx.run(update).await.map(|_| cx.redirect_with_flash(&ids.path(), flash));
    or_page_with_error(cx, ids, updated).await
}

pub(super) async fn test(cx: PageContext, Path((organization, id)): PathIds, _: Form) -> Response {
    page_or_response(send_test(&cx, (&organization, &id)).await)
}

/// Leads to the page of the delivery, where the outcome will be.
async fn send_test(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let sent = cx.run(Test { access: ids.access(), endpoint: ids.endpoint }).await;
    let sent = sent.map(|delivery| cx.redirect_with_flash(&ids.delivery_path(delivery.id), "webhook_test_sent"));
    or_page_with_error(cx, ids, sent).await
}

pub(super) async fn delete(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(delete_it(&cx, (&organization, &id), &form).await)
}

async fn delete_it(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let (t, ids) = (cx.words, Ids::parse(cx, ids)?);
    let (url, path) = (ids.find(cx).await?.url, ids.path());
    Confirmation::new(t.webhook_delete_title(&url), t.webhook_delete(), format!("{path}/delete"), &path)
        .paragraph(t.webhook_delete_warning())
        .paragraph(t.cannot_be_undone())
        .require(cx, form)?;
    let deleted = cx.run(Delete { access: ids.access(), endpoint: ids.endpoint }).await;
    let deleted = deleted.map(|()| cx.redirect_with_flash(&ids.list_path(), "webhook_deleted"));
    or_page_with_error(cx, ids, deleted).await
}
