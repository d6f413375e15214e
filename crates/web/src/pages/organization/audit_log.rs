//! The audit log tab: the entries of an organization, with filters by event, person, target and day.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use vestibule_core::audit::{Entry, Filter, ListEntries};
use vestibule_core::event::EventType;
use vestibule_core::id::AuditEntryId;
use vestibule_core::time::Timestamp;

use super::super::context::{PageContext, PageResult};
use super::super::layout::Layout;
use super::{OrganizationPage, load_organization, page_or_response, parse_id};
use crate::routes::Routes;

const PAGE_SIZE: u16 = 50;
/// Longer values of details are cut, in characters.
const MAX_DETAIL: usize = 120;
/// The members of a payload that every entry has, or that other columns show.
const HIDDEN: &[&str] = &["version", "entity_type", "entity_id", "organization_id", "user_agent"];

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

    /// A parameter that is no value of its kind has no effect. The last day is included.
    fn filter(&self) -> Filter {
        let day = std::time::Duration::from_hours(24);
        Filter {
            actor: self.actor.parse().ok().map(AuditEntryId::get),
            action: Some(self.action.clone()).filter(|action| !action.is_empty()),
            target: self.target.parse().ok().map(AuditEntryId::get),
            from: Timestamp::parse(&self.from),
            to: Timestamp::parse(&self.to).map(|to| if self.to.len() == 10 { to.plus(day) } else { to }),
        }
    }

    fn url(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.params() {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    fn params(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let params = [
            ("action", &self.action),
            ("actor", &self.actor),
            ("target", &self.target),
            ("from", &self.from),
            ("to", &self.to),
            ("after", &self.after),
        ];
        params.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.as_str()))
    }

    /// The URL of an export with the same filter.
    fn export_url(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let filter = self.filter();
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let id = |id: Option<i64>| id.map(|id| id.to_string());
        for (name, value) in [
            ("action", filter.action),
            ("actor_id", id(filter.actor)),
            ("target_id", id(filter.target)),
            ("from", time(filter.from)),
            ("to", time(filter.to)),
        ] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        format!("{path}?{}", query.finish())
    }
}

struct Detail {
    name: String,
    value: String,
}

struct EntryView {
    action: String,
    actor: String,
    /// The entries of the same actor.
    actor_url: Option<String>,
    target: String,
    /// The entries about the same target.
    target_url: String,
    details: Vec<Detail>,
    created_at: String,
    date: String,
}

#[derive(Template)]
#[template(path = "organization/audit_log.html")]
struct Page {
    layout: Layout,
    org: OrganizationPage,
    state: State,
    /// The events that there can be.
    names: Vec<&'static str>,
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
    let name = |id: &str| {
        let known = id.parse().ok().and_then(|id: AuditEntryId| found.names.get(&id.get()).cloned());
        known.unwrap_or_else(|| id.to_owned())
    };
    let page = Page {
        layout: cx.layout(format!("{} · {}", cx.words.audit_log(), org.name), true),
        names: EventType::ALL.iter().filter(|event| event.is_of_organization).map(|event| event.name).collect(),
        actor_name: name(&state.actor),
        target_name: name(&state.target),
        csv: state.export_url(&format!("/organizations/{}/audit-log.csv", org.id)),
        json_lines: state.export_url(&format!("/organizations/{}/audit-log.jsonl", org.id)),
        newest: (!state.after.is_empty()).then(|| State { after: String::new(), ..state.clone() }.url(&path)),
        next: found.next.map(|next| State { after: next.to_string(), ..state.clone() }.url(&path)),
        entries: found.entries.iter().map(|entry| view(cx, entry, &found.names, &path)).collect(),
        state,
        org,
    };
    Ok(cx.render(StatusCode::OK, &page))
}

fn view(cx: &PageContext, entry: &Entry, names: &HashMap<i64, String>, path: &str) -> EntryView {
    let t = cx.words;
    let name = |id: i64| names.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let actor = match (entry.actor_kind.as_str(), entry.actor_id, entry.impersonator_id) {
        ("api_key", Some(id), _) => t.audit_log_api_key(id.to_string()),
        (_, Some(id), Some(impersonator)) => t.audit_log_impersonated(name(impersonator), name(id)),
        (_, Some(id), None) => name(id),
        ("operator", ..) => t.audit_log_operator(),
        ("anonymous", ..) => t.audit_log_anonymous(),
        _ => t.audit_log_system(),
    };
    let only = |state: State| state.url(path);
    EntryView {
        action: entry.action.clone(),
        actor,
        actor_url: entry.actor_id.map(|id| only(State { actor: id.to_string(), ..State::default() })),
        target: name(entry.target_id),
        target_url: only(State { target: entry.target_id.to_string(), ..State::default() }),
        details: details(entry),
        created_at: entry.created_at.to_string(),
        date: t.short_date(entry.created_at, cx.now()),
    }
}

/// The values of the payload and the personal data, those before a change first.
fn details(entry: &Entry) -> Vec<Detail> {
    let mut details = Vec::new();
    for json in [&entry.payload, &entry.personal].into_iter().flatten() {
        let Ok(Value::Object(payload)) = serde_json::from_str(json) else { continue };
        let (before, after) = (payload.get("before"), payload.get("after"));
        for (name, after) in after.and_then(Value::as_object).into_iter().flatten() {
            let before = before.and_then(|before| before.get(name)).map(text).unwrap_or_default();
            details.push(Detail { name: name.clone(), value: cut(&format!("{before} → {}", text(after))) });
        }
        let values = payload.iter().filter(|(name, _)| !HIDDEN.contains(&name.as_str()) && !is_change(name));
        details.extend(values.map(|(name, value)| Detail { name: name.clone(), value: cut(&text(value)) }));
    }
    details
}

fn is_change(name: &str) -> bool {
    matches!(name, "before" | "after")
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_DETAIL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
