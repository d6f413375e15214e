//! The deployment's permission catalogue: which permissions roles may have, and which are archived.

use super::PermissionSet;
use crate::error::{Code, Result};
use crate::settings::Roles;

/// Prefixes of the permissions that the service itself interprets. They are always in the catalogue.
const RESERVED_PREFIXES: [&str; 2] = ["organization:", "workspace:"];

impl Roles {
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
        let is_archived = |permission: &&str| self.archived_permissions.iter().any(|archived| archived == permission);
        match permissions.iter().find(is_archived) {
            None => Ok(()),
            Some(archived) => Err(Code::PermissionArchived
                .with_message(format!("The permission {archived} is archived and cannot be assigned any more."))),
        }
    }
}
