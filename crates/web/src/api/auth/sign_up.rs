//! `POST /auth/signup`

use axum::extract::State;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::email_address::EmailAddress;
use vestibule_core::names::{PersonName, Username};
use vestibule_core::password::Password;
use vestibule_core::sign_up::{self, SignUp};
use vestibule_core::{Code, Problem, Reply};

use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Query, Reader};
use crate::openapi::Enveloped;

/// What a newcomer writes. It has no `Debug`: a password and a token are in it.
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
    /// The token of the invitation they follow, as it stands in the mail or as an admin handed it on.
    invite_token: Option<String>,
}

impl FromFields for Fields {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self {
            email: fields.required_text("email")?,
            password: fields.required_text("password")?,
            first_name: fields.text("first_name")?,
            last_name: fields.text("last_name")?,
            username: fields.text("username")?.filter(|username| !username.is_empty()),
            invite_token: fields.text("invite_token")?.filter(|token| !token.is_empty()),
        })
    }
}

/// The invitation's token where earlier clients put it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InQuery {
    /// The same as the field of this name; the field counts when both are there.
    invite_token: Option<String>,
}

impl FromFields for InQuery {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { invite_token: fields.text("invite_token")?.filter(|token| !token.is_empty()) })
    }
}

impl Fields {
    fn sign_up(self, minimum: usize) -> Result<SignUp, Problem> {
        let invitation = self.invite_token.map(|token| token.parse().map_err(|_| Code::InvalidInvitationToken));
        Ok(SignUp {
            email: EmailAddress::parse(&self.email)?,
            first_name: PersonName::parse("first_name", self.first_name.as_deref().unwrap_or_default())?,
            last_name: PersonName::parse("last_name", self.last_name.as_deref().unwrap_or_default())?,
            username: self.username.map(|username| Username::parse("username", &username)).transpose()?,
            password: Password::chosen(self.password, minimum)?,
            invitation: invitation.transpose()?,
        })
    }
}

/// Make an account and sign in.
///
/// Where addresses have to be verified, the answer is a session with an attempt in `signup_attempts` instead, whoever has
/// the address; the account is made when it is verified. An invitation given along must be for the same address; its mailed form proves the address. It is not accepted by
/// this: call `POST /organizations/invitations/accept` next.
#[utoipa::path(post, path = "/auth/signup", tag = "Auth", request_body = Fields, params(InQuery), security(()),
    responses((status = 200, description = "Signed up and in", body = Enveloped<SessionShape>),
              (status = 429, description = "Too many attempts")))]
pub(crate) async fn sign_up(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(in_query): Query<InQuery>,
    Body(mut fields): Body<Fields>,
) -> Answer<SessionShape> {
    fields.invite_token = fields.invite_token.or(in_query.invite_token);
    let reply = match fields.sign_up(app.settings().passwords.minimum_length) {
        Ok(newcomer) => sign_up::sign_up(app.service(), &caller, newcomer).await,
        Err(problem) => Reply::refused(problem),
    };
    Answer::came_in(&app, reply)
}
