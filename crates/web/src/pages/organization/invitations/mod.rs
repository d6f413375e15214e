//! The invitations tab: the form that invites, and the list with its actions.

mod actions;
mod body;
mod bulk;
mod compose;
mod filter;
mod invite;
mod inviters;
mod link;
mod lost;
mod result;
mod review;
mod table;
mod upload;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::assets;
use super::super::context::{PageContext, PageResult};
use super::super::layout::Layout;
use super::{OrganizationPage, load_organization, page_or_response, parse_id};
use crate::routes::Routes;

use self::compose::{Choices, Compose, FormError, Values};
use self::result::ActionResult;
use self::table::Table;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}/-/invitations", list)
        .post("/organizations/{id}/-/invitations", invite::invite)
        .post("/organizations/{id}/-/invitations/review", invite::review)
        .post("/organizations/{id}/-/invitations/selected", bulk::selected)
        .get("/organizations/{id}/-/invitations/{invitation}/link", link::show)
        .post("/organizations/{id}/-/invitations/{invitation}/resend", actions::resend)
        .post("/organizations/{id}/-/invitations/{invitation}/discard", actions::discard)
}

/// What the page shows above the list.
struct PageParts {
    compose: Compose,
    result: Option<ActionResult>,
    error: Option<FormError>,
}

#[derive(Template)]
#[template(path = "organization/invitations.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    compose: Compose,
    result: Option<ActionResult>,
    table: Table,
    script_version: u64,
}

/// The parts of the form that a review changes, for the script.
#[derive(Template)]
#[template(path = "organization/invitations/fragment.html")]
struct Fragment {
    layout: Layout,
    compose: Compose,
}

async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, None, None).await)
}

/// Renders the page with an empty form, after an action on the list.
async fn page(
    cx: &PageContext,
    organization: &str,
    error: Option<FormError>,
    result: Option<ActionResult>,
) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "invitations").await?;
    let choices = Choices::load(cx, &org, None).await?;
    let compose = Compose::new(cx, &choices, Values::default(), None).await?;
    render(cx, org, &choices, PageParts { compose, result, error }).await
}

async fn render(cx: &PageContext, org: OrganizationPage, choices: &Choices, parts: PageParts) -> PageResult<Response> {
    let PageParts { compose, result, error } = parts;
    let table = Table::load(cx, &org, choices).await?;
    let page = Page {
        layout: layout(cx, &org, error.as_ref()),
        compose,
        result,
        table,
        org,
        script_version: assets::INVITE_VERSION,
    };
    Ok(cx.render_with_error(error.as_ref().map(|error| &error.problem), &page))
}

fn fragment(cx: &PageContext, org: &OrganizationPage, compose: Compose, error: Option<&FormError>) -> Response {
    let layout = layout(cx, org, error);
    cx.render(StatusCode::OK, &Fragment { layout, compose })
}

fn layout(cx: &PageContext, org: &OrganizationPage, error: Option<&FormError>) -> Layout {
    let mut layout = cx.layout(format!("{} · {}", cx.words.invitations(), org.name), true);
    if let Some(error) = error {
        layout = layout.with_error(Some(&error.problem));
        layout.error = Some(error.text.clone());
    }
    layout
}
