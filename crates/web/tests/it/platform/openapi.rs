//! The OpenAPI document of the API for backends against its routes, and against the responses of all tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::http::Method;
use serde_json::{Value, json};
use vestibule_core::Code;
use vestibule_core::scope::Scope;

use super::PlatformClient;
use crate::api_documents::{assert_up_to_date, committed_document};
use crate::harness::TestApp;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(vestibule_web::generate_platform_openapi_document().unwrap()).unwrap());

struct Operation {
    method: String,
    path: String,
    json: &'static Value,
}

fn operations() -> Vec<Operation> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(|(method, json)| Operation {
            method: method.to_uppercase(),
            path: path.clone(),
            json,
        })
    });
    operations.collect()
}

/// Follows a reference to another part of the document.
fn resolve(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => resolve(DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap()),
        None => value,
    }
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn find(method: &Method, path: &str) -> Option<Self> {
        let matching = operations()
            .into_iter()
            .filter(|operation| operation.method == method.as_str() && crate::openapi::matches(&operation.path, path));
        matching.min_by_key(|operation| operation.path.matches('{').count())
    }

    fn responses(&self) -> impl Iterator<Item = (u16, &'static Value)> {
        let responses = self.json["responses"].as_object().unwrap().iter();
        responses.map(|(status, response)| (status.parse().unwrap(), resolve(response)))
    }

    /// Returns the error codes by status.
    fn errors(&self) -> BTreeMap<u16, Vec<&'static str>> {
        let errors = self.responses().filter(|(status, _)| *status >= 400).map(|(status, response)| {
            let codes = response["x-error-codes"].as_array().into_iter().flatten();
            (status, codes.map(|code| code.as_str().unwrap()).collect())
        });
        errors.collect()
    }
}

/// Asserts that the document describes a response: its status, its code, or its body. [`PlatformClient`] calls it for
/// each response; those of paths that are not in the document pass.
#[track_caller]
pub(super) fn assert_documents(method: &Method, uri: &str, status: u16, body: &Value) {
    let Some(operation) = Operation::find(method, uri.split('?').next().unwrap()) else { return };
    let name = operation.name();
    if status >= 400 {
        let errors = operation.errors();
        for error in body["errors"].as_array().unwrap() {
            let code = error["code"].as_str().unwrap();
            // Outside of `platform.allowed_networks`, every path answers NOT_FOUND.
            let is_documented = code == "NOT_FOUND" || errors.get(&status).is_some_and(|codes| codes.contains(&code));
            assert!(
                is_documented,
                "{name} failed with {status} {code}, which the OpenAPI document does not list: add it to the ERRORS of \
                 the command or of the fields, or to the route in platform/router.rs"
            );
        }
        return;
    }
    let found = operation.responses().find(|(documented, _)| *documented == status);
    let (_, response) = found.unwrap_or_else(|| panic!("{name} answers {status}, which is not in the document"));
    let content = &response["content"]["application/json"]["schema"];
    if content.is_object() {
        check(&name, content, body);
    } else {
        assert!(body.is_null(), "{name} answers a body that the document does not describe: {body}");
    }
}

/// Asserts that a value is what a schema of a response says: it has every required property and no undocumented one.
#[track_caller]
fn check(place: &str, schema: &'static Value, value: &Value) {
    let schema = resolve(schema);
    for alternatives in ["oneOf", "anyOf"].iter().filter_map(|key| schema[*key].as_array()) {
        let is_null = |alternative: &Value| alternative["type"] == "null";
        let others = alternatives.iter().filter(|alternative| !is_null(alternative));
        match (value.is_null(), others.collect::<Vec<_>>().as_slice()) {
            (true, _) => assert!(alternatives.iter().any(is_null), "{place} is null"),
            (false, [one]) => check(place, one, value),
            // A test of its own has to look at a value of several kinds.
            (false, _) => {}
        }
    }
    check_type(place, schema, value);
    let parts: Vec<_> = match schema["allOf"].as_array() {
        Some(parts) => parts.iter().map(resolve).chain([schema]).collect(),
        None => vec![schema],
    };
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(&format!("{place}[{index}]"), &schema["items"], item);
    }
    let Some(entries) = value.as_object() else { return };
    let properties: BTreeMap<_, _> = parts.iter().filter_map(|part| part["properties"].as_object()).flatten().collect();
    let required = parts.iter().filter_map(|part| part["required"].as_array()).flatten();
    for name in required.filter_map(Value::as_str) {
        assert!(entries.contains_key(name), "{place} has no {name}, which the document requires: {value}");
    }
    // A map, such as metadata, has any entries.
    if properties.is_empty() {
        return;
    }
    for (name, inner) in entries {
        let property = properties.get(name).unwrap_or_else(|| panic!("{place}.{name} is not in the document"));
        check(&format!("{place}.{name}"), property, inner);
    }
}

#[track_caller]
fn check_type(place: &str, schema: &Value, value: &Value) {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.contains(&found), "{place} is of type {found} and not {types:?}: {value}");
    if let (Some(allowed), false) = (schema["enum"].as_array(), value.is_null()) {
        assert!(allowed.contains(value), "{place} is {value}, which the document does not list");
    }
}

#[test]
fn platform_openapi_json_is_up_to_date() {
    let document = vestibule_web::generate_platform_openapi_document().unwrap();
    assert_up_to_date("platform-openapi.json", &format!("{}\n", serde_json::to_string_pretty(&document).unwrap()));
}

