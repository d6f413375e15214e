//! Security notices: mails to every verified address of an account about a change to the ways of signing in or of
//! recovering it, and about the loss of an organization. Each has a link that ends all sessions of the user, in case an
//! attacker made the change.

mod end_sessions;
pub(crate) mod sql;

use std::time::Duration;

use self::sql::Recipient;
use crate::error::Result;
use crate::event::SecondFactorResetCancelled;
use crate::execution::Context;
use crate::id::{NoticeId, UserId};
use crate::outbox;
use crate::security_log::{Change, Subject};
use crate::time::Timestamp;

pub use end_sessions::{EndSessions, EndedSessions};
pub use sql::Notice;

/// How long the link of a notice works.
pub(crate) const LINK_LIFETIME: Duration = Duration::from_hours(72);
/// Notices of one kind to one address within [`RATE_WINDOW`]. The limit is per kind, and for organizations per name, so
/// that many harmless changes cannot hide a harmful one.
const MAX_PER_KIND_AND_ADDRESS: i64 = 5;
const RATE_WINDOW: Duration = Duration::from_hours(24);

/// The event that a notice reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// An address was added. It grants no access to the account before it is verified.
    AddressAdded,
    /// An address was verified. It can sign in and reset the password, at once or after a delay.
    AddressVerified,
    AddressRemoved,
    PrimaryAddressChanged,
    /// The account had no password before.
    PasswordSet,
    PasswordChanged,
    PasswordRemoved,
    /// A new password was set with a mailed code.
    PasswordReset,
    UsernameChanged,
    /// A sign-in in another browser was ended.
    SignInEnded,
    AccountDeleted,
    OrganizationDeleted,
    OwnershipOffered,
    OwnershipTransferred,
    /// Somebody signed in as the user, for support. The detail is their name.
    Impersonated,
    AuthenticatorAdded,
    /// The backup codes were deleted with it.
    AuthenticatorRemoved,
    /// The detail is its name.
    PasskeyAdded,
    /// The detail is its name.
    PasskeyRemoved,
    /// An account at an identity provider was connected. The detail is the name of the provider.
    IdentityAdded,
    /// The detail is the name of the provider; it may be empty.
    IdentityRemoved,
    BackupCodesGenerated,
    /// The detail is the number of codes that are left.
    BackupCodeUsed,
    /// The detail is the number of codes that are left.
    BackupCodesLow,
    /// The first factor was proved, and then wrong codes were entered. The detail is `signed_in` if it was in a
    /// browser in which the user is signed in.
    SecondFactorFailed,
    SecondFactorsReset,
    /// The detail is when the reset takes effect, in microseconds since 1970. The link also cancels the reset.
    SecondFactorResetRequested,
    /// The detail is the name of the new policy.
    SecondFactorPolicyChanged,
}

impl NoticeKind {
    /// Whether notices about different things are limited separately: an attacker can found organizations and delete
    /// them, to delete another one unnoticed, or have resets of second factors cancelled before the one that matters, or
    /// add addresses and remove them again before they remove those of the user.
    const fn is_limited_by_detail(self) -> bool {
        matches!(
            self,
            Self::AddressRemoved
                | Self::BackupCodeUsed
                | Self::IdentityAdded
                | Self::IdentityRemoved
                | Self::OrganizationDeleted
                | Self::OwnershipOffered
                | Self::OwnershipTransferred
                | Self::PasskeyAdded
                | Self::PasskeyRemoved
                | Self::SecondFactorResetRequested
        )
    }
}

vestibule_db::text_enum!(
    NoticeKind: AddressAdded = "address_added",
    AddressVerified = "address_verified",
    AddressRemoved = "address_removed",
    PrimaryAddressChanged = "primary_address_changed",
    PasswordSet = "password_set",
    PasswordChanged = "password_changed",
    PasswordRemoved = "password_removed",
    PasswordReset = "password_reset",
    UsernameChanged = "username_changed",
    SignInEnded = "sign_in_ended",
    AccountDeleted = "account_deleted",
    OrganizationDeleted = "organization_deleted",
    OwnershipOffered = "ownership_offered",
    OwnershipTransferred = "ownership_transferred",
    Impersonated = "impersonated",
    AuthenticatorAdded = "authenticator_added",
    AuthenticatorRemoved = "authenticator_removed",
    PasskeyAdded = "passkey_added",
    PasskeyRemoved = "passkey_removed",
    IdentityAdded = "identity_added",
    IdentityRemoved = "identity_removed",
    BackupCodesGenerated = "backup_codes_generated",
    BackupCodeUsed = "backup_code_used",
    BackupCodesLow = "backup_codes_low",
    SecondFactorFailed = "second_factor_failed",
    SecondFactorsReset = "second_factors_reset",
    SecondFactorResetRequested = "second_factor_reset_requested",
    SecondFactorPolicyChanged = "second_factor_policy_changed",
);

