//! `GET /auth/identifier-availability`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::Problem;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::names::Username;
use vestibule_core::sign_in::{Identifier, IsKnown};

use crate::answer::Answer;
use crate::app::{App, Visitor};
use crate::extract::{FromFields, Query, Reader};
use crate::openapi::Enveloped;

/// An e-mail address or a user name.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sought {
    #[param(value_type = String)]
    identifier: Identifier,
    /// `email` or `username`.
    #[param(value_type = String)]
    #[expect(dead_code, reason = "describes what decides how the identifier is read")]
    r#type: (),
}

impl FromFields for Sought {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let (identifier, kind) = (fields.required_text("identifier")?, fields.required_text("type")?);
        let identifier = match kind.as_str() {
            "email" => Identifier::Email(EmailAddress::parse(&identifier)?),
            "username" => Identifier::Username(Username::parse("identifier", &identifier)?),
            _ => return Err(Problem::field("type", "write email or username.")),
        };
        Ok(Self { identifier, r#type: () })
    }
}

/// Whether an account has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Known {
    exists: bool,
}

/// Whether an account has this address or user name: always `false`, unless the setting `tell_identifiers` says otherwise.
#[utoipa::path(get, path = "/auth/identifier-availability", tag = "Auth", params(Sought), security(()),
    responses((status = 200, description = "Whether there is one", body = Enveloped<Known>)))]
pub(crate) async fn availability(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(Sought { identifier, .. }): Query<Sought>,
) -> Answer<Known> {
    Answer::from(app.ask(&caller, IsKnown { identifier }).await.map(|exists| Known { exists }))
}
