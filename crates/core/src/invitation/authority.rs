//! Whether a member may grant what an invitation gives. It is checked when the invitation is created, resent, discarded
//! and accepted, each time with the permissions of that time.

use std::collections::HashMap;

use vestibule_db::BatchQueries;

use super::{Invitation, sql};
use crate::access::{self, Actor, Grant};
use crate::error::{Code, Problem, Result};
use crate::event::{InvitationRevoked, InvitationSuspended};
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::organization::Role;
use crate::permission::{PermissionSet, RequiredPermission};
use crate::{organization, workspace};

/// Why a pending invitation cannot be accepted although it has not expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Suspension {
    /// The inviter may no longer manage members, or their account is disabled.
    InviterMayNotInvite,
    /// The inviter does not hold all permissions of the role.
    RoleExceedsInviter,
    /// The inviter was removed, or has left when the invitation was suspended already.
    InviterHasLeft,
    /// The API key that made it was revoked together with its invitations.
    ApiKeyRevoked,
}

/// The roles of an invitation, loaded with their permissions.
#[derive(Debug)]
pub(super) struct ResolvedRoles {
    pub(super) role: RoleId,
    /// The organization that the role belongs to; 0 for the deployment. A foreign key checks it.
    pub(super) role_scope: i64,
    pub(super) permissions: PermissionSet,
    pub(super) workspace: Option<ResolvedWorkspaceRole>,
}

#[derive(Debug)]
pub(super) struct ResolvedWorkspaceRole {
    pub(super) workspace: WorkspaceId,
    pub(super) role: WorkspaceRoleId,
    /// The workspace that the role belongs to; 0 for the deployment. A foreign key checks it.
    pub(super) role_scope: i64,
    pub(super) permissions: PermissionSet,
}

impl ResolvedRoles {
    /// The permissions in the organization and in the workspace.
    fn permissions(&self) -> (&PermissionSet, Option<&PermissionSet>) {
        (&self.permissions, self.workspace.as_ref().map(|workspace| &workspace.permissions))
    }
}

/// Loads the roles, and checks that they belong to this organization or to the deployment.
///
/// # Errors
/// `ROLE_NOT_FOUND`; `WORKSPACE_NOT_FOUND`.
pub(super) async fn resolve_roles(
    cx: &mut Context<'_>,
    grant: &Grant,
    role: RoleId,
    workspace: Option<(WorkspaceId, WorkspaceRoleId)>,
) -> Result<ResolvedRoles> {
    let role = cx.tx.optional(organization::sql::ROLE, (grant.organization(), role)).await?;
    resolve_roles_with(cx, grant, role.as_ref(), workspace).await
}

/// Like [`resolve_roles`], for a caller that has loaded the organization role. A removed role counts as not found.
pub(super) async fn resolve_roles_with(
    cx: &mut Context<'_>,
    grant: &Grant,
    role: Option<&Role>,
    workspace: Option<(WorkspaceId, WorkspaceRoleId)>,
) -> Result<ResolvedRoles> {
    let organization = grant.organization();
    let role = role.filter(|role| role.removed_at.is_none()).ok_or(Code::RoleNotFound)?;
    let workspace = match workspace {
        None => None,
        Some((workspace, role)) => {
            cx.tx.optional(workspace::sql::SUMMARY, (organization, workspace)).await?.ok_or(Code::WorkspaceNotFound)?;
            let found = cx.tx.optional(workspace::sql::ROLE, (organization, workspace, role)).await?;
            let found = found.ok_or(Code::RoleNotFound)?;
            let role_scope = found.workspace_id.map_or(0, WorkspaceId::get);
            Some(ResolvedWorkspaceRole { workspace, role, role_scope, permissions: found.permissions })
        }
    };
    let role_scope = role.organization_id.map_or(0, OrganizationId::get);
    Ok(ResolvedRoles { role: role.id, role_scope, permissions: role.permissions.clone(), workspace })
}

/// Checks that the caller holds all permissions of these roles, that none of the permissions is archived, and that the
/// workspace admits the caller: otherwise a caller whom it does not admit could let others in.
///
/// # Errors
/// `ROLE_EXCEEDS_YOURS`; `PERMISSION_ARCHIVED`; `ADDRESS_NOT_ALLOWED`; `MFA_REQUIRED`.
pub(super) async fn check_caller_may_grant(cx: &mut Context<'_>, grant: &Grant, roles: &ResolvedRoles) -> Result<()> {
    let own_in_workspace = match &roles.workspace {
        Some(ResolvedWorkspaceRole { workspace, .. }) => caller_permissions_in(cx, grant, *workspace).await?,
        None => None,
    };
    if !may_grant(grant, own_in_workspace.as_ref(), roles.permissions()) {
        return Err(Code::RoleExceedsYours.into());
    }
    if let Some(ResolvedWorkspaceRole { workspace, .. }) = &roles.workspace {
        access::require_admitted_to_workspace(cx, grant, *workspace).await?;
    }
    let (permissions, workspace_permissions) = roles.permissions();
    let settings = &cx.executor.settings.roles;
    settings.check_assignable(permissions)?;
    workspace_permissions.map_or(Ok(()), |permissions| settings.check_assignable(permissions))
}

