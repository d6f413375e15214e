//! The parts of the OpenAPI document that follow from a call's declarations or that all calls share: envelope, errors,
//! permission, body encodings, security.
//!
//! The document is generated into `docs/openapi.json`, which the tests compare and the server embeds.

mod declaration;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _, ToSchema};
use vestibule_core::Code;
use vestibule_core::permission::Requirement;
use vestibule_core::proof::ProofMethod;

use crate::envelope::SessionStubResponse;
use crate::extract::HandlerErrors;

use declaration::Declaration;
pub(crate) use declaration::{command, commands, nothing, query};

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
    /// Only with `INVALID_PASSWORD`: `too_short`, `too_long`, `control_character`, `common`, `pattern`,
    /// `context_words` or `breached`. More may be added.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The envelope of an error response.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorEnvelope {
    /// The HTTP status code.
    status: u16,
    /// The message of the first error.
    message: String,
    /// An empty object if the input is invalid, and what to do for `REAUTHENTICATION_REQUIRED`. Otherwise `null`.
    #[schema(inline)]
    data: Option<ErrorData>,
    session: Option<SessionStubResponse>,
    /// At least one.
    errors: Vec<ErrorResponse>,
}

/// The data of an error.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorData {
    /// Of `REAUTHENTICATION_REQUIRED`: how the caller can confirm that it is them, with `POST /me/reauthenticate`.
    /// `password` or `email_otp`. Empty if they have to sign out and sign in again.
    #[schema(value_type = Option<Vec<String>>)]
    methods: Option<Vec<ProofMethod>>,
    /// Of `REAUTHENTICATION_REQUIRED`: the address that the call would add to the account. Tell the person, and send it
    /// to `POST /me/reauthenticate`.
    #[schema(format = Email)]
    address: Option<String>,
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
            "Set by POST /auth/signin and POST /auth/signup. If the public URL is https, its name is `__Host-session_id`. \
             Clients that are not browsers can also send it as `session_id` or `__session`.",
        )));
        document.components.get_or_insert_default().add_security_scheme("session", cookie);
    }
}

/// The schemas of a document, by name.
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// A call of the document: what utoipa derives from the handler, the codes of its extractors, and what it runs.
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) methods: Vec<HttpMethod>,
    pub(crate) operation: Operation,
    pub(crate) tags: Vec<&'static str>,
    /// Adds the schemas to which the operation refers.
    pub(crate) add_schemas: fn(&mut Schemas),
    pub(crate) extractor_errors: Vec<Code>,
    pub(crate) declaration: Declaration,
}

/// Returns the codes that the handler's extractors can answer.
pub(crate) fn extractor_errors<T>(handler: &impl HandlerErrors<T>) -> Vec<Code> {
    handler.extractor_errors()
}

/// Returns the document with the calls.
pub(crate) fn document(calls: Vec<Call>) -> OpenApi {
    let mut document = BaseDocument::openapi();
    let mut schemas = Schemas::new();
    for call in calls {
        (call.add_schemas)(&mut schemas);
        for method in call.methods.clone() {
            document.paths.add_path_operation(&call.path, vec![method.clone()], call.operation(&method));
        }
    }
    document.components.get_or_insert_default().schemas.extend(schemas);
    document
}

impl Call {
    /// Completes the handler's operation: tags, permission, security, body encodings and error responses.
    fn operation(&self, method: &HttpMethod) -> Operation {
        let mut operation = self.operation.clone();
        if !self.tags.is_empty() {
            operation.tags = Some(self.tags.iter().map(ToString::to_string).collect());
        }
        add_body_encodings(&mut operation);
        add_permission(&mut operation, &self.declaration);
        operation.responses.responses.extend(error_responses(&self.errors(method)));
        operation
    }

    /// Returns the codes that the call can answer, in the order of [`Code::ALL`].
    fn errors(&self, method: &HttpMethod) -> Vec<Code> {
        let Declaration { requirement, errors, is_write } = &self.declaration;
        let is_declared = |code: Code| match code {
            Code::OutcomeUnknown | Code::StorageFull => *is_write,
            Code::CrossSiteRequest => *method != HttpMethod::Get,
            code if code.is_common() => true,
            code => {
                errors.contains(&code) || requirement.codes().contains(&code) || self.extractor_errors.contains(&code)
            }
        };
        Code::ALL.iter().copied().filter(|code| is_declared(*code)).collect()
    }
}

fn add_body_encodings(operation: &mut Operation) {
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && let Some(json) = body.content.get("application/json").cloned()
    {
        for encoding in ["application/x-www-form-urlencoded", "multipart/form-data"] {
            body.content.insert(encoding.to_owned(), json.clone());
        }
    }
}

fn add_permission(operation: &mut Operation, declaration: &Declaration) {
    let permission = declaration.permission();
    let description = operation.description.take().filter(|text| !text.is_empty());
    let line = format!("Required permission: {permission}.");
    operation.description = Some(description.map_or_else(|| line.clone(), |text| format!("{text}\n\n{line}")));
    operation.extensions.get_or_insert_default().insert("x-required-permission".to_owned(), permission.into());
    if declaration.requirement == Requirement::Nothing {
        operation.security = Some(vec![SecurityRequirement::default()]);
    }
}

/// Returns a response for each status of the codes.
fn error_responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let statuses: BTreeSet<u16> = codes.iter().map(|code| code.status()).collect();
    let response = |status: u16| {
        let codes: Vec<_> = codes.iter().filter(|code| code.status() == status).map(|code| code.as_str()).collect();
        let schema = utoipa::openapi::Ref::from_schema_name("ErrorEnvelope");
        let response = ResponseBuilder::new()
            .description(format!("One of {}.", codes.join(", ")))
            .content("application/json", Content::new(Some(schema)))
            .extensions(Some(Extensions::from_iter([("x-error-codes", codes)])));
        (status.to_string(), RefOr::T(response.build()))
    };
    statuses.into_iter().map(response).collect()
}
