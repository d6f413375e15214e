//! The statements of the audit log. The entries of commands are inserted by `event::sql`.

use vestibule_db::{Bytes, Text, record, sql};

use crate::id::{AuditEntryId, UserId};
use crate::listing::packed_ids;
use crate::time::Timestamp;

record! {
    /// An entry as it is stored. Kinds are texts, so that a changed one is found instead of unreadable.
    pub struct Entry {
        /// 0: the installation.
        pub organization_id: i64,
        pub id: AuditEntryId,
        pub created_at: Timestamp,
        pub action: String,
        pub actor_kind: String,
        pub actor_id: Option<i64>,
        pub impersonator_id: Option<i64>,
        pub target_kind: String,
        pub target_id: i64,
        pub request_id: Option<i64>,
        /// JSON; `None` once the organization is erased.
        pub payload: Option<String>,
        pub payload_salt: Option<Vec<u8>>,
        pub payload_commitment: Option<Vec<u8>>,
        /// JSON; `None` if there is none, or it was erased.
        pub personal: Option<String>,
        pub salt: Option<Vec<u8>>,
        pub commitment: Option<Vec<u8>>,
        /// `None` until it is sealed.
        pub sequence: Option<i64>,
        pub hash: Option<Vec<u8>>,
    }
}

record! {
    /// The end of a chain, and where it begins.
    pub struct Chain {
        /// 0: the installation.
        pub organization_id: i64,
        /// Of the last entry.
        pub sequence: i64,
        pub hash: Vec<u8>,
        /// The entries up to this one were deleted at the end of their retention.
        pub first_sequence: i64,
        pub first_hash: Vec<u8>,
        pub checkpoint_sequence: i64,
        pub erased_at: Option<Timestamp>,
    }
}

record! {
    /// A stored checkpoint.
    pub(crate) struct CheckpointRow {
        pub(crate) organization_id: i64,
        pub(crate) sequence: i64,
        pub(crate) hash: Vec<u8>,
        pub(crate) created_at: Timestamp,
        pub(crate) signature: Vec<u8>,
    }
}

record! {
    /// An entry whose personal data was erased.
    pub(crate) struct ErasedEntry {
        pub(crate) organization_id: i64,
        pub(crate) id: AuditEntryId,
        pub(crate) created_at: Timestamp,
        pub(crate) action: String,
        pub(crate) target_id: i64,
        pub(crate) payload: Option<String>,
    }
}

record! {
    /// A user or an organization whose data is to be erased.
    pub(crate) struct Erasure {
        pub(crate) subject_id: i64,
        pub(crate) is_organization: bool,
    }
}

record! {
    /// A chain with a checkpoint before the retention's beginning.
    pub(crate) struct ExpiredChain {
        pub(crate) organization_id: i64,
        pub(crate) cut: Option<i64>,
    }
}

record! {
    /// Entries or checkpoints without the end of their chain.
    pub struct MissingChain {
        /// 0: the installation.
        pub organization_id: i64,
        /// The last number.
        pub sequence: i64,
    }
}

record! {
    pub(crate) struct NameRow {
        pub(crate) id: UserId,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) username: Option<String>,
    }
}

/// A statement with the columns of an [`Entry`].
macro_rules! entries {
    ($rest:expr) => {
        concat!(
            "SELECT organization_id, id, created_at, action, actor_kind, actor_id, impersonator_id, target_kind, target_id,
                    request_id, payload, payload_salt, payload_commitment, personal, salt, commitment, sequence, hash
               FROM audit_entries ",
            $rest
        )
    };
}

/// The columns of an [`Entry`] that is not sealed.
macro_rules! queued_columns {
    () => {
        "organization_id, id, created_at, action, actor_kind, actor_id, impersonator_id, target_kind, target_id,
         request_id, payload, NULL AS payload_salt, NULL AS payload_commitment, personal, salt,
         NULL AS commitment, NULL AS sequence, NULL AS hash "
    };
}

/// The installation, and an organization that is still there, was not erased, whatever its chain says.
macro_rules! chains {
    ($rest:expr) => {
        concat!(
            "SELECT c.organization_id AS organization_id, c.sequence AS sequence, c.hash AS hash,
                    c.first_sequence AS first_sequence, c.first_hash AS first_hash,
                    c.checkpoint_sequence AS checkpoint_sequence,
                    CASE WHEN c.organization_id = 0
                           OR (SELECT o.id FROM organizations o WHERE o.id = c.organization_id) IS NOT NULL THEN NULL
                         ELSE c.erased_at END AS erased_at
               FROM audit_chains c ",
            $rest
        )
    };
}

