//! `POST /auth/signin`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::names::Username;
use vestibule_core::password::Password;
use vestibule_core::sign_in::{self, Identifier};
use vestibule_core::{Code, Problem};

use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Reader};
use crate::openapi::Enveloped;

/// Who somebody says they are, and their password.
#[derive(Debug)]
pub(crate) struct SignIn {
    identifier: Identifier,
    password: Password,
}

/// The fields of a sign-in.
#[derive(Debug, ToSchema)]
#[schema(as = SignInFields)]
#[expect(dead_code, reason = "describes what SignIn is read from")]
pub(crate) struct Fields {
    /// `plain_email` or `plain_username`; without it, whichever of the two is given.
    strategy: Option<String>,
    /// With `plain_email`.
    #[schema(format = Email)]
    email: Option<String>,
    /// With `plain_username`.
    username: Option<String>,
    #[schema(format = Password)]
    password: String,
}

impl FromFields for SignIn {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let (strategy, email, username) = (fields.text("strategy")?, fields.text("email")?, fields.text("username")?);
        let by_email = match strategy.as_deref() {
            Some("plain_email") => true,
            Some("plain_username") => false,
            None | Some("") => email.is_some(),
            Some(_) => return Err(Code::UnsupportedStrategy.into()),
        };
        let password = Password::attempt(fields.required_text("password")?);
        let identifier = if by_email {
            let email = email.ok_or_else(|| Problem::required("email"))?;
            EmailAddress::parse(&email).map(Identifier::Email).map_err(Problem::from)?
        } else {
            let username = username.ok_or_else(|| Problem::required("username"))?;
            Identifier::Username(Username::parse("username", &username)?)
        };
        Ok(Self { identifier, password })
    }
}

/// Sign in by e-mail address or user name, and password.
///
/// The sign-in becomes the session's active one, and the session gets a new token. Wrong password, unknown user and a
/// user without a password are one and the same answer.
#[utoipa::path(post, path = "/auth/signin", tag = "Auth", request_body = Fields, security(()),
    responses((status = 200, description = "Signed in", body = Enveloped<SessionShape>),
              (status = 401, description = "Not that password"), (status = 429, description = "Too many attempts")))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(SignIn { identifier, password }): Body<SignIn>,
) -> Answer<SessionShape> {
    Answer::came_in(&app, sign_in::with_password(app.service(), &caller, identifier, password).await)
}
