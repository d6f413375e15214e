//! `POST /auth/prepare-verification` and `POST /auth/attempt-verification`: sending a verification mail, and checking
//! its code.

use axum::extract::State;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::AttemptId;
use vestibule_core::secret::SubmittedCode;
use vestibule_core::verification::{LinkTarget, Method, Prepare, Purpose};
use vestibule_core::{Code, Problem, sign_in, verification};

use crate::api::response::{MessageResponse, SessionResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Query};
use crate::openapi::Enveloped;
use crate::return_to::ReturnTo;

/// The query of a verification.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttemptParams {
    /// The attempt's id, from the session's `signin_attempts` or `signup_attempts`.
    #[param(value_type = String)]
    attempt_identifier: AttemptId,
    /// `signin`; any other value is a sign-up.
    #[param(value_type = Option<String>, example = "signin")]
    identifier_type: Purpose,
    /// `email_otp` or `magic_link`. The default is the attempt's strategy.
    #[param(value_type = Option<String>, example = "email_otp")]
    strategy: Option<Method>,
    /// For a magic link: the page of your application that it opens, on the origin of `app.url` or one in
    /// `allowed_origins`, with `token` and `attempt` in its query; or a path of this server to open after the sign-in.
    #[param(value_type = Option<String>)]
    redirect_uri: Option<ReturnTo>,
}

impl FromFields for AttemptParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId, Code::BadSignInAttempt, Code::UnsupportedStrategy];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let purpose = fields.text("identifier_type")?;
        let strategy = fields.text("strategy")?.filter(|strategy| !strategy.is_empty());
        let redirect = fields.text("redirect_uri")?.filter(|url| !url.is_empty());
        Ok(Self {
            attempt_identifier: fields.id("attempt_identifier")?.ok_or(Code::BadSignInAttempt)?,
            identifier_type: if purpose.as_deref() == Some("signin") { Purpose::SignIn } else { Purpose::SignUp },
            strategy: strategy.map(|strategy| strategy.parse().map_err(|()| Code::UnsupportedStrategy)).transpose()?,
            redirect_uri: redirect.map(|url| ReturnTo::parse("redirect_uri", &url)).transpose()?,
        })
    }
}

/// Mails the code or link of an attempt.
///
/// The response does not reveal whether a mail is sent, which depends on whether the address has an account. Codes and
/// links of earlier mails become invalid. Each attempt sends at most three mails.
#[utoipa::path(post, path = "/auth/prepare-verification",
    operation_id = "prepare_verification", tag = "Auth", params(AttemptParams),
    responses((status = 200, description = "Verification code sent", body = Enveloped<Option<MessageResponse>>)))]
pub(crate) async fn prepare(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<AttemptParams>,
) -> Result<ApiResponse<Option<MessageResponse>>, Refusal> {
    let link = match params.redirect_uri {
        None => LinkTarget::default(),
        Some(url) => {
            let opens_return_to = url.is_elsewhere(app.settings());
            LinkTarget { return_to: url.allowed("redirect_uri", app.settings())?, opens_return_to }
        }
    };
    let (attempt, purpose, method) = (params.attempt_identifier, params.identifier_type, params.strategy);
    let prepare = Prepare { attempt, purpose, method, link };
    Ok(ApiResponse::from(verification::prepare(app.service(), &caller, prepare).await.map(|()| None)))
}

/// A verification code.
#[derive(Debug, ToSchema)]
#[schema(as = VerificationCodeFields)]
pub(crate) struct CodeFields {
    /// Six digits. Spaces and dashes are ignored.
    #[schema(value_type = String, example = "042117")]
    verification_code: SubmittedCode,
}

impl FromFields for CodeFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { verification_code: SubmittedCode::from_input(&fields.required_text("verification_code")?) })
    }
}

/// Completes a sign-in or sign-up with the code from the mail.
#[utoipa::path(post, path = "/auth/attempt-verification",
    operation_id = "attempt_verification", tag = "Auth", params(AttemptParams), request_body = CodeFields,
    responses((status = 200, description = "Signed in", body = Enveloped<SessionResponse>)))]
pub(crate) async fn attempt(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<AttemptParams>,
    Body(CodeFields { verification_code }): Body<CodeFields>,
) -> ApiResponse<SessionResponse> {
    let (id, purpose) = (params.attempt_identifier, params.identifier_type);
    ApiResponse::from_sign_in(&app, sign_in::with_code(app.service(), &caller, id, purpose, &verification_code).await)
}
