//! `POST /auth/oauth2/init` and `/auth/oauth2/callback`: signing in with an account of a social provider.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::identity_provider::ProviderId;
use vestibule_core::secret::SignUpToken;
use vestibule_core::single_sign_on::{BeginSocial, CallbackOf, begin_social};
use vestibule_core::{Code, Problem, Reply};

use super::begun;
use super::callback::{self, CallbackParams, FinishedResponse, Navigation};
use crate::api::redirect_uri;
use crate::api::response::SessionResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Query};
use crate::openapi::Enveloped;

const CALLBACK: &str = "/auth/oauth2/callback";

/// Which provider to sign in with, and where the browser goes then. Each may be in the query or the body.
#[derive(Debug, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = SocialSignIn)]
pub(crate) struct InitParams {
    /// One of the providers that `GET /deployment` lists.
    #[param(example = "google_oauth")]
    #[schema(example = "google_oauth")]
    pub(in crate::api) provider: Option<String>,
    /// The page of your application that finishes, on the origin of `app.url` or one in `allowed_origins`. The browser
    /// opens it with `code` and `state`, or `error` and `state`, in the query.
    #[param(example = "https://app.example.com/sign-in/callback")]
    #[schema(example = "https://app.example.com/sign-in/callback")]
    pub(in crate::api) redirect_uri: Option<String>,
}

impl FromFields for InitParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            provider: fields.text("provider")?.filter(|provider| !provider.is_empty()),
            redirect_uri: redirect_uri::read(fields)?,
        })
    }
}

/// The same, with an invitation.
// No `Debug`: the token is a secret.
#[derive(ToSchema)]
#[schema(as = SocialSignInFields)]
pub(crate) struct InitFields {
    #[schema(example = "google_oauth")]
    provider: Option<String>,
    #[schema(example = "https://app.example.com/sign-in/callback")]
    redirect_uri: Option<String>,
    /// The token of an invitation to an organization or to sign up. It is accepted when the person is signed in with its
    /// address.
    invite_token: Option<String>,
}

impl FromFields for InitFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let InitParams { provider, redirect_uri } = InitParams::from_fields(fields)?;
        let invite_token = fields.text("invite_token")?.filter(|token| !token.is_empty());
        Ok(Self { provider, redirect_uri, invite_token })
    }
}

/// Parses the id of a provider.
///
/// # Errors
/// `PROVIDER_REQUIRED`; `PROVIDER_NOT_CONFIGURED` for a text that is no id.
pub(in crate::api) fn provider(id: Option<String>) -> Result<ProviderId, Problem> {
    let id = id.ok_or(Code::ProviderRequired)?;
    id.parse().map_err(|_| Code::ProviderNotConfigured.into())
}

/// The codes of [`provider`].
pub(crate) const PROVIDER_ERRORS: &[Code] = &[Code::ProviderRequired, Code::ProviderNotConfigured];

/// The codes of an invitation's token.
///
/// # Errors
/// `INVALID_INVITATION_TOKEN`.
pub(super) fn invitation(token: Option<String>) -> Result<Option<SignUpToken>, Problem> {
    token.map(|token| token.parse().map_err(|_| Code::InvalidInvitationToken.into())).transpose()
}

/// Where to send the browser.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StartedSocialSignIn)]
pub(crate) struct InitResponse {
    /// The authorization endpoint of the provider. It works once, within ten minutes, in this session.
    oauth_url: String,
    session: SessionResponse,
}

/// Starts a sign-in with an account of a social provider.
///
/// Send the browser to `oauth_url`. The provider sends it back here, and this server to `redirect_uri`, whose page calls
/// `GET /auth/oauth2/callback` with the `code` and the `state` of its query.
#[utoipa::path(post, path = "/auth/oauth2/init", operation_id = "begin_social_sign_in", tag = "Auth",
    params(InitParams), request_body = Option<InitFields>,
    responses((status = 200, description = "Where to send the browser", body = Enveloped<InitResponse>)))]
pub(crate) async fn init(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<InitParams>,
    Body(fields): Body<InitFields>,
) -> ApiResponse<InitResponse> {
    let parse = || {
        Ok::<_, Problem>(BeginSocial {
            provider: provider(params.provider.or(fields.provider))?,
            return_to: redirect_uri::required(params.redirect_uri.or(fields.redirect_uri), app.settings())?,
            is_page: false,
            invitation: invitation(fields.invite_token)?,
            login_hint: None,
        })
    };
    let reply = match parse() {
        Ok(begin) => begin_social(app.service(), &caller, begin).await,
        Err(problem) => Reply::failed(problem),
    };
    begun::respond(&app, reply, |oauth_url, session| InitResponse { oauth_url, session })
}

/// Finishes a sign-in with an account of a social provider.
///
/// Call it from the page at `redirect_uri`, in the session that has begun. The last entry of `signin_attempts` says what
/// became of it: the person is signed in (`completed`), has to give a second factor (`verify_second_factor`), or has no
/// account yet and needs an address that can be verified (`complete_profile`: see `POST /auth/complete-profile`). The
/// provider sends browsers to the same path: a request that prefers HTML gets a page, or is sent to `redirect_uri`.
#[utoipa::path(get, path = "/auth/oauth2/callback", operation_id = "finish_social_sign_in", tag = "Auth",
    params(CallbackParams),
    responses((status = 200, description = "The session, signed in or with the attempt", body = Enveloped<FinishedResponse>)))]
pub(crate) async fn finish(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    navigation: Navigation,
    Query(params): Query<CallbackParams>,
) -> Response {
    callback::finish(&app, caller, navigation, params, CallbackOf::Social).await
}

/// Takes the response of a provider that posts it.
pub(super) async fn receive(State(app): State<App>, Body(params): Body<CallbackParams>) -> Response {
    callback::receive(&app, CALLBACK, params).await
}
