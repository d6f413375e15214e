//! The parts of the OpenAPI document that all calls share: envelope, errors, body encodings, security, legacy routes.
//!
//! The document is generated into `docs/openapi.json`, which the tests compare and the server embeds.

use serde::Serialize;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _, ToSchema};
use vestibule_core::Code;

use crate::envelope::SessionStubResponse;

/// The envelope of a successful response.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Enveloped<T> {
    /// The HTTP status code.
    status: u16,
    /// Empty on success.
    message: String,
    data: T,
    /// The caller's session; `null` without one.
    session: Option<SessionStubResponse>,
    /// `null` on success.
    errors: Option<Vec<ErrorResponse>>,
}

/// An error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorResponse {
    /// Stable and meant for programs.
    code: String,
    /// Meant for people; the wording may change.
    message: String,
}

/// The envelope of an error response.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorEnvelope {
    /// The HTTP status code.
    status: u16,
    /// The message of the first error.
    message: String,
    /// An empty object if the input is invalid, otherwise `null`.
    #[schema(value_type = Option<Object>)]
    data: (),
    session: Option<SessionStubResponse>,
    /// At least one.
    errors: Vec<ErrorResponse>,
}

#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vestibule",
        description = "Organizations, members, roles, invitations and sessions. Every response is an envelope. Request \
                       bodies may be URL-encoded forms, multipart forms or JSON. Ids are decimal strings.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ErrorEnvelope, SessionStubResponse)),
    security(("session" = [])),
    modifiers(&SessionCookie)
)]
struct BaseDocument;

struct SessionCookie;

impl Modify for SessionCookie {
    fn modify(&self, document: &mut OpenApi) {
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "session_id",
            "Set by POST /auth/signin and POST /auth/signup. The cookie `__session` is accepted too.",
        )));
        document.components.get_or_insert_default().add_security_scheme("session", cookie);
    }
}

/// Returns the document without calls.
pub(crate) fn base_document() -> OpenApi {
    BaseDocument::openapi()
}

/// A route of an earlier API version, documented as a deprecated copy of the current one.
pub(crate) struct LegacyRoute {
    pub(crate) current_path: &'static str,
    pub(crate) method: HttpMethod,
    pub(crate) path: &'static str,
}

/// Adds the legacy routes, and to every call the three body encodings and the error responses.
pub(crate) fn finish_document(mut document: OpenApi, legacy_routes: &[LegacyRoute]) -> OpenApi {
    for legacy in legacy_routes {
        let current = [HttpMethod::Post, HttpMethod::Get]
            .into_iter()
            .find_map(|method| document.paths.get_path_operation(legacy.current_path, method).cloned());
        if let Some(mut operation) = current {
            operation.deprecated = Some(utoipa::openapi::Deprecated::True);
            operation.operation_id = operation.operation_id.map(|id| format!("{id}_legacy"));
            document.paths.add_path_operation(legacy.path, vec![legacy.method.clone()], operation);
        }
    }
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(add_shared_parts);
    }
    document
}

fn add_shared_parts(operation: &mut Operation) {
    let mut statuses = vec![400, 403, 404, 500, 503];
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && let Some(json) = body.content.get("application/json").cloned()
    {
        for encoding in ["application/x-www-form-urlencoded", "multipart/form-data"] {
            body.content.insert(encoding.to_owned(), json.clone());
        }
        statuses.extend([413, 415]);
    }
    // `security(())` documents that a call needs no session cookie.
    if operation.security.as_ref().is_none_or(Vec::is_empty) {
        statuses.push(401);
    }
    // Other statuses that the call documents itself are errors too.
    let own = operation.responses.responses.keys().filter_map(|status| status.parse().ok());
    statuses.extend(own.filter(|status| *status != 200).collect::<Vec<u16>>());
    statuses.sort_unstable();
    for status in statuses {
        operation.responses.responses.insert(status.to_string(), RefOr::T(error_response(status)));
    }
}

fn error_response(status: u16) -> Response {
    let codes: Vec<_> = Code::ALL.iter().filter(|code| code.status() == status).map(|code| code.as_str()).collect();
    let schema = utoipa::openapi::Ref::from_schema_name("ErrorEnvelope");
    ResponseBuilder::new()
        .description(format!("One of {}.", codes.join(", ")))
        .content("application/json", Content::new(Some(schema)))
        .build()
}
