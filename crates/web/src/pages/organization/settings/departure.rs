//! Leaving an organization, deleting it, and restoring it.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::offboarding::Leave;
use vestibule_core::organization::{Delete, Restore};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::organizations;
use super::super::confirm::Confirmation;
use super::{load, or_page_with_error, page_or_response, parse_id, run_and_redirect};

pub(super) async fn leave(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(leave_if_confirmed(&cx, &organization, &form).await)
}

async fn leave_if_confirmed(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let org = load(cx, organization).await?;
    let t = cx.words;
    let button = t.leave_organization(&org.name);
    Confirmation::new(t.leave_organization_title(&org.name), button, org.path("leave"), org.path("settings"))
        .paragraph(t.leave_organization_warning())
        .paragraph(t.leave_organization_irreversible())
        .require(cx, form)?;
    let left = run_and_redirect(cx, Leave { organization: org.id }, "/organizations", "left").await;
    Ok(or_page_with_error(cx, organization, None, left).await)
}

pub(super) async fn delete(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(delete_if_confirmed(&cx, &organization, &form).await)
}

async fn delete_if_confirmed(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let org = load(cx, organization).await?;
    let (t, days) = (cx.words, cx.app.settings().organizations.deletion_grace_days);
    let button = t.delete_organization_named(&org.name);
    Confirmation::new(t.delete_organization_title(&org.name), button, org.path("delete"), org.path("settings"))
        .paragraph(t.delete_organization_warning(org.organization.member_count))
        .paragraph(match days {
            0 => t.cannot_be_undone(),
            _ => t.delete_organization_grace(days),
        })
        .typed_name(&org.name)
        .require(cx, form)?;
    let flash = if days == 0 { "deleted_forever".to_owned() } else { format!("deleted.{}", org.id) };
    let deleted = run_and_redirect(cx, Delete { organization: org.id }, "/organizations", &flash).await;
    Ok(or_page_with_error(cx, organization, None, deleted).await)
}

pub(super) async fn restore(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    match parse_id(&cx, &organization) {
        Ok(organization) => organizations::run_from_list(&cx, Restore { organization }, "restored").await,
        Err(response) => response,
    }
}