/// The caller's permissions in a workspace. `None` for an API key, and for a member who is not in it.
async fn caller_permissions_in(
    cx: &mut Context<'_>,
    grant: &Grant,
    workspace: WorkspaceId,
) -> Result<Option<PermissionSet>> {
    match grant.membership() {
        Some(membership) => access::workspace_permissions(cx, grant.organization(), workspace, membership).await,
        None => Ok(None),
    }
}

/// Whether the caller may invite somebody with these permissions. An API key was checked for its scope.
fn may_grant(
    grant: &Grant,
    own_in_workspace: Option<&PermissionSet>,
    (granted, granted_in_workspace): (&PermissionSet, Option<&PermissionSet>),
) -> bool {
    match grant.actor() {
        Actor::Member(_) => {
            compute_suspension(grant.permissions(), own_in_workspace, (granted, granted_in_workspace)).is_none()
        }
        Actor::ApiKey(_) | Actor::SetupLink(_) => {
            grant.covers(granted)
                && granted_in_workspace.is_none_or(|granted| grant.covers_in_workspace(own_in_workspace, granted))
        }
    }
}

/// Whether the caller is the inviter.
pub(super) fn is_own(grant: &Grant, invitation: &Invitation) -> bool {
    grant.membership().is_some_and(|own| invitation.inviter_membership_id == Some(own))
}

/// Checks that the caller may discard this invitation: it is their own, or they could have sent it. An invitation whose
/// role was removed grants nothing.
///
/// # Errors
/// `ROLE_EXCEEDS_YOURS`.
pub(super) async fn check_caller_may_discard(
    cx: &mut Context<'_>,
    grant: &Grant,
    invitation: &Invitation,
) -> Result<()> {
    let organization = grant.organization();
    if is_own(grant, invitation) {
        return Ok(());
    }
    let Some(role) = cx.tx.optional(organization::sql::ROLE, (organization, invitation.role_id)).await? else {
        return Ok(());
    };
    let (workspace_permissions, granted_in_workspace) = match invitation.workspace_id.zip(invitation.workspace_role_id)
    {
        None => (None, None),
        Some((workspace, role)) => {
            let Some(role) = cx.tx.optional(workspace::sql::ROLE, (organization, workspace, role)).await? else {
                return Ok(());
            };
            (caller_permissions_in(cx, grant, workspace).await?, Some(role.permissions))
        }
    };
    let granted = (&role.permissions, granted_in_workspace.as_ref());
    if may_grant(grant, workspace_permissions.as_ref(), granted) { Ok(()) } else { Err(Code::RoleExceedsYours.into()) }
}

/// Loads the current permissions of the inviter, and returns why the invitation is suspended, if it is.
///
/// An inviter who has left is not checked: an organization always has an admin, who could have sent the same
/// invitation. An invitation that was suspended when its inviter left stays suspended, so that leaving does not restore
/// what the loss of a role has taken away. The invitations of an inviter who was removed by another member are all
/// suspended.
///
/// What an API key grants was checked when it made the invitation, which outlives the key. Revoking the key can
/// suspend its invitations.
pub(crate) async fn load_suspension(cx: &mut Context<'_>, invitation: &Invitation) -> Result<Option<Suspension>> {
    let inviter = invitation.inviter_membership_id.unwrap_or_else(|| 0.into());
    let organization = invitation.organization_id;
    let queries = (
        (sql::INVITER_PERMISSIONS, (organization, inviter)),
        (organization::sql::ROLE, (organization, invitation.role_id)),
    );
    let (inviter_permissions, role) = cx.tx.batch(queries.batch()).await?;
    let inviter_permissions = PermissionSet::union(inviter_permissions.into_iter().map(|(permissions,)| permissions));
    load_suspension_with(cx, invitation, &inviter_permissions, role.first().map(|role| &role.permissions)).await
}

