//! Listing join requests, and approving or denying them.

use super::sql::{self, JoinRequest};
use crate::access;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::event::{JoinRequestApproved, JoinRequestDenied};
use crate::execution::{Command, Context, Query};
use crate::id::{InvitationId, JoinRequestId, OrganizationId};
use crate::outbox::MailKind;
use crate::permission::{RequiredPermission, Requirement};
use crate::security_log::{Audit, Change};
use crate::{domain, invitation, outbox};

/// Lists the pending requests, newest first, up to 1,000.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`.
#[derive(Debug)]
pub struct List {
    pub organization: OrganizationId,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<JoinRequest>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<JoinRequest>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        Ok(cx.tx.all(sql::LIST_PENDING, (grant.organization(),)).await?)
    }
}

/// An invitation that was approved, and that no mail reaches: the invitee has unsubscribed, or the server sends none. Its
/// link has to be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    pub invitation: InvitationId,
    pub email_key: String,
}

/// Approves a pending request. What follows depends on the request: a user of a verified domain becomes a member; an
/// expired or suspended invitation is resent with the same roles; in place of one that was revoked or declined, the
/// caller sends a new one with the same roles; an invitation to another address is replaced by one to the user's own. The
/// person learns it by mail: of their membership, or by the invitation.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `REQUEST_NOT_FOUND`, also if it was decided already;
/// `NOT_JOINABLE` if the domain does not admit the user any more; and the errors of [`Resend`](invitation::Resend) and
/// [`Create`](invitation::Create).
#[derive(Debug)]
pub struct Approve {
    pub organization: OrganizationId,
    pub request: JoinRequestId,
}

impl Command for Approve {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[
        Code::RequestNotFound,
        Code::NotJoinable,
        Code::InvitationNotFound,
        Code::InvitationNotPending,
        Code::RoleNotFound,
        Code::WorkspaceNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::OrganizationFull,
        Code::TooManyRequests,
        Code::InvitationLimit,
        Code::AlreadyMember,
        Code::InvitationExists,
        Code::InviteeUnsubscribed,
        Code::AddressBounced,
    ];
    type Out = Option<Undelivered>;

    fn audit(&self) -> Audit {
        Audit::Change(Change::JoinRequestApproved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Undelivered>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let organization = grant.organization();
        let arguments = (organization, self.request, "approved", cx.now);
        let request = cx.tx.optional(sql::DECIDE, arguments).await?.ok_or(Code::RequestNotFound)?;
        cx.emit(JoinRequestApproved {
            organization_id: organization,
            join_request_id: self.request,
            user_id: request.user_id,
            invitation_id: request.invitation_id,
        });
        let invited = match (request.user_id, request.invitation_id) {
            (Some(_), Some(invitation)) => {
                let email = EmailAddress::parse(&request.email_key)?;
                invitation::reissue_to_address(cx, organization, invitation, &email).await?
            }
            (Some(user), None) => {
                domain::join_approved(cx, &grant, user).await?;
                outbox::enqueue_member_notice(cx, MailKind::RequestApproved, organization, user).await?;
                return Ok(None);
            }
            (None, Some(invitation)) => invitation::renew(cx, organization, invitation).await?,
            (None, None) => return Err(Problem::internal("a join request has neither a user nor an invitation")),
        };
        let undelivered = Undelivered { invitation: invited.row.id, email_key: invited.row.email_key };
        let is_unmailed = invitation::is_unmailed(cx, organization, undelivered.invitation).await?;
        Ok(is_unmailed.then_some(undelivered))
    }
}

/// Denies a pending request, and notifies the person by mail. A user may create a new one; the holder of an invitation
/// after a week.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `REQUEST_NOT_FOUND`, also if it was decided already.
#[derive(Debug)]
pub struct Deny {
    pub organization: OrganizationId,
    pub request: JoinRequestId,
}

impl Command for Deny {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::RequestNotFound];
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::JoinRequestDenied)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let organization = grant.organization();
        let arguments = (organization, self.request, "denied", cx.now);
        let request = cx.tx.optional(sql::DECIDE, arguments).await?.ok_or(Code::RequestNotFound)?;
        cx.emit(JoinRequestDenied {
            organization_id: organization,
            join_request_id: self.request,
            user_id: request.user_id,
            invitation_id: request.invitation_id,
        });
        match (request.user_id, request.invitation_id) {
            (Some(user), _) => outbox::enqueue_member_notice(cx, MailKind::RequestDenied, organization, user).await,
            (None, Some(invitation)) => outbox::enqueue_renewal_denied(cx, organization, invitation).await,
            (None, None) => Err(Problem::internal("a join request has neither a user nor an invitation")),
        }
    }
}
