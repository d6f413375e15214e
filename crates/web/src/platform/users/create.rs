//! `POST /users`

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::images::ImageOwner;
use vestibule_core::names::{PersonName, Username};
use vestibule_core::user_management::{NewAccount, create_user};
use vestibule_core::{Code, Problem};

use super::{UserResponse, choose_password};
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields};
use crate::images::{self, ImageField};
use crate::platform::response::PlatformResponse;

/// The fields of a new user.
#[derive(ToSchema)]
#[schema(as = NewUser)]
pub(crate) struct CreateFields {
    #[schema(value_type = String, max_length = 100)]
    first_name: PersonName,
    #[schema(value_type = String, max_length = 100)]
    last_name: PersonName,
    /// Verified: your application vouches for it. An account that has not proved it loses it.
    #[schema(value_type = Option<String>, format = Email)]
    email_address: Option<EmailAddress>,
    #[schema(value_type = Option<String>)]
    username: Option<Username>,
    password: Option<String>,
    /// Whether the password may be short, common or known to attackers.
    #[schema(required = false)]
    skip_password_check: bool,
    /// A PNG, JPEG or WebP file, at most 5 MiB. Send the fields as `multipart/form-data` then.
    #[schema(value_type = Option<String>, format = Binary)]
    profile_image: ImageField,
}

impl FromFields for CreateFields {
    const ACCEPTS_IMAGE: bool = true;
    const ERRORS: &[Code] =
        &[Code::InvalidEmail, Code::InvalidUsername, Code::InvalidPassword, Code::PhonesNotSupported];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let name = |fields: &mut FieldReader, field: &'static str| {
            let text = fields.text(field)?.ok_or_else(|| Problem::required(field))?;
            PersonName::parse(field, &text)
        };
        check_phone_number(fields)?;
        Ok(Self {
            first_name: name(fields, "first_name")?,
            last_name: name(fields, "last_name")?,
            email_address: email_address(fields)?,
            username: username(fields)?,
            password: fields.text("password")?.filter(|password| !password.is_empty()),
            skip_password_check: fields.flag("skip_password_check")?.unwrap_or(false),
            profile_image: fields.image("profile_image")?,
        })
    }
}

/// # Errors
/// `PHONES_NOT_SUPPORTED` for a phone number.
pub(super) fn check_phone_number(fields: &mut FieldReader) -> Result<(), Problem> {
    let number = fields.text("phone_number")?;
    if number.is_some_and(|number| !number.is_empty()) { Err(Code::PhonesNotSupported.into()) } else { Ok(()) }
}

/// An address; an empty text counts as missing.
pub(super) fn email_address(fields: &mut FieldReader) -> Result<Option<EmailAddress>, Problem> {
    let text = fields.text("email_address")?.filter(|text| !text.is_empty());
    text.map(|text| EmailAddress::parse(&text).map_err(Problem::from)).transpose()
}

/// A user name; an empty text counts as missing.
pub(super) fn username(fields: &mut FieldReader) -> Result<Option<Username>, Problem> {
    let text = fields.text("username")?.filter(|text| !text.is_empty());
    text.map(|text| Username::parse("username", &text)).transpose()
}

/// Creates a user.
///
/// They join the organizations that have the domain of their address, as after a sign-up. Without a password they sign
/// in with a mailed code.
#[utoipa::path(post, path = "/users", operation_id = "create_user", tag = "Users", request_body = CreateFields,
    responses((status = 200, description = "The user", body = UserResponse)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(fields): Body<CreateFields>,
) -> Result<PlatformResponse<UserResponse>, Refusal> {
    let password = fields.password.map(|password| choose_password(&app, password, fields.skip_password_check));
    let account = NewAccount {
        email: fields.email_address,
        first_name: fields.first_name,
        last_name: fields.last_name,
        username: fields.username,
        password: password.transpose()?,
        picture: images::store_upload(&app, &caller, ImageOwner::User, fields.profile_image).await?,
    };
    let reply = create_user(app.service(), &caller, account).await;
    Ok(reply.map(|user| UserResponse::new(user, app.response_context())).into())
}
