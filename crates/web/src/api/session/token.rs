//! `GET /session/token`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::session_token::Mint;
use vestibule_core::{Code, Problem};

use crate::answer::Answer;
use crate::app::{App, Visitor};
use crate::envelope::Refusal;
use crate::extract::{FromFields, Query, Reader};
use crate::openapi::Enveloped;

/// After which template.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Template {
    /// There is one: `default`.
    #[param(required = false)]
    template: String,
}

impl FromFields for Template {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let template = fields.text("template")?.filter(|name| !name.is_empty());
        Ok(Self { template: template.unwrap_or_else(|| "default".to_owned()) })
    }
}

/// A token for the caller's own backend.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionToken)]
pub(crate) struct Token {
    /// A JWT signed with ES256 by a key of `/.well-known/jwks.json`.
    token: String,
    /// When to ask for another, in milliseconds since 1970.
    expires: i64,
}

/// A short-lived token about the active sign-in, which a backend checks without asking anybody.
#[utoipa::path(get, path = "/session/token", tag = "Session", params(Template),
    responses((status = 200, description = "Token generated successfully", body = Enveloped<Token>)))]
pub(crate) async fn token(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(Template { template }): Query<Template>,
) -> Result<Answer<Token>, Refusal> {
    if template != "default" {
        return Err(Refusal(Code::TemplateNotFound.into()));
    }
    let minted = app.ask(&caller, Mint).await;
    Ok(Answer::from(
        minted
            .map(|minted| Token { expires: minted.expires_at.as_microseconds().div_euclid(1000), token: minted.token }),
    ))
}
