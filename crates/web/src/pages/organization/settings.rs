//! The settings tab: name and description, leaving, deletion and ownership transfer.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::execution::Command;
use vestibule_core::id::OrganizationId;
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::offboarding::Leave;
use vestibule_core::organization::{Delete, Restore, Update};
use vestibule_core::ownership_transfer::{Accept, Decline, Withdraw};
use vestibule_core::permission::RequiredPermission;
use vestibule_core::{Problem, images};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::super::organizations;
use super::confirm::Confirmation;
use super::{OrganizationPage, load_organization, page_or_response, parse_id, run_and_redirect};

#[derive(Template)]
#[template(path = "organization/settings.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    can_update: bool,
    name: String,
    description: String,
}

pub(super) async fn show(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, None, None).await)
}

async fn page(
    cx: &PageContext,
    organization: &str,
    error: Option<&Problem>,
    form: Option<&Form>,
) -> PageResult<Response> {
    let org = load(cx, organization).await?;
    let value = |name: &str, stored: &str| form.map_or(stored, |form| form.text(name)).to_owned();
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.settings(), org.name), true).with_error(error),
        can_update: org.has_permission(RequiredPermission::ManageSettings),
        name: value("name", &org.organization.name),
        description: value("description", &org.organization.description),
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

async fn load(cx: &PageContext, organization: &str) -> PageResult<OrganizationPage> {
    load_organization(cx, parse_id(cx, organization)?, "settings").await
}

async fn or_page_with_error(cx: &PageContext, organization: &str, result: Result<Response, Problem>) -> Response {
    match result {
        Ok(response) => response,
        Err(problem) => page_or_response(page(cx, organization, Some(&problem), None).await),
    }
}

pub(super) async fn update(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let id = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let update = OrganizationName::parse("name", form.text("name")).and_then(|name| {
        Ok(Update {
            organization: id,
            name: Some(name),
            description: Some(Description::parse("description", form.text("description"))?),
            image: images::Change::Keep,
            addresses: None,
            restricts_addresses: None,
            enforce_mfa: None,
            auto_assigned_workspace: None,
        })
    });
    let updated = match update {
        Ok(update) => run_and_redirect(&cx, update, &format!("/organizations/{id}/-/settings"), "saved").await,
        Err(problem) => Err(problem),
    };
    match updated {
        Ok(response) => response,
        Err(problem) => page_or_response(page(&cx, &organization, Some(&problem), Some(&form)).await),
    }
}

pub(super) async fn leave(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let org = match load(&cx, &organization).await {
        Ok(org) => org,
        Err(response) => return response,
    };
    let t = cx.words;
    let button = t.leave_organization(&org.name);
    let confirmation =
        Confirmation::new(t.leave_organization_title(&org.name), button, org.path("leave"), org.path("settings"))
            .paragraph(t.leave_organization_warning())
            .paragraph(t.leave_organization_irreversible());
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let left = run_and_redirect(&cx, Leave { organization: org.id }, "/organizations", "left").await;
    or_page_with_error(&cx, &organization, left).await
}

pub(super) async fn delete(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let org = match load(&cx, &organization).await {
        Ok(org) => org,
        Err(response) => return response,
    };
    let (t, days) = (cx.words, cx.app.settings().organizations.deletion_grace_days);
    let button = t.delete_organization_named(&org.name);
    let confirmation =
        Confirmation::new(t.delete_organization_title(&org.name), button, org.path("delete"), org.path("settings"))
            .paragraph(t.delete_organization_warning(org.organization.member_count))
            .paragraph(match days {
                0 => t.cannot_be_undone(),
                _ => t.delete_organization_grace(days),
            })
            .typed_name(&org.name);
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let deleted = Delete { organization: org.id };
    let deleted = run_and_redirect(&cx, deleted, "/organizations", &format!("deleted.{}", org.id)).await;
    or_page_with_error(&cx, &organization, deleted).await
}

/// Runs a command from the list of organizations, which also shows its flash message or error.
async fn run_from_list<C: Command>(cx: &PageContext, command: C, flash: &str) -> Response {
    match cx.run(command).await {
        Ok(_) => cx.redirect_with_flash("/organizations", flash),
        Err(problem) => organizations::page(cx, Some(&problem)).await,
    }
}

pub(super) async fn restore(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    match parse_id(&cx, &organization) {
        Ok(organization) => run_from_list(&cx, Restore { organization }, "restored").await,
        Err(response) => response,
    }
}

pub(super) async fn accept_transfer(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    match parse_id(&cx, &organization) {
        Ok(organization) => run_from_list(&cx, Accept { organization }, "taken_over").await,
        Err(response) => response,
    }
}

pub(super) async fn decline_transfer(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    match parse_id(&cx, &organization) {
        Ok(organization) => run_from_list(&cx, Decline { organization }, "declined").await,
        Err(response) => response,
    }
}

pub(super) async fn withdraw_transfer(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    let id: OrganizationId = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let path = format!("/organizations/{id}/-/settings");
    let withdrawn = run_and_redirect(&cx, Withdraw { organization: id }, &path, "withdrawn").await;
    or_page_with_error(&cx, &organization, withdrawn).await
}
