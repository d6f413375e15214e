//! The page of a workspace: its members with their roles, and the picker of new ones.

use std::collections::HashSet;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{MembershipId, WorkspaceMembershipId};
use vestibule_core::listing::{ListSort, Position};
use vestibule_core::membership::{self, MemberFilter};
use vestibule_core::permission::RequiredWorkspacePermission;
use vestibule_core::search::SearchTerm;
use vestibule_core::workspace::{ListMembers, WorkspaceDetails, WorkspaceMember};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::mfa::grace_banner;
use super::super::list_url::list_url;
use super::super::mfa_setting::MfaSetting;
use super::super::person::Person;
use super::super::{OrganizationPage, load_organization, page_or_response};
use super::roles::{self, Access, RoleOption};
use super::{Ids, PathIds, find, mfa};

/// Members per page.
const PAGE_SIZE: u32 = 50;
/// The most members of the organization that the picker shows.
const MAX_CANDIDATES: u32 = 20;
/// With more roles the page would be too large.
const MAX_ROLES_IN_ROW: usize = 6;

#[expect(clippy::struct_excessive_bools, reason = "independent conditions of the template")]
struct Row {
    id: WorkspaceMembershipId,
    person: Person,
    is_self: bool,
    roles: Vec<roles::AssignedRole>,
    has_select: bool,
    is_only_admin: bool,
    can_remove: bool,
    joined: String,
}

impl Row {
    fn has_role(&self, role: &RoleOption) -> bool {
        self.roles.iter().any(|own| own.id == role.id)
    }
}

/// A member of the organization who could be added.
struct Candidate {
    id: MembershipId,
    person: Person,
    is_member: bool,
    /// Only people who have verified an address can be added.
    can_be_added: bool,
}

#[derive(Template)]
#[template(path = "organization/workspace.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    path: String,
    /// The URL of the page with its search, also where another form's error is shown.
    form_action: String,
    name: String,
    description: String,
    search: String,
    rows: Vec<Row>,
    total: i64,
    all: i64,
    assignable: Vec<RoleOption>,
    can_manage: bool,
    can_update: bool,
    mfa: Option<MfaSetting>,
    is_member: bool,
    previous: Option<String>,
    next: Option<String>,
    pick: String,
    candidates: Option<Vec<Candidate>>,
}

pub(super) async fn show(cx: PageContext, Path((organization, workspace)): PathIds) -> Response {
    let page = async {
        let ids = Ids::parse(&cx, &organization, &workspace)?;
        page(&cx, ids, None).await
    };
    page_or_response(page.await)
}

pub(super) async fn page(cx: &PageContext, ids: Ids, error: Option<&Problem>) -> PageResult<Response> {
    page_with_form(cx, ids, error, None, None).await
}

