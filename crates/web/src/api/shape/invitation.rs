//! Invitations: the seed page's fields in the seed's order, then the superset of contract B.0.6, then ours.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::access::PermissionSet;
use vestibule_core::id::{InvitationId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::{Delivery, Listed, OwnInvitation, Shown, Status, Suspension};
use vestibule_core::membership::MembershipRole;
use vestibule_core::time::Timestamp;

use super::{NamedShape, RoleShape, Written};
use crate::app::Here;

/// An invitation as those who manage members see it.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationShape {
    id: InvitationId,
    organization_id: OrganizationId,
    #[schema(format = Email)]
    email: String,
    /// Names the invitation and can be handed on. It never proves that somebody owns the address.
    token: String,
    #[schema(value_type = String, example = "pending")]
    status: Status,
    expires_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[schema(value_type = RoleShape)]
    initial_organization_role: Written,
    #[schema(value_type = Option<WorkspaceRoleInShort>)]
    initial_workspace_role: Option<Written>,
    #[schema(value_type = Option<NamedShape<WorkspaceId>>)]
    workspace: Option<Written>,
    /// `null` when the inviter has left.
    #[schema(value_type = Option<InviterShape>)]
    inviter: Option<Written>,
    #[schema(value_type = Vec<RoleShape>)]
    inviter_roles: Written,
    /// The same as `expires_at`, under its other name.
    expiry: Timestamp,
    expired: bool,
    initial_organization_role_id: RoleId,
    /// The inviter's membership.
    inviter_id: Option<MembershipId>,
    workspace_id: Option<WorkspaceId>,
    initial_workspace_role_id: Option<WorkspaceRoleId>,
    /// Why it cannot be accepted although it has not expired: its inviter may no longer grant it. Resending it takes it
    /// over.
    suspended: Option<Suspension>,
    delivery: DeliveryShape,
}

/// A workspace role in short.
#[derive(Debug, Serialize, ToSchema)]
struct WorkspaceRoleInShort {
    id: WorkspaceRoleId,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: PermissionSet,
}

/// Who invites.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Inviter)]
struct InviterShape {
    /// The user.
    id: UserId,
    first_name: String,
    last_name: String,
    #[schema(format = Email)]
    email: String,
    user: InviterUser,
    roles: Vec<RoleShape>,
}

/// The inviter once more, where later clients look for them.
#[derive(Debug, Serialize, ToSchema)]
struct InviterUser {
    id: UserId,
    first_name: String,
    last_name: String,
    username: String,
    #[schema(format = Email)]
    email: String,
}

/// How far the mail has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
struct DeliveryShape {
    #[schema(value_type = String, example = "sent")]
    state: Delivery,
    /// Why it has not come further; empty when there is nothing to say.
    reason: String,
    attempts: i64,
    updated_at: Timestamp,
    /// When a mail that was put off is tried again.
    next_attempt_at: Option<Timestamp>,
}

impl From<Shown> for InvitationShape {
    fn from(shown: Shown) -> Self {
        Self::new(shown, &mut Repeated::default())
    }
}

/// What the invitations of a page have in common, written once: a few roles, workspaces and inviters make up most of a
/// page's bytes.
#[derive(Default)]
struct Repeated {
    roles: HashMap<RoleId, Written>,
    workspace_roles: HashMap<WorkspaceRoleId, Written>,
    workspaces: HashMap<WorkspaceId, Written>,
    inviters: HashMap<MembershipId, (Written, Written)>,
    no_roles: Option<Written>,
}

impl InvitationShape {
    /// A page of them.
    pub(crate) fn all(page: Vec<Shown>) -> Vec<Self> {
        let mut repeated = Repeated::default();
        page.into_iter().map(|shown| Self::new(shown, &mut repeated)).collect()
    }

    fn new(shown: Shown, repeated: &mut Repeated) -> Self {
        let Shown { listed, token, expired, suspension, inviter_roles } = shown;
        let (inviter, inviter_roles) = repeated.inviter(&listed, &inviter_roles);
        Self {
            token: token.reveal(),
            initial_organization_role: repeated.role(&listed),
            initial_workspace_role: repeated.workspace_role(&listed),
            workspace: repeated.workspace(&listed),
            inviter,
            inviter_roles,
            id: listed.id,
            organization_id: listed.organization_id,
            email: listed.email_key,
            status: listed.status,
            expires_at: listed.expires_at,
            created_at: listed.created_at,
            updated_at: listed.updated_at,
            expiry: listed.expires_at,
            expired,
            initial_organization_role_id: listed.role_id,
            inviter_id: listed.inviter_membership_id,
            workspace_id: listed.workspace_id,
            initial_workspace_role_id: listed.workspace_role_id,
            suspended: suspension,
            delivery: DeliveryShape {
                state: listed.delivery,
                reason: listed.delivery_reason,
                attempts: listed.delivery_attempts,
                updated_at: listed.delivery_at,
                next_attempt_at: listed.next_delivery_at,
            },
        }
    }
}

