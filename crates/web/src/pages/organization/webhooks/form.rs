//! Adding an endpoint, and changing its settings.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::http_client::UrlError;
use vestibule_core::names::WebhookDescription;
use vestibule_core::webhook::{Create, Endpoint, EventFilter, ForOrganization, Update};
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::event_names::{EventGroup, delivered_events};
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::{Ids, PathIds, TAB, is_manageable, secret};

/// What the fields contain: from the endpoint, or from the form that was refused.
struct Values {
    url: String,
    description: String,
    /// Whether only the events in `events` are sent.
    only_selected: bool,
    events: Vec<String>,
    is_ordered: bool,
}

impl Values {
    const fn empty() -> Self {
        Self {
            url: String::new(),
            description: String::new(),
            only_selected: false,
            events: Vec::new(),
            is_ordered: false,
        }
    }

    fn from_endpoint(endpoint: Endpoint) -> Self {
        Self {
            url: endpoint.url,
            description: endpoint.description,
            only_selected: !endpoint.events.is_empty(),
            events: endpoint.events,
            is_ordered: endpoint.is_ordered,
        }
    }

    fn from_form(form: &Form) -> Self {
        Self {
            url: form.text("url").trim().to_owned(),
            description: form.text("description").to_owned(),
            only_selected: form.text("which") == "some",
            events: form.texts("event").map(str::to_owned).collect(),
            is_ordered: form.is_checked("ordered"),
        }
    }

    fn parse(&self, cx: &PageContext) -> Result<Parsed, FieldErrors> {
        let t = cx.words;
        let url = match cx.app.service().http_client.parse_url(&self.url) {
            Ok(_) => None,
            Err(_) if self.url.is_empty() => Some(t.webhook_url_missing()),
            Err(error) => Some(url_error(cx, error)),
        };
        let description = WebhookDescription::parse("description", &self.description);
        let names = if self.only_selected { self.events.as_slice() } else { &[] };
        let events = match EventFilter::parse(names) {
            Ok(_) if self.only_selected && names.is_empty() => Err(t.webhook_events_missing()),
            Ok(events) => Ok(events),
            Err(problem) => Err(t.problem(&problem)),
        };
        match (url, description, events) {
            (None, Ok(description), Ok(events)) => Ok(Parsed { description, events }),
            (url, description, events) => Err(FieldErrors {
                url,
                description: description.err().map(|_| t.webhook_description_error()),
                events: events.err(),
            }),
        }
    }
}

fn url_error(cx: &PageContext, error: UrlError) -> String {
    let t = cx.words;
    match error {
        UrlError::NotHttps => t.webhook_url_not_https(),
        UrlError::HasCredentials => t.webhook_url_has_credentials(),
        UrlError::HasFragment => t.webhook_url_has_fragment(),
        UrlError::BlockedAddress => t.webhook_url_not_public(),
        UrlError::BlockedPort => t.webhook_url_blocked_port(),
        UrlError::TooLong => t.webhook_url_too_long(),
        UrlError::InvalidHost | UrlError::InvalidPath => t.webhook_url_invalid(),
    }
}

struct Parsed {
    description: WebhookDescription,
    events: EventFilter,
}

/// Why fields were refused.
#[derive(Default)]
struct FieldErrors {
    url: Option<String>,
    description: Option<String>,
    events: Option<String>,
}

/// Why a form was refused.
enum Refused {
    Fields(FieldErrors),
    Command(Problem),
}

#[derive(Template)]
#[template(path = "organization/webhooks/form.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    title: String,
    button: String,
    action: String,
    /// The page that the form was opened from.
    back_path: String,
    back_label: String,
    values: Values,
    groups: Vec<EventGroup>,
    errors: FieldErrors,
}

