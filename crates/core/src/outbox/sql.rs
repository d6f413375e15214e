//! Statements on the outbox. Workers and operators serve all organizations, so these statements are not limited to one.

use vestibule_db::{Text, record, sql};

use super::job::{Delivery, JobState, MailKind};
use crate::cache::Scope;
use crate::id::{AttemptId, DeploymentInvitationId, InvitationId, NoticeId, OrganizationId, OutboxId, UserId};
use crate::language::Language;
use crate::time::Timestamp;

record! {
    /// A job.
    pub(crate) struct JobRow {
        pub(crate) id: OutboxId,
        pub(crate) kind: MailKind,
        pub(crate) organization_id: Option<OrganizationId>,
        pub(crate) invitation_id: Option<InvitationId>,
        pub(crate) attempt_id: Option<AttemptId>,
        pub(crate) notice_id: Option<NoticeId>,
        pub(crate) user_id: Option<UserId>,
        pub(crate) deployment_invitation_id: Option<DeploymentInvitationId>,
        pub(crate) generation: i64,
        pub(crate) attempts: i64,
    }
}

record! {
    /// A job as operators see it.
    pub struct ListedJob {
        pub id: OutboxId,
        pub kind: MailKind,
        pub organization_id: Option<OrganizationId>,
        pub invitation_id: Option<InvitationId>,
        pub state: JobState,
        pub attempts: i64,
        /// Why the last attempt failed. Empty before the first failure.
        pub reason: String,
        /// When the next attempt is due.
        pub due_at: Timestamp,
        pub created_at: Timestamp,
    }
}

record! {
    /// The due jobs of a queue.
    pub(crate) struct Backlog {
        pub(crate) due: i64,
        /// When the first of them became due. `None` without one.
        pub(crate) oldest_due_at: Option<Timestamp>,
    }
}

record! {
    /// The recipient of a mail about an organization.
    pub(crate) struct Recipient {
        pub(crate) address: String,
        pub(crate) address_key: String,
        pub(crate) language: Option<Language>,
        pub(crate) organization_name: String,
        pub(crate) is_member: bool,
    }
}

record! {
    /// A pending ownership transfer.
    pub(crate) struct Transfer {
        pub(crate) owner_first_name: String,
        pub(crate) owner_last_name: String,
        pub(crate) expires_at: Timestamp,
    }
}

