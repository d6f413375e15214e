//! Inviting an address to sign up.

use std::time::Duration;

use super::{InvitationWithToken, sql};
use crate::access::require_unbound_key;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::event::{DeploymentInvitationCreated, Personal};
use crate::execution::{Command, Context};
use crate::id::DeploymentInvitationId;
use crate::language::Language;
use crate::names::PersonName;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::{outbox, rate_limit};

const DAY: Duration = Duration::from_hours(24);

/// Invites an address to sign up.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `INVITATION_EXISTS` if the address is invited already; `EMAIL_EXISTS` if an account has
/// verified it; `TOO_MANY_REQUESTS` if it was mailed too many.
#[derive(Debug)]
pub struct Create {
    pub email: EmailAddress,
    pub first_name: PersonName,
    pub last_name: PersonName,
    /// `None` for the setting.
    pub expiry_days: Option<u16>,
    /// The language of its mail; `None` for the setting.
    pub language: Option<Language>,
    pub sends_mail: bool,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyBoundToOrganization, Code::InvitationExists, Code::EmailExists, Code::TooManyRequests];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::InvitationsWrite);
    type Out = InvitationWithToken;

    fn audit(&self) -> Audit {
        Audit::Change(Change::SignUpInvitationCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationWithToken> {
        require_unbound_key(cx)?;
        let draft = Draft {
            email: &self.email,
            first_name: self.first_name.as_str(),
            last_name: self.last_name.as_str(),
            expiry_days: self.expiry_days,
            language: self.language,
            sends_mail: self.sends_mail,
        };
        insert(cx, &draft).await
    }
}

/// The data of a new invitation.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) email: &'a EmailAddress,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
    pub(crate) expiry_days: Option<u16>,
    pub(crate) language: Option<Language>,
    pub(crate) sends_mail: bool,
}

/// Inserts an invitation, and enqueues its mail.
///
/// # Errors
/// `INVITATION_EXISTS`; `EMAIL_EXISTS`; `TOO_MANY_REQUESTS`.
pub(crate) async fn insert(cx: &mut Context<'_>, draft: &Draft<'_>) -> Result<InvitationWithToken> {
    let key = draft.email.key();
    if cx.tx.optional(sql::VERIFIED_OWNER, (key,)).await?.is_some() {
        return Err(Code::EmailExists.into());
    }
    cx.tx.execute(sql::DELETE_EXPIRED, (key, cx.now)).await?;
    let id: DeploymentInvitationId = cx.id();
    let days = draft.expiry_days.unwrap_or(cx.executor.settings.invitations.expiry_days);
    let row = sql::NewInvitation {
        id,
        email: draft.email.as_str(),
        email_key: key,
        first_name: draft.first_name,
        last_name: draft.last_name,
        language: draft.language,
        now: cx.now,
        expires_at: cx.now.plus(DAY * u32::from(days)).whole_second(),
    };
    if cx.tx.execute(sql::INSERT, row).await? == 0 {
        return Err(Code::InvitationExists.into());
    }
    cx.emit(DeploymentInvitationCreated {
        deployment_invitation_id: id,
        expires_at: row.expires_at,
        email: Personal(key.to_owned()),
    });
    if draft.sends_mail {
        rate_limit::take_sign_up_recipient(cx, key).await?;
        outbox::enqueue_deployment_invitation(cx, id).await?;
    }
    let invitation = cx.tx.one(sql::FIND, (id,)).await?;
    Ok(InvitationWithToken::new(cx, invitation))
}
