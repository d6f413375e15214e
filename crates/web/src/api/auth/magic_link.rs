//! `GET /auth/verify-magic-link`

use axum::extract::State;
use utoipa::IntoParams;
use vestibule_core::id::AttemptId;
use vestibule_core::secret::AttemptToken;
use vestibule_core::sign_in::{self, LinkUser};
use vestibule_core::{Code, Problem, Reply};

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Query};
use crate::openapi::Enveloped;

/// The query of a magic link.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MagicLinkParams {
    /// The token from the query or the fragment of the mailed link.
    #[param(value_type = String)]
    token: Option<AttemptToken>,
    /// The id of the attempt. If present, it must match the token.
    #[param(value_type = Option<String>)]
    attempt: Option<AttemptId>,
}

impl FromFields for MagicLinkParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { token: fields.required_text("token")?.parse().ok(), attempt: fields.id("attempt")? })
    }
}

/// Signs in with the token of a mailed magic link.
///
/// The link only works in the session that requested it, so mail scanners cannot consume it, and a token that leaks is
/// worthless. An application whose page the link opens calls this with the `token` and `attempt` of its query.
#[utoipa::path(get, path = "/auth/verify-magic-link",
    operation_id = "verify_magic_link", tag = "Auth", params(MagicLinkParams),
    responses((status = 200, description = "Signed in", body = Enveloped<SessionResponse>)))]
pub(crate) async fn verify(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(MagicLinkParams { token, attempt }): Query<MagicLinkParams>,
) -> ApiResponse<SessionResponse> {
    let token = token.filter(|token| attempt.is_none_or(|attempt| attempt == token.attempt()));
    let reply = match token {
        Some(token) => {
            let reply = sign_in::with_link(app.service(), &caller, token, LinkUser::SameSession).await;
            reply.map(|(signed_in, _)| signed_in)
        }
        None => Reply::failed(Code::InvalidMagicLink.into()),
    };
    ApiResponse::from_sign_in(&app, reply)
}
