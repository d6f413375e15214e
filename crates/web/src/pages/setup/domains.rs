//! The step in which domains are added and verified.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::domain::{Add, DomainName, List};
use vestibule_core::id::DomainId;
use vestibule_core::{Code, Problem, domain};

use super::super::context::PageResult;
use super::super::form::Form;
use super::super::layout::Layout;
use super::{DOMAINS, SetupPage, Visit, page_or_response};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default().get(DOMAINS, list).post(DOMAINS, add).post("/setup/domains/{domain}/verify", verify)
}

struct DomainView {
    id: DomainId,
    domain: String,
    is_verified: bool,
    record_name: String,
    record_value: String,
    /// Why it could not be verified.
    error: String,
}

#[derive(Template)]
#[template(path = "setup/domains.html")]
struct Page {
    layout: Layout,
    setup: SetupPage,
    domains: Vec<DomainView>,
    /// The domain that was typed and refused.
    typed: String,
    has_verified: bool,
    next: &'static str,
}

/// The result of a form that failed.
#[derive(Default)]
struct Failed<'a> {
    problem: Option<&'a Problem>,
    /// The domain that it concerns.
    domain: Option<DomainId>,
    typed: &'a str,
}

async fn list(visit: Visit) -> Response {
    page_or_response(page(&visit, Failed::default()).await)
}

async fn page(visit: &Visit, failed: Failed<'_>) -> PageResult<Response> {
    let (cx, t, organization) = (&visit.cx, visit.cx.words, visit.organization());
    let domains = cx.query(List { organization }).await?;
    let error_of = |domain: DomainId| failed.problem.filter(|_| failed.domain == Some(domain));
    let is_listed = domains.iter().any(|domain| error_of(domain.id).is_some());
    let layout = cx.layout(format!("{} · {}", t.domains(), visit.link.organization_name), false);
    let page = Page {
        layout: if is_listed { layout } else { layout.with_error(failed.problem) },
        setup: visit.setup_page(DOMAINS),
        has_verified: domains.iter().any(|domain| domain.verified_at.is_some()),
        domains: domains
            .into_iter()
            .map(|domain| DomainView {
                id: domain.id,
                is_verified: domain.verified_at.is_some(),
                record_name: DomainName::record_name(&domain.domain),
                record_value: cx.app.service().domain_proof(organization, domain.id),
                error: error_of(domain.id).map(|problem| t.problem(problem)).unwrap_or_default(),
                domain: domain.domain,
            })
            .collect(),
        typed: failed.typed.to_owned(),
        next: visit.next(DOMAINS),
    };
    Ok(cx.render_with_error(failed.problem, &page))
}

async fn add(visit: Visit, form: Form) -> Response {
    let cx = &visit.cx;
    let added = match DomainName::parse(form.text("domain").trim()) {
        Ok(domain) => cx.run(Add { organization: visit.organization(), domain, joining: None }).await,
        Err(problem) => Err(problem),
    };
    match added {
        Ok(_) => cx.redirect_with_flash(DOMAINS, "domain_added"),
        Err(problem) => {
            let failed = Failed { problem: Some(&problem), domain: None, typed: form.text("domain") };
            page_or_response(page(&visit, failed).await)
        }
    }
}

async fn verify(visit: Visit, Path(domain): Path<String>, _: Form) -> Response {
    let cx = &visit.cx;
    let Ok(id) = domain.parse::<DomainId>() else {
        return cx.error_page(&Code::DomainNotFound.into());
    };
    match domain::verify(cx.app.service(), &cx.caller, visit.organization(), id).await.result {
        Ok(_) => cx.redirect_with_flash(DOMAINS, "domain_verified"),
        Err(problem) => {
            let failed = Failed { problem: Some(&problem), domain: Some(id), typed: "" };
            page_or_response(page(&visit, failed).await)
        }
    }
}
