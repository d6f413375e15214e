//! The two-factor authentication that a workspace requires.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::assurance::MfaChange;
use vestibule_core::listing::{ListSort, Position};
use vestibule_core::membership::{ListMembers, MemberFilter, SecondFactorFilter};
use vestibule_core::permission::RequiredWorkspacePermission;
use vestibule_core::workspace::{Update, Workspace};
use vestibule_core::{Code, Problem, images};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::mfa_setting::{SetUp, Target};
use super::super::{OrganizationPage, load_organization, page_or_response, run_and_redirect};
use super::roles::Access;
use super::{Ids, PathIds, find, show};

/// Describes the workspace for the form.
pub(super) async fn target(
    cx: &PageContext,
    org: &OrganizationPage,
    ids: Ids,
    workspace: &Workspace,
) -> PageResult<Target> {
    Ok(Target {
        name: workspace.name.clone(),
        current: workspace.mfa(),
        set_up: if org.can_manage_members { set_up(cx, ids, workspace).await? } else { None },
        sees_members: org.can_manage_members,
        members_path: org.path("members"),
        workspace: Some(ids.workspace),
        page: ids.path(),
    })
}

/// Counts the members of the workspace who have what can be required; `None` if they are too many to be counted.
async fn set_up(cx: &PageContext, ids: Ids, workspace: &Workspace) -> PageResult<Option<SetUp>> {
    let find = |second_factor| ListMembers {
        organization: ids.organization,
        filter: MemberFilter {
            workspace: Some(ids.workspace),
            second_factor: Some(second_factor),
            ..MemberFilter::default()
        },
        sort: ListSort::default(),
        position: Position::default(),
        limit: 1,
    };
    let with_second_factor = cx.query(find(SecondFactorFilter::Any)).await?.total;
    let with_passkey = cx.query(find(SecondFactorFilter::Passkey)).await?.total;
    Ok((with_second_factor.is_exact && with_passkey.is_exact).then_some(SetUp {
        members: workspace.member_count,
        with_second_factor: with_second_factor.count,
        with_passkey: with_passkey.count,
    }))
}

pub(super) async fn update(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    page_or_response(update_of(&cx, (&organization, &workspace), &form).await)
}

async fn update_of(cx: &PageContext, (organization, workspace): (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = Ids::parse(cx, organization, workspace)?;
    let org = load_organization(cx, ids.organization, "workspaces").await?;
    let found = find(cx, ids.organization, ids.workspace).await?.workspace;
    if !Access::load(cx, &org, ids.workspace).await?.satisfies(RequiredWorkspacePermission::Admin) {
        return Err(cx.error_page(&Code::Forbidden.into()));
    }
    let target = target(cx, &org, ids, &found).await?;
    let (problem, message) = match target.confirmed_change(cx, form).await? {
        Ok(change) => match run(cx, ids, change, target.flash(cx, change)).await {
            Ok(response) => return Ok(response),
            Err(problem) => (problem, None),
        },
        Err(refused) => (refused.problem, refused.message),
    };
    show::page_with_form(cx, ids, Some(&problem), message, Some(form)).await
}

async fn run(cx: &PageContext, ids: Ids, mfa: MfaChange, flash: &str) -> Result<Response, Problem> {
    let update = Update {
        workspace: ids.workspace,
        name: None,
        description: None,
        image: images::Change::Keep,
        addresses: None,
        restricts_addresses: None,
        mfa,
        public_metadata: None,
        private_metadata: None,
    };
    run_and_redirect(cx, update, &ids.path(), flash).await
}
