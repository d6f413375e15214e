//! `/organizations/{id}/enterprise-connections`: the identity providers of an organization.

mod fields;
mod response;

use axum::extract::State;
use vestibule_core::Reply;
use vestibule_core::enterprise_connection::{Delete, List, ListTraces, SetRequired, Show, test_draft, test_saved};
use vestibule_core::id::{ConnectionId, OrganizationId};
use vestibule_core::single_sign_on::{BeginTest, begin_test};

pub(crate) use self::fields::{CreateFields, DraftFields, RequireFields, TestSignInFields, UpdateFields};
pub(crate) use self::response::{CheckResponse, ConnectionResponse, TraceResponse};
use super::auth::begun;
use super::auth::sso::LoginResponse;
use super::redirect_uri;
use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, Path};
use crate::openapi::Enveloped;

type Ids = Path<(OrganizationId, ConnectionId)>;

/// Lists the connections of an organization, oldest first.
#[utoipa::path(get, path = "/organizations/{id}/enterprise-connections", operation_id = "list_enterprise_connections",
    tag = "Single sign-on", params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The connections", body = Enveloped<Vec<ConnectionResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<Vec<ConnectionResponse>> {
    let reply = app.query(&caller, List { organization }).await;
    let response = |connection| ConnectionResponse::new(&app, connection);
    ApiResponse::from(reply.map(|connections| connections.into_iter().map(response).collect()))
}

/// Creates a connection. It is disabled until `enabled` is set.
#[utoipa::path(post, path = "/organizations/{id}/enterprise-connections", operation_id = "create_enterprise_connection",
    tag = "Single sign-on", request_body = CreateFields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The connection", body = Enveloped<ConnectionResponse>)))]
pub(crate) async fn create(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<CreateFields>,
) -> ApiResponse<ConnectionResponse> {
    let reply = app.run(&caller, fields.command(organization)).await;
    ApiResponse::from(reply.map(|connection| ConnectionResponse::new(&app, connection)))
}

/// Tests a configuration without saving it. The result has codes, and nothing of what the host has answered.
#[utoipa::path(post, path = "/organizations/{id}/enterprise-connections/test",
    operation_id = "test_enterprise_configuration", tag = "Single sign-on", request_body = DraftFields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The result", body = Enveloped<CheckResponse>)))]
pub(crate) async fn test_configuration(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(fields): Body<DraftFields>,
) -> ApiResponse<CheckResponse> {
    let reply = test_draft(app.service(), &caller, fields.draft(organization)).await;
    ApiResponse::from(reply.map(CheckResponse::from))
}

/// Shows a connection.
#[utoipa::path(get, path = "/organizations/{id}/enterprise-connections/{connectionId}",
    operation_id = "show_enterprise_connection", tag = "Single sign-on",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("connectionId" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "The connection", body = Enveloped<ConnectionResponse>)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, connection)): Ids,
) -> ApiResponse<ConnectionResponse> {
    let reply = app.query(&caller, Show { organization, connection }).await;
    ApiResponse::from(reply.map(|connection| ConnectionResponse::new(&app, connection)))
}

/// Changes, enables or disables a connection.
///
/// Enabling it, and changing an enabled one, requires `organization:admin`: whoever controls the provider can sign in as any
/// colleague. With another issuer or client, the sign-ins that were made through it end, and all admins get a mail.
#[utoipa::path(post, path = "/organizations/{id}/enterprise-connections/{connectionId}/update",
    operation_id = "update_enterprise_connection", tag = "Single sign-on", request_body = UpdateFields,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("connectionId" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "The connection", body = Enveloped<ConnectionResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, connection)): Ids,
    Body(fields): Body<UpdateFields>,
) -> ApiResponse<ConnectionResponse> {
    let reply = app.run(&caller, fields.command(organization, connection)).await;
    ApiResponse::from(reply.map(|connection| ConnectionResponse::new(&app, connection)))
}

