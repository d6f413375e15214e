//! Statements on verification attempts, which belong to a session and to no organization.

use vestibule_db::{Text, record, sql};

use super::{Method, Purpose};
use crate::id::{AttemptId, EmailAddressId, SessionId, UserId};
use crate::language::Language;
use crate::password::PasswordDigest;
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::user;

record! {
    /// A verification attempt.
    pub struct Attempt {
        pub id: AttemptId,
        pub session_id: SessionId,
        pub purpose: Purpose,
        pub method: Method,
        pub(crate) address: String,
        /// The normalized address.
        pub address_key: String,
        /// The unverified address or the claim that is verified, if it belongs to an account.
        pub(crate) email_id: Option<EmailAddressId>,
        pub(crate) claim_id: Option<EmailAddressId>,
        /// What the mail says that the code is for. May be empty.
        pub(crate) detail: String,
        pub(crate) generation: i64,
        pub(crate) sent_at: Option<Timestamp>,
        pub(crate) completed_at: Option<Timestamp>,
        pub first_name: String,
        pub last_name: String,
        pub username: Option<String>,
        pub(crate) password_digest: Option<PasswordDigest>,
        /// The redirect target of the magic link; may be empty.
        pub return_to: String,
        /// Whether the magic link opens `return_to` itself, with its token in the query, and not our page.
        pub(crate) opens_return_to: bool,
        pub(crate) language: Language,
        pub expires_at: Timestamp,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// The account that has an address.
    pub(crate) struct Owner {
        pub(crate) email_id: EmailAddressId,
        pub(crate) user_id: UserId,
        pub(crate) verified_at: Option<Timestamp>,
        /// Whether the account had another verified address when this one was verified.
        pub(crate) is_linked: bool,
        pub(crate) disabled: bool,
        pub(crate) language: Option<Language>,
        /// Whether the account has another address that is verified.
        pub(crate) has_other_verified: bool,
    }
}

/// Whether access to a mailbox grants access to the account that has its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailboxAccess {
    Granted,
    /// The address was linked to the account a short time ago. See [`user::grants_access_at`].
    From(Timestamp),
    Denied,
}

impl Owner {
    /// An unverified address grants access only while the account has no verified one, whose owner would otherwise
    /// share it.
    pub(crate) fn mailbox_access(&self, now: Timestamp, settings: &Settings) -> MailboxAccess {
        match self.verified_at {
            Some(verified_at) => {
                let granted_at = user::grants_access_at(verified_at, self.is_linked, settings);
                if granted_at <= now { MailboxAccess::Granted } else { MailboxAccess::From(granted_at) }
            }
            None if self.has_other_verified => MailboxAccess::Denied,
            None => MailboxAccess::Granted,
        }
    }

    /// Whether access to the mailbox grants access to the account at this time.
    pub(crate) fn grants_access(&self, now: Timestamp, settings: &Settings) -> bool {
        self.mailbox_access(now, settings) == MailboxAccess::Granted
    }
}

/// A statement that reads all columns of an [`Attempt`].
macro_rules! attempt {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, session_id, purpose, method, address, address_key, email_id, claim_id, detail, generation, sent_at, completed_at,
              first_name, last_name, username, password_digest, return_to, opens_return_to, language, expires_at, created_at, updated_at ",
            $after
        )
    };
}

