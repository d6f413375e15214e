//! The workspaces of an organization, for a page.

use super::sql::Workspace;
use super::sql::lists::{self as sql, OwnRole, WorkspaceKey};
use crate::access::{self, Actor, Grant};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::grouping::group_by;
use crate::id::{OrganizationId, WorkspaceId};
use crate::listing::{ListSort, MAX_COUNTED, NameCursor, Position, Slice, Total, pack_ids};
use crate::permission::{PermissionSet, RequiredPermission, RequiredWorkspacePermission, Requirement};
use crate::search::{SearchTerm, fold};

/// Lists the workspaces of an organization: all of them for its admins, if they manage workspaces, otherwise the
/// caller's own. A workspace that does not admit the caller's address, or requires a stronger sign-in, shows its id and
/// name only.
///
/// The number of workspaces may be unlimited. The newest first are read by the index of the organization. A search, and
/// an order by name, compare the newest 10,000: few organizations have a tenth of it, and their names are read in a few
/// milliseconds.
///
/// # Errors
/// `FORBIDDEN` for a non-member.
#[derive(Debug)]
pub struct List {
    pub organization: OrganizationId,
    /// A part of the name.
    pub search: SearchTerm,
    pub sort: ListSort,
    pub position: Position<WorkspaceCursor>,
    /// At most 100.
    pub limit: u32,
}

/// A position in a list of workspaces.
pub type WorkspaceCursor = NameCursor<WorkspaceId>;

#[derive(Debug)]
pub struct ListedWorkspace {
    pub workspace: Workspace,
    /// The caller's roles; none for an admin of the organization who is not in the workspace, or if the workspace does not
    /// admit the caller.
    pub roles: Vec<OwnRole>,
}

#[derive(Debug)]
pub struct WorkspacesPage {
    pub workspaces: Vec<ListedWorkspace>,
    pub total: Total,
    pub previous: Option<WorkspaceCursor>,
    pub next: Option<WorkspaceCursor>,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = WorkspacesPage;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<WorkspacesPage> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let is_admin = cx.executor.settings.organizations.admins_manage_workspaces
            && grant.permissions().satisfies(RequiredPermission::Admin);
        let manages_all = is_admin || matches!(grant.actor(), Actor::ApiKey(_));
        let is_plain = self.search.is_empty() && !self.sort.is_by_name();
        let (slice, total) = if manages_all && is_plain {
            self.read_page(cx, &grant).await?
        } else {
            self.read_names(cx, &grant, manages_all).await?
        };
        let (previous, next) = slice.cursors(|key| WorkspaceCursor::new(self.sort, &fold(&key.name), key.id));
        let workspaces = load(cx, &grant, manages_all, &slice.rows).await?;
        Ok(WorkspacesPage { workspaces, total, previous, next })
    }
}

impl List {
    /// Reads a page in the order of ids.
    async fn read_page(&self, cx: &mut Context<'_>, grant: &Grant) -> Result<(Slice<WorkspaceKey>, Total)> {
        let organization = grant.organization();
        let (count,) = cx.tx.one(sql::COUNT, (organization, MAX_COUNTED + 1)).await?;
        let (is_descending, after, before) = self.position.id_range(self.sort == ListSort::Newest, |cursor| cursor.id);
        let statement = if is_descending { sql::NEWEST } else { sql::OLDEST };
        let rows = i64::from(self.limit) + 1;
        let keys = cx.tx.all(statement, (organization, after, before, rows, self.position.offset(self.limit))).await?;
        Ok((Slice::from_read(keys, &self.position, self.limit), Total::bounded(count, MAX_COUNTED)))
    }

    /// Reads the names, and compares and sorts them.
    async fn read_names(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        manages_all: bool,
    ) -> Result<(Slice<WorkspaceKey>, Total)> {
        let organization = grant.organization();
        let keys = if manages_all {
            let range = (organization, 0.into(), i64::MAX.into(), MAX_COUNTED + 1, 0);
            cx.tx.all(sql::NEWEST, range).await?
        } else {
            cx.tx.all(sql::NEWEST_OF_MEMBER, (organization, grant.member()?.membership, MAX_COUNTED + 1)).await?
        };
        let has_all = i64::try_from(keys.len()).is_ok_and(|read| read <= MAX_COUNTED);
        let keys = keys.into_iter().take(usize::try_from(MAX_COUNTED).unwrap_or(usize::MAX));
        let mut found: Vec<(String, WorkspaceKey)> =
            keys.filter(|key| self.search.is_in(&key.name)).map(|key| (fold(&key.name), key)).collect();
        found.sort_by(|(name, key), (other_name, other)| self.sort.compare((name, key.id), (other_name, other.id)));
        let total = Total { count: i64::try_from(found.len()).unwrap_or(i64::MAX), is_exact: has_all };
        let slice = Slice::from_all(found, &self.position, self.limit, |(name, key), cursor: &WorkspaceCursor| {
            cursor.compare(self.sort, (name, key.id))
        });
        let (has_previous, has_next) = (slice.has_previous, slice.has_next);
        let rows = slice.rows.into_iter().map(|(_, key)| key).collect();
        Ok((Slice { rows, has_previous, has_next }, total))
    }
}

/// Loads the workspaces of a page, in its order.
async fn load(
    cx: &mut Context<'_>,
    grant: &Grant,
    manages_all: bool,
    keys: &[WorkspaceKey],
) -> Result<Vec<ListedWorkspace>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let packed = pack_ids(keys.iter().map(|key| key.id.get()));
    let mut workspaces = cx.tx.all(sql::WORKSPACES, (grant.organization(), packed.as_str())).await?;
    workspaces.sort_by_key(|workspace| keys.iter().position(|key| key.id == workspace.id));
    let roles = match grant.membership() {
        Some(own) => cx.tx.all(sql::OWN_ROLES, (grant.organization(), packed.as_str(), own)).await?,
        None => Vec::new(),
    };
    let mut roles = group_by(roles, |role| role.in_workspace);
    let circumstances = access::circumstances(cx);
    let is_person = grant.user().is_some();
    let rows = workspaces.into_iter().map(|workspace| {
        if is_person && !workspace.access_conditions().restriction(&circumstances).is_none() {
            return ListedWorkspace { workspace: workspace.name_only(), roles: Vec::new() };
        }
        let roles = roles.remove(&workspace.id).unwrap_or_default();
        let own = PermissionSet::union(roles.iter().map(|role| role.permissions.clone()));
        let can_update = manages_all || own.satisfies_in_workspace(RequiredWorkspacePermission::Admin);
        ListedWorkspace { workspace: workspace.visible_to(can_update), roles }
    });
    Ok(rows.collect())
}
