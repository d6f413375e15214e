//! `POST /waitlist/join`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::{DeploymentId, WaitlistEntryId};
use vestibule_core::names::PersonName;
use vestibule_core::time::Timestamp;
use vestibule_core::waitlist::{Join, join as join_waitlist};

use crate::answer::Answer;
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Reader};
use crate::openapi::Enveloped;

/// Who would like to come in.
#[derive(Debug, ToSchema)]
#[schema(as = NewWaitlistEntry)]
pub(crate) struct Fields {
    #[schema(value_type = String, format = Email)]
    email: EmailAddress,
    #[schema(value_type = Option<String>)]
    first_name: PersonName,
    #[schema(value_type = Option<String>)]
    last_name: PersonName,
}

impl FromFields for Fields {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let (first, last) = (fields.text("first_name")?, fields.text("last_name")?);
        Ok(Self {
            email: EmailAddress::parse(&fields.required_text("email")?)?,
            first_name: PersonName::parse("first_name", first.as_deref().unwrap_or_default())?,
            last_name: PersonName::parse("last_name", last.as_deref().unwrap_or_default())?,
        })
    }
}

/// What was noted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinedWaitlist)]
pub(crate) struct Joined {
    message: &'static str,
    entry: Entry,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitlistEntry)]
struct Entry {
    id: WaitlistEntryId,
    deployment_id: DeploymentId,
    email: String,
    first_name: String,
    last_name: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Join the waitlist.
///
/// Whoever is on it already, or has an account, hears the same as everybody else.
#[utoipa::path(post, path = "/waitlist/join", tag = "Waitlist", security(()), request_body = Fields,
    responses((status = 200, description = "Successfully added to waitlist", body = Enveloped<Joined>)))]
pub(crate) async fn join(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Fields { email, first_name, last_name }): Body<Fields>,
) -> Answer<Joined> {
    let join = Join { email: email.clone(), first_name: first_name.clone(), last_name: last_name.clone() };
    Answer::from(join_waitlist(app.service(), &caller, join).await.map(|joined| Joined {
        message: "Successfully joined waitlist",
        entry: Entry {
            id: joined.id,
            deployment_id: app.here().deployment,
            email: email.key().to_owned(),
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
            created_at: joined.created_at,
            updated_at: joined.created_at,
        },
    }))
}
