//! Corrections of the generated schemas: references instead of copies, names, required properties, ids.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

const PREFIX: &str = "#/components/schemas/";
/// An id; "0" where a resource has none.
const ID_PATTERN: &str = "^(0|[1-9][0-9]{0,18})$";
/// An id in a request.
const REQUEST_ID_PATTERN: &str = "^[1-9][0-9]{0,18}$";
/// An id that a request can leave out. An empty text counts as missing.
const OPTIONAL_ID_PATTERN: &str = "^([1-9][0-9]{0,18})?$";
/// The ids in requests that may be "0": schema, property.
const REQUEST_IDS_WITH_ZERO: &[(&str, &str)] = &[("OrganizationChanges", "auto_assigned_workspace_id")];

/// Returns every operation of the document.
pub(super) fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten().map(|(_, operation)| operation))
}

/// Returns the parameters of an operation.
pub(super) fn parameters(operation: &mut Value) -> impl Iterator<Item = &mut Value> {
    operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
}

/// Returns the responses of an operation by status.
pub(super) fn responses(operation: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten()
}

pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("{PREFIX}{name}")})
}

/// Lets a request match several of the alternatives: with an email address and a user name, the address counts.
fn allow_overlap(schema: &mut Value) {
    if let Some(alternatives) = schema.as_object_mut().and_then(|schema| schema.remove("oneOf")) {
        schema["anyOf"] = alternatives;
    }
}

fn schemas(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document["components"]["schemas"].as_object_mut()
}

/// Calls `change` for a value and everything in it, the outer values first. It returns whether to go deeper.
fn visit(value: &mut Value, change: &mut impl FnMut(&mut Value) -> bool) {
    if !change(value) {
        return;
    }
    match value {
        Value::Object(entries) => entries.iter_mut().for_each(|(_, inner)| visit(inner, change)),
        Value::Array(items) => items.iter_mut().for_each(|inner| visit(inner, change)),
        _ => {}
    }
}

/// Returns the name of the schema to which a value refers.
fn referenced(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

/// Gives generic types names that read well in generated clients.
pub(super) fn rename(document: &mut Value) {
    if let Some(schemas) = schemas(document) {
        *schemas = std::mem::take(schemas).into_iter().map(|(name, schema)| (public_name(&name), schema)).collect();
    }
    visit(document, &mut |value| {
        if let Some(name) = referenced(value) {
            *value = reference(&public_name(name));
        }
        true
    });
}

/// `Enveloped_Vec_Invitation` becomes `InvitationListEnvelope`, `NamedResponse_RoleId` becomes `NamedRole`, and
/// `Page_Member` becomes `MemberPage`.
fn public_name(name: &str) -> String {
    if let Some(data) = name.strip_prefix("Enveloped_") {
        let data = match (data.strip_prefix("Vec_"), data.strip_prefix("Option_")) {
            (Some(item), _) => format!("{item}List"),
            (_, Some("bool")) => "OptionalBoolean".to_owned(),
            (_, Some(value)) => format!("Optional{value}"),
            _ => data.to_owned(),
        };
        return format!("{data}Envelope");
    }
    match name.split_once('_') {
        Some(("NamedResponse", id)) => format!("Named{}", id.trim_end_matches("Id")),
        Some(("Page", item)) => format!("{}Page", item.replace('_', "")),
        Some(("RoleSummary", id)) => format!("Active{}", id.trim_end_matches("Id")),
        _ => name.replace('_', ""),
    }
}

/// Replaces schemas that utoipa copied into generic types by references.
pub(super) fn replace_copies(document: &mut Value) {
    let Some(schemas) = schemas(document) else { return };
    let originals: BTreeMap<String, String> =
        schemas.iter().map(|(name, schema)| (schema.to_string(), name.clone())).collect();
    for schema in schemas.values_mut() {
        let mut is_root = true;
        visit(schema, &mut |value| {
            let copied = originals.get(&value.to_string()).filter(|_| !std::mem::take(&mut is_root));
            if let Some(name) = copied {
                *value = reference(name);
            }
            copied.is_none()
        });
    }
}

fn collect_references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            names.extend(referenced(value).map(ToOwned::to_owned));
            entries.values().for_each(|inner| collect_references(inner, names));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_references(inner, names)),
        _ => {}
    }
}

/// Returns the names of the schemas that values refer to, directly or through others.
fn reachable<'a>(document: &Value, from: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    from.for_each(|value| collect_references(value, &mut names));
    loop {
        let mut more = names.clone();
        names.iter().for_each(|name| collect_references(&document["components"]["schemas"][name], &mut more));
        if more.len() == names.len() {
            return names;
        }
        names = more;
    }
}

fn is_nullable(schema: &Value) -> bool {
    let is_null = |value: &Value| value == "null" || value["type"] == "null";
    ["type", "oneOf", "anyOf"].iter().any(|key| schema[*key].as_array().is_some_and(|list| list.iter().any(is_null)))
}

/// Requires the properties that responses always have. utoipa leaves out those that can be null; one that can be absent
/// is declared as neither required nor nullable.
pub(super) fn complete_responses(document: &mut Value, (error_body, error): (&str, &str)) {
    let mut operations: Vec<Value> = operations(document).map(|operation| operation["responses"].clone()).collect();
    operations.push(reference(error_body));
    let names = reachable(document, operations.iter());
    for (name, schema) in schemas(document).into_iter().flatten().filter(|(name, _)| names.contains(*name)) {
        if name.ends_with("Envelope") && name != error_body {
            schema["properties"]["status"] =
                json!({"type": "integer", "const": 200, "description": "The HTTP status code."});
            let errors = json!({"type": ["array", "null"], "items": reference(error), "maxItems": 0, "description": "`null` on success."});
            schema["properties"]["errors"] = errors;
            schema["required"] = json!(["status", "message", "data", "session", "errors"]);
        }
        visit(schema, &mut |value| {
            let nullable = value["properties"].as_object().into_iter().flatten();
            let nullable: Vec<_> =
                nullable.filter(|(_, schema)| is_nullable(schema)).map(|(name, _)| name.clone()).collect();
            if !nullable.is_empty() {
                let present = value["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let names: BTreeSet<_> = present.map(ToOwned::to_owned).chain(nullable).collect();
                value["required"] = json!(names);
            }
            value.is_object() || value.is_array()
        });
    }
}

fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("_id") || name == "attempt_identifier"
}

