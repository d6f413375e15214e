//! Events of organizations, their roles, domains and ownership.

use super::field::{Changed, Personal};
use super::payload::payloads;
use crate::id::{DomainId, MembershipId, OrganizationId, RoleId, SetupLinkId, UserId};
use crate::time::Timestamp;

payloads! {
    /// An organization was created.
    OrganizationCreated("organization.created", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
        name: String,
        /// Its first member. Absent if an API key created it.
        user_id: Option<UserId>,
    }

    /// Settings of an organization were changed. Only those that changed are in `before` and `after`.
    OrganizationUpdated("organization.updated", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
        name: Option<Changed<String>>,
        description: Option<Changed<String>>,
        /// Whether its image was replaced or removed.
        image_changed: Option<bool>,
        /// The networks that members may connect from.
        allowed_addresses: Option<Changed<Vec<String>>>,
        /// Whether the list of networks is enforced.
        restricts_addresses: Option<Changed<bool>>,
        /// Whether members need a second factor.
        enforce_mfa: Option<Changed<bool>>,
        /// How strong their sign-ins must be: `two_factors` or `phishing_resistant`.
        minimum_assurance: Option<Changed<&'static str>>,
        /// The end of the time in which they can set up what they lack. Empty before the requirement.
        mfa_enforced_from: Option<Changed<String>>,
        /// The workspace that new members join. 0 for none.
        auto_assigned_workspace_id: Option<Changed<String>>,
        /// Whether a backend replaced metadata.
        metadata_changed: Option<bool>,
    }

    /// An organization was deleted. It can be restored for some days.
    OrganizationDeleted("organization.deleted", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
        name: String,
    }

    /// A deleted organization was restored.
    OrganizationRestored("organization.restored", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
    }

    /// A deleted organization was erased, at the end of the time in which it could be restored. The entry is in the log of
    /// the installation.
    OrganizationErased("organization.erased", Organization(organization_id), Organization(organization_id)) {
        organization_id: OrganizationId,
    }

    /// A role was created.
    RoleCreated("organization.role.created", OrganizationRole(role_id), OrganizationRole(role_id) in organization_id) {
        organization_id: OrganizationId,
        role_id: RoleId,
        name: String,
        permissions: Vec<String>,
    }

    /// The name or the permissions of a role were changed.
    RoleUpdated("organization.role.updated", OrganizationRole(role_id), OrganizationRole(role_id) in organization_id) {
        organization_id: OrganizationId,
        role_id: RoleId,
        name: Option<Changed<String>>,
        permissions: Option<Changed<Vec<String>>>,
    }

    /// A role was deleted.
    RoleDeleted("organization.role.deleted", OrganizationRole(role_id), OrganizationRole(role_id) in organization_id) {
        organization_id: OrganizationId,
        role_id: RoleId,
        name: String,
        permissions: Vec<String>,
        /// The role that its members and invitees have instead. Absent if nobody had it.
        replacement_role_id: Option<RoleId>,
    }

    /// A domain was added. It has no effect until it is verified.
    DomainAdded("organization.domain.created", OrganizationDomain(domain_id), OrganizationDomain(domain_id) in organization_id) {
        organization_id: OrganizationId,
        domain_id: DomainId,
        domain: String,
    }

    /// What a verified domain lets its users do was changed.
    DomainUpdated("organization.domain.updated", OrganizationDomain(domain_id), OrganizationDomain(domain_id) in organization_id) {
        organization_id: OrganizationId,
        domain_id: DomainId,
        domain: String,
        /// How users with an address of the domain can join.
        join_mode: Option<Changed<String>>,
    }

    /// The ownership of a domain was proved by a DNS record.
    DomainVerified("organization.domain.verified", OrganizationDomain(domain_id), OrganizationDomain(domain_id) in organization_id) {
        organization_id: OrganizationId,
        domain_id: DomainId,
        domain: String,
    }

    /// A domain was deleted.
    DomainDeleted("organization.domain.deleted", OrganizationDomain(domain_id), OrganizationDomain(domain_id) in organization_id) {
        organization_id: OrganizationId,
        domain_id: DomainId,
        domain: String,
    }

    /// An admin made a link with which a person without an account can set up single sign-on or domains.
    SetupLinkCreated("organization.setup_link.created", SetupLink(setup_link_id), SetupLink(setup_link_id) in organization_id) {
        organization_id: OrganizationId,
        setup_link_id: SetupLinkId,
        /// What it opens: `sso`, `domains`.
        purposes: Vec<String>,
        /// For whom it is, as the admin wrote it.
        recipient: Personal<String>,
        expires_at: Timestamp,
    }

    /// A setup link was opened. What was changed by it are events of their own, with the link as their actor.
    SetupLinkUsed("organization.setup_link.used", SetupLink(setup_link_id), SetupLink(setup_link_id) in organization_id) {
        organization_id: OrganizationId,
        setup_link_id: SetupLinkId,
    }

    /// A setup link was revoked.
    SetupLinkRevoked("organization.setup_link.revoked", SetupLink(setup_link_id), SetupLink(setup_link_id) in organization_id) {
        organization_id: OrganizationId,
        setup_link_id: SetupLinkId,
    }

    /// An admin offered the ownership of the organization to another member.
    OwnershipOffered("organization.ownership_transfer.created", OrganizationMembership(membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        /// The user to whom it is offered.
        user_id: UserId,
        /// Their membership.
        membership_id: MembershipId,
        /// The member who offers it.
        from_membership_id: MembershipId,
    }

    /// An offer of the ownership was withdrawn, or ended because one of the two was disabled.
    OwnershipOfferWithdrawn("organization.ownership_transfer.withdrawn", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
    }

    /// The member to whom the ownership was offered declined it.
    OwnershipOfferDeclined("organization.ownership_transfer.declined", Organization(organization_id), Organization(organization_id) in organization_id) {
        organization_id: OrganizationId,
    }

    /// The ownership was accepted: the new owner is an admin, and the previous one is not any more. The changes of their
    /// roles are events of their own.
    OwnershipTransferred("organization.ownership_transfer.accepted", User(user_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        /// The new owner.
        user_id: UserId,
        membership_id: MembershipId,
        /// The previous owner's membership.
        from_membership_id: MembershipId,
    }
}
