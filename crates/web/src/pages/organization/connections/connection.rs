//! The page of a connection: the steps from its settings to the demand for it, and its last sign-ins.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::domain;
use vestibule_core::enterprise_connection::{Connection, ListTraces, redirect_uri};
use vestibule_core::id::DomainId;
use vestibule_core::oidc::ConnectionCheck;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::layout::Layout;
use super::super::{OrganizationPage, load_organization, page_or_response};
use super::trace::{TraceView, trace_view};
use super::view::{Badge, Checks, badges};
use super::{Ids, PathIds, TAB};

/// How long before its end the page says that the secret expires.
const SECRET_NOTICE: Duration = Duration::from_hours(24 * 30);

struct DomainView {
    id: DomainId,
    name: String,
    is_verified: bool,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "organization/connections/connection.html")]
#[expect(clippy::struct_excessive_bools, reason = "independent conditions of the template")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    list_path: String,
    path: String,
    domains_path: String,
    name: String,
    badges: Vec<Badge>,
    notice: Option<String>,
    issuer: String,
    client_id: String,
    secret_state: String,
    redirect_uri: String,
    is_jit_enabled: bool,
    trusts_mfa: bool,
    has_domain: bool,
    domains: Vec<DomainView>,
    /// The result of the test that the request has made.
    checks: Option<Checks>,
    /// Whether a sign-in or a test of one has succeeded.
    has_test: bool,
    is_enabled: bool,
    is_required: bool,
    admin_sign_in: String,
    mapping_summary: String,
    traces: Vec<TraceView>,
}

/// What the request has done.
#[derive(Default)]
pub(super) struct Outcome<'a> {
    pub(super) problem: Option<&'a Problem>,
    pub(super) check: Option<&'a ConnectionCheck>,
}

impl<'a> From<&'a Problem> for Outcome<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self { problem: Some(problem), check: None }
    }
}

pub(super) async fn show(cx: PageContext, Path((organization, id)): PathIds) -> Response {
    page_or_response(show_it(&cx, (&organization, &id)).await)
}

async fn show_it(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    page(cx, Ids::parse(cx, ids)?, Outcome::default()).await
}

pub(super) async fn page(cx: &PageContext, ids: Ids, outcome: Outcome<'_>) -> PageResult<Response> {
    let t = cx.words;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let connection = ids.find(cx).await?;
    let traces = cx.query(ListTraces { organization: ids.organization, connection: ids.connection }).await?;
    let page = Page {
        layout: cx.layout(format!("{} · {}", connection.name, org.name), true).with_error(outcome.problem),
        list_path: ids.list_path(),
        path: ids.path(),
        domains_path: org.path("domains"),
        badges: badges(t, &connection),
        notice: secret_notice(cx, &connection),
        secret_state: secret_state(cx, &connection),
        redirect_uri: redirect_uri(cx.app.settings(), ids.organization),
        is_jit_enabled: connection.jit_enabled,
        trusts_mfa: connection.trusts_mfa,
        has_domain: !connection.domains.is_empty(),
        domains: domains(cx, &connection).await?,
        checks: outcome.check.map(|check| Checks::new(t, check)),
        has_test: traces.iter().any(|trace| trace.error_code.is_empty()),
        is_enabled: connection.is_enabled,
        is_required: connection.is_required,
        admin_sign_in: match connection.admin_signed_in_at {
            Some(time) => t.connection_admin_signed_in(t.long_time(time)),
            None => t.connection_no_admin_signed_in(),
        },
        mapping_summary: match connection.attribute_mapping.roles.len() {
            0 => t.mapping_no_groups(),
            count => t.mapping_groups(count),
        },
        traces: traces.iter().map(|trace| trace_view(cx, trace)).collect(),
        name: connection.name,
        issuer: connection.issuer,
        client_id: connection.client_id,
        org,
    };
    Ok(cx.render_with_error(outcome.problem, &page))
}

fn secret_state(cx: &PageContext, connection: &Connection) -> String {
    let t = cx.words;
    match (connection.has_client_secret, connection.secret_expires_at) {
        (false, _) => t.connection_secret_none(),
        (true, None) => t.connection_secret_set(),
        (true, Some(date)) => t.connection_secret_set_until(t.long_date(date)),
    }
}

fn secret_notice(cx: &PageContext, connection: &Connection) -> Option<String> {
    let (t, end) = (cx.words, connection.secret_expires_at.filter(|_| connection.has_client_secret)?);
    if end <= cx.now() {
        Some(t.connection_secret_expired(t.long_date(end)))
    } else {
        (end <= cx.now().plus(SECRET_NOTICE)).then(|| t.connection_secret_expires_soon(t.long_date(end)))
    }
}

/// The domains of the organization, those of the connection among them.
async fn domains(cx: &PageContext, connection: &Connection) -> PageResult<Vec<DomainView>> {
    let all = cx.query(domain::List { organization: connection.organization_id }).await?;
    let views = all.into_iter().map(|domain| DomainView {
        id: domain.id,
        is_verified: domain.verified_at.is_some(),
        is_chosen: connection.domains.iter().any(|own| own.id == domain.id),
        name: domain.domain,
    });
    Ok(views.collect())
}
