//! `PATCH /users/{id}` and `DELETE /users/{id}`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::account::{Update, UsernameChange};
use vestibule_core::assurance::SecondFactorPolicy;
use vestibule_core::id::UserId;
use vestibule_core::images::ImageOwner;
use vestibule_core::metadata::Metadata;
use vestibule_core::names::{PersonName, Username};
use vestibule_core::user_management::{DeleteUser, UpdateUser};
use vestibule_core::{Code, Problem};

use super::show::UserDetailsResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::images::{self, ImageField};
use crate::mfa_fields;
use crate::platform::MAX_METADATA_BODY_BYTES;
use crate::platform::response::{Empty, PlatformResponse};

/// The changes to a user. Missing fields remain unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = UserChanges)]
pub(crate) struct UpdateFields {
    #[schema(value_type = Option<String>, max_length = 100)]
    first_name: Option<PersonName>,
    #[schema(value_type = Option<String>, max_length = 100)]
    last_name: Option<PersonName>,
    /// An empty text removes the user name.
    #[schema(value_type = Option<String>)]
    username: Option<UsernameChange>,
    /// A JSON object, or its text, of at most 64 KiB. It replaces the earlier one.
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Metadata>,
    /// Like `public_metadata`, for backends only.
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Metadata>,
    /// Whether the user is signed out everywhere and cannot sign in.
    disabled: Option<bool>,
    /// Whether signing in takes a second factor: `none`, `optional` or `enforced`, which needs an authenticator app
    /// or a passkey.
    #[schema(value_type = Option<String>)]
    second_factor_policy: Option<SecondFactorPolicy>,
    /// True to remove the picture.
    remove_profile_image: Option<bool>,
    /// A PNG, JPEG or WebP file, at most 5 MiB. Send the fields as `multipart/form-data` then.
    #[schema(value_type = Option<String>, format = Binary)]
    profile_image: ImageField,
}

impl FromFields for UpdateFields {
    const ACCEPTS_IMAGE: bool = true;
    const MAX_BYTES: usize = MAX_METADATA_BODY_BYTES;
    // REQUIRED_FIELD for a blank user name, and without any field.
    const ERRORS: &[Code] = &[Code::RequiredField, Code::InvalidUsername];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.require_any()?;
        let name = |fields: &mut FieldReader, field: &'static str| -> Result<Option<PersonName>, Problem> {
            fields.text(field)?.map(|text| PersonName::parse(field, &text)).transpose()
        };
        let username = match fields.text("username")? {
            Some(text) if text.is_empty() => Some(UsernameChange::Remove),
            Some(text) => Some(UsernameChange::Set(Username::parse("username", &text)?)),
            None => None,
        };
        Ok(Self {
            first_name: name(fields, "first_name")?,
            last_name: name(fields, "last_name")?,
            username,
            public_metadata: fields.metadata("public_metadata")?,
            private_metadata: fields.metadata("private_metadata")?,
            disabled: fields.flag("disabled")?,
            second_factor_policy: mfa_fields::read_policy(fields)?,
            remove_profile_image: fields.flag("remove_profile_image")?,
            profile_image: fields.image("profile_image")?,
        })
    }
}

/// Changes a user. The response is that of `GET /users/{id}/details`.
///
/// A user who is disabled is signed out everywhere; also the last admin of an organization can be disabled.
#[utoipa::path(patch, path = "/users/{id}", operation_id = "update_user", tag = "Users",
    request_body = UpdateFields, params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The user", body = UserDetailsResponse)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
    Body(fields): Body<UpdateFields>,
) -> Result<PlatformResponse<UserDetailsResponse>, Refusal> {
    let field = fields.profile_image.or_removed(fields.remove_profile_image == Some(true));
    let picture = images::store_upload(&app, &caller, ImageOwner::User, field).await?;
    let profile = Update {
        first_name: fields.first_name,
        last_name: fields.last_name,
        username: fields.username,
        primary_address: None,
        picture,
        second_factor_policy: None,
    };
    let UpdateFields { public_metadata, private_metadata, disabled, second_factor_policy, .. } = fields;
    let update = UpdateUser { user, profile, public_metadata, private_metadata, disabled, second_factor_policy };
    let reply = app.run(&caller, update).await;
    Ok(reply.map(|details| UserDetailsResponse::new(details, app.response_context())).into())
}

/// Deletes a user and all their memberships.
#[utoipa::path(delete, path = "/users/{id}", operation_id = "delete_user", tag = "Users",
    params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "Deleted", body = Empty)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
) -> PlatformResponse<Empty> {
    app.run(&caller, DeleteUser { user }).await.map(|()| Empty {}).into()
}
