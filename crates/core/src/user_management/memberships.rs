//! The memberships of a user, in all organizations.

use std::collections::HashSet;

use super::find;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::membership::{self, Membership, MembershipRole};
use crate::organization::{self, Organization};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::workspace::{self, Workspace, WorkspaceMembership, WorkspaceMembershipRole};

/// Lists the memberships of a user with their roles, newest first.
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
    type Out = Vec<(Membership, Organization, Vec<MembershipRole>)>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        let user = find(cx, self.user).await?.id;
        membership::load_of_user(cx, user).await
    }
}

/// Lists the workspace memberships of a user with their roles, newest first.
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
        Ok(memberships)
    }
}
