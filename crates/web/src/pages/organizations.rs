//! `/organizations`: the caller's organizations, invitations and ownership transfers, and organizations to join.

use askama::Template;
use axum::response::Response;
use vestibule_core::domain::{JoinableOrganization, ListJoinable};
use vestibule_core::id::OrganizationId;
use vestibule_core::invitation::{Accept, AcceptOutcome, Decline, OwnInvitation};
use vestibule_core::membership::MembershipRole;
use vestibule_core::names::{Description, OrganizationName, full_name};
use vestibule_core::organization::{Create, ListDeleted};
use vestibule_core::secret::InvitationToken;
use vestibule_core::{Code, Problem, images, invitation, membership, ownership_transfer};

use super::context::{PageContext, PageResult, see_other, with_vary_accept};
use super::form::Form;
use super::layout::{Layout, Undo};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/", async || see_other("/organizations"))
        .get("/organizations", show)
        .post("/organizations/-/create", create)
        .post("/organizations/-/accept", accept)
        .post("/organizations/-/decline", decline)
}

struct OrganizationView {
    id: OrganizationId,
    name: String,
    roles: String,
    members: i64,
    is_network_allowed: bool,
}

struct InvitationView {
    title: String,
    token: String,
    expires: String,
}

struct TransferView {
    id: OrganizationId,
    title: String,
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
    domain: String,
}

#[derive(Template)]
#[template(path = "organizations.html")]
struct Page {
    layout: Layout,
    invitations: Vec<InvitationView>,
    transfers: Vec<TransferView>,
    organizations: Vec<OrganizationView>,
    joinable: Vec<JoinableView>,
    deleted: Vec<DeletedView>,
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
    match load(cx).await {
        Ok(mut page) => {
            page.layout = page.layout.with_error(error);
            cx.render_with_error(error, &page)
        }
        Err(response) => response,
    }
}

async fn load(cx: &PageContext) -> PageResult<Page> {
    let (t, now) = (cx.words, cx.now());
    let organizations = cx.query(membership::ListOwn).await?;
    let invitations = cx.query(invitation::ListOwn).await?;
    let transfers = cx.query(ownership_transfer::ListOwn).await?;
    let joinable = cx.query(ListJoinable).await?;
    let deleted = cx.query(ListDeleted).await?;
    let invitation = |OwnInvitation { row, token, .. }: OwnInvitation| {
        let target = match &row.workspace_name {
            Some(workspace) => format!("{}, {workspace}", row.organization_name),
            None => row.organization_name.clone(),
        };
        let first = row.inviter_first_name.unwrap_or_default();
        let inviter = format!("{first} {}", row.inviter_last_name.unwrap_or_default()).trim().to_owned();
        let title = if inviter.is_empty() { t.you_are_invited(&target) } else { t.invites_you(&inviter, &target) };
        InvitationView { title, token: token.reveal(), expires: t.time_html(row.expires_at, now) }
    };
    let layout = cx.layout(t.organizations(), true);
    Ok(Page {
        layout: match cx.flash_arguments("deleted") {
            Some([id]) => {
                layout.with_undo(Undo { action: format!("/organizations/{id}/-/restore"), fields: Vec::new() })
            }
            _ => layout,
        },
        invitations: invitations.into_iter().filter(|invitation| !invitation.expired).map(invitation).collect(),
        transfers: transfers
            .into_iter()
            .map(|offer| {
                let owner = full_name(&offer.owner_first_name, &offer.owner_last_name);
                let title = t.ownership_offer(&owner, &offer.organization_name);
                TransferView { id: offer.organization_id, title, expires: t.time_html(offer.expires_at, now) }
            })
            .collect(),
        organizations: organizations
            .into_iter()
            .map(|own| OrganizationView {
                id: own.organization.id,
                name: own.organization.name,
                roles: role_names(&own.roles),
                members: own.organization.member_count,
                is_network_allowed: own.is_address_allowed,
            })
            .collect(),
        joinable: joinable
            .into_iter()
            .map(|JoinableOrganization { organization_id, name, domain, .. }| JoinableView {
                id: organization_id,
                name,
                domain,
            })
            .collect(),
        deleted: deleted
            .into_iter()
            .map(|deleted| DeletedView {
                id: deleted.organization.id,
                name: deleted.organization.name,
                erased_at: t.time_html(deleted.erased_at, now),
            })
            .collect(),
    })
}

fn role_names(roles: &[MembershipRole]) -> String {
    roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ")
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
        Err(problem) => page(&cx, Some(&problem)).await,
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
            cx.redirect_with_flash(&format!("/organizations/{}", organization.id), "joined")
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
