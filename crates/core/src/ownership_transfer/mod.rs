//! Handing an organization over: an admin offers it to a member, and that member says yes or no. Nobody becomes the one who
//! answers for an organization without having agreed to it.

pub(crate) mod sql;

use std::time::Duration;

use crate::access::{self, Grant};
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{MemberId, MembershipId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::{membership, organization, outbox};

pub use sql::Offered;

/// How long an offer is open.
const LIFE: Duration = Duration::from_hours(7 * 24);

/// Offers to hand an organization over. Nothing changes before the receiver accepts.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is an admin; `MEMBER_NOT_FOUND`; `INVALID_FIELD` for oneself;
/// `HANDOVER_EXISTS` while another offer is open.
#[derive(Debug)]
pub struct Offer {
    /// Which organization.
    pub organization: OrganizationId,
    /// To whom.
    pub member: MemberId,
}

impl Command for Offer {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound, Code::InvalidField, Code::HandoverExists];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        let (organization, giver) = (grant.organization(), grant.membership());
        let found = cx.tx.optional(membership::sql::FIND, (organization, self.member)).await?;
        let (receiver,) = found.ok_or(Code::MemberNotFound)?;
        if receiver == giver {
            return Err(Problem::field("member_id", "name somebody else than yourself."));
        }
        let offered = (organization, giver, receiver, cx.now.plus(LIFE), cx.now);
        cx.tx.optional(sql::INSERT, offered).await?.ok_or(Code::HandoverExists)?;
        let (user,) = cx.tx.one(membership::sql::USER, (organization, receiver)).await?;
        outbox::enqueue_member_notice(cx, outbox::MailKind::OwnershipTransfer, organization, user).await
    }
}

/// Takes an offer back. Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is an admin; `HANDOVER_NOT_FOUND`.
#[derive(Debug)]
pub struct Withdraw {
    /// Of which organization.
    pub organization: OrganizationId,
}

impl Command for Withdraw {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[Code::HandoverNotFound];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        cx.tx.optional(sql::WITHDRAW, (grant.organization(),)).await?.ok_or(Code::HandoverNotFound)?;
        Ok(())
    }
}

/// Accepts an organization: the caller gets the roles that made the giver an admin, and the giver stays as a plain member.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` for who is no member; `HANDOVER_NOT_FOUND` when nothing is offered to the caller,
/// the offer has run out, or the giver is no admin any more.
#[derive(Debug)]
pub struct Accept {
    /// Which one.
    pub organization: OrganizationId,
}

impl Command for Accept {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::Forbidden, Code::HandoverNotFound];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (grant, giver) = answer(cx, self.organization).await?;
        let (organization, receiver) = (grant.organization(), grant.membership());
        let roles = cx.tx.all(sql::ADMIN_ROLES, (organization, giver)).await?;
        if roles.is_empty() {
            return Err(Code::HandoverNotFound.into());
        }
        cx.tx.execute(sql::GIVE, (organization, giver, receiver)).await?;
        for (role,) in roles {
            cx.tx.execute(sql::TAKE, (organization, giver, role)).await?;
        }
        let member = cx.executor.deployment()?.member_role_id;
        cx.tx.execute(organization::sql::GIVE_ROLE, (organization, giver, member)).await?;
        Ok(())
    }
}

/// Declines an organization. Errors: as for [`Accept`].
#[derive(Debug)]
pub struct Decline {
    /// Which one.
    pub organization: OrganizationId,
}

impl Command for Decline {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        answer(cx, self.organization).await.map(|_| ())
    }
}

async fn answer(cx: &mut Context<'_>, organization: OrganizationId) -> Result<(Grant, MembershipId)> {
    let grant = access::authorize(cx, organization, RequiredPermission::Membership).await?;
    let answered = (grant.organization(), grant.membership(), cx.now);
    let (giver,) = cx.tx.optional(sql::ANSWER, answered).await?.ok_or(Code::HandoverNotFound)?;
    Ok((grant, giver))
}

/// Shows what is offered to the caller, the newest first. Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListOwn;

impl Query for ListOwn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Offered>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Offered>> {
        let user = cx.user()?;
        Ok(cx.tx.all(sql::OFFERED, (user, cx.now)).await?)
    }
}
