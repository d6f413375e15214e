//! Validating the rows of a bulk call.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::RequestedRoles;
use super::expired::ExpiredInvitations;
use crate::access::Grant;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::WorkspaceId;
use crate::invitation::authority::{self, ResolvedRoles};
use crate::invitation::sql;
use crate::{membership, organization, workspace};

/// An address key and the id of the workspace it is invited to; 0 for none.
pub(super) type ScopedAddress = (String, i64);

/// Validates rows against the state of the organization and against the rows before them.
pub(super) struct Validator {
    member_addresses: HashSet<String>,
    /// The addresses of workspace members, for each workspace that a row has named so far.
    workspace_member_addresses: HashMap<WorkspaceId, HashSet<String>>,
    /// Invitations that can still be accepted.
    pending: HashSet<ScopedAddress>,
    /// Pending invitations that have expired; new ones supersede them.
    pub(super) expired: ExpiredInvitations,
    /// The roles that rows have asked for so far, or why the caller may not grant them.
    pub(super) resolved_roles: HashMap<RequestedRoles, Result<ResolvedRoles, Code>>,
    /// The rows that were valid so far.
    valid: HashSet<ScopedAddress>,
    /// `None` if the number of seats is unlimited.
    free_seats: Option<i64>,
    /// Addresses that occupy a seat by an invitation.
    seated_addresses: HashSet<String>,
}

impl Validator {
    pub(super) async fn load(cx: &mut Context<'_>, grant: &Grant) -> Result<Self> {
        let organization = grant.organization();
        let members = cx.tx.all(membership::sql::ADDRESSES, (organization,)).await?;
        let invitations = cx.tx.all(sql::ALL_PENDING, (organization,)).await?;
        let (expired, pending): (Vec<_>, Vec<_>) =
            invitations.into_iter().partition(|invitation| invitation.expires_at <= cx.now);
        let free_seats = organization::seats(cx, organization).await?.map(|seats| seats.free);
        Ok(Self {
            member_addresses: members.into_iter().map(|(key,)| key).collect(),
            workspace_member_addresses: HashMap::new(),
            seated_addresses: pending.iter().map(|invitation| invitation.email_key.clone()).collect(),
            pending: pending.into_iter().map(|row| (row.email_key, row.workspace_scope)).collect(),
            expired: ExpiredInvitations::new(
                expired.into_iter().map(|row| (row.email_key, row.workspace_scope)).collect(),
            ),
            resolved_roles: HashMap::new(),
            valid: HashSet::new(),
            free_seats,
        })
    }

    /// Returns the roles of a valid row, or why the row is invalid.
    pub(super) async fn validate(
        &mut self,
        cx: &mut Context<'_>,
        grant: &Grant,
        email: &EmailAddress,
        roles: RequestedRoles,
    ) -> Result<Result<RequestedRoles, Code>> {
        let key = email.key().to_owned();
        let scope = roles.workspace.map_or(0, WorkspaceId::get);
        if self.valid.contains(&(key.clone(), scope)) {
            return Ok(Err(Code::DuplicateRow));
        }
        if let Entry::Vacant(vacant) = self.resolved_roles.entry(roles) {
            vacant.insert(resolve_grantable_roles(cx, grant, roles).await?);
        }
        if let Some(Err(code)) = self.resolved_roles.get(&roles) {
            return Ok(Err(*code));
        }
        let is_member = match roles.workspace {
            None => self.member_addresses.contains(&key),
            Some(workspace) => self.workspace_member_addresses(cx, grant, workspace).await?.contains(&key),
        };
        if is_member {
            return Ok(Err(Code::AlreadyMember));
        }
        if self.pending.contains(&(key.clone(), scope)) {
            return Ok(Err(Code::InvitationExists));
        }
        if let Err(code) = self.expired.check(cx, grant, &(key.clone(), scope)).await? {
            return Ok(Err(code));
        }
        let needs_seat = !self.member_addresses.contains(&key) && !self.seated_addresses.contains(&key);
        if let Some(free_seats) = self.free_seats.as_mut().filter(|_| needs_seat) {
            if *free_seats <= 0 {
                return Ok(Err(Code::OrganizationFull));
            }
            // Depending on the settings, only members occupy seats.
            *free_seats -= i64::from(cx.executor.settings.seats.count_pending_invitations);
        }
        self.seated_addresses.insert(key.clone());
        self.valid.insert((key, scope));
        Ok(Ok(roles))
    }

    async fn workspace_member_addresses(
        &mut self,
        cx: &mut Context<'_>,
        grant: &Grant,
        workspace: WorkspaceId,
    ) -> Result<&HashSet<String>> {
        match self.workspace_member_addresses.entry(workspace) {
            Entry::Occupied(loaded) => Ok(loaded.into_mut()),
            Entry::Vacant(vacant) => {
                let rows = cx.tx.all(workspace::sql::ADDRESSES, (grant.organization(), workspace)).await?;
                Ok(vacant.insert(rows.into_iter().map(|(key,)| key).collect()))
            }
        }
    }
}

/// Fills in the default roles, and checks that the caller may grant them. A refusal is the row's; a failure of the
/// server is the call's.
async fn resolve_grantable_roles(
    cx: &mut Context<'_>,
    grant: &Grant,
    requested: RequestedRoles,
) -> Result<Result<ResolvedRoles, Code>> {
    let deployment = cx.executor.deployment()?;
    let role = requested.role.unwrap_or(deployment.member_role_id);
    let default_role = deployment.workspace_member_role_id;
    let workspace = requested.workspace.map(|workspace| (workspace, requested.workspace_role.unwrap_or(default_role)));
    let resolved = match authority::resolve_roles(cx, grant, role, workspace).await {
        Ok(roles) => authority::check_caller_may_grant(cx, grant, &roles).await.map(|()| roles),
        Err(problem) => Err(problem),
    };
    match resolved {
        Ok(roles) => Ok(Ok(roles)),
        Err(problem) if problem.code().status() >= 500 => Err(problem),
        Err(problem) => Ok(Err(problem.code())),
    }
}
