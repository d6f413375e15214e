//! `POST /waitlist/join`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{DeploymentId, WaitlistEntryId};
use vestibule_core::names::PersonName;
use vestibule_core::time::Timestamp;
use vestibule_core::waitlist::{Join, join as join_waitlist};
use vestibule_core::{Code, Problem};

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;

/// The fields of a waitlist entry.
#[derive(Debug, ToSchema)]
#[schema(as = NewWaitlistEntry)]
pub(crate) struct Fields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
    #[schema(value_type = Option<String>)]
    first_name: PersonName,
    #[schema(value_type = Option<String>)]
    last_name: PersonName,
}

impl FromFields for Fields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidEmail];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let (first, last) = (fields.text("first_name")?, fields.text("last_name")?);
        Ok(Self {
            email: EmailAddress::parse(&fields.required_text("email")?)?,
            first_name: PersonName::parse("first_name", first.as_deref().unwrap_or_default())?,
            last_name: PersonName::parse("last_name", last.as_deref().unwrap_or_default())?,
        })
    }
}

/// The new waitlist entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinedWaitlist)]
pub(crate) struct JoinWaitlistResponse {
    message: &'static str,
    entry: WaitlistEntryResponse,
}

/// A waitlist entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitlistEntry)]
struct WaitlistEntryResponse {
    id: WaitlistEntryId,
    deployment_id: DeploymentId,
    email: String,
    /// The same as `email`.
    email_address: String,
    first_name: String,
    last_name: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Adds an email address to the waitlist.
///
/// The response does not reveal whether the address is on the waitlist already or has an account.
#[utoipa::path(post, path = "/waitlist/join", operation_id = "join_waitlist", tag = "Waitlist", request_body = Fields,
    responses((status = 200, description = "Successfully added to waitlist", body = Enveloped<JoinWaitlistResponse>)))]
pub(crate) async fn join(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { email, first_name, last_name }): Body<Fields>,
) -> ApiResponse<JoinWaitlistResponse> {
    let join = Join { email: email.clone(), first_name: first_name.clone(), last_name: last_name.clone() };
    ApiResponse::from(join_waitlist(app.service(), &caller, join).await.map(|entry| JoinWaitlistResponse {
        message: "Successfully joined waitlist",
        entry: WaitlistEntryResponse {
            id: entry.id,
            deployment_id: app.response_context().deployment,
            email: email.key().to_owned(),
            email_address: email.key().to_owned(),
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
            created_at: entry.created_at,
            updated_at: entry.created_at,
        },
    }))
}
