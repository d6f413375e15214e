//! What the rows of a page refer to by id: roles, workspaces and inviters.
//!
//! A page has many invitations that refer to few of those, so each is loaded once, apart from the rows. They change
//! more rarely than invitations do, so they are cached at the organization's revision.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use vestibule_db::BatchQueries;

use super::Status;
use super::authority::{self, Suspension};
use super::sql::InvitationRow;
use super::sql::references::{
    self as sql, InvitedWorkspace, InvitedWorkspaceRole, InviterRoleRow, InviterWorkspaceRoleRow,
};
use crate::access::Grant;
use crate::cache::{self, OrganizationCache, Revision};
use crate::error::Result;
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use crate::listing::pack_ids;
use crate::organization::Role;
use crate::permission::PermissionSet;

/// A member who sent invitations.
#[derive(Debug)]
pub struct Inviter {
    pub id: UserId,
    pub first_name: String,
    pub last_name: String,
    pub username: Option<String>,
    /// The primary address.
    pub email: Option<String>,
    pub is_email_verified: bool,
    /// Oldest first.
    pub roles: Vec<Arc<Role>>,
    /// Whether the account is disabled.
    is_disabled: bool,
    /// Of all roles together, so that each invitation of a page does not compute them again.
    permissions: PermissionSet,
    /// In each workspace that they are a member of.
    workspace_permissions: HashMap<WorkspaceId, PermissionSet>,
}

impl Inviter {
    /// Like [`authority::load_suspension`], from what is loaded already.
    pub(super) fn compute_suspension(
        &self,
        workspace: Option<WorkspaceId>,
        granted: (&PermissionSet, Option<&PermissionSet>),
    ) -> Option<Suspension> {
        if self.is_disabled {
            return Some(Suspension::InviterMayNotInvite);
        }
        let in_workspace = workspace.and_then(|workspace| self.workspace_permissions.get(&workspace));
        authority::compute_suspension(&self.permissions, in_workspace, granted)
    }

    /// About how many bytes it occupies, without its roles.
    fn size(&self) -> usize {
        self.permissions.size() + self.workspace_permissions.values().map(PermissionSet::size).sum::<usize>()
    }
}

/// The ids that one invitation refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReferencedIds {
    pub(super) role: RoleId,
    pub(super) workspace: Option<(WorkspaceId, WorkspaceRoleId)>,
    pub(super) inviter: Option<MembershipId>,
}

impl ReferencedIds {
    pub(super) fn from_row(row: &InvitationRow) -> Self {
        Self {
            role: row.role_id,
            workspace: row.workspace_id.zip(row.workspace_role_id),
            inviter: row.inviter_membership_id,
        }
    }
}

/// What invitations refer to, by id. An inviter who is missing has left.
#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    roles: BTreeMap<RoleId, Arc<Role>>,
    inviters: BTreeMap<MembershipId, Arc<Inviter>>,
    workspaces: BTreeMap<WorkspaceId, Arc<InvitedWorkspace>>,
    workspace_roles: BTreeMap<WorkspaceRoleId, Arc<InvitedWorkspaceRole>>,
}

impl References {
    /// Loads what the invitations of a page refer to, unless all of it is cached at this revision. `range` is the
    /// status if the page has all invitations in it between its first and its last one.
    pub(super) async fn for_page(
        cx: &mut Context<'_>,
        grant: &Grant,
        range: Option<Status>,
        rows: &[InvitationRow],
        revision: Revision,
    ) -> Result<Arc<Self>> {
        let organization = grant.organization();
        if rows.is_empty() {
            return Ok(Arc::default());
        }
        let cached = cx.executor.organization_cache.get::<Self>(organization, revision);
        if let Some(cached) = cached.as_ref().filter(|cached| cached.has_all(rows)) {
            return Ok(Arc::clone(cached));
        }
        let loaded = Self::load(cx, organization, range, rows).await?;
        Ok(loaded.merge_into_cache(cx, organization, revision, cached.as_deref()))
    }

