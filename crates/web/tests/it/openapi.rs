//! The OpenAPI document against the routes, the tables of `docs/api.md`, and the error responses of all tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::http::Method;
use serde_json::Value;
use vestibule_core::Code;

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let document = serde_json::to_value(vestibule_web::generate_openapi_document().unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(|(method, operation)| Operation {
            method: method.to_uppercase(),
            path: path.clone(),
            json: with_shared_responses(operation.clone(), &document),
        })
    });
    operations.collect()
});

/// Replaces references to the document's shared responses by what they refer to.
fn with_shared_responses(mut operation: Value, document: &Value) -> Value {
    for (_, response) in operation["responses"].as_object_mut().unwrap() {
        if let Some(name) = response["$ref"].as_str().map(|reference| reference.rsplit('/').next().unwrap().to_owned())
        {
            *response = document["components"]["responses"][&name].clone();
        }
    }
    operation
}

struct Operation {
    method: String,
    path: String,
    json: Value,
}

impl Operation {
    /// Returns the method and path, for messages.
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn permission(&self) -> &str {
        self.json["x-required-permission"].as_str().unwrap_or_default()
    }

    /// Returns the error codes by status.
    fn errors(&self) -> BTreeMap<u16, Vec<&str>> {
        let responses =
            self.json["responses"].as_object().unwrap().iter().filter(|(status, _)| status.as_str() >= "400");
        let codes = responses.map(|(status, response)| {
            let codes = response["x-error-codes"].as_array().into_iter().flatten();
            (status.parse().unwrap(), codes.map(|code| code.as_str().unwrap()).collect())
        });
        codes.collect()
    }

    fn has_error(&self, code: &str) -> bool {
        self.errors().values().flatten().any(|known| *known == code)
    }

    /// Finds the operation of a request; that of the current route for a legacy route.
    fn find(method: &str, path: &str) -> Option<&'static Self> {
        let current = OPERATIONS.iter().filter(|operation| operation.method == method);
        let current = current.map(|operation| (operation.path.clone(), operation));
        let legacy = vestibule_web::legacy_routes().into_iter().filter(|legacy| legacy.method == method);
        let legacy = legacy.map(|legacy| (legacy.path.to_owned(), Self::of_legacy_route(&legacy.current_path)));
        let matching = current.chain(legacy).filter(|(pattern, _)| matches(pattern, path));
        // A fixed segment takes precedence over a parameter.
        matching.min_by_key(|(pattern, _)| pattern.matches('{').count()).map(|(_, operation)| operation)
    }

    /// Returns the operation on `path` that changes state, or the only one.
    fn of_legacy_route(path: &str) -> &'static Self {
        let operations = OPERATIONS.iter().filter(|operation| operation.path == path);
        operations.max_by_key(|operation| operation.method == "POST").unwrap()
    }
}

/// Whether a path belongs to a route.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let matches_segment = |(expected, actual): (&&str, &&str)| {
        if expected.starts_with('{') { !actual.is_empty() } else { expected == actual }
    };
    pattern.len() == path.len() && pattern.iter().zip(&path).all(matches_segment)
}

/// Returns the method and path of every API route, legacy ones included.
pub(crate) fn routes() -> BTreeSet<(String, String)> {
    let current = OPERATIONS.iter().map(|operation| (operation.method.clone(), operation.path.clone()));
    let legacy = vestibule_web::legacy_routes().into_iter();
    current.chain(legacy.map(|legacy| (legacy.method.to_owned(), legacy.path.to_owned()))).collect()
}

/// Returns the method and path in the document of a request's route.
pub(crate) fn documented_route(method: &str, path: &str) -> Option<(String, String)> {
    let operation = Operation::find(method, path.split('?').next().unwrap())?;
    Some((operation.method.clone(), operation.path.clone()))
}

