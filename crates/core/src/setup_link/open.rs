//! Opening a link.

use super::sql;
use crate::caller::{self, CurrentSetupLink};
use crate::error::{Code, Result};
use crate::event::SetupLinkUsed;
use crate::execution::{Command, Context, Query};
use crate::permission::Requirement;
use crate::rate_limit;
use crate::secret::SetupToken;
use crate::security_log::{Audit, Change};

/// Opens a setup link, which is logged. The operations that follow have the token in
/// [`Caller::setup_token`](crate::Caller::setup_token), and are logged with the link as their actor.
///
/// # Errors
/// `INVALID_SETUP_LINK`; `TOO_MANY_REQUESTS`.
#[derive(Debug)]
pub struct Open {
    pub token: SetupToken,
}

impl Command for Open {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidSetupLink, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = CurrentSetupLink;

    fn audit(&self) -> Audit {
        Audit::Change(Change::SetupLinkOpened)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<CurrentSetupLink> {
        let link = load(cx, &self.token).await?;
        let (organization, id) = (link.organization_id, link.id);
        cx.subject.organization = Some(organization);
        cx.subject.setup_link = Some(id);
        rate_limit::record_setup_link(cx, id).await?;
        if cx.tx.execute(sql::MARK_USED, (organization, id, cx.now)).await? == 0 {
            return Err(Code::InvalidSetupLink.into());
        }
        // The actor of the event.
        cx.setup_link = Some(link.clone());
        cx.emit(SetupLinkUsed { organization_id: organization, setup_link_id: id });
        Ok(link)
    }
}

/// Shows a setup link to the holder of its token. Nothing is logged.
///
/// # Errors
/// `INVALID_SETUP_LINK`.
#[derive(Debug)]
pub struct Show {
    pub token: SetupToken,
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidSetupLink];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = CurrentSetupLink;

    async fn run(&self, cx: &mut Context<'_>) -> Result<CurrentSetupLink> {
        load(cx, &self.token).await
    }
}

async fn load(cx: &mut Context<'_>, token: &SetupToken) -> Result<CurrentSetupLink> {
    let found = caller::load_setup_link(&mut cx.tx, token, cx.now).await?;
    Ok(found.ok_or(Code::InvalidSetupLink)?)
}