    /// Loads what one invitation refers to, for a command. The cache is used only by a command that may read revisions
    /// and has changed nothing that the cache depends on. What is loaded is cached if the revision is unchanged after
    /// the read.
    pub(super) async fn for_invitation(cx: &mut Context<'_>, grant: &Grant, ids: ReferencedIds) -> Result<Arc<Self>> {
        let organization = grant.organization();
        if cx.access.is_none() || !cache::leaves_organizations_unchanged(cx.tx.invalidations()) {
            return Self::load_one(cx, organization, ids).await.map(Arc::new);
        }
        let revision = cx.revision(organization).await?;
        let cached = cx.executor.organization_cache.get::<Self>(organization, revision);
        if let Some(cached) = cached.as_ref().filter(|cached| cached.has(ids)) {
            return Ok(Arc::clone(cached));
        }
        let loaded = Self::load_one(cx, organization, ids).await?;
        let is_consistent = cx.tx.is_snapshot()
            || cache::current_revision(&mut cx.tx, None, organization).await?.organization == revision.organization;
        if !is_consistent {
            return Ok(Arc::new(loaded));
        }
        Ok(loaded.merge_into_cache(cx, organization, revision, cached.as_deref()))
    }

    /// Adds what is cached at the same revision, and caches the result when the transaction has ended.
    fn merge_into_cache(
        mut self,
        cx: &mut Context<'_>,
        organization: OrganizationId,
        revision: Revision,
        cached: Option<&Self>,
    ) -> Arc<Self> {
        if let Some(cached) = cached.cloned() {
            self.inviters.extend(cached.inviters);
            self.workspaces.extend(cached.workspaces);
            self.workspace_roles.extend(cached.workspace_roles);
        }
        let weight = self.weight();
        let merged = Arc::new(self);
        let value = Arc::clone(&merged);
        cx.after_commit.on_end(move |executor| {
            executor.organization_cache.insert(organization, revision, weight, value);
        });
        merged
    }

    /// In units of the organization cache: one for each part, and more for one with many permissions.
    fn weight(&self) -> usize {
        let parts = self.roles.len() + self.inviters.len() + self.workspaces.len() + self.workspace_roles.len();
        let roles: usize = self.roles.values().map(|role| role.permissions.size()).sum();
        let workspace_roles: usize = self.workspace_roles.values().map(|role| role.permissions.size()).sum();
        let inviters: usize = self.inviters.values().map(|inviter| inviter.size()).sum();
        parts + (roles + workspace_roles + inviters) / OrganizationCache::BYTES_PER_WEIGHT
    }

    async fn load_one(cx: &mut Context<'_>, organization: OrganizationId, ids: ReferencedIds) -> Result<Self> {
        let inviter = (organization, ids.inviter.unwrap_or_else(|| 0.into()));
        let (roles, inviters) = ((sql::ROLES, (organization,)), (sql::SINGLE_INVITER, inviter));
        let loaded = if let Some((workspace, role)) = ids.workspace {
            let workspace = (sql::SINGLE_WORKSPACE, (organization, workspace));
            let role = (sql::SINGLE_WORKSPACE_ROLE, (organization, role));
            let inviter_workspace_roles = (sql::SINGLE_INVITER_WORKSPACE_ROLES, inviter);
            cx.tx.batch((roles, inviters, workspace, role, inviter_workspace_roles).batch()).await?
        } else {
            let (roles, inviters) = cx.tx.batch((roles, inviters).batch()).await?;
            (roles, inviters, Vec::new(), Vec::new(), Vec::new())
        };
        Ok(Self::from_rows(loaded))
    }

    async fn load(
        cx: &mut Context<'_>,
        organization: OrganizationId,
        range: Option<Status>,
        rows: &[InvitationRow],
    ) -> Result<Self> {
        let ids = || rows.iter().map(|row| row.id);
        let (Some(oldest), Some(newest)) = (ids().min(), ids().max()) else {
            return Ok(Self::default());
        };
        let roles = (sql::ROLES, (organization,));
        let loaded = if let Some(status) = range {
            let arguments = (organization, oldest, newest, status);
            let queries = (
                roles,
                (sql::INVITERS, arguments),
                (sql::WORKSPACES, arguments),
                (sql::WORKSPACE_ROLES, arguments),
                (sql::INVITER_WORKSPACE_ROLES, arguments),
            );
            cx.tx.batch(queries.batch()).await?
        } else {
            let inviters =
                pack_distinct(rows.iter().filter_map(|row| row.inviter_membership_id.map(MembershipId::get)));
            let workspaces = pack_distinct(rows.iter().filter_map(|row| row.workspace_id.map(WorkspaceId::get)));
            let workspace_roles =
                pack_distinct(rows.iter().filter_map(|row| row.workspace_role_id.map(WorkspaceRoleId::get)));
            let queries = (
                roles,
                (sql::INVITERS_BY_IDS, (organization, inviters.as_str())),
                (sql::WORKSPACES_BY_IDS, (organization, workspaces.as_str())),
                (sql::WORKSPACE_ROLES_BY_IDS, (organization, workspace_roles.as_str())),
                (sql::INVITER_WORKSPACE_ROLES_BY_IDS, (organization, inviters.as_str())),
            );
            cx.tx.batch(queries.batch()).await?
        };
        Ok(Self::from_rows(loaded))
    }

