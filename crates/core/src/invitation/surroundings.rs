//! What surrounds an organization's invitations: its roles, its workspaces, and those who invite.
//!
//! A page has many invitations and names few of those, so they are read beside it, each once, however long the page is.
//! They change more rarely than invitations do, so they are kept, as long as the revision of the surroundings is the one
//! they were read at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::authority::{self, Suspension};
use super::list::StatusFilter;
use super::sql::Entry;
use super::sql::surroundings::{self as sql, GivenRole, InvitedInto, InviterWithRole, InviterWorkspaceRole};
use crate::access::{Grant, PermissionSet};
use crate::context::Context;
use crate::db::{Change, Questions};
use crate::error::Result;
use crate::id::{MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId};
use crate::organization::Role;
use crate::revision::{self, Revision};

/// Things that are kept of all organizations together, some 500 bytes each; what is asked for least goes first.
const THINGS: u64 = 16_384;
/// Organizations that these are of, about: so few that the things are not divided among processors until those of a large
/// organization fit into no part.
const ORGANIZATIONS: usize = 32;

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
pub(super) struct Names {
    pub(super) role: RoleId,
    pub(super) workspace: Option<(WorkspaceId, WorkspaceRoleId)>,
    pub(super) inviter: Option<MembershipId>,
}

impl Names {
    pub(super) fn by(entry: &Entry) -> Self {
        Self {
            role: entry.role_id,
            workspace: entry.workspace_id.zip(entry.workspace_role_id),
            inviter: entry.inviter_membership_id,
        }
    }
}

/// What invitations name, by its id. Who is missing among the inviters has left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    at: i64,
    roles: BTreeMap<RoleId, Arc<Role>>,
    inviters: BTreeMap<MembershipId, Arc<Inviter>>,
    workspaces: BTreeMap<WorkspaceId, Arc<InvitedInto>>,
    workspace_roles: BTreeMap<WorkspaceRoleId, Arc<GivenRole>>,
}

impl Surroundings {
    /// What these invitations of a page name, which was read at this revision by this query: as it was kept, where it was.
    pub(super) async fn of_page(
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
        let known = kept.at(organization, revision);
        if let Some(known) = known.as_ref().filter(|known| known.have_all(entries)) {
            return Ok(Arc::clone(known));
        }
        let read = Self::read(cx, organization, status, entries).await?;
        let read = Arc::new(read.and(known.as_deref().cloned().unwrap_or_default(), revision.surroundings));
        cx.afterwards.surroundings = Some((organization, Arc::clone(&read)));
        Ok(read)
    }

    /// What an invitation names that a command is about: as it was kept, if this command may ask what the organization is at,
    /// has changed nothing of it itself, and it is still that; or from the database. That is kept when the organization is at
    /// the same before and after.
    pub(super) async fn of_one(cx: &mut Context<'_>, grant: &Grant, names: Names) -> Result<Arc<Self>> {
        let organization = grant.organization();
        let is_unchanged = cx.tx.changes().iter().all(|change| matches!(change, Change::Invitations(_)));
        if cx.found.is_none() || !is_unchanged {
            return Self::read_one(cx, organization, names).await.map(Arc::new);
        }
        let at = revision::current(cx, organization).await?;
        let known = cx.service.surroundings.at(organization, at);
        if let Some(known) = known.as_ref().filter(|known| known.have(names)) {
            return Ok(Arc::clone(known));
        }
        let read = Self::read_one(cx, organization, names).await?;
        let read = Arc::new(read.and(known.as_deref().cloned().unwrap_or_default(), at.surroundings));
        if cx.tx.sees_one_state() || revision::asked_again(cx, organization).await?.surroundings == at.surroundings {
            cx.afterwards.surroundings = Some((organization, Arc::clone(&read)));
        }
        Ok(read)
    }

    async fn read_one(cx: &mut Context<'_>, organization: OrganizationId, names: Names) -> Result<Self> {
        let inviter = (organization, names.inviter.unwrap_or_else(|| 0.into()));
        let (roles, inviters) = ((sql::ROLES, (organization,)), (sql::INVITER, inviter));
        let answered = if let Some((workspace, role)) = names.workspace {
            let workspace = (sql::WORKSPACE, (organization, workspace));
            let role = (sql::WORKSPACE_ROLE, (organization, role));
            let held = (sql::WORKSPACE_ROLES_OF_INVITER, inviter);
            cx.tx.together((roles, inviters, workspace, role, held).together()).await?
        } else {
            let (roles, inviters) = cx.tx.together((roles, inviters).together()).await?;
            (roles, inviters, Vec::new(), Vec::new(), Vec::new())
        };
        Ok(Self::of(answered))
    }

    async fn read(
        cx: &mut Context<'_>,
        organization: OrganizationId,
        status: StatusFilter,
        entries: &[Entry],
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
                cx.tx.together(asked.together()).await?
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
                cx.tx.together(asked.together()).await?
            }
        };
        Ok(Self::of(answered))
    }

    fn of((roles, inviters, workspaces, workspace_roles, held): Answered) -> Self {
        let roles: BTreeMap<_, _> = roles.into_iter().map(|role| (role.id, Arc::new(role))).collect();
        Self {
            at: 0,
            inviters: people(inviters, &roles, held),
            roles,
            workspaces: workspaces.into_iter().map(|one| (one.id, Arc::new(one))).collect(),
            workspace_roles: workspace_roles.into_iter().map(|one| (one.id, Arc::new(one))).collect(),
        }
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
        entries.iter().all(|entry| self.have(Names::by(entry)))
    }

    fn have(&self, named: Names) -> bool {
        self.roles.contains_key(&named.role)
            && named.inviter.is_none_or(|inviter| self.inviters.contains_key(&inviter))
            && named.workspace.is_none_or(|(workspace, role)| {
                self.workspaces.contains_key(&workspace) && self.workspace_roles.contains_key(&role)
            })
    }

    pub(super) fn role(&self, id: RoleId) -> Option<Arc<Role>> {
        self.roles.get(&id).map(Arc::clone)
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

/// Roles, inviters, workspaces, roles in workspaces, and what inviters hold there.
type Answered = (Vec<Role>, Vec<InviterWithRole>, Vec<InvitedInto>, Vec<GivenRole>, Vec<InviterWorkspaceRole>);

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

/// Surroundings that were read before, each with all that any page of its organization has named.
pub(crate) struct KnownSurroundings(Cache<OrganizationId, Arc<Surroundings>, Things>);

/// Weighs surroundings by how many things they hold.
#[derive(Clone)]
struct Things;

impl KnownSurroundings {
    fn at(&self, organization: OrganizationId, revision: Revision) -> Option<Arc<Surroundings>> {
        self.0.get(&organization).filter(|known| known.at == revision.surroundings)
    }

    /// Keeps them, in place of what was.
    pub(crate) fn keep(&self, organization: OrganizationId, known: Arc<Surroundings>) {
        self.0.insert(organization, known);
    }
}

impl Weighter<OrganizationId, Arc<Surroundings>> for Things {
    fn weight(&self, _: &OrganizationId, known: &Arc<Surroundings>) -> u64 {
        let things = [known.roles.len(), known.inviters.len(), known.workspaces.len(), known.workspace_roles.len()];
        // What weighs nothing would stay for ever.
        things.iter().sum::<usize>().max(1) as u64
    }
}

impl Default for KnownSurroundings {
    fn default() -> Self {
        Self(Cache::with_weighter(ORGANIZATIONS, THINGS, Things))
    }
}

impl fmt::Debug for KnownSurroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownSurroundings").field(&self.0.len()).finish()
    }
}
