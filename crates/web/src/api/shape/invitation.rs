//! Invitations: the seed page's fields in the seed's order, then the superset of contract B.0.6, then ours.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::access::PermissionSet;
use vestibule_core::id::{InvitationId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use vestibule_core::invitation::{Delivery, GivenRole, InvitedInto, Inviter, OwnInvitation, Shown, Status, Suspension};
use vestibule_core::organization::Role;
use vestibule_core::time::Timestamp;

use super::wire::{self, Wire, wire};
use super::{NamedShape, RoleShape, Written};
use crate::app::Here;
use crate::envelope::Json;

/// What an invitation takes on the wire, about.
const BYTES_OF_ONE: usize = 1900;

wire! {
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

wire! {
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
    roles: BTreeMap<RoleId, Written>,
    workspace_roles: BTreeMap<WorkspaceRoleId, Written>,
    workspaces: BTreeMap<WorkspaceId, Written>,
    inviters: BTreeMap<UserId, (Written, Written)>,
    no_roles: Option<Written>,
}

impl InvitationShape {
    /// A page of them.
    pub(crate) fn page(page: Vec<Shown>) -> Json {
        let mut repeated = Repeated::default();
        Json(wire::page(page.into_iter().map(|shown| Self::new(shown, &mut repeated)), BYTES_OF_ONE).into())
    }

    fn new(shown: Shown, repeated: &mut Repeated) -> Self {
        let Shown { entry, role, workspace, workspace_role, inviter, token, expired, suspension } = shown;
        let (inviter, inviter_roles) = repeated.inviter(inviter.as_deref());
        Self {
            token: token.reveal(),
            initial_organization_role: repeated.role(&role),
            initial_workspace_role: workspace_role.map(|role| repeated.workspace_role(&role)),
            workspace: workspace.map(|workspace| repeated.workspace(&workspace)),
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
            delivery: DeliveryShape {
                state: entry.delivery,
                reason: entry.delivery_reason,
                attempts: entry.delivery_attempts,
                updated_at: entry.delivery_at,
                next_attempt_at: entry.next_delivery_at,
            },
        }
    }
}

impl Repeated {
    fn role(&mut self, role: &Role) -> Written {
        let write = || Written::of(&RoleShape::from(role.clone()));
        self.roles.entry(role.id).or_insert_with(write).clone()
    }

    fn workspace_role(&mut self, role: &GivenRole) -> Written {
        let shape =
            || WorkspaceRoleInShort { id: role.id, name: role.name.clone(), permissions: role.permissions.clone() };
        self.workspace_roles.entry(role.id).or_insert_with(|| Written::of(&shape())).clone()
    }

    fn workspace(&mut self, workspace: &InvitedInto) -> Written {
        let shape = || NamedShape { id: workspace.id, name: workspace.name.clone() };
        self.workspaces.entry(workspace.id).or_insert_with(|| Written::of(&shape())).clone()
    }

    /// The inviter and their roles; of one who has left nothing is shown.
    fn inviter(&mut self, inviter: Option<&Inviter>) -> (Option<Written>, Written) {
        let Some(inviter) = inviter else {
            return (None, self.no_roles.get_or_insert_with(|| Written::of(&[(); 0])).clone());
        };
        let write = || {
            let roles: Vec<_> = inviter.roles.iter().map(|role| RoleShape::from(Role::clone(role))).collect();
            let written = Written::of(&roles);
            (Written::of(&InviterShape::new(inviter, roles)), written)
        };
        let (inviter, roles) = self.inviters.entry(inviter.id).or_insert_with(write);
        (Some(inviter.clone()), roles.clone())
    }
}

impl InviterShape {
    fn new(inviter: &Inviter, roles: Vec<RoleShape>) -> Self {
        let (id, first_name, last_name) = (inviter.id, inviter.first_name.clone(), inviter.last_name.clone());
        let email = inviter.email.clone().unwrap_or_default();
        let user = InviterUser {
            id,
            first_name: first_name.clone(),
            last_name: last_name.clone(),
            username: inviter.username.clone().unwrap_or_default(),
            email: email.clone(),
        };
        Self { id, first_name, last_name, email, user, roles }
    }
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
