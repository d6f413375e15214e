//! `/me/email-addresses`: the caller's email addresses.

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::account::{
    AddAddress, DeleteAddress, ListAddresses, MakePrimary, ShowAddress, prepare_address_verification, verify_address,
};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::EmailAddressId;
use vestibule_core::secret::SubmittedCode;
use vestibule_core::{Code, Problem, Reply};

use crate::api::response::{EmailAddressResponse, MessageResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::openapi::Enveloped;

/// Lists the caller's email addresses, oldest first.
#[utoipa::path(get, path = "/me/email-addresses", operation_id = "list_email_addresses", tag = "Me",
    responses((status = 200, description = "The addresses", body = Enveloped<Vec<EmailAddressResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<Vec<EmailAddressResponse>> {
    let addresses = app.query(&caller, ListAddresses).await;
    ApiResponse::from(addresses.map(|addresses| addresses.into_iter().map(EmailAddressResponse::from).collect()))
}

/// The fields of a new email address.
#[derive(Debug, ToSchema)]
#[schema(as = NewEmailAddress)]
pub(crate) struct Fields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
}

impl FromFields for Fields {
    const ERRORS: &[Code] = &[Code::InvalidEmail];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { email: EmailAddress::parse(&fields.required_text("email")?)? })
    }
}

/// Adds an unverified email address to the caller's account.
#[utoipa::path(post, path = "/me/email-addresses",
    operation_id = "add_email_address", tag = "Me", request_body = Fields,
    responses((status = 200, description = "Email address added", body = Enveloped<EmailAddressResponse>)))]
pub(crate) async fn add(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { email }): Body<Fields>,
) -> ApiResponse<EmailAddressResponse> {
    ApiResponse::from(app.run(&caller, AddAddress { email }).await.map(EmailAddressResponse::from))
}

/// Returns one of the caller's email addresses.
#[utoipa::path(get, path = "/me/email-addresses/{id}", operation_id = "get_email_address", tag = "Me",
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "The address", body = Enveloped<EmailAddressResponse>)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((address,)): Path<(EmailAddressId,)>,
) -> ApiResponse<EmailAddressResponse> {
    ApiResponse::from(app.query(&caller, ShowAddress { address }).await.map(EmailAddressResponse::from))
}

/// Deletes one of the caller's email addresses.
///
/// The primary address cannot be deleted.
#[utoipa::path(post, path = "/me/email-addresses/{id}/delete", operation_id = "delete_email_address", tag = "Me",
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "Deleted", body = Enveloped<MessageResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((address,)): Path<(EmailAddressId,)>,
) -> ApiResponse<MessageResponse> {
    let reply = app.run(&caller, DeleteAddress { address }).await;
    ApiResponse::from(reply.map(|()| MessageResponse::new("Email address deleted")))
}

/// Makes one of the caller's verified email addresses the primary one.
#[utoipa::path(post, path = "/me/email-addresses/{id}/make-primary",
    operation_id = "set_primary_email_address", tag = "Me",
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "The address is now the primary one", body = Enveloped<MessageResponse>)))]
pub(crate) async fn make_primary(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((address,)): Path<(EmailAddressId,)>,
) -> ApiResponse<MessageResponse> {
    let reply = app.run(&caller, MakePrimary { address }).await;
    ApiResponse::from(reply.map(|()| MessageResponse::new("Primary email address changed")))
}

/// Mails a verification code to one of the caller's email addresses.
#[utoipa::path(post, path = "/me/email-addresses/{id}/prepare-verification",
    operation_id = "prepare_email_address_verification", tag = "Me",
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "Verification code sent", body = Enveloped<MessageResponse>)))]
pub(crate) async fn prepare(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((address,)): Path<(EmailAddressId,)>,
) -> ApiResponse<MessageResponse> {
    let reply = prepare_address_verification(app.service(), &caller, address).await;
    ApiResponse::from(reply.map(|()| MessageResponse::new("Verification code sent")))
}

/// A verification code.
#[derive(Debug, ToSchema)]
#[schema(as = AddressCode)]
pub(crate) struct CodeFields {
    /// Six digits. `code` and a query parameter are accepted too, for earlier clients.
    #[schema(value_type = String, example = "042117")]
    verification_code: Option<SubmittedCode>,
}

impl FromFields for CodeFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let (code, legacy_code) = (fields.text("verification_code")?, fields.text("code")?);
        let code = code.or(legacy_code).filter(|code| !code.is_empty());
        Ok(Self { verification_code: code.map(|code| SubmittedCode::from_input(&code)) })
    }
}

/// Verifies one of the caller's email addresses with the code from the mail.
#[utoipa::path(post, path = "/me/email-addresses/{id}/attempt-verification",
    operation_id = "verify_email_address", tag = "Me", request_body = CodeFields,
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "Email verified successfully", body = Enveloped<MessageResponse>)))]
pub(crate) async fn attempt(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((address,)): Path<(EmailAddressId,)>,
    Query(query): Query<CodeFields>,
    Body(fields): Body<CodeFields>,
) -> ApiResponse<MessageResponse> {
    let reply = match fields.verification_code.or(query.verification_code) {
        Some(code) => verify_address(app.service(), &caller, address, &code).await,
        None => Reply::failed(Problem::required("verification_code")),
    };
    ApiResponse::from(reply.map(|_| MessageResponse::new("Email verified successfully")))
}
