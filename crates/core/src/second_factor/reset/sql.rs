//! Statements on waiting resets of second factors. They belong to a user and to no organization.

use vestibule_db::sql;

use crate::id::UserId;
use crate::time::Timestamp;

sql! {
    /// Returns no row if a reset is waiting already.
    INSERT(UserId, Timestamp, Timestamp) -> (Timestamp,) =
        "INSERT INTO second_factor_resets (user_id, due_at, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (user_id) DO NOTHING
      RETURNING due_at";

    FIND(UserId) -> (Timestamp,) = "SELECT due_at FROM second_factor_resets WHERE user_id = $1";

    DELETE(UserId) = "DELETE FROM second_factor_resets WHERE user_id = $1";

    /// Returns a row if the reset of the user is due: it can be taken once.
    TAKE_DUE(UserId, Timestamp) -> (UserId,) =
        "DELETE FROM second_factor_resets WHERE user_id = $1 AND due_at <= $2 RETURNING user_id";

    /// The next user after this one whose reset is due.
    NEXT_DUE(UserId, Timestamp) -> (UserId,) =
        "SELECT user_id FROM second_factor_resets WHERE due_at <= $2 AND user_id > $1 ORDER BY user_id LIMIT 1";
}
