//! `POST /auth/prepare-verification` and `POST /auth/attempt-verification`: mailing what proves an address, and typing it.

use axum::extract::State;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::attempt::{self, Method, Prepare, Purpose};
use vestibule_core::id::AttemptId;
use vestibule_core::secret::TypedCode;
use vestibule_core::{Code, Problem};

use crate::answer::Answer;
use crate::api::shape::{SessionShape, Told};
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{Body, FromFields, Query, Reader};
use crate::openapi::Enveloped;
use crate::return_to::ReturnTo;

/// Which attempt.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Its id, from `signin_attempts` or `signup_attempts` of the session.
    #[param(value_type = String)]
    attempt_identifier: AttemptId,
    /// `signin`; anything else is a sign-up.
    #[param(value_type = Option<String>, example = "signin")]
    identifier_type: Purpose,
    /// `email_otp` or `magic_link`; what the attempt was begun with when left out.
    #[param(value_type = Option<String>, example = "email_otp")]
    strategy: Option<Method>,
    /// Where a mailed link leads in the end: a path here, or a URL of an origin in `allowed_origins`.
    #[param(value_type = Option<String>)]
    redirect_uri: Option<ReturnTo>,
}

impl FromFields for Which {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
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

/// Mail the code or link of an attempt.
///
/// It goes out only where there is somebody whom it could let in, which nobody can see from here. What was mailed before
/// works no more; an attempt sends three times at the most.
#[utoipa::path(post, path = "/auth/prepare-verification", tag = "Auth", params(Which), security(()),
    responses((status = 200, description = "Verification code sent", body = Enveloped<Option<Told>>),
              (status = 429, description = "Too many mails")))]
pub(crate) async fn prepare(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(which): Query<Which>,
) -> Result<Answer<Option<Told>>, Refusal> {
    let return_to = match which.redirect_uri {
        None => String::new(),
        Some(url) => url.allowed("redirect_uri", app.settings())?,
    };
    let (attempt, purpose, method) = (which.attempt_identifier, which.identifier_type, which.strategy);
    let prepare = Prepare { attempt, purpose, method, return_to };
    Ok(Answer::from(attempt::prepare(app.service(), &caller, prepare).await.map(|()| None)))
}

/// The code from the mail.
#[derive(Debug, ToSchema)]
#[schema(as = VerificationCodeFields)]
pub(crate) struct Typed {
    /// Six digits; spaces and dashes between them do not matter.
    #[schema(value_type = String, example = "042117")]
    verification_code: TypedCode,
}

impl FromFields for Typed {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { verification_code: TypedCode::read(&fields.required_text("verification_code")?) })
    }
}

/// Sign in, or up, by the code from the mail.
#[utoipa::path(post, path = "/auth/attempt-verification", tag = "Auth", params(Which), request_body = Typed, security(()),
    responses((status = 200, description = "Signed in", body = Enveloped<SessionShape>),
              (status = 400, description = "Not that code, or too late"), (status = 429, description = "Too many tries")))]
pub(crate) async fn attempt(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(which): Query<Which>,
    Body(Typed { verification_code }): Body<Typed>,
) -> Answer<SessionShape> {
    let (id, purpose) = (which.attempt_identifier, which.identifier_type);
    Answer::came_in(&app, attempt::by_code(app.service(), &caller, id, purpose, &verification_code).await)
}
