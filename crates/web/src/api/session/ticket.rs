//! `GET /session/ticket/exchange`

use axum::extract::{FromRequestParts, State};
use axum::http::Method;
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::{SessionId, UserId};
use vestibule_core::impersonation::{Exchange, Exchanged};
use vestibule_core::names::full_name;
use vestibule_core::secret::SessionTicket;
use vestibule_core::{Code, Problem, Reply};

use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{ExtractorErrors, FieldReader, FromFields, Query};
use crate::middleware::cross_site;
use crate::openapi::Enveloped;

/// The query of an exchange.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TicketParams {
    /// The ticket from the query of the page that the backend has named.
    #[param(value_type = String)]
    ticket: Option<SessionTicket>,
}

impl FromFields for TicketParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { ticket: fields.required_text("ticket")?.parse().ok() })
    }
}

/// Lets a `GET` pass that changes something: only from this server or an allowed origin, and never as `HEAD`.
#[derive(Debug)]
pub(crate) struct SameSite;

impl FromRequestParts<App> for SameSite {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        if parts.method != Method::GET {
            return Err(Refusal(Code::RouteNotFound.into()));
        }
        cross_site::check(&Method::POST, &parts.headers, app.settings()).map(|()| Self).map_err(Refusal)
    }
}

impl ExtractorErrors for SameSite {
    fn errors() -> Vec<Code> {
        vec![Code::CrossSiteRequest]
    }
}

/// The session after a ticket was exchanged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExchangedTicket)]
pub(crate) struct ExchangedResponse {
    /// Always `true`.
    success: bool,
    message: &'static str,
    session_id: SessionId,
    actor: ActorResponse,
    session: SessionResponse,
}

/// The person who is signed in as the user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
struct ActorResponse {
    id: UserId,
    display_name: String,
    /// Always `user`.
    subject_type: &'static str,
}

/// Exchanges a ticket of the API for backends for a sign-in as another person, which becomes the active one.
///
/// The ticket works once. The sign-in ends after twenty minutes, and cannot change what opens the account.
#[utoipa::path(get, path = "/session/ticket/exchange", operation_id = "exchange_session_ticket", tag = "Session",
    params(TicketParams),
    responses((status = 200, description = "Signed in", body = Enveloped<ExchangedResponse>)))]
pub(crate) async fn exchange(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    _: SameSite,
    Query(TicketParams { ticket }): Query<TicketParams>,
) -> ApiResponse<ExchangedResponse> {
    let reply = match ticket {
        Some(ticket) => app.run(&caller, Exchange { ticket }).await,
        None => Reply::failed(Code::InvalidTicket.into()),
    };
    let token = reply.result.as_ref().ok().map(|exchanged| exchanged.token.clone());
    let response = |Exchanged { session, actor, .. }: Exchanged| ExchangedResponse {
        success: true,
        message: "Impersonation successful",
        session_id: session.session.id,
        actor: ActorResponse {
            id: actor.id,
            display_name: full_name(&actor.first_name, &actor.last_name),
            subject_type: "user",
        },
        session: SessionResponse::new(&session, app.response_context()),
    };
    ApiResponse::from(reply.map(response)).with_session_token(&app, token)
}
