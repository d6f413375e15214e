//! The deployment's permission catalogue: which permissions roles may have, and which are archived.

use super::{BUILT_IN, BUILT_IN_IN_WORKSPACES, PermissionSet};
use crate::error::{Code, Result};
use crate::settings::Roles;

/// Prefixes of the permissions that the service itself interprets. They are always in the catalogue.
const RESERVED_PREFIXES: [&str; 2] = ["organization:", "workspace:"];

impl Roles {
    /// Returns the permissions that a new role of an organization may have: the built-in ones, then the custom ones, without
    /// the archived. If the settings have no custom ones, others are allowed too.
    pub fn definable_in_organizations(&self) -> Vec<String> {
        self.with_custom(BUILT_IN)
    }

    /// Like [`Roles::definable_in_organizations`], in a workspace.
    pub fn definable_in_workspaces(&self) -> Vec<String> {
        self.with_custom(BUILT_IN_IN_WORKSPACES)
    }

    fn with_custom(&self, built_in: &[&str]) -> Vec<String> {
        let custom = self.permissions.iter().map(String::as_str).filter(|custom| !built_in.contains(custom));
        let all = built_in.iter().copied().chain(custom);
        all.filter(|permission| !self.is_archived(permission)).map(str::to_owned).collect()
    }

    fn is_archived(&self, permission: &str) -> bool {
        self.archived_permissions.iter().any(|archived| archived == permission)
    }

    /// Checks that a role with these permissions may be created.
    ///
    /// # Errors
    /// `PERMISSION_ARCHIVED`, `PERMISSION_UNKNOWN`, with the permission in the message.
    pub(crate) fn check_definable(&self, permissions: &PermissionSet) -> Result<()> {
        let is_known = |permission: &&str| {
            self.permissions.is_empty()
                || self.permissions.iter().any(|known| known == permission)
                || RESERVED_PREFIXES.iter().any(|prefix| permission.starts_with(prefix))
        };
        self.check_assignable(permissions)?;
        match permissions.iter().find(|permission| !is_known(permission)) {
            None => Ok(()),
            Some(unknown) => {
                Err(Code::PermissionUnknown.with_message(format!("There is no permission {unknown} here.")))
            }
        }
    }

    /// Checks that a role with these permissions may be assigned. Invitations that were sent before a permission was
    /// archived still grant it.
    ///
    /// # Errors
    /// `PERMISSION_ARCHIVED`, with the permission in the message.
    pub(crate) fn check_assignable(&self, permissions: &PermissionSet) -> Result<()> {
        match permissions.iter().find(|permission| self.is_archived(permission)) {
            None => Ok(()),
            Some(archived) => Err(Code::PermissionArchived
                .with_message(format!("The permission {archived} is archived and cannot be assigned any more."))),
        }
    }
}
