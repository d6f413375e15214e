//! Single sign-on that an organization requires: the page instead of theirs.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::assurance::Assurance;
use vestibule_core::id::{ConnectionId, InvitationId, OrganizationId};

use super::super::context::PageContext;
use super::super::frame::initials;
use super::super::layout::Layout;
use super::super::mfa::confirm_url;

struct OrganizationView {
    name: String,
    initials: String,
    /// The URL of the logo; empty without one.
    logo: String,
}

#[derive(Template)]
#[template(path = "single_sign_on/required.html")]
struct Page {
    layout: Layout,
    organization: Option<OrganizationView>,
    connection: ConnectionId,
    /// The one that the sign-in accepts.
    invitation: Option<InvitationId>,
    return_to: String,
    /// Whether the caller also gets in with a second factor.
    is_admin: bool,
    confirm_url: String,
}

/// Returns the page for a sign-in that was not made through the connection. It leads back to the page that was asked
/// for.
pub(in super::super) fn required_page(cx: &PageContext, connection: ConnectionId) -> Response {
    let return_to = cx.page_path().unwrap_or_else(|| "/organizations".to_owned());
    required_page_of(cx, cx.organization_in_path(), connection, return_to)
}

/// Like [`required_page`], for an organization that the URL does not name, and another page to lead back to. The status
/// is 403.
pub(in super::super) fn required_page_of(
    cx: &PageContext,
    organization: Option<OrganizationId>,
    connection: ConnectionId,
    return_to: String,
) -> Response {
    render(cx, organization, (connection, None), return_to)
}

/// Like [`required_page_of`], for an invitation, which the sign-in accepts as well.
pub(in super::super) fn required_page_of_invitation(
    cx: &PageContext,
    connection: ConnectionId,
    invitation: InvitationId,
    return_to: String,
) -> Response {
    render(cx, None, (connection, Some(invitation)), return_to)
}

fn render(
    cx: &PageContext,
    organization: Option<OrganizationId>,
    (connection, invitation): (ConnectionId, Option<InvitationId>),
    return_to: String,
) -> Response {
    let t = cx.words;
    let own = organization.and_then(|id| {
        let memberships = cx.frame().memberships()?;
        memberships.iter().find(|own| own.organization.id == id)
    });
    let title = own.map_or_else(|| t.sso_required_here_title(), |own| t.sso_required_title(&own.organization.name));
    let is_admin = own.is_some_and(|own| own.is_admin);
    let page = Page {
        layout: cx.layout(title, true),
        organization: own.map(|own| OrganizationView {
            name: own.organization.name.clone(),
            initials: initials(&own.organization.name),
            logo: cx.app.response_context().image_url(&own.organization.image_url),
        }),
        connection,
        invitation,
        is_admin,
        confirm_url: confirm_url(Assurance::TwoFactors, &return_to),
        return_to,
    };
    cx.render(StatusCode::FORBIDDEN, &page)
}
