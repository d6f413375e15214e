//! Organizations, workspaces and domains: what clients show, how many there may be, and who joins.

use super::JoinPolicy;

#[derive(Clone, Copy, Debug)]
pub struct Organizations {
    /// Whether clients show organizations. The calls work anyway.
    pub is_enabled: bool,
    /// The maximum number of organizations that a user may create; 0 for unlimited.
    pub max_per_user: u32,
    /// The maximum number of workspaces of an organization; 0 for unlimited.
    pub max_workspaces: u32,
    /// Days during which a deleted organization can be restored; 0 to erase it immediately.
    pub deletion_grace_days: u16,
    /// Whether the admins of an organization have the permissions of an admin in all its workspaces.
    pub admins_manage_workspaces: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Workspaces {
    /// Whether clients show workspaces before there is one. The calls work anyway.
    pub is_enabled: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Domains {
    /// How people with a verified address of a domain join, if a request to add the domain does not say.
    pub default_joining: JoinPolicy,
}

impl Organizations {
    /// Returns `max_per_user`, or `i64::MAX` if it is unlimited.
    pub fn per_user_limit(&self) -> i64 {
        limit(self.max_per_user)
    }

    /// Returns `max_workspaces`, or `i64::MAX` if it is unlimited.
    pub fn workspace_limit(&self) -> i64 {
        limit(self.max_workspaces)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Seats {
    /// The maximum number of members of an organization; 0 for unlimited.
    pub max_per_organization: u32,
    /// The maximum number of members of a workspace; 0 for unlimited.
    pub max_per_workspace: u32,
    /// Whether a pending invitation uses a seat of its organization, so that the invitee can always accept it.
    pub count_pending_invitations: bool,
}

impl Seats {
    /// Returns whether organizations or workspaces have a limit.
    pub fn has_limit(&self) -> bool {
        self.max_per_organization > 0 || self.max_per_workspace > 0
    }

    /// Returns `max_per_organization`, or `i64::MAX` if it is unlimited.
    pub fn organization_limit(&self) -> i64 {
        limit(self.max_per_organization)
    }

    /// Returns `max_per_workspace`, or `i64::MAX` if it is unlimited.
    pub fn workspace_limit(&self) -> i64 {
        limit(self.max_per_workspace)
    }
}

fn limit(max: u32) -> i64 {
    if max == 0 { i64::MAX } else { i64::from(max) }
}
