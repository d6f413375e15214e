//! `GET /session/token`

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::session_token::Mint;
use vestibule_core::settings::Tokens;
use vestibule_core::{Code, Problem};

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{FieldReader, FromFields, Query};
use crate::openapi::Enveloped;

/// The query of a session token.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenParams {
    /// The template of the custom claims: `default`, or a name of the setting `tokens.templates`.
    #[param(required = false)]
    template: String,
}

impl FromFields for TokenParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::TemplateNotFound];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let template = fields.text("template")?.filter(|name| !name.is_empty());
        Ok(Self { template: template.unwrap_or_else(|| Tokens::DEFAULT_TEMPLATE.to_owned()) })
    }
}

/// A session token for the application's backend.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionToken)]
pub(crate) struct Token {
    /// A JWT signed with ES256 by a key of `/.well-known/jwks.json`.
    token: String,
    /// The time of expiry, in milliseconds since 1970. The `exp` claim is a few seconds later, to allow for clock skew.
    expires: i64,
}

/// Issues a short-lived token for the active sign-in, which a backend can verify offline with the published keys.
#[utoipa::path(get, path = "/session/token", operation_id = "issue_session_token", tag = "Session", params(TokenParams),
    responses((status = 200, description = "Token generated successfully", body = Enveloped<Token>)))]
pub(crate) async fn token(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(TokenParams { template }): Query<TokenParams>,
) -> Result<ApiResponse<Token>, Refusal> {
    let template = app.settings().tokens.template(&template).ok_or(Refusal(Code::TemplateNotFound.into()))?;
    let minted = app.query(&caller, Mint { template: Arc::clone(template) }).await;
    Ok(ApiResponse::from(
        minted.map(|minted| Token { expires: minted.expires_at.as_milliseconds(), token: minted.token }),
    ))
}
