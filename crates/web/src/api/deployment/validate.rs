//! `GET /deployment/invitations/validate`

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::assurance::{Assurance, MfaRequirement};
use vestibule_core::deployment_invitation;
use vestibule_core::id::{OrganizationId, WorkspaceId};
use vestibule_core::invitation::{PreviewRow, Validate, Validation};
use vestibule_core::secret::SignUpToken;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use crate::api::response::{InviterSummary, NamedResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{FieldReader, FromFields, Query};
use crate::openapi::Enveloped;

/// The query of an invitation preview.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValidateParams {
    /// The invitation's token.
    token: String,
}

impl FromFields for ValidateParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { token: fields.required_text("token")? })
    }
}

/// A preview of an invitation.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Validation)]
pub(crate) struct ValidationResponse {
    valid: bool,
    /// `organization` or `workspace`. Missing for an invitation to sign up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NamedResponse<OrganizationId>, required = false)]
    organization: Option<NamedResponse<OrganizationId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NamedResponse<WorkspaceId>, required = false)]
    workspace: Option<NamedResponse<WorkspaceId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = InviterSummary, required = false)]
    inviter: Option<InviterSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    email: Option<String>,
    /// Empty for an invitation to an organization, which has only the invitee's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    last_name: Option<String>,
    /// Whether the organization or workspace requires a second factor. It can be set up after accepting. Missing for an
    /// invitation to sign up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    enforce_mfa: Option<bool>,
    /// What it requires. Missing without `enforce_mfa`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    minimum_assurance: Option<Assurance>,
    /// The end of the grace period. Missing without `enforce_mfa`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Timestamp, required = false)]
    mfa_enforced_from: Option<Timestamp>,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    error_code: Option<&'static str>,
}

impl From<Validation> for ValidationResponse {
    fn from(validation: Validation) -> Self {
        match validation {
            Validation::Valid(preview, organization, mfa) => Self::valid(*preview, organization, mfa),
            Validation::Invalid(code) => Self::invalid(code),
        }
    }
}

impl From<deployment_invitation::Validation> for ValidationResponse {
    fn from(validation: deployment_invitation::Validation) -> Self {
        match validation {
            deployment_invitation::Validation::Valid(invitation) => Self {
                valid: true,
                email: Some(invitation.email_key),
                first_name: Some(invitation.first_name),
                last_name: Some(invitation.last_name),
                message: "deployment_invitation",
                ..Self::default()
            },
            deployment_invitation::Validation::Invalid(code) => Self::invalid(code),
        }
    }
}

impl ValidationResponse {
    fn invalid(code: Code) -> Self {
        Self { message: code.message(), error_code: Some(code.as_str()), ..Self::default() }
    }

    fn valid(preview: PreviewRow, organization: String, mfa: MfaRequirement) -> Self {
        let workspace = preview.workspace_id.zip(preview.workspace_name);
        Self {
            valid: true,
            r#type: Some(if workspace.is_some() { "workspace" } else { "organization" }),
            organization: Some(NamedResponse { id: preview.organization_id, name: organization }),
            workspace: workspace.map(|(id, name)| NamedResponse { id, name }),
            inviter: InviterSummary::new(preview.inviter_first_name, preview.inviter_last_name, preview.inviter_email),
            email: Some(preview.email_key),
            first_name: Some(String::new()),
            last_name: Some(String::new()),
            enforce_mfa: Some(mfa.is_enforced),
            minimum_assurance: mfa.minimum_if_enforced(),
            mfa_enforced_from: mfa.start_if_enforced(),
            message: "organization_invitation",
            error_code: None,
        }
    }
}

/// Previews an invitation by its token.
///
/// The call has no side effects, so mail scanners may open the link.
#[utoipa::path(get, path = "/deployment/invitations/validate",
    operation_id = "validate_invitation", tag = "Invitations", params(ValidateParams),
    responses((status = 200, description = "The invitation, or why it is not valid", body = Enveloped<ValidationResponse>)))]
pub(crate) async fn validate(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(ValidateParams { token }): Query<ValidateParams>,
) -> ApiResponse<ValidationResponse> {
    ApiResponse::from(match token.parse().ok() {
        Some(SignUpToken::Deployment(token)) => {
            app.query(&caller, deployment_invitation::Validate { token }).await.map(ValidationResponse::from)
        }
        Some(SignUpToken::Organization(token)) => {
            app.query(&caller, Validate { token: Some(token) }).await.map(ValidationResponse::from)
        }
        None => app.query(&caller, Validate { token: None }).await.map(ValidationResponse::from),
    })
}
