//! How many members have each role.

use std::collections::HashMap;

use super::sql::{self, RoleMemberCount};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::listing::{MAX_COUNTED, Total};
use crate::permission::{RequiredPermission, Requirement};

/// Counts the members of each role that can be assigned, by the id of the role.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_roles`.
#[derive(Debug)]
pub struct CountRoleMembers {
    pub organization: OrganizationId,
}

impl Query for CountRoleMembers {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageRoles);
    const ERRORS: &'static [Code] = &[];
    type Out = HashMap<i64, Total>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<HashMap<i64, Total>> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageRoles).await?;
        Ok(totals(cx.tx.all(sql::ROLE_MEMBER_COUNTS, (grant.organization(), MAX_COUNTED + 1)).await?))
    }
}

pub(crate) fn totals(counts: Vec<RoleMemberCount>) -> HashMap<i64, Total> {
    counts.into_iter().map(|count| (count.id, Total::bounded(count.members, MAX_COUNTED))).collect()
}
