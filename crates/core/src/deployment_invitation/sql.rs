//! Statements on invitations to sign up. They belong to no organization.

use vestibule_db::{Text, record, sql};

use crate::id::{DeploymentInvitationId, UserId};
use crate::language::Language;
use crate::time::Timestamp;

record! {
    /// An invitation to sign up.
    pub struct DeploymentInvitation {
        pub id: DeploymentInvitationId,
        pub email: String,
        /// The normalized address.
        pub email_key: String,
        pub first_name: String,
        pub last_name: String,
        pub(crate) language: Option<Language>,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
    }
}

/// Selects invitations, without those whose address belongs to an account meanwhile.
macro_rules! pending {
    ($rest:literal) => {
        concat!(
            "SELECT i.id AS id, i.email AS email, i.email_key AS email_key, i.first_name AS first_name,
                    i.last_name AS last_name, i.language AS language, i.created_at AS created_at,
                    i.expires_at AS expires_at
               FROM deployment_invitations i
              WHERE NOT EXISTS (SELECT 1 FROM email_addresses e
                                 WHERE e.address_key = i.email_key AND e.verified_at IS NOT NULL) ",
            $rest
        )
    };
}

sql! {
    /// Inserts nothing if the address has an invitation.
    INSERT(NewInvitation {
        id: DeploymentInvitationId,
        email: Text,
        email_key: Text,
        first_name: Text,
        last_name: Text,
        language: Option<Language>,
        now: Timestamp,
        expires_at: Timestamp,
    }) =
        "INSERT INTO deployment_invitations (id, email, email_key, first_name, last_name, language, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (email_key) DO NOTHING";

    /// Makes room for a new invitation of the address.
    DELETE_EXPIRED(Text, Timestamp) = "DELETE FROM deployment_invitations WHERE email_key = $1 AND expires_at <= $2";

    VERIFIED_OWNER(Text) -> (UserId,) =
        "SELECT user_id FROM email_addresses WHERE address_key = $1 AND verified_at IS NOT NULL";

    FIND(DeploymentInvitationId) -> DeploymentInvitation =
        "SELECT id, email, email_key, first_name, last_name, language, created_at, expires_at
           FROM deployment_invitations WHERE id = $1";

    DELETE(DeploymentInvitationId) = "DELETE FROM deployment_invitations WHERE id = $1";

    DELETE_OF_ADDRESS(Text) = "DELETE FROM deployment_invitations WHERE email_key = $1";

    NEWEST(DeploymentInvitationId, i64, i64) -> DeploymentInvitation =
        pending!("AND i.id < $1 ORDER BY i.id DESC LIMIT $2 OFFSET $3");

    OLDEST(DeploymentInvitationId, i64, i64) -> DeploymentInvitation =
        pending!("AND i.id > $1 ORDER BY i.id LIMIT $2 OFFSET $3");

    BY_ADDRESS(i64, i64) -> DeploymentInvitation = pending!("ORDER BY i.email_key LIMIT $1 OFFSET $2");

    BY_ADDRESS_DESCENDING(i64, i64) -> DeploymentInvitation = pending!("ORDER BY i.email_key DESC LIMIT $1 OFFSET $2");

    /// Counts up to a limit.
    COUNT(i64) -> (i64,) =
        "SELECT COUNT(*)
           FROM (SELECT i.id FROM deployment_invitations i
                  WHERE NOT EXISTS (SELECT 1 FROM email_addresses e
                                     WHERE e.address_key = i.email_key AND e.verified_at IS NOT NULL)
                  LIMIT $1) counted";
}
