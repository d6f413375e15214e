//! Invitations, as members with `organization:manage_members` see them and as the invitee sees them.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::assurance::Assurance;
use vestibule_core::id::{InvitationId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::{
    Delivery, InvitationDetails, InvitedWorkspace, InvitedWorkspaceRole, Inviter, OwnInvitation, Status, Suspension,
};
use vestibule_core::organization::Role;
use vestibule_core::permission::PermissionSet;
use vestibule_core::time::Timestamp;

use super::fast_json::{self, FastJson, fast_json};
use super::{NamedResponse, RawJson, RoleResponse};
use crate::app::ResponseContext;
use crate::envelope::DataJson;

/// Typical size of a serialized invitation.
const EXPECTED_INVITATION_BYTES: usize = 1900;

fast_json! {
    /// An invitation, as members who can manage members see it.
    #[derive(Serialize, ToSchema)]
    #[schema(as = Invitation)]
    pub(crate) struct InvitationResponse {
        id: InvitationId,
        organization_id: OrganizationId,
        #[schema(format = Email)]
        email: String,
        /// Identifies the invitation and may be passed on. It does not prove ownership of the address.
        token: String,
        #[schema(value_type = String, example = "pending")]
        status: Status,
        expires_at: Timestamp,
        created_at: Timestamp,
        updated_at: Timestamp,
        #[schema(value_type = RoleResponse)]
        initial_organization_role: RawJson,
        #[schema(value_type = Option<WorkspaceRoleSummary>)]
        initial_workspace_role: Option<RawJson>,
        #[schema(value_type = Option<NamedResponse<WorkspaceId>>)]
        workspace: Option<RawJson>,
        /// `null` if the inviter has left the organization, and for an invitation that an API key made.
        #[schema(value_type = Option<InviterResponse>)]
        inviter: Option<RawJson>,
        #[schema(value_type = Vec<RoleResponse>)]
        inviter_roles: RawJson,
        /// Alias of `expires_at`.
        expiry: Timestamp,
        expired: bool,
        initial_organization_role_id: RoleId,
        /// The id of the inviter's membership.
        inviter_id: Option<MembershipId>,
        workspace_id: Option<WorkspaceId>,
        initial_workspace_role_id: Option<WorkspaceRoleId>,
        /// The reason why a pending invitation cannot be accepted: its inviter can no longer grant its roles, or the API
        /// key that made it was revoked. The member who resends it becomes its inviter.
        suspended: Option<Suspension>,
        delivery: DeliveryResponse,
    }
}

/// A workspace role.
#[derive(Debug, Serialize, ToSchema)]
struct WorkspaceRoleSummary {
    id: WorkspaceRoleId,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
}

/// The inviter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Inviter)]
struct InviterResponse {
    /// The id of the user.
    id: UserId,
    first_name: String,
    last_name: String,
    /// Empty if the account has no address.
    email: String,
    /// Whether the inviter has proved access to the mailbox of `email`.
    email_verified: bool,
    user: InviterUser,
    roles: Vec<RoleResponse>,
}

/// The inviter as a nested user, for newer clients.
#[derive(Debug, Serialize, ToSchema)]
struct InviterUser {
    id: UserId,
    first_name: String,
    last_name: String,
    username: String,
    /// Empty if the account has no address.
    email: String,
}

fast_json! {
    /// The delivery of the invitation mail.
    #[derive(Debug, Serialize, ToSchema)]
    #[schema(as = Delivery)]
    struct DeliveryResponse {
        #[schema(value_type = String, example = "sent")]
        state: Delivery,
        /// The reason of a failure or delay; otherwise empty.
        reason: String,
        attempts: i64,
        updated_at: Timestamp,
        /// The time of the next attempt of a deferred mail.
        next_attempt_at: Option<Timestamp>,
    }
}

impl From<InvitationDetails> for InvitationResponse {
    fn from(details: InvitationDetails) -> Self {
        Self::new(details, &mut FragmentCache::default())
    }
}

/// Serialized roles, workspaces and inviters, which the invitations of a page share and which make up most of its
/// bytes.
#[derive(Default)]
struct FragmentCache {
    roles: BTreeMap<RoleId, RawJson>,
    workspace_roles: BTreeMap<WorkspaceRoleId, RawJson>,
    workspaces: BTreeMap<WorkspaceId, RawJson>,
    inviters: BTreeMap<UserId, (RawJson, RawJson)>,
    no_roles: Option<RawJson>,
}

impl InvitationResponse {
    /// Serializes a page of invitations.
    pub(crate) fn page_json(page: Vec<InvitationDetails>) -> DataJson {
        let mut fragments = FragmentCache::default();
        DataJson(
            fast_json::array(
                page.into_iter().map(|details| Self::new(details, &mut fragments)),
                EXPECTED_INVITATION_BYTES,
            )
            .into(),
        )
    }

    fn new(details: InvitationDetails, fragments: &mut FragmentCache) -> Self {
        let InvitationDetails { row: entry, role, workspace, workspace_role, inviter, token, expired, suspension } =
            details;
        let (inviter, inviter_roles) = fragments.inviter(inviter.as_deref());
        Self {
            token: token.reveal(),
            initial_organization_role: fragments.role(&role),
            initial_workspace_role: workspace_role.map(|role| fragments.workspace_role(&role)),
            workspace: workspace.map(|workspace| fragments.workspace(&workspace)),
            inviter,
            inviter_roles,
            id: entry.id,
            organization_id: entry.organization_id,
            email: entry.email_key,
            status: entry.status,
            expires_at: entry.expires_at,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
            expiry: entry.expires_at,
            expired,
            initial_organization_role_id: entry.role_id,
            inviter_id: entry.inviter_membership_id,
            workspace_id: entry.workspace_id,
            initial_workspace_role_id: entry.workspace_role_id,
            suspended: suspension,
            delivery: DeliveryResponse {
                state: entry.delivery,
                reason: entry.delivery_reason,
                attempts: entry.delivery_attempts,
                updated_at: entry.delivery_at,
                next_attempt_at: entry.next_delivery_at,
            },
        }
    }
}

impl FragmentCache {
    fn role(&mut self, role: &Role) -> RawJson {
        let write = || RawJson::new(&RoleResponse::from(role.clone()));
        self.roles.entry(role.id).or_insert_with(write).clone()
    }

    fn workspace_role(&mut self, role: &InvitedWorkspaceRole) -> RawJson {
        let response =
            || WorkspaceRoleSummary { id: role.id, name: role.name.clone(), permissions: role.permissions.clone() };
        self.workspace_roles.entry(role.id).or_insert_with(|| RawJson::new(&response())).clone()
    }

    fn workspace(&mut self, workspace: &InvitedWorkspace) -> RawJson {
        let response = || NamedResponse { id: workspace.id, name: workspace.name.clone() };
        self.workspaces.entry(workspace.id).or_insert_with(|| RawJson::new(&response())).clone()
    }

    /// Returns the inviter and their roles; `None` and an empty list for an inviter who has left.
    fn inviter(&mut self, inviter: Option<&Inviter>) -> (Option<RawJson>, RawJson) {
        let Some(inviter) = inviter else {
            return (None, self.no_roles.get_or_insert_with(|| RawJson::new(&[(); 0])).clone());
        };
        let write = || {
            let roles: Vec<_> = inviter.roles.iter().map(|role| RoleResponse::from(Role::clone(role))).collect();
            let roles_json = RawJson::new(&roles);
            (RawJson::new(&InviterResponse::new(inviter, roles)), roles_json)
        };
        let (inviter, roles) = self.inviters.entry(inviter.id).or_insert_with(write);
        (Some(inviter.clone()), roles.clone())
    }
}

impl InviterResponse {
    fn new(inviter: &Inviter, roles: Vec<RoleResponse>) -> Self {
        let (id, first_name, last_name) = (inviter.id, inviter.first_name.clone(), inviter.last_name.clone());
        let email = inviter.email.clone().unwrap_or_default();
        let user = InviterUser {
            id,
            first_name: first_name.clone(),
            last_name: last_name.clone(),
            username: inviter.username.clone().unwrap_or_default(),
            email: email.clone(),
        };
        let email_verified = inviter.is_email_verified;
        Self { id, first_name, last_name, email, email_verified, user, roles }
    }
}

/// An invitation, as its invitee sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnInvitation)]
pub(crate) struct OwnInvitationResponse {
    id: InvitationId,
    organization_id: OrganizationId,
    #[schema(format = Email)]
    email: String,
    /// The token for accepting or declining the invitation.
    token: String,
    status: &'static str,
    expires_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
    expired: bool,
    /// Whether the organization or workspace requires a second factor. It can be set up after accepting.
    enforce_mfa: bool,
    /// What it requires: `two_factors` or `phishing_resistant`. Null without `enforce_mfa`.
    #[schema(value_type = Option<String>)]
    minimum_assurance: Option<Assurance>,
    /// The end of the grace period. Null without `enforce_mfa`.
    mfa_enforced_from: Option<Timestamp>,
    organization: InvitingOrganization,
    role: NamedResponse<RoleId>,
    workspace: Option<NamedResponse<WorkspaceId>>,
    inviter: Option<InviterSummary>,
}

/// The inviting organization.
#[derive(Debug, Serialize, ToSchema)]
struct InvitingOrganization {
    id: OrganizationId,
    name: String,
    image_url: String,
}

/// The inviter, as the invitee sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InviterSummary {
    first_name: String,
    last_name: String,
    /// Empty if the inviter has not proved access to the mailbox.
    email: String,
}

