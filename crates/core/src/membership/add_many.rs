//! Adding a list of users to an organization.

use super::add::{Checks, NewMember, insert};
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::{MembershipId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// The maximum number of rows in one call.
pub const MAX_ROWS: usize = 1000;

/// Adds a list of users. Every row is checked, then all valid ones are added in one transaction.
///
/// # Errors
/// `FORBIDDEN` without an API key; `KEY_BOUND_TO_ORGANIZATION`; `TOO_MANY_ROWS`. The error of a row is part of the
/// result: those of [`Add`], and `DUPLICATE_ROW`.
///
/// [`Add`]: super::Add
#[derive(Debug)]
pub struct AddMany {
    pub organization: OrganizationId,
    /// A parsed row, or why it could not be parsed.
    pub rows: Vec<Result<NewMember>>,
    /// Only check.
    pub dry_run: bool,
    /// Add nobody if any row is invalid.
    pub all_or_nothing: bool,
}

#[derive(Debug)]
pub struct AddedMembers {
    /// Whether the valid rows were added.
    pub done: bool,
    /// In the order of the request: the new membership, `None` if the row is valid but was not added, or the error.
    pub rows: Vec<Result<Option<MembershipId>, Problem>>,
}

impl Command for AddMany {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::TooManyRows, Code::OrganizationFull];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = AddedMembers;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AddedMembers> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        grant.api_key()?;
        access::require_unbound_key(cx)?;
        if self.rows.len() > MAX_ROWS {
            return Err(Code::TooManyRows.into());
        }
        let users: Vec<_> = self.rows.iter().filter_map(|row| row.as_ref().ok()).map(|row| row.user).collect();
        let mut checks = Checks::load(cx, &grant, &users).await?;
        let mut valid = Vec::with_capacity(users.len());
        let mut rows: Vec<Result<Option<MembershipId>>> = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let checked = match row {
                Ok(new) => checks.check(cx, &grant, new).map(|roles| valid.push((new.user, roles))),
                Err(problem) => Err(problem.clone()),
            };
            rows.push(checked.map(|()| None));
        }
        let mut refused = rows.iter().filter_map(|row| row.as_ref().err()).map(Problem::code);
        cx.subject.partial_refusal = refused.find(|code| *code == Code::RoleExceedsYours);
        let is_blocked = self.all_or_nothing && rows.iter().any(Result::is_err);
        let done = !self.dry_run && !is_blocked;
        if done && !valid.is_empty() {
            let added = insert(cx, &grant, &valid).await?;
            for (row, membership) in rows.iter_mut().filter(|row| row.is_ok()).zip(added) {
                *row = Ok(Some(membership));
            }
        }
        Ok(AddedMembers { done, rows })
    }
}
