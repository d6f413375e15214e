//! The whole document: what the calls do not say themselves, and its variant for a server's settings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vestibule_core::settings::Settings;

use super::{Api, errors, schemas, values};

/// An OpenAPI document. The order of the fields is that of the file; keys below are sorted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Document {
    openapi: Value,
    info: Value,
    servers: Value,
    tags: Value,
    security: Value,
    paths: Value,
    components: Value,
}

impl Document {
    /// Completes the document that utoipa generates from the handlers. `strict_calls` are the ids of the operations
    /// that refuse unknown fields.
    pub(super) fn complete(api: &Api, mut generated: Value, strict_calls: &BTreeSet<String>) -> Self {
        schemas::rename(&mut generated);
        schemas::replace_copies(&mut generated);
        schemas::complete_responses(&mut generated, api.error_schemas);
        schemas::restrict_ids(&mut generated);
        values::restrict(api.values, &mut generated);
        schemas::restrict_requests(&mut generated, strict_calls);
        errors::add_codes(api, &mut generated);
        add_headers(&mut generated);
        (api.add_headers)(&mut generated);
        errors::share(&mut generated);
        schemas::remove_unused(&mut generated);
        generated["info"]["description"] = api.description.trim_end().into();
        let tags = api.tags.iter().map(|(name, description)| json!({"name": name, "description": description}));
        let (url, server) = api.server;
        let mut take = |key: &str| generated[key].take();
        Self {
            openapi: "3.1.0".into(),
            info: take("info"),
            servers: json!([{"url": url, "description": server}]),
            tags: tags.collect(),
            security: take("security"),
            paths: take("paths"),
            components: take("components"),
        }
    }

    /// Replaces what depends on the settings: the server's URL, and the name of the session cookie.
    pub(crate) fn set_server(&mut self, settings: &Settings) {
        self.set_server_url(settings.public_url.as_str());
        let cookie = &mut self.components["securitySchemes"]["session"]["name"];
        *cookie = settings.session_cookie_name().into();
    }

    /// Replaces the server's URL, which may be relative to that of the document.
    pub(crate) fn set_server_url(&mut self, url: &str) {
        self.servers = json!([{"url": url, "description": "This server"}]);
    }
}

/// Headers that many responses have.
fn add_headers(document: &mut Value) {
    let seconds = json!({
        "description": "Seconds to wait before the call is repeated.",
        "schema": {"type": "integer", "minimum": 1}
    });
    let request_id = json!({
        "description": "The id of the request in the server's log.",
        "schema": {"type": "string"}
    });
    document["components"]["headers"] = json!({"RetryAfter": seconds, "RequestId": request_id});
    for operation in schemas::operations(document) {
        for (status, response) in schemas::responses(operation) {
            response["headers"]["X-Request-Id"] = json!({"$ref": "#/components/headers/RequestId"});
            if matches!(status.as_str(), "429" | "503") {
                response["headers"]["Retry-After"] = json!({"$ref": "#/components/headers/RetryAfter"});
            }
        }
    }
}
