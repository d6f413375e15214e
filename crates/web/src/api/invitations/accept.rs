//! `POST /organizations/invitations/accept`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{ConnectionId, OrganizationId, SignInId, WorkspaceId};
use vestibule_core::invitation::{Accept, AcceptOutcome, NamedId};
use vestibule_core::secret::InvitationToken;
use vestibule_core::{Code, Problem};

use crate::api::response::NamedResponse;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;

/// The token of an invitation.
#[derive(Debug, ToSchema)]
#[schema(as = InvitationTokenField)]
pub(crate) struct Fields {
    /// The token from the mail, or the one that admins see in the list of invitations.
    #[schema(value_type = String, example = "inv_…")]
    pub(super) token: InvitationToken,
}

impl FromFields for Fields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidInvitationToken];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let token = fields.required_text("token")?;
        Ok(Self { token: token.parse().map_err(|_| Code::InvalidInvitationToken)? })
    }
}

/// The result of accepting an invitation: an `organization` if the user is now a member, otherwise an `error_code`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct AcceptResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NamedResponse<OrganizationId>, required = false)]
    organization: Option<NamedResponse<OrganizationId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NamedResponse<WorkspaceId>, required = false)]
    workspace: Option<NamedResponse<WorkspaceId>>,
    /// The sign-in of the user who accepted. The active sign-in does not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SignInId, required = false)]
    signin_id: Option<SignInId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    already_member: Option<bool>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    requires_signin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    invited_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    error_code: Option<&'static str>,
    /// Of `SSO_REQUIRED`: the connection to sign in through.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    connection_id: Option<ConnectionId>,
}

impl From<AcceptOutcome> for AcceptResponse {
    fn from(outcome: AcceptOutcome) -> Self {
        if let Some(refusal) = outcome.refusal {
            return Self {
                message: refusal.message().to_owned(),
                requires_signin: outcome.requires_signin().then_some(true),
                invited_email: Some(outcome.invited_email),
                error_code: Some(refusal.as_str()),
                connection_id: outcome.required_connection,
                ..Self::default()
            };
        }
        let message = match (&outcome.organization, outcome.already_member) {
            (Some(organization), true) => format!("You are in {} already.", organization.name),
            (Some(organization), false) => format!("Welcome to {}.", organization.name),
            (None, _) => String::new(),
        };
        Self {
            organization: outcome.organization.map(named_response),
            workspace: outcome.workspace.map(named_response),
            signin_id: outcome.sign_in,
            already_member: outcome.already_member.then_some(true),
            message,
            ..Self::default()
        }
    }
}

fn named_response<I: ToSchema>(named: NamedId<I>) -> NamedResponse<I> {
    NamedResponse { id: named.id, name: named.name }
}

/// Accepts an invitation for the signed-in user of the session who owns the invited address.
///
/// The token from the mail also verifies the address. The token that admins see requires a verified address.
#[utoipa::path(post, path = "/organizations/invitations/accept",
    operation_id = "accept_invitation", tag = "Invitations", request_body = Fields,
    responses((status = 200, description = "The new membership, or why the invitation was not accepted", body = Enveloped<AcceptResponse>)))]
pub(crate) async fn accept(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { token }): Body<Fields>,
) -> ApiResponse<AcceptResponse> {
    ApiResponse::from(app.run(&caller, Accept { token }).await.map(AcceptResponse::from))
}
