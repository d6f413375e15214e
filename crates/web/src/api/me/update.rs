//! `POST /me` and `POST /me/profile-picture`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::account::{Update, UsernameChange};
use vestibule_core::assurance::SecondFactorPolicy;
use vestibule_core::id::EmailAddressId;
use vestibule_core::images::{Change, ImageOwner};
use vestibule_core::names::{PersonName, Username};
use vestibule_core::{Code, Problem};

use crate::api::response::AccountResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields};
use crate::images::{self, ImageField};
use crate::mfa_fields;
use crate::openapi::Enveloped;

/// The changes to an account. Missing fields remain unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = AccountChanges)]
pub(crate) struct Fields {
    #[schema(value_type = Option<String>, max_length = 100)]
    first_name: Option<PersonName>,
    #[schema(value_type = Option<String>, max_length = 100)]
    last_name: Option<PersonName>,
    /// An empty text removes the user name.
    #[schema(value_type = Option<String>)]
    username: Option<UsernameChange>,
    /// The id of one of the caller's verified addresses.
    #[schema(value_type = Option<String>)]
    primary_email_address_id: Option<EmailAddressId>,
    /// `enforced` to require the second factor at each sign-in, which needs an authenticator or a passkey; `none` or
    /// `optional` to require none. Both require a recent proof with the second factor, if the user has one.
    #[schema(value_type = Option<String>)]
    second_factor_policy: Option<SecondFactorPolicy>,
    /// True to remove the profile picture.
    remove_profile_picture: Option<bool>,
}

impl FromFields for Fields {
    // REQUIRED_FIELD for a blank user name.
    const ERRORS: &[Code] = &[Code::RequiredField, Code::InvalidUsername, Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let name =
            |name: &'static str, text: Option<String>| text.map(|text| PersonName::parse(name, &text)).transpose();
        let username = match fields.text("username")? {
            Some(text) if text.is_empty() => Some(UsernameChange::Remove),
            Some(text) => Some(UsernameChange::Set(Username::parse("username", &text)?)),
            None => None,
        };
        if fields.text("primary_phone_number_id")?.is_some_and(|id| !id.is_empty()) {
            return Err(Problem::field("primary_phone_number_id", "leave it empty: phone numbers are not supported."));
        }
        let first_name = fields.text("first_name")?;
        let last_name = fields.text("last_name")?;
        Ok(Self {
            first_name: name("first_name", first_name)?,
            last_name: name("last_name", last_name)?,
            username,
            primary_email_address_id: fields.id("primary_email_address_id")?,
            second_factor_policy: mfa_fields::read_policy(fields)?,
            remove_profile_picture: fields.flag("remove_profile_picture")?,
        })
    }
}

/// Changes the caller's account.
#[utoipa::path(post, path = "/me", operation_id = "update_account", tag = "Me", request_body = Fields,
    responses((status = 200, description = "User updated successfully", body = Enveloped<AccountResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(fields): Body<Fields>,
) -> ApiResponse<AccountResponse> {
    let update = Update {
        first_name: fields.first_name,
        last_name: fields.last_name,
        username: fields.username,
        primary_address: fields.primary_email_address_id,
        picture: if fields.remove_profile_picture == Some(true) { Change::Clear } else { Change::Keep },
        second_factor_policy: fields.second_factor_policy,
    };
    ApiResponse::from(
        app.run(&caller, update).await.map(|account| AccountResponse::new(account, app.response_context())),
    )
}

/// A profile picture.
#[derive(Debug, ToSchema)]
#[schema(as = ProfilePicture)]
pub(crate) struct Picture {
    /// A PNG, JPEG or WebP file, at most 5 MiB.
    #[schema(value_type = String, format = Binary)]
    pub(crate) file: ImageField,
}

impl FromFields for Picture {
    const ACCEPTS_IMAGE: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        match fields.image("file")? {
            ImageField::Missing => Err(Problem::required("file")),
            file => Ok(Self { file }),
        }
    }
}

/// Sets the caller's profile picture.
#[utoipa::path(post, path = "/me/profile-picture",
    operation_id = "upload_profile_picture", tag = "Me", request_body(content = Picture, content_type = "multipart/form-data"),
    responses((status = 200, description = "Uploaded", body = Enveloped<Option<bool>>)))]
pub(crate) async fn upload_picture(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Picture { file }): Body<Picture>,
) -> Result<ApiResponse<Option<bool>>, Refusal> {
    let picture = images::store_upload(&app, &caller, ImageOwner::Caller, file).await?;
    let reply = app.run(&caller, Update { picture, ..Update::default() }).await;
    Ok(ApiResponse::from(reply.map(|_| None)))
}
