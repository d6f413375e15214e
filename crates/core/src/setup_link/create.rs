//! Creating a link.

use std::time::Duration;

use super::sql::{self, SetupLink};
use super::{MAX_LIFETIME, MAX_LINKS, MIN_LIFETIME};
use crate::access::{self, Member};
use crate::error::{Code, Problem, Result};
use crate::event::{Personal, SetupLinkCreated};
use crate::execution::{Command, Context};
use crate::id::OrganizationId;
use crate::names::SetupRecipient;
use crate::permission::{RequiredPermission, Requirement};
use crate::reauthentication::require_recent_proof;
use crate::secret::SetupToken;
use crate::security_log::{Audit, Change};
use crate::settings::Settings;
use crate::setup_purpose::SetupPurposes;

/// The links that stay listed when a new one is made, also those that have ended.
const MAX_LISTED: i64 = 100;

/// Creates a setup link. The caller must have proved who they are recently: the link works when they have signed out.
///
/// # Errors
/// `FORBIDDEN` without `organization:admin`; `REAUTHENTICATION_REQUIRED`; `INVALID_FIELD` for a lifetime of less than an hour
/// or more than 30 days; `SETUP_LINK_LIMIT`.
#[derive(Debug)]
pub struct Create {
    pub organization: OrganizationId,
    pub purposes: SetupPurposes,
    pub recipient: SetupRecipient,
    pub lifetime: Duration,
}

/// A new link. Its token is shown once, and never stored.
#[derive(Debug)]
pub struct NewSetupLink {
    pub link: SetupLink,
    pub token: SetupToken,
}

impl NewSetupLink {
    /// The URL for the recipient. Browsers do not send the token, which is in the fragment.
    pub fn url(&self, settings: &Settings) -> String {
        format!("{}/setup#token={}", settings.public_url.as_str(), self.token.reveal())
    }
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired, Code::InvalidField, Code::SetupLinkLimit];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = NewSetupLink;

    fn audit(&self) -> Audit {
        Audit::Change(Change::SetupLinkCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<NewSetupLink> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        let Member { membership, .. } = grant.member()?;
        require_recent_proof(cx).await?;
        if !(MIN_LIFETIME..=MAX_LIFETIME).contains(&self.lifetime) {
            return Err(Problem::field("expires_in_hours", "use a number from 1 to 720."));
        }
        let (organization, id) = (grant.organization(), cx.id());
        cx.subject.setup_link = Some(id);
        cx.tx.execute(sql::DELETE_ENDED, (organization, cx.now, MAX_LISTED)).await?;
        let token = SetupToken::new(cx.random());
        let (digest, purposes, expires_at) = (token.digest(), self.purposes.to_string(), cx.now.plus(self.lifetime));
        let row = sql::NewLink {
            id,
            organization,
            created_by: membership,
            token_digest: &digest,
            purposes: &purposes,
            recipient: self.recipient.as_str(),
            expires_at,
            now: cx.now,
            max: MAX_LINKS,
        };
        if cx.tx.execute(sql::INSERT, row).await? == 0 {
            return Err(Code::SetupLinkLimit.into());
        }
        cx.emit(SetupLinkCreated {
            organization_id: organization,
            setup_link_id: id,
            purposes: self.purposes.names().into_iter().map(str::to_owned).collect(),
            recipient: Personal(self.recipient.as_str().to_owned()),
            expires_at,
        });
        Ok(NewSetupLink { link: cx.tx.one(sql::FIND, (organization, id)).await?, token })
    }
}
