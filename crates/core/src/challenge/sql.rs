//! Redeemed challenges and their tokens.

use vestibule_db::{Bytes, sql};

use crate::time::Timestamp;

sql! {
    /// Changes no row if the challenge was redeemed before.
    REDEEM(Bytes, Timestamp) =
        "INSERT INTO challenges (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";

    /// Changes no row if the token was used before or has expired.
    USE_TOKEN(Bytes, Timestamp) =
        "UPDATE challenges SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2";
}
