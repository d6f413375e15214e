//! The page of a connection: its domains, the tests, and enabling it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::enterprise_connection::{Connection, ListTraces, Update, test_saved};
use vestibule_core::id::DomainId;
use vestibule_core::setup_link::SetupPurpose;
use vestibule_core::single_sign_on::{BeginTest, begin_test};
use vestibule_core::{Code, Problem, domain};

use super::super::super::context::PageResult;
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::organization::connections::trace::{TraceView, trace_view};
use super::super::super::organization::connections::view::{Badge, Checks};
use super::super::super::single_sign_on::leave_page;
use super::super::{CONNECTIONS, DONE, SetupPage, Visit, page_or_response};
use super::{find, path_of, state_badge};

struct DomainChoice {
    id: DomainId,
    name: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/connection.html")]
#[expect(clippy::struct_excessive_bools, reason = "independent conditions of the template")]
struct Page {
    layout: Layout,
    setup: SetupPage,
    path: String,
    name: String,
    issuer: String,
    client_id: String,
    badge: Badge,
    is_enabled: bool,
    has_domain: bool,
    has_test: bool,
    /// The names of its domains, separated by commas.
    domain_names: String,
    /// Whether the link opens the domains.
    is_for_domains: bool,
    /// The verified ones.
    domains: Vec<DomainChoice>,
    checks: Option<Checks>,
    tests: Vec<TraceView>,
    next: &'static str,
}

/// The result of a button.
#[derive(Default)]
struct Outcome<'a> {
    problem: Option<&'a Problem>,
    checks: Option<Checks>,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    page_or_response(show_it(&visit, &id).await)
}

async fn show_it(visit: &Visit, id: &str) -> PageResult<Response> {
    let found = find(visit, id).await?;
    page(visit, found, Outcome::default()).await
}

async fn page(visit: &Visit, connection: Connection, outcome: Outcome<'_>) -> PageResult<Response> {
    let (cx, t, organization) = (&visit.cx, visit.cx.words, visit.organization());
    let traces = cx.query(ListTraces { organization, connection: connection.id }).await?;
    let has_test = traces.iter().any(|trace| trace.error_code.is_empty());
    let tests: Vec<_> = traces.iter().map(|trace| trace_view(cx, trace)).filter(|trace| trace.is_test).collect();
    let domains = domain_choices(visit, &connection).await?;
    let names: Vec<_> = connection.domains.iter().map(|domain| domain.domain.as_str()).collect();
    let page = Page {
        layout: cx
            .layout(format!("{} · {}", connection.name, visit.link.organization_name), false)
            .with_error(outcome.problem),
        setup: visit.setup_page(CONNECTIONS),
        path: path_of(connection.id),
        badge: state_badge(t, &connection),
        is_enabled: connection.is_enabled,
        has_domain: !connection.domains.is_empty(),
        has_test,
        domain_names: names.join(", "),
        is_for_domains: visit.is_for(SetupPurpose::Domains),
        domains,
        checks: outcome.checks,
        tests,
        name: connection.name,
        issuer: connection.issuer,
        client_id: connection.client_id,
        next: DONE,
    };
    Ok(cx.render_with_error(outcome.problem, &page))
}

/// The verified domains, if the link opens them.
async fn domain_choices(visit: &Visit, connection: &Connection) -> PageResult<Vec<DomainChoice>> {
    if !visit.is_for(SetupPurpose::Domains) {
        return Ok(Vec::new());
    }
    let domains = visit.cx.query(domain::List { organization: visit.organization() }).await?;
    let choice = |domain: domain::Domain| DomainChoice {
        is_chosen: connection.domains.iter().any(|own| own.id == domain.id),
        id: domain.id,
        name: domain.domain,
    };
    Ok(domains.into_iter().filter(|domain| domain.verified_at.is_some()).map(choice).collect())
}

pub(super) async fn set_domains(visit: Visit, Path(id): Path<String>, form: Form) -> Response {
    page_or_response(set_domains_of(&visit, &id, &form).await)
}

/// What is no id must not look like a domain that was left out.
async fn set_domains_of(visit: &Visit, id: &str, form: &Form) -> PageResult<Response> {
    let parsed: Result<Vec<_>, _> = form.texts("domain").map(str::parse::<DomainId>).collect();
    let Ok(domains) = parsed else {
        let problem = Problem::from(Code::InvalidField);
        let found = find(visit, id).await?;
        return page(visit, found, Outcome { problem: Some(&problem), checks: None }).await;
    };
    change(visit, id, "saved", |update| Update { domains: Some(domains), ..update }).await
}

pub(super) async fn enable(visit: Visit, Path(id): Path<String>, _: Form) -> Response {
    let enable = |update: Update| Update { is_enabled: Some(true), ..update };
    page_or_response(change(&visit, &id, "connection_enabled", enable).await)
}

async fn change(visit: &Visit, id: &str, flash: &str, change: impl FnOnce(Update) -> Update) -> PageResult<Response> {
    let found = find(visit, id).await?;
    let update = change(Update::new(visit.organization(), found.id));
    match visit.cx.run(update).await {
        Ok(changed) => Ok(visit.cx.redirect_with_flash(&path_of(changed.id), flash)),
        Err(problem) => page(visit, found, Outcome { problem: Some(&problem), checks: None }).await,
    }
}

/// Tests the configuration, and shows the result on the page.
pub(super) async fn test(visit: Visit, Path(id): Path<String>, _: Form) -> Response {
    page_or_response(test_it(&visit, &id).await)
}

async fn test_it(visit: &Visit, id: &str) -> PageResult<Response> {
    let (cx, found) = (&visit.cx, find(visit, id).await?);
    match test_saved(cx.app.service(), &cx.caller, visit.organization(), found.id).await.result {
        Ok(check) => {
            let checks = Some(Checks::new(cx.words, &check));
            page(visit, found, Outcome { problem: None, checks }).await
        }
        Err(problem) => page(visit, found, Outcome { problem: Some(&problem), checks: None }).await,
    }
}

/// Leaves for the identity provider. The browser comes back to the trace of the test.
pub(super) async fn test_sign_in(visit: Visit, Path(id): Path<String>, _: Form) -> Response {
    page_or_response(test_sign_in_it(&visit, &id).await)
}

async fn test_sign_in_it(visit: &Visit, id: &str) -> PageResult<Response> {
    let (cx, found) = (&visit.cx, find(visit, id).await?);
    let begin = BeginTest {
        organization: visit.organization(),
        connection: found.id,
        return_to: path_of(found.id),
        is_page: true,
    };
    match begin_test(cx.app.service(), &cx.caller, begin).await.result {
        Ok(begun) => Ok(leave_page(cx, found.name, begun.url, begun.token.as_ref())),
        Err(problem) => page(visit, found, Outcome { problem: Some(&problem), checks: None }).await,
    }
}