#[tokio::test]
async fn the_listener_serves_the_document_without_a_key() {
    let app = TestApp::start().await;
    let anonymous = PlatformClient::with_key(&app, "");
    // Not `assert_eq!`, which would print both documents.
    let mut expected = committed_document("platform-openapi.json");
    expected["servers"] = json!([{"url": "/", "description": "This server"}]);
    for _ in 0..2 {
        let served = anonymous.get("/openapi.json").await.ok();
        assert!(served == expected, "the server serves a platform-openapi.json that is out of date: run `just docs`");
    }
}

#[tokio::test]
async fn the_document_is_hidden_outside_of_the_allowed_networks() {
    let app = TestApp::with_settings(|settings| {
        settings.platform.allowed_networks.allowed_networks = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    PlatformClient::with_key(&app, "").get("/openapi.json").await.assert_error(404, "NOT_FOUND");
}

#[test]
fn operation_ids_are_unique_and_read_verb_noun() {
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let id = operation.json["operationId"].as_str().unwrap();
        let words: Vec<_> = id.split('_').collect();
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(words.len() > 1 && words.iter().all(is_word), "{}: {id}", operation.name());
        assert!(ids.insert(id), "{id} is the id of two operations");
    }
}

#[test]
fn every_operation_documents_its_bodies_and_its_scope() {
    for operation in operations() {
        let (name, json) = (operation.name(), operation.json);
        assert!(!json["summary"].as_str().unwrap_or_default().is_empty(), "{name} has no summary");
        let scope = json["x-required-scope"].as_str().unwrap();
        let is_known = scope == "any" || Scope::ALL.iter().any(|known| known.as_str() == scope);
        assert!(is_known, "{name} is for no API key: its command has no SCOPE, or its route no with_scope");
        let text = if scope == "any" { "Any API key can".to_owned() } else { format!("Required scope: `{scope}`.") };
        assert!(json["description"].as_str().unwrap().contains(&text), "{name}");
        let (_, success) = operation.responses().find(|(status, _)| *status < 300).unwrap();
        let has_body = success["content"]["application/json"]["schema"].is_object();
        assert!(has_body || json["responses"].get("204").is_some(), "{name} does not document its response");
        for tag in json["tags"].as_array().unwrap() {
            let is_described = DOCUMENT["tags"].as_array().unwrap().iter().any(|known| known["name"] == *tag);
            assert!(is_described, "{name}: {tag} is not in TAGS of openapi/platform.rs");
        }
    }
}

#[test]
fn every_operation_documents_its_errors() {
    for operation in operations() {
        let (name, errors) = (operation.name(), operation.errors());
        let has = |code: &str| errors.values().flatten().any(|known| *known == code);
        assert_eq!(errors[&401], ["API_KEY_INVALID"], "{name}");
        assert!(errors[&429].contains(&"TOO_MANY_REQUESTS") && has("INTERNAL") && has("UNAVAILABLE"), "{name}");
        assert_eq!(has("SCOPE_MISSING"), operation.json["x-required-scope"] != "any", "{name}");
        let takes_key = operation.json["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|parameter| parameter["$ref"] == "#/components/parameters/IdempotencyKey");
        assert_eq!(takes_key, operation.method == "POST", "{name}");
        assert_eq!(has("IDEMPOTENCY_KEY_REUSED"), takes_key, "{name}");
        for (status, response) in operation.responses().filter(|(status, _)| *status >= 400) {
            let content = &response["content"]["application/json"];
            assert_eq!(content["schema"]["$ref"], "#/components/schemas/ErrorBody", "{name} {status}");
            let examples: BTreeSet<_> = content["examples"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(examples, errors[&status].iter().copied().collect(), "{name} {status}");
            for code in &errors[&status] {
                assert!(Code::ALL.iter().any(|known| known.as_str() == *code), "{name} {code}");
            }
        }
    }
}

#[test]
fn conflicts_and_unknown_ids_have_the_statuses_by_which_clients_tell_errors_apart() {
    let statuses: BTreeMap<_, _> = operations()
        .iter()
        .flat_map(|operation| {
            operation.errors().into_iter().flat_map(|(status, codes)| codes.into_iter().map(move |code| (code, status)))
        })
        .collect();
    assert_eq!(statuses["IDEMPOTENCY_KEY_REUSED"], 409);
    assert_eq!(statuses["API_KEY_NOT_FOUND"], 404);
    assert_eq!(statuses["INVALID_ID"], 400);
    assert_eq!(statuses["SCOPE_MISSING"], 403);
    for limit in ["API_KEY_LIMIT", "INVITATION_LIMIT", "ROLE_LIMIT", "TOO_MANY_ADDRESSES", "WORKSPACE_LIMIT"] {
        assert_eq!(statuses[limit], 409, "{limit}");
    }
}

#[test]
fn schemas_have_one_name_each_and_typed_properties() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name} is no name in every language");
        for (property, value) in schema["properties"].as_object().into_iter().flatten() {
            let has_type = ["type", "$ref", "oneOf", "allOf", "anyOf"].iter().any(|key| value.get(key).is_some());
            // Metadata is any JSON.
            assert!(has_type || property.ends_with("metadata"), "{name}.{property} has no type");
        }
    }
    for (schema, image) in [
        ("NewUser", "profile_image"),
        ("UserChanges", "profile_image"),
        ("NewOrganization", "organization_image"),
        ("OrganizationChanges", "organization_image"),
        ("NewWorkspace", "workspace_image"),
        ("WorkspaceChanges", "workspace_image"),
    ] {
        assert_eq!(DOCUMENT["components"]["schemas"][schema]["properties"][image]["format"], "binary", "{schema}");
    }
    let items = &DOCUMENT["components"]["schemas"]["ApiKeyPage"]["properties"]["data"]["items"];
    assert_eq!(items["$ref"], "#/components/schemas/ApiKey");
}
