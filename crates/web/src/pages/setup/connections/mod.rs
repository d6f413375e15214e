//! The steps in which the identity provider is connected: choose it, enter what it shows, and test it.

mod form;
mod show;
mod trace;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::Code;
use vestibule_core::enterprise_connection::{Connection, List, Show};
use vestibule_core::id::ConnectionId;

use super::super::context::{PageContext, PageResult};
use super::super::layout::Layout;
use super::super::organization::connections::provider::Provider;
use super::super::organization::connections::view::Badge;
use super::super::words::Words;
use super::{CONNECTIONS, SetupPage, Visit, page_or_response};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get(CONNECTIONS, list)
        .get("/setup/connections/new", form::show_new)
        .post("/setup/connections/new", form::create)
        .get("/setup/connections/{connection}", show::show)
        .get("/setup/connections/{connection}/edit", form::show_edit)
        .post("/setup/connections/{connection}/edit", form::update)
        .post("/setup/connections/{connection}/domains", show::set_domains)
        .post("/setup/connections/{connection}/test", show::test)
        .post("/setup/connections/{connection}/test-sign-in", show::test_sign_in)
        .post("/setup/connections/{connection}/enable", show::enable)
        .get("/setup/connections/{connection}/sign-ins/{trace}", trace::show)
}

struct ConnectionView {
    path: String,
    name: String,
    issuer: String,
    badge: Badge,
}

struct ProviderChoice {
    key: &'static str,
    name: String,
}

#[derive(Template)]
#[template(path = "setup/connections.html")]
struct Page {
    layout: Layout,
    setup: SetupPage,
    connections: Vec<ConnectionView>,
    choices: Vec<ProviderChoice>,
}

async fn list(visit: Visit) -> Response {
    page_or_response(list_page(&visit).await)
}

async fn list_page(visit: &Visit) -> PageResult<Response> {
    let (cx, t) = (&visit.cx, visit.cx.words);
    let connections = cx.query(List { organization: visit.organization() }).await?;
    let view = |connection: Connection| ConnectionView {
        path: path_of(connection.id),
        badge: state_badge(t, &connection),
        name: connection.name,
        issuer: connection.issuer,
    };
    let page = Page {
        layout: cx.layout(format!("{} · {}", t.single_sign_on(), visit.link.organization_name), false),
        setup: visit.setup_page(CONNECTIONS),
        connections: connections.into_iter().map(view).collect(),
        choices: Provider::ALL.map(|provider| ProviderChoice { key: provider.key(), name: provider.name(t) }).into(),
    };
    Ok(cx.render(StatusCode::OK, &page))
}

fn state_badge(t: Words, connection: &Connection) -> Badge {
    match (connection.is_enabled, connection.is_required) {
        (true, true) => Badge::new(t.connection_required(), "info"),
        (true, false) => Badge::new(t.connection_enabled(), "good"),
        (false, _) => Badge::new(t.connection_disabled(), ""),
    }
}

fn path_of(connection: ConnectionId) -> String {
    format!("{CONNECTIONS}/{connection}")
}

/// Finds the connection that a path names.
async fn find(visit: &Visit, id: &str) -> PageResult<Connection> {
    let connection = parse_id(&visit.cx, id)?;
    visit.cx.query(Show { organization: visit.organization(), connection }).await
}

fn parse_id<I: std::str::FromStr>(cx: &PageContext, text: &str) -> PageResult<I> {
    text.parse().map_err(|_| cx.error_page(&Code::ConnectionNotFound.into()))
}
