//! The expired invitations that the rows of a bulk call supersede.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::validator::ScopedAddress;
use crate::access::Grant;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{RoleId, WorkspaceId, WorkspaceRoleId};
use crate::invitation::{Invitation, authority, sql};

/// The role of an invitation, and its workspace with the role in it.
type GrantedRoles = (RoleId, Option<WorkspaceId>, Option<WorkspaceRoleId>);

/// The pending invitations of an organization that have expired. They are loaded when the first row supersedes one, and
/// the caller's authority is checked once for each combination of roles.
pub(super) struct ExpiredInvitations {
    addresses: HashSet<ScopedAddress>,
    invitations: Option<HashMap<ScopedAddress, Invitation>>,
    /// Why the caller may not discard other members' invitations with these roles; `None` if they may. A shared
    /// workspace role is decided for each workspace: the caller has different permissions in each.
    decisions: HashMap<GrantedRoles, Option<Code>>,
}

impl ExpiredInvitations {
    pub(super) fn new(addresses: HashSet<ScopedAddress>) -> Self {
        Self { addresses, invitations: None, decisions: HashMap::new() }
    }

    /// Checks that the caller may discard the expired invitation of an address, if there is one. The inner error is why
    /// they may not.
    pub(super) async fn check(
        &mut self,
        cx: &mut Context<'_>,
        grant: &Grant,
        address: &ScopedAddress,
    ) -> Result<Result<(), Code>> {
        if !self.addresses.contains(address) {
            return Ok(Ok(()));
        }
        if self.invitations.is_none() {
            let all = cx.tx.all(sql::ALL_EXPIRED, (grant.organization(), cx.now)).await?;
            self.invitations = Some(all.into_iter().map(|expired| (scoped_address(&expired), expired)).collect());
        }
        let Some(expired) = self.get(address) else {
            return Ok(Ok(()));
        };
        if authority::is_own(grant, expired) {
            return Ok(Ok(()));
        }
        let expired = expired.clone();
        let roles = (expired.role_id, expired.workspace_id, expired.workspace_role_id);
        let decision = match self.decisions.entry(roles) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(vacant) => match authority::check_caller_may_discard(cx, grant, &expired).await {
                Ok(()) => *vacant.insert(None),
                Err(problem) if problem.code() == Code::RoleExceedsYours => *vacant.insert(Some(problem.code())),
                Err(problem) => return Err(problem),
            },
        };
        Ok(decision.map_or(Ok(()), Err))
    }

    /// The expired invitation of an address that was checked.
    pub(super) fn get(&self, address: &ScopedAddress) -> Option<&Invitation> {
        self.invitations.as_ref()?.get(address)
    }
}

fn scoped_address(invitation: &Invitation) -> ScopedAddress {
    (invitation.email_key.clone(), invitation.workspace_id.map_or(0, WorkspaceId::get))
}
