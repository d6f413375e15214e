//! Domains: whose people may come in by themselves, once it is proved that the domain is the organization's.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::domain::{self, Add, Delete, DomainName, Joining, List, Update};
use vestibule_core::id::{DomainId, OrganizationId};

use super::super::asked::{Answered, Asked, see_other};
use super::super::form::Form;
use super::super::frame::Frame;
use super::super::words::Words;
use super::confirm::{Confirm, unless_sure};
use super::{House, done, either, house, id};

struct Shown {
    id: DomainId,
    domain: String,
    is_verified: bool,
    record: String,
    proof: String,
    joining: Vec<(&'static str, String, bool)>,
}

#[derive(Template)]
#[template(path = "organization/domains.html")]
struct Page {
    frame: Frame,
    house: House,
    domains: Vec<Shown>,
}

pub(super) async fn list(asked: Asked, Path(organization): Path<String>) -> Response {
    either(page(&asked, &organization, None).await)
}

async fn page(asked: &Asked, organization: &str, trouble: Option<&Problem>) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "domains").await?;
    let domains = asked.ask(List { organization: house.id }).await?;
    let domains = domains.into_iter().map(|one| Shown {
        id: one.id,
        is_verified: one.verified_at.is_some(),
        record: DomainName::record_name(&one.domain),
        proof: asked.app.service().domain_proof(house.id, one.id),
        joining: joinings(asked.words, one.joining),
        domain: one.domain,
    });
    let page = Page {
        domains: domains.collect(),
        frame: asked.frame(format!("{} · {}", asked.words.domains(), house.name), true).troubled(trouble),
        house,
    };
    Ok(asked.page_with(trouble, &page))
}

fn joinings(t: Words, chosen: Joining) -> Vec<(&'static str, String, bool)> {
    let all = [
        (Joining::None, t.joining_none()),
        (Joining::Request, t.joining_request()),
        (Joining::Join, t.joining_join()),
        (Joining::Auto, t.joining_auto()),
    ];
    all.map(|(joining, label)| (joining.as_str(), label, joining == chosen)).into()
}

async fn answered(asked: &Asked, organization: &str, done: Result<Response, Problem>) -> Response {
    match done {
        Ok(response) => response,
        Err(problem) => either(page(asked, organization, Some(&problem)).await),
    }
}

pub(super) async fn add(asked: Asked, Path(organization): Path<String>, form: Form) -> Response {
    let id: OrganizationId = match id(&asked, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let added = match DomainName::parse(form.text("domain").trim()) {
        Ok(domain) => {
            let add = Add { organization: id, domain, joining: Joining::None };
            done(&asked, add, &format!("/organizations/{id}/-/domains"), "created").await
        }
        Err(problem) => Err(problem),
    };
    answered(&asked, &organization, added).await
}

/// The ids of a domain's path.
type Ids = Path<(String, String)>;

fn ids(asked: &Asked, (organization, domain): (&str, &str)) -> Answered<(OrganizationId, DomainId)> {
    Ok((id(asked, organization)?, id(asked, domain)?))
}

pub(super) async fn verify(asked: Asked, Path((organization, domain)): Ids) -> Response {
    let (id, domain) = match ids(&asked, (&organization, &domain)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let verified = domain::verify(asked.app.service(), &asked.caller, id, domain).await.result;
    let verified = verified.map(|_| see_other(&format!("/organizations/{id}/-/domains?done=verified")));
    answered(&asked, &organization, verified).await
}

pub(super) async fn joining(asked: Asked, Path((organization, domain)): Ids, form: Form) -> Response {
    let (id, domain) = match ids(&asked, (&organization, &domain)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let changed = match Joining::parse("joining", form.text("joining")) {
        Ok(joining) => {
            let update = Update { organization: id, domain, joining };
            done(&asked, update, &format!("/organizations/{id}/-/domains"), "saved").await
        }
        Err(problem) => Err(problem),
    };
    answered(&asked, &organization, changed).await
}

pub(super) async fn delete(asked: Asked, Path((organization, domain)): Ids, form: Form) -> Response {
    let (id, domain) = match ids(&asked, (&organization, &domain)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let back = format!("/organizations/{id}/-/domains");
    let confirm = Confirm {
        label: asked.words.delete(),
        words: asked.words.delete_domain_words(),
        action: &format!("{back}/{domain}/delete"),
        hidden: Vec::new(),
        back: &back,
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let deleted = done(&asked, Delete { organization: id, domain }, &back, "removed").await;
    answered(&asked, &organization, deleted).await
}
