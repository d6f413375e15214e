//! Events of accounts: what opens them, and who is signed in. They are in the log of the installation. Those of second
//! factors are in their own file.

use super::field::{Changed, Personal};
use super::payload::payloads;
use crate::id::{EmailAddressId, SignInId, UserId};
use crate::time::Timestamp;

payloads! {
    /// An account was created.
    UserCreated("user.created", User(user_id), User(user_id)) {
        user_id: UserId,
        /// Absent if it has no address yet.
        email: Option<Personal<String>>,
        first_name: Option<Personal<String>>,
        last_name: Option<Personal<String>>,
    }

    /// The profile or the settings of an account were changed. Only what changed is in `before` and `after`.
    UserUpdated("user.updated", User(user_id), User(user_id)) {
        user_id: UserId,
        first_name: Option<Personal<Changed<String>>>,
        last_name: Option<Personal<Changed<String>>>,
        username: Option<Personal<Changed<String>>>,
        /// Whether the image was replaced or removed.
        image_changed: Option<bool>,
        /// Whether a backend replaced metadata.
        metadata_changed: Option<bool>,
    }

    /// An account was deleted. Its personal data is erased from the audit log.
    UserDeleted("user.deleted", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// All access of an account was ended, and it cannot sign in any more.
    UserDisabled("user.disabled", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// A disabled account can sign in again.
    UserEnabled("user.enabled", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// An address was added to an account. It opens the account once it is verified.
    EmailAdded("user.email.added", UserEmail(email_id), User(user_id)) {
        user_id: UserId,
        email_id: EmailAddressId,
        email: Personal<String>,
    }

    /// The user has proved that an address is theirs.
    EmailVerified("user.email.verified", UserEmail(email_id), User(user_id)) {
        user_id: UserId,
        email_id: EmailAddressId,
        email: Option<Personal<String>>,
    }

    /// An address was removed from an account.
    EmailRemoved("user.email.removed", UserEmail(email_id), User(user_id)) {
        user_id: UserId,
        email_id: EmailAddressId,
        email: Option<Personal<String>>,
    }

    /// Another address became the primary one.
    EmailPrimaryChanged("user.email.primary.changed", UserEmail(email_id), User(user_id)) {
        user_id: UserId,
        email_id: EmailAddressId,
        email: Option<Personal<String>>,
    }

    /// A password was set or changed.
    PasswordUpdated("user.password.updated", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// A password was removed.
    PasswordRemoved("user.password.removed", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// A forgotten password was replaced.
    PasswordReset("user.password.reset", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// A user signed in.
    SessionCreated("session.created", Session(sign_in_id), User(user_id)) {
        user_id: UserId,
        sign_in_id: SignInId,
        /// How they proved who they are: `password`, `email_otp`, `magic_link`, `sign_up`, `passkey`, `social`,
        /// `enterprise_sso` or `enterprise_sso_mfa`; after a second factor that one: `authenticator` or `backup_code`.
        method: &'static str,
        /// When it ends by itself, unless it is unused for the idle timeout before.
        expires_at: Timestamp,
    }

    /// A user signed out, or one of their sign-ins was ended.
    SessionDeleted("session.deleted", Session(sign_in_id), User(user_id)) {
        user_id: UserId,
        sign_in_id: SignInId,
    }

    /// Several sign-ins of a user were ended at once, with those of people who were signed in as the user, for support.
    SessionsDeleted("session.all_deleted", User(user_id), User(user_id)) {
        user_id: UserId,
        /// How many.
        count: i64,
    }

    /// The attempts at the password or at the mailed codes of an account are used up: unless the last one was right,
    /// further ones are refused for some time.
    UserLocked("user.locked", User(user_id), User(user_id)) {
        user_id: UserId,
        /// What was tried: `sign_in`, `password` in a session, `code` for a mailed one, or `second_factor`.
        attempted: &'static str,
        /// Until when they are refused.
        locked_until: Timestamp,
    }
}