/// Asserts that the document lists every code of an error response. [`crate::harness`] calls it for each response;
/// those of routes that are not in the document pass.
#[track_caller]
pub(crate) fn assert_documents_errors(method: &Method, uri: &str, body: &Value) {
    let Some(errors) = body["errors"].as_array() else { return };
    let Some(operation) = Operation::find(method.as_str(), uri.split('?').next().unwrap()) else { return };
    for error in errors {
        let code = error["code"].as_str().unwrap();
        // The caller means the API for backends.
        if code == "API_KEY_NOT_ACCEPTED" {
            continue;
        }
        // A legacy route can change state in place of a GET.
        let has_other_method = operation.method != method.as_str();
        assert!(
            operation.has_error(code) || (has_other_method && code == "CROSS_SITE_REQUEST"),
            "{method} {uri} failed with {code}, which the OpenAPI document does not list for {}: add it to the ERRORS \
             of the command or of the fields, or to the route in router.rs",
            operation.name()
        );
    }
}

#[test]
fn operation_ids_are_unique_and_read_verb_noun() {
    let mut ids = BTreeSet::new();
    for operation in &*OPERATIONS {
        let id = operation.json["operationId"].as_str().unwrap();
        let words: Vec<_> = id.split('_').collect();
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(words.len() > 1 && words.iter().all(is_word), "{}: {id}", operation.name());
        assert!(ids.insert(id), "{id} is the id of two operations");
    }
}

#[test]
fn document_leaves_out_legacy_routes() {
    let legacy_routes = vestibule_web::legacy_routes();
    assert!(!legacy_routes.is_empty());
    for legacy in legacy_routes {
        let is_documented =
            OPERATIONS.iter().any(|operation| operation.method == legacy.method && operation.path == legacy.path);
        assert!(!is_documented, "{} {}", legacy.method, legacy.path);
    }
}

