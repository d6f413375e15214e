//! The statements of API keys.

use vestibule_db::{Bytes, Text, record, sql};

use crate::cache::Scope;
use crate::id::{ApiKeyId, OrganizationId};
use crate::invitation::sql::OrganizationCount;
use crate::scope::Scopes;
use crate::time::Timestamp;

record! {
    /// An API key without its secret.
    pub struct ApiKey {
        pub id: ApiKeyId,
        pub name: String,
        /// The first characters of the newest secret.
        pub prefix: String,
        pub scopes: Scopes,
        /// The only organization that it can access; `None` for all.
        pub organization_id: Option<OrganizationId>,
        /// The key that created it; `None` for an operator.
        pub created_by: Option<ApiKeyId>,
        pub created_at: Timestamp,
        pub expires_at: Option<Timestamp>,
        pub revoked_at: Option<Timestamp>,
        /// Precise to a minute; 1970 if it was never used.
        pub last_used_at: Timestamp,
    }
}

record! {
    /// An earlier request with the same idempotency key.
    pub(crate) struct AnswerRow {
        pub(crate) asked_digest: Vec<u8>,
        /// 0 until the answer is stored.
        pub(crate) status: i64,
        /// Sealed.
        pub(crate) answer: Vec<u8>,
    }
}

/// A statement with the columns of an [`ApiKey`].
macro_rules! api_key {
    ($after:literal) => {
        concat!(
            "SELECT k.id AS id, k.name AS name,
                    COALESCE((SELECT s.prefix FROM api_key_secrets s
                               WHERE s.api_key_id = k.id ORDER BY s.created_at DESC LIMIT 1), '') AS prefix,
                    k.scopes AS scopes, k.organization_id AS organization_id, k.created_by AS created_by,
                    k.created_at AS created_at, k.expires_at AS expires_at, k.revoked_at AS revoked_at,
                    k.last_used_at AS last_used_at
               FROM api_keys k ",
            $after
        )
    };
}

/// The ids of the keys that the key `$1` created, and of those that they created, also of revoked ones. Each is visited
/// once.
macro_rules! created_keys {
    () => {
        "(WITH RECURSIVE created(id) AS (SELECT k.id FROM api_keys k WHERE k.created_by = $1
                                          UNION
                                         SELECT k.id FROM created JOIN api_keys k ON k.created_by = created.id)
          SELECT created.id FROM created)"
    };
}

sql! {
    /// Inserts nothing if there are `max` valid keys.
    INSERT(NewKey {
        id: ApiKeyId,
        name: Text,
        scopes: Scopes,
        organization: Option<OrganizationId>,
        created_by: Option<ApiKeyId>,
        now: Timestamp,
        expires_at: Option<Timestamp>,
        valid_until: Timestamp,
        max: i64,
    }) =
        "INSERT INTO api_keys (id, name, scopes, organization_id, created_by, created_at, expires_at, valid_until)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
          WHERE (SELECT COUNT(*) FROM api_keys k WHERE k.valid_until > $6) < $9";

    INSERT_SECRET(Bytes, ApiKeyId, Text, Timestamp, Timestamp) =
        "INSERT INTO api_key_secrets (digest, api_key_id, prefix, created_at, valid_until) VALUES ($1, $2, $3, $4, $5)";

    FIND(ApiKeyId) -> ApiKey = api_key!("WHERE k.id = $1");

    /// Oldest first.
    AFTER(ApiKeyId, i64) -> ApiKey = api_key!("WHERE k.id > $1 ORDER BY k.id LIMIT $2");

    /// Of one organization, oldest first.
    OF_ORGANIZATION_AFTER(OrganizationId, ApiKeyId, i64) -> ApiKey =
        api_key!("WHERE k.organization_id = $1 AND k.id > $2 ORDER BY k.id LIMIT $3");

    /// Changes no key that was revoked or has expired.
    REVOKE(ApiKeyId, Timestamp) =
        "UPDATE api_keys SET revoked_at = $2, valid_until = $2 WHERE id = $1 AND valid_until > $2";

    /// Revokes the valid ones of the keys that a key created, and of those that they created.
    REVOKE_CREATED(ApiKeyId, Timestamp) -> (ApiKeyId,) =
        concat!(
            "UPDATE api_keys SET revoked_at = $2, valid_until = $2 WHERE valid_until > $2 AND id IN ",
            created_keys!(),
            " RETURNING id"
        );

    COUNT_CREATED(ApiKeyId, Timestamp) -> (i64,) =
        concat!("SELECT COUNT(*) FROM api_keys WHERE valid_until > $2 AND id IN ", created_keys!());

    /// The pending invitations of the keys that a key created, and of those that they created.
    COUNT_INVITATIONS_OF_CREATED(ApiKeyId) -> (i64,) =
        concat!("SELECT COUNT(*) FROM invitations WHERE status = 'pending' AND api_key_id IN ", created_keys!());

    /// The organizations of the invitations that [`SUSPEND_INVITATIONS_OF_CREATED`] suspends, with the number of these.
    SUSPENDABLE_OF_CREATED(ApiKeyId, i64) -> OrganizationCount =
        concat!(
            "SELECT organization_id, COUNT(*) AS count FROM invitations
              WHERE status = 'pending' AND left_suspended = 0 AND api_key_id IN ",
            created_keys!(),
            " GROUP BY organization_id ORDER BY organization_id LIMIT $2"
        );

    SUSPEND_INVITATIONS_OF_CREATED(ApiKeyId, Timestamp) invalidates Invitations(all) =
        concat!(
            "UPDATE invitations SET left_suspended = 1, updated_at = $2
              WHERE status = 'pending' AND left_suspended = 0 AND api_key_id IN ",
            created_keys!()
        );

    /// Whether the key is valid still.
    IS_VALID(ApiKeyId, Timestamp) -> (ApiKeyId,) =
        "SELECT id FROM api_keys WHERE id = $1 AND valid_until > $2";

    /// The secrets that have an end ($2 is the latest time), because they were replaced by the newest one.
    DELETE_REPLACED_SECRETS(ApiKeyId, Timestamp) =
        "DELETE FROM api_key_secrets WHERE api_key_id = $1 AND valid_until < $2";

    /// The end of the last secret.
    END_SECRETS(ApiKeyId, Timestamp) =
        "UPDATE api_key_secrets SET valid_until = $2 WHERE api_key_id = $1 AND valid_until > $2";

    /// Secrets that open nothing any more, as the last one without a grace period.
    DELETE_ENDED_SECRETS(ApiKeyId, Timestamp) =
        "DELETE FROM api_key_secrets WHERE api_key_id = $1 AND valid_until <= $2";

    FIND_ANSWER(ApiKeyId, Bytes, Timestamp) -> AnswerRow =
        "SELECT asked_digest, status, answer FROM api_key_answers
          WHERE api_key_id = $1 AND key_digest = $2 AND created_at > $3";

    STORE_ANSWER(ApiKeyId, Bytes, i64, Bytes) =
        "UPDATE api_key_answers SET status = $3, answer = $4 WHERE api_key_id = $1 AND key_digest = $2 AND status = 0";

    /// At most once a minute.
    MARK_USED(ApiKeyId, Timestamp, Timestamp) =
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND last_used_at < $3";
}
