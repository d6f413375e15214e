//! `GET /users/{id}/details`

use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use vestibule_core::id::{AuthenticatorId, DeploymentId, EmailAddressId, MembershipId, UserId, WorkspaceMembershipId};
use vestibule_core::second_factor::Authenticator;
use vestibule_core::time::Timestamp;
use vestibule_core::user_management::{ManagedUserDetails, Show, UserDetails};

use super::UserResponse;
use super::addresses::AddressResponse;
use super::social_connections::SocialConnectionResponse;
use crate::app::{App, CurrentCaller, ResponseContext};
use crate::extract::Path;
use crate::platform::response::{PlatformResponse, stored_json};

/// A user with everything that backends see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserDetails)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the API")]
pub(crate) struct UserDetailsResponse {
    #[serde(flatten)]
    user: UserResponse,
    deployment_id: DeploymentId,
    schema_version: &'static str,
    disabled: bool,
    availability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MembershipId, required = false)]
    active_organization_membership_id: Option<MembershipId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WorkspaceMembershipId, required = false)]
    active_workspace_membership_id: Option<WorkspaceMembershipId>,
    #[schema(value_type = Object)]
    public_metadata: Box<RawValue>,
    /// Only backends see it.
    #[schema(value_type = Object)]
    private_metadata: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = EmailAddressId, required = false)]
    primary_email_address_id: Option<EmailAddressId>,
    email_addresses: Vec<AddressResponse>,
    // Unsupported features have empty lists, because clients require them.
    #[schema(value_type = Vec<Object>)]
    phone_numbers: [(); 0],
    /// Without tokens.
    social_connections: Vec<SocialConnectionResponse>,
    #[schema(value_type = Vec<Object>)]
    segments: [(); 0],
    has_password: bool,
    has_backup_codes: bool,
    has_passkeys: bool,
    /// `null` without an authenticator app.
    user_authenticator: Option<AuthenticatorResponse>,
}

/// An authenticator app of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserAuthenticator)]
pub(crate) struct AuthenticatorResponse {
    id: AuthenticatorId,
    user_id: UserId,
    created_at: Timestamp,
    /// When it was last used.
    updated_at: Timestamp,
}

impl From<Authenticator> for AuthenticatorResponse {
    fn from(authenticator: Authenticator) -> Self {
        Self {
            id: authenticator.id,
            user_id: authenticator.user_id,
            created_at: authenticator.created_at,
            updated_at: authenticator.updated_at,
        }
    }
}

impl UserDetailsResponse {
    pub(super) fn new(details: UserDetails, context: ResponseContext<'_>) -> Self {
        let UserDetails { user, details, addresses, authenticator, identities } = details;
        let ManagedUserDetails { disabled, has_password, email_id, public_metadata, private_metadata, .. } = details;
        let address = |address| AddressResponse::new(address, user.id, context);
        Self {
            email_addresses: addresses.into_iter().map(address).collect(),
            user: UserResponse::new(user, context),
            deployment_id: context.deployment,
            schema_version: "v1",
            disabled,
            availability: "available",
            active_organization_membership_id: details.active_organization_membership_id,
            active_workspace_membership_id: details.active_workspace_membership_id,
            public_metadata: stored_json(public_metadata),
            private_metadata: stored_json(private_metadata),
            primary_email_address_id: email_id,
            phone_numbers: [],
            social_connections: identities.into_iter().map(SocialConnectionResponse::new).collect(),
            segments: [],
            has_password,
            has_backup_codes: details.second_factors.backup_codes,
            has_passkeys: details.second_factors.passkey,
            user_authenticator: authenticator.map(AuthenticatorResponse::from),
        }
    }
}

/// Shows a user with their addresses and metadata.
#[utoipa::path(get, path = "/users/{id}/details", operation_id = "get_user", tag = "Users",
    params(("id" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The user", body = UserDetailsResponse)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((user,)): Path<(UserId,)>,
) -> PlatformResponse<UserDetailsResponse> {
    let reply = app.query(&caller, Show { user }).await;
    reply.map(|details| UserDetailsResponse::new(details, app.response_context())).into()
}
