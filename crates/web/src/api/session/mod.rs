//! The caller's session. Its calls accept ids in the query or the body.

use utoipa::{IntoParams, ToSchema};
use vestibule_core::id::{OrganizationId, SignInId, WorkspaceId};
use vestibule_core::{Code, Problem};

use crate::extract::{FieldReader, FromFields};

pub(crate) mod show;
pub(crate) mod sign_out;
pub(crate) mod switch_organization;
pub(crate) mod switch_sign_in;
pub(crate) mod switch_workspace;
pub(crate) mod ticket;
pub(crate) mod token;

/// The sign-in of a call.
#[derive(Debug, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = SignInField)]
pub(crate) struct SignInParameter {
    /// The id of one of the session's sign-ins.
    sign_in_id: Option<SignInId>,
}

impl FromFields for SignInParameter {
    const ERRORS: &[Code] = &[Code::InvalidId];

    // Unknown fields are rejected: with a misspelled name, all sign-ins would be signed out.
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self { sign_in_id: fields.id("sign_in_id")? })
    }
}

/// The organization of a call.
#[derive(Debug, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = OrganizationField)]
pub(crate) struct OrganizationParameter {
    /// The id of one of the caller's organizations; empty or missing for none.
    organization_id: Option<OrganizationId>,
}

impl FromFields for OrganizationParameter {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self { organization_id: fields.id("organization_id")? })
    }
}

/// The workspace of a call.
#[derive(Debug, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = WorkspaceField)]
pub(crate) struct WorkspaceParameter {
    /// The id of one of the caller's workspaces; empty or missing for none.
    workspace_id: Option<WorkspaceId>,
}

impl FromFields for WorkspaceParameter {
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self { workspace_id: fields.id("workspace_id")? })
    }
}
