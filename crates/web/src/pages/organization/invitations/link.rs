//! The page of an invitation: its state, its link, and the actions on it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::invitation::Show;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::layout::Layout;
use super::super::{OrganizationPage, load_organization, page_or_response};
use super::actions::{PathIds, parse_ids};
use super::table::{self, Row};

#[derive(Template)]
#[template(path = "organization/invitations/link.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    row: Row,
    link: String,
    has_expired: bool,
}

pub(in super::super) async fn show(cx: PageContext, Path((organization, invitation)): PathIds) -> Response {
    page_or_response(page(&cx, (&organization, &invitation)).await)
}

async fn page(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    let (organization, invitation) = parse_ids(cx, ids)?;
    let org = load_organization(cx, organization, "invitations").await?;
    let details = cx.query(Show { organization, invitation }).await?;
    let settings = cx.app.settings();
    let page = Page {
        layout: cx.layout(cx.words.invitation_for(&details.row.email_key), true),
        org,
        link: settings.mail.invitation_link(&settings.public_url, &details.token.reveal()),
        has_expired: details.expired,
        row: table::row(cx, details),
    };
    Ok(cx.render(StatusCode::OK, &page))
}
