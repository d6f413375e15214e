//! The session: contract B.8. Ids may stand in the query, as the contract has it, or in the body.

use utoipa::{IntoParams, ToSchema};
use vestibule_core::Problem;
use vestibule_core::id::{OrganizationId, SignInId, WorkspaceId};

use crate::extract::{FromFields, Reader};

pub(crate) mod show;
pub(crate) mod sign_out;
pub(crate) mod switch_organization;
pub(crate) mod switch_sign_in;
pub(crate) mod switch_workspace;
pub(crate) mod token;

/// A sign-in by its id.
#[derive(Debug, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = SignInField)]
pub(crate) struct SignInParameter {
    /// One of the session's sign-ins.
    sign_in_id: Option<SignInId>,
}

impl FromFields for SignInParameter {
    // Not tolerant: a slip in the name would sign out everybody.
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self { sign_in_id: fields.id("sign_in_id")? })
    }
}

/// An organization by its id.
#[derive(Debug, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = OrganizationField)]
pub(crate) struct OrganizationParameter {
    /// One of the caller's organizations; empty or left out for none.
    organization_id: Option<OrganizationId>,
}

impl FromFields for OrganizationParameter {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self { organization_id: fields.id("organization_id")? })
    }
}

/// A workspace by its id.
#[derive(Debug, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = WorkspaceField)]
pub(crate) struct WorkspaceParameter {
    /// One of the caller's workspaces; empty or left out for none.
    workspace_id: Option<WorkspaceId>,
}

impl FromFields for WorkspaceParameter {
    fn from_fields(fields: &mut Reader) -> Result<Self, Problem> {
        fields.ignore("__dev_session__");
        Ok(Self { workspace_id: fields.id("workspace_id")? })
    }
}
