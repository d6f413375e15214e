//! Ending a membership: leaving an organization, or removing a member from it.

use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{MemberId, MembershipId, OrganizationId};
use crate::membership::sql;
use crate::permission::{RequiredPermission, Requirement};
use crate::security_log::{Audit, Change};
use crate::{domain, invitation, outbox};

/// Ends the caller's membership in an organization and in all its workspaces. Invitations that they sent remain without
/// an inviter; suspended ones remain suspended.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `LAST_ADMIN` if the organization or one of its workspaces would have no admin left.
#[derive(Debug)]
pub struct Leave {
    pub organization: OrganizationId,
}

impl Command for Leave {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[Code::LastAdmin];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::MemberLeft)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        end_membership(cx, grant.organization(), grant.membership()).await
    }
}

/// Ends the membership of another member, as [`Leave`] does, and notifies them by mail. They lose access through every
/// session and process when this commits.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `MEMBER_NOT_FOUND`; `ROLE_EXCEEDS_YOURS` if they hold a
/// permission that the caller does not hold; `LAST_ADMIN`.
#[derive(Debug)]
pub struct Remove {
    pub organization: OrganizationId,
    pub member: MemberId,
}

impl Command for Remove {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound, Code::RoleExceedsYours, Code::LastAdmin];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::MemberRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let organization = grant.organization();
        let (membership,) =
            cx.tx.optional(sql::FIND, (organization, self.member)).await?.ok_or(Code::MemberNotFound)?;
        if !grant.permissions().covers(&access::membership_permissions(cx, organization, membership).await?) {
            return Err(Code::RoleExceedsYours.into());
        }
        let (user,) = cx.tx.one(sql::USER, (organization, membership)).await?;
        (cx.subject.target_user, cx.subject.target_membership) = (Some(user), Some(membership.get()));
        end_membership(cx, organization, membership).await?;
        outbox::enqueue_member_notice(cx, outbox::MailKind::MemberRemoved, organization, user).await
    }
}

/// Ends a membership of a user whose account is deleted. In a deleted organization even the last admin can be removed:
/// it can no longer be restored then, and the cleanup erases it at the end of its grace period.
///
/// # Errors
/// `LAST_ADMIN`.
pub(crate) async fn end_for_deleted_account(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
) -> Result<()> {
    if cx.tx.optional(sql::DELETE_IN_DELETED_ORGANIZATION, (organization, membership)).await?.is_some() {
        cx.tx.execute(sql::RECOUNT_WORKSPACE_MEMBERS, (organization,)).await?;
        cx.tx.execute(sql::DECREMENT_MEMBER_COUNT, (organization, cx.now)).await?;
        return Ok(());
    }
    end_membership(cx, organization, membership).await
}

async fn end_membership(cx: &mut Context<'_>, organization: OrganizationId, membership: MembershipId) -> Result<()> {
    // The organization's row is locked first, in the same order as by a new member, so that the two cannot deadlock.
    cx.tx.execute(sql::DECREMENT_MEMBER_COUNT, (organization, cx.now)).await?;
    invitation::authority::suspend_sent_invitations(cx, organization, membership).await?;
    cx.tx.execute(sql::DECREMENT_WORKSPACE_MEMBER_COUNTS, (organization, membership, cx.now)).await?;
    cx.tx.execute(domain::sql::RECORD_LEAVE, (organization, membership, cx.now)).await?;
    cx.tx.optional(sql::DELETE, (organization, membership)).await?.ok_or(Code::LastAdmin)?;
    Ok(())
}