    fn from_rows((roles, inviters, workspaces, workspace_roles, inviter_workspace_roles): LoadedRows) -> Self {
        let roles: BTreeMap<_, _> = roles.into_iter().map(|role| (role.id, Arc::new(role))).collect();
        Self {
            inviters: build_inviters(inviters, &roles, inviter_workspace_roles),
            roles,
            workspaces: workspaces.into_iter().map(|row| (row.id, Arc::new(row))).collect(),
            workspace_roles: workspace_roles.into_iter().map(|row| (row.id, Arc::new(row))).collect(),
        }
    }

    fn has_all(&self, rows: &[InvitationRow]) -> bool {
        rows.iter().all(|row| self.has(ReferencedIds::from_row(row)))
    }

    fn has(&self, ids: ReferencedIds) -> bool {
        self.roles.contains_key(&ids.role)
            && ids.inviter.is_none_or(|inviter| self.inviters.contains_key(&inviter))
            && ids.workspace.is_none_or(|(workspace, role)| {
                self.workspaces.contains_key(&workspace) && self.workspace_roles.contains_key(&role)
            })
    }

    pub(super) fn role(&self, id: RoleId) -> Option<Arc<Role>> {
        self.roles.get(&id).map(Arc::clone)
    }

    pub(super) fn inviter(&self, row: &InvitationRow) -> Option<Arc<Inviter>> {
        self.inviters.get(&row.inviter_membership_id?).map(Arc::clone)
    }

    pub(super) fn workspace(&self, row: &InvitationRow) -> Option<Arc<InvitedWorkspace>> {
        self.workspaces.get(&row.workspace_id?).map(Arc::clone)
    }

    pub(super) fn workspace_role(&self, row: &InvitationRow) -> Option<Arc<InvitedWorkspaceRole>> {
        self.workspace_roles.get(&row.workspace_role_id?).map(Arc::clone)
    }
}

/// The distinct ids as one argument: 0, which no row has, if there are none.
fn pack_distinct(ids: impl Iterator<Item = i64>) -> String {
    let distinct: BTreeSet<i64> = ids.collect();
    if distinct.is_empty() { pack_ids([0]) } else { pack_ids(distinct) }
}

/// Roles, inviters, workspaces, workspace roles, and the workspace roles of the inviters.
type LoadedRows =
    (Vec<Role>, Vec<InviterRoleRow>, Vec<InvitedWorkspace>, Vec<InvitedWorkspaceRole>, Vec<InviterWorkspaceRoleRow>);

fn build_inviters(
    rows: Vec<InviterRoleRow>,
    roles: &BTreeMap<RoleId, Arc<Role>>,
    workspace_roles: Vec<InviterWorkspaceRoleRow>,
) -> BTreeMap<MembershipId, Arc<Inviter>> {
    let mut inviters: BTreeMap<MembershipId, Inviter> = BTreeMap::new();
    for row in rows {
        let role = row.role_id.and_then(|role| roles.get(&role)).map(Arc::clone);
        let inviter = inviters.entry(row.membership_id).or_insert_with(|| Inviter {
            id: row.user_id,
            first_name: row.first_name,
            last_name: row.last_name,
            username: row.username,
            is_email_verified: row.email_verified_at.is_some(),
            email: row.email,
            roles: Vec::new(),
            is_disabled: row.disabled,
            permissions: PermissionSet::default(),
            workspace_permissions: HashMap::new(),
        });
        if let Some(role) = role {
            inviter.permissions.extend(role.permissions.clone());
            inviter.roles.push(role);
        }
    }
    for row in workspace_roles {
        if let Some(inviter) = inviters.get_mut(&row.membership_id) {
            let permissions = inviter.workspace_permissions.entry(row.workspace_id).or_default();
            permissions.extend(row.permissions.unwrap_or_default());
        }
    }
    inviters.into_iter().map(|(id, inviter)| (id, Arc::new(inviter))).collect()
}
