//! Adding a member to an organization.

use super::sql::{self, Membership};
use crate::error::Result;
use crate::event::MemberAdded;
use crate::execution::Context;
use crate::id::{InvitationId, OrganizationId, RoleId, UserId};
use crate::organization;

/// How a user becomes a member.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JoinSource {
    /// They created the organization.
    Creation,
    Invitation(InvitationId),
    /// An address of a verified domain.
    Domain,
    JoinRequest,
    /// A sign-in with the organization's identity provider.
    SingleSignOn,
}

impl JoinSource {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Creation => "creation",
            Self::Invitation(_) => "invitation",
            Self::Domain => "domain",
            Self::JoinRequest => "join_request",
            Self::SingleSignOn => "single_sign_on",
        }
    }

    const fn invitation(self) -> Option<InvitationId> {
        match self {
            Self::Invitation(invitation) => Some(invitation),
            Self::Creation | Self::Domain | Self::JoinRequest | Self::SingleSignOn => None,
        }
    }
}

/// Makes a user a member with a role that the caller has checked. Both statements are deferred. If the user has become
/// a member concurrently, the transaction fails on the unique key and is retried.
pub(crate) fn join(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
    role: RoleId,
    source: JoinSource,
) -> Result<Membership> {
    join_with_roles(cx, organization, user, &[role], source)
}

/// Like [`join`], with several roles.
pub(crate) fn join_with_roles(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
    roles: &[RoleId],
    source: JoinSource,
) -> Result<Membership> {
    let (id, now) = (cx.id(), cx.now);
    cx.tx.defer(sql::INSERT, (id, organization, user, now))?;
    for role in roles {
        cx.tx.defer(organization::sql::ASSIGN_ROLE, (organization, id, *role))?;
    }
    cx.emit(MemberAdded {
        organization_id: organization,
        membership_id: id,
        user_id: user,
        role_ids: roles.to_vec(),
        joined_by: source.as_str(),
        invitation_id: source.invitation(),
    });
    let public_metadata = "{}".to_owned();
    Ok(Membership {
        id,
        organization_id: organization,
        user_id: user,
        public_metadata,
        created_at: now,
        updated_at: now,
    })
}
