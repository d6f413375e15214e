//! The rows of work that leaves the process. The worker serves all organizations, so claiming starts from none.

use super::job::{Kind, State};
use crate::cache::Scope;
use crate::id::{AttemptId, InvitationId, OrganizationId, OutboxId, UserId};
use crate::outbox::Delivery;
use crate::time::Timestamp;
use vestibule_db::{Text, record, sql};

record! {
    /// A job as it is stored.
    pub(crate) struct Row {
        pub(crate) id: OutboxId,
        pub(crate) kind: Kind,
        pub(crate) organization_id: Option<OrganizationId>,
        pub(crate) invitation_id: Option<InvitationId>,
        pub(crate) attempt_id: Option<AttemptId>,
        pub(crate) user_id: Option<UserId>,
        pub(crate) generation: i64,
        pub(crate) attempts: i64,
    }
}

record! {
    /// A job as an operator sees it.
    pub struct Listed {
        /// Which one.
        pub id: OutboxId,
        /// What it is about.
        pub kind: Kind,
        /// Which organization, if any.
        pub organization_id: Option<OrganizationId>,
        /// Which invitation, if any.
        pub invitation_id: Option<InvitationId>,
        /// Whether it waits, or was given up.
        pub state: State,
        /// How often it was tried.
        pub attempts: i64,
        /// What was said against it the last time; perhaps empty.
        pub reason: String,
        /// Not before this.
        pub due_at: Timestamp,
        /// When it was written.
        pub created_at: Timestamp,
    }
}

record! {
    /// Somebody who is written to about an organization.
    pub(crate) struct Written {
        pub(crate) address: String,
        pub(crate) address_key: String,
        pub(crate) language: Option<crate::language::Language>,
        pub(crate) organization_name: String,
        pub(crate) is_member: bool,
    }
}

record! {
    /// An open offer of an organization.
    pub(crate) struct Offer {
        pub(crate) giver_first_name: String,
        pub(crate) giver_last_name: String,
        pub(crate) expires_at: Timestamp,
    }
}

sql! {
    INSERT(NewJob {
        id: OutboxId,
        kind: Kind,
        organization: Option<OrganizationId>,
        invitation: Option<InvitationId>,
        attempt: Option<AttemptId>,
        user: Option<UserId>,
        generation: i64,
        due_at: Timestamp,
        now: Timestamp,
    }) =
        "INSERT INTO outbox (id, kind, organization_id, invitation_id, attempt_id, user_id, generation, state, due_at,
                             created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9";

    /// The next job that is due. The condition stands outside too: of two workers who chose the same row, one gets it.
    CLAIM(Timestamp, Timestamp) -> Row =
        "UPDATE outbox SET attempts = attempts + 1, due_at = $2
          WHERE state = 'waiting' AND due_at <= $1
            AND id = (SELECT o.id FROM outbox o WHERE o.state = 'waiting' AND o.due_at <= $1 ORDER BY o.due_at, o.id LIMIT 1)
      RETURNING id, kind, organization_id, invitation_id, attempt_id, user_id, generation, attempts";

    NEXT_DUE() -> (Timestamp,) =
        "SELECT due_at FROM outbox WHERE state = 'waiting' ORDER BY due_at LIMIT 1";

    DONE(OutboxId) =
        "DELETE FROM outbox WHERE id = $1";

    LATER(OutboxId, Text, Timestamp) =
        "UPDATE outbox SET reason = $2, due_at = $3 WHERE id = $1 AND state = 'waiting'";

    DEAD(OutboxId, Text) =
        "UPDATE outbox SET state = 'dead', reason = $2 WHERE id = $1 AND state = 'waiting'";

    LIST(i64) -> Listed =
        "SELECT id, kind, organization_id, invitation_id, state, attempts, reason, due_at, created_at
           FROM outbox ORDER BY state, due_at, id LIMIT $1";

    /// What was given up is tried again, from the beginning.
    RETRY(OutboxId, Timestamp) -> Row =
        "UPDATE outbox SET state = 'waiting', attempts = 0, due_at = $2
          WHERE id = $1
      RETURNING id, kind, organization_id, invitation_id, attempt_id, user_id, generation, attempts";

    ALL_DEAD() -> (OutboxId,) = "SELECT id FROM outbox WHERE state = 'dead' ORDER BY id";

    DROP(OutboxId) -> Row =
        "DELETE FROM outbox WHERE id = $1
      RETURNING id, kind, organization_id, invitation_id, attempt_id, user_id, generation, attempts";

    /// How far the mail of this generation has come.
    DELIVERED(DeliveryUpdate {
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

    /// What was sent has come back. The generation is in nothing but the mail, so whoever names it has read that.
    BOUNCED(InvitationId, i64, Text, Timestamp) -> (OrganizationId,) invalidates Everyone(all) =
        "UPDATE invitations SET delivery = 'bounced', delivery_reason = $3, delivery_at = $4, next_delivery_at = NULL
          WHERE id = $1 AND generation = $2
      RETURNING organization_id";

    /// An invitee wants no more mail from this organization.
    REFUSE(InvitationId, Timestamp) -> (OrganizationId,) =
        "INSERT INTO mail_refusals (organization_id, address_key, created_at)
         SELECT organization_id, email_key, $2 FROM invitations WHERE id = $1
             ON CONFLICT (organization_id, address_key) DO UPDATE SET created_at = mail_refusals.created_at
      RETURNING organization_id";

    /// The same of an invitation whose mail is of this generation.
    FIND_BY_GENERATION(InvitationId, i64) -> (OrganizationId,) =
        "SELECT organization_id FROM invitations WHERE id = $1 AND generation = $2";

    /// Somebody with an address to write to, and whether they are a member.
    WRITTEN(OrganizationId, UserId) -> Written =
        "SELECT e.address AS address, e.address_key AS address_key, u.language AS language, o.name AS organization_name,
                CASE WHEN EXISTS (SELECT 1 FROM organization_memberships m
                                   WHERE m.organization_id = $1 AND m.user_id = $2) THEN 1 ELSE 0 END AS is_member
           FROM organizations o
           JOIN users u ON u.id = $2 AND u.disabled = 0
           JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
          WHERE o.id = $1 AND o.deleted_at IS NULL";

    OFFER(OrganizationId, UserId, Timestamp) -> Offer =
        "SELECT g.first_name AS giver_first_name, g.last_name AS giver_last_name, h.expires_at AS expires_at
           FROM handovers h
           JOIN organization_memberships r ON r.organization_id = h.organization_id AND r.id = h.to_membership_id
           JOIN organization_memberships f ON f.organization_id = h.organization_id AND f.id = h.from_membership_id
           JOIN users g ON g.id = f.user_id
          WHERE h.organization_id = $1 AND r.user_id = $2 AND h.expires_at > $3";
}