impl InviterSummary {
    pub(crate) fn new(first: Option<String>, last: Option<String>, email: Option<String>) -> Option<Self> {
        let (first_name, last_name) = (first?, last.unwrap_or_default());
        Some(Self { first_name, last_name, email: email.unwrap_or_default() })
    }
}

impl OwnInvitationResponse {
    pub(crate) fn new(own: OwnInvitation, context: ResponseContext<'_>) -> Self {
        let OwnInvitation { row, token, expired, mfa } = own;
        let workspace = row.workspace_id.zip(row.workspace_name);
        Self {
            id: row.id,
            organization_id: row.organization_id,
            email: row.email_key,
            token: token.reveal(),
            status: Status::Pending.as_str(),
            expires_at: row.expires_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            expired,
            enforce_mfa: mfa.is_enforced,
            minimum_assurance: mfa.minimum_if_enforced(),
            mfa_enforced_from: mfa.start_if_enforced(),
            organization: InvitingOrganization {
                id: row.organization_id,
                name: row.organization_name,
                image_url: context.image_url(&row.organization_image_url),
            },
            role: NamedResponse { id: row.role_id, name: row.role_name },
            workspace: workspace.map(|(id, name)| NamedResponse { id, name }),
            inviter: InviterSummary::new(row.inviter_first_name, row.inviter_last_name, row.inviter_email),
        }
    }
}
