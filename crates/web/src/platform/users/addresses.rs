//! `/users/{id}/emails`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{DeploymentId, EmailAddressId, UserId};
use vestibule_core::time::Timestamp;
use vestibule_core::user::OwnedAddress;
use vestibule_core::user_management::{AddAddress, DeleteAddress, ListAddresses, MakePrimary, UpdateAddress};
use vestibule_core::{Code, Problem};

use crate::app::{App, CurrentCaller, ResponseContext};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::platform::page::{Page, WholeListQuery};
use crate::platform::response::{Empty, PlatformResponse};

/// An email address of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserEmailAddress)]
pub(crate) struct AddressResponse {
    id: EmailAddressId,
    created_at: Timestamp,
    updated_at: Timestamp,
    deployment_id: DeploymentId,
    user_id: UserId,
    #[schema(format = Email)]
    email: String,
    is_primary: bool,
    /// Whether access to the mailbox was proved, or an API key vouched for it.
    verified: bool,
    /// Without a meaning unless `verified`: clients require a time.
    verified_at: Timestamp,
    verification_strategy: &'static str,
}

impl AddressResponse {
    pub(super) fn new(address: OwnedAddress, user: UserId, context: ResponseContext<'_>) -> Self {
        let OwnedAddress { id, email, is_primary, verified_at, created_at, updated_at, .. } = address;
        Self {
            id,
            created_at,
            updated_at,
            deployment_id: context.deployment,
            user_id: user,
            email,
            is_primary,
            verified: verified_at.is_some(),
            verified_at: verified_at.unwrap_or(created_at),
            verification_strategy: "otp",
        }
    }
}

/// Lists the addresses of a user, oldest first. Their names are the addresses.
#[utoipa::path(get, path = "/users/{id}/emails", operation_id = "list_user_emails", tag = "User addresses",
    params(("id" = UserId, Path, description = "The user"), WholeListQuery),
    responses((status = 200, description = "The addresses", body = Page<AddressResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Query(query): Query<WholeListQuery>,
) -> PlatformResponse<Page<AddressResponse>> {
    let response = |address| AddressResponse::new(address, user, app.response_context());
    let reply = app.query(&caller, ListAddresses { user }).await;
    reply
        .map(|addresses| {
            Page::of_selected(addresses, &query, |address| address.email.as_str(), |address| address.id, response)
        })
        .into()
}

/// A new address of a user.
#[derive(Debug, ToSchema)]
#[schema(as = NewUserEmail)]
pub(crate) struct AddFields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
    /// Whether your application vouches for it. Otherwise the user has to verify it.
    #[schema(required = false)]
    verified: bool,
    /// Only a verified address can be primary.
    #[schema(required = false)]
    is_primary: bool,
}

impl FromFields for AddFields {
    const ERRORS: &[Code] = &[Code::InvalidEmail];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            email: EmailAddress::parse(&fields.required_text("email")?)?,
            verified: fields.flag("verified")?.unwrap_or(false),
            is_primary: fields.flag("is_primary")?.unwrap_or(false),
        })
    }
}

/// Adds an address to a user.
///
/// A verified one opens the account, and is taken from an account that has not proved it. The first one is primary.
#[utoipa::path(post, path = "/users/{id}/emails", operation_id = "add_user_email", tag = "User addresses",
    request_body = AddFields, params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The address", body = AddressResponse)))]
pub(crate) async fn add(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Body(AddFields { email, verified, is_primary }): Body<AddFields>,
) -> PlatformResponse<AddressResponse> {
    let reply = app.run(&caller, AddAddress { user, email, is_verified: verified, is_primary }).await;
    reply.map(|address| AddressResponse::new(address, user, app.response_context())).into()
}

/// The changes to an address. Missing fields remain unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = UserEmailChanges)]
pub(crate) struct UpdateFields {
    /// Another address in its place, verified only if `verified` is true.
    #[schema(value_type = Option<String>, format = Email)]
    email: Option<EmailAddress>,
    verified: Option<bool>,
    is_primary: Option<bool>,
}

impl FromFields for UpdateFields {
    const ERRORS: &[Code] = &[Code::InvalidEmail];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let email = fields.text("email")?.filter(|email| !email.is_empty());
        Ok(Self {
            email: email.map(|email| EmailAddress::parse(&email)).transpose()?,
            verified: fields.flag("verified")?,
            is_primary: fields.flag("is_primary")?,
        })
    }
}

/// Changes an address of a user.
#[utoipa::path(patch, path = "/users/{id}/emails/{email_id}", operation_id = "update_user_email", tag = "User addresses",
    request_body = UpdateFields,
    params(("id" = UserId, Path, description = "The user"), ("email_id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "The address", body = AddressResponse)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user, address)): Path<(UserId, EmailAddressId)>,
    Body(UpdateFields { email, verified, is_primary }): Body<UpdateFields>,
) -> PlatformResponse<AddressResponse> {
    let reply = app.run(&caller, UpdateAddress { user, address, email, is_verified: verified, is_primary }).await;
    reply.map(|address| AddressResponse::new(address, user, app.response_context())).into()
}

/// Deletes an address of a user, but not the primary one.
#[utoipa::path(delete, path = "/users/{id}/emails/{email_id}", operation_id = "delete_user_email", tag = "User addresses",
    params(("id" = UserId, Path, description = "The user"), ("email_id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user, address)): Path<(UserId, EmailAddressId)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, DeleteAddress { user, address }).await.map(|()| Empty {}).into()
}

/// Makes a verified address of a user the primary one.
#[utoipa::path(post, path = "/users/{id}/emails/{email_id}/make-primary", operation_id = "make_user_email_primary",
    tag = "User addresses",
    params(("id" = UserId, Path, description = "The user"), ("email_id" = EmailAddressId, Path, description = "The address")),
    responses((status = 200, description = "The address", body = AddressResponse)))]
pub(crate) async fn make_primary(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user, address)): Path<(UserId, EmailAddressId)>,
) -> PlatformResponse<AddressResponse> {
    let reply = app.run(&caller, MakePrimary { user, address }).await;
    reply.map(|address| AddressResponse::new(address, user, app.response_context())).into()
}
