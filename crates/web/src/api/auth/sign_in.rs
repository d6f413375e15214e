//! `POST /auth/signin`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::names::Username;
use vestibule_core::password::Password;
use vestibule_core::secret::SubmittedChallenge;
use vestibule_core::sign_in::{Identifier, start_with_email};
use vestibule_core::verification::Method;
use vestibule_core::{Code, Problem, sign_in};

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;

/// A sign-in by password, or the start of one by mail.
#[derive(Debug)]
pub(crate) struct SignInRequest {
    credential: Credential,
    challenge: SubmittedChallenge,
}

#[derive(Debug)]
enum Credential {
    Password(Identifier, Password),
    Mail(EmailAddress, Method),
}

/// The fields of a sign-in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInFields)]
#[serde(untagged)]
#[expect(dead_code, reason = "only for the OpenAPI document")]
pub(crate) enum Fields {
    Email(EmailSignIn),
    Username(UsernameSignIn),
    Mail(MailSignIn),
}

/// A sign-in by email address and password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmailSignIn {
    /// May be missing.
    strategy: Option<String>,
    #[schema(format = Email)]
    email: String,
    #[schema(format = Password)]
    password: String,
    /// The token of a solved challenge, if the deployment requires one. See `POST /captcha/challenge`.
    challenge_token: Option<String>,
}

/// A sign-in by user name and password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsernameSignIn {
    /// May be missing.
    strategy: Option<String>,
    username: String,
    #[schema(format = Password)]
    password: String,
    /// The token of a solved challenge, if the deployment requires one. See `POST /captcha/challenge`.
    challenge_token: Option<String>,
}

/// The start of a sign-in by a mailed code or link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailSignIn {
    strategy: String,
    #[schema(format = Email)]
    email: String,
    /// The token of a solved challenge, if the deployment requires one. See `POST /captcha/challenge`.
    challenge_token: Option<String>,
}

impl FromFields for SignInRequest {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::InvalidUsername, Code::UnsupportedStrategy];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { challenge: fields.challenge()?, credential: Credential::from_fields(fields)? })
    }
}

impl Credential {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let (strategy, email, username) = (fields.text("strategy")?, fields.text("email")?, fields.text("username")?);
        let address = |email: Option<String>| {
            let email = email.ok_or_else(|| Problem::required("email"))?;
            EmailAddress::parse(&email).map_err(Problem::from)
        };
        let by_email = match strategy.as_deref() {
            Some("email_otp") => return Ok(Self::Mail(address(email)?, Method::EmailOtp)),
            Some("magic_link") => return Ok(Self::Mail(address(email)?, Method::MagicLink)),
            Some("plain_email") => true,
            Some("plain_username") => false,
            None | Some("") => email.is_some(),
            Some("passkey") => {
                let message = "A sign-in with a passkey starts with POST /auth/passkey/login/begin.";
                return Err(Code::UnsupportedStrategy.with_message(message));
            }
            Some(_) => return Err(Code::UnsupportedStrategy.into()),
        };
        let password = Password::from_input(fields.required_text("password")?);
        let identifier = if by_email {
            Identifier::Email(address(email)?)
        } else {
            let username = username.ok_or_else(|| Problem::required("username"))?;
            Identifier::Username(Username::parse("username", &username)?)
        };
        Ok(Self::Password(identifier, password))
    }
}

/// Signs in with a password, or starts a sign-in by mail.
///
/// With a password, the new sign-in becomes the active one and the session gets a new token. The error is the same for
/// a wrong password, an unknown user, and a user without a password. With `email_otp` and `magic_link`, the session
/// gets an attempt in `signin_attempts`; `POST /auth/prepare-verification` sends the mail. The response does not reveal
/// whether the address has an account.
///
/// A user with two-factor authentication is not signed in yet: the last of `signin_attempts` is at the step
/// `verify_second_factor`, and `available_2fa_methods` says how to go on. For a code of the authenticator app or a backup
/// code, call `POST /auth/attempt-verification`; for a passkey, `POST /auth/passkey/login/begin`.
#[utoipa::path(post, path = "/auth/signin", operation_id = "sign_in", tag = "Auth", request_body = Fields,
    responses((status = 200, description = "The session, signed in or with the started attempt", body = Enveloped<SessionResponse>)))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(SignInRequest { credential, challenge }): Body<SignInRequest>,
) -> ApiResponse<SessionResponse> {
    let reply = match credential {
        Credential::Password(identifier, password) => {
            sign_in::with_password(app.service(), &caller, identifier, password, &challenge).await
        }
        Credential::Mail(address, method) => {
            start_with_email(app.service(), &caller, address, method, &challenge).await.map(|started| started.session)
        }
    };
    ApiResponse::from_sign_in(&app, reply)
}