/// Like [`page`], with a message that is more precise than that of the error, and the form of two-factor authentication
/// that failed.
pub(super) async fn page_with_form(
    cx: &PageContext,
    ids: Ids,
    error: Option<&Problem>,
    message: Option<String>,
    form: Option<&Form>,
) -> PageResult<Response> {
    let mut org = load_organization(cx, ids.organization, "workspaces").await?;
    let WorkspaceDetails { workspace, membership: own, .. } = find(cx, ids.organization, ids.workspace).await?;
    if org.mfa_banner.is_none() {
        org.mfa_banner = grace_banner(cx, workspace.mfa(), &workspace.name).await?;
    }
    let access = Access::load(cx, &org, ids.workspace).await?;
    let (search, pick) = (cx.query_param("search").trim().to_owned(), cx.query_param("pick").trim().to_owned());
    let number = cx.query_params().number_within("page", 1..=100_000_u32).ok().flatten().unwrap_or(1);
    let term = Some(search.as_str()).filter(|search| !search.is_empty()).map(SearchTerm::new);
    let list = ListMembers { workspace: ids.workspace, page: number, limit: PAGE_SIZE, search: term };
    let found = cx.query(list).await?;
    let (options, path) = (access.role_options(cx, ids.workspace).await?, ids.path());
    let page_url = |number: u32| list_url(&path, &[("search", search.clone()), ("page", number.to_string())]);
    let state = [("search", search.clone()), ("page", cx.query_param("page")), ("pick", pick.clone())];
    let layout = cx.layout(found.workspace.name.clone(), true);
    let mut layout = roles::with_role_flash(cx, ids, layout, &found.members).with_error(error);
    layout.error = message.or(layout.error);
    let can_update = access.satisfies(RequiredWorkspacePermission::Admin);
    // Whether there is another admin is known if the page has all members.
    let has_all = search.is_empty() && found.total == i64::try_from(found.members.len()).unwrap_or(-1);
    let admins = found.members.iter().filter(|member| roles::is_admin(member)).count();
    let assignable: Vec<_> = options.into_iter().filter(|role| role.is_assignable).collect();
    let view = RowContext { cx, access: &access, assignable: &assignable, has_one_admin: has_all && admins == 1 };
    let page = Page {
        layout,
        rows: found.members.into_iter().map(|member| view.row(member, own.as_ref().map(|own| own.id))).collect(),
        candidates: if pick.is_empty() || !access.can_manage { None } else { Some(candidates(cx, ids, &pick).await?) },
        can_manage: access.can_manage,
        can_update,
        mfa: if can_update { Some(mfa::target(cx, &org, ids, &workspace).await?.form(cx, form).await?) } else { None },
        is_member: own.is_some(),
        previous: (number > 1).then(|| page_url(number - 1)),
        next: (i64::from(number) * i64::from(PAGE_SIZE) < found.total).then(|| page_url(number + 1)),
        form_action: list_url(&path, &state),
        total: found.total,
        all: found.workspace.member_count,
        name: found.workspace.name,
        description: found.workspace.description,
        assignable,
        search,
        pick,
        path,
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

struct RowContext<'a> {
    cx: &'a PageContext,
    access: &'a Access,
    assignable: &'a [RoleOption],
    has_one_admin: bool,
}

impl RowContext<'_> {
    fn row(&self, member: WorkspaceMember, own: Option<WorkspaceMembershipId>) -> Row {
        let is_only_admin = self.has_one_admin && roles::is_admin(&member);
        let is_self = own == Some(member.membership.id);
        let can_change = self.access.can_manage && !is_only_admin;
        let is_covered = member.roles.iter().all(|role| self.access.covers(&role.permissions));
        let is_assignable = |id| self.assignable.iter().any(|role| role.id == id);
        let has_simple_role = member.roles.len() <= 1 && member.roles.iter().all(|role| is_assignable(role.id));
        Row {
            id: member.membership.id,
            person: Person::from_user(self.cx, &member.user),
            is_self,
            has_select: can_change && has_simple_role && self.assignable.len() <= MAX_ROLES_IN_ROW,
            is_only_admin: self.access.can_manage && is_only_admin,
            can_remove: can_change && is_covered && !is_self,
            joined: self.cx.words.short_date(member.membership.created_at, self.cx.now()),
            roles: member
                .roles
                .into_iter()
                .map(|role| roles::AssignedRole {
                    id: role.id,
                    name: self.cx.words.role_name(&role.name, role.workspace_id.is_none()),
                })
                .collect(),
        }
    }
}

/// Finds members of the organization for the picker, and who of them is in the workspace.
async fn candidates(cx: &PageContext, ids: Ids, pick: &str) -> PageResult<Vec<Candidate>> {
    let find = |workspace| membership::ListMembers {
        organization: ids.organization,
        filter: MemberFilter { search: Some(SearchTerm::new(pick)), workspace, ..MemberFilter::default() },
        sort: ListSort::Name,
        position: Position::default(),
        limit: MAX_CANDIDATES,
    };
    let found = cx.query(find(None)).await?.members;
    let in_workspace = cx.query(find(Some(ids.workspace))).await?.members;
    let in_workspace: HashSet<_> = in_workspace.into_iter().map(|member| member.member.id).collect();
    let candidates = found.into_iter().map(|found| Candidate {
        id: found.member.id,
        person: Person::from_member(cx, &found.member),
        is_member: in_workspace.contains(&found.member.id),
        can_be_added: found.member.email_verified_at.is_some(),
    });
    Ok(candidates.collect())
}
