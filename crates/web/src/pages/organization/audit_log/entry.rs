//! Entries in words: what happened, to whom, and what changed.

use std::collections::HashMap;

use serde_json::{Map, Value};
use vestibule_core::audit::Entry;
use vestibule_core::time::Timestamp;

use super::super::super::context::PageContext;
use super::super::super::words::Words;
use super::State;

/// Longer values of details are cut, in characters.
const MAX_DETAIL: usize = 120;
/// The members of a payload that every entry has, that other columns show, or that are ids without a name. Exports have
/// them.
const HIDDEN: &[&str] = &[
    "version",
    "entity_type",
    "entity_id",
    "organization_id",
    "user_agent",
    "membership_id",
    "from_membership_id",
    "inviter_membership_id",
    "workspace_membership_id",
    "invitation_id",
    "join_request_id",
    "domain_id",
    "connection_id",
    "api_key_id",
    "setup_link_id",
    "mail_id",
    "webhook_endpoint_id",
    "delivery_id",
];
/// The members that name what an entry is about, the best one first.
const NAME_FIELDS: &[&str] = &["name", "email", "domain", "host", "recipient"];

pub(super) struct Detail {
    pub(super) name: String,
    pub(super) value: String,
}

pub(super) struct EntryView {
    /// What happened, in words.
    pub(super) label: String,
    pub(super) action: String,
    pub(super) actor: String,
    /// The entries of the same actor.
    pub(super) actor_url: Option<String>,
    pub(super) target: String,
    /// The entries about the same target.
    pub(super) target_url: String,
    pub(super) details: Vec<Detail>,
    pub(super) created_at: String,
    pub(super) date: String,
}

/// Names by id, those that the page has loaded.
pub(super) struct Names<'a> {
    pub(super) users: &'a HashMap<i64, String>,
    others: HashMap<i64, String>,
}

impl<'a> Names<'a> {
    /// `others` are roles and the like. The entries name some more, also of what is deleted since.
    pub(super) fn new(users: &'a HashMap<i64, String>, others: HashMap<i64, String>, entries: &[Entry]) -> Self {
        let mut names = Self { users, others };
        for entry in entries {
            if let Some(name) = own_name(entry) {
                names.others.entry(entry.target_id).or_insert(name);
            }
        }
        names
    }

    pub(super) fn get(&self, id: i64) -> Option<&String> {
        self.users.get(&id).or_else(|| self.others.get(&id))
    }
}

fn objects(entry: &Entry) -> Vec<Map<String, Value>> {
    let parsed = [&entry.payload, &entry.personal].into_iter().flatten().map(|json| serde_json::from_str(json));
    parsed.filter_map(Result::ok).collect()
}

/// Returns how the entry names its target. A target that is a person has no name there.
fn own_name(entry: &Entry) -> Option<String> {
    if entry.target_kind == "user" {
        return None;
    }
    let objects = objects(entry);
    let texts = NAME_FIELDS.iter().flat_map(|name| {
        objects.iter().filter_map(move |object| {
            let changed = object.get("after").and_then(|after| after.get(name));
            object.get(*name).or(changed)?.as_str()
        })
    });
    texts.map(cut).next()
}

pub(super) fn view(cx: &PageContext, entry: &Entry, names: &Names<'_>, path: &str) -> EntryView {
    let t = cx.words;
    let user = |id: i64| names.users.get(&id).cloned().unwrap_or_else(|| unnamed(t, "user", id));
    let actor = match (entry.actor_kind.as_str(), entry.actor_id, entry.impersonator_id) {
        ("api_key", Some(id), _) => t.audit_log_api_key(id.to_string()),
        ("setup_link", Some(id), _) => t.audit_log_setup_link(id.to_string()),
        (_, Some(id), Some(impersonator)) => t.audit_log_impersonated(user(impersonator), user(id)),
        (_, Some(id), None) => user(id),
        ("operator", ..) => t.audit_log_operator(),
        ("anonymous", ..) => t.audit_log_anonymous(),
        _ => t.audit_log_system(),
    };
    let only = |state: State| state.url(path);
    EntryView {
        label: t.event(&entry.action),
        action: entry.action.clone(),
        actor,
        actor_url: entry.actor_id.map(|id| only(State { actor: id.to_string(), ..State::default() })),
        target: target(t, entry, names),
        target_url: only(State { target: entry.target_id.to_string(), ..State::default() }),
        details: details(t, entry, names),
        created_at: entry.created_at.to_string(),
        date: t.long_time(entry.created_at),
    }
}

fn target(t: Words, entry: &Entry, names: &Names<'_>) -> String {
    let name = own_name(entry).or_else(|| names.get(entry.target_id).cloned());
    name.unwrap_or_else(|| unnamed(t, &entry.target_kind, entry.target_id))
}

/// Returns what stands for a name that is not known, or was erased: the kind of thing and its id.
fn unnamed(t: Words, kind: &str, id: i64) -> String {
    let kind = t.find(&format!("audit-kind-{}", kind.replace('_', "-")));
    kind.map_or_else(|| id.to_string(), |kind| format!("{kind} {id}"))
}

