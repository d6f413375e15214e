//! The JSON resources of responses that several calls share. The order of their fields is the order of keys on the
//! wire.

mod attempt;
mod factors;
pub(crate) mod fast_json;
mod invitation;
mod organization;
mod raw_json;
mod session;
mod user;
mod workspace;

pub(crate) use factors::{AuthenticatorResponse, PasskeyOptions, PasskeyResponse};
pub(crate) use invitation::{InvitationResponse, InviterSummary, OwnInvitationResponse};
pub(crate) use organization::{
    DetailedMembershipResponse, MembershipResponse, OrganizationResponse, RoleDetailsResponse, RoleResponse,
};
pub(crate) use raw_json::RawJson;
pub(crate) use session::{ClientResponse, SessionResponse};
pub(crate) use user::{AccountResponse, EmailAddressResponse, UserResponse};
pub(crate) use workspace::{
    DetailedWorkspaceMembershipResponse, WorkspaceMemberResponse, WorkspaceMembershipResponse, WorkspaceResponse,
    WorkspaceRoleDetailsResponse, WorkspaceRoleResponse,
};

use serde::Serialize;
use utoipa::ToSchema;

/// A resource's id and name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NamedResponse<I: ToSchema> {
    pub(crate) id: I,
    pub(crate) name: String,
}

/// Confirms that the call succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuccessResponse {
    /// Always `true`.
    pub(crate) success: bool,
}

impl SuccessResponse {
    pub(crate) const OK: Self = Self { success: true };
}

/// Confirms in words that the call succeeded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageResponse {
    message: &'static str,
}

impl MessageResponse {
    pub(crate) const fn new(message: &'static str) -> Self {
        Self { message }
    }
}

/// Always `{}`: private metadata is for an application's servers, and no call of members shows it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct NoMetadata {}

/// Parses a stored JSON object. Invalid JSON becomes an empty object, so that it does not fail the whole response.
fn object(stored: &str) -> serde_json::Value {
    serde_json::from_str(stored).unwrap_or_else(|_| serde_json::Value::Object(serde_json::Map::new()))
}

/// Parses a stored JSON array of strings. Invalid JSON becomes an empty list.
fn list(stored: &str) -> Vec<String> {
    serde_json::from_str(stored).unwrap_or_default()
}
