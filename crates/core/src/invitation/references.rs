//! What surrounds an organization's invitations: its roles, its workspaces, and those who invite.
//!
//! A page has many invitations and names few of those, so they are read beside it, each once, however long the page is.
//! They change more rarely than invitations do, so they are kept, as long as the revision of the surroundings is the one
//! they were read at.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::authority::{self, Suspension};
use super::list::StatusFilter;
use super::sql::InvitationRow;
use super::sql::references::{self as sql, GivenRole, InvitedInto, InviterWithRole, InviterWorkspaceRole};
use crate::access::Grant;
use crate::permission::PermissionSet;

use crate::cache::{self, Revision};
use crate::error::Result;
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use crate::organization::Role;
use vestibule_db::BatchQueries;

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
    /// What they have in workspaces, role by role; nothing for a workspace that they are in without one.
    held_in_workspaces: Vec<(WorkspaceId, Option<PermissionSet>)>,
}

impl Inviter {
    /// The same question that [`authority::suspended`] asks when somebody accepts, from what is known already.
    pub(super) fn suspension(
        &self,
        workspace: Option<WorkspaceId>,
        given: (&PermissionSet, Option<&PermissionSet>),
    ) -> Option<Suspension> {
        let held = PermissionSet::union(self.roles.iter().map(|role| role.permissions.clone()));
        let there: Vec<_> = self.held_in_workspaces.iter().filter(|(place, _)| Some(*place) == workspace).collect();
        let held_there = PermissionSet::union(there.iter().filter_map(|(_, held)| held.clone()));
        authority::suspension(&held, (!there.is_empty()).then_some(&held_there), given)
    }
}

/// What one invitation names.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReferencedIds {
    pub(super) role: RoleId,
    pub(super) workspace: Option<(WorkspaceId, WorkspaceRoleId)>,
    pub(super) inviter: Option<MembershipId>,
}

impl ReferencedIds {
    pub(super) fn by(entry: &InvitationRow) -> Self {
        Self {
            role: entry.role_id,
            workspace: entry.workspace_id.zip(entry.workspace_role_id),
            inviter: entry.inviter_membership_id,
        }
    }
}

/// What invitations name, by its id. Who is missing among the inviters has left.
#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    roles: BTreeMap<RoleId, Arc<Role>>,
    inviters: BTreeMap<MembershipId, Arc<Inviter>>,
    workspaces: BTreeMap<WorkspaceId, Arc<InvitedInto>>,
    workspace_roles: BTreeMap<WorkspaceRoleId, Arc<GivenRole>>,
}

impl References {
    /// What the invitations of a page refer to, from the cache if it has all of it at this revision.
    pub(super) async fn of_page(
        cx: &mut Context<'_>,
        grant: &Grant,
        status: StatusFilter,
        entries: &[InvitationRow],
        revision: Revision,
    ) -> Result<Arc<Self>> {
        let organization = grant.organization();
        if entries.is_empty() {
            return Ok(Arc::default());
        }
        let cached = cx.executor.organization_cache.get::<Self>(organization, revision);
        if let Some(cached) = cached.as_ref().filter(|cached| cached.has_all(entries)) {
            return Ok(Arc::clone(cached));
        }
        let loaded = Self::load(cx, organization, status, entries).await?;
        Ok(loaded.merge_into_cache(cx, organization, revision, cached.as_deref()))
    }

    /// What one invitation refers to, for a command. The cache is used by commands that may read revisions and have changed
    /// nothing that it depends on; it is filled if the revision is the same after the read as before.
    pub(super) async fn of_one(cx: &mut Context<'_>, grant: &Grant, ids: ReferencedIds) -> Result<Arc<Self>> {
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

    /// Adds what is cached at the same revision, and caches the whole once the transaction has ended.
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
        let weight = self.roles.len() + self.inviters.len() + self.workspaces.len() + self.workspace_roles.len();
        let merged = Arc::new(self);
        let value = Arc::clone(&merged);
        cx.after_commit.on_end(move |executor| {
            executor.organization_cache.insert(organization, revision, weight, value);
        });
        merged
    }

    async fn load_one(cx: &mut Context<'_>, organization: OrganizationId, names: ReferencedIds) -> Result<Self> {
        let inviter = (organization, names.inviter.unwrap_or_else(|| 0.into()));
        let (roles, inviters) = ((sql::ROLES, (organization,)), (sql::INVITER, inviter));
        let answered = if let Some((workspace, role)) = names.workspace {
            let workspace = (sql::WORKSPACE, (organization, workspace));
            let role = (sql::WORKSPACE_ROLE, (organization, role));
            let held = (sql::WORKSPACE_ROLES_OF_INVITER, inviter);
            cx.tx.batch((roles, inviters, workspace, role, held).batch()).await?
        } else {
            let (roles, inviters) = cx.tx.batch((roles, inviters).batch()).await?;
            (roles, inviters, Vec::new(), Vec::new(), Vec::new())
        };
        Ok(Self::of(answered))
    }

