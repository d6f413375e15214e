//! `/organizations/{id}/-/{tab}`: the pages of one organization for its members. The `-` separates them from the API's
//! `/organizations/{id}/{noun}`.

mod audit_log;
mod confirm;
pub(super) mod connections;
mod domains;
mod event_names;
mod invitations;
mod list_url;
mod members;
mod mfa_setting;
mod person;
mod requests;
mod role_values;
mod roles;
mod settings;
mod webhooks;
mod workspaces;

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::execution::Command;
use vestibule_core::id::{MembershipId, OrganizationId};
use vestibule_core::membership::MembershipRole;
use vestibule_core::organization::{Count, Counts, Organization};
use vestibule_core::permission::{PermissionSet, RequiredPermission};
use vestibule_core::{Code, Problem, security_log};

use super::context::{PageContext, PageResult, see_other, with_vary_accept};
use super::frame::initials;
use super::mfa::{self, NextStep};
use super::words::Words;
use crate::routes::Routes;
pub(super) use confirm::Confirmation;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}", show)
        .merge(people_routes())
        .merge(workspaces::routes())
        .merge(domains::routes())
        .merge(connections::routes())
        .merge(requests::routes())
        .merge(settings::routes())
        .merge(webhooks::routes())
        .merge(audit_log::routes())
}

fn people_routes() -> Routes {
    Routes::default().merge(members::routes()).merge(invitations::routes()).merge(roles::routes())
}

/// The organization of a page, with the caller's roles in it.
#[derive(Clone)]
struct OrganizationPage {
    words: Words,
    id: OrganizationId,
    name: String,
    /// The URL of the logo; empty without one.
    logo: String,
    /// The path segment of the open tab.
    tab: &'static str,
    can_manage_members: bool,
    is_admin: bool,
    /// The caller's membership and roles.
    membership: MembershipId,
    roles: Vec<MembershipRole>,
    organization: Organization,
    counts: Counts,
    /// During the grace period of required two-factor authentication, for those who have not set it up.
    mfa_banner: Option<NextStep>,
}

struct Tab {
    /// The path segment.
    path: &'static str,
    label: String,
    count: Option<String>,
}

impl OrganizationPage {
    /// Returns the tabs that the caller can open.
    fn tabs(&self) -> Vec<Tab> {
        let t = self.words;
        let all = [
            (true, "members", t.members()),
            (self.can_manage_members, "invitations", t.invitations()),
            (true, "roles", t.roles()),
            (true, "workspaces", t.workspaces()),
            (self.has_permission(RequiredPermission::ManageSettings), "domains", t.domains()),
            (connections::is_manageable(self), "connections", t.single_sign_on()),
            (self.can_manage_members, "requests", t.join_requests()),
            (webhooks::is_manageable(self), "webhooks", t.webhooks()),
            (self.has_permission(RequiredPermission::ViewAuditLog), "audit-log", t.audit_log()),
            (true, "settings", t.settings()),
        ];
        let visible = all.into_iter().filter(|(is_visible, ..)| *is_visible);
        visible.map(|(_, path, label)| Tab { path, label, count: self.count(path) }).collect()
    }

    /// Returns the number of items in a tab. There is none for no pending invitations or requests.
    fn count(&self, tab: &str) -> Option<String> {
        let total = match tab {
            "members" => return Some(self.counts.members.to_string()),
            "invitations" => self.counts.pending_invitations?,
            "requests" => self.counts.join_requests?,
            _ => return None,
        };
        let more = if total.is_exact { "" } else { "+" };
        (total.count > 0).then(|| format!("{}{more}", total.count))
    }

    /// Returns the label of the open tab.
    fn tab_label(&self) -> String {
        self.tabs().into_iter().find(|tab| tab.path == self.tab).map_or_else(|| self.name.clone(), |tab| tab.label)
    }

    fn initials(&self) -> String {
        initials(&self.name)
    }

    /// Returns whether one of the caller's roles has the permission. Only for display: the commands check permissions.
    fn has_permission(&self, need: RequiredPermission) -> bool {
        self.roles.iter().any(|role| role.permissions.satisfies(need))
    }

