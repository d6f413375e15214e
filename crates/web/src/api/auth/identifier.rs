//! `GET /auth/identifier-availability`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::names::Username;
use vestibule_core::sign_in::{Identifier, IdentifierExists};
use vestibule_core::{Code, Problem};

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Query};
use crate::openapi::Enveloped;

/// The query of an availability check.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AvailabilityParams {
    /// An email address or a user name.
    #[param(value_type = String)]
    identifier: Identifier,
    /// `email` or `username`.
    #[param(value_type = String)]
    #[expect(dead_code, reason = "only for the OpenAPI document")]
    r#type: (),
}

impl FromFields for AvailabilityParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::InvalidUsername];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let (identifier, kind) = (fields.required_text("identifier")?, fields.required_text("type")?);
        let identifier = match kind.as_str() {
            "email" => Identifier::Email(EmailAddress::parse(&identifier)?),
            "username" => Identifier::Username(Username::parse("identifier", &identifier)?),
            _ => return Err(Problem::field("type", "write email or username.")),
        };
        Ok(Self { identifier, r#type: () })
    }
}

/// The result of an availability check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentifierExistence {
    /// True if an account has the identifier.
    exists: bool,
}

/// Checks whether an account has an email address or user name.
///
/// The result is always `false`, unless the deployment is configured to reveal which accounts exist.
#[utoipa::path(get, path = "/auth/identifier-availability",
    operation_id = "check_identifier_availability", tag = "Auth", params(AvailabilityParams),
    responses((status = 200, description = "The result", body = Enveloped<IdentifierExistence>)))]
pub(crate) async fn availability(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(AvailabilityParams { identifier, .. }): Query<AvailabilityParams>,
) -> ApiResponse<IdentifierExistence> {
    ApiResponse::from(
        app.query(&caller, IdentifierExists { identifier }).await.map(|exists| IdentifierExistence { exists }),
    )
}