macro_rules! checkpoints {
    ($rest:expr) => {
        concat!("SELECT organization_id, sequence, hash, created_at, signature FROM audit_checkpoints ", $rest)
    };
}

sql! {
    /// Locks the row that one sealer has at a time.
    LOCK_SEALER() = "UPDATE audit_sealer SET batches = batches + 1 WHERE id = 1";

    FIRST_UNSEALED() -> (AuditEntryId,) = "SELECT id FROM audit_queue ORDER BY id LIMIT 1";

    /// Takes the oldest entries out of the queue, in no order.
    DEQUEUE(i64) -> Entry =
        concat!(
            "DELETE FROM audit_queue WHERE id IN (SELECT q.id FROM audit_queue q ORDER BY q.id LIMIT $1) RETURNING ",
            queued_columns!()
        );

    COUNT_UNSEALED() -> (i64,) = "SELECT COUNT(*) FROM audit_queue";

    HEADS(Text) -> Chain =
        concat!(
            "SELECT c.organization_id AS organization_id, c.sequence AS sequence, c.hash AS hash,
                    c.first_sequence AS first_sequence, c.first_hash AS first_hash,
                    c.checkpoint_sequence AS checkpoint_sequence, c.erased_at AS erased_at
               FROM ",
            packed_ids!("$1"),
            "CROSS JOIN audit_chains c WHERE c.organization_id = p.id"
        );

    INSERT_SEALED(SealedRow {
        organization: i64,
        id: AuditEntryId,
        created_at: Timestamp,
        action: Text,
        actor_kind: Text,
        actor: Option<i64>,
        impersonator: Option<i64>,
        target_kind: Text,
        target: i64,
        request: Option<i64>,
        payload: Text,
        payload_salt: Bytes,
        payload_commitment: Bytes,
        personal: Option<Text>,
        salt: Option<Bytes>,
        commitment: Option<Bytes>,
        sequence: i64,
        hash: Bytes,
    }) =
        "INSERT INTO audit_entries (organization_id, id, created_at, action, actor_kind, actor_id, impersonator_id,
                                    target_kind, target_id, request_id, payload, payload_salt, payload_commitment, personal,
                                    salt, commitment, sequence, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";

    SET_HEAD(i64, i64, Bytes, Bytes) =
        "INSERT INTO audit_chains (organization_id, sequence, hash, first_sequence, first_hash, checkpoint_sequence)
         VALUES ($1, $2, $3, 0, $4, 0)
             ON CONFLICT (organization_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash";

    CHAINS_AFTER(i64, i64) -> Chain = chains!("WHERE c.organization_id > $1 ORDER BY c.organization_id LIMIT $2");

    CHAIN(i64) -> Chain = chains!("WHERE c.organization_id = $1");

    /// What has entries or checkpoints without a chain, with the last number.
    MISSING_CHAINS(i64) -> MissingChain =
        "SELECT s.organization_id AS organization_id, MAX(s.sequence) AS sequence
           FROM (SELECT e.organization_id AS organization_id, e.sequence AS sequence FROM audit_entries e
                  UNION ALL
                 SELECT p.organization_id AS organization_id, p.sequence AS sequence FROM audit_checkpoints p) s
          WHERE NOT EXISTS (SELECT 1 FROM audit_chains c WHERE c.organization_id = s.organization_id)
          GROUP BY s.organization_id ORDER BY s.organization_id LIMIT $1";

    /// By the number in the chain.
    SEALED_AFTER(i64, i64, i64) -> Entry =
        entries!("WHERE organization_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3");

    /// Returns no row if the last checkpoints are not old enough.
    BEGIN_CHECKPOINTS(Timestamp, Timestamp) -> (i64,) =
        "UPDATE audit_sealer SET checkpoints_at = $1 WHERE id = 1 AND checkpoints_at <= $2 RETURNING batches";

    INSERT_CHECKPOINT(i64, i64, Bytes, Timestamp, Bytes) =
        "INSERT INTO audit_checkpoints (organization_id, sequence, hash, created_at, signature) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization_id, sequence) DO NOTHING";

    SET_CHECKPOINT_SEQUENCE(i64, i64) =
        "UPDATE audit_chains SET checkpoint_sequence = $2 WHERE organization_id = $1 AND checkpoint_sequence < $2";

    CHECKPOINTS_OF(i64, i64, i64) -> CheckpointRow =
        checkpoints!("WHERE organization_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3");

    /// In the order in which they were made.
    CHECKPOINTS_AFTER(Timestamp, i64, i64, i64) -> CheckpointRow =
        checkpoints!("WHERE (created_at, organization_id, sequence) > ($1, $2, $3)
              ORDER BY created_at, organization_id, sequence LIMIT $4");

    /// After an organization, with the last checkpoint before a time. Without one, with the beginning of the chain if a
    /// process that was killed has left entries before it. `None` for neither.
    EXPIRED_CHAINS(i64, Timestamp, i64) -> ExpiredChain =
        "SELECT c.organization_id AS organization_id,
                COALESCE((SELECT MAX(p.sequence) FROM audit_checkpoints p
                           WHERE p.organization_id = c.organization_id AND p.sequence > c.first_sequence
                             AND p.created_at <= $2),
                         (SELECT c.first_sequence FROM audit_entries e
                           WHERE e.organization_id = c.organization_id AND e.sequence <= c.first_sequence LIMIT 1)) AS cut
           FROM audit_chains c WHERE c.organization_id > $1 ORDER BY c.organization_id LIMIT $3";

    /// Makes a chain begin after a checkpoint.
    CUT(i64, i64) =
        "UPDATE audit_chains
            SET first_sequence = $2,
                first_hash = (SELECT p.hash FROM audit_checkpoints p WHERE p.organization_id = $1 AND p.sequence = $2)
          WHERE organization_id = $1 AND first_sequence < $2
            AND EXISTS (SELECT 1 FROM audit_checkpoints p WHERE p.organization_id = $1 AND p.sequence = $2)";

    /// The number of the first entry of a chain.
    FIRST_SEQUENCE(i64) -> (i64,) =
        "SELECT sequence FROM audit_entries WHERE organization_id = $1 ORDER BY sequence LIMIT 1";

    DELETE_CUT(i64, i64) =
        "DELETE FROM audit_entries WHERE organization_id = $1 AND sequence <= $2";

    DELETE_CUT_CHECKPOINTS(i64, i64) =
        "DELETE FROM audit_checkpoints WHERE organization_id = $1 AND sequence < $2";

    ERASURES(Timestamp, i64) -> Erasure =
        "SELECT subject_id, is_organization FROM audit_erasures WHERE created_at <= $1 ORDER BY created_at LIMIT $2";

    COMPLETE_ERASURE(i64) = "DELETE FROM audit_erasures WHERE subject_id = $1";

    /// The entries of an actor after one of them.
    OF_ACTOR(i64, i64, AuditEntryId, i64) -> ErasedEntry =
        "SELECT organization_id, id, created_at, action, target_id, payload FROM audit_entries
          WHERE actor_id = $1 AND organization_id >= $2
            AND (organization_id > $2 OR id < $3)
          ORDER BY organization_id, id DESC NULLS LAST LIMIT $4";

    /// Like [`OF_ACTOR`], of whom or what entries are about.
    OF_TARGET(i64, i64, AuditEntryId, i64) -> ErasedEntry =
        "SELECT organization_id, id, created_at, action, target_id, payload FROM audit_entries
          WHERE target_id = $1 AND organization_id >= $2
            AND (organization_id > $2 OR id < $3)
          ORDER BY organization_id, id DESC NULLS LAST LIMIT $4";

    ERASE_PERSONAL(i64, AuditEntryId) =
        "UPDATE audit_entries SET personal = NULL, salt = NULL WHERE organization_id = $1 AND id = $2";

    MARK_ERASED(i64, Timestamp) =
        "UPDATE audit_chains SET erased_at = COALESCE(erased_at, $2) WHERE organization_id = $1";

    /// Erases the payloads between two numbers of a chain.
    ERASE_PAYLOADS(i64, i64, i64) =
        "UPDATE audit_entries SET payload = NULL, payload_salt = NULL, personal = NULL, salt = NULL
          WHERE organization_id = $1 AND sequence > $2 AND sequence <= $3";

    /// Replaces what is sent for an entry of the audit log whose personal data is erased.
    REPLACE_WEBHOOKS(AuditEntryId, i64, Text) =
        "UPDATE webhook_deliveries SET body = $3
          WHERE id = $1
            AND endpoint_id IN (SELECT e.id FROM webhook_endpoints e
                                 WHERE e.organization_id = $2 OR e.organization_id = 0)";

    /// Deletes what endpoints of the installation have of an erased organization: of the entries of its audit log after the
    /// number `$2`, up to `$3`.
    DELETE_WEBHOOKS(i64, i64, i64) =
        "DELETE FROM webhook_deliveries
          WHERE endpoint_id IN (SELECT e.id FROM webhook_endpoints e WHERE e.organization_id = 0)
            AND id IN (SELECT a.id FROM audit_entries a
                        WHERE a.organization_id = $1 AND a.sequence > $2 AND a.sequence <= $3)";

    /// Deletes the attempts of what [`DELETE_WEBHOOKS`] deletes.
    DELETE_WEBHOOK_ATTEMPTS(i64, i64, i64) =
        "DELETE FROM webhook_attempts
          WHERE endpoint_id IN (SELECT e.id FROM webhook_endpoints e WHERE e.organization_id = 0)
            AND delivery_id IN (SELECT a.id FROM audit_entries a
                                 WHERE a.organization_id = $1 AND a.sequence > $2 AND a.sequence <= $3)";

    /// Of the sealed entries.
    PAGE(i64, AuditEntryId, AuditEntryId, i64) -> Entry =
        entries!("WHERE organization_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4");

    /// Of the others. The table has the entries of the last second.
    UNSEALED_PAGE(i64, AuditEntryId, AuditEntryId, i64) -> Entry =
        concat!(
            "SELECT ",
            queued_columns!(),
            "FROM audit_queue WHERE organization_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4"
        );

    /// Of the sealed entries. A filter that is 0 or empty does not apply. Ids are never null: `NULLS LAST` is for
    /// PostgreSQL's planner, as only the intended index has this order.
    BY_TARGET(FilteredPage {
        organization: i64,
        target: i64,
        from: AuditEntryId,
        before: AuditEntryId,
        actor: i64,
        action: Text,
        limit: i64,
    }) -> Entry =
        entries!("WHERE organization_id = $1 AND target_id = $2 AND id >= $3 AND id < $4
                AND ($5 = 0 OR actor_id = $5) AND ($6 = '' OR action = $6) ORDER BY id DESC NULLS LAST LIMIT $7");

    /// Like [`BY_TARGET`]; the target does not apply.
    BY_ACTOR(= FilteredPage) -> Entry =
        entries!("WHERE organization_id = $1 AND $2 = 0 AND id >= $3 AND id < $4
                AND actor_id = $5 AND ($6 = '' OR action = $6) ORDER BY id DESC NULLS LAST LIMIT $7");

    /// Like [`BY_TARGET`]; the target and the actor do not apply.
    BY_ACTION(= FilteredPage) -> Entry =
        entries!("WHERE organization_id = $1 AND $2 = 0 AND id >= $3 AND id < $4
                AND $5 = 0 AND action = $6 ORDER BY id DESC NULLS LAST LIMIT $7");

    /// The entry of an actor that is newest but for `$5`: where a page that looks through so many ends.
    NTH_OF_ACTOR(i64, i64, AuditEntryId, AuditEntryId, i64) -> (AuditEntryId,) =
        "SELECT id FROM audit_entries WHERE organization_id = $1 AND actor_id = $2 AND id >= $3 AND id < $4
          ORDER BY id DESC NULLS LAST LIMIT 1 OFFSET $5";

    /// Like [`NTH_OF_ACTOR`], of whom or what entries are about.
    NTH_OF_TARGET(i64, i64, AuditEntryId, AuditEntryId, i64) -> (AuditEntryId,) =
        "SELECT id FROM audit_entries WHERE organization_id = $1 AND target_id = $2 AND id >= $3 AND id < $4
          ORDER BY id DESC NULLS LAST LIMIT 1 OFFSET $5";

    /// The names of users, for the page that shows entries.
    NAMES(Text) -> NameRow =
        concat!(
            "SELECT u.id AS id, u.first_name AS first_name, u.last_name AS last_name, u.username AS username FROM ",
            packed_ids!("$1"),
            "CROSS JOIN users u WHERE u.id = p.id"
        );
}
