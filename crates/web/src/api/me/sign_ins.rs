//! `GET /me/signins` and `POST /me/signins/{id}/signout`: where one is signed in.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{MembershipId, SessionId, SignInId, UserId, WorkspaceMembershipId};
use vestibule_core::session::SignIn;
use vestibule_core::session::{EndSignIn, ListSignIns};
use vestibule_core::time::Timestamp;

use crate::answer::Answer;
use crate::app::{App, Visitor};
use crate::extract::Path;
use crate::openapi::Enveloped;

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
    /// What the browser calls itself.
    browser: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Whether it is the one that asks.
    current: bool,
}

impl OwnSignIn {
    fn new(sign_in: SignIn, current: Option<SignInId>) -> Self {
        Self {
            current: current == Some(sign_in.id),
            id: sign_in.id,
            session_id: sign_in.session_id,
            user_id: sign_in.user_id,
            active_organization_membership_id: sign_in.organization_membership_id,
            active_workspace_membership_id: sign_in.workspace_membership_id,
            expires_at: sign_in.expires_at,
            last_active_at: sign_in.last_active_at,
            ip_address: sign_in.ip_address,
            browser: sign_in.user_agent,
            created_at: sign_in.created_at,
            updated_at: sign_in.updated_at,
        }
    }
}

/// One's sign-ins on every browser, the newest first.
#[utoipa::path(get, path = "/me/signins", tag = "Me",
    responses((status = 200, description = "The sign-ins", body = Enveloped<Vec<OwnSignIn>>)))]
pub(crate) async fn list(State(app): State<App>, Visitor(caller): Visitor) -> Answer<Vec<OwnSignIn>> {
    let reply = app.ask(&caller, ListSignIns).await;
    Answer::from(
        reply.map(|(sign_ins, current)| sign_ins.into_iter().map(|one| OwnSignIn::new(one, current)).collect()),
    )
}

/// End one of one's own sign-ins, wherever it is.
#[utoipa::path(post, path = "/me/signins/{id}/signout", tag = "Me",
    params(("id" = SignInId, Path, description = "The sign-in")),
    responses((status = 200, description = "Ended", body = Enveloped<Option<bool>>)))]
pub(crate) async fn end(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((sign_in,)): Path<(SignInId,)>,
) -> Answer<Option<bool>> {
    Answer::from(app.run(&caller, EndSignIn { sign_in }).await.map(|()| None))
}
