//! The settings tab: profile and logo, network access, two-factor authentication, new members, ownership, leaving and
//! deletion.

mod access;
mod departure;
mod profile;
mod transfer;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::permission::{AddressList, RequiredPermission};
use vestibule_core::{Problem, workspace};

use self::transfer::TransferView;
use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::super::reauthentication::{Action, protected};
use super::mfa_setting::MfaSetting;
use super::{OrganizationPage, load_organization, page_or_response, parse_id, run_and_redirect};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}/-/settings", show)
        .post("/organizations/{id}/-/settings", profile::update)
        .post("/organizations/{id}/-/settings/logo", profile::upload_logo)
        .post("/organizations/{id}/-/settings/logo/remove", profile::remove_logo)
        .post("/organizations/{id}/-/settings/network", access::update_network)
        .post("/organizations/{id}/-/settings/mfa", protected(Action::RequireMfa, access::update_mfa))
        .post("/organizations/{id}/-/settings/new-members", access::update_new_members)
        .post("/organizations/{id}/-/leave", departure::leave)
        .post("/organizations/{id}/-/delete", protected(Action::DeleteOrganization, departure::delete))
        .post("/organizations/{id}/-/restore", departure::restore)
        .post("/organizations/{id}/-/transfer/accept", transfer::accept)
        .post("/organizations/{id}/-/transfer/decline", transfer::decline)
        .post("/organizations/{id}/-/transfer/withdraw", transfer::withdraw)
}

#[derive(Template)]
#[template(path = "organization/settings.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    can_update: bool,
    name: String,
    description: String,
    network: NetworkView,
    /// For those who manage settings.
    mfa: Option<MfaSetting>,
    /// The workspaces that new members can be added to: id, name, and whether it is the current one.
    workspaces: Vec<(String, String, bool)>,
    /// For admins.
    transfer: Option<TransferView>,
}

struct NetworkView {
    /// One per line.
    addresses: String,
    is_restricted: bool,
    /// The address that the caller connects from.
    own_address: String,
    admits_caller: bool,
}

/// The form that failed, and why.
#[derive(Default)]
struct Failed<'a> {
    problem: Option<&'a Problem>,
    /// A message that is more precise than that of the problem.
    message: Option<String>,
    form: Option<&'a Form>,
}

async fn show(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, Failed::default()).await)
}

async fn page(cx: &PageContext, organization: &str, failed: Failed<'_>) -> PageResult<Response> {
    let org = load(cx, organization).await?;
    let typed = |name: &str| failed.form.filter(|form| form.has(name)).map(|form| form.text(name).to_owned());
    let mut layout = cx.layout(format!("{} · {}", cx.words.settings(), org.name), true).with_error(failed.problem);
    if let Some(message) = failed.message {
        layout.error = Some(message);
    }
    let can_update = org.has_permission(RequiredPermission::ManageSettings);
    let page = Page {
        layout,
        can_update,
        name: typed("name").unwrap_or_else(|| org.organization.name.clone()),
        description: typed("description").unwrap_or_else(|| org.organization.description.clone()),
        network: network_view(cx, &org, failed.form),
        mfa: if can_update { Some(access::mfa_target(cx, &org).await?.form(cx, failed.form).await?) } else { None },
        workspaces: if can_update { workspaces(cx, &org).await? } else { Vec::new() },
        transfer: if org.is_admin { Some(transfer::view(cx, &org).await?) } else { None },
        org,
    };
    Ok(cx.render_with_error(failed.problem, &page))
}

fn network_view(cx: &PageContext, org: &OrganizationPage, form: Option<&Form>) -> NetworkView {
    let stored = AddressList::from_stored(&org.organization.whitelisted_ips);
    let form = form.filter(|form| form.has("addresses"));
    NetworkView {
        addresses: form.map_or_else(|| stored.to_lines(), |form| form.text("addresses").to_owned()),
        is_restricted: form.map_or(org.organization.enable_ip_restriction, |form| form.is_checked("restricts")),
        own_address: cx.caller.address.to_string(),
        admits_caller: !stored.is_empty() && stored.allows(cx.caller.address),
    }
}

/// Returns the caller's workspaces, and the one that is set if they are no member of it.
async fn workspaces(cx: &PageContext, org: &OrganizationPage) -> PageResult<Vec<(String, String, bool)>> {
    let own = cx.query(workspace::ListOwn { organization: Some(org.id) }).await?;
    let current = org.organization.auto_assigned_workspace_id;
    let option = |own: workspace::OwnWorkspaceMembership| {
        (own.workspace.id.to_string(), own.workspace.name, own.workspace.id == current)
    };
    let mut options: Vec<_> = own.into_iter().map(option).collect();
    if current.get() != 0 && !options.iter().any(|(.., is_current)| *is_current) {
        options.push((current.to_string(), cx.words.other_workspace(), true));
    }
    Ok(options)
}

async fn load(cx: &PageContext, organization: &str) -> PageResult<OrganizationPage> {
    load_organization(cx, parse_id(cx, organization)?, "settings").await
}

/// Returns the response of a command, or the page with its error and what was typed.
async fn or_page_with_error(
    cx: &PageContext,
    organization: &str,
    form: Option<&Form>,
    result: Result<Response, Problem>,
) -> Response {
    match result {
        Ok(response) => response,
        Err(problem) => {
            let failed = Failed { problem: Some(&problem), message: None, form };
            page_or_response(page(cx, organization, failed).await)
        }
    }
}
