//! `POST /auth/forgot-password` and `POST /auth/reset-password`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::attempt::{forgot_password, prove_forgotten, reset_password};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::password::Password;
use vestibule_core::secret::{AttemptToken, TypedCode};
use vestibule_core::{Code, Problem, Reply};

use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Reader};
use crate::openapi::Enveloped;

/// Whose password, and the code from the mail once it is there.
#[derive(Debug, ToSchema)]
#[schema(as = ForgottenPassword)]
pub(crate) struct Forgotten {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
    /// The code from the mail; without it, one is mailed.
    #[schema(value_type = Option<String>, example = "042117")]
    otp: Option<TypedCode>,
}

impl FromFields for Forgotten {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let otp = fields.text("otp")?.filter(|otp| !otp.is_empty());
        Ok(Self {
            email: EmailAddress::parse(&fields.required_text("email")?)?,
            otp: otp.map(|otp| TypedCode::read(&otp)),
        })
    }
}

/// What a new password is set with. It has no `Debug`: whoever has it sets one.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordResetToken)]
pub(crate) struct ResetToken {
    /// For `POST /auth/reset-password`, in the same browser, within ten minutes of asking.
    token: String,
}

/// Ask for a new password: mails a code, or gives for the code what sets one.
///
/// Whether anybody has the address makes no difference to see. An address that was only claimed, of an account whose owner
/// has proved another, opens nothing.
#[utoipa::path(post, path = "/auth/forgot-password", tag = "Auth", request_body = Forgotten, security(()),
    responses((status = 200, description = "Password reset email sent or OTP verified", body = Enveloped<Option<ResetToken>>),
              (status = 429, description = "Too many mails, or tries")))]
pub(crate) async fn forgot(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Forgotten { email, otp }): Body<Forgotten>,
) -> Answer<Option<ResetToken>> {
    if let Some(code) = otp {
        let proved = prove_forgotten(app.service(), &caller, email, &code).await;
        return Answer::from(proved.map(|token| Some(ResetToken { token: token.reveal() })));
    }
    let reply = forgot_password(app.service(), &caller, email).await;
    let token = reply.result.as_ref().ok().and_then(|forgotten| forgotten.session.token.clone());
    Answer::from(reply.map(|_| None)).with_session(&app, token)
}

/// A new password. It has no `Debug`.
#[derive(ToSchema)]
#[schema(as = NewPassword)]
pub(crate) struct Reset {
    #[schema(value_type = String)]
    token: Option<AttemptToken>,
    #[schema(format = Password)]
    password: String,
}

impl FromFields for Reset {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { token: fields.required_text("token")?.parse().ok(), password: fields.required_text("password")? })
    }
}

/// Set a new password and sign in. Every other sign-in of this user ends.
#[utoipa::path(post, path = "/auth/reset-password", tag = "Auth", request_body = Reset, security(()),
    responses((status = 200, description = "Set, and signed in", body = Enveloped<SessionShape>),
              (status = 400, description = "Used, too old, or asked for in another browser")))]
pub(crate) async fn reset(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Reset { token, password }): Body<Reset>,
) -> Answer<SessionShape> {
    let reply = match (token, Password::chosen(password, app.settings().passwords.minimum_length)) {
        (_, Err(problem)) => Reply::refused(problem),
        (None, _) => Reply::refused(Code::InvalidResetToken.into()),
        (Some(token), Ok(chosen)) => reset_password(app.service(), &caller, token, chosen).await,
    };
    Answer::came_in(&app, reply)
}
