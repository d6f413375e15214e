//! The API's description: made from the handlers, completed here with what all calls share.
//!
//! It is served as `/openapi.json`, kept in `docs/openapi.json`, and compared with that file in the tests.

use serde::Serialize;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _, ToSchema};
use vestibule_core::Code;

use crate::envelope::SessionShape;

/// Every answer, as its reader sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Enveloped<T> {
    /// The HTTP status once more.
    status: u16,
    /// Empty on success.
    message: String,
    data: T,
    /// The caller's session; `null` for a visitor who has none.
    session: Option<SessionShape>,
    /// `null` on success.
    errors: Option<Vec<ErrorShape>>,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorShape {
    /// Stable: made for programs.
    code: String,
    /// Made for people.
    message: String,
}

/// A refusal, as its reader sees it.
#[derive(Debug, Serialize, ToSchema)]
struct Refused {
    status: u16,
    /// The first error's words.
    message: String,
    /// `null`, or an empty object when a field was wrong.
    #[schema(value_type = Option<Object>)]
    data: (),
    session: Option<SessionShape>,
    /// At least one.
    errors: Vec<ErrorShape>,
}

/// The description before any call is in it.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vestibule",
        description = "Organizations, their members, and who may come in. Every answer is an envelope; every body may be \
                       sent as a form, as multipart or as JSON; ids are decimal strings.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(Refused, SessionShape)),
    security(("session" = [])),
    modifiers(&Cookie)
)]
struct Description;

struct Cookie;

impl Modify for Cookie {
    fn modify(&self, description: &mut OpenApi) {
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "session_id",
            "Set by POST /auth/signin and POST /auth/signup. The cookie `__session` is read too.",
        )));
        description.components.get_or_insert_default().add_security_scheme("session", cookie);
    }
}

/// The description to which routes add themselves.
pub(crate) fn beginning() -> OpenApi {
    Description::openapi()
}

/// An older way to make a call, described like the call itself.
pub(crate) struct Alias {
    /// How it is called now.
    pub(crate) path: &'static str,
    /// How it was called before.
    pub(crate) older_method: HttpMethod,
    /// Where.
    pub(crate) older_path: &'static str,
}

/// Adds the older verbs, and to every call what all calls share: three encodings for a body, and the refusals.
pub(crate) fn complete(mut description: OpenApi, aliases: &[Alias]) -> OpenApi {
    for alias in aliases {
        let newer = [HttpMethod::Post, HttpMethod::Get]
            .into_iter()
            .find_map(|method| description.paths.get_path_operation(alias.path, method).cloned());
        if let Some(mut operation) = newer {
            operation.deprecated = Some(utoipa::openapi::Deprecated::True);
            operation.operation_id = operation.operation_id.map(|id| format!("{id}_as_before"));
            let methods = vec![alias.older_method.clone()];
            description.paths.add_path_operation(alias.older_path, methods, operation);
        }
    }
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(share);
    }
    description
}

fn share(operation: &mut Operation) {
    let mut statuses = vec![400, 403, 404, 500, 503];
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && let Some(json) = body.content.get("application/json").cloned()
    {
        for encoding in ["application/x-www-form-urlencoded", "multipart/form-data"] {
            body.content.insert(encoding.to_owned(), json.clone());
        }
        statuses.extend([413, 415]);
    }
    // An empty requirement means: no cookie needed.
    if operation.security.as_ref().is_none_or(Vec::is_empty) {
        statuses.push(401);
    }
    // What a call names besides its success is a refusal of its own.
    let own = operation.responses.responses.keys().filter_map(|status| status.parse().ok());
    statuses.extend(own.filter(|status| *status != 200).collect::<Vec<u16>>());
    statuses.sort_unstable();
    for status in statuses {
        operation.responses.responses.insert(status.to_string(), RefOr::T(refusal(status)));
    }
}

fn refusal(status: u16) -> Response {
    let codes: Vec<_> = Code::ALL.iter().filter(|code| code.status() == status).map(|code| code.as_str()).collect();
    let schema = utoipa::openapi::Ref::from_schema_name("Refused");
    ResponseBuilder::new()
        .description(format!("One of {}.", codes.join(", ")))
        .content("application/json", Content::new(Some(schema)))
        .build()
}