/// Adds patterns to ids: those of the id types, and those that are plain texts.
pub(super) fn restrict_ids(document: &mut Value) {
    for (name, schema) in schemas(document).into_iter().flatten() {
        if name.ends_with("Id") && schema["type"] == "string" {
            schema["pattern"] = ID_PATTERN.into();
        }
        visit(schema, &mut |value| {
            let properties = value.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
            for (_, property) in properties.filter(|(name, _)| is_id(name)) {
                let is_text = property["type"] == "string" || property["type"] == json!(["string", "null"]);
                if is_text && property.get("pattern").is_none() {
                    property["pattern"] = ID_PATTERN.into();
                }
            }
            true
        });
    }
    for operation in operations(document) {
        for parameter in parameters(operation) {
            // A parameter is missing rather than null.
            if parameter["schema"]["type"] == json!(["string", "null"]) {
                parameter["schema"]["type"] = "string".into();
            }
            // As in a form, an empty text counts as missing.
            if parameter["required"] != true && parameter["schema"]["format"] == "email" {
                parameter["schema"] = json!({"type": "string"});
            }
            let is_in_path = parameter["in"] == "path";
            if is_in_path || parameter["name"].as_str().is_some_and(is_id) {
                let is_required = parameter["required"] == true;
                let pattern = if is_required { REQUEST_ID_PATTERN } else { OPTIONAL_ID_PATTERN };
                parameter["schema"] = json!({"type": "string", "pattern": pattern});
            }
            if is_in_path {
                parameter["example"] = "123456789012345678".into();
            }
        }
    }
}

/// Restricts the schemas of requests to what the server accepts: required texts are not empty, ids are "0" only where
/// that has a meaning, and a call that refuses unknown fields says so.
pub(super) fn restrict_requests(document: &mut Value, strict_calls: &BTreeSet<String>) {
    let mut bodies = BTreeSet::new();
    let mut strict_bodies = BTreeSet::new();
    for operation in operations(document) {
        for parameter in parameters(operation) {
            restrict_text(parameter["required"] == true, &mut parameter["schema"]);
        }
        let is_strict = operation["operationId"].as_str().is_some_and(|id| strict_calls.contains(id));
        let content = operation.get_mut("requestBody").and_then(|body| body["content"].as_object_mut());
        for name in content.into_iter().flatten().filter_map(|(_, content)| referenced(&content["schema"])) {
            bodies.insert(name.to_owned());
            strict_bodies.extend(is_strict.then(|| name.to_owned()));
        }
    }
    let names: Vec<Value> = bodies.iter().map(|name| reference(name)).collect();
    let mut with_items = reachable(document, names.iter());
    with_items.retain(|name| !name.ends_with("Id"));
    for (name, schema) in schemas(document).into_iter().flatten().filter(|(name, _)| with_items.contains(*name)) {
        if bodies.contains(name) {
            allow_overlap(schema);
        }
        let required: Vec<String> = serde_json::from_value(schema["required"].clone()).unwrap_or_default();
        for (property, schema) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            restrict_text(required.contains(property), schema);
            let may_be_zero = REQUEST_IDS_WITH_ZERO.contains(&(name, property));
            if is_id(property) && schema["pattern"] == ID_PATTERN && !may_be_zero {
                schema["pattern"] = OPTIONAL_ID_PATTERN.into();
            }
        }
        if strict_bodies.contains(name) {
            schema["additionalProperties"] = false.into();
        }
    }
    make_bodies_optional(document);
}

fn restrict_text(is_required: bool, schema: &mut Value) {
    let is_free =
        schema["type"] == "string" && ["enum", "minLength", "pattern"].iter().all(|key| schema.get(*key).is_none());
    if is_required && is_free && schema["format"] != "binary" {
        schema["minLength"] = 1.into();
    }
}

/// A body without required fields may be missing.
fn make_bodies_optional(document: &mut Value) {
    let components = document["components"]["schemas"].clone();
    for operation in operations(document) {
        let Some(body) = operation.get_mut("requestBody") else { continue };
        let schema = referenced(&body["content"]["application/json"]["schema"]).map(|name| &components[name]);
        if schema.is_some_and(|schema| schema.get("properties").is_some() && schema.get("required").is_none()) {
            body["required"] = false.into();
        }
    }
}

/// Removes the schemas that no call uses.
pub(super) fn remove_unused(document: &mut Value) {
    let (paths, responses) = (document["paths"].clone(), document["components"]["responses"].clone());
    let used = reachable(document, [paths, responses].iter());
    if let Some(schemas) = schemas(document) {
        schemas.retain(|name, _| used.contains(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_that_may_be_zero_is_in_the_document() {
        let document = serde_json::to_value(crate::generate_openapi_document().unwrap()).unwrap();
        for (schema, property) in REQUEST_IDS_WITH_ZERO {
            let found = &document["components"]["schemas"][schema]["properties"][property];
            assert_eq!(found["pattern"], ID_PATTERN, "{schema}.{property}");
        }
    }
}
