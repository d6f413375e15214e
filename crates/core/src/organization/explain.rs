//! Explaining why the caller may, or may not, perform an action.

use super::sql;
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::membership::{self, MembershipRole};
use crate::permission::{ADMIN, PermissionSet, RequiredPermission, Requirement};

/// An action in an organization, named as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Allowed to every member.
    Member(&'static str),
    /// Requires a permission.
    WithPermission(&'static str, RequiredPermission),
    /// Refused to the last admin.
    Leave,
}

const LEAVE: &str = "leave";

pub const ACTIONS: &[Action] = &[
    Action::Member("list_members"),
    Action::Member("list_roles"),
    Action::Member("create_workspace"),
    Action::WithPermission("list_invitations", RequiredPermission::ManageMembers),
    Action::WithPermission("invite", RequiredPermission::ManageMembers),
    Action::WithPermission("resend_invitation", RequiredPermission::ManageMembers),
    Action::WithPermission("discard_invitation", RequiredPermission::ManageMembers),
    Action::WithPermission("remove_member", RequiredPermission::ManageMembers),
    Action::WithPermission("give_role", RequiredPermission::ManageMembers),
    Action::WithPermission("take_role", RequiredPermission::ManageMembers),
    Action::WithPermission("define_role", RequiredPermission::ManageRoles),
    Action::WithPermission("remove_role", RequiredPermission::ManageRoles),
    Action::WithPermission("update", RequiredPermission::ManageSettings),
    Action::WithPermission("delete", RequiredPermission::Admin),
    Action::Leave,
];

impl Action {
    /// Parses the wire name.
    pub fn parse(name: &str) -> Option<Self> {
        ACTIONS.iter().copied().find(|action| action.name() == name)
    }

    /// The wire name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member(name) | Self::WithPermission(name, _) => name,
            Self::Leave => LEAVE,
        }
    }
}

/// Explains whether the caller may perform an action, and why.
///
/// # Errors
/// `FORBIDDEN` for a non-member.
#[derive(Debug)]
pub struct Explain {
    pub organization: OrganizationId,
    pub action: Action,
}

#[derive(Debug)]
pub struct Explanation {
    /// The code that the action would be refused with.
    pub refusal: Option<Code>,
    /// The caller's roles that allow the action.
    pub granted_by: Vec<MembershipRole>,
    /// The permission that would allow it.
    pub missing_permission: Option<&'static str>,
}

impl Query for Explain {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = Explanation;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Explanation> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let (organization, membership) = (grant.organization(), grant.member()?.membership);
        let roles = membership::load_roles(cx, organization, [membership]).await?;
        let required = match self.action {
            Action::Member(_) => RequiredPermission::Membership,
            Action::WithPermission(_, required) => required,
            Action::Leave => return explain_leave(cx, &grant).await,
        };
        let allows = |role: &MembershipRole| PermissionSet::satisfies(&role.permissions, required);
        if grant.permissions().satisfies(required) {
            let granted_by = roles.into_iter().filter(allows).collect();
            return Ok(Explanation { refusal: None, granted_by, missing_permission: None });
        }
        Ok(Explanation {
            refusal: Some(Code::Forbidden),
            granted_by: Vec::new(),
            missing_permission: required.permission(),
        })
    }
}

async fn explain_leave(cx: &mut Context<'_>, grant: &Grant) -> Result<Explanation> {
    let other = cx.tx.optional(sql::OTHER_ADMIN, (grant.organization(), grant.member()?.membership)).await?;
    let is_last_admin = other.is_none() && grant.permissions().contains(ADMIN);
    let refusal = is_last_admin.then_some(Code::LastAdmin);
    Ok(Explanation { refusal, granted_by: Vec::new(), missing_permission: None })
}
