//! `POST /auth/identify`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::ConnectionId;
use vestibule_core::names::Username;
use vestibule_core::sign_in::{FirstFactor, Identifier, Identify};
use vestibule_core::{Code, Problem};

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;

/// What a person types to sign in.
#[derive(Debug, ToSchema)]
#[schema(as = IdentifyFields)]
pub(crate) struct Fields {
    /// An email address or a user name. Phone numbers are not supported.
    #[schema(value_type = String, example = "ada@example.com")]
    identifier: Identifier,
}

impl FromFields for Fields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::InvalidUsername];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let text = fields.required_text("identifier")?;
        let identifier = if text.contains('@') {
            Identifier::Email(EmailAddress::parse(&text)?)
        } else if text.trim_start().starts_with('+') {
            return Err(Problem::field("identifier", "write an email address or a user name, not a phone number."));
        } else {
            Identifier::Username(Username::parse("identifier", &text)?)
        };
        Ok(Self { identifier })
    }
}

/// The way of signing in to offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Identification)]
pub(crate) struct IdentifyResponse {
    /// `sso` if the domain of the address has a connection of an organization, else `password`.
    #[schema(example = "password")]
    strategy: &'static str,
    /// Of `sso`: what `POST /auth/sso/login` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ConnectionId, required = false)]
    connection_id: Option<ConnectionId>,
    /// Of `sso`: always `oidc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    provider: Option<&'static str>,
}

/// Returns which way of signing in to offer for an identifier.
///
/// Only the domain of an address decides: the response does not reveal whether an account has the address or the user name.
/// An account without a password signs in by mail.
#[utoipa::path(post, path = "/auth/identify", operation_id = "identify_user", tag = "Auth", request_body = Fields,
    responses((status = 200, description = "User identified", body = Enveloped<IdentifyResponse>)))]
pub(crate) async fn identify(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { identifier }): Body<Fields>,
) -> ApiResponse<IdentifyResponse> {
    let reply = app.query(&caller, Identify { identifier }).await;
    ApiResponse::from(reply.map(|factor| match factor {
        FirstFactor::Password => IdentifyResponse { strategy: "password", connection_id: None, provider: None },
        FirstFactor::SingleSignOn(connection) => {
            IdentifyResponse { strategy: "sso", connection_id: Some(connection), provider: Some("oidc") }
        }
    }))
}
