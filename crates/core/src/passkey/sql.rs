//! Statements on passkeys and their challenges. A user belongs to no organization, so these tables have no
//! `organization_id`.

use vestibule_db::{Bytes, Text, record, sql};

use super::{ChallengeUse, Transports};
use crate::id::{PasskeyId, SessionId, UserId};
use crate::time::Timestamp;

record! {
    /// A passkey of a user, as lists show it.
    pub struct Passkey {
        pub id: PasskeyId,
        pub user_id: UserId,
        pub credential_id: Vec<u8>,
        pub name: String,
        pub sign_count: i64,
        pub transports: Transports,
        /// Whether it may be synchronized between devices.
        pub backup_eligible: bool,
        /// Whether it was at its last use.
        pub backed_up: bool,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub last_used_at: Option<Timestamp>,
    }
}

record! {
    /// What the verification of a signature needs.
    pub(crate) struct StoredKey {
        pub(crate) id: PasskeyId,
        pub(crate) user_id: UserId,
        /// In the format of COSE.
        pub(crate) public_key: Vec<u8>,
        pub(crate) backup_eligible: bool,
        pub(crate) user_is_disabled: bool,
    }
}

/// A statement that reads all columns of a [`Passkey`].
macro_rules! passkey {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, user_id, credential_id, name, sign_count, transports, backup_eligible, backed_up, created_at, updated_at,
              last_used_at ",
            $after
        )
    };
}

sql! {
    /// Returns no row if any account has the passkey, or if the user has as many as allowed.
    INSERT(NewPasskey {
        id: PasskeyId,
        user: UserId,
        credential_id: Bytes,
        public_key: Bytes,
        sign_count: i64,
        name: Text,
        transports: Text,
        backup_eligible: bool,
        backed_up: bool,
        now: Timestamp,
        max: i64,
    }) -> Passkey =
        passkey!(
            "INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, transports, backup_eligible,
                                   backed_up, created_at, updated_at)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10
              WHERE (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = $2) < $11
                 ON CONFLICT (credential_id) DO NOTHING
          RETURNING", "");

    COUNT(UserId) -> (i64,) = "SELECT COUNT(*) FROM passkeys WHERE user_id = $1";

    /// Oldest first.
    OF_USER(UserId) -> Passkey = passkey!("SELECT", "FROM passkeys WHERE user_id = $1 ORDER BY id");

    RENAME(UserId, PasskeyId, Text, Timestamp) -> Passkey =
        passkey!("UPDATE passkeys SET name = $3, updated_at = $4 WHERE user_id = $1 AND id = $2 RETURNING", "");

    /// Returns its name.
    DELETE(UserId, PasskeyId) -> (String,) =
        "DELETE FROM passkeys WHERE user_id = $1 AND id = $2 RETURNING name";

    DELETE_ALL_OF_USER(UserId) -> (PasskeyId,) = "DELETE FROM passkeys WHERE user_id = $1 RETURNING id";

    BY_CREDENTIAL(Bytes) -> StoredKey =
        "SELECT p.id AS id, p.user_id AS user_id, p.public_key AS public_key, p.backup_eligible AS backup_eligible,
                u.disabled AS user_is_disabled
           FROM passkeys p JOIN users u ON u.id = p.user_id
          WHERE p.credential_id = $1";

    /// Changes no row if a passkey of one device has counted a use before: it may have been copied. The counter of one
    /// that is synchronized between devices proves nothing. It never decreases.
    RECORD_USE(PasskeyUse {
        id: PasskeyId,
        user: UserId,
        sign_count: i64,
        backed_up: bool,
        now: Timestamp,
    }) -> (PasskeyId,) =
        "UPDATE passkeys
            SET sign_count = CASE WHEN sign_count < $3 THEN $3 ELSE sign_count END, backed_up = $4, last_used_at = $5
          WHERE id = $1 AND user_id = $2
            AND (backup_eligible = 1 OR sign_count < $3 OR (sign_count = 0 AND $3 = 0))
            AND EXISTS (SELECT 1 FROM users u WHERE u.id = $2 AND u.disabled = 0)
      RETURNING id";

    INSERT_CHALLENGE(Bytes, SessionId, ChallengeUse, Option<UserId>, Timestamp, Timestamp) =
        "INSERT INTO passkey_challenges (digest, session_id, ceremony, user_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)";

    /// Deletes the oldest challenges of a session that has more than `$2`.
    DELETE_OLDEST_CHALLENGES(SessionId, i64) =
        "DELETE FROM passkey_challenges
          WHERE session_id = $1
            AND digest NOT IN (SELECT c.digest FROM passkey_challenges c WHERE c.session_id = $1
                                ORDER BY c.created_at DESC, c.digest LIMIT $2)";

    /// Succeeds once per challenge. 0 stands for no user.
    SPEND_CHALLENGE(Bytes, SessionId, ChallengeUse, UserId, Timestamp) -> (Timestamp,) =
        "DELETE FROM passkey_challenges
          WHERE digest = $1 AND session_id = $2 AND ceremony = $3 AND COALESCE(user_id, 0) = $4 AND expires_at > $5
      RETURNING created_at";

    /// Also of a registration that was begun: finishing it would add a passkey again.
    DELETE_CHALLENGES_OF_USER(UserId) = "DELETE FROM passkey_challenges WHERE user_id = $1";
}