/// Like [`load_suspension`], for a caller that has loaded the inviter's permissions in the organization and the
/// permissions of the invited role. `granted` is `None` for a removed role, which a concurrent invitation may still
/// refer to.
pub(super) async fn load_suspension_with(
    cx: &mut Context<'_>,
    invitation: &Invitation,
    inviter_permissions: &PermissionSet,
    granted: Option<&PermissionSet>,
) -> Result<Option<Suspension>> {
    let Some(granted) = granted else {
        return Ok(Some(Suspension::RoleExceedsInviter));
    };
    let Some(inviter) = invitation.inviter_membership_id else {
        return Ok(invitation.left_suspended.then_some(Suspension::InviterHasLeft));
    };
    let organization = invitation.organization_id;
    let (workspace_permissions, granted_in_workspace) = match (invitation.workspace_id, invitation.workspace_role_id) {
        (Some(workspace), Some(role)) => {
            let Some(role) = cx.tx.optional(workspace::sql::ROLE, (organization, workspace, role)).await? else {
                return Ok(Some(Suspension::RoleExceedsInviter));
            };
            (access::workspace_permissions(cx, organization, workspace, inviter).await?, Some(role.permissions))
        }
        (None, None) => (None, None),
        _ => return Err(Problem::internal("an invitation into a workspace has a role there")),
    };
    Ok(compute_suspension(
        inviter_permissions,
        workspace_permissions.as_ref(),
        (granted, granted_in_workspace.as_ref()),
    ))
}

/// Marks the pending invitations of a member who is about to leave and could not send them any more.
pub(crate) async fn suspend_sent_invitations(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    inviter: MembershipId,
) -> Result<()> {
    let suspended = find_suspended(cx, organization, inviter).await?;
    let suspended: Vec<_> = suspended.into_iter().map(|sent| (organization, sent.id)).collect();
    cx.tx.execute_each(sql::SUSPEND, &suspended).await?;
    if !suspended.is_empty() {
        cx.emit(InvitationSuspended {
            organization_id: organization,
            inviter_membership_id: Some(inviter),
            api_key_id: None,
            count: i64::try_from(suspended.len()).ok(),
        });
    }
    Ok(())
}

/// Counts the invitations of a member that could be accepted if the member still could send them.
pub(crate) async fn count_suspended(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    inviter: MembershipId,
) -> Result<usize> {
    let suspended = find_suspended(cx, organization, inviter).await?;
    Ok(suspended.iter().filter(|sent| cx.now < sent.expires_at).count())
}

/// Finds the pending invitations that a member could not send any more.
async fn find_suspended(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    inviter: MembershipId,
) -> Result<Vec<sql::SentInvitation>> {
    let inviter_permissions = access::membership_permissions(cx, organization, inviter).await?;
    let permissions_by_workspace = access::permissions_by_workspace(cx, organization, inviter).await?;
    let mut sent = cx.tx.all(sql::SENT_BY, (organization, inviter)).await?;
    sent.retain(|sent| {
        let workspace_permissions = sent.workspace_id.and_then(|workspace| permissions_by_workspace.get(&workspace));
        let granted = (&sent.permissions, sent.workspace_permissions.as_ref());
        compute_suspension(&inviter_permissions, workspace_permissions, granted).is_some()
    });
    Ok(sent)
}

/// Discards the pending invitations of a member whom the caller removes, as far as the caller could have sent them.
/// Only for serializable transactions, in which the invitations cannot change between the statements.
pub(crate) async fn discard_sent_invitations(cx: &mut Context<'_>, grant: &Grant, inviter: MembershipId) -> Result<()> {
    let organization = grant.organization();
    let permissions_by_workspace = match grant.membership() {
        Some(membership) => access::permissions_by_workspace(cx, organization, membership).await?,
        None => HashMap::new(),
    };
    let sent = cx.tx.all(sql::SENT_BY, (organization, inviter)).await?;
    let discarded = sent.iter().filter(|sent| {
        let workspace_permissions = sent.workspace_id.and_then(|workspace| permissions_by_workspace.get(&workspace));
        let granted = (&sent.permissions, sent.workspace_permissions.as_ref());
        may_grant(grant, workspace_permissions, granted)
    });
    let discarded: Vec<_> = discarded.map(|sent| (organization, sent.id, cx.now)).collect();
    let counts = cx.tx.execute_each(sql::DISCARD_SENT, &discarded).await?;
    for ((organization_id, invitation_id, _), _) in discarded.into_iter().zip(counts).filter(|(_, count)| *count > 0) {
        cx.emit(InvitationRevoked { organization_id, invitation_id, is_superseded: None });
    }
    Ok(())
}

/// Returns why a member with these permissions may not grant the others, or `None` if they may. `granted_in_workspace`
/// is `None` for an invitation without a workspace, `workspace_permissions` for an inviter who is not a member of it.
pub(super) fn compute_suspension(
    inviter_permissions: &PermissionSet,
    workspace_permissions: Option<&PermissionSet>,
    (granted, granted_in_workspace): (&PermissionSet, Option<&PermissionSet>),
) -> Option<Suspension> {
    if !inviter_permissions.satisfies(RequiredPermission::ManageMembers) {
        return Some(Suspension::InviterMayNotInvite);
    }
    let is_covered = inviter_permissions.covers(granted)
        && granted_in_workspace
            .is_none_or(|granted| inviter_permissions.covers_in_workspace(workspace_permissions, granted));
    (!is_covered).then_some(Suspension::RoleExceedsInviter)
}