#[test]
fn every_operation_documents_its_bodies_permission_and_errors() {
    for operation in &*OPERATIONS {
        let (name, json) = (operation.name(), &operation.json);
        assert!(!json["summary"].as_str().unwrap_or_default().is_empty(), "{name} has no summary");
        let success = &json["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(success.is_object(), "{name} does not document its response");
        if let Some(body) = json.get("requestBody") {
            let encodings: Vec<_> = body["content"].as_object().unwrap().keys().collect();
            let needs_file = operation.path == "/me/profile-picture";
            assert_eq!(encodings, [if needs_file { "multipart/form-data" } else { "application/json" }], "{name}");
        }

        let permission = operation.permission();
        assert!(!permission.is_empty() && permission != "operator", "{name} has no permission");
        assert!(json["description"].as_str().unwrap().ends_with(&format!("Required permission: {permission}.")));
        let is_public = json["security"] == serde_json::json!([]);
        assert_eq!(is_public, permission == "none", "{name}: {}", json["security"]);
        assert_eq!(operation.has_error("UNAUTHORIZED"), permission != "none", "{name}");

        let errors = operation.errors();
        assert!(errors.contains_key(&500) && errors.contains_key(&503), "{name}");
        for (status, codes) in errors {
            let content = &json["responses"][status.to_string()]["content"]["application/json"];
            let schema = &content["schema"];
            assert_eq!(schema["$ref"], "#/components/schemas/ErrorEnvelope", "{name} {status}");
            assert_eq!(schema.as_object().unwrap().len(), 1, "generators refuse a reference with other keys: {name}");
            let examples: BTreeSet<_> = content["examples"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(examples, codes.iter().copied().collect(), "{name} {status}");
            assert!(!codes.is_empty(), "{name} {status}");
            for code in codes {
                let known = Code::ALL.iter().find(|known| known.as_str() == code).unwrap();
                assert_eq!(known.status(), status, "{name} {code}");
            }
        }
    }
}

fn document() -> Value {
    serde_json::to_value(vestibule_web::generate_openapi_document().unwrap()).unwrap()
}

/// Calls `check` for every property of the schemas, with the schema's name and the required properties.
fn for_each_property(document: &Value, check: &mut impl FnMut(&str, &str, &Value, &[String])) {
    fn visit(name: &str, value: &Value, check: &mut impl FnMut(&str, &str, &Value, &[String])) {
        let required: Vec<String> = serde_json::from_value(value["required"].clone()).unwrap_or_default();
        for (property, schema) in value["properties"].as_object().into_iter().flatten() {
            check(name, property, schema, &required);
            visit(name, schema, check);
        }
        ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| value[*key].as_array()).flatten().for_each(|part| {
            visit(name, part, check);
        });
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        visit(name, schema, check);
    }
}

#[test]
fn every_property_has_a_type() {
    for_each_property(&document(), &mut |schema, property, value, _| {
        let has_type = ["type", "$ref", "oneOf", "allOf", "anyOf"].iter().any(|key| value.get(key).is_some());
        assert!(has_type, "{schema}.{property} has no type: is it in values.rs under an old name?");
    });
}

#[test]
fn responses_require_what_can_be_null() {
    let document = document();
    // Neither of a request: their fields may be null or missing.
    for (name, properties) in [
        ("Session", vec!["active_signin", "active_signin_id", "signins"]),
        ("SessionEnvelope", vec!["data", "errors", "message", "session", "status"]),
        ("ErrorEnvelope", vec!["data", "errors", "message", "session", "status"]),
        ("Invitation", vec!["inviter", "workspace", "workspace_id"]),
    ] {
        let required = document["components"]["schemas"][name]["required"].as_array().unwrap();
        for property in properties {
            assert!(required.iter().any(|one| one == property), "{name}.{property}");
        }
    }
    // Fields that can be absent are not null.
    let preview = &document["components"]["schemas"]["Validation"];
    assert_eq!(preview["properties"]["email"]["type"], "string");
    assert!(!preview["required"].as_array().unwrap().iter().any(|one| one == "email"));
}

#[test]
fn schemas_have_one_name_each_and_ids_a_pattern() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name} is no name in every language");
        let is_id = name.ends_with("Id") && schema["type"] == "string";
        assert_eq!(is_id, is_id && schema["pattern"].is_string(), "{name}");
    }
    let list = &schemas["InvitationListEnvelope"]["properties"]["data"];
    assert_eq!(list["items"]["$ref"], "#/components/schemas/Invitation", "{list}");
}

#[test]
fn every_tag_is_described() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone().to_string()).collect();
    for operation in &*OPERATIONS {
        for tag in operation.json["tags"].as_array().unwrap() {
            assert!(tags.contains(&tag.to_string()), "{}: {tag} is not in TAGS of document.rs", operation.name());
        }
    }
}

/// The rows of the tables of calls in `docs/api.md`: method and path, then permission.
fn api_md_rows() -> Vec<(String, String)> {
    let document = include_str!("../../../../docs/api.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let methods = ["GET /", "POST /", "PATCH /"];
    let rows = rows.filter(|(call, _)| methods.iter().any(|method| call.starts_with(method)));
    rows.map(|(call, rest)| (call.to_owned(), rest.split(" | ").next().unwrap().to_owned())).collect()
}

#[test]
fn api_md_lists_every_operation_with_its_permission() {
    let expected: BTreeMap<_, _> = OPERATIONS
        .iter()
        .map(|operation| {
            let permission = operation.permission();
            let cell = if permission.contains(':') { format!("`{permission}`") } else { permission.to_owned() };
            (operation.name(), cell)
        })
        .collect();
    let rows = api_md_rows();
    for (call, permission) in &rows {
        assert_eq!(Some(permission), expected.get(call), "the permission of {call} in docs/api.md");
    }
    let listed: BTreeSet<_> = rows.iter().map(|(call, _)| call).collect();
    assert_eq!(listed.len(), rows.len(), "docs/api.md lists a call twice");
    let missing: Vec<_> = expected.keys().filter(|call| !listed.contains(call)).collect();
    assert!(missing.is_empty(), "docs/api.md does not list {missing:?}");
}
