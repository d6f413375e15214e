//! Statements on backup codes.

use vestibule_db::{Bytes, sql};

use crate::id::UserId;
use crate::time::Timestamp;

sql! {
    INSERT(UserId, Bytes, Timestamp) =
        "INSERT INTO backup_codes (user_id, digest, created_at) VALUES ($1, $2, $3)";

    /// Returns no row for a wrong code and for a used one.
    SPEND(UserId, Bytes) -> (UserId,) = "DELETE FROM backup_codes WHERE user_id = $1 AND digest = $2 RETURNING user_id";

    COUNT(UserId) -> (i64,) = "SELECT COUNT(*) FROM backup_codes WHERE user_id = $1";

    DELETE_ALL(UserId) = "DELETE FROM backup_codes WHERE user_id = $1";
}