/// Renders the form of an endpoint; without one, that of a new one.
fn render(
    cx: &PageContext,
    org: OrganizationPage,
    endpoint: Option<(Ids, &str)>,
    values: Values,
    refused: Option<Refused>,
) -> Response {
    let t = cx.words;
    let (problem, is_general, errors): (Option<Problem>, bool, FieldErrors) = match refused {
        None => (None, false, FieldErrors::default()),
        Some(Refused::Fields(errors)) => (Some(Code::InvalidField.into()), false, errors),
        Some(Refused::Command(problem)) => (Some(problem), true, FieldErrors::default()),
    };
    let (title, list_path) = (endpoint.map_or_else(|| t.webhook_add(), |_| t.webhook_edit()), org.path(TAB));
    let page = Page {
        layout: cx.layout(format!("{title} · {}", org.name), true).with_error(problem.as_ref().filter(|_| is_general)),
        button: if endpoint.is_some() { t.save() } else { t.webhook_add() },
        action: endpoint.map_or_else(|| list_path.clone(), |(ids, _)| format!("{}/edit", ids.path())),
        back_path: endpoint.map_or(list_path, |(ids, _)| ids.path()),
        back_label: endpoint.map_or_else(|| t.webhooks(), |(_, url)| url.to_owned()),
        groups: delivered_events(t, |name| values.events.iter().any(|event| event == name)),
        title,
        values,
        errors,
        org,
    };
    cx.render_with_error(problem.as_ref(), &page)
}

pub(super) async fn new(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(new_page(&cx, &organization).await)
}

async fn new_page(cx: &PageContext, organization: &str) -> PageResult<Response> {
    let org = load_manageable(cx, organization).await?;
    Ok(render(cx, org, None, Values::empty(), None))
}

/// Error page: `FORBIDDEN` without the permissions that the form needs.
async fn load_manageable(cx: &PageContext, organization: &str) -> PageResult<OrganizationPage> {
    let org = load_organization(cx, parse_id(cx, organization)?, TAB).await?;
    if is_manageable(&org) { Ok(org) } else { Err(cx.error_page(&Code::Forbidden.into())) }
}

pub(super) async fn create(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(create_in(&cx, &organization, &form).await)
}

async fn create_in(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let org = load_manageable(cx, organization).await?;
    let values = Values::from_form(form);
    let Parsed { description, events } = match values.parse(cx) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(render(cx, org, None, values, Some(Refused::Fields(errors)))),
    };
    let create = Create {
        access: ForOrganization(org.id),
        organization: Some(org.id),
        url: values.url.clone(),
        description,
        events,
        is_ordered: values.is_ordered,
        secret: None,
    };
    match cx.run(create).await {
        Ok(made) => {
            let ids = Ids { organization: org.id, endpoint: made.endpoint.id };
            secret::page(cx, ids, cx.words.webhook_added(), made).await
        }
        Err(problem) => Ok(render(cx, org, None, values, Some(Refused::Command(problem)))),
    }
}

pub(super) async fn edit(cx: PageContext, Path((organization, id)): PathIds) -> Response {
    page_or_response(edit_page(&cx, (&organization, &id)).await)
}

async fn edit_page(cx: &PageContext, ids: (&str, &str)) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let endpoint = ids.find(cx).await?;
    let url = endpoint.url.clone();
    Ok(render(cx, org, Some((ids, url.as_str())), Values::from_endpoint(endpoint), None))
}

pub(super) async fn update(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(update_it(&cx, (&organization, &id), &form).await)
}

async fn update_it(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let ids = Ids::parse(cx, ids)?;
    let org = load_organization(cx, ids.organization, TAB).await?;
    let url = ids.find(cx).await?.url;
    let values = Values::from_form(form);
    let Parsed { description, events } = match values.parse(cx) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(render(cx, org, Some((ids, url.as_str())), values, Some(Refused::Fields(errors)))),
    };
    let update = Update {
        access: ids.access(),
        endpoint: ids.endpoint,
        // Setting the URL, even to the same one, resets the failures of the endpoint.
        url: Some(values.url.clone()).filter(|changed| *changed != url),
        description: Some(description),
        events: Some(events),
        is_ordered: Some(values.is_ordered),
        is_enabled: None,
    };
    match cx.run(update).await {
        Ok(_) => Ok(cx.redirect_with_flash(&ids.path(), "saved")),
        Err(problem) => Ok(render(cx, org, Some((ids, url.as_str())), values, Some(Refused::Command(problem)))),
    }
}
