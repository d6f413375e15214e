//! Permissions: flat strings, some of which the service itself understands.
//!
//! There are no wildcards. What stands for what is written down here and nowhere else: `organization:admin` stands for
//! everything in its organization, `organization:manage` for everything but being an admin, and merely being a member
//! for what every member may do (contract D.2, D.5; decision 16).

mod address_list;
mod catalogue;

use std::net::IpAddr;
use std::sync::Arc;

pub use address_list::AddressList;

use crate::error::{Code, Problem, Result};
use crate::id::MembershipId;
use vestibule_db::{Argument, Cell, Column, Kind, Value};

/// May do everything in its organization.
pub const ADMIN: &str = "organization:admin";
/// May do everything in its workspace.
pub const WORKSPACE_ADMIN: &str = "workspace:admin";

const MANAGE: &str = "organization:manage";
const MANAGE_MEMBERS: &str = "organization:manage_members";
const MANAGE_ROLES: &str = "organization:manage_roles";
const MANAGE_SETTINGS: &str = "organization:manage_settings";
const UPDATE: &str = "organization:update";
const WORKSPACE_MANAGE: &str = "workspace:manage";
/// What every member of an organization may do.
const MEMBERS: &[&str] = &["organization:member", "organization:read", "organization:view"];
/// What `organization:manage` stands for besides itself.
const MANAGED: &[&str] = &[MANAGE_MEMBERS, MANAGE_ROLES, MANAGE_SETTINGS, UPDATE];
/// What every member of a workspace may do.
const WORKSPACE_MEMBERS: &[&str] = &["workspace:member", "workspace:read"];
/// What `workspace:manage` stands for besides itself.
const WORKSPACE_MANAGED: &[&str] = &["workspace:write", "workspace:members:read"];

/// What a call asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredPermission {
    /// To be a member.
    Membership,
    /// To manage members and invitations: `organization:manage_members`, or what stands for it.
    ManageMembers,
    /// To define and remove roles: `organization:manage_roles`, or what stands for it.
    ManageRoles,
    /// To change what the organization is called and who may come in from where: `organization:manage_settings`,
    /// `organization:update`, or what stands for them.
    ManageSettings,
    /// To do what cannot be undone: `organization:admin`.
    Admin,
}

impl RequiredPermission {
    /// The permission that does, besides those that stand for it; `None` where being a member is enough.
    pub const fn permission(self) -> Option<&'static str> {
        match self {
            Self::Membership => None,
            Self::ManageMembers => Some(MANAGE_MEMBERS),
            Self::ManageRoles => Some(MANAGE_ROLES),
            Self::ManageSettings => Some(MANAGE_SETTINGS),
            Self::Admin => Some(ADMIN),
        }
    }
}

/// What a call on a workspace asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredWorkspacePermission {
    /// To be in it.
    Membership,
    /// To manage its members and roles: `workspace:manage`, or what stands for it.
    Manage,
    /// To change or delete it: `workspace:admin`.
    Admin,
}

/// What a command or query needs its caller to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing, not even a sign-in.
    Nothing,
    /// A signed-in user.
    SignIn,
    /// A permission in the organization that it names.
    Organization(RequiredPermission),
    /// A permission in the workspace that it names.
    Workspace(RequiredWorkspacePermission),
    /// It is run by workers and by the operator's commands only.
    Operator,
}

impl Requirement {
    /// The codes with which a caller is refused who does not meet it.
    pub const fn codes(self) -> &'static [Code] {
        match self {
            Self::Nothing | Self::Operator => &[],
            Self::SignIn => &[Code::Unauthorized],
            Self::Organization(_) | Self::Workspace(_) => {
                &[Code::Unauthorized, Code::Forbidden, Code::AddressNotAllowed]
            }
        }
    }
}

/// A role's permissions, or all that a membership holds. Order is kept as it was given; nothing stands in it twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct PermissionSet(Arc<Vec<String>>);

impl PermissionSet {
    /// From strings, each kept once.
    pub fn new<S: Into<String>>(permissions: impl IntoIterator<Item = S>) -> Self {
        let mut set = Self::default();
        permissions.into_iter().for_each(|permission| set.add(permission.into()));
        set
    }

