//! The join requests tab, and joining an organization by the domain of the caller's address.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::domain::{Join, JoinOutcome};
use vestibule_core::id::{JoinRequestId, OrganizationId};
use vestibule_core::join_request::{Approve, Deny, List};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::super::organizations;
use super::{OrganizationPage, load_organization, page_or_response, parse_id, run_and_redirect};

struct RequestView {
    id: JoinRequestId,
    email: String,
    description: String,
    requested_at: String,
}

#[derive(Template)]
#[template(path = "organization/requests.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    requests: Vec<RequestView>,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, None).await)
}

async fn page(cx: &PageContext, organization: &str, error: Option<&Problem>) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "requests").await?;
    let requests = cx.query(List { organization: org.id }).await?;
    let t = cx.words;
    let requests = requests.into_iter().map(|request| RequestView {
        id: request.id,
        email: request.email_key,
        description: match (request.user_id, request.invitation_id) {
            (Some(_), Some(_)) => t.requested_for_other_address(),
            (None, _) => t.requested_renewal(),
            (Some(_), None) => t.requested_by_domain(),
        },
        requested_at: t.time_html(request.created_at, cx.now()),
    });
    let page = Page {
        requests: requests.collect(),
        layout: cx.layout(format!("{} · {}", t.join_requests(), org.name), true).with_error(error),
        org,
    };
    Ok(cx.render_with_error(error, &page))
}

/// The organization and the join request of a path.
type PathIds = Path<(String, String)>;

fn parse_ids(cx: &PageContext, (organization, request): (&str, &str)) -> PageResult<(OrganizationId, JoinRequestId)> {
    Ok((parse_id(cx, organization)?, parse_id(cx, request)?))
}

async fn or_page_with_error(cx: &PageContext, organization: &str, result: Result<Response, Problem>) -> Response {
    match result {
        Ok(response) => response,
        Err(problem) => page_or_response(page(cx, organization, Some(&problem)).await),
    }
}

pub(super) async fn approve(cx: PageContext, Path((organization, request)): PathIds, _: Form) -> Response {
    let (id, request) = match parse_ids(&cx, (&organization, &request)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let approve = Approve { organization: id, request };
    let approved = run_and_redirect(&cx, approve, &format!("/organizations/{id}/-/requests"), "approved").await;
    or_page_with_error(&cx, &organization, approved).await
}

pub(super) async fn deny(cx: PageContext, Path((organization, request)): PathIds, _: Form) -> Response {
    let (id, request) = match parse_ids(&cx, (&organization, &request)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let denied =
        run_and_redirect(&cx, Deny { organization: id, request }, &format!("/organizations/{id}/-/requests"), "denied")
            .await;
    or_page_with_error(&cx, &organization, denied).await
}

/// Joins an organization, or requests to join it, as the domain's join policy says.
pub(super) async fn join(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    let organization: OrganizationId = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match cx.run(Join { organization }).await {
        Ok(JoinOutcome::Joined) => cx.redirect_with_flash(&format!("/organizations/{organization}"), "joined"),
        Ok(JoinOutcome::Requested) => cx.redirect_with_flash("/organizations", "asked"),
        Err(problem) => organizations::page(&cx, Some(&problem)).await,
    }
}
