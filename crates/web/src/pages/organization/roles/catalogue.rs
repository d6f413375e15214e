//! Permissions in words.

use vestibule_core::permission::{ADMIN, PermissionSet, WORKSPACE_ADMIN};

use super::super::super::words::Words;

/// A permission that the service interprets, in words.
pub(super) struct Description {
    pub(super) group: Group,
    pub(super) title: String,
    pub(super) sentence: String,
}

/// The sections of the editor, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Administration,
    People,
    Settings,
    Basics,
    /// The permissions of the operator's application.
    Application,
}

impl Group {
    pub(super) const ALL: [Self; 5] =
        [Self::Administration, Self::People, Self::Settings, Self::Basics, Self::Application];

    pub(super) fn label(self, t: Words, app: &str) -> String {
        match self {
            Self::Administration => t.permissions_administration(),
            Self::People => t.permissions_people(),
            Self::Settings => t.permissions_settings(),
            Self::Basics => t.permissions_basics(),
            Self::Application => t.permissions_application(app),
        }
    }
}

/// Describes a permission. `None` for one of the operator's application.
pub(super) fn describe(t: Words, permission: &str) -> Option<Description> {
    let (group, title, sentence) = match permission {
        ADMIN => (Group::Administration, t.permission_admin(), t.permission_admin_sentence()),
        "organization:manage" => (Group::Administration, t.permission_manage(), t.permission_manage_sentence()),
        "organization:view_audit_log" => {
            (Group::Administration, t.permission_audit_log(), t.permission_audit_log_sentence())
        }
        "organization:manage_members" => (Group::People, t.permission_members(), t.permission_members_sentence()),
        "organization:manage_roles" => (Group::People, t.permission_roles(), t.permission_roles_sentence()),
        "organization:manage_settings" | "organization:update" => {
            (Group::Settings, t.permission_settings(), t.permission_settings_sentence())
        }
        "organization:read" | "organization:view" | "organization:member" => {
            (Group::Basics, t.permission_see(), t.permission_see_sentence())
        }
        WORKSPACE_ADMIN => {
            (Group::Administration, t.permission_workspace_admin(), t.permission_workspace_admin_sentence())
        }
        "workspace:manage" => {
            (Group::People, t.permission_workspace_members(), t.permission_workspace_members_sentence())
        }
        "workspace:write" => (Group::Basics, t.permission_workspace_write(), t.permission_workspace_write_sentence()),
        "workspace:members:read" | "workspace:read" | "workspace:member" => {
            (Group::Basics, t.permission_workspace_see(), t.permission_workspace_see_sentence())
        }
        _ => return None,
    };
    Some(Description { group, title, sentence })
}

/// Whether every member has the permission, or it has the effect of another one. The editor shows it only if the role
/// has it.
pub(super) fn is_redundant(permission: &str) -> bool {
    const REDUNDANT: [&str; 7] = [
        "organization:update",
        "organization:read",
        "organization:view",
        "organization:member",
        "workspace:members:read",
        "workspace:read",
        "workspace:member",
    ];
    REDUNDANT.contains(&permission)
}

/// What a role allows, in words: "Manage members, manage roles". The permissions of the application follow by name.
pub(super) fn summarize(t: Words, permissions: &PermissionSet) -> (Vec<String>, Vec<String>) {
    if permissions.contains(ADMIN) || permissions.contains(WORKSPACE_ADMIN) {
        return (vec![t.permission_everything()], Vec::new());
    }
    let mut words = Vec::new();
    let mut others = Vec::new();
    for permission in permissions.iter() {
        match describe(t, permission) {
            Some(description) if !words.contains(&description.title) => words.push(description.title),
            Some(_) => {}
            None => others.push(permission.to_owned()),
        }
    }
    if words.is_empty() && others.is_empty() {
        words.push(t.permission_nothing());
    }
    (words, others)
}
