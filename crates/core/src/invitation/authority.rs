//! Authority is asked more than once: what an inviter may grant is checked when the invitation is made, resent and
//! accepted, from the rights of that moment (decisions 14, 16, 18).

use super::{Invitation, sql};
use crate::access::{self, Grant};
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::organization::Role;
use crate::permission::{PermissionSet, RequiredPermission};
use crate::{organization, workspace};
use vestibule_db::BatchQueries;

/// Why a pending invitation cannot be accepted although it has not expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Suspension {
    /// Its inviter may no longer manage members.
    InviterMayNotInvite,
    /// Its inviter does not hold everything the role would give.
    RoleExceedsInviter,
    /// Its inviter has left, and could not have sent it any more by then.
    InviterHasLeft,
}

/// What an invitation would give.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) role: RoleId,
    /// Whose role that is; 0 for the deployment's. The foreign key holds that it is so.
    pub(super) role_scope: i64,
    pub(super) permissions: PermissionSet,
    pub(super) workspace: Option<GrantedInWorkspace>,
}

/// What it would give in a workspace.
#[derive(Debug)]
pub(super) struct GrantedInWorkspace {
    pub(super) workspace: WorkspaceId,
    pub(super) role: WorkspaceRoleId,
    /// As with the organization's.
    pub(super) role_scope: i64,
    pub(super) permissions: PermissionSet,
}

/// Looks up what is to be given, and checks that it is this organization's or the deployment's to give.
///
/// Errors: `ROLE_NOT_FOUND`, `WORKSPACE_NOT_FOUND`.
pub(super) async fn granted(
    cx: &mut Context<'_>,
    grant: &Grant,
    role: RoleId,
    workspace: Option<(WorkspaceId, WorkspaceRoleId)>,
) -> Result<Granted> {
    let found = cx.tx.optional(organization::sql::ROLE, (grant.organization(), role)).await?;
    granted_by(cx, grant, found.as_ref(), workspace).await
}

/// The same for whoever has looked the organization's role up; one that was removed is nobody's to give.
pub(super) async fn granted_by(
    cx: &mut Context<'_>,
    grant: &Grant,
    role: Option<&Role>,
    workspace: Option<(WorkspaceId, WorkspaceRoleId)>,
) -> Result<Granted> {
    let organization = grant.organization();
    let given = role.filter(|role| role.removed_at.is_none()).ok_or(Code::RoleNotFound)?;
    let workspace = match workspace {
        None => None,
        Some((workspace, role)) => {
            let found = cx.tx.optional(workspace::sql::FIND, (organization, workspace)).await?;
            found.ok_or(Code::WorkspaceNotFound)?;
            let found = cx.tx.optional(workspace::sql::ROLE, (organization, workspace, role)).await?;
            let found = found.ok_or(Code::RoleNotFound)?;
            let role_scope = found.workspace_id.map_or(0, WorkspaceId::get);
            Some(GrantedInWorkspace { workspace, role, role_scope, permissions: found.permissions })
        }
    };
    let role_scope = given.organization_id.map_or(0, OrganizationId::get);
    Ok(Granted { role: given.id, role_scope, permissions: given.permissions.clone(), workspace })
}

/// Checks that the caller holds all that is to be given, and that it can still be given. Errors: `ROLE_EXCEEDS_YOURS`,
/// `PERMISSION_ARCHIVED`.
pub(super) async fn check(cx: &mut Context<'_>, grant: &Grant, granted: &Granted) -> Result<()> {
    let there = match &granted.workspace {
        Some(GrantedInWorkspace { workspace, .. }) => {
            access::workspace_permissions(cx, grant.organization(), *workspace, grant.membership()).await?
        }
        None => None,
    };
    match suspension(grant.permissions(), there.as_ref(), granted.parts()) {
        None => {
            let (permissions, there) = granted.parts();
            let roles = &cx.executor.settings.roles;
            roles.check_assignable(permissions)?;
            there.map_or(Ok(()), |there| roles.check_assignable(there))
        }
        Some(_) => Err(Code::RoleExceedsYours.into()),
    }
}

