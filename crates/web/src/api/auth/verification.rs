//! `POST /auth/prepare-verification` and `POST /auth/attempt-verification`: sending a verification mail, checking its
//! code, and the second step of a sign-in.

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::assurance::SecondFactorMethod;
use vestibule_core::execution::Caller;
use vestibule_core::id::AttemptId;
use vestibule_core::secret::{SubmittedCode, SubmittedFactorCode};
use vestibule_core::sign_in::{FindSecondFactors, PrepareSecondFactor};
use vestibule_core::verification::{LinkTarget, Method, Prepare, Purpose};
use vestibule_core::{Code, Problem, sign_in, verification};

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Query};
use crate::openapi::Enveloped;
use crate::return_to::ReturnTo;

/// What an attempt is verified with.
#[derive(Clone, Copy, Debug)]
enum Strategy {
    Mail(Method),
    SecondFactor(SecondFactorMethod),
}

impl Strategy {
    fn parse(name: &str) -> Result<Self, Problem> {
        let by_mail = name.parse().map(Self::Mail);
        by_mail.or_else(|()| name.parse().map(Self::SecondFactor)).map_err(|()| {
            Code::UnsupportedStrategy.with_message("Use email_otp, magic_link, authenticator, backup_code or passkey.")
        })
    }
}

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
    /// `email_otp` or `magic_link`, and for an attempt at the step `verify_second_factor` `authenticator`, `backup_code`
    /// or `passkey`. `POST /auth/passkey/login/finish` completes an attempt with a passkey. The default is the attempt's
    /// own strategy.
    #[param(value_type = Option<String>, example = "email_otp")]
    strategy: Option<Strategy>,
    /// The same as `strategy`, as older clients send it for a second factor.
    #[param(value_type = Option<String>, example = "authenticator")]
    #[expect(dead_code, reason = "only for the OpenAPI document")]
    method: (),
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
        let mut text = |name| Ok::<_, Problem>(fields.text(name)?.filter(|text| !text.is_empty()));
        let (method, strategy, redirect) = (text("method")?, text("strategy")?, text("redirect_uri")?);
        Ok(Self {
            attempt_identifier: fields.id("attempt_identifier")?.ok_or(Code::BadSignInAttempt)?,
            identifier_type: if purpose.as_deref() == Some("signin") { Purpose::SignIn } else { Purpose::SignUp },
            strategy: method.or(strategy).map(|name| Strategy::parse(&name)).transpose()?,
            method: (),
            redirect_uri: redirect.map(|url| ReturnTo::parse("redirect_uri", &url)).transpose()?,
        })
    }
}

impl AttemptParams {
    /// The mail or link that was asked for.
    const fn mail(&self) -> Option<Method> {
        match self.strategy {
            Some(Strategy::Mail(method)) => Some(method),
            Some(Strategy::SecondFactor(_)) | None => None,
        }
    }

    /// Returns the second factors that can complete the attempt; `None` if it waits for a mail. Without a strategy, the
    /// attempt decides.
    async fn second_factors(&self, app: &App, caller: &Caller) -> Result<Option<Vec<SecondFactorMethod>>, Problem> {
        match self.strategy {
            Some(Strategy::SecondFactor(method)) => Ok(Some(vec![method])),
            None if self.identifier_type == Purpose::SignIn => {
                app.query(caller, FindSecondFactors { attempt: self.attempt_identifier }).await.result
            }
            Some(Strategy::Mail(_)) | None => Ok(None),
        }
    }
}

/// The second factor that the attempt waits for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreparedSecondFactor)]
pub(crate) struct PreparedResponse {
    #[schema(example = "authenticator")]
    method: &'static str,
}

/// Mails the code or link of an attempt, or chooses a second factor.
///
/// The response does not reveal whether a mail is sent, which depends on whether the address has an account. Codes and
/// links of earlier mails become invalid. Each attempt sends at most three mails. At the step `verify_second_factor`
/// nothing is sent: the response says which factor to ask for, and calling this first is not necessary.
#[utoipa::path(post, path = "/auth/prepare-verification",
    operation_id = "prepare_verification", tag = "Auth", params(AttemptParams),
    responses((status = 200, description = "The second factor; `null` if a mail was asked for", body = Enveloped<Option<PreparedResponse>>)))]
pub(crate) async fn prepare(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<AttemptParams>,
) -> Result<ApiResponse<Option<PreparedResponse>>, Refusal> {
    let attempt = params.attempt_identifier;
    // The one that is offered first.
    let second_factor = params.second_factors(&app, &caller).await?.and_then(|methods| methods.first().copied());
    if let Some(method) = second_factor {
        let reply = app.query(&caller, PrepareSecondFactor { attempt, method }).await;
        return Ok(ApiResponse::from(reply.map(|method| Some(PreparedResponse { method: method.as_str() }))));
    }
    let (purpose, method) = (params.identifier_type, params.mail());
    let link = match params.redirect_uri {
        None => LinkTarget::default(),
        Some(url) => {
            let opens_return_to = url.is_elsewhere(app.settings());
            LinkTarget { return_to: url.allowed("redirect_uri", app.settings())?, opens_return_to }
        }
    };
    let prepare = Prepare { attempt, purpose, method, link };
    Ok(ApiResponse::from(verification::prepare(app.service(), &caller, prepare).await.map(|()| None)))
}

/// A verification code.
#[derive(Debug, ToSchema)]
#[schema(as = VerificationCodeFields)]
pub(crate) struct CodeFields {
    /// The six digits from the mail or the authenticator app, or a backup code. Spaces and dashes are ignored.
    #[schema(value_type = String, example = "042117")]
    verification_code: (SubmittedCode, SubmittedFactorCode),
}

impl FromFields for CodeFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let code = fields.required_text("verification_code")?;
        Ok(Self { verification_code: (SubmittedCode::from_input(&code), SubmittedFactorCode::from_input(&code)) })
    }
}

/// Verifies a step of a sign-in or sign-up with a code.
///
/// After the code from the mail, a user with two-factor authentication is not signed in yet: the attempt is then at
/// `verify_second_factor`, with the same id. This call takes the code of their authenticator app, or a backup code.
/// Five wrong codes end the attempt.
#[utoipa::path(post, path = "/auth/attempt-verification",
    operation_id = "attempt_verification", tag = "Auth", params(AttemptParams), request_body = CodeFields,
    responses((status = 200, description = "Signed in, or at the next step", body = Enveloped<SessionResponse>)))]
pub(crate) async fn attempt(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<AttemptParams>,
    Body(CodeFields { verification_code: (mailed, factor) }): Body<CodeFields>,
) -> Result<ApiResponse<SessionResponse>, Refusal> {
    let (id, purpose, service) = (params.attempt_identifier, params.identifier_type, app.service());
    let reply = if params.second_factors(&app, &caller).await?.is_some() {
        let method = match params.strategy {
            Some(Strategy::SecondFactor(method)) => Some(method),
            Some(Strategy::Mail(_)) | None => None,
        };
        sign_in::with_second_factor(service, &caller, id, method, factor).await
    } else {
        sign_in::with_code(service, &caller, id, purpose, &mailed).await
    };
    Ok(ApiResponse::from_sign_in(&app, reply))
}
