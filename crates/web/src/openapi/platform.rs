//! The document of the API for backends: API keys, scopes, idempotency.

use serde_json::{Value, json};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi as _};
use vestibule_core::Code;
use vestibule_core::scope::ScopeRequirement;

use super::declaration::Declaration;
use super::schemas::{operations, responses};
use super::values::PLATFORM_VALUES;
use super::{Api, Call, add_paragraph};
use crate::platform::{ErrorBody, SortOrder, error_message, error_status};

/// The API for backends, in `docs/platform-openapi.json`.
pub(crate) const PLATFORM: Api = Api {
    base: BaseDocument::openapi,
    description: include_str!("platform.md"),
    tags: TAGS,
    server: ("http://127.0.0.1:8081", "A server with platform.listen = \"127.0.0.1:8081\""),
    error_schemas: ("ErrorBody", "ErrorItem"),
    status: error_status,
    example,
    has_error,
    add_requirement,
    image: "To set the image, send the fields as `multipart/form-data`, with a PNG, JPEG or WebP file of up to 5 MiB.",
    values: &PLATFORM_VALUES,
    add_headers: add_idempotency,
};

const TAGS: &[(&str, &str)] = &[
    ("Users", "Users with their names, passwords and metadata."),
    ("User addresses", "The email addresses of a user."),
    ("User sessions", "Where a user is signed in."),
    ("User memberships", "The organizations and workspaces of a user, with the roles there."),
    ("User phone numbers", "Not available yet: lists are empty."),
    ("User social connections", "The accounts of a user at identity providers."),
    ("User factors", "Passkeys, authenticator apps and backup codes, and their reset."),
    ("Organizations", "Organizations with their metadata."),
    ("Organization members", "The members of an organization, and their roles."),
    ("Organization roles", "The roles of an organization."),
    ("Invitations", "Invitations to an organization."),
    ("Workspaces", "Workspaces of an organization, with members and roles of their own."),
    ("Sign-up invitations", "Invitations to sign up."),
    ("Waitlist", "The waitlist of a deployment whose sign-up is closed."),
    ("Session tickets", "Signing in as a user, for support."),
    ("Settings", "What the settings file of the deployment says."),
    ("API keys", "The keys of this API."),
    ("Webhooks", "Endpoints that get events, and what was delivered to them."),
    ("Audit log", "Who changed what, and when: of the installation, of an organization, and of an account."),
];

#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vestibule: API for backends",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    // Parameters do not bring their schemas.
    components(schemas(ErrorBody, SortOrder)),
    security(("api_key" = [])),
    modifiers(&ApiKeyScheme)
)]
struct BaseDocument;

/// How the API key is sent.
struct ApiKeyScheme;

impl Modify for ApiKeyScheme {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key: `vst_live_sk_…`, or `vst_test_sk_…` in staging mode."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme.build()));
    }
}

fn has_error(call: &Call, method: &HttpMethod, code: Code) -> bool {
    let declares = call.declares(code) || call.declaration.requirement.codes_for_api_key().contains(&code);
    match code {
        Code::ApiKeyInvalid | Code::TooManyRequests => true,
        Code::ScopeMissing => call.declaration.scope != ScopeRequirement::Any,
        // Commands declare them for people, and bodies with images for strangers.
        Code::Unauthorized
        | Code::Forbidden
        | Code::AddressNotAllowed
        | Code::SsoRequired
        | Code::MfaRequired
        | Code::ReauthenticationRequired
        | Code::ImpersonationNotAllowed
        | Code::CrossSiteRequest => false,
        code if is_of_idempotency(code) => *method == HttpMethod::Post || declares,
        code => declares || call.has_common_error(code),
    }
}

/// Whether a call with an idempotency key can answer with the code. Such a call reads its body in any case.
const fn is_of_idempotency(code: Code) -> bool {
    matches!(
        code,
        Code::IdempotencyKeyReused
            | Code::IdempotentAnswerLost
            | Code::InvalidField
            | Code::BadRequestBody
            | Code::BodyTooLarge
            | Code::RequestTimeout
    )
}

fn add_requirement(operation: &mut Operation, declaration: &Declaration) {
    let scope = declaration.scope();
    let text = match declaration.scope {
        ScopeRequirement::One(_) => format!("Required scope: `{scope}`."),
        ScopeRequirement::Any | ScopeRequirement::NotForApiKeys => "Any API key can call it.".to_owned(),
    };
    let is_for_unbound_keys = declaration.errors.contains(&Code::KeyBoundToOrganization);
    let bound = if is_for_unbound_keys { " A key of one organization cannot call it." } else { "" };
    add_paragraph(operation, &format!("{text}{bound}"));
    operation.extensions.get_or_insert_default().insert("x-required-scope".to_owned(), scope.into());
}

fn example(code: Code) -> Value {
    let message = error_message(code, code.message());
    json!({"message": message, "errors": [{"message": message, "code": code.as_str()}]})
}

/// Adds the header of requests that take effect once, and that of their repeated responses.
fn add_idempotency(document: &mut Value) {
    document["components"]["parameters"] = json!({"IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A text of your choice, such as a random UUID. A call that is repeated with it within 24 hours, by \
                        the same API key, has no further effect and gets the first response.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "example": "2f1c2a52-7d0c-4f3b-9f57-3a1b0c6f9d11"
    }});
    document["components"]["headers"]["IdempotencyReplayed"] = json!({
        "description": "`true` if this is the response of an earlier call with the same `Idempotency-Key`.",
        "schema": {"type": "string", "enum": ["true"]}
    });
    let methods = document["paths"].as_object_mut().into_iter().flatten();
    for operation in methods.filter_map(|(_, methods)| methods.get_mut("post")) {
        if !operation["parameters"].is_array() {
            operation["parameters"] = json!([]);
        }
        if let Some(parameters) = operation["parameters"].as_array_mut() {
            parameters.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
        }
        for (_, response) in responses(operation).filter(|(status, _)| status.starts_with('2')) {
            response["headers"]["Idempotency-Replayed"] = json!({"$ref": "#/components/headers/IdempotencyReplayed"});
        }
    }
    for operation in operations(document) {
        for (_, response) in responses(operation).filter(|(status, _)| *status == "401") {
            response["headers"]["WWW-Authenticate"] =
                json!({"description": "Always `Bearer`.", "schema": {"type": "string", "enum": ["Bearer"]}});
        }
    }
}
