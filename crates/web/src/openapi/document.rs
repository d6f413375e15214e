//! The whole document: what the calls do not say themselves, and its variant for a server's settings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vestibule_core::settings::Settings;

use super::{errors, schemas, values};

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

/// The text at the start of the document.
const DESCRIPTION: &str = include_str!("description.md");

/// The groups of calls, in the order of viewers.
const TAGS: &[(&str, &str)] = &[
    ("Auth", "Sign-up, sign-in, verification by mail, and password reset."),
    (
        "Session",
        "The session of a browser or another client: its sign-ins, what is active, and its tokens for backends.",
    ),
    ("Me", "The signed-in user: account, email addresses, password, sign-ins, memberships and invitations."),
    ("Organizations", "Organizations with their members, roles and ownership transfers."),
    ("Invitations", "Invitations to an organization, and what an invitee does with one."),
    ("Domains", "Email domains of an organization, and users who join by their address."),
    ("Workspaces", "Workspaces of an organization, with members and roles of their own."),
    ("Waitlist", "The waitlist of a deployment whose sign-up is closed."),
    ("Deployment", "The public configuration."),
];

impl Document {
    /// Completes the document that utoipa generates from the handlers. `strict_calls` are the ids of the operations
    /// that refuse unknown fields.
    pub(super) fn complete(mut generated: Value, strict_calls: &BTreeSet<String>) -> Self {
        schemas::rename(&mut generated);
        schemas::replace_copies(&mut generated);
        schemas::complete_responses(&mut generated);
        schemas::restrict_ids(&mut generated);
        values::restrict(&mut generated);
        schemas::restrict_requests(&mut generated, strict_calls);
        errors::add_codes(&mut generated);
        add_headers(&mut generated);
        errors::share(&mut generated);
        schemas::remove_unused(&mut generated);
        generated["info"]["description"] = DESCRIPTION.trim_end().into();
        let tags = TAGS.iter().map(|(name, description)| json!({"name": name, "description": description}));
        let mut take = |key: &str| generated[key].take();
        Self {
            openapi: "3.1.0".into(),
            info: take("info"),
            servers: json!([{"url": "http://127.0.0.1:8080", "description": "The demo, and a server with the default settings"}]),
            tags: tags.collect(),
            security: take("security"),
            paths: take("paths"),
            components: take("components"),
        }
    }

    /// Replaces what depends on the settings: the server's URL, and the name of the session cookie.
    pub(crate) fn set_server(&mut self, settings: &Settings) {
        self.servers = json!([{"url": settings.public_url.as_str(), "description": "This server"}]);
        let cookie = &mut self.components["securitySchemes"]["session"]["name"];
        *cookie = settings.session_cookie_name().into();
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