    /// The permissions of all roles of the caller.
    fn permissions(&self) -> PermissionSet {
        PermissionSet::union(self.roles.iter().map(|role| role.permissions.clone()))
    }

    fn path(&self, tab: &str) -> String {
        format!("/organizations/{}/-/{tab}", self.id)
    }
}

/// Loads the organization of a page. Error pages: `FORBIDDEN` for non-members, `ADDRESS_NOT_ALLOWED` if the caller's IP
/// address is outside the organization's allowed networks, and `SSO_REQUIRED` or `MFA_REQUIRED` if their sign-in is not
/// enough.
async fn load_organization(cx: &PageContext, id: OrganizationId, tab: &'static str) -> PageResult<OrganizationPage> {
    let memberships = cx.memberships().await?;
    let user_id = memberships.first().map(|own| own.membership.user_id);
    let own = memberships.iter().find(|own| own.organization.id == id);
    let own = match own {
        Some(own) if own.restriction.is_address_allowed() => Ok(own),
        Some(_) => Err(Code::AddressNotAllowed),
        None => Err(Code::Forbidden),
    };
    let own = own.map_err(|code| {
        security_log::log_refusal(cx.caller.address, &security_log::Subject::new(user_id, id), code);
        cx.error_page(&code.into())
    })?;
    // Of a member whose sign-in is not enough, this query has the error.
    let counts = cx.query(Count { organization: id }).await?;
    let mfa_banner = mfa::grace_banner(cx, own.organization.mfa(), &own.organization.name).await?;
    let has_permission = |need| own.roles.iter().any(|role| role.permissions.satisfies(need));
    Ok(OrganizationPage {
        words: cx.words,
        id,
        name: own.organization.name.clone(),
        tab,
        can_manage_members: has_permission(RequiredPermission::ManageMembers),
        is_admin: has_permission(RequiredPermission::Admin),
        membership: own.membership.id,
        roles: own.roles.clone(),
        logo: cx.app.response_context().image_url(&own.organization.image_url),
        organization: own.organization.clone(),
        counts,
        mfa_banner,
    })
}

/// `GET /organizations/{id}` is a call of other editions of the API, which this server does not have.
const CALL: &str = "This is a page for browsers. GET /me/organization-memberships has the caller's organizations.";

/// Redirects to the invitations tab, or to the members tab without `organization:manage_members`. A flash message
/// stays for that page.
async fn show(cx: PageContext, Path(id): Path<String>) -> Response {
    match cx.require_browser(CALL) {
        Ok(()) => with_vary_accept(redirect_to_first_tab(&cx, &id).await),
        Err(response) => response,
    }
}

async fn redirect_to_first_tab(cx: &PageContext, id: &str) -> Response {
    let Ok(id) = id.parse() else {
        return cx.error_page(&Code::Forbidden.into());
    };
    match load_organization(cx, id, "members").await {
        Ok(org) => {
            let tab = if org.can_manage_members { "invitations" } else { "members" };
            let has_joined = !cx.query_param(mfa::JOINED).is_empty();
            if has_joined { cx.redirect_with_flash(&org.path(tab), "joined") } else { see_other(&org.path(tab)) }
        }
        Err(response) => response,
    }
}

/// Parses an id in a path. Error page: `FORBIDDEN`, as for an organization that does not exist.
fn parse_id<I: std::str::FromStr>(cx: &PageContext, text: &str) -> PageResult<I> {
    text.parse().map_err(|_| cx.error_page(&Code::Forbidden.into()))
}

/// Runs a command and redirects to `path` with a flash message.
async fn run_and_redirect<C: Command>(
    cx: &PageContext,
    command: C,
    path: &str,
    flash: &str,
) -> Result<Response, Problem> {
    cx.run(command).await.map(|_| cx.redirect_with_flash(path, flash))
}

/// Returns the page, or the response that replaces it.
fn page_or_response(page: PageResult<Response>) -> Response {
    page.unwrap_or_else(|response| response)
}
