//! Statements on claims: addresses that a user has added and not verified. A claim reserves nothing, identifies no
//! person and expires. Any number of users can claim an address, and none of them learns of the others or of its owner.

use vestibule_db::{Text, record, sql};

use crate::id::{EmailAddressId, SessionId, SignInId, UserId};
use crate::time::Timestamp;

record! {
    /// A claim of a user who is signed in within a session.
    pub(crate) struct ClaimInSession {
        pub(crate) claim: EmailAddressId,
        pub(crate) claimant: UserId,
        pub(crate) sign_in: SignInId,
    }
}

record! {
    /// What a claim is for.
    pub(crate) struct ClaimedAddress {
        pub(crate) address: String,
        pub(crate) address_key: String,
    }
}

sql! {
    /// Returns no row when the user claims the address already.
    INSERT(NewClaim {
        id: EmailAddressId,
        user: UserId,
        address: Text,
        address_key: Text,
        expires_at: Timestamp,
        now: Timestamp,
    }) -> (EmailAddressId,) =
        "INSERT INTO email_claims (id, user_id, address, address_key, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
             ON CONFLICT (user_id, address_key) DO NOTHING
      RETURNING id";

    /// Makes a claim of an unverified primary address.
    INSERT_PRIMARY(UserId, Timestamp, Timestamp) =
        "INSERT INTO email_claims (id, user_id, address, address_key, expires_at, created_at, updated_at)
         SELECT id, user_id, address, address_key, $2, created_at, $3
           FROM email_addresses WHERE user_id = $1 AND is_primary = 1 AND verified_at IS NULL
             ON CONFLICT (user_id, address_key) DO NOTHING";

    /// Removes a claim that is about to be verified. Returns no row for an expired one.
    TAKE(UserId, EmailAddressId, Timestamp) -> ClaimedAddress =
        "DELETE FROM email_claims WHERE user_id = $1 AND id = $2 AND expires_at > $3 RETURNING address, address_key";

    DELETE(UserId, EmailAddressId) = "DELETE FROM email_claims WHERE user_id = $1 AND id = $2";

    DELETE_BY_ADDRESS(UserId, Text) = "DELETE FROM email_claims WHERE user_id = $1 AND address_key = $2";

    DELETE_ALL_OF_USER(UserId) = "DELETE FROM email_claims WHERE user_id = $1";

    /// Frees the unique key, so that the user can claim the address again.
    DELETE_EXPIRED_OF_USER(UserId, Timestamp) = "DELETE FROM email_claims WHERE user_id = $1 AND expires_at <= $2";

    /// The claim of a user of this session for an address.
    IN_SESSION(SessionId, Text, Timestamp) -> ClaimInSession =
        "SELECT c.id AS claim, c.user_id AS claimant, i.id AS sign_in
           FROM sign_ins i
           JOIN users u ON u.id = i.user_id AND u.disabled = 0
           JOIN email_claims c ON c.user_id = u.id AND c.address_key = $2 AND c.expires_at > $3
          WHERE i.session_id = $1 AND i.expires_at > $3 AND i.impersonator_id IS NULL
          ORDER BY i.id LIMIT 1";
}
