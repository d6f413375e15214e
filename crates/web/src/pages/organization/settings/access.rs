//! The networks that members may connect from, the two-factor authentication that they need, and the workspace of new
//! members.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::WorkspaceId;
use vestibule_core::organization::{ShowMfaStatus, Update};
use vestibule_core::permission::{AddressList, RequiredPermission, parse_network};
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::words::Words;
use super::super::OrganizationPage;
use super::super::mfa_setting::{SetUp, Target};
use super::{Failed, load, or_page_with_error, page, page_or_response, parse_id, run_and_redirect};

/// The longest part of an invalid line that the page repeats, in characters.
const MAX_SHOWN: usize = 60;

pub(super) async fn update_network(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let id = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let addresses = match parse_addresses(cx.words, form.text("addresses")) {
        Ok(addresses) => addresses,
        Err(message) => {
            let problem = Problem::from(Code::InvalidField);
            let failed = Failed { problem: Some(&problem), message: Some(message), form: Some(&form) };
            return page_or_response(page(&cx, &organization, failed).await);
        }
    };
    let update = Update {
        addresses: Some(addresses),
        restricts_addresses: Some(form.is_checked("restricts")),
        ..Update::new(id)
    };
    let path = format!("/organizations/{id}/-/settings");
    let updated = run_and_redirect(&cx, update, &path, "saved").await;
    or_page_with_error(&cx, &organization, Some(&form), updated).await
}

/// Parses addresses and networks that are separated by white space or commas. The error is a message for people.
fn parse_addresses(t: Words, text: &str) -> Result<AddressList, String> {
    let lines: Vec<String> =
        text.split([' ', '\t', '\r', '\n', ',', ';']).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if let Some(invalid) = lines.iter().find(|line| parse_network(line).is_none()) {
        return Err(t.invalid_network(invalid.chars().take(MAX_SHOWN).collect::<String>()));
    }
    AddressList::parse("addresses", &lines).map_err(|_| t.too_many_networks())
}

/// Describes the organization for the form of two-factor authentication.
pub(super) async fn mfa_target(cx: &PageContext, org: &OrganizationPage) -> PageResult<Target> {
    let status = cx.query(ShowMfaStatus { organization: org.id }).await?;
    let set_up = SetUp {
        members: status.members,
        with_second_factor: status.members_with_second_factor,
        with_passkey: status.members_with_passkey,
    };
    Ok(Target {
        name: org.name.clone(),
        current: org.organization.mfa(),
        set_up: Some(set_up),
        sees_members: org.can_manage_members,
        members_path: org.path("members"),
        workspace: None,
        page: org.path("settings"),
    })
}

pub(super) async fn update_mfa(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(update_mfa_of(&cx, &organization, &form).await)
}

async fn update_mfa_of(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let org = load(cx, organization).await?;
    if !org.has_permission(RequiredPermission::ManageSettings) {
        return Err(cx.error_page(&Code::Forbidden.into()));
    }
    let target = mfa_target(cx, &org).await?;
    match target.confirmed_change(cx, form).await? {
        Ok(change) => {
            let update = Update { mfa: change, ..Update::new(org.id) };
            let updated = run_and_redirect(cx, update, &target.page, target.flash(cx, change)).await;
            Ok(or_page_with_error(cx, organization, Some(form), updated).await)
        }
        Err(refused) => {
            let failed = Failed { problem: Some(&refused.problem), message: refused.message, form: Some(form) };
            page(cx, organization, failed).await
        }
    }
}

pub(super) async fn update_new_members(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let id = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let path = format!("/organizations/{id}/-/settings");
    let updated = match form.optional_id::<WorkspaceId>("workspace") {
        Ok(workspace) => {
            let workspace = Some(workspace.unwrap_or_else(|| 0.into()));
            run_and_redirect(&cx, Update { auto_assigned_workspace: workspace, ..Update::new(id) }, &path, "saved")
                .await
        }
        Err(problem) => Err(problem),
    };
    or_page_with_error(&cx, &organization, Some(&form), updated).await
}
