//! `POST /auth/signin`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::attempt::{Method, begin_sign_in};
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

/// Who somebody says they are, and how they will show it.
#[derive(Debug)]
pub(crate) enum SignIn {
    /// By a password.
    WithPassword(Identifier, Password),
    /// By what is mailed to them.
    ByMail(EmailAddress, Method),
}

/// The fields of a sign-in.
#[derive(Debug, ToSchema)]
#[schema(as = SignInFields)]
#[expect(dead_code, reason = "describes what SignIn is read from")]
pub(crate) struct Fields {
    /// `plain_email`, `plain_username`, `email_otp` or `magic_link`; without it, the first or second, whichever is given.
    strategy: Option<String>,
    /// With every strategy but `plain_username`.
    #[schema(format = Email)]
    email: Option<String>,
    /// With `plain_username`.
    username: Option<String>,
    /// With `plain_email` and `plain_username`.
    #[schema(format = Password)]
    password: Option<String>,
}

impl FromFields for SignIn {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let (strategy, email, username) = (fields.text("strategy")?, fields.text("email")?, fields.text("username")?);
        let address = |email: Option<String>| {
            let email = email.ok_or_else(|| Problem::required("email"))?;
            EmailAddress::parse(&email).map_err(Problem::from)
        };
        let by_email = match strategy.as_deref() {
            Some("email_otp") => return Ok(Self::ByMail(address(email)?, Method::EmailOtp)),
            Some("magic_link") => return Ok(Self::ByMail(address(email)?, Method::MagicLink)),
            Some("plain_email") => true,
            Some("plain_username") => false,
            None | Some("") => email.is_some(),
            Some(_) => return Err(Code::UnsupportedStrategy.into()),
        };
        let password = Password::attempt(fields.required_text("password")?);
        let identifier = if by_email {
            Identifier::Email(address(email)?)
        } else {
            let username = username.ok_or_else(|| Problem::required("username"))?;
            Identifier::Username(Username::parse("username", &username)?)
        };
        Ok(Self::WithPassword(identifier, password))
    }
}

/// Sign in by e-mail address or user name and password, or begin to sign in by mail.
///
/// With a password, the sign-in becomes the session's active one, and the session gets a new token. Wrong password, unknown
/// user and a user without a password are one and the same answer. By mail, the session has an attempt in `signin_attempts`;
/// `POST /auth/prepare-verification` sends the mail. Whether anybody has the address makes no difference to see.
#[utoipa::path(post, path = "/auth/signin", tag = "Auth", request_body = Fields, security(()),
    responses((status = 200, description = "Signed in, or begun", body = Enveloped<SessionShape>),
              (status = 401, description = "Not that password"), (status = 429, description = "Too many attempts")))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(how): Body<SignIn>,
) -> Answer<SessionShape> {
    let reply = match how {
        SignIn::WithPassword(identifier, password) => {
            sign_in::with_password(app.service(), &caller, identifier, password).await
        }
        SignIn::ByMail(address, method) => {
            begin_sign_in(app.service(), &caller, address, method).await.map(|begun| begun.session)
        }
    };
    Answer::came_in(&app, reply)
}
