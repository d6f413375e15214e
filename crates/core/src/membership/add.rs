//! Adding users to an organization without an invitation, as only an API key can.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::list::load_member;
use super::sql::management::{self as sql, Candidate};
use super::{MemberDetails, sql as memberships};
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::event::MemberAdded;
use crate::execution::{Command, Context};
use crate::id::{MembershipId, OrganizationId, RoleId, UserId};
use crate::listing::{MAX_PACKED, pack_ids};
use crate::organization::{self, Role};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Change, Subject};
use crate::{session, workspace};

/// A user to be added, with their roles. Duplicates count once; none stand for the deployment's member role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    pub user: UserId,
    pub roles: Vec<RoleId>,
}

/// Makes a user a member. They also join the workspace that is assigned automatically.
///
/// # Errors
/// `FORBIDDEN` without an API key; `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `USER_DISABLED`; `ALREADY_MEMBER`;
/// `ROLE_NOT_FOUND`; `ROLE_EXCEEDS_YOURS`; `PERMISSION_ARCHIVED`; `ROLES_PER_MEMBER`; `ORGANIZATION_FULL`.
#[derive(Debug)]
pub struct Add {
    pub organization: OrganizationId,
    pub member: NewMember,
}

impl Command for Add {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[
        Code::KeyBoundToOrganization,
        Code::UserNotFound,
        Code::UserDisabled,
        Code::AlreadyMember,
        Code::RoleNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::RolesPerMember,
        Code::OrganizationFull,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = MemberDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<MemberDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        grant.api_key()?;
        // It would learn which users the installation has, and their data.
        access::require_unbound_key(cx)?;
        cx.subject.target_user = Some(self.member.user);
        let mut checks = Checks::load(cx, &grant, &[self.member.user]).await?;
        let roles = checks.check(cx, &grant, &self.member)?;
        let added = insert(cx, &grant, &[(self.member.user, roles)]).await?;
        let membership = added.first().copied().ok_or(Code::MemberNotFound)?;
        load_member(cx, &grant, membership).await
    }
}

/// What new members are checked against, loaded once for all of them.
pub(super) struct Checks {
    /// That can be assigned.
    roles: HashMap<RoleId, Role>,
    default_role: RoleId,
    max_roles: usize,
    candidates: HashMap<UserId, Candidate>,
    /// `None` if the number of seats is unlimited.
    free_seats: Option<i64>,
    /// Who hold one of the occupied seats already, by an invitation.
    invited: HashSet<UserId>,
    accepted: HashSet<UserId>,
}

impl Checks {
    pub(super) async fn load(cx: &mut Context<'_>, grant: &Grant, users: &[UserId]) -> Result<Self> {
        let organization = grant.organization();
        let free_seats = organization::seats(cx, organization).await?.map(|seats| seats.free);
        let (mut candidates, mut invited) = (HashMap::new(), HashSet::new());
        for chunk in users.chunks(usize::from(MAX_PACKED)) {
            let packed = pack_ids(chunk.iter().map(|user| user.get()));
            let found = cx.tx.all(sql::CANDIDATES, (organization, packed.as_str())).await?;
            candidates.extend(found.into_iter().map(|candidate| (candidate.user_id, candidate)));
            if free_seats.is_some() && cx.executor.settings.seats.count_pending_invitations {
                let found = cx.tx.all(sql::INVITED, (organization, packed.as_str(), cx.now)).await?;
                invited.extend(found.into_iter().map(|(user,)| user));
            }
        }
        let roles = cx.tx.all(organization::sql::ROLES, (organization,)).await?;
        Ok(Self {
            roles: roles.into_iter().map(|role| (role.id, role)).collect(),
            default_role: cx.executor.deployment()?.member_role_id,
            max_roles: usize::try_from(cx.executor.settings.roles.max_per_member).unwrap_or(usize::MAX),
            candidates,
            free_seats,
            invited,
            accepted: HashSet::new(),
        })
    }

