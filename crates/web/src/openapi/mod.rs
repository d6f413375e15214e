//! The parts of the OpenAPI documents that follow from a call's declarations or that all calls share: envelope, errors,
//! permission, body encodings, security.
//!
//! There are two: [`FRONTEND`] in `docs/openapi.json`, and [`PLATFORM`] in `docs/platform-openapi.json`. The tests
//! compare the files with what is generated, and the server embeds them.

mod declaration;
mod document;
mod errors;
mod frontend;
mod platform;
mod schemas;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{OneOf, Schema};
use utoipa::openapi::{OpenApi, RefOr, Required, Response, ResponseBuilder};
use vestibule_core::Code;

use crate::extract::HandlerErrors;

pub(crate) use declaration::{Declaration, command, commands, nothing, query};
pub use document::Document;
pub(crate) use frontend::{Enveloped, FRONTEND};
pub(crate) use platform::PLATFORM;
use values::Values;

/// What the documents of the two APIs differ in.
pub(crate) struct Api {
    base: fn() -> OpenApi,
    description: &'static str,
    /// The groups of calls, in the order of viewers.
    tags: &'static [(&'static str, &'static str)],
    /// The URL of a server with the default settings, and what it is.
    server: (&'static str, &'static str),
    /// The schemas of the body of an error, and of an error in it.
    error_schemas: (&'static str, &'static str),
    status: fn(Code) -> u16,
    /// The example of an error response.
    example: fn(Code) -> Value,
    /// Whether a call can answer with a code.
    has_error: fn(&Call, &HttpMethod, Code) -> bool,
    /// Adds the permission or the scope that a call requires.
    add_requirement: fn(&mut Operation, &Declaration),
    /// How an image is sent.
    image: &'static str,
    values: &'static Values,
    /// Adds the headers of requests and responses that this API alone has.
    add_headers: fn(&mut Value),
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
pub(crate) fn generate(api: &Api, calls: Vec<Call>) -> serde_json::Result<Document> {
    let mut document = (api.base)();
    let mut schemas = Schemas::new();
    let mut strict_calls = BTreeSet::new();
    for call in calls {
        (call.add_schemas)(&mut schemas);
        if call.extractor_errors.contains(&Code::UnknownField) {
            strict_calls.extend(call.operation.operation_id.clone());
        }
        for method in call.methods.clone() {
            document.paths.add_path_operation(&call.path, vec![method.clone()], call.operation(api, &method));
        }
    }
    document.components.get_or_insert_default().schemas.extend(schemas);
    Ok(Document::complete(api, serde_json::to_value(document)?, &strict_calls))
}

impl Call {
    /// Completes the handler's operation: tags, body, permission, security and error responses.
    fn operation(&self, api: &Api, method: &HttpMethod) -> Operation {
        let mut operation = self.operation.clone();
        if !self.tags.is_empty() {
            operation.tags = Some(self.tags.iter().map(ToString::to_string).collect());
        }
        self.complete_body(api, &mut operation);
        (api.add_requirement)(&mut operation, &self.declaration);
        let codes: Vec<_> = Code::ALL.iter().copied().filter(|code| (api.has_error)(self, method, *code)).collect();
        operation.responses.responses.extend(error_responses(api, &codes));
        operation
    }

    /// Makes an optional body one that may be missing rather than `null`, and says how to send an image.
    fn complete_body(&self, api: &Api, operation: &mut Operation) {
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
            add_paragraph(operation, api.image);
        }
    }

    /// Whether a command, a query or an extractor of the call declares the code.
    fn declares(&self, code: Code) -> bool {
        self.declaration.errors.contains(&code) || self.extractor_errors.contains(&code)
    }

    /// Whether any call of its kind can answer with the code.
    fn has_common_error(&self, code: Code) -> bool {
        match code {
            Code::OutcomeUnknown | Code::StorageFull => self.declaration.is_write,
            code => code.is_common(),
        }
    }
}

fn add_paragraph(operation: &mut Operation, text: &str) {
    let description = operation.description.take().unwrap_or_default();
    operation.description = Some(format!("{description}\n\n{text}").trim_start().to_owned());
}

/// Returns a response for each status of the codes, without its content.
fn error_responses(api: &Api, codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let statuses: BTreeSet<u16> = codes.iter().map(|code| (api.status)(*code)).collect();
    let response = |status: u16| {
        let codes: Vec<_> =
            codes.iter().filter(|code| (api.status)(**code) == status).map(|code| code.as_str()).collect();
        let response = ResponseBuilder::new()
            .description(format!("One of {}.", codes.join(", ")))
            .extensions(Some(Extensions::from_iter([("x-error-codes", codes)])));
        (status.to_string(), RefOr::T(response.build()))
    };
    statuses.into_iter().map(response).collect()
}
