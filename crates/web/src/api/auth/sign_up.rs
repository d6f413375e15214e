//! `POST /auth/signup`

use axum::extract::State;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::names::{PersonName, Username};
use vestibule_core::password::Password;
use vestibule_core::secret::SubmittedChallenge;
use vestibule_core::sign_up::SignUp;
use vestibule_core::{Code, Problem, Reply, sign_up};

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Query};
use crate::openapi::Enveloped;

/// The fields of a sign-up.
// No `Debug`: the password and the token are secrets.
#[derive(ToSchema)]
#[schema(as = SignUpFields)]
pub(crate) struct Fields {
    #[schema(format = Email)]
    email: String,
    #[schema(format = Password)]
    password: String,
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    /// The token of an invitation to an organization or to sign up, from the mail or from a list.
    invite_token: Option<String>,
    /// The token of a solved challenge, if the deployment requires one. See `POST /captcha/challenge`.
    #[schema(value_type = Option<String>)]
    challenge_token: SubmittedChallenge,
}

impl FromFields for Fields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] =
        &[Code::InvalidEmail, Code::InvalidUsername, Code::InvalidPassword, Code::InvalidInvitationToken];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            email: fields.required_text("email")?,
            password: fields.required_text("password")?,
            first_name: fields.text("first_name")?,
            last_name: fields.text("last_name")?,
            username: fields.text("username")?.filter(|username| !username.is_empty()),
            invite_token: fields.text("invite_token")?.filter(|token| !token.is_empty()),
            challenge_token: fields.challenge()?,
        })
    }
}

/// The query of a sign-up.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SignUpParams {
    /// An alternative to the field of the same name, which takes precedence.
    invite_token: Option<String>,
}

impl FromFields for SignUpParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { invite_token: fields.text("invite_token")?.filter(|token| !token.is_empty()) })
    }
}

impl Fields {
    fn parse(self, min_password_length: usize) -> Result<SignUp, Problem> {
        let invitation = self.invite_token.map(|token| token.parse().map_err(|_| Code::InvalidInvitationToken));
        Ok(SignUp {
            email: EmailAddress::parse(&self.email)?,
            first_name: PersonName::parse("first_name", self.first_name.as_deref().unwrap_or_default())?,
            last_name: PersonName::parse("last_name", self.last_name.as_deref().unwrap_or_default())?,
            username: self.username.map(|username| Username::parse("username", &username)).transpose()?,
            password: Password::parse_new(self.password, min_password_length)?,
            invitation: invitation.transpose()?,
        })
    }
}

/// Creates an account and signs in.
///
/// If the deployment requires verified addresses, the response is a session with an attempt in `signup_attempts`, also
/// for an address that has an account; the account is created when the address is verified. An invitation must be for
/// the same address; its token from the mail verifies the address. Signing up does not accept the invitation: call
/// `POST /organizations/invitations/accept` next.
#[utoipa::path(post, path = "/auth/signup",
    operation_id = "sign_up", tag = "Auth", request_body = Fields, params(SignUpParams),
    responses((status = 200, description = "The session, signed in or with the started attempt", body = Enveloped<SessionResponse>)))]
pub(crate) async fn sign_up(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<SignUpParams>,
    Body(mut fields): Body<Fields>,
) -> ApiResponse<SessionResponse> {
    fields.invite_token = fields.invite_token.or(params.invite_token);
    let challenge = std::mem::take(&mut fields.challenge_token);
    let reply = match fields.parse(app.settings().passwords.minimum_length) {
        Ok(sign_up) => sign_up::sign_up(app.service(), &caller, sign_up, &challenge).await,
        Err(problem) => Reply::failed(problem),
    };
    ApiResponse::from_sign_in(&app, reply)
}
