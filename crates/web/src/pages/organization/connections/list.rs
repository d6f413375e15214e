//! The list of connections, and of setup links.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::enterprise_connection::{Connection, List, MAX_CONNECTIONS};
use vestibule_core::id::ConnectionId;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::TAB;
use super::setup_links::{LinkFields, LinkView, has_no_purpose, load_links};
use super::view::{Badge, badges};

struct ConnectionView {
    id: ConnectionId,
    name: String,
    /// Of the issuer.
    host: String,
    /// Separated by commas.
    domains: String,
    badges: Vec<Badge>,
    /// HTML; empty if nobody has signed in through it.
    last_used: String,
}

#[derive(Template)]
#[template(path = "organization/connections/list.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    path: String,
    connections: Vec<ConnectionView>,
    /// Whether there can be another connection.
    can_add: bool,
    max_connections: i64,
    /// `None` if the caller may not see them.
    setup_links: Option<Vec<LinkView>>,
    link_fields: LinkFields,
}

pub(super) async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, None).await)
}

/// Renders the page, with the form of a setup link that was refused.
pub(super) async fn page(
    cx: &PageContext,
    organization: &str,
    failed: Option<(&Form, &Problem)>,
) -> PageResult<Response> {
    let t = cx.words;
    let org = load_organization(cx, parse_id(cx, organization)?, TAB).await?;
    let found = cx.query(List { organization: org.id }).await?;
    let setup_links = if org.is_admin { Some(load_links(cx, org.id).await?) } else { None };
    let problem = failed.map(|(_, problem)| problem);
    let mut layout = cx.layout(format!("{} · {}", t.single_sign_on(), org.name), true).with_error(problem);
    if failed.is_some_and(|(form, _)| has_no_purpose(form)) {
        layout.error = Some(t.setup_link_purpose_missing());
    }
    let page = Page {
        layout,
        path: org.path(TAB),
        can_add: i64::try_from(found.len()).is_ok_and(|count| count < MAX_CONNECTIONS),
        max_connections: MAX_CONNECTIONS,
        connections: found.iter().map(|connection| view(cx, connection)).collect(),
        setup_links,
        link_fields: LinkFields::new(t, failed.map(|(form, _)| form)),
        org,
    };
    Ok(cx.render_with_error(problem, &page))
}

fn view(cx: &PageContext, connection: &Connection) -> ConnectionView {
    let t = cx.words;
    ConnectionView {
        id: connection.id,
        name: connection.name.clone(),
        host: connection.issuer.split('/').nth(2).unwrap_or_default().to_owned(),
        domains: connection.domains.iter().map(|domain| domain.domain.as_str()).collect::<Vec<_>>().join(", "),
        badges: badges(t, connection),
        last_used: connection.last_used_at.map(|used| t.time_html(used, cx.now())).unwrap_or_default(),
    }
}
