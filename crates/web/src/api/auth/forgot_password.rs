//! `POST /auth/forgot-password` and `POST /auth/reset-password`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::password::Password;
use vestibule_core::password_reset::{reset_password, start_password_reset, verify_reset_code};
use vestibule_core::secret::{AttemptToken, SubmittedChallenge, SubmittedCode};
use vestibule_core::{Code, Problem, Reply};

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;

/// The fields of a password reset request.
#[derive(Debug, ToSchema)]
#[schema(as = ForgottenPassword)]
pub(crate) struct ForgotPasswordFields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
    /// The code from the mail. Without it, a code is mailed.
    #[schema(value_type = Option<String>, example = "042117")]
    otp: Option<SubmittedCode>,
    /// The token of a solved challenge, if the deployment requires one to mail a code. See `POST /captcha/challenge`.
    #[schema(value_type = Option<String>)]
    challenge_token: SubmittedChallenge,
}

impl FromFields for ForgotPasswordFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidEmail];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let otp = fields.text("otp")?.filter(|otp| !otp.is_empty());
        Ok(Self {
            email: EmailAddress::parse(&fields.required_text("email")?)?,
            otp: otp.map(|otp| SubmittedCode::from_input(&otp)),
            challenge_token: fields.challenge()?,
        })
    }
}

/// A password reset token.
// No `Debug`: the token is a secret.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordResetToken)]
pub(crate) struct ResetToken {
    /// For `POST /auth/reset-password` in the same session, within ten minutes of the request for the code.
    token: String,
}

/// Requests a password reset code by mail, or exchanges the code for a reset token.
///
/// The response does not reveal whether the address has an account. An unverified address cannot be used if the account
/// has a verified one.
#[utoipa::path(post, path = "/auth/forgot-password",
    operation_id = "request_password_reset", tag = "Auth", request_body = ForgotPasswordFields,
    responses((status = 200, description = "Password reset email sent or OTP verified", body = Enveloped<Option<ResetToken>>)))]
pub(crate) async fn forgot(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(ForgotPasswordFields { email, otp, challenge_token }): Body<ForgotPasswordFields>,
) -> ApiResponse<Option<ResetToken>> {
    if let Some(code) = otp {
        let verified = verify_reset_code(app.service(), &caller, email, &code).await;
        return ApiResponse::from(verified.map(|token| Some(ResetToken { token: token.reveal() })));
    }
    let reply = start_password_reset(app.service(), &caller, email, &challenge_token).await;
    let token = reply.result.as_ref().ok().and_then(|started| started.session.token.clone());
    ApiResponse::from(reply.map(|_| None)).with_session_token(&app, token)
}

/// A new password and the reset token.
// No `Debug`: both are secrets.
#[derive(ToSchema)]
#[schema(as = NewPassword)]
pub(crate) struct ResetPasswordFields {
    #[schema(value_type = String)]
    token: Option<AttemptToken>,
    #[schema(format = Password)]
    password: String,
}

impl FromFields for ResetPasswordFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidPassword];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { token: fields.required_text("token")?.parse().ok(), password: fields.required_text("password")? })
    }
}

/// Sets a new password and signs the user in.
///
/// All other sign-ins of the user end.
#[utoipa::path(post, path = "/auth/reset-password",
    operation_id = "reset_password", tag = "Auth", request_body = ResetPasswordFields,
    responses((status = 200, description = "Password set; the session", body = Enveloped<SessionResponse>)))]
pub(crate) async fn reset(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(ResetPasswordFields { token, password }): Body<ResetPasswordFields>,
) -> ApiResponse<SessionResponse> {
    let reply = match (token, Password::parse_new(password, app.settings().passwords.minimum_length)) {
        (_, Err(problem)) => Reply::failed(problem),
        (None, _) => Reply::failed(Code::InvalidResetToken.into()),
        (Some(token), Ok(chosen)) => reset_password(app.service(), &caller, token, chosen).await,
    };
    ApiResponse::from_sign_in(&app, reply)
}
