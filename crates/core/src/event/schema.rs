//! JSON Schemas and examples of events, as `docs/events.md` shows them and receivers of webhooks can use them.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::catalogue::{EventType, FieldInfo};
use super::field::Place;

impl EventType {
    /// The event of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|event| event.name == name)
    }

    /// The JSON Schema (draft 2020-12) of the payload, with the personal data as one object together with the rest.
    pub fn schema(&self) -> Value {
        let fields = (self.fields)();
        let (mut properties, mut required) = (Map::new(), vec!["version", "entity_type", "entity_id"]);
        properties.insert("version".to_owned(), json!({"const": self.version}));
        properties.insert("entity_type".to_owned(), json!({"const": self.entity.as_str()}));
        properties.insert("entity_id".to_owned(), json!({"type": "string", "pattern": "^[1-9][0-9]*$"}));
        for field in fields.iter().filter(|field| !is_change(field)) {
            properties.insert(field.name.to_owned(), described(field));
            // What is personal can be erased.
            required.extend((field.is_required && field.place == Place::Data).then_some(field.name));
        }
        let changes: Map<String, Value> = fields
            .iter()
            .filter(|field| is_change(field))
            .map(|field| (field.name.to_owned(), described(field)))
            .collect();
        if !changes.is_empty() {
            for side in ["before", "after"] {
                properties.insert(side.to_owned(), json!({"type": "object", "properties": changes}));
            }
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.description.trim(),
            "type": "object",
            "properties": properties,
            "required": required,
        })
    }

    /// A payload with every field.
    pub fn example(&self) -> Value {
        let (mut example, mut changes) = (Map::new(), Map::new());
        example.insert("version".to_owned(), json!(self.version));
        example.insert("entity_type".to_owned(), json!(self.entity.as_str()));
        example.insert("entity_id".to_owned(), json!("123456789012345678"));
        for field in (self.fields)() {
            let object = if is_change(&field) { &mut changes } else { &mut example };
            object.insert(field.name.to_owned(), field.example);
        }
        if !changes.is_empty() {
            example.insert("before".to_owned(), changes.clone().into());
            example.insert("after".to_owned(), changes.into());
        }
        example.into()
    }

    /// The document `docs/events.md`.
    pub fn document() -> String {
        let mut text = String::from(INTRODUCTION);
        for event in Self::ALL {
            // Writing to a `String` cannot fail.
            let _ = event.write_section(&mut text);
        }
        text.push_str(CHECKPOINT_SECTION);
        text
    }

    fn write_section(&self, text: &mut String) -> std::fmt::Result {
        let log = if self.is_of_organization { "the organization" } else { "the installation" };
        writeln!(text, "\n## `{}`\n\n{}\n", self.name, self.description.trim())?;
        writeln!(
            text,
            "Version {}. Entity: `{}`. Target: `{}`. Log: {log}.\n",
            self.version,
            self.entity.as_str(),
            self.target.as_str()
        )?;
        let fields = (self.fields)();
        if !fields.is_empty() {
            writeln!(text, "| Field | Type | |\n|---|---|---|")?;
        }
        for field in fields {
            let mut notes = vec![field.description.replace('|', "\\|")];
            notes.extend(is_change(&field).then(|| "In `before` and `after`.".to_owned()));
            notes.extend(is_personal(&field).then(|| "Personal.".to_owned()));
            notes.extend((!field.is_required).then(|| "Optional.".to_owned()));
            notes.retain(|note| !note.is_empty());
            writeln!(text, "| `{}` | {} | {} |", field.name, type_name(&field.schema), notes.join(" "))?;
        }
        let example = serde_json::to_string(&self.example()).unwrap_or_default();
        writeln!(text, "\n```json\n{example}\n```")
    }
}

const INTRODUCTION: &str = "# Events\n\n\
This file is generated from `crates/core/src/event`: `just docs` writes it.\n\n\
An event says what changed who may do what, what opens an account, or what an admin asks about. Each is an entry of the \
[audit log](audit-log.md), of an organization or of the installation. The name never changes. The version of the payload \
changes when a field is removed or changes its meaning; fields are added without a new version, so ignore the ones that \
you do not know. Ids are decimal strings.\n\n\
`entity_type` and `entity_id` are what the event changed. The target is whom or what it is about, by which the log is \
filtered: the person, if there is one. Personal fields are stored apart from the others, so that they can be erased; the \
log shows them as `personal`.\n";

/// The event that is delivered only.
const CHECKPOINT_SECTION: &str = "\
\n\
## `audit_log.checkpoint.created`\n\
\n\
The end of a chain of the audit log was signed. Endpoints of webhooks get it if they name it. It is \
no entry of the log: each one would cause the next.\n\
\n\
Version 1.\n\
\n\
| Field | Type | |\n\
|---|---|---|\n\
| `organization_id` | id | `0` for the log of the installation. |\n\
| `sequence` | integer | Of the last entry. |\n\
| `hash` | string | Of the last entry, in hexadecimal. |\n\
| `created_at_microseconds` | integer | Since 1970. |\n\
| `signature` | string | See [audit-log.md](audit-log.md#the-format). |\n\
\n\
```json\n\
{\"created_at_microseconds\":1769077800000000,\"hash\":\"93d2…\",\
\"organization_id\":\"123456789012345471\",\"sequence\":6,\"signature\":\"5f0c…\",\"version\":1}\n\
```\n";

fn is_change(field: &FieldInfo) -> bool {
    matches!(field.place, Place::Changed | Place::PersonalChanged)
}

fn is_personal(field: &FieldInfo) -> bool {
    matches!(field.place, Place::Personal | Place::PersonalChanged)
}

fn described(field: &FieldInfo) -> Value {
    let mut schema = field.schema.clone();
    if let (Some(schema), false) = (schema.as_object_mut(), field.description.is_empty()) {
        schema.insert("description".to_owned(), field.description.into());
    }
    schema
}

fn type_name(schema: &Value) -> String {
    match (schema["type"].as_str(), schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("array"), ..) => format!("list of {}", type_name(&schema["items"])),
        (_, Some("date-time"), _) => "time".to_owned(),
        (_, _, Some(_)) => "id".to_owned(),
        (Some(name), ..) => name.to_owned(),
        _ => "value".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_dotted_lower_case() {
        let mut names: Vec<_> = EventType::ALL.iter().map(|event| event.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for name in names {
            assert!(name.split('.').count() >= 2, "{name}");
            assert!(name.chars().all(|char| char.is_ascii_lowercase() || matches!(char, '_' | '.')), "{name}");
        }
    }

    #[test]
    fn examples_have_what_their_schemas_require() {
        for event in EventType::ALL {
            let (schema, example) = (event.schema(), event.example());
            for required in schema["required"].as_array().unwrap() {
                assert!(!example[required.as_str().unwrap()].is_null(), "{} {required}", event.name);
            }
            for name in example.as_object().unwrap().keys() {
                assert!(schema["properties"][name].is_object(), "{} {name}", event.name);
            }
            assert!(!event.description.trim().is_empty());
        }
    }
}
