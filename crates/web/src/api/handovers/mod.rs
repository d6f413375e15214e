//! Ownership transfers: `POST /organizations/{id}/handover`, `…/withdraw`, `…/accept`, `…/decline`, and
//! `GET /me/handovers`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{MemberId, OrganizationId, UserId};
use vestibule_core::ownership_transfer::{Accept, Decline, ListOwn, Offer, OwnershipOffer, Withdraw};
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use crate::api::response::{NamedResponse, SuccessResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;

/// The recipient of an ownership transfer.
#[derive(Debug, ToSchema)]
#[schema(as = NewHandover)]
pub(crate) struct Fields {
    /// The id of a membership or of its user.
    member_id: MemberId,
}

impl FromFields for Fields {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { member_id: fields.required_id("member_id")? })
    }
}

/// Offers the ownership of an organization to a member.
///
/// The transfer takes effect when the member accepts; the offer expires after seven days.
#[utoipa::path(post, path = "/organizations/{id}/handover",
    operation_id = "offer_ownership_transfer", tag = "Organizations", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Offered", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn offer(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(Fields { member_id: member }): Body<Fields>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Offer { organization, member }).await.map(|()| SuccessResponse::OK))
}

/// Withdraws an offered ownership transfer.
#[utoipa::path(post, path = "/organizations/{id}/handover/withdraw",
    operation_id = "withdraw_ownership_transfer", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Withdrawn", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn withdraw(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Withdraw { organization }).await.map(|()| SuccessResponse::OK))
}

/// Accepts an ownership transfer.
///
/// The member who offered it becomes a regular member.
#[utoipa::path(post, path = "/organizations/{id}/handover/accept",
    operation_id = "accept_ownership_transfer", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Accepted", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn accept(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Accept { organization }).await.map(|_| SuccessResponse::OK))
}

/// Declines an ownership transfer.
#[utoipa::path(post, path = "/organizations/{id}/handover/decline",
    operation_id = "decline_ownership_transfer", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Declined", body = Enveloped<SuccessResponse>)))]
pub(crate) async fn decline(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((organization,)): Path<(OrganizationId,)>,
) -> ApiResponse<SuccessResponse> {
    ApiResponse::from(app.run(&caller, Decline { organization }).await.map(|()| SuccessResponse::OK))
}

/// An ownership transfer that is offered to the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Handover)]
pub(crate) struct HandoverResponse {
    organization: NamedResponse<OrganizationId>,
    giver: GiverResponse,
    expires_at: Timestamp,
    created_at: Timestamp,
}

/// The user who offers an ownership transfer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Giver)]
struct GiverResponse {
    id: UserId,
    first_name: String,
    last_name: String,
}

impl From<OwnershipOffer> for HandoverResponse {
    fn from(offered: OwnershipOffer) -> Self {
        Self {
            organization: NamedResponse { id: offered.organization_id, name: offered.organization_name },
            giver: GiverResponse {
                id: offered.owner_id,
                first_name: offered.owner_first_name,
                last_name: offered.owner_last_name,
            },
            expires_at: offered.expires_at,
            created_at: offered.created_at,
        }
    }
}

/// Lists the ownership transfers that are offered to the caller.
#[utoipa::path(get, path = "/me/handovers", operation_id = "list_own_ownership_transfers", tag = "Me",
    responses((status = 200, description = "The offers", body = Enveloped<Vec<HandoverResponse>>)))]
pub(crate) async fn list_own(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<Vec<HandoverResponse>> {
    let reply = app.query(&caller, ListOwn).await;
    ApiResponse::from(reply.map(|offered| offered.into_iter().map(HandoverResponse::from).collect()))
}
