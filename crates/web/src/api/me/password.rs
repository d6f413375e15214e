//! `POST /me/update-password`, `POST /me/remove-password` and `POST /me/account/delete`: what one's password is asked for
//! again.

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::password::Password;
use vestibule_core::user::{change_password, delete_account, remove_password};

use crate::answer::Answer;
use crate::api::shape::Told;
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{Body, FromFields, Reader};
use crate::openapi::Enveloped;

/// A password and the next one.
#[derive(Debug, ToSchema)]
#[schema(as = PasswordChange)]
pub(crate) struct Change {
    /// The present one; not for an account without.
    #[schema(value_type = Option<String>)]
    current_password: Option<Password>,
    #[schema(value_type = String)]
    new_password: String,
}

impl FromFields for Change {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self {
            current_password: password(fields, "current_password")?,
            new_password: fields.required_text("new_password")?,
        })
    }
}

fn password(fields: &mut Reader, name: &str) -> Result<Option<Password>, Problem> {
    Ok(fields.text(name)?.filter(|text| !text.is_empty()).map(Password::attempt))
}

/// Change one's password.
///
/// Every other sign-in ends with it: whoever knew the old one may be signed in somewhere.
#[utoipa::path(post, path = "/me/update-password", tag = "Me", request_body = Change,
    responses((status = 200, description = "Changed", body = Enveloped<Told>)))]
pub(crate) async fn update(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Change { current_password, new_password }): Body<Change>,
) -> Result<Answer<Told>, Refusal> {
    let chosen = Password::chosen(new_password, app.settings().passwords.minimum_length)?;
    let reply = change_password(app.service(), &caller, current_password, chosen).await;
    Ok(Answer::from(reply.map(|()| Told::new("Password updated"))))
}

/// The present password.
#[derive(Debug, ToSchema)]
#[schema(as = CurrentPassword)]
pub(crate) struct Current {
    #[schema(value_type = Option<String>)]
    current_password: Option<Password>,
}

impl FromFields for Current {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { current_password: password(fields, "current_password")? })
    }
}

/// Take one's password away, if there is another way to sign in.
#[utoipa::path(post, path = "/me/remove-password", tag = "Me", request_body = Current,
    responses((status = 200, description = "Removed", body = Enveloped<Told>)))]
pub(crate) async fn remove(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Current { current_password }): Body<Current>,
) -> Answer<Told> {
    let reply = remove_password(app.service(), &caller, current_password).await;
    Answer::from(reply.map(|()| Told::new("Password removed")))
}

/// One's password, to be sure.
#[derive(Debug, ToSchema)]
#[schema(as = AccountDeletion)]
pub(crate) struct Deletion {
    #[schema(value_type = Option<String>)]
    password: Option<Password>,
}

impl FromFields for Deletion {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { password: password(fields, "password")? })
    }
}

/// Delete one's account, with all memberships.
///
/// Refused while somebody's last admin, with the list of what would be left without one.
#[utoipa::path(post, path = "/me/account/delete", tag = "Me", request_body = Deletion,
    responses((status = 200, description = "Deleted", body = Enveloped<Told>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Deletion { password }): Body<Deletion>,
) -> Answer<Told> {
    let reply = delete_account(app.service(), &caller, password).await;
    Answer::from(reply.map(|()| Told::new("Account deleted")))
}
