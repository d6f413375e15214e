//! Coming in without an invitation that holds: by a domain, by asking, and by asking for a new one.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::domain::{Came, Join, Joinable, ListJoinable};
use vestibule_core::id::{InvitationId, JoinRequestId, OrganizationId, UserId};
use vestibule_core::join_request::{Approve, Deny, JoinRequest, List, renew as renew_invitation};
use vestibule_core::secret::InvitationToken;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use crate::answer::Answer;
use crate::api::shape::Done;
use crate::app::{App, Here, Visitor};
use crate::extract::{Body, FromFields, Path, Reader};
use crate::openapi::Enveloped;

/// An organization that one may come into by a verified address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinableOrganization)]
pub(crate) struct JoinableShape {
    id: OrganizationId,
    name: String,
    image_url: String,
    domain: String,
    /// `request`: somebody is asked; `join` and `auto`: one is in at once.
    joining: &'static str,
}

impl JoinableShape {
    fn new(open: Joinable, here: Here<'_>) -> Self {
        Self {
            id: open.organization_id,
            name: open.name,
            image_url: here.image_url(&open.image_url),
            domain: open.domain,
            joining: open.joining.as_str(),
        }
    }
}

/// What one may come into by the addresses one has verified.
#[utoipa::path(get, path = "/me/joinable-organizations", tag = "Me",
    responses((status = 200, description = "The organizations", body = Enveloped<Vec<JoinableShape>>)))]
pub(crate) async fn joinable(State(app): State<App>, Visitor(caller): Visitor) -> Answer<Vec<JoinableShape>> {
    let reply = app.ask(&caller, ListJoinable).await;
    Answer::from(reply.map(|open| open.into_iter().map(|open| JoinableShape::new(open, app.here())).collect()))
}

/// How far one came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Joined)]
pub(crate) struct Joined {
    /// `joined`, or `requested` when somebody is asked.
    status: &'static str,
}

/// Come into an organization by a verified address of its domain, or ask to, as it has chosen.
#[utoipa::path(post, path = "/organizations/{id}/join", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "How far one came", body = Enveloped<Joined>)))]
pub(crate) async fn join(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Joined> {
    let reply = app.run(&caller, Join { organization }).await;
    Answer::from(reply.map(|came| Joined {
        status: match came {
            Came::In => "joined",
            Came::AsFarAsAsking => "requested",
        },
    }))
}

/// That somebody would like to come in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinRequest)]
pub(crate) struct RequestShape {
    id: JoinRequestId,
    organization_id: OrganizationId,
    /// `domain`, or `renewal` for an invitation that ran out.
    r#type: &'static str,
    email: String,
    user_id: Option<UserId>,
    first_name: Option<String>,
    last_name: Option<String>,
    invitation_id: Option<InvitationId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<JoinRequest> for RequestShape {
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
            created_at: request.created_at,
            updated_at: request.updated_at,
        }
    }
}

/// Who asks to come in, the newest first.
#[utoipa::path(get, path = "/organizations/{id}/requests", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization")),
    responses((status = 200, description = "The open requests", body = Enveloped<Vec<RequestShape>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization,)): Path<(OrganizationId,)>,
) -> Answer<Vec<RequestShape>> {
    let reply = app.ask(&caller, List { organization }).await;
    Answer::from(reply.map(|requests| requests.into_iter().map(RequestShape::from).collect()))
}

type Ids = Path<(OrganizationId, JoinRequestId)>;

/// Say yes: who asks by a domain is in, and an invitation that ran out is sent again.
#[utoipa::path(post, path = "/organizations/{id}/requests/{requestId}/approve", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("requestId" = JoinRequestId, Path, description = "The request")),
    responses((status = 200, description = "Approved", body = Enveloped<Done>)))]
pub(crate) async fn approve(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, request)): Ids,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Approve { organization, request }).await.map(|()| Done::DONE))
}

/// Say no. They may ask again.
#[utoipa::path(post, path = "/organizations/{id}/requests/{requestId}/deny", tag = "Domains",
    params(("id" = OrganizationId, Path, description = "The organization"),
           ("requestId" = JoinRequestId, Path, description = "The request")),
    responses((status = 200, description = "Denied", body = Enveloped<Done>)))]
pub(crate) async fn deny(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path((organization, request)): Ids,
) -> Answer<Done> {
    Answer::from(app.run(&caller, Deny { organization, request }).await.map(|()| Done::DONE))
}

/// The token of an invitation that ran out.
#[derive(Debug, ToSchema)]
#[schema(as = ExpiredInvitation)]
pub(crate) struct Held {
    #[schema(value_type = String)]
    token: InvitationToken,
}

impl FromFields for Held {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let token = fields.required_text("token")?;
        Ok(Self { token: token.parse().map_err(|_| Code::InvalidInvitationToken)? })
    }
}

/// Ask for a new invitation in the place of one that ran out.
///
/// It goes to the invited address once somebody has said yes; holding the old one proves nothing.
#[utoipa::path(post, path = "/organizations/invitations/renew", tag = "Invitations", security(()), request_body = Held,
    responses((status = 200, description = "Asked", body = Enveloped<Done>)))]
pub(crate) async fn renew(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Held { token }): Body<Held>,
) -> Answer<Done> {
    Answer::from(renew_invitation(app.service(), &caller, token).await.map(|()| Done::DONE))
}
