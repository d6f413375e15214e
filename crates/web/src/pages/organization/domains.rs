//! The domains tab: people with an address of a verified domain can join the organization, as its join policy says.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::domain::{Add, Delete, DomainName, JoinPolicy, List, Update};
use vestibule_core::id::{DomainId, OrganizationId};
use vestibule_core::{Code, Problem, domain};

use super::super::context::{PageContext, PageResult};
use super::super::form::Form;
use super::super::layout::Layout;
use super::super::words::Words;
use super::confirm::Confirmation;
use super::{OrganizationPage, load_organization, page_or_response, parse_id, run_and_redirect};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}/-/domains", list)
        .post("/organizations/{id}/-/domains", add)
        .post("/organizations/{id}/-/domains/{domain}/verify", verify)
        .post("/organizations/{id}/-/domains/{domain}/joining", set_join_policy)
        .post("/organizations/{id}/-/domains/{domain}/delete", delete)
}

struct DomainView {
    id: DomainId,
    domain: String,
    is_verified: bool,
    record_name: String,
    record_value: String,
    /// Value, label, and whether it is selected.
    join_policies: Vec<(&'static str, String, bool)>,
    join_policy: String,
    /// Why it could not be verified.
    error: String,
}

#[derive(Template)]
#[template(path = "organization/domains.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    domains: Vec<DomainView>,
    /// The domain that was typed and refused.
    typed: String,
}

/// The result of a form that failed.
#[derive(Default)]
struct Failed<'a> {
    problem: Option<&'a Problem>,
    /// The domain that it concerns.
    domain: Option<DomainId>,
    typed: &'a str,
}

async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization, Failed::default()).await)
}

async fn page(cx: &PageContext, organization: &str, failed: Failed<'_>) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "domains").await?;
    let domains = cx.query(List { organization: org.id }).await?;
    let t = cx.words;
    let error_of = |domain: DomainId| failed.problem.filter(|_| failed.domain == Some(domain));
    let is_listed = domains.iter().any(|domain| error_of(domain.id).is_some());
    let domains = domains.into_iter().map(|domain| DomainView {
        id: domain.id,
        is_verified: domain.verified_at.is_some(),
        record_name: DomainName::record_name(&domain.domain),
        record_value: cx.app.service().domain_proof(org.id, domain.id),
        join_policies: join_policies(t, domain.joining),
        join_policy: join_policy(t, domain.joining),
        error: error_of(domain.id).map(|problem| t.problem(problem)).unwrap_or_default(),
        domain: domain.domain,
    });
    let layout = cx.layout(format!("{} · {}", t.domains(), org.name), true);
    let page = Page {
        domains: domains.collect(),
        layout: if is_listed { layout } else { layout.with_error(failed.problem) },
        typed: failed.typed.to_owned(),
        org,
    };
    Ok(cx.render_with_error(failed.problem, &page))
}

fn join_policies(t: Words, selected: JoinPolicy) -> Vec<(&'static str, String, bool)> {
    let all = [JoinPolicy::None, JoinPolicy::Request, JoinPolicy::Join, JoinPolicy::Auto];
    all.map(|joining| (joining.as_str(), join_policy(t, joining), joining == selected)).into()
}

fn join_policy(t: Words, joining: JoinPolicy) -> String {
    match joining {
        JoinPolicy::None => t.join_policy_none(),
        JoinPolicy::Request => t.join_policy_request(),
        JoinPolicy::Join => t.join_policy_join(),
        JoinPolicy::Auto => t.join_policy_auto(),
    }
}

async fn or_page_with_error(
    cx: &PageContext,
    (organization, domain): (&str, DomainId),
    result: Result<Response, Problem>,
) -> Response {
    match result {
        Ok(response) => response,
        Err(problem) => {
            let failed = Failed { problem: Some(&problem), domain: Some(domain), typed: "" };
            page_or_response(page(cx, organization, failed).await)
        }
    }
}

async fn add(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    let id: OrganizationId = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let added = match DomainName::parse(form.text("domain").trim()) {
        Ok(domain) => {
            let add = Add { organization: id, domain, joining: None };
            run_and_redirect(&cx, add, &format!("/organizations/{id}/-/domains"), "domain_added").await
        }
        Err(problem) => Err(problem),
    };
    match added {
        Ok(response) => response,
        Err(problem) => {
            let failed = Failed { problem: Some(&problem), domain: None, typed: form.text("domain") };
            page_or_response(page(&cx, &organization, failed).await)
        }
    }
}

/// The organization and the domain of a path.
type PathIds = Path<(String, String)>;

fn parse_ids(cx: &PageContext, (organization, domain): (&str, &str)) -> PageResult<(OrganizationId, DomainId)> {
    Ok((parse_id(cx, organization)?, parse_id(cx, domain)?))
}

async fn verify(cx: PageContext, Path((organization, domain)): PathIds, _: Form) -> Response {
    let (id, domain) = match parse_ids(&cx, (&organization, &domain)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let verified = domain::verify(cx.app.service(), &cx.caller, id, domain).await.result;
    let verified =
        verified.map(|_| cx.redirect_with_flash(&format!("/organizations/{id}/-/domains"), "domain_verified"));
    or_page_with_error(&cx, (&organization, domain), verified).await
}

async fn set_join_policy(cx: PageContext, Path((organization, domain)): PathIds, form: Form) -> Response {
    let (id, domain) = match parse_ids(&cx, (&organization, &domain)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let changed = match JoinPolicy::parse("joining", form.text("joining")) {
        Ok(joining) => {
            let update = Update { organization: id, domain, joining };
            run_and_redirect(&cx, update, &format!("/organizations/{id}/-/domains"), "saved").await
        }
        Err(problem) => Err(problem),
    };
    or_page_with_error(&cx, (&organization, domain), changed).await
}

async fn delete(cx: PageContext, Path((organization, domain)): PathIds, form: Form) -> Response {
    let (id, domain) = match parse_ids(&cx, (&organization, &domain)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let path = format!("/organizations/{id}/-/domains");
    let name = match cx.query(List { organization: id }).await {
        Ok(domains) => domains.into_iter().find(|found| found.id == domain).map(|found| found.domain),
        Err(response) => return response,
    };
    let Some(name) = name else {
        return or_page_with_error(&cx, (&organization, domain), Err(Code::DomainNotFound.into())).await;
    };
    let t = cx.words;
    let action = format!("{path}/{domain}/delete");
    let confirmation = Confirmation::new(t.delete_domain_title(&name), t.delete_domain(&name), action, &path)
        .paragraph(t.delete_domain_warning());
    if let Err(response) = confirmation.require(&cx, &form) {
        return response;
    }
    let deleted = run_and_redirect(&cx, Delete { organization: id, domain }, &path, "domain_deleted").await;
    or_page_with_error(&cx, (&organization, domain), deleted).await
}