/// Deletes a connection, and ends the sign-ins that were made through it. One that is required takes `organization:admin`.
#[utoipa::path(post, path = "/organizations/{id}/enterprise-connections/{connectionId}/delete",
    operation_id = "delete_enterprise_connection", tag = "Single sign-on",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("connectionId" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "Deleted", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, connection)): Ids,
) -> ApiResponse<SuccessResponse> {
    let reply = app.run(&caller, Delete { organization, connection }).await;
    ApiResponse::from(reply.map(|()| SuccessResponse::OK))
}

/// Tests a connection. The result has codes, and nothing of what the host has answered.
#[utoipa::path(post, path = "/organizations/{id}/enterprise-connections/{connectionId}/test",
    operation_id = "test_enterprise_connection", tag = "Single sign-on",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("connectionId" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "The result", body = Enveloped<CheckResponse>)))]
pub(crate) async fn test(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, connection)): Ids,
) -> ApiResponse<CheckResponse> {
    let reply = test_saved(app.service(), &caller, organization, connection).await;
    ApiResponse::from(reply.map(CheckResponse::from))
}

/// Requires that members with an address of the connection's domains sign in through it, or no longer does.
///
/// An admin has to have signed in through it, as it is now, before. Admins keep a way in with two factors of their own;
/// each such sign-in is reported to all admins.
#[utoipa::path(post, path = "/organizations/{id}/enterprise-connections/{connectionId}/require",
    operation_id = "require_enterprise_connection", tag = "Single sign-on", request_body = RequireFields,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("connectionId" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "The connection", body = Enveloped<ConnectionResponse>)))]
pub(crate) async fn require(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, connection)): Ids,
    Body(RequireFields { required }): Body<RequireFields>,
) -> ApiResponse<ConnectionResponse> {
    let reply = app.run(&caller, SetRequired { organization, connection, required }).await;
    ApiResponse::from(reply.map(|connection| ConnectionResponse::new(&app, connection)))
}

/// Starts a sign-in that tests a connection, also a disabled one. It signs nobody in.
///
/// Send the browser to `sso_url`. The page at `redirect_uri` finishes with `GET /auth/sso/oidc/callback`; without one, a page
/// of this server shows the result. It is then in the list of sign-ins.
#[utoipa::path(post, path = "/organizations/{id}/enterprise-connections/{connectionId}/test-sign-in",
    operation_id = "begin_enterprise_connection_test", tag = "Single sign-on", request_body = Option<TestSignInFields>,
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("connectionId" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "Where to send the browser", body = Enveloped<LoginResponse>)))]
pub(crate) async fn begin_test_sign_in(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, connection)): Ids,
    Body(TestSignInFields { redirect_uri }): Body<TestSignInFields>,
) -> ApiResponse<LoginResponse> {
    let is_page = redirect_uri.is_none();
    let return_to = match redirect_uri {
        None => Ok(format!("/organizations/{organization}/-/connections/{connection}")),
        Some(url) => redirect_uri::required(Some(url), app.settings()),
    };
    let reply = match return_to {
        Ok(return_to) => {
            begin_test(app.service(), &caller, BeginTest { organization, connection, return_to, is_page }).await
        }
        Err(problem) => Reply::failed(problem),
    };
    begun::respond(&app, reply, |sso_url, session| LoginResponse { sso_url, session })
}

/// Lists the last 50 sign-ins and tests of a connection, newest first, step by step.
#[utoipa::path(get, path = "/organizations/{id}/enterprise-connections/{connectionId}/sign-ins",
    operation_id = "list_enterprise_connection_sign_ins", tag = "Single sign-on",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("connectionId" = ConnectionId, Path, description = "The connection")),
    responses((status = 200, description = "The sign-ins", body = Enveloped<Vec<TraceResponse>>)))]
pub(crate) async fn list_sign_ins(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, connection)): Ids,
) -> ApiResponse<Vec<TraceResponse>> {
    let reply = app.query(&caller, ListTraces { organization, connection }).await;
    ApiResponse::from(reply.map(|traces| traces.into_iter().map(TraceResponse::from).collect()))
}
