//! Statements on the proofs of identity, which are columns of a sign-in.

use vestibule_db::{record, sql};

use crate::id::{SessionId, SignInId, UserId};
use crate::proof::ProofMethod;
use crate::time::Timestamp;

record! {
    /// The last proof in a sign-in.
    #[expect(clippy::struct_field_names, reason = "they are named for the columns")]
    pub(crate) struct LastProof {
        pub(crate) proved_at: Timestamp,
        pub(crate) proved_by: ProofMethod,
        /// The address that the proof allows to link to the account. May be empty.
        pub(crate) proved_for: String,
    }
}

sql! {
    FIND_PROOF(SessionId, SignInId, UserId, Timestamp) -> LastProof =
        "SELECT proved_at, proved_by, proved_for FROM sign_ins
          WHERE id = $2 AND session_id = $1 AND user_id = $3 AND expires_at > $4 AND impersonator_id IS NULL";
}
