//! Invitations to sign up: a backend lets an address sign up while sign-up is restricted or by waitlist.
//!
//! Like an invitation to an organization, it has two tokens. The one that lists show names the invitation; the mailed
//! one also proves the mailbox, so that the address of the new account is verified.

mod create;
mod delete;
mod list;
pub(crate) mod sql;
mod validate;

use crate::error::Result;
use crate::execution::Context;
use crate::secret::DeploymentInvitationToken;

pub use create::Create;
pub(crate) use create::{Draft, insert};
pub use delete::Delete;
pub use list::List;
pub use sql::DeploymentInvitation;
pub use validate::{Validate, Validation};

/// How long an expired invitation stays in the list.
pub(crate) const RETENTION: std::time::Duration = std::time::Duration::from_hours(30 * 24);

/// An invitation with the token that lists show.
#[derive(Debug)]
pub struct InvitationWithToken {
    pub invitation: DeploymentInvitation,
    pub token: DeploymentInvitationToken,
}

impl InvitationWithToken {
    pub(crate) fn new(cx: &Context<'_>, invitation: DeploymentInvitation) -> Self {
        Self { token: cx.executor.keys.deployment_invitation_token(invitation.id), invitation }
    }
}

/// Finds the invitation of a token, also an expired one.
pub(crate) async fn find_by_token(
    cx: &mut Context<'_>,
    token: &DeploymentInvitationToken,
) -> Result<Option<DeploymentInvitation>> {
    let found = cx.tx.optional(sql::FIND, (token.invitation(),)).await?;
    let keys = &cx.executor.keys;
    Ok(found.filter(|found| token.matches(&keys.mailed_deployment_token(found.id))))
}
