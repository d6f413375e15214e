//! Secrets of endpoints. A page shows one once: right after it was made.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::webhook::{EndpointWithSecret, Rotate};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::confirm::Confirmation;
use super::super::{OrganizationPage, load_organization, page_or_response};
use super::{Ids, PathIds, TAB, endpoint};

const GUIDE: &str = "/docs/webhooks";
/// The hours for which the earlier secret can sign as well.
pub(super) const GRACES: [u64; 4] = [0, 1, 24, 168];
pub(super) const DEFAULT_GRACE: u64 = 24;

#[derive(Template)]
#[template(path = "organization/webhooks/secret.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    title: String,
    /// The page of the endpoint.
    path: String,
    url: String,
    secret: String,
    /// Until when the earlier one signs as well; `None` for a new endpoint.
    previous: Option<String>,
    /// The guide; `None` if this client may not read it.
    guide: Option<&'static str>,
}

/// Returns the page with the secret of an endpoint that was added, or whose secret was replaced.
pub(super) async fn page(cx: &PageContext, ids: Ids, title: String, made: EndpointWithSecret) -> PageResult<Response> {
    let t = cx.words;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let EndpointWithSecret { endpoint, secret } = made;
    let page = Page {
        layout: cx.layout(title.clone(), true),
        org,
        title,
        path: ids.path(),
        url: endpoint.url,
        secret: secret.reveal().to_string(),
        previous: endpoint.previous_secret_until.map(|until| t.webhook_previous_secret_until(t.long_time(until))),
        guide: cx.app.settings().docs.allows(cx.caller.address).then_some(GUIDE),
    };
    Ok(cx.render(StatusCode::OK, &page))
}

pub(super) async fn rotate(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(rotate_in(&cx, (&organization, &id), &form).await)
}

async fn rotate_in(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let (t, ids) = (cx.words, Ids::parse(cx, ids)?);
    let url = ids.find(cx).await?.url;
    let hours = form.text("grace").parse::<u64>().ok().filter(|hours| GRACES.contains(hours)).unwrap_or(DEFAULT_GRACE);
    let grace = Duration::from_hours(hours);
    let action = format!("{}/rotate", ids.path());
    let consequence = match hours {
        0 => t.webhook_rotation_at_once(),
        _ => t.webhook_rotation_until(t.long_time(cx.now().plus(grace))),
    };
    Confirmation::new(t.webhook_rotate_title(), t.webhook_rotate(), action, ids.path())
        .paragraph(url)
        .paragraph(consequence)
        .hidden_field("grace", hours.to_string())
        .require(cx, form)?;
    match cx.run(Rotate { access: ids.access(), endpoint: ids.endpoint, secret: None, grace }).await {
        Ok(made) => page(cx, ids, t.webhook_rotated(), made).await,
        Err(problem) => endpoint::page(cx, ids, endpoint::Failed::from(&problem)).await,
    }
}
