//! The page of a member: profile, roles, ownership transfer and removal.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{MemberId, MembershipId, OrganizationId, RoleId};
use vestibule_core::membership::{MembershipRole, RemovalEffects, ShowMember, ShowRemovalEffects};
use vestibule_core::offboarding::{CountSentInvitations, Remove, RemovedMember, SentInvitations};
use vestibule_core::ownership_transfer::{Offer, ShowOpen};
use vestibule_core::permission::RequiredPermission;
use vestibule_core::workspace;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::confirm::Confirmation;
use super::super::person::Person;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::list::factor_names;
use super::roles::{self, RoleOptions};

/// The most workspaces of the caller in which the member is looked for.
const MAX_WORKSPACES: usize = 20;

/// The organization and the member of a path.
type PathIds = Path<(String, String)>;

/// A checkbox of the form of roles.
struct RoleChoice {
    id: RoleId,
    name: String,
    is_checked: bool,
    /// Why it cannot be changed.
    reason: Option<String>,
}

/// The open offer of ownership: only one member can have one.
struct OfferView {
    name: String,
    expires: String,
}

/// A workspace of the member that the caller is in, too.
struct WorkspaceView {
    url: String,
    name: String,
    roles: String,
}

#[derive(Template)]
#[template(path = "organization/member.html")]
struct MemberPage {
    layout: Layout,
    org: OrganizationPage,
    person: Person,
    joined: String,
    roles: Vec<RoleChoice>,
    workspaces: Vec<WorkspaceView>,
    is_self: bool,
    /// For those who manage members.
    factors: Option<Vec<String>>,
    offer: Option<OfferView>,
    /// Why the member cannot be removed; `None` if they can.
    removal_obstacle: Option<String>,
    /// The entries of the audit log about the person; `None` if the caller may not read it.
    audit_log: Option<String>,
    path: String,
}

pub(super) async fn show(cx: PageContext, Path((organization, member)): PathIds) -> Response {
    page_or_response(page(&cx, &organization, &member, None).await)
}