/// Whether the inviter may still grant what this invitation gives; asked when somebody accepts.
///
/// An inviter who has left is not asked: the invitation goes on as long as another holder of the same rights could have
/// sent it, and an organization always has an admin, who could (decisions 17 and 18). But one that was suspended when they
/// left stays so: leaving must not bring back what losing a role took.
pub(super) async fn suspended(cx: &mut Context<'_>, invitation: &Invitation) -> Result<Option<Suspension>> {
    let inviter = invitation.inviter_membership_id.unwrap_or_else(|| 0.into());
    let organization = invitation.organization_id;
    let asked = (
        (access::sql::MEMBERSHIP_PERMISSIONS, (organization, inviter)),
        (organization::sql::ROLE, (organization, invitation.role_id)),
    );
    let (held, role) = cx.tx.batch(asked.batch()).await?;
    let held = PermissionSet::union(held.into_iter().map(|(permissions,)| permissions));
    suspension_by(cx, invitation, &held, role.first().map(|role| &role.permissions)).await
}

/// The same for whoever knows what the inviter holds in the organization, and what the invitation gives there: nothing for
/// a role that was removed, which nobody can give. It may have been while somebody was inviting into it.
pub(super) async fn suspension_by(
    cx: &mut Context<'_>,
    invitation: &Invitation,
    held: &PermissionSet,
    given: Option<&PermissionSet>,
) -> Result<Option<Suspension>> {
    let Some(given) = given else {
        return Ok(Some(Suspension::RoleExceedsInviter));
    };
    let Some(inviter) = invitation.inviter_membership_id else {
        return Ok(invitation.left_suspended.then_some(Suspension::InviterHasLeft));
    };
    let organization = invitation.organization_id;
    let (there, given_there) = match (invitation.workspace_id, invitation.workspace_role_id) {
        (Some(workspace), Some(role)) => {
            let Some(role) = cx.tx.optional(workspace::sql::ROLE, (organization, workspace, role)).await? else {
                return Ok(Some(Suspension::RoleExceedsInviter));
            };
            (access::workspace_permissions(cx, organization, workspace, inviter).await?, Some(role.permissions))
        }
        (None, None) => (None, None),
        _ => return Err(Problem::internal("an invitation into a workspace has a role there")),
    };
    Ok(suspension(held, there.as_ref(), (given, given_there.as_ref())))
}

/// Marks what a member who is about to leave has sent and could not send any more.
pub(crate) async fn suspend_sent(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    inviter: MembershipId,
) -> Result<()> {
    let held = access::membership_permissions(cx, organization, inviter).await?;
    let there = access::permissions_by_workspace(cx, organization, inviter).await?;
    let sent = cx.tx.all(sql::SENT_BY, (organization, inviter)).await?;
    let suspended = sent.iter().filter(|sent| {
        let there = sent.workspace_id.and_then(|workspace| there.get(&workspace));
        suspension(&held, there, (&sent.permissions, sent.workspace_permissions.as_ref())).is_some()
    });
    let suspended: Vec<_> = suspended.map(|sent| (organization, sent.id)).collect();
    {
        cx.tx.execute_each(sql::SUSPEND, &suspended).await?;
        Ok(())
    }
}

/// The rule itself: who holds `held` in the organization and `there` in the workspace may give these permissions, or why
/// not.
pub(super) fn suspension(
    held: &PermissionSet,
    there: Option<&PermissionSet>,
    (given, given_there): (&PermissionSet, Option<&PermissionSet>),
) -> Option<Suspension> {
    if !held.satisfies(RequiredPermission::ManageMembers) {
        return Some(Suspension::InviterMayNotInvite);
    }
    let covered = held.covers(given) && given_there.is_none_or(|given| held.covers_in_workspace(there, given));
    (!covered).then_some(Suspension::RoleExceedsInviter)
}

impl Granted {
    fn parts(&self) -> (&PermissionSet, Option<&PermissionSet>) {
        (&self.permissions, self.workspace.as_ref().map(|workspace| &workspace.permissions))
    }
}
