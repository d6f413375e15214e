//! Events of members, invitations and join requests.

use super::field::{Changed, Personal};
use super::payload::payloads;
use crate::id::{
    ApiKeyId, InvitationId, JoinRequestId, MembershipId, OrganizationId, RoleId, UserId, WorkspaceId, WorkspaceRoleId,
};
use crate::time::Timestamp;

payloads! {
    /// A user became a member of an organization.
    MemberAdded("organization.member.added", OrganizationMembership(membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        membership_id: MembershipId,
        user_id: UserId,
        role_ids: Vec<RoleId>,
        /// How: `creation`, `invitation`, `domain`, `join_request` or `api_key`.
        joined_by: &'static str,
        /// The accepted invitation.
        invitation_id: Option<InvitationId>,
    }

    /// A backend replaced the metadata of a member.
    MemberUpdated("organization.member.updated", OrganizationMembership(membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        membership_id: MembershipId,
        user_id: UserId,
    }

    /// A member left, was removed, or deleted their account.
    MemberRemoved("organization.member.removed", OrganizationMembership(membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        membership_id: MembershipId,
        user_id: UserId,
        /// Who ended the membership: `member`, the user themselves, or `manager`; `account` if the account was deleted.
        removed_by: &'static str,
        role_ids: Option<Vec<RoleId>>,
    }

    /// Roles of a member were assigned or revoked.
    MemberRoleUpdated("organization.member.role.updated", OrganizationMembership(membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        membership_id: MembershipId,
        user_id: UserId,
        role_ids: Changed<Vec<RoleId>>,
    }

    /// An address was invited.
    InvitationCreated("organization.invitation.created", OrganizationInvitation(invitation_id), OrganizationInvitation(invitation_id) in organization_id) {
        organization_id: OrganizationId,
        invitation_id: InvitationId,
        role_id: RoleId,
        workspace_id: Option<WorkspaceId>,
        workspace_role_id: Option<WorkspaceRoleId>,
        expires_at: Timestamp,
        /// Whether it is sent by mail.
        is_mailed: bool,
        email: Personal<String>,
    }

    /// An invitation got a new link and a new expiry.
    InvitationResent("organization.invitation.resent", OrganizationInvitation(invitation_id), OrganizationInvitation(invitation_id) in organization_id) {
        organization_id: OrganizationId,
        invitation_id: InvitationId,
        expires_at: Timestamp,
        email: Personal<String>,
    }

    /// An invitation was accepted.
    InvitationAccepted("organization.invitation.accepted", OrganizationInvitation(invitation_id), OrganizationInvitation(invitation_id) in organization_id) {
        organization_id: OrganizationId,
        invitation_id: InvitationId,
        /// Who accepted it.
        user_id: UserId,
        membership_id: MembershipId,
    }

    /// The invitee declined an invitation.
    InvitationDeclined("organization.invitation.declined", OrganizationInvitation(invitation_id), OrganizationInvitation(invitation_id) in organization_id) {
        organization_id: OrganizationId,
        invitation_id: InvitationId,
    }

    /// An invitation was revoked.
    InvitationRevoked("organization.invitation.revoked", OrganizationInvitation(invitation_id), OrganizationInvitation(invitation_id) in organization_id) {
        organization_id: OrganizationId,
        invitation_id: InvitationId,
        /// The address was invited again, after this invitation had expired.
        is_superseded: Option<bool>,
    }

    /// Pending invitations cannot be accepted until they are resent, because their inviter has left or was removed, or
    /// the API key that made them was revoked.
    InvitationSuspended("organization.invitation.suspended", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
        /// Absent for those of an API key.
        inviter_membership_id: Option<MembershipId>,
        /// The API key that was revoked.
        api_key_id: Option<ApiKeyId>,
        /// The number of invitations.
        count: Option<i64>,
    }

    /// A user asked to join, or the holder of an invitation asked for a new one.
    JoinRequestCreated("organization.join_request.created", JoinRequest(join_request_id), JoinRequest(join_request_id) in organization_id) {
        organization_id: OrganizationId,
        join_request_id: JoinRequestId,
        /// Absent for the holder of an invitation.
        user_id: Option<UserId>,
        /// The invitation that is to be renewed.
        invitation_id: Option<InvitationId>,
    }

    /// A request to join was approved.
    JoinRequestApproved("organization.join_request.approved", JoinRequest(join_request_id), JoinRequest(join_request_id) in organization_id) {
        organization_id: OrganizationId,
        join_request_id: JoinRequestId,
        user_id: Option<UserId>,
        invitation_id: Option<InvitationId>,
    }

    /// A request to join was denied.
    JoinRequestDenied("organization.join_request.denied", JoinRequest(join_request_id), JoinRequest(join_request_id) in organization_id) {
        organization_id: OrganizationId,
        join_request_id: JoinRequestId,
        user_id: Option<UserId>,
        invitation_id: Option<InvitationId>,
    }
}