    async fn load(
        cx: &mut Context<'_>,
        organization: OrganizationId,
        status: StatusFilter,
        entries: &[InvitationRow],
    ) -> Result<Self> {
        let ids = || entries.iter().map(|entry| entry.id);
        let (Some(oldest), Some(newest)) = (ids().min(), ids().max()) else {
            return Ok(Self::default());
        };
        let roles = (sql::ROLES, (organization,));
        let answered = match status {
            StatusFilter::Only(status) => {
                let given = (organization, oldest, newest, status);
                let asked = (
                    roles,
                    (sql::INVITERS, given),
                    (sql::WORKSPACES, given),
                    (sql::WORKSPACE_ROLES, given),
                    (sql::INVITER_WORKSPACE_ROLES, given),
                );
                cx.tx.batch(asked.batch()).await?
            }
            StatusFilter::All => {
                let given = (organization, oldest, newest);
                let asked = (
                    roles,
                    (sql::INVITERS_OF_ALL, given),
                    (sql::WORKSPACES_OF_ALL, given),
                    (sql::WORKSPACE_ROLES_OF_ALL, given),
                    (sql::INVITER_WORKSPACE_ROLES_OF_ALL, given),
                );
                cx.tx.batch(asked.batch()).await?
            }
        };
        Ok(Self::of(answered))
    }

    fn of((roles, inviters, workspaces, workspace_roles, held): LoadedRows) -> Self {
        let roles: BTreeMap<_, _> = roles.into_iter().map(|role| (role.id, Arc::new(role))).collect();
        Self {
            inviters: people(inviters, &roles, held),
            roles,
            workspaces: workspaces.into_iter().map(|one| (one.id, Arc::new(one))).collect(),
            workspace_roles: workspace_roles.into_iter().map(|one| (one.id, Arc::new(one))).collect(),
        }
    }

    fn has_all(&self, entries: &[InvitationRow]) -> bool {
        entries.iter().all(|entry| self.has(ReferencedIds::by(entry)))
    }

    fn has(&self, named: ReferencedIds) -> bool {
        self.roles.contains_key(&named.role)
            && named.inviter.is_none_or(|inviter| self.inviters.contains_key(&inviter))
            && named.workspace.is_none_or(|(workspace, role)| {
                self.workspaces.contains_key(&workspace) && self.workspace_roles.contains_key(&role)
            })
    }

    pub(super) fn role(&self, id: RoleId) -> Option<Arc<Role>> {
        self.roles.get(&id).map(Arc::clone)
    }

    pub(super) fn inviter(&self, entry: &InvitationRow) -> Option<Arc<Inviter>> {
        self.inviters.get(&entry.inviter_membership_id?).map(Arc::clone)
    }

    pub(super) fn workspace(&self, entry: &InvitationRow) -> Option<Arc<InvitedInto>> {
        self.workspaces.get(&entry.workspace_id?).map(Arc::clone)
    }

    pub(super) fn workspace_role(&self, entry: &InvitationRow) -> Option<Arc<GivenRole>> {
        self.workspace_roles.get(&entry.workspace_role_id?).map(Arc::clone)
    }
}

/// Roles, inviters, workspaces, roles in workspaces, and what inviters hold there.
type LoadedRows = (Vec<Role>, Vec<InviterWithRole>, Vec<InvitedInto>, Vec<GivenRole>, Vec<InviterWorkspaceRole>);

fn people(
    rows: Vec<InviterWithRole>,
    roles: &BTreeMap<RoleId, Arc<Role>>,
    held: Vec<InviterWorkspaceRole>,
) -> BTreeMap<MembershipId, Arc<Inviter>> {
    let mut inviters: BTreeMap<MembershipId, Inviter> = BTreeMap::new();
    for row in rows {
        let role = row.role_id.and_then(|role| roles.get(&role)).map(Arc::clone);
        let inviter = inviters.entry(row.membership_id).or_insert_with(|| Inviter {
            id: row.user_id,
            first_name: row.first_name,
            last_name: row.last_name,
            username: row.username,
            email: row.email,
            roles: Vec::new(),
            held_in_workspaces: Vec::new(),
        });
        inviter.roles.extend(role);
    }
    for row in held {
        if let Some(inviter) = inviters.get_mut(&row.membership_id) {
            inviter.held_in_workspaces.push((row.workspace_id, row.permissions));
        }
    }
    inviters.into_iter().map(|(id, inviter)| (id, Arc::new(inviter))).collect()
}
