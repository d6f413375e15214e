//! The audit log tab: the entries of an organization, with filters by event, person, target and day.

mod entry;

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::audit::{Filter, ListEntries};
use vestibule_core::id::AuditEntryId;
use vestibule_core::organization::ListRoles;
use vestibule_core::time::Timestamp;

use self::entry::{EntryView, Names, view};
use super::super::context::{PageContext, PageResult};
use super::super::layout::Layout;
use super::event_names::{EventGroup, logged_events};
use super::list_url::{list_url, period_end};
use super::{OrganizationPage, load_organization, page_or_response, parse_id};
use crate::routes::Routes;

const PAGE_SIZE: u16 = 50;

pub(super) fn routes() -> Routes {
    Routes::default().get("/organizations/{id}/-/audit-log", list)
}

/// What the list is filtered by, as in the URL.
#[derive(Clone, Default)]
struct State {
    action: String,
    actor: String,
    target: String,
    from: String,
    to: String,
    after: String,
}

impl State {
    fn from_query(cx: &PageContext) -> Self {
        let param = |name| cx.query_param(name).trim().to_owned();
        Self {
            action: param("action"),
            actor: param("actor"),
            target: param("target"),
            from: param("from"),
            to: param("to"),
            after: param("after"),
        }
    }

    fn is_filtered(&self) -> bool {
        [&self.action, &self.actor, &self.target, &self.from, &self.to].iter().any(|value| !value.is_empty())
    }

    /// A parameter that is no value of its kind has no effect.
    fn filter(&self) -> Filter {
        Filter {
            actor: self.actor.parse().ok().map(AuditEntryId::get),
            action: Some(self.action.clone()).filter(|action| !action.is_empty()),
            target: self.target.parse().ok().map(AuditEntryId::get),
            from: Timestamp::parse(&self.from),
            to: period_end(&self.to),
        }
    }

    fn url(&self, path: &str) -> String {
        list_url(
            path,
            &[
                ("action", self.action.clone()),
                ("actor", self.actor.clone()),
                ("target", self.target.clone()),
                ("from", self.from.clone()),
                ("to", self.to.clone()),
                ("after", self.after.clone()),
            ],
        )
    }

    /// The URL of an export with the same filter.
    fn export_url(&self, path: &str) -> String {
        let filter = self.filter();
        let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        list_url(
            path,
            &[
                ("action", filter.action.unwrap_or_default()),
                ("actor_id", id(filter.actor)),
                ("target_id", id(filter.target)),
                ("from", time(filter.from)),
                ("to", time(filter.to)),
            ],
        )
    }
}

#[derive(Template)]
#[template(path = "organization/audit_log.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    state: State,
    event_groups: Vec<EventGroup>,
    actor_name: String,
    target_name: String,
    entries: Vec<EntryView>,
    csv: String,
    json_lines: String,
    newest: Option<String>,
    next: Option<String>,
}

async fn list(cx: PageContext, Path(organization): Path<String>) -> Response {
    page_or_response(page(&cx, &organization).await)
}

async fn page(cx: &PageContext, organization: &str) -> PageResult<Response> {
    let org = load_organization(cx, parse_id(cx, organization)?, "audit-log").await?;
    let (state, path) = (State::from_query(cx), org.path("audit-log"));
    let list = ListEntries {
        organization: org.id,
        filter: state.filter(),
        after: state.after.parse().ok(),
        limit: PAGE_SIZE,
        with_names: true,
    };
    let found = cx.query(list).await?;
    let names = Names::new(&found.names, role_names(cx, &org).await?, &found.entries);
    let name = |id: &str| {
        let found = id.parse().ok().and_then(|id: AuditEntryId| names.get(id.get()).cloned());
        found.unwrap_or_else(|| id.to_owned())
    };
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.audit_log(), org.name), true),
        event_groups: logged_events(cx.words, |name| name == state.action),
        actor_name: name(&state.actor),
        target_name: name(&state.target),
        csv: state.export_url(&format!("/organizations/{}/audit-log.csv", org.id)),
        json_lines: state.export_url(&format!("/organizations/{}/audit-log.jsonl", org.id)),
        newest: (!state.after.is_empty()).then(|| State { after: String::new(), ..state.clone() }.url(&path)),
        next: found.next.map(|next| State { after: next.to_string(), ..state.clone() }.url(&path)),
        entries: found.entries.iter().map(|entry| view(cx, entry, &names, &path)).collect(),
        state,
        org,
    };
    Ok(cx.render(StatusCode::OK, &page))
}

/// The names of the roles and of the organization, by id.
async fn role_names(cx: &PageContext, org: &OrganizationPage) -> PageResult<HashMap<i64, String>> {
    let roles = cx.query(ListRoles { organization: org.id }).await?;
    let names =
        roles.iter().map(|role| (role.id.get(), cx.words.role_name(&role.name, role.organization_id.is_none())));
    Ok(names.chain([(org.id.get(), org.name.clone())]).collect())
}
