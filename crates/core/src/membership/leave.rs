//! Going.

use super::sql;
use crate::access::{self, Need};
use crate::context::{Command, Context};
use crate::error::{Code, Result};
use crate::id::OrganizationId;
use crate::invitation;

/// Ends the caller's membership of an organization, and of all its workspaces. The invitations they sent stay, without
/// an inviter; those that were suspended stay suspended (decision 18).
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` for who is no member; `LAST_ADMIN` when the organization, or one of its
/// workspaces, would be left without an admin.
#[derive(Debug)]
pub struct Leave {
    /// Which organization.
    pub organization: OrganizationId,
}

impl Command for Leave {
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, Need::Membership).await?;
        let (organization, membership) = (grant.organization(), grant.membership());
        invitation::authority::suspend_sent(cx, organization, membership).await?;
        cx.tx.execute(sql::LEAVE_WORKSPACES, (organization, membership, cx.now)).await?;
        cx.tx.optional(sql::DELETE, (organization, membership)).await?.ok_or(Code::LastAdmin)?;
        cx.tx.execute(sql::REMOVE_MEMBER, (organization, cx.now)).await?;
        Ok(())
    }
}
