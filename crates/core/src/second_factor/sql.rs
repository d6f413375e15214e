//! Statements that delete the passkeys of a user with their other factors.

use vestibule_db::sql;

use crate::id::UserId;

sql! {
    DELETE_PASSKEYS(UserId) = "DELETE FROM passkeys WHERE user_id = $1";

    /// Challenges of a registration that was begun: finishing it would add a passkey again.
    DELETE_PASSKEY_CHALLENGES(UserId) = "DELETE FROM passkey_challenges WHERE user_id = $1";
}
