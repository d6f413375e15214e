//! Ownership transfer: an admin offers an organization to a member, who accepts or declines. Nobody becomes responsible
//! for an organization without their consent.

pub(crate) mod sql;

use std::time::Duration;

use crate::access::{self, Grant, Member};
use crate::error::{Code, Problem, Result};
use crate::event::{OwnershipOfferDeclined, OwnershipOfferWithdrawn, OwnershipOffered, OwnershipTransferred};
use crate::execution::{Command, Context, Query};
use crate::id::{MemberId, MembershipId, OrganizationId};
use crate::invitation::authority::count_suspended;
use crate::permission::{RequiredPermission, Requirement};
use crate::reauthentication::require_recent_proof;
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify, notify_of_other};
use crate::{membership, organization, outbox};

pub use sql::{OpenOffer, OwnershipOffer};

const OFFER_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// Offers the ownership to a member, and notifies them by mail. Nothing changes until they accept.
///
/// # Errors
/// `FORBIDDEN` without `organization:admin`; `REAUTHENTICATION_REQUIRED`; `MEMBER_NOT_FOUND`; `INVALID_FIELD` for the
/// caller's own membership; `HANDOVER_EXISTS` while another offer is open.
#[derive(Debug)]
pub struct Offer {
    pub organization: OrganizationId,
    pub member: MemberId,
}

impl Command for Offer {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::MemberNotFound, Code::InvalidField, Code::HandoverExists];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::OwnershipOffered)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        let Member { membership: current_owner, user } = grant.member()?;
        require_recent_proof(cx).await?;
        let organization = grant.organization();
        let (new_owner,) =
            cx.tx.optional(membership::sql::FIND, (organization, self.member)).await?.ok_or(Code::MemberNotFound)?;
        if new_owner == current_owner {
            return Err(Problem::field("member_id", "name a member other than yourself."));
        }
        let arguments = (organization, current_owner, new_owner, cx.now.plus(OFFER_LIFETIME), cx.now);
        cx.tx.optional(sql::INSERT, arguments).await?.ok_or(Code::HandoverExists)?;
        let name = cx.tx.one(membership::sql::ORGANIZATION, (organization,)).await?.name;
        notify(cx, user, NoticeKind::OwnershipOffered, &name).await?;
        let (user,) = cx.tx.one(membership::sql::USER, (organization, new_owner)).await?;
        cx.emit(OwnershipOffered {
            organization_id: organization,
            user_id: user,
            membership_id: new_owner,
            from_membership_id: current_owner,
        });
        outbox::enqueue_member_notice(cx, outbox::MailKind::OwnershipTransfer, organization, user).await
    }
}

/// Withdraws the open offer of an organization, no matter which admin made it.
///
/// # Errors
/// `FORBIDDEN` without `organization:admin`; `HANDOVER_NOT_FOUND`.
#[derive(Debug)]
pub struct Withdraw {
    pub organization: OrganizationId,
}

impl Command for Withdraw {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[Code::HandoverNotFound];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::OwnershipOfferWithdrawn)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        cx.tx.optional(sql::WITHDRAW, (grant.organization(),)).await?.ok_or(Code::HandoverNotFound)?;
        cx.emit(OwnershipOfferWithdrawn { organization_id: grant.organization() });
        Ok(())
    }
}

/// The effect of an accepted offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    pub former_owner: MembershipId,
    /// Invitations of the former owner that cannot be accepted any more, until somebody resends them.
    pub suspended_invitations: usize,
}

/// Accepts the offer to the caller. They get the admin roles of the current owner, who keeps the deployment's member
/// role.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `HANDOVER_NOT_FOUND` if nothing is offered to the caller, the offer has expired, or
/// the current owner is no longer an admin; `ROLES_PER_MEMBER` if the caller would have too many roles.
#[derive(Debug)]
pub struct Accept {
    pub organization: OrganizationId,
}

impl Command for Accept {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[Code::HandoverNotFound, Code::RolesPerMember];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Transferred;

