//! Adding and removing members of a workspace, and changing the role in a row.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{MembershipId, WorkspaceMembershipId};
use vestibule_core::membership::ShowMember;
use vestibule_core::workspace::{self, AddMember, RemoveMember};
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::confirm::Confirmation;
use super::super::person::Person;
use super::super::{load_organization, page_or_response, parse_id};
use super::roles::{self, Access};
use super::{Ids, PathIds, or_page_with_error};

/// The forms of the page: the button says what is done with whom.
pub(super) async fn act(cx: PageContext, Path((organization, workspace)): PathIds, form: Form) -> Response {
    let act = async {
        let ids = Ids::parse(&cx, &organization, &workspace)?;
        if let Some(member) = form.non_empty("add") {
            let added = add(&cx, ids, parse_id(&cx, member)?).await;
            return or_page_with_error(&cx, ids, added).await;
        }
        if let Some(member) = form.non_empty("save") {
            return save_row(&cx, ids, parse_id(&cx, member)?, &form).await;
        }
        remove(&cx, ids, parse_id(&cx, form.text("remove"))?, &form).await
    };
    page_or_response(act.await)
}

/// Adds a member of the organization, found by the picker, which stays open.
async fn add(cx: &PageContext, ids: Ids, membership: MembershipId) -> Result<Response, Problem> {
    let found = cx.try_query(ShowMember { organization: ids.organization, membership }).await?.member;
    let email = found.email.as_deref().filter(|_| found.email_verified_at.is_some()).ok_or(Code::MemberNotFound)?;
    let email = EmailAddress::parse(email)?;
    cx.run(AddMember { workspace: ids.workspace, email, role: None }).await?;
    Ok(cx.redirect_with_flash(&cx.path_and_query, "workspace_member_added"))
}

async fn save_row(cx: &PageContext, ids: Ids, member: WorkspaceMembershipId, form: &Form) -> PageResult<Response> {
    let org = load_organization(cx, ids.organization, "workspaces").await?;
    let options = Access::load(cx, &org, ids.workspace).await?.role_options(cx, ids.workspace).await?;
    let value = form.text(&format!("role.{member}"));
    let role = options.iter().find(|role| role.value == value || role.id.to_string() == value);
    if role.is_none() && !value.is_empty() {
        return or_page_with_error(cx, ids, Err(Code::RoleNotFound.into())).await;
    }
    if let Some(role) = role.filter(|role| role.is_admin) {
        let (t, name) = (cx.words, name(cx, ids, member).await?);
        let action = format!("{}/members/{member}/roles", ids.path());
        Confirmation::new(t.make_admin_title(&name), t.make_admin(&name), action, &cx.path_and_query)
            .paragraph(t.make_workspace_admin_explanation())
            .paragraph(t.make_admin_undo())
            .hidden_field("role", role.id.to_string())
            .harmless()
            .require(cx, form)?;
    }
    let roles = role.map(|role| role.id).into_iter().collect();
    let replaced = roles::replace(cx, ids, member, roles, &cx.path_and_query).await;
    or_page_with_error(cx, ids, replaced).await
}

async fn remove(cx: &PageContext, ids: Ids, member: WorkspaceMembershipId, form: &Form) -> PageResult<Response> {
    let (t, name) = (cx.words, name(cx, ids, member).await?);
    Confirmation::new(t.remove_member_title(&name), t.remove_member(&name), ids.path(), &cx.path_and_query)
        .paragraph(t.remove_workspace_member_warning())
        .hidden_field("remove", member.to_string())
        .require(cx, form)?;
    let removed = cx.run(RemoveMember { workspace: ids.workspace, member: member.get().into() }).await;
    let back = form.return_path(&ids.path()).to_owned();
    or_page_with_error(cx, ids, removed.map(|()| cx.redirect_with_flash(&back, "workspace_member_removed"))).await
}

/// Finds the name of a member of the workspace. Error page: `MEMBER_NOT_FOUND`.
async fn name(cx: &PageContext, ids: Ids, member: WorkspaceMembershipId) -> PageResult<String> {
    let show = workspace::ShowMember { workspace: ids.workspace, member: member.get().into() };
    Ok(Person::from_user(cx, &cx.query(show).await?.user).name)
}
