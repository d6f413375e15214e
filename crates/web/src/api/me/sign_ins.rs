//! `GET /me/signins` and `POST /me/signins/{id}/signout`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::account::EndSignIn;
use vestibule_core::id::{MembershipId, SessionId, SignInId, UserId, WorkspaceMembershipId};
use vestibule_core::session::{ListSignIns, SignIn};
use vestibule_core::time::Timestamp;

use crate::api::response::ClientResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::openapi::Enveloped;
use crate::site_data::OutdatedCookies;

/// One of the caller's sign-ins.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnSignIn)]
pub(crate) struct OwnSignIn {
    id: SignInId,
    session_id: SessionId,
    user_id: UserId,
    active_organization_membership_id: Option<MembershipId>,
    active_workspace_membership_id: Option<WorkspaceMembershipId>,
    expires_at: Timestamp,
    last_active_at: Timestamp,
    ip_address: String,
    #[serde(flatten)]
    client: ClientResponse,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The person who is signed in as the caller, for support. Without it, the caller is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = UserId, required = false)]
    impersonator_id: Option<UserId>,
    /// True for the sign-in that makes this request.
    current: bool,
}

impl OwnSignIn {
    fn new(sign_in: SignIn, current: SignInId) -> Self {
        Self {
            current: sign_in.id == current,
            id: sign_in.id,
            session_id: sign_in.session_id,
            user_id: sign_in.user_id,
            active_organization_membership_id: sign_in.organization_membership_id,
            active_workspace_membership_id: sign_in.workspace_membership_id,
            expires_at: sign_in.expires_at,
            last_active_at: sign_in.last_active_at,
            ip_address: sign_in.ip_address,
            client: ClientResponse::new(&sign_in.user_agent),
            created_at: sign_in.created_at,
            updated_at: sign_in.updated_at,
            impersonator_id: sign_in.impersonator_id,
        }
    }
}

/// Lists the caller's sign-ins in all browsers, newest first.
#[utoipa::path(get, path = "/me/signins", operation_id = "list_own_sign_ins", tag = "Me",
    responses((status = 200, description = "The sign-ins", body = Enveloped<Vec<OwnSignIn>>)))]
pub(crate) async fn list(State(app): State<App>, CurrentCaller(caller): CurrentCaller) -> ApiResponse<Vec<OwnSignIn>> {
    let reply = app.query(&caller, ListSignIns).await;
    ApiResponse::from(
        reply.map(|(sign_ins, current)| sign_ins.into_iter().map(|sign_in| OwnSignIn::new(sign_in, current)).collect()),
    )
}

/// Ends one of the caller's sign-ins, in any browser.
///
/// Another sign-in than the current one requires a recent proof of identity.
#[utoipa::path(post, path = "/me/signins/{id}/signout", operation_id = "end_own_sign_in", tag = "Me",
    params(("id" = SignInId, Path, description = "The sign-in")),
    responses((status = 200, description = "Ended", body = Enveloped<Option<bool>>)))]
pub(crate) async fn end(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    outdated_cookies: OutdatedCookies,
    Path((sign_in,)): Path<(SignInId,)>,
) -> ApiResponse<Option<bool>> {
    let reply = app.run(&caller, EndSignIn { sign_in }).await;
    let is_own = matches!(reply.result, Ok(true));
    let response = ApiResponse::from(reply.map(|_| None));
    if is_own { response.with_site_data_cleared(&outdated_cookies) } else { response }
}
