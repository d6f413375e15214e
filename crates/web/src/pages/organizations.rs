//! `/organizations`: the caller's organizations, invitations and ownership transfers, and organizations to join.

use askama::Template;
use axum::response::Response;
use vestibule_core::account::{OwnAssurance, ShowAssurance};
use vestibule_core::domain::{JoinPolicy, JoinableOrganization, ListJoinable};
use vestibule_core::execution::Command;
use vestibule_core::id::OrganizationId;
use vestibule_core::invitation::{Accept, AcceptOutcome, Decline, OwnInvitation};
use vestibule_core::membership::{MembershipRole, OwnMembership};
use vestibule_core::names::{Description, OrganizationName, full_name};
use vestibule_core::organization::{Create, ListDeleted};
use vestibule_core::ownership_transfer::OwnershipOffer;
use vestibule_core::search::fold;
use vestibule_core::secret::InvitationToken;
use vestibule_core::{Code, Problem, images, invitation, ownership_transfer};

use super::context::{PageContext, PageResult, see_other, with_vary_accept};
use super::form::Form;
use super::frame::initials;
use super::layout::{Layout, Undo};
use super::mfa;
use super::single_sign_on::required_page_of;
use super::words::invited_roles;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/", async || see_other("/organizations"))
        .get("/organizations", show)
        .post("/organizations/-/create", create)
        .post("/organizations/-/accept", accept)
        .post("/organizations/-/decline", decline)
}

/// From this number of organizations on, there is a search.
const MIN_TO_SEARCH: usize = 20;
/// Organizations on the page; the search finds the others.
const MAX_SHOWN: usize = 50;

struct OrganizationView {
    id: OrganizationId,
    name: String,
    initials: String,
    /// The URL of the logo; empty without one.
    logo: String,
    roles: String,
    members: i64,
    is_network_allowed: bool,
    /// Whether the sign-in is not enough: opening the organization says what to do.
    needs_mfa: bool,
    needs_sso: bool,
}

struct InvitationView {
    title: String,
    initials: String,
    logo: String,
    /// The roles as they were chosen: that in the organization, and that in the workspace.
    role: String,
    token: String,
    expires: String,
    /// What the organization requires of the sign-ins of members.
    mfa: Option<String>,
}

struct TransferView {
    id: OrganizationId,
    title: String,
    explanation: String,
    expires: String,
}

struct DeletedView {
    id: OrganizationId,
    name: String,
    erased_at: String,
}

struct JoinableView {
    id: OrganizationId,
    name: String,
    initials: String,
    logo: String,
    domain: String,
    needs_approval: bool,
}

#[derive(Template)]
#[template(path = "organizations.html")]
struct Page {
    layout: Layout,
    invitations: Vec<InvitationView>,
    transfers: Vec<TransferView>,
    organizations: Vec<OrganizationView>,
    has_search: bool,
    search: String,
    /// How many of the found organizations the page shows, if it does not show all.
    cut: Option<String>,
    joinable: Vec<JoinableView>,
    deleted: Vec<DeletedView>,
    /// The name that was typed and refused.
    new_name: String,
}

/// `GET /organizations` is a call of other editions of the API, which this server does not have.
const CALL: &str = "This is a page for browsers. The call is GET /me/organization-memberships.";

async fn show(cx: PageContext) -> Response {
    match cx.require_browser(CALL) {
        Ok(()) => with_vary_accept(page(&cx, None).await),
        Err(response) => response,
    }
}

pub(super) async fn page(cx: &PageContext, error: Option<&Problem>) -> Response {
    page_with_name(cx, error, "").await
}

async fn page_with_name(cx: &PageContext, error: Option<&Problem>, new_name: &str) -> Response {
    match load(cx, new_name).await {
        Ok(mut page) => {
            page.layout = page.layout.with_error(error);
            cx.render_with_error(error, &page)
        }
        Err(response) => response,
    }
}

