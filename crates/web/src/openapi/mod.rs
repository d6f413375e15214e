//! The parts of the OpenAPI document that follow from a call's declarations or that all calls share: envelope, errors,
//! permission, body encodings, security.
//!
//! The document is generated into `docs/openapi.json`, which the tests compare and the server embeds.

mod declaration;
mod document;
mod errors;
mod schemas;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{OneOf, Schema};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Required, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _, ToSchema};
use vestibule_core::Code;
use vestibule_core::permission::Requirement;
use vestibule_core::proof::ProofMethod;

use crate::app::{DEVELOPMENT_HEADER, DEVELOPMENT_QUERY};
use crate::envelope::SessionStubResponse;
use crate::extract::HandlerErrors;

use declaration::Declaration;
pub(crate) use declaration::{command, commands, nothing, query};
pub use document::Document;

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
    #[schema(value_type = String, required = false, example = "too_short")]
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
    #[schema(value_type = Vec<String>, required = false)]
    methods: Option<Vec<ProofMethod>>,
    /// Of `REAUTHENTICATION_REQUIRED`: the address that the call would add to the account. Tell the person, and send it
    /// to `POST /me/reauthenticate`.
    #[schema(value_type = String, format = Email, required = false)]
    address: Option<String>,
}

#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vestibule",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ErrorEnvelope, SessionStubResponse)),
    security(("session" = []), ("development_session" = []), ("development_session_query" = [])),
    modifiers(&SessionToken)
)]
struct BaseDocument;

/// The ways to send the session's token.
struct SessionToken;

impl Modify for SessionToken {
    fn modify(&self, document: &mut OpenApi) {
        let schemes = [
            (
                "session",
                ApiKey::Cookie(ApiKeyValue::with_description(
                    "session_id",
                    "Set by the calls that sign in. If the public URL is https, the name is `__Host-session_id`; clients \
                     that are not browsers can also send it as `session_id` or `__session`.",
                )),
            ),
            (
                "development_session",
                ApiKey::Header(ApiKeyValue::with_description(
                    DEVELOPMENT_HEADER,
                    "In staging mode only: the calls that sign in return the token in this header too, for pages on \
                     another site whose browser drops the cookie.",
                )),
            ),
            (
                "development_session_query",
                ApiKey::Query(ApiKeyValue::with_description(
                    DEVELOPMENT_QUERY,
                    "In staging mode only: the same token.",
                )),
            ),
        ];
        let components = document.components.get_or_insert_default();
        for (name, scheme) in schemes {
            components.add_security_scheme(name, SecurityScheme::ApiKey(scheme));
        }
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

/// Generates the document with the calls, without examples of requests and responses.
pub(crate) fn generate(calls: Vec<Call>) -> serde_json::Result<Document> {
    let mut document = BaseDocument::openapi();
    let mut schemas = Schemas::new();
    let mut strict_calls = BTreeSet::new();
    for call in calls {
        (call.add_schemas)(&mut schemas);
        if call.extractor_errors.contains(&Code::UnknownField) {
            strict_calls.extend(call.operation.operation_id.clone());
        }
        for method in call.methods.clone() {
            document.paths.add_path_operation(&call.path, vec![method.clone()], call.operation(&method));
        }
    }
    document.components.get_or_insert_default().schemas.extend(schemas);
    Ok(Document::complete(serde_json::to_value(document)?, &strict_calls))
}

impl Call {
    /// Completes the handler's operation: tags, body, permission, security and error responses.
    fn operation(&self, method: &HttpMethod) -> Operation {
        let mut operation = self.operation.clone();
        if !self.tags.is_empty() {
            operation.tags = Some(self.tags.iter().map(ToString::to_string).collect());
        }
        self.complete_body(&mut operation);
        add_permission(&mut operation, &self.declaration);
        operation.responses.responses.extend(error_responses(&self.errors(method)));
        operation
    }

    /// Makes an optional body one that may be missing rather than `null`, and says how to send an image.
    fn complete_body(&self, operation: &mut Operation) {
        let Some(RefOr::T(RequestBody { content, required, .. })) = &mut operation.request_body else { return };
        for body in content.values_mut() {
            let RefOr::T(body) = body else { continue };
            let inner = match &body.schema {
                Some(RefOr::T(Schema::OneOf(OneOf { items, .. }))) => {
                    items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned()
                }
                _ => None,
            };
            *required = Some(if inner.is_some() { Required::False } else { Required::True });
            body.schema = inner.or_else(|| body.schema.take());
        }
        if self.extractor_errors.contains(&Code::ImageUnreadable) && content.contains_key("application/json") {
            let line = "To set the image, send the fields as `multipart/form-data`, with a PNG, JPEG or WebP file of up \
                        to 5 MiB as `image`.";
            add_paragraph(operation, line);
        }
    }

    /// Returns the codes that the call can answer, in the order of [`Code::ALL`].
    fn errors(&self, method: &HttpMethod) -> Vec<Code> {
        let Declaration { requirement, errors, is_write } = &self.declaration;
        let is_declared = |code: Code| match code {
            Code::OutcomeUnknown | Code::StorageFull => *is_write,
            Code::CrossSiteRequest => *method != HttpMethod::Get || self.extractor_errors.contains(&code),
            code if code.is_common() => true,
            code => {
                errors.contains(&code) || requirement.codes().contains(&code) || self.extractor_errors.contains(&code)
            }
        };
        Code::ALL.iter().copied().filter(|code| is_declared(*code)).collect()
    }
}

fn add_permission(operation: &mut Operation, declaration: &Declaration) {
    let permission = declaration.permission();
    add_paragraph(operation, &format!("Required permission: {permission}."));
    operation.extensions.get_or_insert_default().insert("x-required-permission".to_owned(), permission.into());
    if declaration.requirement == Requirement::Nothing {
        operation.security = Some(Vec::new());
    }
}

fn add_paragraph(operation: &mut Operation, text: &str) {
    let description = operation.description.take().unwrap_or_default();
    operation.description = Some(format!("{description}\n\n{text}").trim_start().to_owned());
}

/// Returns a response for each status of the codes, without its content.
fn error_responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let statuses: BTreeSet<u16> = codes.iter().map(|code| code.status()).collect();
    let response = |status: u16| {
        let codes: Vec<_> = codes.iter().filter(|code| code.status() == status).map(|code| code.as_str()).collect();
        let response = ResponseBuilder::new()
            .description(format!("One of {}.", codes.join(", ")))
            .extensions(Some(Extensions::from_iter([("x-error-codes", codes)])));
        (status.to_string(), RefOr::T(response.build()))
    };
    statuses.into_iter().map(response).collect()
}
