//! The deployment's catalogue of permissions: which ones roles may be made of, and which can be given no more.

use super::PermissionSet;
use crate::error::{Code, Result};
use crate::settings::Roles;

/// What the service itself understands, or may come to understand.
const OWN: [&str; 2] = ["organization:", "workspace:"];

impl Roles {
    /// Whether a role may be defined with these. Errors: `PERMISSION_UNKNOWN`, `PERMISSION_ARCHIVED`, with the permission.
    pub(crate) fn may_define(&self, permissions: &PermissionSet) -> Result<()> {
        let is_known = |permission: &&String| {
            self.permissions.is_empty()
                || self.permissions.contains(permission)
                || OWN.iter().any(|own| permission.starts_with(own))
        };
        self.may_give(permissions)?;
        match permissions.as_slice().iter().find(|permission| !is_known(permission)) {
            None => Ok(()),
            Some(unknown) => Err(Code::PermissionUnknown.saying(format!("There is no permission {unknown} here."))),
        }
    }

    /// Whether a role with these may be given to somebody who does not have it. An invitation that was sent before still
    /// gives what it promised. Error: `PERMISSION_ARCHIVED`, with the permission.
    pub(crate) fn may_give(&self, permissions: &PermissionSet) -> Result<()> {
        match permissions.as_slice().iter().find(|permission| self.archived_permissions.contains(permission)) {
            None => Ok(()),
            Some(archived) => {
                Err(Code::PermissionArchived.saying(format!("The permission {archived} is given to nobody any more.")))
            }
        }
    }
}
