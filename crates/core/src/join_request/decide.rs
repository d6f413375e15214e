//! Saying yes or no to who asks to come in.

use super::sql::{self, JoinRequest};
use crate::access;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{JoinRequestId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::{domain, invitation};

/// Shows who asks to come in, the newest first; a thousand at the most.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members.
#[derive(Debug)]
pub struct List {
    /// Into which organization.
    pub organization: OrganizationId,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<JoinRequest>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<JoinRequest>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        Ok(cx.tx.all(sql::OPEN, (grant.organization(),)).await?)
    }
}

/// Says yes: whoever asks by their domain is a member from now on, and whoever's invitation ran out gets it again, with
/// the same role; whoever was invited by another address than their own is invited by theirs.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `REQUEST_NOT_FOUND`, also for one that was
/// decided; `ORGANIZATION_FULL`; `NOT_JOINABLE` when the address or the domain does not hold any more; and what a resend
/// refuses: `ROLE_EXCEEDS_YOURS`, `INVITATION_NOT_PENDING`.
#[derive(Debug)]
pub struct Approve {
    /// Into which organization.
    pub organization: OrganizationId,
    /// Which request.
    pub request: JoinRequestId,
}

impl Command for Approve {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[
        Code::RequestNotFound,
        Code::OrganizationFull,
        Code::NotJoinable,
        Code::RoleExceedsYours,
        Code::InvitationNotPending,
    ];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let organization = grant.organization();
        let decided = (organization, self.request, "approved", cx.now);
        let request = cx.tx.optional(sql::DECIDE, decided).await?.ok_or(Code::RequestNotFound)?;
        match (request.user_id, request.invitation_id) {
            (Some(_), Some(invitation)) => {
                invitation::readdress(cx, organization, invitation, &EmailAddress::parse(&request.email_key)?).await
            }
            (Some(user), None) => domain::let_in(cx, &grant, user).await,
            (None, Some(invitation)) => {
                invitation::Resend { organization, invitation, days: None }.run(cx).await.map(|_| ())
            }
            (None, None) => Err(Problem::internal("a request of nobody for nothing")),
        }
    }
}

/// Says no. They may ask again.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `REQUEST_NOT_FOUND`.
#[derive(Debug)]
pub struct Deny {
    /// Into which organization.
    pub organization: OrganizationId,
    /// Which request.
    pub request: JoinRequestId,
}

impl Command for Deny {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::RequestNotFound];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let decided = (grant.organization(), self.request, "denied", cx.now);
        cx.tx.optional(sql::DECIDE, decided).await?.ok_or(Code::RequestNotFound)?;
        Ok(())
    }
}
