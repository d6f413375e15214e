//! How many members of an organization have a second factor.

use super::sql::mfa as sql;
use crate::access::{self, Actor};
use crate::assurance::MfaRequirement;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// Shows what an organization requires of sign-ins, and how many of its members have a second factor. It reads every
/// member.
///
/// # Errors
/// `FORBIDDEN` with neither `organization:manage_members` nor `organization:manage_settings`.
#[derive(Debug)]
pub struct ShowMfaStatus {
    pub organization: OrganizationId,
}

#[derive(Clone, Copy, Debug)]
pub struct MfaStatus {
    pub mfa: MfaRequirement,
    pub members: i64,
    /// With an authenticator or a passkey.
    pub members_with_second_factor: i64,
    pub members_with_passkey: i64,
}

impl Query for ShowMfaStatus {
    // `run` also permits members who manage the settings.
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersRead);
    type Out = MfaStatus;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<MfaStatus> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let permitted = [RequiredPermission::ManageMembers, RequiredPermission::ManageSettings];
        let is_permitted = match grant.actor() {
            Actor::ApiKey(_) => true,
            Actor::Member(_) | Actor::SetupLink(_) => {
                permitted.iter().any(|required| grant.permissions().satisfies(*required))
            }
        };
        if !is_permitted {
            return Err(Code::Forbidden.into());
        }
        let row = cx.tx.one(sql::STATUS, (grant.organization(),)).await?;
        Ok(MfaStatus {
            mfa: MfaRequirement::new(row.enforce_mfa, row.minimum_assurance, row.mfa_enforced_from),
            members: row.members,
            members_with_second_factor: row.members_with_second_factor,
            members_with_passkey: row.members_with_passkey,
        })
    }
}
