//! `GET /deployment/invitations/validate`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::Problem;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::invitation::{InHand, Validate, Validation};

use crate::answer::Answer;
use crate::api::shape::{InviterInShort, NamedShape};
use crate::app::{App, Visitor};
use crate::extract::{FromFields, Query, Reader};
use crate::openapi::Enveloped;

/// What somebody holds in hand.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Held {
    /// The invitation's token.
    token: String,
}

impl FromFields for Held {
    const TOLERANT: bool = true;

    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        Ok(Self { token: fields.required_text("token")? })
    }
}

/// What a token is for.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Validation)]
pub(crate) struct ValidationShape {
    valid: bool,
    /// `organization` or `workspace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<NamedShape<OrganizationId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<NamedShape<WorkspaceId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inviter: Option<InviterInShort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Nothing is known of the invitee but the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'static str>,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
}

impl From<Validation> for ValidationShape {
    fn from(validation: Validation) -> Self {
        match validation {
            Validation::Valid(listed, organization) => Self::valid(*listed, organization),
            Validation::Invalid(code) => {
                Self { message: code.words(), error_code: Some(code.as_str()), ..Self::default() }
            }
        }
    }
}

impl ValidationShape {
    fn valid(in_hand: InHand, organization: String) -> Self {
        let workspace = in_hand.workspace_id.zip(in_hand.workspace_name);
        Self {
            valid: true,
            r#type: Some(if workspace.is_some() { "workspace" } else { "organization" }),
            organization: Some(NamedShape { id: in_hand.organization_id, name: organization }),
            workspace: workspace.map(|(id, name)| NamedShape { id, name }),
            inviter: InviterInShort::new(in_hand.inviter_first_name, in_hand.inviter_last_name, in_hand.inviter_email),
            email: Some(in_hand.email_key),
            first_name: Some(""),
            last_name: Some(""),
            message: "organization_invitation",
            error_code: None,
        }
    }
}

/// Look at an invitation before deciding anything.
///
/// It changes nothing, however often a mail scanner calls it.
#[utoipa::path(get, path = "/deployment/invitations/validate", tag = "Invitations", params(Held), security(()),
    responses((status = 200, description = "What it is for", body = Enveloped<ValidationShape>)))]
pub(crate) async fn validate(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(Held { token }): Query<Held>,
) -> Answer<ValidationShape> {
    Answer::from(app.ask(&caller, Validate { token: token.parse().ok() }).await.map(ValidationShape::from))
}
