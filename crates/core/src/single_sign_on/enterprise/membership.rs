//! Whether a person gets into the organization, and which roles they have there.

use std::collections::BTreeSet;

use serde_json::json;

use crate::email_address::EmailAddress;
use crate::enterprise_connection::{LiveConnection, MappedRoles, sql};
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, RoleId, UserId};
use crate::membership::{self, JoinSource};
use crate::oidc::{Outcome, StepName, Steps};
use crate::security_log::{Change, Subject};
use crate::verification::sql::ADDRESS_OWNER;
use crate::{domain, organization, session, workspace};

/// How a person gets in. Nothing is changed before [`Entrance::apply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entrance {
    Member(MembershipId),
    /// They join, because the connection creates memberships.
    Join,
    /// They are signed in without joining, and can accept their invitation.
    Invited,
}

impl Entrance {
    /// `address` is the one for which the provider speaks. A user who is no member is let in only while it is theirs: the
    /// provider of an organization that they have left does not open the account with which they went on.
    ///
    /// # Errors
    /// `SSO_MEMBERSHIP_ENDED` for a former member without an invitation; `JIT_DISABLED`; `SSO_ADDRESS_NOT_ALLOWED`.
    pub(super) async fn find(
        cx: &mut Context<'_>,
        connection: &LiveConnection,
        user: Option<UserId>,
        address: Option<&EmailAddress>,
    ) -> Result<Self> {
        let organization = connection.organization;
        let mut was_member = false;
        if let Some(user) = user {
            if let Some((found,)) = cx.tx.optional(membership::sql::OF_USER, (organization, user)).await? {
                return Ok(Self::Member(found));
            }
            was_member = cx.tx.optional(sql::WAS_MEMBER, (organization, user)).await?.is_some();
            if !has_address(cx, user, address).await? {
                let code = if was_member { Code::SsoMembershipEnded } else { Code::SsoAddressNotAllowed };
                return Err(code.into());
            }
        }
        if connection.jit_enabled && !was_member {
            return Ok(Self::Join);
        }
        if let Some(address) = address
            && cx.tx.optional(sql::IS_INVITED, (organization, address.key(), cx.now)).await?.is_some()
        {
            return Ok(Self::Invited);
        }
        Err(if was_member { Code::SsoMembershipEnded.into() } else { Code::JitDisabled.into() })
    }

    /// The rule, for the trace.
    pub(super) const fn rule(self) -> &'static str {
        match self {
            Self::Member(_) => "a member",
            Self::Join => "the connection creates memberships",
            Self::Invited => "the address has a pending invitation",
        }
    }

    /// Joins, or adapts the roles of a member to their groups.
    ///
    /// # Errors
    /// `ORGANIZATION_FULL`.
    pub(super) async fn apply(
        self,
        cx: &mut Context<'_>,
        connection: &LiveConnection,
        user: UserId,
        groups: &[String],
        steps: &mut Steps,
    ) -> Result<()> {
        let organization = connection.organization;
        let (mapped, default) = load_roles(cx, connection, groups).await?;
        let (added, removed) = match self {
            Self::Member(found) => sync(cx, (organization, found), user, &mapped, default).await?,
            Self::Join => (join(cx, organization, user, &mapped, default).await?, Vec::new()),
            Self::Invited => return Ok(()),
        };
        if !mapped.managed.is_empty() {
            steps.add(StepName::Roles, Outcome::PASSED, Some(&roles_of_trace(groups, &added, &removed)));
        }
        Ok(())
    }
}

/// Whether an address is one of a user's account.
async fn has_address(cx: &mut Context<'_>, user: UserId, address: Option<&EmailAddress>) -> Result<bool> {
    let Some(address) = address else { return Ok(false) };
    let owner = cx.tx.optional(ADDRESS_OWNER, (address.key(),)).await?;
    Ok(owner.is_some_and(|owner| owner.user_id == user))
}

