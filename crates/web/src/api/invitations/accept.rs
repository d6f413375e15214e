//! `POST /organizations/invitations/accept`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{OrganizationId, SignInId, WorkspaceId};
use vestibule_core::invitation::{Accept, Named, Outcome};
use vestibule_core::secret::InvitationToken;
use vestibule_core::{Code, Problem};

use crate::answer::Answer;
use crate::api::shape::NamedShape;
use crate::app::{App, Visitor};
use crate::extract::{Body, FromFields, Reader};
use crate::openapi::Enveloped;

/// What the invitee holds in hand.
#[derive(Debug, ToSchema)]
#[schema(as = InvitationTokenField)]
pub(crate) struct Fields {
    /// As it stands in the mail, or as an admin handed it on.
    #[schema(value_type = String, example = "inv_…")]
    pub(super) token: InvitationToken,
}

impl FromFields for Fields {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        let token = fields.required_text("token")?;
        Ok(Self { token: token.parse().map_err(|_| Code::InvalidInvitationToken)? })
    }
}

/// What came of it (contract C.4). Whoever is in has an `organization`; whoever is not, an `error_code`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Accepted {
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<NamedShape<OrganizationId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<NamedShape<WorkspaceId>>,
    /// The sign-in of the user who is in. The active one stays as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    signin_id: Option<SignInId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    already_member: Option<bool>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_signin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
}

impl From<Outcome> for Accepted {
    fn from(outcome: Outcome) -> Self {
        if let Some(refusal) = outcome.refusal {
            return Self {
                message: refusal.words().to_owned(),
                requires_signin: outcome.requires_signin().then_some(true),
                invited_email: Some(outcome.invited_email),
                error_code: Some(refusal.as_str()),
                ..Self::default()
            };
        }
        let message = match (&outcome.organization, outcome.already_member) {
            (Some(organization), true) => format!("You are in {} already.", organization.name),
            (Some(organization), false) => format!("Welcome to {}.", organization.name),
            (None, _) => String::new(),
        };
        Self {
            organization: outcome.organization.map(shape),
            workspace: outcome.workspace.map(shape),
            signin_id: outcome.sign_in,
            already_member: outcome.already_member.then_some(true),
            message,
            ..Self::default()
        }
    }
}

fn shape<I: ToSchema>(named: Named<I>) -> NamedShape<I> {
    NamedShape { id: named.id, name: named.name }
}

/// Accept an invitation for whichever of the session's users owns the invited address.
///
/// The token from the mail also proves the address. The bare token, as admins see it, needs an address that was proved
/// before.
#[utoipa::path(post, path = "/organizations/invitations/accept", tag = "Invitations", request_body = Fields, security(()),
    responses((status = 200, description = "In, or why not", body = Enveloped<Accepted>)))]
pub(crate) async fn accept(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Body(Fields { token }): Body<Fields>,
) -> Answer<Accepted> {
    Answer::from(app.run(&caller, Accept { token }).await.map(Accepted::from))
}
