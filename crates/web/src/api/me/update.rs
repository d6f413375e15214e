//! `POST /me`, which was `PATCH /me`, and `POST /me/profile-picture`.

use axum::extract::State;
use utoipa::ToSchema;
use vestibule_core::id::EmailAddressId;
use vestibule_core::images::{Change, Subject};
use vestibule_core::names::{PersonName, Username};
use vestibule_core::user::{NewUsername, Update};
use vestibule_core::{Code, Problem};

use crate::answer::Answer;
use crate::api::shape::AccountShape;
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{Body, FromFields, Reader};
use crate::images::{self, Sent};
use crate::openapi::Enveloped;

/// What is to be changed; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(as = AccountChanges)]
pub(crate) struct Fields {
    #[schema(value_type = Option<String>, max_length = 100)]
    first_name: Option<PersonName>,
    #[schema(value_type = Option<String>, max_length = 100)]
    last_name: Option<PersonName>,
    /// Empty for none.
    #[schema(value_type = Option<String>)]
    username: Option<NewUsername>,
    /// One of one's own verified addresses.
    #[schema(value_type = Option<String>)]
    primary_email_address_id: Option<EmailAddressId>,
    /// Whether the profile picture goes.
    remove_profile_picture: Option<bool>,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let name =
            |name: &'static str, text: Option<String>| text.map(|text| PersonName::parse(name, &text)).transpose();
        let username = match fields.text("username")? {
            Some(text) if text.is_empty() => Some(NewUsername::None),
            Some(text) => Some(NewUsername::This(Username::parse("username", &text)?)),
            None => None,
        };
        // There is no second factor yet: it can only be said that there is none.
        if fields.text("second_factor_policy")?.is_some_and(|policy| !policy.is_empty() && policy != "none") {
            return Err(Code::MfaNotAvailable.into());
        }
        let first_name = fields.text("first_name")?;
        let last_name = fields.text("last_name")?;
        Ok(Self {
            first_name: name("first_name", first_name)?,
            last_name: name("last_name", last_name)?,
            username,
            primary_email_address_id: fields.id("primary_email_address_id")?,
            remove_profile_picture: fields.flag("remove_profile_picture")?,
        })
    }
}

/// Change one's own account.
#[utoipa::path(post, path = "/me", tag = "Me", request_body = Fields,
    responses((status = 200, description = "User updated successfully", body = Enveloped<AccountShape>)))]
pub(crate) async fn update(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(fields): Body<Fields>,
) -> Answer<AccountShape> {
    let update = Update {
        first_name: fields.first_name,
        last_name: fields.last_name,
        username: fields.username,
        primary_address: fields.primary_email_address_id,
        picture: if fields.remove_profile_picture == Some(true) { Change::Clear } else { Change::Keep },
    };
    Answer::from(app.run(&caller, update).await.map(|shown| AccountShape::new(shown, app.here())))
}

/// A picture of oneself.
#[derive(Debug, ToSchema)]
#[schema(as = ProfilePicture)]
pub(crate) struct Picture {
    /// A PNG, JPEG or WebP file in a multipart form; up to 5 MiB.
    #[schema(value_type = String, format = Binary)]
    pub(crate) file: Sent,
}

impl FromFields for Picture {
    const TAKES_IMAGE: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        match fields.image("file")? {
            Sent::Nothing => Err(Problem::required("file")),
            file => Ok(Self { file }),
        }
    }
}

/// Show a picture of oneself from now on.
#[utoipa::path(post, path = "/me/profile-picture", tag = "Me", request_body = Picture,
    responses((status = 200, description = "Uploaded", body = Enveloped<Option<bool>>)))]
pub(crate) async fn picture(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Picture { file }): Body<Picture>,
) -> Result<Answer<Option<bool>>, Refusal> {
    let picture = images::received(&app, &caller, Subject::OfCaller, file).await?;
    let reply = app.run(&caller, Update { picture, ..Update::default() }).await;
    Ok(Answer::from(reply.map(|_| None)))
}
