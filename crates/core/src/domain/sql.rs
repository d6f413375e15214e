//! The rows of domains, and of who came by them.

use super::Joining;
use crate::id::{DomainId, MembershipId, OrganizationId, UserId};
use crate::time::Timestamp;
use vestibule_db::{Text, record, sql};

record! {
    /// A domain of an organization.
    pub struct Domain {
        /// Which one.
        pub id: DomainId,
        /// Whose.
        pub organization_id: OrganizationId,
        /// The domain itself.
        pub domain: String,
        /// What its people may do.
        pub joining: Joining,
        /// How often its proof was looked for.
        pub attempts: i64,
        /// Since when it is proved.
        pub verified_at: Option<Timestamp>,
        /// When it was added.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
    }
}

record! {
    /// An organization that somebody may come into by one of their addresses.
    pub struct Open {
        /// Which one.
        pub organization_id: OrganizationId,
        /// Its name.
        pub name: String,
        /// The name of its image; perhaps empty.
        pub image_url: String,
        /// By which domain.
        pub domain: String,
        /// What they may do.
        pub joining: Joining,
    }
}

sql! {
    ALL(OrganizationId) -> Domain =
        "SELECT id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at
           FROM domains WHERE organization_id = $1 ORDER BY id";

    ONE(OrganizationId, DomainId) -> Domain =
        "SELECT id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at
           FROM domains WHERE organization_id = $1 AND id = $2";

    /// Nothing comes back when the organization has it already.
    INSERT(OrganizationId, DomainId, Text, Joining, Timestamp) -> Domain =
        "INSERT INTO domains (organization_id, id, domain, joining, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)
             ON CONFLICT (organization_id, domain) DO NOTHING
      RETURNING id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at";

    UPDATE(OrganizationId, DomainId, Joining, Timestamp) -> Domain =
        "UPDATE domains SET joining = $3, updated_at = $4 WHERE organization_id = $1 AND id = $2
      RETURNING id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at";

    DELETE(OrganizationId, DomainId) -> (DomainId,) =
        "DELETE FROM domains WHERE organization_id = $1 AND id = $2 RETURNING id";

    NOTE_ATTEMPT(OrganizationId, DomainId, Timestamp) =
        "UPDATE domains SET attempts = attempts + 1, updated_at = $3 WHERE organization_id = $1 AND id = $2";

    /// Unless another organization has proved it; a unique index sees to it too.
    VERIFY(OrganizationId, DomainId, Timestamp) -> Domain =
        "UPDATE domains SET verified_at = COALESCE(verified_at, $3), updated_at = $3
          WHERE organization_id = $1 AND id = $2
            AND NOT EXISTS (SELECT 1 FROM domains o
                             WHERE o.domain = domains.domain AND o.verified_at IS NOT NULL AND o.id <> $2)
      RETURNING id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at";

    /// What a person may come into by a domain, if they have proved an address of it, and are not in. Whoever has been in
    /// before has to ask: they were removed, or have left.
    OPEN_TO(Text, UserId) -> Open =
        "SELECT o.id AS organization_id, o.name AS name, o.image_url AS image_url, d.domain AS domain,
                CASE WHEN EXISTS (SELECT 1 FROM domain_joins j
                                   WHERE j.organization_id = d.organization_id AND j.user_id = $2)
                     THEN 'request' ELSE d.joining END AS joining
           FROM domains d
           JOIN organizations o ON o.id = d.organization_id AND o.deleted_at IS NULL
          WHERE d.domain = $1 AND d.verified_at IS NOT NULL AND d.joining <> 'none'
            AND NOT EXISTS (SELECT 1 FROM organization_memberships m
                             WHERE m.organization_id = d.organization_id AND m.user_id = $2)";

    NOTE_JOINED(OrganizationId, UserId, Timestamp) =
        "INSERT INTO domain_joins (organization_id, user_id, joined_at) VALUES ($1, $2, $3)
             ON CONFLICT (organization_id, user_id) DO NOTHING";

    /// Of whoever is about to go: they do not come back by themselves.
    NOTE_GONE(OrganizationId, MembershipId, Timestamp) =
        "INSERT INTO domain_joins (organization_id, user_id, joined_at)
         SELECT $1, m.user_id, $3 FROM organization_memberships m WHERE m.organization_id = $1 AND m.id = $2
             ON CONFLICT (organization_id, user_id) DO NOTHING";
}
