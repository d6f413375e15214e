//! `GET /auth/verify-magic-link`: opening the link from the mail.

use axum::extract::State;
use utoipa::IntoParams;
use vestibule_core::id::AttemptId;
use vestibule_core::secret::AttemptToken;
use vestibule_core::{Code, Problem, Reply, attempt};

use crate::answer::Answer;
use crate::api::shape::SessionShape;
use crate::app::{App, Visitor};
use crate::extract::{FromFields, Query, Reader};
use crate::openapi::Enveloped;

/// The link's secret.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Link {
    /// From the fragment of the mailed link.
    #[param(value_type = String)]
    token: Option<AttemptToken>,
    /// The attempt it is for, which the token says too.
    #[param(value_type = Option<String>)]
    attempt: Option<AttemptId>,
}

impl FromFields for Link {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { token: fields.required_text("token")?.parse().ok(), attempt: fields.id("attempt")? })
    }
}

/// Sign in by the link from the mail.
///
/// It works in the browser that asked for it and in no other: a mail scanner that opens it has no cookie, and changes
/// nothing.
#[utoipa::path(get, path = "/auth/verify-magic-link", tag = "Auth", params(Link), security(()),
    responses((status = 200, description = "Signed in", body = Enveloped<SessionShape>),
              (status = 400, description = "Used, too old, or opened in another browser")))]
pub(crate) async fn verify(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(Link { token, attempt }): Query<Link>,
) -> Answer<SessionShape> {
    let token = token.filter(|token| attempt.is_none_or(|attempt| attempt == token.attempt()));
    let reply = match token {
        Some(token) => attempt::by_link(app.service(), &caller, token).await.map(|(came_in, _)| came_in),
        None => Reply::refused(Code::InvalidMagicLink.into()),
    };
    Answer::came_in(&app, reply)
}
