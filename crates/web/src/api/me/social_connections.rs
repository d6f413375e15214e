//! `/me/social-connections`, `/me/init-sso-connection` and `/me/sso-connection-callback`: the caller's accounts at social
//! providers.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{AttemptId, IdentityId};
use vestibule_core::identity::DisconnectIdentity;
use vestibule_core::single_sign_on::{BeginLink, CallbackPurpose, Finished, LinkPending, begin_link};
use vestibule_core::{Code, Problem, Reply};

use crate::api::auth::callback::{self, CallbackParams};
use crate::api::auth::oauth2::{InitParams, provider};
use crate::api::redirect_uri;
use crate::api::response::{MessageResponse, SessionResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Path, Query};
use crate::openapi::Enveloped;

/// Where to send the browser.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StartedSocialConnection)]
pub(crate) struct InitResponse {
    /// The authorization endpoint of the provider. It works once, within ten minutes, in this session.
    oauth_url: String,
}

/// Starts to connect an account at a social provider to the caller's.
///
/// Send the browser to `oauth_url`. The page at `redirect_uri` calls `POST /me/sso-connection-callback` with the `code` and
/// the `state` of its query. It requires a recent proof of identity.
#[utoipa::path(post, path = "/me/init-sso-connection", operation_id = "begin_social_connection", tag = "Me",
    params(InitParams), request_body = Option<InitParams>,
    responses((status = 200, description = "Where to send the browser", body = Enveloped<InitResponse>)))]
pub(crate) async fn init(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<InitParams>,
    Body(fields): Body<InitParams>,
) -> ApiResponse<InitResponse> {
    let parse = || {
        Ok::<_, Problem>(BeginLink {
            provider: provider(params.provider.or(fields.provider))?,
            return_to: redirect_uri::required(params.redirect_uri.or(fields.redirect_uri), app.settings())?,
            is_page: false,
        })
    };
    let reply = match parse() {
        Ok(begin) => begin_link(app.service(), &caller, begin).await,
        Err(problem) => Reply::failed(problem),
    };
    ApiResponse::from(reply.map(|begun| InitResponse { oauth_url: begun.url }))
}

/// The account at a social provider that was connected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectedSocialAccount)]
pub(crate) struct ConnectedResponse {
    message: &'static str,
    session: SessionResponse,
    /// That of the call that began it.
    redirect_uri: String,
}

/// Finishes to connect an account at a social provider.
///
/// It fails if the account is connected to another user, whose account that is stays unknown.
#[utoipa::path(post, path = "/me/sso-connection-callback", operation_id = "finish_social_connection", tag = "Me",
    params(CallbackParams),
    responses((status = 200, description = "Connected", body = Enveloped<ConnectedResponse>)))]
pub(crate) async fn finish(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<CallbackParams>,
) -> ApiResponse<Option<ConnectedResponse>> {
    let reply = callback::run(&app, &caller, params.into_parameters(), CallbackPurpose::Link).await;
    let mut reply = reply.map(|finished| match finished {
        Finished::Linked { session, return_to, .. } => Some(ConnectedResponse {
            message: "Account connected",
            session: SessionResponse::new(&session, app.response_context()),
            redirect_uri: return_to,
        }),
        Finished::SignedIn { .. } | Finished::NeedsProfile { .. } | Finished::Tested { .. } => None,
    });
    // With this purpose, nothing else is finished.
    if matches!(reply.result, Ok(None)) {
        reply.result = Err(Code::InvalidState.into());
    }
    ApiResponse::from(reply)
}

/// Disconnects one of the caller's accounts at social providers.
///
/// It does not sign in any more. The last way to sign in cannot be disconnected. It requires a recent proof of identity.
#[utoipa::path(post, path = "/me/social-connections/{id}/disconnect", operation_id = "delete_social_connection",
    tag = "Me", params(("id" = IdentityId, Path, description = "The connection")),
    responses((status = 200, description = "Disconnected", body = Enveloped<MessageResponse>)))]
pub(crate) async fn disconnect(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((id,)): Path<(IdentityId,)>,
) -> ApiResponse<MessageResponse> {
    let reply = app.run(&caller, DisconnectIdentity { id }).await;
    ApiResponse::from(reply.map(|()| MessageResponse::new("Account disconnected")))
}

/// Connects the account at a social provider with which a sign-in waits at `complete_profile`.
///
/// For a person who has an account: they sign in to it in the same session, by any other way, and connect what waits. It
/// requires a recent proof of identity.
#[utoipa::path(post, path = "/me/social-connections/pending/{attemptId}/connect",
    operation_id = "connect_pending_social_account", tag = "Me",
    params(("attemptId" = AttemptId, Path, description = "The attempt of the session's `signin_attempts`")),
    responses((status = 200, description = "Connected", body = Enveloped<MessageResponse>)))]
pub(crate) async fn connect_pending(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((attempt,)): Path<(AttemptId,)>,
) -> ApiResponse<MessageResponse> {
    let reply = app.run(&caller, LinkPending { attempt }).await;
    ApiResponse::from(reply.map(|_| MessageResponse::new("Account connected")))
}