    /// Reads what somebody defines a role with: at most 100 strings of letters, digits and `: _ . - /`, 100 bytes each.
    ///
    /// Error: `INVALID_FIELD`, which names the field.
    pub fn parse(field: &str, permissions: Vec<String>) -> Result<Self> {
        const MOST: usize = 100;
        let is_one = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":_.-/".contains(&byte);
            (1..=MOST).contains(&text.len()) && text.bytes().all(plain)
        };
        if permissions.len() > MOST {
            return Err(Problem::field(field, format_args!("name at most {MOST} permissions.")));
        }
        match permissions.iter().position(|permission| !is_one(permission)) {
            None => Ok(Self::new(permissions)),
            Some(place) => {
                let place = place + 1;
                Err(Problem::field(field, format_args!("number {place} is no permission, such as billing:write.")))
            }
        }
    }

    /// All that several roles hold together.
    pub fn union(sets: impl IntoIterator<Item = Self>) -> Self {
        let mut sets = sets.into_iter();
        // Most have one role, whose set is shared and not copied.
        let mut all = sets.next().unwrap_or_default();
        sets.flat_map(|set| set.0.iter().cloned().collect::<Vec<_>>()).for_each(|permission| all.add(permission));
        all
    }

    /// As the database holds it: a JSON array.
    pub fn to_json(&self) -> String {
        serde_json::Value::from(self.0.to_vec()).to_string()
    }

    /// The permissions in order.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Whether it holds exactly this string.
    pub fn holds(&self, permission: &str) -> bool {
        self.0.iter().any(|held| held == permission)
    }

    /// Whether who holds this in an organization has what a call asks for there.
    pub fn satisfies(&self, need: RequiredPermission) -> bool {
        match need {
            RequiredPermission::Membership => true,
            RequiredPermission::ManageMembers => self.stands_for(MANAGE_MEMBERS),
            RequiredPermission::ManageRoles => self.stands_for(MANAGE_ROLES),
            RequiredPermission::ManageSettings => self.stands_for(MANAGE_SETTINGS) || self.stands_for(UPDATE),
            RequiredPermission::Admin => self.holds(ADMIN),
        }
    }

    /// Whether who holds this in a workspace has what a call asks for there.
    pub fn satisfies_in_workspace(&self, need: RequiredWorkspacePermission) -> bool {
        match need {
            RequiredWorkspacePermission::Membership => true,
            RequiredWorkspacePermission::Manage => self.holds(WORKSPACE_ADMIN) || self.holds(WORKSPACE_MANAGE),
            RequiredWorkspacePermission::Admin => self.holds(WORKSPACE_ADMIN),
        }
    }

    /// Whether a member who holds this in an organization may give `granted` there: whether it holds all of it.
    pub fn covers(&self, granted: &Self) -> bool {
        granted.0.iter().all(|permission| self.stands_for(permission))
    }

    /// Whether a member who holds this in the organization, and `in_workspace` in a workspace of it (`None`: not in
    /// it), may give `granted` in that workspace.
    pub fn covers_in_workspace(&self, in_workspace: Option<&Self>, granted: &Self) -> bool {
        granted.0.iter().all(|permission| self.stands_for_in_workspace(in_workspace, permission))
    }

    fn stands_for(&self, permission: &str) -> bool {
        self.holds(ADMIN)
            || self.holds(permission)
            || MEMBERS.contains(&permission)
            || (self.holds(MANAGE) && MANAGED.contains(&permission))
    }

    fn stands_for_in_workspace(&self, in_workspace: Option<&Self>, permission: &str) -> bool {
        let plain = WORKSPACE_MEMBERS.contains(&permission);
        let by_organization = self.holds(ADMIN) || (self.holds(MANAGE) && plain);
        by_organization
            || in_workspace.is_some_and(|held| {
                plain
                    || held.holds(WORKSPACE_ADMIN)
                    || held.holds(permission)
                    || (held.holds(WORKSPACE_MANAGE) && WORKSPACE_MANAGED.contains(&permission))
            })
    }

    fn add(&mut self, permission: String) {
        if !self.holds(&permission) {
            Arc::make_mut(&mut self.0).push(permission);
        }
    }
}

