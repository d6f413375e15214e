//! `/me/email-addresses`: one's own addresses (contract B.10).

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::attempt::{prepare_address, prove_address};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::EmailAddressId;
use vestibule_core::secret::TypedCode;
use vestibule_core::user::{AddAddress, DeleteAddress, ListAddresses, MakePrimary, ShowAddress};
use vestibule_core::{Problem, Reply};

use crate::answer::Answer;
use crate::api::shape::{EmailShape, Told};
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Path, Query, Reader};
use crate::openapi::Enveloped;

/// One's own addresses, the oldest first.
#[utoipa::path(get, path = "/me/email-addresses", tag = "Me",
    responses((status = 200, description = "The addresses", body = Enveloped<Vec<EmailShape>>)))]
pub(crate) async fn list(State(app): State<App>, Visitor(caller): Visitor) -> Answer<Vec<EmailShape>> {
    let addresses = app.ask(&caller, ListAddresses).await;
    Answer::from(addresses.map(|addresses| addresses.into_iter().map(EmailShape::from).collect()))
}

/// One more address.
#[derive(Debug, ToSchema)]
#[schema(as = NewEmailAddress)]
pub(crate) struct Fields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { email: EmailAddress::parse(&fields.required_text("email")?)? })
    }
}

/// Add an address to one's account. It counts as claimed until it is verified.
#[utoipa::path(post, path = "/me/email-addresses", tag = "Me", request_body = Fields,
    responses((status = 200, description = "Email address added", body = Enveloped<EmailShape>)))]
pub(crate) async fn add(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Fields { email }): Body<Fields>,
) -> Answer<EmailShape> {
    Answer::from(app.run(&caller, AddAddress { email }).await.map(EmailShape::from))
}

/// One of one's own addresses.
#[utoipa::path(get, path = "/me/email-addresses/{id}", tag = "Me",
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "The address", body = Enveloped<EmailShape>)))]
pub(crate) async fn one(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((address,)): Path<(EmailAddressId,)>,
) -> Answer<EmailShape> {
    Answer::from(app.ask(&caller, ShowAddress { address }).await.map(EmailShape::from))
}

/// Delete one of one's own addresses, but not the primary one.
#[utoipa::path(post, path = "/me/email-addresses/{id}/delete", tag = "Me",
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "Deleted", body = Enveloped<Told>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((address,)): Path<(EmailAddressId,)>,
) -> Answer<Told> {
    let reply = app.run(&caller, DeleteAddress { address }).await;
    Answer::from(reply.map(|()| Told::new("Email address deleted")))
}

/// Make one of one's own verified addresses the primary one.
#[utoipa::path(post, path = "/me/email-addresses/{id}/make-primary", tag = "Me",
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "Primary from now on", body = Enveloped<Told>)))]
pub(crate) async fn make_primary(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((address,)): Path<(EmailAddressId,)>,
) -> Answer<Told> {
    let reply = app.run(&caller, MakePrimary { address }).await;
    Answer::from(reply.map(|()| Told::new("Primary email address changed")))
}

/// Mail a code to one of one's own addresses.
#[utoipa::path(post, path = "/me/email-addresses/{id}/prepare-verification", tag = "Me",
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "Verification code sent", body = Enveloped<Told>),
              (status = 429, description = "Too many mails")))]
pub(crate) async fn prepare(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((address,)): Path<(EmailAddressId,)>,
) -> Answer<Told> {
    let reply = prepare_address(app.service(), &caller, address).await;
    Answer::from(reply.map(|()| Told::new("Verification code sent")))
}

/// The code from the mail.
#[derive(Debug, ToSchema)]
#[schema(as = AddressCode)]
pub(crate) struct Typed {
    /// Six digits. Earlier clients call it `code`, and put it into the query.
    #[schema(value_type = String, example = "042117")]
    verification_code: Option<TypedCode>,
}

impl FromFields for Typed {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let newer = fields.text("verification_code")?;
        let code = newer.or(fields.text("code")?).filter(|code| !code.is_empty());
        Ok(Self { verification_code: code.map(|code| TypedCode::read(&code)) })
    }
}

/// Verify one of one's own addresses by the code from the mail.
#[utoipa::path(post, path = "/me/email-addresses/{id}/attempt-verification", tag = "Me", request_body = Typed,
    params(("id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "Email verified successfully", body = Enveloped<Told>),
              (status = 400, description = "Not that code, or too late"), (status = 429, description = "Too many tries")))]
pub(crate) async fn attempt(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((address,)): Path<(EmailAddressId,)>,
    Query(in_query): Query<Typed>,
    Body(typed): Body<Typed>,
) -> Answer<Told> {
    let reply = match typed.verification_code.or(in_query.verification_code) {
        Some(code) => prove_address(app.service(), &caller, address, &code).await,
        None => Reply::refused(Problem::required("verification_code")),
    };
    Answer::from(reply.map(|_| Told::new("Email verified successfully")))
}
