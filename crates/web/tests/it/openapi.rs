//! The OpenAPI document against the routes, the tables of `docs/api.md`, and the error responses of all tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::http::Method;
use serde_json::Value;
use vestibule_core::Code;

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let document = serde_json::to_value(vestibule_web::openapi_document().unwrap()).unwrap();
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

fn matches(pattern: &str, path: &str) -> bool {
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
            assert_eq!(
                schema["properties"]["errors"]["items"]["properties"]["code"]["enum"],
                serde_json::json!(codes),
                "{name} {status}"
            );
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

/// The rows of the tables of calls in `docs/api.md`: method and path, then permission.
fn api_md_rows() -> Vec<(String, String)> {
    let document = include_str!("../../../../docs/api.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let rows = rows.filter(|(call, _)| call.starts_with("GET /") || call.starts_with("POST /"));
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