    /// Returns the roles of a user who can be added after those who were accepted before.
    ///
    /// # Errors
    /// Those of [`Add`]; `DUPLICATE_ROW` for a user who was accepted before.
    pub(super) fn check(&mut self, cx: &Context<'_>, grant: &Grant, new: &NewMember) -> Result<BTreeSet<RoleId>> {
        let candidate = self.candidates.get(&new.user).ok_or(Code::UserNotFound)?;
        if self.accepted.contains(&new.user) {
            return Err(Code::DuplicateRow.with_message("This user is in the list already."));
        }
        if candidate.membership_id.is_some() {
            return Err(Code::AlreadyMember.with_message("This user is a member already."));
        }
        if candidate.disabled {
            return Err(Code::UserDisabled.with_message("This account is disabled. Enable it first."));
        }
        let mut roles: BTreeSet<RoleId> = new.roles.iter().copied().collect();
        if roles.is_empty() {
            roles.insert(self.default_role);
        }
        for id in &roles {
            let role = self.roles.get(id).ok_or(Code::RoleNotFound)?;
            if !grant.covers(&role.permissions) {
                return Err(Code::RoleExceedsYours.into());
            }
            cx.executor.settings.roles.check_assignable(&role.permissions)?;
        }
        if roles.len() > self.max_roles {
            return Err(Code::RolesPerMember.into());
        }
        if let Some(free_seats) = self.free_seats.as_mut().filter(|_| !self.invited.contains(&new.user)) {
            if *free_seats <= 0 {
                return Err(Code::OrganizationFull.into());
            }
            *free_seats -= 1;
        }
        self.accepted.insert(new.user);
        Ok(roles)
    }
}

/// Makes users members, and logs each. Returns their memberships in the same order. If one of them has become a member
/// concurrently, the transaction fails on the unique key and is retried.
///
/// # Errors
/// `ORGANIZATION_FULL`.
pub(super) async fn insert(
    cx: &mut Context<'_>,
    grant: &Grant,
    users: &[(UserId, BTreeSet<RoleId>)],
) -> Result<Vec<MembershipId>> {
    let organization = grant.organization();
    let joined = organization::take_seats(cx, organization, users.len()).await?.ok_or(Code::OrganizationFull)?;
    let new: Vec<(MembershipId, UserId)> = users.iter().map(|(user, _)| (cx.id(), *user)).collect();
    let rows: Vec<_> = new.iter().map(|(id, user)| (*id, organization, *user, cx.now)).collect();
    cx.tx.execute_each(memberships::INSERT, &rows).await?;
    let of_users = new.iter().zip(users);
    let roles: Vec<_> =
        of_users.flat_map(|((id, _), (_, roles))| roles.iter().map(|role| (organization, *id, *role))).collect();
    cx.tx.execute_each(organization::sql::ASSIGN_ROLE, &roles).await?;
    for ((membership, user), (_, roles)) in new.iter().zip(users) {
        cx.emit(MemberAdded {
            organization_id: organization,
            membership_id: *membership,
            user_id: *user,
            role_ids: roles.iter().copied().collect(),
            joined_by: "api_key",
            invitation_id: None,
        });
        let (target_user, target_membership) = (Some(*user), Some(membership.get()));
        cx.log_change(Change::MemberAdded, Subject { target_user, target_membership, ..cx.subject });
    }
    for member in &new {
        let workspace = joined.auto_assigned_workspace_id;
        workspace::join_auto_assigned(cx, (organization, workspace), *member).await?;
    }
    // Who has no active organization starts in this one at the next sign-in.
    let defaults: Vec<_> = new.iter().map(|(id, user)| (*user, *id, None, cx.now)).collect();
    cx.tx.execute_each(session::sql::SET_DEFAULT_IF_NONE, &defaults).await?;
    Ok(new.into_iter().map(|(membership, _)| membership).collect())
}
