//! The memberships of a user, in all organizations.

use std::collections::{HashMap, HashSet};

use super::find;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::listing::{MAX_PACKED, pack_ids};
use crate::membership::{self, Membership, MembershipRole};
use crate::organization;
use crate::organization::management::ManagedOrganization;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::workspace::{self, Workspace, WorkspaceMembership, WorkspaceMembershipRole};

/// Lists the memberships of a user with their roles, newest first. A key without `organizations:read` sees no private
/// metadata.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct ListMemberships {
    pub user: UserId,
}

impl Query for ListMemberships {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersRead);
    type Out = Vec<(Membership, ManagedOrganization, Vec<MembershipRole>)>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        let user = find(cx, self.user).await?.id;
        let sees_private = has_scope(cx, Scope::OrganizationsRead);
        let memberships = membership::load_of_user(cx, user).await?;
        let mut organizations = HashMap::new();
        for chunk in memberships.chunks(usize::from(MAX_PACKED)) {
            let packed = pack_ids(chunk.iter().map(|(membership, ..)| membership.organization_id.get()));
            for mut found in cx.tx.all(organization::sql::management::ORGANIZATIONS, (packed.as_str(),)).await? {
                if !sees_private {
                    "{}".clone_into(&mut found.private_metadata);
                }
                organizations.insert(found.id, found);
            }
        }
        let with_organization = memberships.into_iter().filter_map(|(membership, _, roles)| {
            let organization = organizations.remove(&membership.organization_id)?;
            Some((membership, organization, roles))
        });
        Ok(with_organization.collect())
    }
}

fn has_scope(cx: &Context<'_>, scope: Scope) -> bool {
    cx.api_key.as_ref().is_some_and(|key| key.scopes.contains(scope))
}

/// Lists the workspace memberships of a user with their roles, newest first. A key without `workspaces:read` sees no
/// private metadata.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct ListWorkspaceMemberships {
    pub user: UserId,
}

impl Query for ListWorkspaceMemberships {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersRead);
    type Out = Vec<(WorkspaceMembership, Workspace, Vec<WorkspaceMembershipRole>)>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        let user = find(cx, self.user).await?.id;
        let organizations = cx.tx.all(organization::sql::OF_USER, (user,)).await?;
        let organizations: HashSet<_> = organizations.into_iter().map(|organization| organization.id).collect();
        let mut memberships = workspace::load_of_user(cx, user).await?;
        memberships.retain(|(membership, ..)| organizations.contains(&membership.organization_id));
        if !has_scope(cx, Scope::WorkspacesRead) {
            for (_, workspace, _) in &mut memberships {
                "{}".clone_into(&mut workspace.private_metadata);
            }
        }
        Ok(memberships)
    }
}
