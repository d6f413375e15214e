//! `POST /auth/complete-profile`

use axum::extract::State;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::AttemptId;
use vestibule_core::names::{PersonName, Username};
use vestibule_core::single_sign_on::{CompleteProfile, complete_profile};
use vestibule_core::{Code, Problem};

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Query};
use crate::openapi::Enveloped;

/// Which profile to complete.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttemptParams {
    /// The attempt's id, from the session's `signin_attempts`.
    #[param(value_type = String)]
    attempt_id: AttemptId,
}

impl FromFields for AttemptParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId, Code::BadSignInAttempt];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { attempt_id: fields.id("attempt_id")?.ok_or(Code::BadSignInAttempt)? })
    }
}

/// The fields of the account. A missing one is as the provider has sent it. A password is ignored: the account has none
/// until its owner sets one.
#[derive(Debug, ToSchema)]
#[schema(as = ProfileFields)]
pub(crate) struct Fields {
    /// An address that the person can read: a code that is mailed there verifies it.
    #[schema(value_type = Option<String>, example = "ada@example.com")]
    email: Option<EmailAddress>,
    #[schema(value_type = Option<String>)]
    first_name: Option<PersonName>,
    #[schema(value_type = Option<String>)]
    last_name: Option<PersonName>,
    #[schema(value_type = Option<String>)]
    username: Option<Username>,
}

impl FromFields for Fields {
    /// Clients send all fields of a sign-up.
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::InvalidUsername];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let mut text = |name| Ok::<_, Problem>(fields.text(name)?.filter(|text| !text.is_empty()));
        let (email, username) = (text("email")?, text("username")?);
        let (first_name, last_name) = (text("first_name")?, text("last_name")?);
        Ok(Self {
            email: email.map(|email| EmailAddress::parse(&email)).transpose()?,
            first_name: first_name.map(|name| PersonName::parse("first_name", &name)).transpose()?,
            last_name: last_name.map(|name| PersonName::parse("last_name", &name)).transpose()?,
            username: username.map(|name| Username::parse("username", &name)).transpose()?,
        })
    }
}

/// Completes the profile of a person whom an identity provider has identified, and who has no account yet.
///
/// The attempt is then in `signup_attempts`, as after a sign-up. `POST /auth/prepare-verification` mails the code to the
/// address, and `POST /auth/attempt-verification` creates the account and connects the identity to it. If the address has
/// an account, its owner gets a mail without a code: whether it has one, only they learn.
#[utoipa::path(post, path = "/auth/complete-profile", operation_id = "complete_profile", tag = "Auth",
    params(AttemptParams), request_body = Option<Fields>,
    responses((status = 200, description = "The session, with the started attempt", body = Enveloped<SessionResponse>)))]
pub(crate) async fn complete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(AttemptParams { attempt_id: attempt }): Query<AttemptParams>,
    Body(Fields { email, first_name, last_name, username }): Body<Fields>,
) -> ApiResponse<SessionResponse> {
    let profile = CompleteProfile { attempt, email, first_name, last_name, username };
    ApiResponse::from_sign_in(&app, complete_profile(app.service(), &caller, profile).await)
}
