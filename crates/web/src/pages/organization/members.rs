//! The members tab: list, roles, ownership transfer and removal.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{MemberId, MembershipId, OrganizationId, RoleId};
use vestibule_core::listing::Position;
use vestibule_core::membership::{
    AssignRole, ListMembers, MemberDetails, MemberFilter, MemberSort, RevokeRole, ShowMember,
};
use vestibule_core::names::full_name;
use vestibule_core::offboarding::{CountSentInvitations, Remove, RemovedMember, SentInvitations};
use vestibule_core::organization::ListRoles;
use vestibule_core::ownership_transfer::Offer;
use vestibule_core::search::SearchTerm;

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::confirm::Confirmation;
use super::{OrganizationPage, load_organization, page_or_response, parse_id, run_and_redirect};

/// Members per page.
const PAGE_SIZE: u32 = 50;

struct RoleView {
    id: RoleId,
    name: String,
}

struct MemberView {
    id: MembershipId,
    name: String,
    email: String,
    is_verified: bool,
    roles: Vec<RoleView>,
    since: String,
}

#[derive(Template)]
#[template(path = "organization/members.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    members: Vec<MemberView>,
    total: i64,
    seats: Option<String>,
    search: String,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "organization/member.html")]
struct MemberPage {
    layout: Layout,
    org: OrganizationPage,
    name: String,
    email: String,
    is_verified: bool,
    roles: Vec<RoleView>,
    all_roles: Vec<RoleView>,
    path: String,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization).await)
}

async fn page(cx: &PageContext, organization: &str) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "members").await?;
    let search = cx.query_param("search");
    let number = cx.query_params().number_within("page", 1..=100_000_u32).ok().flatten().unwrap_or(1);
    let search_filter = Some(search.as_str()).filter(|search| !search.trim().is_empty()).map(SearchTerm::new);
    let filter = MemberFilter { search: search_filter, ..MemberFilter::default() };
    let (sort, position) = (MemberSort::Newest, Position::Page(number));
    let found = cx.query(ListMembers { organization: org.id, filter, sort, position, limit: PAGE_SIZE }).await?;
    let next = found.next.is_some().then(|| {
        let search: String = form_urlencoded::byte_serialize(search.as_bytes()).collect();
        format!("{}?page={}&search={search}", org.path("members"), number + 1)
    });
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.members(), org.name), true),
        seats: found.seats.map(|seats| cx.words.seats(seats.used, seats.reserved, seats.free)),
        members: found.members.into_iter().map(|member| member_view(cx, member)).collect(),
        total: found.total.count,
        org,
        search,
        next,
    };
    Ok(cx.render_with_error(None, &page))
}

fn member_view(cx: &PageContext, MemberDetails { member, roles }: MemberDetails) -> MemberView {
    let (email, is_verified) = (member.email.unwrap_or_default(), member.email_verified_at.is_some());
    let name = full_name(&member.first_name, &member.last_name);
    let name = [name, member.username.unwrap_or_default(), email.clone()].into_iter().find(|name| !name.is_empty());
    MemberView {
        id: member.id,
        name: name.unwrap_or_default(),
        email,
        is_verified,
        roles: roles.into_iter().map(|role| RoleView { id: role.id, name: role.name }).collect(),
        since: cx.words.time_html(member.created_at, cx.now()),
    }
}

pub(super) async fn show(cx: PageContext, Path((organization, member)): Path<(String, String)>) -> Response {
    page_or_response(member_page(&cx, &organization, &member, None).await)
}

async fn member_page(
    cx: &PageContext,
    organization: &str,
    member: &str,
    error: Option<&Problem>,
) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "members").await?;
    let member: MembershipId = parse_id(cx, member)?;
    let found = cx.query(ShowMember { organization: org.id, membership: member }).await?;
    let all_roles = cx.query(ListRoles { organization: org.id }).await?;
    let MemberView { name, email, is_verified, roles, .. } = member_view(cx, found);
    let page = MemberPage {
        layout: cx.layout(name.clone(), true).with_error(error),
        path: format!("{}/{member}", org.path("members")),
        all_roles: all_roles.into_iter().map(|role| RoleView { id: role.id, name: role.name }).collect(),
        org,
        name,
        email,
        is_verified,
        roles,
    };
    Ok(cx.render_with_error(error, &page))
}

