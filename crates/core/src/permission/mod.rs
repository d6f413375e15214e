//! Permissions: flat strings, some of which the service itself interprets.
//!
//! There are no wildcards. This module alone defines which permission implies which: `organization:admin` implies every
//! permission in its organization, `organization:manage` those in `IMPLIED_BY_MANAGE`, and membership those in
//! `IMPLIED_BY_MEMBERSHIP`.

mod address_list;
mod catalogue;
mod restriction;

use std::hash::Hash;
use std::sync::Arc;

use indexmap::IndexSet;
use vestibule_db::{Argument, Cell, Column, Kind, Value};

use crate::assurance::MfaRequirement;
use crate::error::{Code, Problem, Result};
use crate::id::{MembershipId, OrganizationId};

pub use address_list::{AddressList, parse_network};
pub use restriction::Restriction;
pub(crate) use restriction::{AccessConditions, Circumstances, required_connection, requires_sso};

/// Implies every permission in its organization and, by default, in its workspaces.
pub const ADMIN: &str = "organization:admin";
/// Implies every permission in its workspace.
pub const WORKSPACE_ADMIN: &str = "workspace:admin";

const MANAGE: &str = "organization:manage";
const MANAGE_MEMBERS: &str = "organization:manage_members";
const MANAGE_ROLES: &str = "organization:manage_roles";
const MANAGE_SETTINGS: &str = "organization:manage_settings";
const UPDATE: &str = "organization:update";
const VIEW_AUDIT_LOG: &str = "organization:view_audit_log";
const WORKSPACE_MANAGE: &str = "workspace:manage";
/// Permissions of every member of an organization.
const IMPLIED_BY_MEMBERSHIP: &[&str] = &["organization:member", "organization:read", "organization:view"];
/// Permissions that `organization:manage` implies.
const IMPLIED_BY_MANAGE: &[&str] = &[MANAGE_MEMBERS, MANAGE_ROLES, MANAGE_SETTINGS, UPDATE];
/// Permissions of every member of a workspace.
const IMPLIED_BY_WORKSPACE_MEMBERSHIP: &[&str] = &["workspace:member", "workspace:read"];
/// Permissions that `workspace:manage` implies.
const IMPLIED_BY_WORKSPACE_MANAGE: &[&str] = &["workspace:write", "workspace:members:read"];

/// The permissions that the service interprets in an organization, strongest first, and those of the Frontend API that
/// roles have without an effect here.
const BUILT_IN: &[&str] = &[
    ADMIN,
    MANAGE,
    MANAGE_MEMBERS,
    MANAGE_ROLES,
    MANAGE_SETTINGS,
    UPDATE,
    VIEW_AUDIT_LOG,
    "organization:read",
    "organization:view",
    "organization:member",
];
/// Like [`BUILT_IN`], in a workspace.
const BUILT_IN_IN_WORKSPACES: &[&str] = &[
    WORKSPACE_ADMIN,
    WORKSPACE_MANAGE,
    "workspace:write",
    "workspace:members:read",
    "workspace:read",
    "workspace:member",
];

/// What a call requires in an organization. Each variant names the permission; one that implies it suffices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredPermission {
    /// To be a member.
    Membership,
    /// To manage members and invitations: `organization:manage_members`.
    ManageMembers,
    /// To create and delete roles: `organization:manage_roles`.
    ManageRoles,
    /// To change the name and other settings of the organization: `organization:manage_settings` or
    /// `organization:update`.
    ManageSettings,
    /// To read the audit log: `organization:view_audit_log`.
    ViewAuditLog,
    /// To delete the organization or transfer its ownership: `organization:admin`.
    Admin,
}

impl RequiredPermission {
    /// The permission that satisfies it, besides those that imply it. `None` if membership is enough.
    pub const fn permission(self) -> Option<&'static str> {
        match self {
            Self::Membership => None,
            Self::ManageMembers => Some(MANAGE_MEMBERS),
            Self::ManageRoles => Some(MANAGE_ROLES),
            Self::ManageSettings => Some(MANAGE_SETTINGS),
            Self::ViewAuditLog => Some(VIEW_AUDIT_LOG),
            Self::Admin => Some(ADMIN),
        }
    }
}

/// What a call requires in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredWorkspacePermission {
    /// To be a member of the workspace.
    Membership,
    /// To manage its members and roles: `workspace:manage` or `workspace:admin`.
    Manage,
    /// To update or delete it: `workspace:admin`.
    Admin,
}

/// What a command or query requires of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing, not even a sign-in.
    Nothing,
    /// A signed-in user.
    SignIn,
    /// A permission in the organization that the command names.
    Organization(RequiredPermission),
    /// A permission in the workspace that the command names.
    Workspace(RequiredWorkspacePermission),
    /// Only workers and the operator's CLI run it.
    Operator,
}