/// What a step about roles shows.
pub(super) fn roles_of_trace(groups: &[String], added: &[RoleId], removed: &[RoleId]) -> serde_json::Value {
    let texts = |ids: &[RoleId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({"groups": groups, "added_role_ids": texts(added), "removed_role_ids": texts(removed)})
}

/// The roles of the groups that exist still, and the role of people without one.
pub(super) async fn load_roles(
    cx: &mut Context<'_>,
    connection: &LiveConnection,
    groups: &[String],
) -> Result<(MappedRoles, RoleId)> {
    let existing: BTreeSet<RoleId> =
        cx.tx.all(sql::ROLES, (connection.organization,)).await?.into_iter().map(|role| role.id).collect();
    let mut mapped = connection.mapping.roles_of(groups);
    mapped.granted.retain(|role| existing.contains(role));
    let default = connection.mapping.default_role.filter(|role| existing.contains(role));
    let default = match default {
        Some(role) => role,
        None => cx.executor.deployment()?.member_role_id,
    };
    Ok((mapped, default))
}

fn max_roles(cx: &Context<'_>) -> usize {
    usize::try_from(cx.executor.settings.roles.max_per_member).unwrap_or(usize::MAX).max(1)
}

/// Makes a user a member, and returns their roles. They do not join again after they were removed.
async fn join(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    user: UserId,
    mapped: &MappedRoles,
    default: RoleId,
) -> Result<Vec<RoleId>> {
    let joined = organization::take_seat(cx, organization).await?.ok_or(Code::OrganizationFull)?;
    let mut roles = mapped.for_new_member(default);
    roles.truncate(max_roles(cx));
    let id = membership::join_with_roles(cx, organization, user, &roles, JoinSource::SingleSignOn)?.id;
    workspace::join_auto_assigned(cx, (organization, joined.auto_assigned_workspace_id), (id, user)).await?;
    cx.tx.execute(domain::sql::RECORD_JOIN, (organization, user, cx.now)).await?;
    cx.tx.defer(session::sql::SET_DEFAULT_IF_NONE, (user, id, None, cx.now))?;
    let subject = Subject { organization: Some(organization), ..Subject::of_user(Some(user)) };
    cx.log_change(Change::MemberJoined, subject);
    Ok(roles)
}

/// Adds and removes the roles that the mapping manages. The last admin of the organization stays one: the statement
/// guards it.
async fn sync(
    cx: &mut Context<'_>,
    (organization, id): (OrganizationId, MembershipId),
    user: UserId,
    mapped: &MappedRoles,
    default: RoleId,
) -> Result<(Vec<RoleId>, Vec<RoleId>)> {
    if mapped.managed.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let before = membership::load_role_ids(cx, organization, id).await?;
    let (mut added, to_remove) = mapped.changes(&before, default);
    added.truncate(max_roles(cx).saturating_sub(before.len() - to_remove.len()));
    // Roles are assigned before others are revoked, so that an admin role can be exchanged for another one.
    for role in &added {
        cx.tx.execute(organization::sql::ASSIGN_ROLE, (organization, id, *role)).await?;
    }
    let mut removed = Vec::new();
    let expected = to_remove.len();
    for role in to_remove {
        if cx.tx.optional(membership::sql::REVOKE_ROLE, (organization, id, role)).await?.is_some() {
            removed.push(role);
        }
    }
    // The last admin stays one, and does not need the role of people without any.
    if removed.len() < expected && added == [default] && !mapped.granted.contains(&default) {
        cx.tx.optional(membership::sql::REVOKE_ROLE, (organization, id, default)).await?;
        added.clear();
    }
    let subject = Subject { target_membership: Some(id.get()), ..Subject::new(Some(user), organization) };
    if !added.is_empty() {
        cx.log_change(Change::RoleAssigned, subject);
    }
    if !removed.is_empty() {
        cx.log_change(Change::RoleRevoked, subject);
    }
    membership::emit_changed_roles(cx, organization, (id, user), before).await?;
    Ok((added, removed))
}
