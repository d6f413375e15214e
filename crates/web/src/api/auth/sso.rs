//! `/auth/sso/…`: signing in with the identity provider of an organization.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::{ConnectionId, OrganizationId};
use vestibule_core::single_sign_on::{self, BeginEnterprise, CallbackOf, begin_enterprise};
use vestibule_core::{Code, Problem, Reply};

use super::begun;
use super::callback::{self, CallbackParams, FinishedResponse, Navigation};
use super::oauth2::invitation;
use crate::api::redirect_uri;
use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::openapi::Enveloped;
use crate::site_data::OutdatedCookies;

const CALLBACK: &str = "/auth/sso/oidc/callback";

/// Which connection to sign in through, and where the browser goes then. Each may be in the query or the body.
#[derive(Debug, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = EnterpriseSignIn)]
pub(crate) struct LoginParams {
    /// From `POST /auth/identify`, or the error `SSO_REQUIRED`.
    connection_id: Option<ConnectionId>,
    /// The page of your application that finishes, on the origin of `app.url` or one in `allowed_origins`.
    #[param(example = "https://app.example.com/sign-in/callback")]
    #[schema(example = "https://app.example.com/sign-in/callback")]
    redirect_uri: Option<String>,
}

impl FromFields for LoginParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { connection_id: fields.id("connection_id")?, redirect_uri: redirect_uri::read(fields)? })
    }
}

/// The same, with what the provider or the invitation needs.
// No `Debug`: the token is a secret.
#[derive(ToSchema)]
#[schema(as = EnterpriseSignInFields)]
pub(crate) struct LoginFields {
    connection_id: Option<ConnectionId>,
    #[schema(example = "https://app.example.com/sign-in/callback")]
    redirect_uri: Option<String>,
    /// The address that the person has typed. The provider may fill it in.
    #[schema(example = "ada@example.com")]
    login_hint: Option<String>,
    /// The token of an invitation. It is accepted when the person is signed in with its address.
    invite_token: Option<String>,
}

impl FromFields for LoginFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let LoginParams { connection_id, redirect_uri } = LoginParams::from_fields(fields)?;
        let mut text = |name| Ok::<_, Problem>(fields.text(name)?.filter(|text| !text.is_empty()));
        Ok(Self { connection_id, redirect_uri, login_hint: text("login_hint")?, invite_token: text("invite_token")? })
    }
}

/// Where to send the browser.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StartedEnterpriseSignIn)]
pub(crate) struct LoginResponse {
    /// The authorization endpoint of the provider. It works once, within ten minutes, in this session.
    pub(in crate::api) sso_url: String,
    pub(in crate::api) session: SessionResponse,
}

/// Starts a sign-in with the identity provider of an organization.
///
/// Send the browser to `sso_url`. The provider sends it back here, and this server to `redirect_uri`, whose page calls
/// `GET /auth/sso/oidc/callback` with the `code` and the `state` of its query.
#[utoipa::path(post, path = "/auth/sso/login", operation_id = "begin_enterprise_sign_in", tag = "Auth",
    params(LoginParams), request_body = Option<LoginFields>,
    responses((status = 200, description = "Where to send the browser", body = Enveloped<LoginResponse>)))]
pub(crate) async fn login(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<LoginParams>,
    Body(fields): Body<LoginFields>,
) -> ApiResponse<LoginResponse> {
    let parse = || {
        let connection = params.connection_id.or(fields.connection_id);
        Ok::<_, Problem>(BeginEnterprise {
            connection: connection.ok_or_else(|| Problem::required("connection_id"))?,
            return_to: redirect_uri::required(params.redirect_uri.or(fields.redirect_uri), app.settings())?,
            is_page: false,
            invitation: invitation(fields.invite_token)?,
            login_hint: fields.login_hint,
        })
    };
    let reply = match parse() {
        Ok(begin) => begin_enterprise(app.service(), &caller, begin).await,
        Err(problem) => Reply::failed(problem),
    };
    begun::respond(&app, reply, |sso_url, session| LoginResponse { sso_url, session })
}

/// Finishes a sign-in with the identity provider of an organization.
///
/// Call it from the page at `redirect_uri`, in the session that has begun. A new member is in the organization then, as
/// far as the connection creates accounts and memberships. It also finishes the test of a connection, which signs nobody
/// in. The provider sends browsers to the same path with the id of the organization: a request that prefers HTML gets a
/// page, or is sent to `redirect_uri`.
#[utoipa::path(get, path = "/auth/sso/oidc/callback", operation_id = "finish_enterprise_sign_in", tag = "Auth",
    params(CallbackParams),
    responses((status = 200, description = "The session, signed in or with the attempt", body = Enveloped<FinishedResponse>)))]
pub(crate) async fn finish(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    navigation: Navigation,
    Query(params): Query<CallbackParams>,
) -> Response {
    callback::finish(&app, caller, navigation, params, CallbackOf::Enterprise(None)).await
}

/// Finishes at the redirect URI of an organization, to which its providers send browsers.
pub(super) async fn arrive(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    navigation: Navigation,
    Path((organization,)): Path<(OrganizationId,)>,
    Query(params): Query<CallbackParams>,
) -> Response {
    callback::finish(&app, caller, navigation, params, CallbackOf::Enterprise(Some(organization))).await
}

/// Takes the response of a provider that posts it.
pub(super) async fn receive(
    State(app): State<App>,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(params): Body<CallbackParams>,
) -> Response {
    callback::receive(&app, &format!("{CALLBACK}/{organization}"), params).await
}

/// Refuses what SAML would need.
pub(super) async fn refuse_saml() -> Refusal {
    Refusal(Code::ProtocolNotSupported.into())
}

/// The session after the sign-out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnterpriseSignedOut)]
pub(crate) struct LogoutResponse {
    /// Where the provider ends its own session. `null` if the sign-in was not made with a provider that can.
    logout_url: Option<String>,
    session: SessionResponse,
}

/// Ends the active sign-in, and returns where the identity provider that made it ends its session
/// (OpenID Connect RP-Initiated Logout 1.0).
///
/// Send the browser to `logout_url`. The provider sends it back to the sign-in page of this server.
#[utoipa::path(post, path = "/auth/sso/logout", operation_id = "end_enterprise_sign_in", tag = "Auth",
    responses((status = 200, description = "Signed out", body = Enveloped<LogoutResponse>)))]
pub(crate) async fn logout(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    outdated_cookies: OutdatedCookies,
) -> ApiResponse<LogoutResponse> {
    let reply = single_sign_on::logout(app.service(), &caller).await;
    let (context, now) = (app.response_context(), app.service().now());
    let response = reply.map(|ended| LogoutResponse {
        logout_url: ended.url,
        session: match &ended.session {
            Some(session) => SessionResponse::new(session, context),
            None => SessionResponse::anonymous(now),
        },
    });
    ApiResponse::from(response).with_site_data_cleared(&outdated_cookies)
}