/// Runs a command from the list of organizations, which also shows its flash message or error.
pub(super) async fn run_from_list<C: Command>(cx: &PageContext, command: C, flash: &str) -> Response {
    match cx.run(command).await {
        Ok(_) => cx.redirect_with_flash("/organizations", flash),
        Err(problem) => page(cx, Some(&problem)).await,
    }
}

async fn load(cx: &PageContext, new_name: &str) -> PageResult<Page> {
    let t = cx.words;
    let memberships = cx.memberships().await?;
    let invitations = cx.query(invitation::ListOwn).await?;
    let requires_mfa = invitations.iter().any(|invitation| invitation.mfa.is_enforced);
    let own_assurance = if requires_mfa { Some(cx.query(ShowAssurance).await?) } else { None };
    let transfers = cx.query(ownership_transfer::ListOwn).await?;
    let joinable = cx.query(ListJoinable).await?;
    let deleted = cx.query(ListDeleted).await?;
    let layout = cx.layout(t.organizations(), true);
    let found = FoundOrganizations::find(cx, memberships.iter());
    Ok(Page {
        layout: match cx.flash_arguments("deleted") {
            Some([id]) => {
                layout.with_undo(Undo { action: format!("/organizations/{id}/-/restore"), fields: Vec::new() })
            }
            _ => layout,
        },
        invitations: invitations
            .into_iter()
            .filter(|invitation| !invitation.expired)
            .map(|invitation| invitation_view(cx, invitation, own_assurance))
            .collect(),
        transfers: transfers.iter().map(|offer| transfer_view(cx, offer)).collect(),
        organizations: found.shown.into_iter().map(|own| organization_view(cx, own)).collect(),
        has_search: found.has_search,
        search: found.search,
        cut: found.cut,
        joinable: joinable.into_iter().map(|joinable| joinable_view(cx, joinable)).collect(),
        deleted: deleted
            .into_iter()
            .map(|deleted| DeletedView {
                id: deleted.organization.id,
                name: deleted.organization.name,
                erased_at: t.time_html(deleted.erased_at, cx.now()),
            })
            .collect(),
        new_name: new_name.to_owned(),
    })
}

/// The caller's organizations that a page shows: those that the parameter `search` finds, up to a number.
pub(super) struct FoundOrganizations<'a> {
    pub(super) shown: Vec<&'a OwnMembership>,
    pub(super) has_search: bool,
    pub(super) search: String,
    /// How many of the found organizations the page shows, if it does not show all.
    pub(super) cut: Option<String>,
}

impl<'a> FoundOrganizations<'a> {
    pub(super) fn find(cx: &PageContext, all: impl Iterator<Item = &'a OwnMembership>) -> Self {
        let mut found: Vec<_> = all.collect();
        let has_search = found.len() > MIN_TO_SEARCH;
        let search = if has_search { cx.query_param("search").trim().to_owned() } else { String::new() };
        let term = fold(&search);
        found.retain(|own| fold(&own.organization.name).contains(&term));
        let cut = (found.len() > MAX_SHOWN).then(|| cx.words.range_of(1, MAX_SHOWN, found.len()));
        found.truncate(MAX_SHOWN);
        Self { shown: found, has_search, search, cut }
    }
}

fn organization_view(cx: &PageContext, own: &OwnMembership) -> OrganizationView {
    OrganizationView {
        id: own.organization.id,
        initials: initials(&own.organization.name),
        logo: cx.app.response_context().image_url(&own.organization.image_url),
        name: own.organization.name.clone(),
        roles: role_names(cx, &own.roles),
        members: own.organization.member_count,
        is_network_allowed: own.restriction.is_address_allowed(),
        needs_mfa: mfa::is_missing(own),
        needs_sso: mfa::needs_sso(own),
    }
}