/// The organization and the member of a path.
type PathIds = Path<(String, String)>;

fn parse_ids(cx: &PageContext, (organization, member): (&str, &str)) -> PageResult<(OrganizationId, MembershipId)> {
    Ok((parse_id(cx, organization)?, parse_id(cx, member)?))
}

/// Returns the response of a command, or the member's page with its error.
async fn or_page_with_error(
    cx: &PageContext,
    (organization, member): (&str, &str),
    result: Result<Response, Problem>,
) -> Response {
    match result {
        Ok(response) => response,
        Err(problem) => page_or_response(member_page(cx, organization, member, Some(&problem)).await),
    }
}

pub(super) async fn assign_role(cx: PageContext, Path((organization, member)): PathIds, form: Form) -> Response {
    let (id, membership) = match parse_ids(&cx, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let assigned = match form.id("role") {
        Ok(role) => {
            let command = AssignRole { organization: id, member: membership.get().into(), role };
            run_and_redirect(&cx, command, &format!("/organizations/{id}/-/members/{membership}"), "saved").await
        }
        Err(problem) => Err(problem),
    };
    or_page_with_error(&cx, (&organization, &member), assigned).await
}

pub(super) async fn revoke_role(cx: PageContext, Path((organization, member)): PathIds, form: Form) -> Response {
    let (id, membership) = match parse_ids(&cx, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let revoked = match form.id("role") {
        Ok(role) => {
            let command = RevokeRole { organization: id, member: membership.get().into(), role };
            run_and_redirect(&cx, command, &format!("/organizations/{id}/-/members/{membership}"), "saved").await
        }
        Err(problem) => Err(problem),
    };
    or_page_with_error(&cx, (&organization, &member), revoked).await
}

pub(super) async fn offer_ownership(cx: PageContext, Path((organization, member)): PathIds, form: Form) -> Response {
    let (id, membership) = match parse_ids(&cx, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let path = format!("/organizations/{id}/-/members/{membership}");
    let confirmation =
        Confirmation::new(cx.words.offer_ownership(), cx.words.offer_ownership(), format!("{path}/hand-over"), &path)
            .paragraph(cx.words.offer_ownership_explanation())
            .harmless();
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let offer = Offer { organization: id, member: membership.get().into() };
    let offered = run_and_redirect(&cx, offer, &path, "offered").await;
    or_page_with_error(&cx, (&organization, &member), offered).await
}

pub(super) async fn remove(cx: PageContext, Path((organization, member)): PathIds, form: Form) -> Response {
    let (id, membership) = match parse_ids(&cx, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let path = format!("/organizations/{id}/-/members/{membership}");
    let member_id: MemberId = membership.get().into();
    let sent = match cx.query(CountSentInvitations { organization: id, member: member_id }).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let mut confirmation = Confirmation::new(cx.words.remove(), cx.words.remove(), format!("{path}/remove"), &path)
        .paragraph(match sent {
            0 => cx.words.remove_member_warning(),
            _ => format!("{} {}", cx.words.remove_member_warning(), cx.words.open_invitations_warning(sent)),
        });
    if sent > 0 {
        confirmation = confirmation.checkbox("revoke", cx.words.revoke_them_too());
    }
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let invitations = if form.is_checked("revoke") { SentInvitations::Revoke } else { SentInvitations::Suspend };
    let removed = cx.run(Remove { organization: id, member: member_id, invitations }).await;
    let removed = removed.map(|removed| {
        let flash = match removed {
            RemovedMember { suspended_invitations: 1.., .. } => format!("suspended.{}", removed.suspended_invitations),
            RemovedMember { revoked_invitations: 1.., .. } => format!("revoked.{}", removed.revoked_invitations),
            _ => "removed".to_owned(),
        };
        cx.redirect_with_flash(&format!("/organizations/{id}/-/members"), &flash)
    });
    or_page_with_error(&cx, (&organization, &member), removed).await
}
