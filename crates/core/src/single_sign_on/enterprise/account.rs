//! Which account the identity of a provider belongs to.

use super::person::Person;
use crate::email_address::EmailAddress;
use crate::enterprise_connection::LiveConnection;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::UserId;
use crate::identity::{self, KnownIdentity, NewIdentity, Profile, Source};
use crate::verification::sql::{ADDRESS_OWNER, MailboxAccess};
use crate::{sign_in, user};

/// What becomes of an identity. Nothing is changed before [`Decision::apply`].
#[derive(Debug)]
pub(super) enum Decision {
    /// Its account.
    Known(KnownIdentity),
    /// It is linked to the account of its address. An account that has the address unverified is claimed.
    Link { address: EmailAddress, user: UserId },
    /// It gets an account.
    Create { address: EmailAddress },
}

impl Decision {
    /// Decides by the identity and, for one that nobody has, by its address.
    ///
    /// # Errors
    /// `USER_DISABLED`; `SSO_ADDRESS_NOT_ALLOWED`, also while the address may not open its account yet;
    /// `SSO_IDENTITY_MISMATCH`.
    pub(super) async fn find(
        cx: &mut Context<'_>,
        connection: &LiveConnection,
        person: &Person,
        profile: &Profile,
    ) -> Result<Self> {
        let source = Source::Enterprise(connection.id);
        if let Some(known) = identity::find(cx, &source, &person.issuer, &person.subject).await? {
            if known.user_is_disabled {
                return Err(Code::UserDisabled.into());
            }
            return Ok(Self::Known(known));
        }
        let address = person.vouched_address(connection, profile)?;
        let Some(owner) = cx.tx.optional(ADDRESS_OWNER, (address.key(),)).await? else {
            return Ok(Self::Create { address });
        };
        match owner.mailbox_access(cx.now, &cx.executor.settings) {
            MailboxAccess::Granted => {}
            // The address is the unverified one of an account with another address. A verified one takes it.
            MailboxAccess::Denied => return Ok(Self::Create { address }),
            MailboxAccess::From(_) => {
                let message = "Your address was added to your account here a short time ago. Sign in to your account another \
                               way, or try again in some days.";
                return Err(Code::SsoAddressNotAllowed.with_message(message));
            }
        }
        if owner.disabled {
            return Err(Code::UserDisabled.into());
        }
        let is_verified = owner.verified_at.is_some();
        if is_verified && identity::has_identity_of(cx, owner.user_id, &source, &person.issuer).await? {
            return Err(Code::SsoIdentityMismatch.into());
        }
        Ok(Self::Link { address, user: owner.user_id })
    }

    /// The account, if there is one already.
    pub(super) const fn user(&self) -> Option<UserId> {
        match self {
            Self::Known(known) => Some(known.user_id),
            Self::Link { user, .. } => Some(*user),
            Self::Create { .. } => None,
        }
    }

    /// The rule, for the trace.
    pub(super) const fn rule(&self) -> &'static str {
        match self {
            Self::Known(_) => "the identity is known",
            Self::Link { .. } => "an account has the address, which is at a verified domain of the connection",
            Self::Create { .. } => "nobody has the address, which is at a verified domain of the connection",
        }
    }

    /// Links the identity, or creates the account.
    ///
    /// # Errors
    /// `SOCIAL_ACCOUNT_ALREADY_CONNECTED` if another request has linked it meanwhile; `TOO_MANY_IDENTITIES`.
    pub(super) async fn apply(
        self,
        cx: &mut Context<'_>,
        connection: &LiveConnection,
        person: &Person,
        profile: &Profile,
    ) -> Result<UserId> {
        let source = Source::Enterprise(connection.id);
        let new = NewIdentity {
            id: cx.id(),
            source: &source,
            issuer: &person.issuer,
            subject: &person.subject,
            profile,
            tokens: None,
        };
        match self {
            Self::Known(known) => {
                identity::touch(cx, known.id, profile, None).await?;
                Ok(known.user_id)
            }
            Self::Link { address, .. } => {
                let owner = sign_in::find_account(cx, address.key()).await.map_err(|problem| match problem.code() {
                    Code::InvalidVerificationCode => Code::SsoAddressNotAllowed.into(),
                    _ => problem,
                })?;
                identity::announce_and_link(cx, owner.user_id, &new, &connection.name).await?;
                Ok(owner.user_id)
            }
            Self::Create { address } => {
                let account = user::NewUser {
                    email: Some(&address),
                    first_name: &profile.first_name,
                    last_name: &profile.last_name,
                    username: None,
                    password: None,
                    language: Some(cx.caller.language),
                };
                let created = account.insert(cx, true).await?;
                identity::link(cx, created, &new).await?;
                Ok(created)
            }
        }
    }
}
