//! Joining without a valid invitation: by a domain, by a join request, and by a request for
//! a new invitation.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::domain::{Join, JoinOutcome, JoinableOrganization, ListJoinable};
use vestibule_core::id::{InvitationId, JoinRequestId, OrganizationId, UserId};
use vestibule_core::invitation::Status;
use vestibule_core::join_request::{
    Approve, Deny, JoinRequest, List, RenewalOutcome, request_renewal as renew_invitation,
};
use vestibule_core::secret::InvitationToken;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use crate::api::response::SuccessResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller, ResponseContext};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

/// An organization that the caller may join.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinableOrganization)]
pub(crate) struct JoinableOrganizationResponse {
    id: OrganizationId,
    name: String,
    image_url: String,
    domain: String,
    /// `request` if joining needs approval; `join` or `auto` if it does not.
    joining: &'static str,
}

impl JoinableOrganizationResponse {
    fn new(organization: JoinableOrganization, context: ResponseContext<'_>) -> Self {
        Self {
            id: organization.organization_id,
            name: organization.name,
            image_url: context.image_url(&organization.image_url),
            domain: organization.domain,
            joining: organization.joining.as_str(),
        }
    }
}

/// Lists the organizations that the caller may join by a verified email address.
#[utoipa::path(get, path = "/me/joinable-organizations", operation_id = "list_joinable_organizations", tag = "Me",
    responses((status = 200, description = "The organizations", body = Enveloped<Vec<JoinableOrganizationResponse>>)))]
pub(crate) async fn joinable(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<Vec<JoinableOrganizationResponse>> {
    let reply = app.query(&caller, ListJoinable).await;
    ApiResponse::from(reply.map(|organizations| {
        organizations
            .into_iter()
            .map(|organization| JoinableOrganizationResponse::new(organization, app.response_context()))
            .collect()
    }))
}

/// The outcome of joining.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Joined)]
pub(crate) struct JoinResponse {
    /// `joined`, or `requested` if joining needs approval.
    status: &'static str,
}

/// Joins an organization by a verified address of its domain, or requests to join, as the domain's `joining` says.
#[utoipa::path(post, path = "/organizations/{id}/join", operation_id = "join_organization", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The outcome", body = Enveloped<JoinResponse>)))]
pub(crate) async fn join(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<JoinResponse> {
    let reply = app.run(&caller, Join { organization }).await;
    ApiResponse::from(reply.map(|outcome| JoinResponse {
        status: match outcome {
            JoinOutcome::Joined => "joined",
            JoinOutcome::Requested => "requested",
        },
    }))
}

/// A request to join an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinRequest)]
pub(crate) struct JoinRequestResponse {
    id: JoinRequestId,
    organization_id: OrganizationId,
    /// `domain`, or `renewal` of an invitation.
    r#type: &'static str,
    email: String,
    user_id: Option<UserId>,
    first_name: Option<String>,
    last_name: Option<String>,
    invitation_id: Option<InvitationId>,
    /// Why a new invitation is needed: the old one is `pending` if it has expired or is suspended.
    invitation_status: Option<&'static str>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<JoinRequest> for JoinRequestResponse {
    fn from(request: JoinRequest) -> Self {
        Self {
            id: request.id,
            organization_id: request.organization_id,
            r#type: if request.invitation_id.is_some() { "renewal" } else { "domain" },
            email: request.email_key,
            user_id: request.user_id,
            first_name: request.first_name,
            last_name: request.last_name,
            invitation_id: request.invitation_id,
            invitation_status: request.invitation_status.map(Status::as_str),
            created_at: request.created_at,
            updated_at: request.updated_at,
        }
    }
}

/// Lists an organization's open join requests, newest first.
#[utoipa::path(get, path = "/organizations/{id}/requests", operation_id = "list_join_requests", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The open requests", body = Enveloped<Vec<JoinRequestResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<Vec<JoinRequestResponse>> {
    let reply = app.query(&caller, List { organization }).await;
    ApiResponse::from(reply.map(|requests| requests.into_iter().map(JoinRequestResponse::from).collect()))
}

type Ids = Path<(OrganizationId, JoinRequestId)>;

/// Approves a join request: adds the user as a member, or sends a new invitation.
///
/// A pending invitation is resent. In place of one that was revoked or declined, the caller sends a new one with the same
/// roles.
#[utoipa::path(post, path = "/organizations/{id}/requests/{requestId}/approve",
    operation_id = "approve_join_request", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("requestId" = JoinRequestId, Path, description = "The request")),
    responses((status = 200, description = "Approved", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn approve(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, request)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Approve { organization, request }).await.map(|_| SuccessResponse::OK))
}

/// Denies a join request.
///
/// The user may request again; the holder of an invitation after a week.
#[utoipa::path(post, path = "/organizations/{id}/requests/{requestId}/deny",
    operation_id = "deny_join_request", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("requestId" = JoinRequestId, Path, description = "The request")),
    responses((status = 200, description = "Denied", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn deny(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization, request)): Ids,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Deny { organization, request }).await.map(|()| SuccessResponse::OK))
}

/// The fields of a renewal request.
#[derive(Debug, ToSchema)]
#[schema(as = ExpiredInvitation)]
pub(crate) struct RenewFields {
    /// The token of the invitation that cannot be accepted.
    #[schema(value_type = String)]
    token: InvitationToken,
    /// Whether the organization may mail the invitee again, who has unsubscribed. Needs the mailed token, or a session
    /// with the invited address.
    #[schema(required = false)]
    subscribe: bool,
}

impl FromFields for RenewFields {
    const ERRORS: &[Code] = &[Code::InvalidInvitationToken];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let token = fields.required_text("token")?;
        let token = token.parse().map_err(|_| Code::InvalidInvitationToken)?;
        Ok(Self { token, subscribe: fields.flag("subscribe")?.unwrap_or_default() })
    }
}

/// What a renewal request has led to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Renewal)]
pub(crate) struct RenewalResponse {
    /// Always `true`.
    success: bool,
    /// `requested`, or `resent` if the address was invited again since, and that invitation is mailed again.
    status: &'static str,
}

impl From<RenewalOutcome> for RenewalResponse {
    fn from(outcome: RenewalOutcome) -> Self {
        Self { success: true, status: outcome.as_str() }
    }
}

/// Requests a new invitation in place of one that has expired, is suspended, or was revoked or declined.
///
/// After approval, an invitation is mailed to the invited address. The old token alone gives no access. After a denial,
/// nobody can request one by the same invitation for a week. If the address was invited again since, that invitation is
/// mailed again.
#[utoipa::path(post, path = "/organizations/invitations/renew",
    operation_id = "request_invitation_renewal", tag = "Invitations", request_body = RenewFields,
    responses((status = 200, description = "Requested", body = Enveloped<RenewalResponse>)))]
pub(crate) async fn renew(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(RenewFields { token, subscribe }): Body<RenewFields>,
) -> ApiResponse<RenewalResponse> {
    ApiResponse::from(renew_invitation(app.service(), &caller, token, subscribe).await.map(RenewalResponse::from))
}