sql! {
    INSERT(NewAttempt {
        id: AttemptId,
        session: SessionId,
        purpose: Purpose,
        method: Method,
        address: Text,
        address_key: Text,
        email: Option<EmailAddressId>,
        claim: Option<EmailAddressId>,
        generation: i64,
        first_name: Text,
        last_name: Text,
        username: Option<Text>,
        password_digest: Option<Text>,
        language: Language,
        expires_at: Timestamp,
        now: Timestamp,
        detail: Text,
    }) -> Attempt =
        attempt!(
            "INSERT INTO attempts (id, session_id, purpose, method, address, address_key, email_id, claim_id, generation,
                                   first_name, last_name, username, password_digest, language, expires_at, created_at,
                                   updated_at, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)
          RETURNING", "");

    FIND(SessionId, AttemptId) -> Attempt = attempt!("SELECT", "FROM attempts WHERE session_id = $1 AND id = $2");

    /// For the mail worker.
    BY_ID(AttemptId) -> Attempt = attempt!("SELECT", "FROM attempts WHERE id = $1");

    /// The newest open attempt for an address.
    NEWEST(SessionId, Purpose, Text, Timestamp) -> Attempt =
        attempt!("SELECT", "FROM attempts
                  WHERE session_id = $1 AND purpose = $2 AND address_key = $3 AND completed_at IS NULL AND expires_at > $4
                  ORDER BY id DESC LIMIT 1");

    /// The newest open attempts to sign in or up, newest first.
    OPEN(SessionId, Timestamp) -> Attempt =
        attempt!("SELECT", "FROM attempts
                  WHERE session_id = $1 AND purpose IN ('sign_in', 'sign_up') AND completed_at IS NULL AND expires_at > $2
                  ORDER BY id DESC LIMIT 10");

    /// Starts a new generation, which invalidates codes and links mailed before. Returns no row after the last mail.
    RECORD_SEND(Sending {
        id: AttemptId,
        generation: i64,
        method: Method,
        return_to: Text,
        opens_return_to: bool,
        now: Timestamp,
        max_sendings: i64,
    }) -> Attempt =
        attempt!(
            "UPDATE attempts
                SET generation = $2, method = $3, return_to = $4, opens_return_to = $5, sendings = sendings + 1,
                    sent_at = $6, updated_at = $6
              WHERE id = $1 AND completed_at IS NULL AND expires_at > $6 AND sendings < $7
          RETURNING", "");

    /// Returns no row after the last allowed check.
    RECORD_CHECK(AttemptId, Timestamp, i64) -> Attempt =
        attempt!(
            "UPDATE attempts SET tries = tries + 1, updated_at = $2
              WHERE id = $1 AND completed_at IS NULL AND expires_at > $2 AND tries < $3
          RETURNING", "");

    /// Succeeds once per generation.
    MARK_VERIFIED(AttemptId, i64, Timestamp) -> (AttemptId,) =
        "UPDATE attempts SET proved_at = $3, updated_at = $3
          WHERE id = $1 AND generation = $2 AND completed_at IS NULL AND proved_at IS NULL AND expires_at > $3
      RETURNING id";

    /// The `completed_at` condition makes concurrent completions exclusive.
    COMPLETE(AttemptId, i64, Timestamp) -> (AttemptId,) =
        "UPDATE attempts SET completed_at = $3, updated_at = $3
          WHERE id = $1 AND generation = $2 AND completed_at IS NULL AND expires_at > $3
      RETURNING id";

    /// Like `COMPLETE`, for an attempt whose code was checked before.
    COMPLETE_VERIFIED(AttemptId, i64, Timestamp) -> (AttemptId,) =
        "UPDATE attempts SET completed_at = $3, updated_at = $3
          WHERE id = $1 AND generation = $2 AND completed_at IS NULL AND proved_at IS NOT NULL AND expires_at > $3
      RETURNING id";

    /// Ends every attempt of the sessions in which this user is signed in.
    DELETE_IN_SESSIONS_OF_USER(UserId) =
        "DELETE FROM attempts WHERE session_id IN (SELECT session_id FROM sign_ins WHERE user_id = $1)";

    /// The account that has an address, verified or not. [`Owner::mailbox_access`] decides what that means.
    ADDRESS_OWNER(Text) -> Owner =
        "SELECT e.id AS email_id, e.user_id AS user_id, e.verified_at AS verified_at, e.is_linked AS is_linked,
                u.disabled AS disabled, u.language AS language,
                CASE WHEN EXISTS (SELECT 1 FROM email_addresses o
                                   WHERE o.user_id = e.user_id AND o.id <> e.id AND o.verified_at IS NOT NULL)
                     THEN 1 ELSE 0 END AS has_other_verified
           FROM email_addresses e JOIN users u ON u.id = e.user_id
          WHERE e.address_key = $1";
}
