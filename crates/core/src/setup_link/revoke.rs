//! Revoking a link.

use super::sql::{self, SetupLink};
use crate::access;
use crate::error::{Code, Result};
use crate::event::SetupLinkRevoked;
use crate::execution::{Command, Context};
use crate::id::{OrganizationId, SetupLinkId};
use crate::permission::{RequiredPermission, Requirement};
use crate::security_log::{Audit, Change};

/// Revokes a setup link: it opens nothing any more when this commits, also where it is open. What was set up by it stays.
///
/// # Errors
/// `FORBIDDEN` without `organization:admin`; `SETUP_LINK_NOT_FOUND`, also for a link that has ended.
#[derive(Debug)]
pub struct Revoke {
    pub organization: OrganizationId,
    pub link: SetupLinkId,
}

impl Command for Revoke {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[Code::SetupLinkNotFound];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SetupLink;

    fn audit(&self) -> Audit {
        Audit::Change(Change::SetupLinkRevoked)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SetupLink> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        let organization = grant.organization();
        cx.subject.setup_link = Some(self.link);
        if cx.tx.execute(sql::REVOKE, (organization, self.link, cx.now)).await? == 0 {
            return Err(Code::SetupLinkNotFound.into());
        }
        cx.emit(SetupLinkRevoked { organization_id: organization, setup_link_id: self.link });
        Ok(cx.tx.one(sql::FIND, (organization, self.link)).await?)
    }
}