impl Column for PermissionSet {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Value::Text(json) => serde_json::from_str::<Vec<String>>(json).ok().map(|set| Self(Arc::new(set))),
            _ => None,
        }
    }
}

impl Argument for PermissionSet {
    type Given<'a> = &'a str;
    const KIND: Kind = Kind::Text;
    fn value(given: Self::Given<'_>) -> Value<'_> {
        Value::Text(given)
    }
}

/// What a member holds in an organization, and where they have to come from.
#[derive(Clone, Debug)]
pub(crate) struct MemberPermissions {
    pub(crate) membership: MembershipId,
    pub(crate) restricts_addresses: bool,
    pub(crate) allowed_addresses: String,
    pub(crate) held: PermissionSet,
}

impl MemberPermissions {
    /// Whether the organization lets in who comes from there.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        AddressList::is_allowed(self.restricts_addresses, &self.allowed_addresses, address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(permissions: &[&str]) -> PermissionSet {
        PermissionSet::new(permissions.iter().copied())
    }

    #[test]
    fn nobody_gives_more_than_they_hold() {
        let cases: &[(&[&str], &[&str], bool)] = &[
            (&[ADMIN], &[ADMIN, "billing:write"], true),
            (&[MANAGE], &[ADMIN], false),
            (&[MANAGE], &["organization:owner"], false),
            (&[MANAGE], &["organization:delete"], false),
            (&[MANAGE], &[MANAGE, MANAGE_MEMBERS, "organization:member"], true),
            (&[MANAGE], &["billing:write"], false),
            (&[MANAGE_MEMBERS], &[MANAGE], false),
            (&[MANAGE_MEMBERS], &[MANAGE_MEMBERS, "organization:read"], true),
            (&["billing:write"], &["billing:write"], true),
            (&[], &["organization:member"], true),
            (&[], &[MANAGE_MEMBERS], false),
            (&["organization:*"], &[MANAGE_MEMBERS], false),
            (&["ORGANIZATION:ADMIN"], &[ADMIN], false),
        ];
        for (held, granted, right) in cases {
            assert_eq!(set(held).covers(&set(granted)), *right, "{held:?} gives {granted:?}");
        }
    }

    #[test]
    fn in_a_workspace_the_workspaces_own_rights_count() {
        let (admin, manage, nothing) = (set(&[ADMIN]), set(&[MANAGE]), set(&[]));
        let (workspace_admin, writer) = (set(&[WORKSPACE_ADMIN]), set(&["workspace:write"]));
        assert!(admin.covers_in_workspace(None, &workspace_admin));
        assert!(manage.covers_in_workspace(None, &set(&["workspace:member"])));
        assert!(!manage.covers_in_workspace(None, &workspace_admin));
        assert!(!set(&[MANAGE_MEMBERS]).covers_in_workspace(None, &set(&["workspace:member"])));
        assert!(nothing.covers_in_workspace(Some(&workspace_admin), &writer));
        assert!(nothing.covers_in_workspace(Some(&writer), &writer));
        assert!(!nothing.covers_in_workspace(Some(&writer), &workspace_admin));
        assert!(!nothing.covers_in_workspace(None, &writer));
    }

    #[test]
    fn managing_members_needs_more_than_membership() {
        for (held, right) in [(ADMIN, true), (MANAGE, true), (MANAGE_MEMBERS, true), ("organization:member", false)] {
            assert_eq!(set(&[held]).satisfies(RequiredPermission::ManageMembers), right, "{held}");
        }
    }

    proptest! {
        #[test]
        fn everybody_covers_what_they_hold_and_more_holds_more(held in proptest::collection::vec("[a-c]:[a-c]", 0..5),
                                                               more in proptest::collection::vec("[a-c]:[a-c]", 0..5)) {
            let less = PermissionSet::new(held.clone());
            let all = PermissionSet::new(held.into_iter().chain(more));
            prop_assert!(less.covers(&less));
            prop_assert!(all.covers(&less));
        }
    }
}
