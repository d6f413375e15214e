//! Who would like to come in, and coming in by one's domain.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::domain::{Came, Join};
use vestibule_core::id::{JoinRequestId, OrganizationId};
use vestibule_core::join_request::{Approve, Deny, List};

use super::super::asked::{Answered, Asked, see_other};
use super::super::frame::Frame;
use super::super::organizations;
use super::{House, done, either, house, id};

struct Shown {
    id: JoinRequestId,
    email: String,
    words: String,
    since: String,
}

#[derive(Template)]
#[template(path = "organization/requests.html")]
struct Page {
    frame: Frame,
    house: House,
    requests: Vec<Shown>,
}

pub(super) async fn list(asked: Asked, Path(organization): Path<String>) -> Response {
    either(page(&asked, &organization, None).await)
}

async fn page(asked: &Asked, organization: &str, trouble: Option<&Problem>) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "requests").await?;
    let requests = asked.ask(List { organization: house.id }).await?;
    let t = asked.words;
    let requests = requests.into_iter().map(|one| Shown {
        id: one.id,
        email: one.email_key,
        words: match (one.user_id, one.invitation_id) {
            (Some(_), Some(_)) => t.asks_by_other_address(),
            (None, _) => t.asks_for_new_invitation(),
            (Some(_), None) => t.asks_by_domain(),
        },
        since: t.time(one.created_at, asked.now()),
    });
    let page = Page {
        requests: requests.collect(),
        frame: asked.frame(format!("{} · {}", t.requests(), house.name), true).troubled(trouble),
        house,
    };
    Ok(asked.page_with(trouble, &page))
}

/// The ids of a request's path.
type Ids = Path<(String, String)>;

fn ids(asked: &Asked, (organization, request): (&str, &str)) -> Answered<(OrganizationId, JoinRequestId)> {
    Ok((id(asked, organization)?, id(asked, request)?))
}

async fn answered(asked: &Asked, organization: &str, done: Result<Response, Problem>) -> Response {
    match done {
        Ok(response) => response,
        Err(problem) => either(page(asked, organization, Some(&problem)).await),
    }
}

pub(super) async fn approve(asked: Asked, Path((organization, request)): Ids) -> Response {
    let (id, request) = match ids(&asked, (&organization, &request)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let approve = Approve { organization: id, request };
    let approved = done(&asked, approve, &format!("/organizations/{id}/-/requests"), "approved").await;
    answered(&asked, &organization, approved).await
}

pub(super) async fn deny(asked: Asked, Path((organization, request)): Ids) -> Response {
    let (id, request) = match ids(&asked, (&organization, &request)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let denied =
        done(&asked, Deny { organization: id, request }, &format!("/organizations/{id}/-/requests"), "denied").await;
    answered(&asked, &organization, denied).await
}

/// Comes into an organization by one's domain, or asks, as it has chosen.
pub(super) async fn come_in(asked: Asked, Path(organization): Path<String>) -> Response {
    let organization: OrganizationId = match id(&asked, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    match asked.run(Join { organization }).await {
        Ok(Came::In) => see_other(&format!("/organizations/{organization}?done=joined")),
        Ok(Came::AsFarAsAsking) => see_other("/organizations?done=asked"),
        Err(problem) => organizations::page(&asked, Some(&problem)).await,
    }
}