/// Enqueues a notice to each verified address of the user, as this transaction sees them: call it before the change, so
/// that a removed address and those of a deleted account get the notice, and a new address does not. `detail` is the
/// address or the name that the change is about, or what its kind says; it may be empty.
///
/// Sends nothing if no mail is configured. Of what an API key has done, it does not contain an IP address.
pub(crate) async fn notify(cx: &mut Context<'_>, user: UserId, kind: NoticeKind, detail: &str) -> Result<()> {
    // The address and the browser of a backend would mislead the user.
    if cx.api_key.is_some() {
        return notify_of_other(cx, user, kind, detail).await;
    }
    let address = cx.caller.address_text();
    let user_agent = cx.caller.user_agent.clone();
    let expires_at = cx.now.plus(LINK_LIFETIME);
    insert(cx, user, kind, detail, (&address, &user_agent), expires_at).await
}

/// Like [`notify`], about what another user has done. The notice does not contain their IP address and browser.
pub(crate) async fn notify_of_other(cx: &mut Context<'_>, user: UserId, kind: NoticeKind, detail: &str) -> Result<()> {
    let expires_at = cx.now.plus(LINK_LIFETIME);
    insert(cx, user, kind, detail, ("", ""), expires_at).await
}

/// Notifies the user of a reset of their second factors that takes effect later, also at addresses that were removed a
/// short time ago. The link works at least until then, so that they can object.
pub(crate) async fn notify_of_reset(cx: &mut Context<'_>, user: UserId, due_at: Timestamp) -> Result<()> {
    let detail = due_at.as_microseconds().to_string();
    let expires_at = due_at.max(cx.now.plus(LINK_LIFETIME));
    let recipients = cx.tx.all(sql::RECIPIENTS_OF_RESET, (user, cx.now)).await?;
    insert_for(cx, user, recipients, (NoticeKind::SecondFactorResetRequested, &detail), ("", ""), expires_at).await
}

/// Cancels the waiting reset of a user's second factors, and returns whether one was waiting.
pub(crate) async fn cancel_reset(cx: &mut Context<'_>, user: UserId) -> Result<bool> {
    let is_cancelled = cx.tx.optional(sql::CANCEL_RESET, (user,)).await?.is_some();
    if is_cancelled {
        cx.emit(SecondFactorResetCancelled { user_id: user });
        let subject = Subject { target_user: Some(user), ..cx.subject };
        cx.log_change(Change::SecondFactorResetCancelled, subject);
    }
    Ok(is_cancelled)
}

async fn insert(
    cx: &mut Context<'_>,
    user: UserId,
    kind: NoticeKind,
    detail: &str,
    source: (&str, &str),
    expires_at: Timestamp,
) -> Result<()> {
    let recipients = cx.tx.all(sql::RECIPIENTS, (user,)).await?;
    insert_for(cx, user, recipients, (kind, detail), source, expires_at).await
}

/// `source` is an IP address and a browser, which may be empty.
async fn insert_for(
    cx: &mut Context<'_>,
    user: UserId,
    recipients: Vec<Recipient>,
    (kind, detail): (NoticeKind, &str),
    (ip_address, user_agent): (&str, &str),
    expires_at: Timestamp,
) -> Result<()> {
    if cx.executor.mail_transport.is_none() {
        return Ok(());
    }
    for recipient in recipients {
        let notice: NoticeId = cx.id();
        let row = sql::NewNotice {
            id: notice,
            user,
            kind,
            address: &recipient.address,
            address_key: &recipient.address_key,
            language: recipient.language,
            detail,
            ip_address,
            user_agent,
            expires_at,
            now: cx.now,
            counted_after: cx.now.minus(RATE_WINDOW),
            max: MAX_PER_KIND_AND_ADDRESS,
            counted_detail: kind.is_limited_by_detail().then_some(detail),
        };
        if cx.tx.optional(sql::INSERT, row).await?.is_some() {
            outbox::enqueue_security_notice(cx, notice).await?;
        }
    }
    Ok(())
}