async fn page(cx: &PageContext, organization: &str, member: &str, error: Option<&Problem>) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "members").await?;
    let membership: MembershipId = parse_id(cx, member)?;
    let found = cx.query(ShowMember { organization: org.id, membership }).await?;
    let person = Person::from_member(cx, &found.member);
    let effects = if org.can_manage_members {
        Some(cx.query(ShowRemovalEffects { organization: org.id, member: membership.get().into() }).await?)
    } else {
        None
    };
    let options = RoleOptions::load(cx, &org).await?;
    let path = format!("{}/{membership}", org.path("members"));
    let layout = cx.layout(person.name.clone(), true);
    let layout = roles::with_role_flash(cx, org.id, layout, &path).await?.with_error(error);
    let page = MemberPage {
        layout,
        joined: cx.words.time_html(found.member.created_at, cx.now()),
        roles: role_choices(cx, &org, &options, &found.roles, effects.as_ref()),
        workspaces: workspaces(cx, &org, membership).await?,
        is_self: membership == org.membership,
        factors: found.second_factors.map(|factors| factor_names(cx.words, factors)),
        offer: open_offer(cx, &org).await?,
        removal_obstacle: effects
            .as_ref()
            .and_then(|effects| removal_obstacle(cx, &org, &person, &found.roles, effects)),
        audit_log: org
            .has_permission(RequiredPermission::ViewAuditLog)
            .then(|| format!("{}?target={}", org.path("audit-log"), found.member.user_id)),
        path,
        person,
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

async fn open_offer(cx: &PageContext, org: &OrganizationPage) -> PageResult<Option<OfferView>> {
    if !org.is_admin {
        return Ok(None);
    }
    let Some(offer) = cx.query(ShowOpen { organization: org.id }).await? else {
        return Ok(None);
    };
    let found = cx.query(ShowMember { organization: org.id, membership: offer.membership_id }).await?;
    let name = Person::from_member(cx, &found.member).name;
    Ok(Some(OfferView { name, expires: cx.words.time_html(offer.expires_at, cx.now()) }))
}

/// Returns the workspaces that the caller and the member share: each says only to its members who is in it.
async fn workspaces(cx: &PageContext, org: &OrganizationPage, member: MembershipId) -> PageResult<Vec<WorkspaceView>> {
    let own = cx.query(workspace::ListOwn { organization: Some(org.id) }).await?;
    let mut shared = Vec::new();
    for own in own.into_iter().filter(|own| own.restriction.is_none()).take(MAX_WORKSPACES) {
        let show = workspace::ShowMember { workspace: own.workspace.id, member: member.get().into() };
        if let Ok(found) = cx.try_query(show).await {
            let roles: Vec<_> =
                found.roles.iter().map(|role| cx.words.role_name(&role.name, role.workspace_id.is_none())).collect();
            let url = format!("{}/{}", org.path("workspaces"), own.workspace.id);
            shared.push(WorkspaceView { url, name: own.workspace.name, roles: roles.join(", ") });
        }
    }
    Ok(shared)
}

fn role_choices(
    cx: &PageContext,
    org: &OrganizationPage,
    options: &RoleOptions,
    held: &[MembershipRole],
    effects: Option<&RemovalEffects>,
) -> Vec<RoleChoice> {
    let is_last_admin = effects.is_some_and(|effects| effects.is_last_admin);
    let admin_roles = held.iter().filter(|role| roles::is_admin(std::iter::once(&role.permissions))).count();
    let choices = options.0.iter().map(|role| {
        let is_checked = held.iter().any(|held| held.id == role.id);
        let reason = if !role.is_assignable {
            Some(cx.words.role_exceeds_yours())
        } else if is_checked && role.is_admin && is_last_admin && admin_roles == 1 {
            Some(cx.words.only_admin_keeps_role())
        } else {
            None
        };
        RoleChoice { id: role.id, name: role.name.clone(), is_checked, reason }
    });
    choices.filter(|choice| org.can_manage_members || choice.is_checked).collect()
}

fn removal_obstacle(
    cx: &PageContext,
    org: &OrganizationPage,
    person: &Person,
    roles: &[MembershipRole],
    effects: &RemovalEffects,
) -> Option<String> {
    if effects.is_last_admin {
        Some(cx.words.only_admin_explanation(&person.name))
    } else if !effects.sole_admin_workspaces.is_empty() {
        Some(cx.words.only_workspace_admin_explanation(&person.name, effects.sole_admin_workspaces.join(", ")))
    } else if !roles.iter().all(|role| org.permissions().covers(&role.permissions)) {
        Some(cx.words.role_exceeds_yours())
    } else {
        None
    }
}

/// Returns the response of a command, or the member's page with its error.
async fn or_page_with_error(
    cx: &PageContext,
    (organization, member): (OrganizationId, MembershipId),
    result: Result<Response, Problem>,
) -> PageResult<Response> {
    match result {
        Ok(response) => Ok(response),
        Err(problem) => page(cx, &organization.to_string(), &member.to_string(), Some(&problem)).await,
    }
}

fn parse_ids(cx: &PageContext, (organization, member): (&str, &str)) -> PageResult<(OrganizationId, MembershipId)> {
    Ok((parse_id(cx, organization)?, parse_id(cx, member)?))
}

fn member_path((organization, member): (OrganizationId, MembershipId)) -> String {
    format!("/organizations/{organization}/-/members/{member}")
}

pub(super) async fn replace_roles(cx: PageContext, Path((organization, member)): PathIds, form: Form) -> Response {
    page_or_response(replace_roles_of(&cx, (&organization, &member), &form).await)
}

async fn replace_roles_of(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = parse_ids(cx, ids)?;
    let path = member_path(ids);
    let roles = form.fields().filter(|(name, _)| name == "role").filter_map(|(_, role)| role.parse().ok()).collect();
    let replaced = roles::replace_roles(cx, ids, roles, form, form.return_path(&path)).await?;
    or_page_with_error(cx, ids, replaced).await
}

pub(super) async fn offer_ownership(cx: PageContext, Path((organization, member)): PathIds, form: Form) -> Response {
    page_or_response(offer_ownership_to(&cx, (&organization, &member), &form).await)
}

async fn offer_ownership_to(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = parse_ids(cx, ids)?;
    let (organization, membership) = ids;
    let (t, path) = (cx.words, member_path(ids));
    let found = cx.query(ShowMember { organization, membership }).await?;
    let name = Person::from_member(cx, &found.member).name;
    let action = format!("{path}/transfer");
    let own = load_organization(cx, organization, "members").await?.membership;
    let sent = cx.query(CountSentInvitations { organization, member: own.get().into() }).await?;
    let mut confirmation =
        Confirmation::new(t.offer_ownership_title(&name), t.offer_ownership_to(&name), action, &path)
            .paragraph(t.offer_ownership_explanation(&name))
            .harmless();
    if sent > 0 {
        confirmation = confirmation.paragraph(t.transfer_suspends(sent));
    }
    confirmation.require(cx, form)?;
    let offered = cx.run(Offer { organization, member: membership.get().into() }).await;
    or_page_with_error(cx, ids, offered.map(|()| cx.redirect_with_flash(form.return_path(&path), "offered"))).await
}

pub(super) async fn remove(cx: PageContext, Path((organization, member)): PathIds, form: Form) -> Response {
    let ids = match parse_ids(&cx, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    page_or_response(remove_from(&cx, ids, &form, &format!("/organizations/{organization}/-/members")).await)
}

/// Removes a member, after a confirmation. The response redirects to the list at `back`.
pub(super) async fn remove_from(
    cx: &PageContext,
    ids: (OrganizationId, MembershipId),
    form: &Form,
    back: &str,
) -> PageResult<Response> {
    let (organization, membership) = ids;
    let member: MemberId = membership.get().into();
    let sent = cx.query(CountSentInvitations { organization, member }).await?;
    let found = cx.query(ShowMember { organization, membership }).await?;
    let (t, name) = (cx.words, Person::from_member(cx, &found.member).name);
    let action = format!("{}/remove", member_path(ids));
    let mut confirmation = Confirmation::new(t.remove_member_title(&name), t.remove_member(&name), action, back)
        .paragraph(t.remove_member_warning());
    if sent > 0 {
        confirmation = confirmation.paragraph(t.open_invitations_warning(sent)).checkbox("revoke", t.revoke_them_too());
    }
    confirmation.require(cx, form)?;
    let invitations = if form.is_checked("revoke") { SentInvitations::Revoke } else { SentInvitations::Suspend };
    let removed = cx.run(Remove { organization, member, invitations }).await;
    let removed = removed.map(|removed| {
        let flash = match removed {
            RemovedMember { suspended_invitations: 1.., .. } => format!("suspended.{}", removed.suspended_invitations),
            RemovedMember { revoked_invitations: 1.., .. } => format!("revoked.{}", removed.revoked_invitations),
            _ => "removed".to_owned(),
        };
        cx.redirect_with_flash(form.return_path(back), &flash)
    });
    or_page_with_error(cx, ids, removed).await
}
