//! `GET /organizations/{id}/mfa`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::assurance::Assurance;
use vestibule_core::id::OrganizationId;
use vestibule_core::organization::{MfaStatus, ShowMfaStatus};
use vestibule_core::time::Timestamp;

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Path;
use crate::openapi::Enveloped;

/// What an organization requires of sign-ins, and how many of its members can meet it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MfaStatus)]
pub(crate) struct MfaStatusResponse {
    enforce_mfa: bool,
    /// What `enforce_mfa` requires: `two_factors` or `phishing_resistant`. Null without it.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// The end of the grace period. Null without `enforce_mfa`.
    mfa_enforced_from: Option<Timestamp>,
    members: i64,
    /// With an authenticator or a passkey.
    members_with_second_factor: i64,
    members_with_passkey: i64,
}

impl From<MfaStatus> for MfaStatusResponse {
    fn from(status: MfaStatus) -> Self {
        let MfaStatus { mfa, members, members_with_second_factor, members_with_passkey } = status;
        Self {
            enforce_mfa: mfa.is_enforced,
            minimum_assurance: mfa.minimum_if_enforced(),
            mfa_enforced_from: mfa.start_if_enforced(),
            members,
            members_with_second_factor,
            members_with_passkey,
        }
    }
}

/// Shows what an organization requires of sign-ins, and how many members have a second factor.
///
/// For those who manage members or change settings, before they require one.
#[utoipa::path(get, path = "/organizations/{id}/mfa", operation_id = "get_organization_mfa", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The requirement and the numbers", body = Enveloped<MfaStatusResponse>)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<MfaStatusResponse> {
    ApiResponse::from(app.query(&caller, ShowMfaStatus { organization }).await.map(MfaStatusResponse::from))
}
