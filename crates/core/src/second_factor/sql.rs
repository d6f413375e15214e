//! Statements that concern all factors of a user at once.

use vestibule_db::sql;

use crate::id::UserId;

sql! {
    /// Challenges of a registration that was begun: finishing it would add a passkey again.
    DELETE_PASSKEY_CHALLENGES(UserId) = "DELETE FROM passkey_challenges WHERE user_id = $1";
}