    fn audit(&self) -> Audit {
        Audit::Change(Change::OwnershipTransferred)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Transferred> {
        let (grant, current_owner) = consume_offer(cx, self.organization).await?;
        let (organization, Member { membership: new_owner, user }) = (grant.organization(), grant.member()?);
        let roles = cx.tx.all(sql::ADMIN_ROLES, (organization, current_owner)).await?;
        if roles.is_empty() {
            return Err(Code::HandoverNotFound.into());
        }
        let (owner,) = cx.tx.one(membership::sql::USER, (organization, current_owner)).await?;
        let name = cx.tx.one(membership::sql::ORGANIZATION, (organization,)).await?.name;
        notify_of_other(cx, owner, NoticeKind::OwnershipTransferred, &name).await?;
        let roles_of_new = membership::load_role_ids(cx, organization, new_owner).await?;
        let roles_of_current = membership::load_role_ids(cx, organization, current_owner).await?;
        let copied = cx.tx.execute(sql::COPY_ADMIN_ROLES, (organization, current_owner, new_owner)).await?;
        let max = i64::from(cx.executor.settings.roles.max_per_member);
        if copied > 0 && cx.tx.one(organization::sql::COUNT_ROLES_OF_MEMBER, (organization, new_owner)).await?.0 > max {
            return Err(Code::RolesPerMember.into());
        }
        for (role,) in roles {
            cx.tx.execute(sql::REVOKE_ROLE, (organization, current_owner, role)).await?;
        }
        let member_role = cx.executor.deployment()?.member_role_id;
        cx.tx.execute(organization::sql::ASSIGN_ROLE, (organization, current_owner, member_role)).await?;
        cx.emit(OwnershipTransferred {
            organization_id: organization,
            user_id: user,
            membership_id: new_owner,
            from_membership_id: current_owner,
        });
        membership::emit_changed_roles(cx, organization, (new_owner, user), roles_of_new).await?;
        membership::emit_changed_roles(cx, organization, (current_owner, owner), roles_of_current).await?;
        let suspended_invitations = count_suspended(cx, organization, current_owner).await?;
        Ok(Transferred { former_owner: current_owner, suspended_invitations })
    }
}

/// Declines the offer to the caller.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `HANDOVER_NOT_FOUND` if nothing is offered to the caller or the offer has expired.
#[derive(Debug)]
pub struct Decline {
    pub organization: OrganizationId,
}

impl Command for Decline {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[Code::HandoverNotFound];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::OwnershipOfferDeclined)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (grant, _) = consume_offer(cx, self.organization).await?;
        cx.emit(OwnershipOfferDeclined { organization_id: grant.organization() });
        Ok(())
    }
}

/// Deletes the open offer to the caller. Returns the caller's grant and the membership of the current owner.
async fn consume_offer(cx: &mut Context<'_>, organization: OrganizationId) -> Result<(Grant, MembershipId)> {
    let grant = access::authorize(cx, organization, RequiredPermission::Membership).await?;
    let arguments = (grant.organization(), grant.member()?.membership, cx.now);
    let (current_owner,) = cx.tx.optional(sql::CONSUME, arguments).await?.ok_or(Code::HandoverNotFound)?;
    Ok((grant, current_owner))
}

/// Shows the open offer of an organization, if there is one.
///
/// # Errors
/// `FORBIDDEN` without `organization:admin`.
#[derive(Debug)]
pub struct ShowOpen {
    pub organization: OrganizationId,
}

impl Query for ShowOpen {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[];
    type Out = Option<OpenOffer>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<OpenOffer>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        Ok(cx.tx.optional(sql::OPEN, (grant.organization(), cx.now)).await?)
    }
}

/// Lists the open offers to the caller, newest first.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListOwn;

impl Query for ListOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<OwnershipOffer>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnershipOffer>> {
        let user = cx.user()?;
        Ok(cx.tx.all(sql::LIST_OWN, (user, cx.now)).await?)
    }
}