impl Requirement {
    /// The codes for callers that do not meet the requirement.
    pub const fn codes(self) -> &'static [Code] {
        match self {
            Self::Nothing | Self::Operator => &[],
            Self::SignIn => &[Code::Unauthorized],
            Self::Organization(_) | Self::Workspace(_) => {
                &[Code::Unauthorized, Code::Forbidden, Code::AddressNotAllowed, Code::SsoRequired, Code::MfaRequired]
            }
        }
    }

    /// The codes for API keys that do not meet the requirement, besides those of the key itself.
    pub const fn codes_for_api_key(self) -> &'static [Code] {
        match self {
            Self::Nothing | Self::Operator | Self::SignIn => &[],
            Self::Organization(_) => &[Code::OrganizationNotFound],
            Self::Workspace(_) => &[Code::OrganizationNotFound, Code::WorkspaceNotFound],
        }
    }
}

/// The permissions of a role or of a membership: without duplicates, in the original order. A lookup does not depend on
/// their number, and a union is linear in it: a member can have thousands.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct PermissionSet(Arc<IndexSet<String>>);

impl PermissionSet {
    /// The maximum number of permissions of a new role.
    pub const MAX_PER_ROLE: usize = 100;
    /// The maximum length of one permission, in bytes.
    pub const MAX_LENGTH: usize = 100;

    /// From strings. Duplicates are removed.
    pub fn new<S: Into<String>>(permissions: impl IntoIterator<Item = S>) -> Self {
        Self(Arc::new(permissions.into_iter().map(Into::into).collect()))
    }

