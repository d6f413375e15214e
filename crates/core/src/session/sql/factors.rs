//! Statements on the factors of sign-ins: those that a user has proved, and the second one that is still to be proved.

use vestibule_db::{Text, record, sql};

use crate::assurance::SecondFactors;
use crate::cache::Scope;
use crate::id::{AttemptId, ConnectionId, OrganizationId, SessionId, SignInId, UserId};
use crate::proof::{ProofMethod, Proofs};
use crate::session::{SsoConnection, Strategy};
use crate::time::Timestamp;

record! {
    /// A pending sign-in, with the factors of its user.
    pub(crate) struct PendingRow {
        pub(crate) id: AttemptId,
        pub(crate) session_id: SessionId,
        pub(crate) user_id: UserId,
        pub(crate) strategy: Strategy,
        pub(crate) address: String,
        pub(crate) provider: String,
        pub(crate) tries: i64,
        pub(crate) expires_at: Timestamp,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
        pub(crate) second_factors: SecondFactors,
    }
}

record! {
    /// A pending sign-in after a try.
    pub(crate) struct TriedRow {
        pub(crate) user_id: UserId,
        pub(crate) tries: i64,
    }
}

record! {
    /// A pending sign-in that was spent.
    pub(crate) struct SpentRow {
        pub(crate) user_id: UserId,
        pub(crate) proved_by: ProofMethod,
        pub(crate) connection_id: Option<ConnectionId>,
        pub(crate) sso_organization_id: Option<OrganizationId>,
        pub(crate) expires_at: Timestamp,
    }
}

impl SpentRow {
    pub(crate) fn connection(&self) -> Option<SsoConnection> {
        SsoConnection::from_stored(self.connection_id, self.sso_organization_id)
    }
}

record! {
    /// The proofs of a sign-in, as they are stored and parsed.
    pub(crate) struct ProofsRow {
        pub(crate) stored: String,
        pub(crate) proofs: Proofs,
    }
}

/// Selects pending sign-ins of enabled users.
macro_rules! pending {
    ($rest:literal) => {
        concat!(
            "SELECT p.id AS id, p.session_id AS session_id, p.user_id AS user_id, p.strategy AS strategy,
                    p.address AS address, p.provider AS provider, p.tries AS tries, p.expires_at AS expires_at,
                    p.created_at AS created_at, p.updated_at AS updated_at, u.second_factors AS second_factors
               FROM pending_sign_ins p
               JOIN users u ON u.id = p.user_id AND u.disabled = 0 ",
            $rest
        )
    };
}

sql! {
    /// The user's sign-in in a session.
    SIGN_IN_OF_USER(SessionId, UserId, Timestamp) -> (SignInId,) =
        "SELECT id FROM sign_ins WHERE session_id = $1 AND user_id = $2 AND expires_at > $3";

    /// Returns no row after `$4` tries.
    FIND_PENDING(SessionId, AttemptId, Timestamp, i64) -> PendingRow =
        pending!("WHERE p.session_id = $1 AND p.id = $2 AND p.expires_at > $3 AND p.tries < $4");

    /// Without those that were tried `$3` times.
    PENDING_OF_SESSION(SessionId, Timestamp, i64) -> PendingRow =
        pending!("WHERE p.session_id = $1 AND p.expires_at > $2 AND p.tries < $3 ORDER BY p.created_at, p.id");

    /// Replaces the one of the same user in the session: the first factor was proved again.
    INSERT_PENDING(NewPendingRow {
        id: AttemptId,
        session: SessionId,
        user: UserId,
        strategy: Strategy,
        address: Text,
        proved_by: ProofMethod,
        expires_at: Timestamp,
        now: Timestamp,
        connection: Option<ConnectionId>,
        sso_organization: Option<OrganizationId>,
        provider: Text,
    }) invalidates nothing("a session with an open attempt is not cached") =
        "INSERT INTO pending_sign_ins (id, session_id, user_id, strategy, address, proved_by, tries, expires_at, created_at,
                                       updated_at, connection_id, sso_organization_id, provider)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $8, $9, $10, $11)
             ON CONFLICT (session_id, user_id) DO UPDATE
            SET id = excluded.id, strategy = excluded.strategy, address = excluded.address,
                proved_by = excluded.proved_by, tries = 0, expires_at = excluded.expires_at,
                created_at = excluded.created_at, updated_at = excluded.updated_at,
                connection_id = excluded.connection_id, sso_organization_id = excluded.sso_organization_id,
                provider = excluded.provider";

    /// Deletes the oldest ones of other users in a session, so that `$3` are left.
    DELETE_OLDEST_PENDING(SessionId, UserId, i64) invalidates nothing("a session with an open attempt is not cached") =
        "DELETE FROM pending_sign_ins
          WHERE session_id = $1 AND user_id <> $2
            AND id NOT IN (SELECT p.id FROM pending_sign_ins p WHERE p.session_id = $1 AND p.user_id <> $2
                            ORDER BY p.created_at DESC, p.id DESC LIMIT $3)";

    /// Returns no row after the last allowed try.
    RECORD_TRY(SessionId, AttemptId, Timestamp, i64) -> TriedRow
        invalidates nothing("a session with an open attempt is not cached") =
        "UPDATE pending_sign_ins SET tries = tries + 1, updated_at = $3
          WHERE session_id = $1 AND id = $2 AND expires_at > $3 AND tries < $4
      RETURNING user_id, tries";

    /// Succeeds once.
    SPEND_PENDING(SessionId, AttemptId, Timestamp) -> SpentRow
        invalidates nothing("a session with an open attempt is not cached") =
        "DELETE FROM pending_sign_ins WHERE session_id = $1 AND id = $2 AND expires_at > $3
      RETURNING user_id, proved_by, connection_id, sso_organization_id, expires_at";

    DELETE_PENDING_OF_USER(UserId) invalidates nothing("a session with an open attempt is not cached") =
        "DELETE FROM pending_sign_ins WHERE user_id = $1";

    DELETE_PENDING_OF_SESSION(SessionId) invalidates nothing("a session with an open attempt is not cached") =
        "DELETE FROM pending_sign_ins WHERE session_id = $1";

    /// Also if they have expired.
    DELETE_PENDING_IN_SESSION(SessionId, UserId) -> SpentRow
        invalidates nothing("a session with an open attempt is not cached") =
        "DELETE FROM pending_sign_ins WHERE session_id = $1 AND user_id = $2
      RETURNING user_id, proved_by, connection_id, sso_organization_id, expires_at";

    PROOFS(SessionId, SignInId, UserId, Timestamp) -> ProofsRow =
        "SELECT proofs AS stored, proofs FROM sign_ins
          WHERE id = $2 AND session_id = $1 AND user_id = $3 AND expires_at > $4 AND impersonator_id IS NULL";

    /// Changes no row if the proofs are no longer `stored`.
    ADD_PROOF(AddedProof {
        session: SessionId,
        sign_in: SignInId,
        user: UserId,
        method: ProofMethod,
        address: Text,
        stored: Text,
        proofs: Proofs,
        now: Timestamp,
    }) -> (SignInId,) invalidates Session(session) =
        "UPDATE sign_ins SET proved_at = $8, proved_by = $4, proved_for = $5, proofs = $7
          WHERE id = $2 AND session_id = $1 AND user_id = $3 AND proofs = $6 AND expires_at > $8 AND impersonator_id IS NULL
      RETURNING id";
}
