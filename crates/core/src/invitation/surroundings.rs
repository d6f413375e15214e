//! What surrounds an organization's invitations: its roles, its workspaces, and those who invite.
//!
//! A page has many invitations and names few of those, so they are read beside it, each once, however long the page is.
//! They change more rarely than invitations do, so they are kept, as long as the revision of the surroundings is the one
//! they were read at.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use moka::sync::Cache;

use super::authority::{self, Suspension};
use super::list::StatusFilter;
use super::sql::{self, Entry, GivenRole, InvitedInto, InviterWithRole, InviterWorkspaceRole};
use crate::access::{Grant, PermissionSet};
use crate::context::Context;
use crate::db::Questions;
use crate::error::Result;
use crate::id::{MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use crate::organization::Role;
use crate::revision::Revision;

/// Things that are kept of all organizations together, some 500 bytes each; what is asked for least goes first.
const THINGS: u64 = 16_384;

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

/// What invitations name, by its id. Who is missing among the inviters has left.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    at: i64,
    roles: HashMap<RoleId, Arc<Role>>,
    inviters: HashMap<MembershipId, Arc<Inviter>>,
    workspaces: HashMap<WorkspaceId, Arc<InvitedInto>>,
    workspace_roles: HashMap<WorkspaceRoleId, Arc<GivenRole>>,
}

/// What is read of those who invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfWhom {
    /// What they have in the organization.
    Outside,
    /// And in its workspaces.
    Everywhere,
}

impl Surroundings {
    /// What these invitations of a page name, which was read at this revision by this query: as it was kept, where it was.
    /// Not for commands: what they read may never be.
    pub(super) async fn kept_at(
        cx: &mut Context<'_>,
        grant: &Grant,
        status: StatusFilter,
        entries: &[Entry],
        revision: Revision,
    ) -> Result<Arc<Self>> {
        let (organization, kept) = (grant.organization(), &cx.service.surroundings);
        if entries.is_empty() {
            return Ok(Arc::default());
        }
        let known = kept.0.get(&organization).filter(|known| known.at == revision.surroundings);
        if let Some(known) = known.as_ref().filter(|known| known.have_all(entries)) {
            return Ok(Arc::clone(known));
        }
        let read = Self::read(cx, grant, status, entries, OfWhom::Everywhere).await?;
        let read = Arc::new(read.and(known.as_deref().cloned().unwrap_or_default(), revision.surroundings));
        kept.0.insert(organization, Arc::clone(&read));
        Ok(read)
    }

    /// The same from the database.
    pub(super) async fn read(
        cx: &mut Context<'_>,
        grant: &Grant,
        status: StatusFilter,
        entries: &[Entry],
        of_whom: OfWhom,
    ) -> Result<Self> {
        let organization = grant.organization();
        let roles = (sql::ROLES, (organization,));
        let ids = || entries.iter().map(|entry| entry.id);
        let (Some(oldest), Some(newest)) = (ids().min(), ids().max()) else {
            return Ok(Self::default());
        };
        let of_all = (organization, oldest, newest);
        let (roles, inviters, workspaces, workspace_roles, held) = match (of_whom, status) {
            (OfWhom::Outside, _) => {
                let asked = (roles, (sql::INVITERS_OF_ALL, of_all)).together();
                let (roles, inviters) = cx.tx.together(asked).await?;
                (roles, inviters, Vec::new(), Vec::new(), Vec::new())
            }
            (OfWhom::Everywhere, StatusFilter::Only(status)) => {
                let given = (organization, oldest, newest, status);
                let asked = (
                    roles,
                    (sql::INVITERS, given),
                    (sql::WORKSPACES, given),
                    (sql::WORKSPACE_ROLES, given),
                    (sql::INVITER_WORKSPACE_ROLES, given),
                );
                cx.tx.together(asked.together()).await?
            }
            (OfWhom::Everywhere, StatusFilter::All) => {
                let asked = (
                    roles,
                    (sql::INVITERS_OF_ALL, of_all),
                    (sql::WORKSPACES_OF_ALL, of_all),
                    (sql::WORKSPACE_ROLES_OF_ALL, of_all),
                    (sql::INVITER_WORKSPACE_ROLES_OF_ALL, of_all),
                );
                cx.tx.together(asked.together()).await?
            }
        };
        let roles: HashMap<_, _> = roles.into_iter().map(|role| (role.id, Arc::new(role))).collect();
        Ok(Self {
            at: 0,
            inviters: people(inviters, &roles, held),
            roles,
            workspaces: workspaces.into_iter().map(|one| (one.id, Arc::new(one))).collect(),
            workspace_roles: workspace_roles.into_iter().map(|one| (one.id, Arc::new(one))).collect(),
        })
    }

    /// With what is known besides, from the same state.
    fn and(mut self, before: Self, at: i64) -> Self {
        self.at = at;
        self.inviters.extend(before.inviters);
        self.workspaces.extend(before.workspaces);
        self.workspace_roles.extend(before.workspace_roles);
        self
    }

    fn have_all(&self, entries: &[Entry]) -> bool {
        entries.iter().all(|entry| {
            self.roles.contains_key(&entry.role_id)
                && entry.inviter_membership_id.is_none_or(|inviter| self.inviters.contains_key(&inviter))
                && entry.workspace_id.is_none_or(|workspace| self.workspaces.contains_key(&workspace))
                && entry.workspace_role_id.is_none_or(|role| self.workspace_roles.contains_key(&role))
        })
    }

    pub(super) fn role(&self, entry: &Entry) -> Option<Arc<Role>> {
        self.roles.get(&entry.role_id).map(Arc::clone)
    }

    pub(super) fn inviter(&self, entry: &Entry) -> Option<Arc<Inviter>> {
        self.inviters.get(&entry.inviter_membership_id?).map(Arc::clone)
    }

    pub(super) fn workspace(&self, entry: &Entry) -> Option<Arc<InvitedInto>> {
        self.workspaces.get(&entry.workspace_id?).map(Arc::clone)
    }

    pub(super) fn workspace_role(&self, entry: &Entry) -> Option<Arc<GivenRole>> {
        self.workspace_roles.get(&entry.workspace_role_id?).map(Arc::clone)
    }
}

fn people(
    rows: Vec<InviterWithRole>,
    roles: &HashMap<RoleId, Arc<Role>>,
    held: Vec<InviterWorkspaceRole>,
) -> HashMap<MembershipId, Arc<Inviter>> {
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

/// Surroundings that were read before, each with all that any page of its organization has named.
pub(crate) struct KnownSurroundings(Cache<OrganizationId, Arc<Surroundings>>);

impl Default for KnownSurroundings {
    fn default() -> Self {
        let weigh = |_: &OrganizationId, known: &Arc<Surroundings>| {
            let things = [known.roles.len(), known.inviters.len(), known.workspaces.len(), known.workspace_roles.len()];
            u32::try_from(things.iter().sum::<usize>()).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().weigher(weigh).max_capacity(THINGS).build())
    }
}

impl fmt::Debug for KnownSurroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownSurroundings").field(&self.0.entry_count()).finish()
    }
}