impl Repeated {
    fn role(&mut self, listed: &Listed) -> Written {
        let role = || {
            RoleShape::new(
                listed.role_id,
                listed.role_organization_id,
                listed.role_name.clone(),
                listed.role_permissions.clone(),
                (listed.role_created_at, listed.role_updated_at),
            )
        };
        self.roles.entry(listed.role_id).or_insert_with(|| Written::of(&role())).clone()
    }

    fn workspace_role(&mut self, listed: &Listed) -> Option<Written> {
        let (id, name) = (listed.workspace_role_id?, listed.workspace_role_name.as_ref()?);
        let permissions = listed.workspace_role_permissions.as_ref()?;
        let role = || WorkspaceRoleInShort { id, name: name.clone(), permissions: permissions.clone() };
        Some(self.workspace_roles.entry(id).or_insert_with(|| Written::of(&role())).clone())
    }

    fn workspace(&mut self, listed: &Listed) -> Option<Written> {
        let (id, name) = (listed.workspace_id?, listed.workspace_name.as_ref()?);
        Some(self.workspaces.entry(id).or_insert_with(|| Written::of(&NamedShape { id, name: name.clone() })).clone())
    }

    /// The inviter and their roles; of one who has left nothing is shown.
    fn inviter(&mut self, listed: &Listed, roles: &[MembershipRole]) -> (Option<Written>, Written) {
        let Some((membership, id)) = listed.inviter_membership_id.zip(listed.inviter_id) else {
            return (None, self.no_roles.get_or_insert_with(|| Written::of(&[(); 0])).clone());
        };
        let write = || {
            let roles: Vec<RoleShape> = roles.iter().cloned().map(RoleShape::from).collect();
            (Written::of(&inviter(id, listed, &roles)), Written::of(&roles))
        };
        let (inviter, roles) = self.inviters.entry(membership).or_insert_with(write);
        (Some(inviter.clone()), roles.clone())
    }
}

fn inviter(id: UserId, listed: &Listed, roles: &[RoleShape]) -> InviterShape {
    let first_name = listed.inviter_first_name.clone().unwrap_or_default();
    let last_name = listed.inviter_last_name.clone().unwrap_or_default();
    let email = listed.inviter_email.clone().unwrap_or_default();
    let user = InviterUser {
        id,
        first_name: first_name.clone(),
        last_name: last_name.clone(),
        username: listed.inviter_username.clone().unwrap_or_default(),
        email: email.clone(),
    };
    InviterShape { id, first_name, last_name, email, user, roles: roles.to_vec() }
}

/// An invitation as its invitee sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnInvitation)]
pub(crate) struct OwnInvitationShape {
    id: InvitationId,
    organization_id: OrganizationId,
    #[schema(format = Email)]
    email: String,
    /// What to accept or decline it with.
    token: String,
    status: &'static str,
    expires_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
    expired: bool,
    organization: InvitingOrganization,
    role: NamedShape<RoleId>,
    workspace: Option<NamedShape<WorkspaceId>>,
    inviter: Option<InviterInShort>,
}

/// The organization that invites.
#[derive(Debug, Serialize, ToSchema)]
struct InvitingOrganization {
    id: OrganizationId,
    name: String,
    image_url: String,
}

/// Who invites, as the invitee sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InviterInShort {
    first_name: String,
    last_name: String,
    #[schema(format = Email)]
    email: String,
}

impl InviterInShort {
    pub(crate) fn new(first: Option<String>, last: Option<String>, email: Option<String>) -> Option<Self> {
        let (first_name, last_name) = (first?, last.unwrap_or_default());
        Some(Self { first_name, last_name, email: email.unwrap_or_default() })
    }
}

impl OwnInvitationShape {
    pub(crate) fn new(own: OwnInvitation, here: Here<'_>) -> Self {
        let OwnInvitation { received, token, expired } = own;
        let workspace = received.workspace_id.zip(received.workspace_name);
        Self {
            id: received.id,
            organization_id: received.organization_id,
            email: received.email_key,
            token: token.reveal(),
            status: Status::Pending.as_str(),
            expires_at: received.expires_at,
            created_at: received.created_at,
            updated_at: received.updated_at,
            expired,
            organization: InvitingOrganization {
                id: received.organization_id,
                name: received.organization_name,
                image_url: here.image_url(&received.organization_image_url),
            },
            role: NamedShape { id: received.role_id, name: received.role_name },
            workspace: workspace.map(|(id, name)| NamedShape { id, name }),
            inviter: InviterInShort::new(
                received.inviter_first_name,
                received.inviter_last_name,
                received.inviter_email,
            ),
        }
    }
}
