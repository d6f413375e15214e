//! Why somebody may do something, or why not.

use super::sql;
use crate::access::{self, Grant};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::OrganizationId;
use crate::membership::{self, MembershipRole};
use crate::permission::{PermissionSet, RequiredPermission, Requirement};

/// Something that can be done in an organization, by the name that callers ask for it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// What every member may.
    Member(&'static str),
    /// What takes a permission.
    With(&'static str, RequiredPermission),
    /// Leaving, which the last admin may not.
    Leave,
}

const LEAVE: &str = "leave";

/// Every action there is.
pub const ACTIONS: &[Action] = &[
    Action::Member("list_members"),
    Action::Member("list_roles"),
    Action::Member("create_workspace"),
    Action::With("list_invitations", RequiredPermission::ManageMembers),
    Action::With("invite", RequiredPermission::ManageMembers),
    Action::With("resend_invitation", RequiredPermission::ManageMembers),
    Action::With("discard_invitation", RequiredPermission::ManageMembers),
    Action::With("remove_member", RequiredPermission::ManageMembers),
    Action::With("give_role", RequiredPermission::ManageMembers),
    Action::With("take_role", RequiredPermission::ManageMembers),
    Action::With("define_role", RequiredPermission::ManageRoles),
    Action::With("remove_role", RequiredPermission::ManageRoles),
    Action::With("update", RequiredPermission::ManageSettings),
    Action::With("delete", RequiredPermission::Admin),
    Action::Leave,
];

impl Action {
    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        ACTIONS.iter().copied().find(|action| action.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member(name) | Self::With(name, _) => name,
            Self::Leave => LEAVE,
        }
    }
}

/// Whether the caller may do something here, and why.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` for who is no member, to whom nothing is explained.
#[derive(Debug)]
pub struct Explain {
    /// Where.
    pub organization: OrganizationId,
    /// What.
    pub action: Action,
}

/// The answer to why.
#[derive(Debug)]
pub struct Explanation {
    /// What it would be refused with.
    pub refusal: Option<Code>,
    /// The caller's roles that allow it.
    pub by: Vec<MembershipRole>,
    /// The permission that would do, when none of the caller's does.
    pub missing: Option<&'static str>,
}

impl Query for Explain {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = Explanation;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Explanation> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let (organization, membership) = (grant.organization(), grant.membership());
        let roles = cx.tx.all(membership::sql::ROLES_BETWEEN, (organization, membership, membership)).await?;
        let need = match self.action {
            Action::Member(_) => RequiredPermission::Membership,
            Action::With(_, need) => need,
            Action::Leave => return leave(cx, &grant).await,
        };
        let allows = |role: &MembershipRole| PermissionSet::satisfies(&role.permissions, need);
        if grant.permissions().satisfies(need) {
            let by = roles.into_iter().filter(allows).collect();
            return Ok(Explanation { refusal: None, by, missing: None });
        }
        Ok(Explanation { refusal: Some(Code::Forbidden), by: Vec::new(), missing: need.permission() })
    }
}

async fn leave(cx: &mut Context<'_>, grant: &Grant) -> Result<Explanation> {
    let other = cx.tx.optional(sql::OTHER_ADMIN, (grant.organization(), grant.membership())).await?;
    let refusal = other.is_none().then_some(Code::LastAdmin);
    Ok(Explanation { refusal, by: Vec::new(), missing: None })
}