fn invitation_view(cx: &PageContext, invitation: OwnInvitation, own: Option<OwnAssurance>) -> InvitationView {
    let (t, OwnInvitation { row, token, mfa, .. }) = (cx.words, invitation);
    let target = match &row.workspace_name {
        Some(workspace) => format!("{}, {workspace}", row.organization_name),
        None => row.organization_name.clone(),
    };
    let inviter = full_name(
        row.inviter_first_name.as_deref().unwrap_or_default(),
        row.inviter_last_name.as_deref().unwrap_or_default(),
    );
    let role = t.role_name(&row.role_name, row.is_role_built_in);
    let workspace_role = row.workspace_role_name.as_deref();
    let workspace_role = workspace_role.map(|name| t.role_name(name, row.is_workspace_role_built_in));
    InvitationView {
        title: if inviter.is_empty() { t.you_are_invited(&target) } else { t.invites_you(&inviter, &target) },
        initials: initials(&row.organization_name),
        logo: cx.app.response_context().image_url(&row.organization_image_url),
        role: invited_roles(&role, row.workspace_name.as_deref().zip(workspace_role.as_deref())),
        token: token.reveal(),
        expires: t.time_html(row.expires_at, cx.now()),
        mfa: mfa::joining_hint(cx, mfa, &row.organization_name, own),
    }
}

fn transfer_view(cx: &PageContext, offer: &OwnershipOffer) -> TransferView {
    let t = cx.words;
    let owner = full_name(&offer.owner_first_name, &offer.owner_last_name);
    let (title, explanation) = match owner.as_str() {
        "" => (t.ownership_offer_unnamed(&offer.organization_name), t.accepting_ownership_unnamed()),
        owner => (t.ownership_offer(owner, &offer.organization_name), t.accepting_ownership(owner)),
    };
    TransferView { id: offer.organization_id, title, explanation, expires: t.time_html(offer.expires_at, cx.now()) }
}

fn joinable_view(cx: &PageContext, joinable: JoinableOrganization) -> JoinableView {
    JoinableView {
        id: joinable.organization_id,
        initials: initials(&joinable.name),
        logo: cx.app.response_context().image_url(&joinable.image_url),
        name: joinable.name,
        domain: joinable.domain,
        needs_approval: joinable.joining == JoinPolicy::Request,
    }
}

fn role_names(cx: &PageContext, roles: &[MembershipRole]) -> String {
    let name = |role: &MembershipRole| cx.words.role_name(&role.name, role.organization_id.is_none());
    roles.iter().map(name).collect::<Vec<_>>().join(", ")
}

async fn create(cx: PageContext, form: Form) -> Response {
    let create = OrganizationName::parse("name", form.text("name")).and_then(|name| {
        Ok(Create { name, description: Description::parse("description", "")?, image: images::Change::Keep })
    });
    let created = match create {
        Ok(create) => cx.run(create).await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(created) => {
            cx.redirect_with_flash(&format!("/organizations/{}/-/invitations", created.organization.id), "created")
        }
        Err(problem) => page_with_name(&cx, Some(&problem), form.text("name")).await,
    }
}

/// The page contains the token without proof of the address. That is sufficient, since the address is verified.
async fn accept(cx: PageContext, form: Form) -> Response {
    let accepted = match parse_token(&form) {
        Ok(token) => cx.run(Accept { token }).await,
        Err(problem) => Err(problem),
    };
    match accepted {
        Ok(AcceptOutcome { refusal: None, organization: Some(organization), .. }) => {
            mfa::redirect_to_joined(&cx, organization.id).await
        }
        Ok(AcceptOutcome { required_connection: Some(connection), .. }) => {
            required_page_of(&cx, None, connection, "/organizations".to_owned())
        }
        Ok(AcceptOutcome { refusal, .. }) => page(&cx, Some(&refusal.unwrap_or(Code::Internal).into())).await,
        Err(problem) => page(&cx, Some(&problem)).await,
    }
}

async fn decline(cx: PageContext, form: Form) -> Response {
    let declined = match parse_token(&form) {
        Ok(token) => cx.run(Decline { token }).await,
        Err(problem) => Err(problem),
    };
    match declined {
        Ok(()) => cx.redirect_with_flash("/organizations", "declined"),
        Err(problem) => page(&cx, Some(&problem)).await,
    }
}

fn parse_token(form: &Form) -> Result<InvitationToken, Problem> {
    form.text("token").parse().map_err(|_| Code::InvalidInvitationToken.into())
}
