//! Ending a membership: leaving an organization, or removing a member from it.

use crate::access;
use crate::error::{Code, Result};
use crate::event::{InvitationSuspended, MemberRemoved};
use crate::execution::{Command, Context, Query};
use crate::id::{MemberId, MembershipId, OrganizationId, RoleId, UserId};
use crate::membership::sql;
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::{domain, invitation, outbox};

/// Ends the caller's membership in an organization and in all its workspaces. Invitations that they sent remain without
/// an inviter; suspended ones remain suspended. [`Remove`] suspends them all.
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
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::MemberLeft)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let membership = grant.member()?.membership;
        invitation::authority::suspend_sent_invitations(cx, grant.organization(), membership).await?;
        end_membership(cx, grant.organization(), membership, RemovedBy::Member).await
    }
}

/// Who ended a membership.
#[derive(Clone, Copy, Debug)]
enum RemovedBy {
    /// The member themselves.
    Member,
    Manager,
    /// The member's account was deleted.
    Account,
}

impl RemovedBy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Manager => "manager",
            Self::Account => "account",
        }
    }
}

/// What happens to the pending invitations of a member who is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SentInvitations {
    /// They cannot be accepted until another member resends them and becomes their inviter. Otherwise a removed member
    /// could return by an invitation that they sent to another address of theirs.
    #[default]
    Suspend,
    /// Those that the caller could have sent are discarded, and the others suspended.
    Revoke,
}

/// The number of open invitations that a removed member had sent, by what happened to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemovedMember {
    pub suspended_invitations: i64,
    pub revoked_invitations: i64,
}

/// Counts the open invitations that a member has sent.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `MEMBER_NOT_FOUND`.
#[derive(Debug)]
pub struct CountSentInvitations {
    pub organization: OrganizationId,
    pub member: MemberId,
}

impl Query for CountSentInvitations {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound];
    type Out = i64;

    async fn run(&self, cx: &mut Context<'_>) -> Result<i64> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let (membership,) =
            cx.tx.optional(sql::FIND, (grant.organization(), self.member)).await?.ok_or(Code::MemberNotFound)?;
        count_open_invitations(cx, grant.organization(), membership).await
    }
}

/// Ends the membership of another member and notifies them by mail. They lose access through every session and process
/// when this commits. Their pending invitations are suspended or revoked.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `MEMBER_NOT_FOUND`; `ROLE_EXCEEDS_YOURS` if they hold a
/// permission that the caller does not hold; `LAST_ADMIN`.
#[derive(Debug)]
pub struct Remove {
    pub organization: OrganizationId,
    pub member: MemberId,
    pub invitations: SentInvitations,
}

impl Command for Remove {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound, Code::RoleExceedsYours, Code::LastAdmin];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = RemovedMember;

    fn audit(&self) -> Audit {
        Audit::Change(Change::MemberRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<RemovedMember> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let organization = grant.organization();
        let (membership,) =
            cx.tx.optional(sql::FIND, (organization, self.member)).await?.ok_or(Code::MemberNotFound)?;
        if !grant.covers(&access::membership_permissions(cx, organization, membership).await?) {
            return Err(Code::RoleExceedsYours.into());
        }
        let (user,) = cx.tx.one(sql::USER, (organization, membership)).await?;
        (cx.subject.target_user, cx.subject.target_membership) = (Some(user), Some(membership.get()));
        let open = count_open_invitations(cx, organization, membership).await?;
        if self.invitations == SentInvitations::Revoke {
            invitation::authority::discard_sent_invitations(cx, &grant, membership).await?;
        }
        if cx.tx.execute(invitation::sql::SUSPEND_SENT_BY, (organization, membership)).await? > 0 {
            cx.emit(InvitationSuspended {
                organization_id: organization,
                inviter_membership_id: Some(membership),
                api_key_id: None,
                count: None,
            });
        }
        let suspended_invitations = match self.invitations {
            SentInvitations::Suspend => open,
            SentInvitations::Revoke => count_open_invitations(cx, organization, membership).await?,
        };
        let removed = RemovedMember { suspended_invitations, revoked_invitations: open - suspended_invitations };
        end_membership(cx, organization, membership, RemovedBy::Manager).await?;
        outbox::enqueue_member_notice(cx, outbox::MailKind::MemberRemoved, organization, user).await?;
        Ok(removed)
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
    let (user,) = cx.tx.one(sql::USER, (organization, membership)).await?;
    if cx.tx.optional(sql::DELETE_IN_DELETED_ORGANIZATION, (organization, membership)).await?.is_some() {
        emit_removed(cx, organization, (membership, user), (None, RemovedBy::Account));
        cx.tx.execute(sql::RECOUNT_WORKSPACE_MEMBERS, (organization,)).await?;
        cx.tx.execute(sql::DECREMENT_MEMBER_COUNT, (organization, cx.now)).await?;
        return Ok(());
    }
    invitation::authority::suspend_sent_invitations(cx, organization, membership).await?;
    end_membership(cx, organization, membership, RemovedBy::Account).await
}

async fn count_open_invitations(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    inviter: MembershipId,
) -> Result<i64> {
    let (count,) = cx.tx.one(invitation::sql::COUNT_OPEN_SENT_BY, (organization, inviter, cx.now)).await?;
    Ok(count)
}

async fn end_membership(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
    removed_by: RemovedBy,
) -> Result<()> {
    let (user,) = cx.tx.one(sql::USER, (organization, membership)).await?;
    let roles = cx.tx.all(sql::ROLES_OF_MEMBER, (organization, membership)).await?;
    // The organization's row is locked first, in the same order as by a new member, so that the two cannot deadlock.
    cx.tx.execute(sql::DECREMENT_MEMBER_COUNT, (organization, cx.now)).await?;
    cx.tx.execute(sql::DECREMENT_WORKSPACE_MEMBER_COUNTS, (organization, membership, cx.now)).await?;
    cx.tx.execute(domain::sql::RECORD_LEAVE, (organization, membership, cx.now)).await?;
    cx.tx.optional(sql::DELETE, (organization, membership)).await?.ok_or(Code::LastAdmin)?;
    let roles = roles.into_iter().map(|role| role.id).collect();
    emit_removed(cx, organization, (membership, user), (Some(roles), removed_by));
    Ok(())
}

fn emit_removed(
    cx: &mut Context<'_>,
    organization_id: OrganizationId,
    (membership_id, user_id): (MembershipId, UserId),
    (role_ids, removed_by): (Option<Vec<RoleId>>, RemovedBy),
) {
    let removed_by = removed_by.as_str();
    cx.emit(MemberRemoved { organization_id, membership_id, user_id, removed_by, role_ids });
}
