//! Going, by one's own will or another's.

use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{MemberId, MembershipId, OrganizationId};
use crate::membership::sql;
use crate::permission::{RequiredPermission, Requirement};
use crate::{domain, invitation, outbox};

/// Ends the caller's membership of an organization, and of all its workspaces. The invitations they sent stay, without
/// an inviter; those that were suspended stay suspended (decision 18).
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` for who is no member; `LAST_ADMIN` when the organization, or one of its
/// workspaces, would be left without an admin.
#[derive(Debug)]
pub struct Leave {
    /// Which organization.
    pub organization: OrganizationId,
}

impl Command for Leave {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[Code::LastAdmin];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        end(cx, grant.organization(), grant.membership()).await
    }
}

/// Ends somebody's membership, as [`Leave`] does one's own. From the commit on they have no access through any session or
/// process.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `MEMBER_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`
/// when they hold what the caller does not; `LAST_ADMIN`.
#[derive(Debug)]
pub struct Remove {
    /// From which organization.
    pub organization: OrganizationId,
    /// Whom.
    pub member: MemberId,
}

impl Command for Remove {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound, Code::RoleExceedsYours, Code::LastAdmin];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let organization = grant.organization();
        let (membership,) =
            cx.tx.optional(sql::FIND, (organization, self.member)).await?.ok_or(Code::MemberNotFound)?;
        if !grant.permissions().covers(&access::membership_permissions(cx, organization, membership).await?) {
            return Err(Code::RoleExceedsYours.into());
        }
        let (user,) = cx.tx.one(sql::USER, (organization, membership)).await?;
        end(cx, organization, membership).await?;
        outbox::enqueue_member_notice(cx, outbox::MailKind::MemberRemoved, organization, user).await
    }
}

/// Ends a membership of whoever deletes their account. Of an organization that was deleted before, it ends whatever is
/// left: it has nobody to bring it back then, and is erased in its time.
///
/// Error: `LAST_ADMIN`.
pub(crate) async fn end_for_good(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    membership: MembershipId,
) -> Result<()> {
    if cx.tx.optional(sql::DELETE_OF_DELETED, (organization, membership)).await?.is_some() {
        cx.tx.execute(sql::LEAVE_DELETED_WORKSPACES, (organization,)).await?;
        cx.tx.execute(sql::REMOVE_MEMBER, (organization, cx.now)).await?;
        return Ok(());
    }
    end(cx, organization, membership).await
}

async fn end(cx: &mut Context<'_>, organization: OrganizationId, membership: MembershipId) -> Result<()> {
    // The organization's row first, as whoever comes in takes it: the two wait for each other rather than crosswise.
    cx.tx.execute(sql::REMOVE_MEMBER, (organization, cx.now)).await?;
    invitation::authority::suspend_sent(cx, organization, membership).await?;
    cx.tx.execute(sql::LEAVE_WORKSPACES, (organization, membership, cx.now)).await?;
    cx.tx.execute(domain::sql::NOTE_GONE, (organization, membership, cx.now)).await?;
    cx.tx.optional(sql::DELETE, (organization, membership)).await?.ok_or(Code::LastAdmin)?;
    Ok(())
}
