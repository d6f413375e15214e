//! `/choose-organization`: sets the active organization of the session, for applications that send the user here.

use askama::Template;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::OrganizationId;
use vestibule_core::session::SwitchOrganization;

use super::super::context::PageContext;
use super::super::form::Form;
use super::super::frame::initials;
use super::super::layout::Layout;
use super::super::organizations::FoundOrganizations;
use super::super::page_path::with_return_to;
use super::super::{mfa, single_sign_on};
use super::redirect_back;

struct OrganizationView {
    id: OrganizationId,
    name: String,
    initials: String,
    /// The URL of the logo; empty without one.
    logo: String,
    members: i64,
    /// Whether the sign-in is not enough.
    needs_mfa: bool,
    needs_sso: bool,
}

#[derive(Template)]
#[template(path = "sign_in/choose_organization.html")]
struct Page {
    layout: Layout,
    organizations: Vec<OrganizationView>,
    has_search: bool,
    search: String,
    cut: Option<String>,
    return_to: String,
}

pub(super) async fn show(cx: PageContext) -> Response {
    page(&cx, cx.return_to_param(), None).await
}

async fn page(cx: &PageContext, return_to: String, error: Option<&Problem>) -> Response {
    let memberships = match cx.memberships().await {
        Ok(memberships) => memberships,
        Err(response) => return response,
    };
    let found = FoundOrganizations::find(cx, memberships.iter().filter(|own| own.restriction.is_address_allowed()));
    let organizations = found.shown.iter().map(|own| OrganizationView {
        id: own.organization.id,
        initials: initials(&own.organization.name),
        logo: cx.app.response_context().image_url(&own.organization.image_url),
        name: own.organization.name.clone(),
        members: own.organization.member_count,
        needs_mfa: mfa::is_missing(own),
        needs_sso: mfa::needs_sso(own),
    });
    let page = Page {
        layout: cx.layout(cx.words.choose_organization(), true).with_error(error),
        organizations: organizations.collect(),
        has_search: found.has_search,
        cut: found.cut,
        search: found.search,
        return_to,
    };
    cx.render_with_error(error, &page)
}

pub(super) async fn choose(cx: PageContext, form: Form) -> Response {
    let chosen = match form.optional_id("organization") {
        Ok(organization) => cx.run(SwitchOrganization { organization }).await.map(|_| organization),
        Err(problem) => Err(problem),
    };
    match chosen {
        Ok(Some(id)) if form.text("return_to").is_empty() && cx.app.settings().app.after_sign_in_url.is_none() => {
            redirect_back(&cx, &format!("/organizations/{id}"))
        }
        Ok(_) => redirect_back(&cx, form.text("return_to")),
        Err(problem) => {
            let organization = form.optional_id("organization").ok().flatten();
            let url = with_return_to("/choose-organization", form.text("return_to"));
            match (problem.required_connection(), problem.required_assurance()) {
                (Some(connection), _) => single_sign_on::required_page_of(&cx, organization, connection, url),
                (None, Some(required)) => mfa::required_page_of(&cx, organization, required, &url),
                (None, None) => page(&cx, form.text("return_to").to_owned(), Some(&problem)).await,
            }
        }
    }
}
