//! The rows of work that leaves the process. The worker serves all organizations, so claiming starts from none.

use crate::db::{Text, record, sql};
use crate::id::{InvitationId, OrganizationId, OutboxId};
use crate::time::Timestamp;

record! {
    /// A job that a worker has claimed.
    pub(crate) struct Job {
        pub(crate) id: OutboxId,
        pub(crate) organization_id: OrganizationId,
        pub(crate) invitation_id: InvitationId,
        pub(crate) generation: i64,
        pub(crate) attempts: i64,
    }
}

sql! {
    INSERT(OutboxId, OrganizationId, InvitationId, i64, Timestamp) =
        "INSERT INTO outbox (id, organization_id, invitation_id, generation, state, due_at, created_at)
         VALUES ($1, $2, $3, $4, 'waiting', $5, $5)";

    /// The next job that is due. The condition stands outside too: of two workers who chose the same row, one gets it.
    CLAIM(Timestamp, Timestamp): Job =
        "UPDATE outbox SET attempts = attempts + 1, due_at = $2
          WHERE state = 'waiting' AND due_at <= $1
            AND id = (SELECT o.id FROM outbox o WHERE o.state = 'waiting' AND o.due_at <= $1 ORDER BY o.due_at, o.id LIMIT 1)
      RETURNING id, organization_id, invitation_id, generation, attempts";

    NEXT_DUE(): (Timestamp,) =
        "SELECT due_at FROM outbox WHERE state = 'waiting' ORDER BY due_at LIMIT 1";

    DONE(OutboxId) =
        "DELETE FROM outbox WHERE id = $1";

    LATER(OutboxId, Text, Timestamp) =
        "UPDATE outbox SET reason = $2, due_at = $3 WHERE id = $1 AND state = 'waiting'";

    DEAD(OutboxId, Text) =
        "UPDATE outbox SET state = 'dead', reason = $2 WHERE id = $1 AND state = 'waiting'";
}