/// The values of the payload and the personal data: those that changed first, each with the one before.
fn details(t: Words, entry: &Entry, names: &Names<'_>) -> Vec<Detail> {
    let mut details = Vec::new();
    for payload in objects(entry) {
        let (before, after) = (payload.get("before"), payload.get("after"));
        for (name, after) in after.and_then(Value::as_object).into_iter().flatten() {
            let before = before.and_then(|before| before.get(name)).map(|before| text(t, name, before, names));
            let (before, after) = (before.unwrap_or_default(), text(t, name, after, names));
            let or_none = |text: String| if text.is_empty() { t.audit_log_nothing_set() } else { text };
            details.push(detail(t, name, &format!("{} → {}", or_none(before), or_none(after))));
        }
        for (name, value) in payload.iter().filter(|(name, _)| is_shown(name)) {
            // The column of the target has it.
            let is_target = value.as_str() == Some(entry.target_id.to_string().as_str())
                || NAME_FIELDS.contains(&name.as_str()) && value.as_str().map(cut) == own_name(entry);
            let value = text(t, name, value, names);
            if !value.is_empty() && !is_target {
                details.push(detail(t, name, &value));
            }
        }
    }
    details
}

fn is_shown(name: &str) -> bool {
    !HIDDEN.contains(&name) && !matches!(name, "before" | "after")
}

fn detail(t: Words, name: &str, value: &str) -> Detail {
    let label = t.find(&format!("audit-field-{}", name.replace('_', "-")));
    Detail { name: label.unwrap_or_else(|| name.to_owned()), value: cut(value) }
}

fn text(t: Words, name: &str, value: &Value, names: &Names<'_>) -> String {
    match value {
        Value::Bool(true) => t.audit_log_yes(),
        Value::Bool(false) => t.audit_log_no(),
        Value::Null => String::new(),
        Value::Array(values) => values.iter().map(|one| text(t, name, one, names)).collect::<Vec<_>>().join(", "),
        Value::String(value) if name.ends_with("_id") || name.ends_with("_ids") => match value.parse() {
            // 0 stands for none.
            Ok(0) => String::new(),
            Ok(id) => names.get(id).cloned().unwrap_or_else(|| value.clone()),
            Err(_) => value.clone(),
        },
        Value::String(value) if name.ends_with("_at") || name == "mfa_enforced_from" => {
            Timestamp::parse(value).map_or_else(|| value.clone(), |time| t.long_time(time))
        }
        Value::String(value) if matches!(name, "event" | "events") => t.event(value),
        Value::String(value) => {
            let word = t.find(&format!("audit-value-{}-{}", name.replace('_', "-"), value.replace('_', "-")));
            word.unwrap_or_else(|| value.clone())
        }
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_DETAIL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use vestibule_core::event::EventType;
    use vestibule_core::language::Language;
    use vestibule_i18n::Phrases;

    use super::*;

    fn of_organizations() -> impl Iterator<Item = &'static EventType> {
        EventType::ALL.iter().filter(|event| event.is_of_organization)
    }

    /// Whether each text has a phrase with this beginning, and each of these phrases one of the texts.
    fn assert_phrases(start: &str, texts: &BTreeSet<String>) {
        let phrases = Phrases::IDS.iter().filter_map(|id| id.strip_prefix(start)).map(str::to_owned);
        assert_eq!(&phrases.collect::<BTreeSet<_>>(), texts, "{start}");
    }

    #[test]
    fn every_field_and_kind_that_an_entry_shows_has_a_phrase() {
        // What every entry has besides its payload.
        let mut fields = BTreeSet::from(["client-address".to_owned()]);
        for event in of_organizations() {
            let schema = event.schema();
            let properties = schema["properties"].as_object().unwrap();
            let changed = schema["properties"]["before"]["properties"].as_object();
            let names = properties.keys().chain(changed.into_iter().flat_map(Map::keys));
            fields.extend(names.filter(|name| is_shown(name)).map(|name| name.replace('_', "-")));
        }
        assert_phrases("audit-field-", &fields);
        let kinds = of_organizations().map(|event| event.target.as_str().replace('_', "-"));
        assert_phrases("audit-kind-", &kinds.collect());
    }

    #[test]
    fn values_are_words() {
        let (t, users) = (Words::new(Language::English), HashMap::from([(7, "Sam".to_owned())]));
        let names = Names::new(&users, HashMap::from([(8, "Admin".to_owned())]), &[]);
        for (name, value, expected) in [
            ("role_ids", serde_json::json!(["8", "9"]), "Admin, 9"),
            ("user_id", "7".into(), "Sam"),
            ("auto_assigned_workspace_id", "0".into(), ""),
            ("is_enabled", true.into(), "yes"),
            ("joined_by", "domain".into(), "Verified domain"),
            ("joined_by", "something new".into(), "something new"),
            ("events", serde_json::json!(["workspace.created"]), "Workspace created"),
            ("expires_at", "2026-03-02T10:30:00Z".into(), "2 March 2026, 10:30 UTC"),
            ("count", 3.into(), "3"),
        ] {
            assert_eq!(text(t, name, &value, &names), expected, "{name}");
        }
        assert_eq!(unnamed(t, "user", 12), "Account 12");
    }
}