    /// Parses the permissions of a new role: at most 100 strings of letters, digits and `: _ . - /`, 100 bytes each.
    ///
    /// # Errors
    /// `INVALID_FIELD`, with the field's name.
    pub fn parse(field: &str, permissions: Vec<String>) -> Result<Self> {
        let is_permission = |text: &str| {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":_.-/".contains(&byte);
            (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(is_allowed)
        };
        if permissions.len() > Self::MAX_PER_ROLE {
            let max = Self::MAX_PER_ROLE;
            return Err(Problem::field(field, format_args!("name at most {max} permissions.")));
        }
        match permissions.iter().position(|permission| !is_permission(permission)) {
            None => Ok(Self::new(permissions)),
            Some(index) => {
                let number = index + 1;
                Err(Problem::field(field, format_args!("number {number} is no permission, such as billing:write.")))
            }
        }
    }

    /// The permissions of several roles together.
    pub fn union(sets: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        sets.into_iter().for_each(|set| all.extend(set));
        all
    }

    /// The permissions of an API key in an organization: whether it manages its settings, members, roles and workspaces,
    /// and reads its audit log. A key that may change everything is like an admin.
    pub(crate) fn of_api_key(
        [manages_settings, manages_members, manages_roles, manages_workspaces, reads_audit_log]: [bool; 5],
    ) -> Self {
        if manages_settings && manages_members && manages_roles && manages_workspaces {
            return Self::new([ADMIN]);
        }
        let held = [
            (manages_settings, [MANAGE_SETTINGS, UPDATE].as_slice()),
            (manages_members, &[MANAGE_MEMBERS]),
            (manages_roles, &[MANAGE_ROLES]),
            (manages_workspaces, BUILT_IN_IN_WORKSPACES),
            (reads_audit_log, &[VIEW_AUDIT_LOG]),
        ];
        let held = held.into_iter().filter_map(|(is_held, permissions)| is_held.then_some(permissions));
        Self::new(held.flatten().copied())
    }

    /// The permissions that the service interprets itself. The others mean something to the operator's product only.
    pub(crate) fn built_in(&self) -> Self {
        let is_built_in =
            |permission: &&str| BUILT_IN.contains(permission) || BUILT_IN_IN_WORKSPACES.contains(permission);
        Self::new(self.iter().filter(is_built_in))
    }

    /// Adds the permissions of another role.
    pub(crate) fn extend(&mut self, more: Self) {
        if self.0.is_empty() {
            // Most members have one role. Its set is shared, not copied.
            *self = more;
        } else {
            insert_missing(Arc::make_mut(&mut self.0), &more.0);
        }
    }

    /// The stored form: a JSON array.
    pub fn to_json(&self) -> String {
        self.iter().collect::<serde_json::Value>().to_string()
    }

    /// Parses the stored form.
    pub(crate) fn from_json(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().map(|set| Self(Arc::new(set)))
    }

    /// In the original order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// In the original order.
    pub(crate) fn to_strings(&self) -> Vec<String> {
        self.iter().map(str::to_owned).collect()
    }

    /// About how many bytes it occupies, for caches.
    pub(crate) fn size(&self) -> usize {
        // The header of each string, its hash and its index.
        const OVERHEAD: usize = 48;
        self.iter().map(|permission| permission.len() + OVERHEAD).sum()
    }

    /// Whether it contains this very permission. Implied permissions do not count.
    pub fn contains(&self, permission: &str) -> bool {
        self.0.contains(permission)
    }

    /// The permissions that the other set lacks.
    pub(crate) fn without(&self, other: &Self) -> Self {
        Self::new(self.iter().filter(|permission| !other.contains(permission)))
    }

    /// Whether a member with these permissions in an organization meets a requirement there.
    pub fn satisfies(&self, required: RequiredPermission) -> bool {
        match required {
            RequiredPermission::Membership => true,
            RequiredPermission::ManageMembers => self.implies(MANAGE_MEMBERS),
            RequiredPermission::ManageRoles => self.implies(MANAGE_ROLES),
            RequiredPermission::ManageSettings => self.implies(MANAGE_SETTINGS) || self.implies(UPDATE),
            RequiredPermission::ViewAuditLog => self.implies(VIEW_AUDIT_LOG),
            RequiredPermission::Admin => self.contains(ADMIN),
        }
    }

    /// Whether a member with these permissions in a workspace meets a requirement there.
    pub fn satisfies_in_workspace(&self, required: RequiredWorkspacePermission) -> bool {
        match required {
            RequiredWorkspacePermission::Membership => true,
            RequiredWorkspacePermission::Manage => self.contains(WORKSPACE_ADMIN) || self.contains(WORKSPACE_MANAGE),
            RequiredWorkspacePermission::Admin => self.contains(WORKSPACE_ADMIN),
        }
    }

    /// Whether a member with these permissions in an organization may grant `granted` there: nobody grants more than
    /// they have.
    pub fn covers(&self, granted: &Self) -> bool {
        granted.0.iter().all(|permission| self.implies(permission))
    }

    /// Whether a member with these permissions in the organization, and `in_workspace` in one of its workspaces (`None`
    /// if not in it), may grant `granted` in that workspace.
    pub fn covers_in_workspace(&self, in_workspace: Option<&Self>, granted: &Self) -> bool {
        granted.0.iter().all(|permission| self.implies_in_workspace(in_workspace, permission))
    }

    fn implies(&self, permission: &str) -> bool {
        self.contains(ADMIN)
            || self.contains(permission)
            || IMPLIED_BY_MEMBERSHIP.contains(&permission)
            || (self.contains(MANAGE) && IMPLIED_BY_MANAGE.contains(&permission))
    }

    fn implies_in_workspace(&self, in_workspace: Option<&Self>, permission: &str) -> bool {
        let is_for_every_member = IMPLIED_BY_WORKSPACE_MEMBERSHIP.contains(&permission);
        let by_organization = self.contains(ADMIN) || (self.contains(MANAGE) && is_for_every_member);
        by_organization
            || in_workspace.is_some_and(|own| {
                is_for_every_member
                    || own.contains(WORKSPACE_ADMIN)
                    || own.contains(permission)
                    || (own.contains(WORKSPACE_MANAGE) && IMPLIED_BY_WORKSPACE_MANAGE.contains(&permission))
            })
    }
}

/// Adds the items that are missing, each with one lookup.
fn insert_missing<T: Clone + Eq + Hash>(all: &mut IndexSet<T>, more: &IndexSet<T>) {
    for item in more {
        if !all.contains(item) {
            all.insert(item.clone());
        }
    }
}

impl Column for PermissionSet {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Value::Text(json) => Self::from_json(json),
            _ => None,
        }
    }
}

impl Argument for PermissionSet {
    type Input<'a> = &'a str;
    const KIND: Kind = Kind::Text;
    fn value(input: Self::Input<'_>) -> Value<'_> {
        Value::Text(input)
    }
}

/// A member's permissions in an organization, and what the organization requires besides.
#[derive(Clone, Debug)]
pub(crate) struct MemberPermissions {
    pub(crate) organization: OrganizationId,
    pub(crate) membership: MembershipId,
    pub(crate) restricts_addresses: bool,
    pub(crate) allowed_addresses: String,
    /// Whether the member has to sign in through the organization's identity provider.
    pub(crate) requires_sso: bool,
    pub(crate) mfa: MfaRequirement,
    pub(crate) permissions: PermissionSet,
}

impl MemberPermissions {
    /// Why the member cannot use the organization.
    pub(crate) fn restriction(&self, circumstances: &Circumstances) -> Restriction {
        let conditions = AccessConditions {
            organization: self.organization,
            restricts_addresses: self.restricts_addresses,
            allowed_addresses: &self.allowed_addresses,
            requires_sso: self.requires_sso,
            is_admin: self.permissions.contains(ADMIN),
            mfa: self.mfa,
        };
        conditions.restriction(circumstances)
    }
}

#[cfg(test)]
mod tests;