sql! {
    INSERT(NewJob {
        id: OutboxId,
        kind: MailKind,
        organization: Option<OrganizationId>,
        invitation: Option<InvitationId>,
        attempt: Option<AttemptId>,
        user: Option<UserId>,
        generation: i64,
        due_at: Timestamp,
        now: Timestamp,
        is_urgent: bool,
        notice: Option<NoticeId>,
        deployment_invitation: Option<DeploymentInvitationId>,
    }) =
        "INSERT INTO outbox (id, kind, organization_id, invitation_id, attempt_id, user_id, generation, state, due_at,
                             created_at, is_urgent, notice_id, deployment_invitation_id)
         SELECT $1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, $10, $11, $12";

    /// Claims the next job of a queue that is due. The outer statement repeats the condition, so that only one of two
    /// workers that select the same row claims it.
    CLAIM(Timestamp, Timestamp, bool) -> JobRow =
        "UPDATE outbox SET attempts = attempts + 1, due_at = $2
          WHERE state = 'waiting' AND due_at <= $1
            AND id = (SELECT o.id FROM outbox o
                       WHERE o.state = 'waiting' AND o.is_urgent = $3 AND o.due_at <= $1
                       ORDER BY o.due_at, o.id LIMIT 1)
      RETURNING id, kind, organization_id, invitation_id, attempt_id, notice_id, user_id, deployment_invitation_id,
                generation, attempts";

    NEXT_DUE(bool) -> (Timestamp,) =
        "SELECT due_at FROM outbox WHERE state = 'waiting' AND is_urgent = $1 ORDER BY due_at LIMIT 1";

    /// The due jobs of a queue, of which at most `$3` are counted.
    BACKLOG(bool, Timestamp, i64) -> Backlog =
        "SELECT COUNT(*) AS due, MIN(d.due_at) AS oldest_due_at
           FROM (SELECT due_at FROM outbox WHERE state = 'waiting' AND is_urgent = $1 AND due_at <= $2
                  ORDER BY due_at LIMIT $3) d";

    /// The jobs that were given up, of which at most `$1` are counted.
    COUNT_DEAD(i64) -> (i64,) =
        "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE state = 'dead' LIMIT $1) d";

    COMPLETE(OutboxId) =
        "DELETE FROM outbox WHERE id = $1";

    RESCHEDULE(OutboxId, Text, Timestamp) =
        "UPDATE outbox SET reason = $2, due_at = $3 WHERE id = $1 AND state = 'waiting'";

    MARK_DEAD(OutboxId, Text) =
        "UPDATE outbox SET state = 'dead', reason = $2 WHERE id = $1 AND state = 'waiting'";

    LIST(i64) -> ListedJob =
        "SELECT id, kind, organization_id, invitation_id, state, attempts, reason, due_at, created_at
           FROM outbox ORDER BY state, due_at, id LIMIT $1";

    RETRY(OutboxId, Timestamp) -> JobRow =
        "UPDATE outbox SET state = 'waiting', attempts = 0, due_at = $2
          WHERE id = $1
      RETURNING id, kind, organization_id, invitation_id, attempt_id, notice_id, user_id, deployment_invitation_id,
                generation, attempts";

    DEAD_JOBS() -> (OutboxId,) = "SELECT id FROM outbox WHERE state = 'dead' ORDER BY id";

    DROP(OutboxId) -> JobRow =
        "DELETE FROM outbox WHERE id = $1
      RETURNING id, kind, organization_id, invitation_id, attempt_id, notice_id, user_id, deployment_invitation_id,
                generation, attempts";

    /// Stores the delivery state of this generation's mail.
    UPDATE_DELIVERY(DeliveryUpdate {
        organization: OrganizationId,
        invitation: InvitationId,
        generation: i64,
        delivery: Delivery,
        reason: Text,
        attempts: i64,
        now: Timestamp,
        next_attempt_at: Option<Timestamp>,
    }) invalidates Invitations(organization) =
        "UPDATE invitations
            SET delivery = $4, delivery_reason = $5, delivery_attempts = $6, delivery_at = $7, next_delivery_at = $8
          WHERE organization_id = $1 AND id = $2 AND generation = $3";

    /// Starts from the invitation alone: the generation is a random number that only the mail has, so a report that
    /// names it is about that mail.
    MARK_BOUNCED(InvitationId, i64, Text, Timestamp) -> (OrganizationId,) invalidates Everyone(all) =
        "UPDATE invitations SET delivery = 'bounced', delivery_reason = $3, delivery_at = $4, next_delivery_at = NULL
          WHERE id = $1 AND generation = $2
      RETURNING organization_id";

    /// Stops the mail of the invitation's organization to the invitee.
    UNSUBSCRIBE(InvitationId, Timestamp) -> (OrganizationId,) =
        "INSERT INTO mail_refusals (organization_id, address_key, created_at)
         SELECT organization_id, email_key, $2 FROM invitations WHERE id = $1
             ON CONFLICT (organization_id, address_key) DO UPDATE SET created_at = mail_refusals.created_at
      RETURNING organization_id";

    /// The reverse of [`UNSUBSCRIBE`].
    SUBSCRIBE(OrganizationId, Text) =
        "DELETE FROM mail_refusals WHERE organization_id = $1 AND address_key = $2";

    /// Finds an invitation by a message id. See `MARK_BOUNCED`.
    FIND_BY_GENERATION(InvitationId, i64) -> (OrganizationId,) =
        "SELECT organization_id FROM invitations WHERE id = $1 AND generation = $2";

    /// A user with a verified primary address, and whether they are a member. No row for a disabled user or a deleted
    /// organization.
    RECIPIENT(OrganizationId, UserId) -> Recipient =
        "SELECT e.address AS address, e.address_key AS address_key, u.language AS language, o.name AS organization_name,
                CASE WHEN EXISTS (SELECT 1 FROM organization_memberships m
                                   WHERE m.organization_id = $1 AND m.user_id = $2) THEN 1 ELSE 0 END AS is_member
           FROM organizations o
           JOIN users u ON u.id = $2 AND u.disabled = 0
           JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
          WHERE o.id = $1 AND o.deleted_at IS NULL";

    PENDING_TRANSFER(OrganizationId, UserId, Timestamp) -> Transfer =
        "SELECT g.first_name AS owner_first_name, g.last_name AS owner_last_name, h.expires_at AS expires_at
           FROM handovers h
           JOIN organization_memberships r ON r.organization_id = h.organization_id AND r.id = h.to_membership_id
           JOIN organization_memberships f ON f.organization_id = h.organization_id AND f.id = h.from_membership_id
           JOIN users g ON g.id = f.user_id
          WHERE h.organization_id = $1 AND r.user_id = $2 AND h.expires_at > $3";
}
