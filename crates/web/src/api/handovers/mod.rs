//! Handing an organization over: `POST /organizations/{id}/handover`, `…/withdraw`, `…/accept`, `…/decline`, and
//! `GET /me/handovers`. Ours: no era of the contract has it.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::handover::{Accept, Decline, Mine, Offer, Offered, Withdraw};
use vestibule_core::id::{MemberId, OrganizationId, UserId};
use vestibule_core::time::Timestamp;

use crate::answer::Answer;
use crate::api::shape::{Done, NamedShape};
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Path, Reader};
use crate::openapi::Enveloped;

/// To whom.
#[derive(Debug, ToSchema)]
#[schema(as = NewHandover)]
pub(crate) struct Fields {
    /// A membership, or its user.
    member_id: MemberId,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { member_id: fields.required_id("member_id")? })
    }
}

/// Offer to hand an organization over. Nothing changes before the receiver accepts, within seven days.
#[utoipa::path(post, path = "/organizations/{id}/handover", tag = "Organizations", request_body = Fields,
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Offered", body = Enveloped<Done>)))]
pub(crate) async fn offer(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
    Body(Fields { member_id: member }): Body<Fields>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Offer { organization, member }).await.map(|()| Done::DONE))
}

/// Take the offer back.
#[utoipa::path(post, path = "/organizations/{id}/handover/withdraw", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Withdrawn", body = Enveloped<Done>)))]
pub(crate) async fn withdraw(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Withdraw { organization }).await.map(|()| Done::DONE))
}

/// Accept an organization. The giver stays in it as a plain member.
#[utoipa::path(post, path = "/organizations/{id}/handover/accept", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Accepted", body = Enveloped<Done>)))]
pub(crate) async fn accept(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Accept { organization }).await.map(|()| Done::DONE))
}

/// Decline an organization. Everything stays as it is.
#[utoipa::path(post, path = "/organizations/{id}/handover/decline", tag = "Organizations",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "Declined", body = Enveloped<Done>)))]
pub(crate) async fn decline(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Decline { organization }).await.map(|()| Done::DONE))
}

/// An organization that somebody wants to hand over to the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Handover)]
pub(crate) struct HandoverShape {
    organization: NamedShape<OrganizationId>,
    giver: GiverShape,
    expires_at: Timestamp,
    created_at: Timestamp,
}

/// Who hands it over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Giver)]
struct GiverShape {
    id: UserId,
    first_name: String,
    last_name: String,
}

impl From<Offered> for HandoverShape {
    fn from(offered: Offered) -> Self {
        Self {
            organization: NamedShape { id: offered.organization_id, name: offered.organization_name },
            giver: GiverShape {
                id: offered.giver_id,
                first_name: offered.giver_first_name,
                last_name: offered.giver_last_name,
            },
            expires_at: offered.expires_at,
            created_at: offered.created_at,
        }
    }
}

/// The organizations that others want to hand over to the caller.
#[utoipa::path(get, path = "/me/handovers", tag = "Me",
    responses((status = 200, description = "The offers", body = Enveloped<Vec<HandoverShape>>)))]
pub(crate) async fn mine(State(app): State<App>, Visitor(caller): Visitor) -> Answer<Vec<HandoverShape>> {
    let reply = app.ask(&caller, Mine).await;
    Answer::from(reply.map(|offered| offered.into_iter().map(HandoverShape::from).collect()))
}
