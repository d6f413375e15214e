//! Invitations as those who manage members see them: each with its role, its workspace and whoever sent it.
//!
//! A page has many invitations and few of those, so they are read beside it, each once, however long the page is.

use std::collections::HashMap;
use std::sync::Arc;

use super::Status;
use super::authority::{self, Suspension};
use super::list::StatusFilter;
use super::sql::{self, Entry, GivenRole, InvitedInto, InviterWithRole, InviterWorkspaceRole};
use crate::Problem;
use crate::access::{Grant, PermissionSet};
use crate::context::Context;
use crate::db::Questions;
use crate::error::Result;
use crate::id::{InvitationId, MembershipId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use crate::organization::Role;
use crate::secret::InvitationToken;

/// An invitation with all that is shown of it.
#[derive(Debug)]
pub struct Shown {
    /// What stands in its own row.
    pub entry: Entry,
    /// As what.
    pub role: Arc<Role>,
    /// Into which workspace.
    pub workspace: Option<Arc<InvitedInto>>,
    /// As what there.
    pub workspace_role: Option<Arc<GivenRole>>,
    /// Who sent it; `None` when they have left.
    pub inviter: Option<Arc<Inviter>>,
    /// It names the invitation and proves nothing (decision 12).
    pub token: InvitationToken,
    /// Whether it had run out when it was looked up.
    pub expired: bool,
    /// Why it cannot be accepted although it has not run out.
    pub suspension: Option<Suspension>,
}

/// A member who sent invitations.
#[derive(Debug)]
pub struct Inviter {
    /// Who.
    pub id: UserId,
    /// Perhaps empty.
    pub first_name: String,
    /// Perhaps empty.
    pub last_name: String,
    /// Perhaps none.
    pub username: Option<String>,
    /// Their primary address.
    pub email: Option<String>,
    /// Their roles, oldest first.
    pub roles: Vec<Arc<Role>>,
}

/// One invitation as the list would show it, for commands that have just changed it.
pub(super) async fn one(cx: &mut Context<'_>, grant: &Grant, id: InvitationId) -> Result<Shown> {
    let organization = grant.organization();
    let asked = ((sql::ONE, (organization, id)), (sql::ROLES, (organization,)));
    let (entries, roles) = cx.tx.together(asked.together()).await?;
    let mut shown = shown(cx, grant, StatusFilter::All, entries, roles).await?;
    shown.pop().ok_or_else(|| Problem::internal("the invitation is gone"))
}

/// The invitations of a page, with all that is shown of them. The roles are those of the organization.
pub(super) async fn shown(
    cx: &mut Context<'_>,
    grant: &Grant,
    status: StatusFilter,
    entries: Vec<Entry>,
    roles: Vec<Role>,
) -> Result<Vec<Shown>> {
    let (Some(newest), Some(oldest)) = (entries.first().map(|entry| entry.id), entries.last().map(|entry| entry.id))
    else {
        return Ok(Vec::new());
    };
    let has_workspaces = entries.iter().any(|entry| entry.workspace_id.is_some());
    let named = Named::of(cx, grant, (oldest, newest, status), has_workspaces).await?;
    let surroundings = Surroundings::new(roles, named);
    let (now, keys) = (cx.now, &cx.service.keys);
    // A page has few inviters who give few roles, so most invitations stand as one before them does.
    let mut known: HashMap<Gift, Option<Suspension>> = HashMap::new();
    let show = |entry: Entry| {
        let role =
            surroundings.roles.get(&entry.role_id).ok_or_else(|| Problem::internal("an invitation without role"))?;
        let workspace_role = entry.workspace_role_id.and_then(|role| surroundings.workspace_roles.get(&role));
        let inviter = entry.inviter_membership_id.and_then(|inviter| surroundings.inviters.get(&inviter));
        let suspension = match entry.inviter_membership_id.zip(inviter) {
            _ if entry.status != Status::Pending => None,
            None => entry.left_suspended.then_some(Suspension::InviterHasLeft),
            Some((membership, inviter)) => {
                let gift = (membership, entry.role_id, entry.workspace_id, entry.workspace_role_id);
                let given = (&role.permissions, workspace_role.map(|role| &role.permissions));
                *known.entry(gift).or_insert_with(|| surroundings.suspension(gift, inviter, given))
            }
        };
        Ok(Shown {
            token: keys.invitation_token(entry.id, entry.generation),
            expired: entry.expires_at <= now,
            suspension,
            role: Arc::clone(role),
            workspace: entry.workspace_id.and_then(|id| surroundings.workspaces.get(&id)).map(Arc::clone),
            workspace_role: workspace_role.map(Arc::clone),
            inviter: inviter.map(Arc::clone),
            entry,
        })
    };
    entries.into_iter().map(show).collect()
}

/// Who gives what: all that a suspension depends on.
type Gift = (MembershipId, RoleId, Option<WorkspaceId>, Option<WorkspaceRoleId>);

/// What the ids of a page stand for, as the database has it.
#[derive(Default)]
struct Named {
    inviters: Vec<InviterWithRole>,
    workspaces: Vec<InvitedInto>,
    workspace_roles: Vec<GivenRole>,
    held_in_workspaces: Vec<InviterWorkspaceRole>,
}

impl Named {
    async fn of(
        cx: &mut Context<'_>,
        grant: &Grant,
        (oldest, newest, status): (InvitationId, InvitationId, StatusFilter),
        has_workspaces: bool,
    ) -> Result<Self> {
        let organization = grant.organization();
        let of_all = (organization, oldest, newest);
        if !has_workspaces {
            let inviters = match status {
                StatusFilter::Only(status) => cx.tx.all(sql::INVITERS, (organization, oldest, newest, status)).await?,
                StatusFilter::All => cx.tx.all(sql::INVITERS_OF_ALL, of_all).await?,
            };
            return Ok(Self { inviters, ..Self::default() });
        }
        let (inviters, workspaces, workspace_roles, held_in_workspaces) = match status {
            StatusFilter::Only(status) => {
                let given = (organization, oldest, newest, status);
                let asked = (
                    (sql::INVITERS, given),
                    (sql::WORKSPACES, given),
                    (sql::WORKSPACE_ROLES, given),
                    (sql::INVITER_WORKSPACE_ROLES, given),
                );
                cx.tx.together(asked.together()).await?
            }
            StatusFilter::All => {
                let asked = (
                    (sql::INVITERS_OF_ALL, of_all),
                    (sql::WORKSPACES_OF_ALL, of_all),
                    (sql::WORKSPACE_ROLES_OF_ALL, of_all),
                    (sql::INVITER_WORKSPACE_ROLES_OF_ALL, of_all),
                );
                cx.tx.together(asked.together()).await?
            }
        };
        Ok(Self { inviters, workspaces, workspace_roles, held_in_workspaces })
    }
}

/// The same by id.
struct Surroundings {
    roles: HashMap<RoleId, Arc<Role>>,
    inviters: HashMap<MembershipId, Arc<Inviter>>,
    workspaces: HashMap<WorkspaceId, Arc<InvitedInto>>,
    workspace_roles: HashMap<WorkspaceRoleId, Arc<GivenRole>>,
    held_in_workspaces: Vec<InviterWorkspaceRole>,
}

impl Surroundings {
    fn new(roles: Vec<Role>, named: Named) -> Self {
        let Named { inviters: rows, workspaces, workspace_roles, held_in_workspaces } = named;
        let roles: HashMap<_, _> = roles.into_iter().map(|role| (role.id, Arc::new(role))).collect();
        let mut inviters: HashMap<MembershipId, Inviter> = HashMap::new();
        for row in rows {
            let role = row.role_id.and_then(|role| roles.get(&role)).map(Arc::clone);
            let inviter = inviters.entry(row.membership_id).or_insert_with(|| Inviter {
                id: row.user_id,
                first_name: row.first_name,
                last_name: row.last_name,
                username: row.username,
                email: row.email,
                roles: Vec::new(),
            });
            inviter.roles.extend(role);
        }
        Self {
            roles,
            inviters: inviters.into_iter().map(|(id, inviter)| (id, Arc::new(inviter))).collect(),
            workspaces: workspaces.into_iter().map(|one| (one.id, Arc::new(one))).collect(),
            workspace_roles: workspace_roles.into_iter().map(|one| (one.id, Arc::new(one))).collect(),
            held_in_workspaces,
        }
    }

    /// The same question that [`authority::suspended`] asks when somebody accepts, from what the page has fetched already.
    fn suspension(
        &self,
        (membership, _, workspace, _): Gift,
        inviter: &Inviter,
        given: (&PermissionSet, Option<&PermissionSet>),
    ) -> Option<Suspension> {
        let held = PermissionSet::union(inviter.roles.iter().map(|role| role.permissions.clone()));
        let is_there =
            |held: &&InviterWorkspaceRole| held.membership_id == membership && Some(held.workspace_id) == workspace;
        let there: Vec<_> = self.held_in_workspaces.iter().filter(is_there).collect();
        let held_there = PermissionSet::union(there.iter().filter_map(|role| role.permissions.clone()));
        authority::suspension(&held, (!there.is_empty()).then_some(&held_there), given)
    }
}
